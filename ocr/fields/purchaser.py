"""Who bought a bank's check or a money order: name and address, found by the printed labels.

Banks type the name behind "Remitter" or "Purchased by"; sellers of money orders print "From" and "Address", often in
two languages, before, under or above the lines that the purchaser fills in by hand.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
from rapidfuzz import fuzz

from ocr.fields.kind import CASHIERS
from ocr.fields.lines import Reread, TextLine, letters, right_of, says, squeezed
from ocr.layout.piece import joined
from ocr.nets.ppocr import Text
from ocr.reading import Candidate, Field, FieldReading

NAME, ADDRESS, OTHER = "name", "address", "other"
_LABELS = {
    NAME: (
        *("name of remitter", "remitter name", "remitter", "purchaser name", "purchaser", "purchased by"),
        *("from purchaser", "remitente", "comprador", "purchaser remitente", "from purchaser remitente"),
    ),
    ADDRESS: ("purchasers address", "remitters address", "address", "direccion", "address direccion"),
    OTHER: (
        *("pay to the order of", "pay to", "payment for acct", "payment for", "memo", "account number", "dollars"),
        *("date", "clerk", "pay exactly", "pago de", "pagar a la orden de", "authorized signature", "not good over"),
    ),
}
_PLAIN = {squeezed(label): asks for asks, labels in _LABELS.items() for label in labels}
_STRONG = ("remitter", "purchaser", "purchased by")  # seen on no other paper
_SHORT = {"from": NAME, "de": OTHER, "re": OTHER, "for": OTHER}  # on money orders, only when every letter is right
_SIGNED = re.compile(r"(?i)sign|firma|drawer|librador")
# Labels. Likeness is in percent.
BANK_ALIKE = 85  # to the titles of banks' checks
FROM_ALIKE = 66  # Fron, Fronn, but neither Fran nor Rob
LONG, ALIKE, SHORT_ALIKE = 8, 70, 85  # letters of a long label; it may be misread more, but Kate is not "date"
SHORT_SCORE, FROM_SCORE = 90.0, 80.0  # likeness that a short label counts for, and a misread "from"
SHORTEST, MOST_WORDS = 4, 5  # letters and words of a label
TYPE_IN = 0.1  # labels are smaller
DOUBTFUL, DOUBTFUL_LETTERS = 0.6, 4  # a less sure label of at least so many letters is read again where none was found
LOW = 0.45  # share of the height: the purchaser's labels stand no higher on a money order
LABEL_RIGHT = 0.6  # share of the width: right of it signatures stand
ROW_GAP_IN, ROW_OVERLAP_IN, ROW_LEVEL_IN = 0.3, 0.05, 0.05  # between two pieces of a label, and between their levels
# What was filled in.
SURE = 0.99  # the most that is claimed
NAME_SURE = 0.5  # a name less sure is read again
UNPLACED = 0.3  # share of its claim that a name without a label keeps: it may speak for a contract, not against
SCRAPS = 0.4  # per letter: labels run together with writing, or patterns of the paper
ADDRESS_CLEAR, LEGIBLE = 0.97, 0.7  # per letter; an illegible address would speak against the right contract
LEFT_LOW, RIGHT_LOW = 0.62, LOW  # shares of the height: writing without labels is lower, in the left and right half
LEFT_IN, RIGHT_IN = 0.2, 1.0  # where writing may begin, from the label over or under it
HANG_IN, TOUCH_IN = 0.3, 0.05  # how far writing may reach into the label under it, and into the one over it
APART_IN = 0.2  # how far it may stand from either
BESIDE_IN = 1.5  # from a label to what stands right of it
LEVEL_IN, WORD_IN = 0.13, 0.5  # words of one row: how far apart
NAME_LETTERS, NAME_DIGITS = 5, 1  # fewest letters and most digits of a name without a label
FILLED_LETTERS = {NAME: 3, ADDRESS: 6, OTHER: 6}  # fewest letters at a label
ADDRESS_LETTERS, ADDRESS_DIGITS = 6, 3  # fewest of an address without a label
UNDER_IN = (-2 * LEFT_IN, 0.6)  # where it may begin, from the name: a label may be one piece with either
NEXT_ROW_IN, ADDRESS_IN = 0.15, 0.75  # from the name, or its label, down to the address
ADDRESS_LEFT_IN = 0.5  # between the left ends of both labels


@dataclass(frozen=True, slots=True)
class _Label:
    """A line that begins with a label: what it asks for, and what follows it in the line."""

    line: TextLine
    asks: str
    value: str


def read_purchaser(lines: Sequence[TextLine], dpi: int, again: Reread | None = None) -> FieldReading | None:
    """Name and address as lines of one value; its probability is the name's. None where neither label nor place tells.

    `again`, the second reader, is asked for illegible labels of a money order, and for a doubtful name or address.
    Without any legible label, a money order has the name over the address, below the payee.
    """
    order = any(says(line, "money order") for line in lines)
    bank = order or any(says(line, *CASHIERS, at_least=BANK_ALIKE) for line in lines)
    if not bank and not any(says(line, *_STRONG) for line in lines):
        return None
    rows = _rows(lines, dpi)
    labels = list(_labels(rows, order))
    if bank and again is not None and not any(label.asks == NAME for label in labels):
        under = [label.line for label in labels if order and label.asks == ADDRESS]  # the name stands over the address
        rows = [again(row) if _may_be_label(row, order) or _is_over_any(row, under, dpi) else row for row in rows]
        labels = list(_labels(rows, order))
    label_pieces = {label.line.piece for label in labels}
    free = [row for row in rows if row.piece not in label_pieces and (not order or row.height_in >= TYPE_IN)]
    for label in labels:
        name = _filled(label, free, dpi, again) if label.asks == NAME else None
        if name is not None:
            return _field(name, _address(label, name if order else None, labels, free, dpi, again), 1.0)
    return _unlabelled(free, dpi, again) if order else None


def _unlabelled(lines: Sequence[TextLine], dpi: int, again: Reread | None) -> FieldReading | None:
    """The writing over what looks like an address: low at the left, or at the right, where no payee stands."""
    low = [line for line in lines if line.y > (LEFT_LOW if line.x < 0.5 else RIGHT_LOW) and line.text.clarity > SCRAPS]
    for name in low:
        address = _under(name, low, dpi) if _is_name(name) else None
        if address is not None:
            return _field(_surer(name, again, NAME), _surer(address, again, ADDRESS), UNPLACED)
    return None


def _field(name: TextLine, address: TextLine | None, share: float) -> FieldReading:
    value = name.value if address is None or address.text.clarity < LEGIBLE else f"{name.value}\n{address.value}"
    candidate = Candidate(value, min(SURE, name.text.probability * share), name.text.source)
    return FieldReading(Field.PAYER, (candidate,), name.box)


def _rows(lines: Sequence[TextLine], dpi: int) -> list[TextLine]:
    """The lines, with the small print of one row as one line: rules and scraps cut it apart."""
    rows: list[TextLine] = []
    for line in sorted(lines, key=lambda line: line.box.left_px):
        before = next((at for at, row in enumerate(rows) if _continues(row, line, dpi)), None)
        if before is None:
            rows.append(line)
            continue
        rows[before] = _joined_row([rows[before], line])
    return rows


def _joined_row(parts: Sequence[TextLine]) -> TextLine:
    """Lines of one row as one line, their texts one after the other."""
    first, probability = parts[0], float(np.prod([part.text.probability for part in parts]))
    text = Text(" ".join(part.value for part in parts), probability, first.text.log_probs, first.text.source)
    whole = joined([part.piece for part in parts])
    return replace(first, piece=whole, text=text, height_in=max(part.height_in for part in parts))


def _continues(row: TextLine, line: TextLine, dpi: int) -> bool:
    """Whether a line goes on where a row of small print ends."""
    small = row.height_in < TYPE_IN and line.height_in < TYPE_IN
    gap = line.box.left_px - row.piece.right_px
    level = abs(row.piece.middle_px - line.piece.middle_px) < ROW_LEVEL_IN * dpi
    return small and -ROW_OVERLAP_IN * dpi < gap < ROW_GAP_IN * dpi and level


def _labels(lines: Sequence[TextLine], order: bool) -> Iterator[_Label]:
    """Lines that begin with a label. On a money order what follows in small print is the label's second language."""
    for line in lines:
        asks, value = _split(line.value, short=order)
        small = order and line.height_in < TYPE_IN
        signature = _SIGNED.search(line.value) or (small and value and line.x > 0.5)
        if asks and not (asks == NAME and (signature or (order and line.y < LOW))):
            yield _Label(line, asks, "" if small else value)


def _split(text: str, short: bool) -> tuple[str, str]:
    """What a line's label asks for, and what follows the label. Its repetition in a second language is part of it."""
    words, asks = text.split(), ""
    while words:
        _, count, next_asks = max(_likenesses(words, short), default=(0.0, 0, ""))
        if not count or (asks and next_asks not in (asks, OTHER)):
            break
        asks = asks or next_asks
        words = words[count:]
    return asks, re.sub(r"^[^A-Za-z0-9]+|[^A-Za-z0-9.)]+$", "", " ".join(words)) if asks else ""


def _likenesses(words: Sequence[str], short: bool) -> Iterator[tuple[float, int, str]]:
    """Labels that a line may begin with: percent of likeness, number of words, what the label asks for."""
    for count in range(1, min(len(words), MOST_WORDS) + 1):
        head = squeezed("".join(words[:count]))
        if short and head in _SHORT:
            yield SHORT_SCORE, count, _SHORT[head]
        elif short and fuzz.ratio(head, "from") >= FROM_ALIKE:
            yield FROM_SCORE, count, NAME
        if len(head) < SHORTEST:
            continue
        for label, asks in _PLAIN.items():
            score = fuzz.ratio(head, label)
            if score >= (ALIKE if len(label) >= LONG else SHORT_ALIKE):
                yield score, count, asks


def _may_be_label(line: TextLine, order: bool) -> bool:
    """Whether a line may begin with a misread label: on a bank's check the name follows it in one piece."""
    if (order and line.height_in >= TYPE_IN) or line.y <= LOW or line.x >= LABEL_RIGHT:
        return False
    return line.text.probability < DOUBTFUL and letters(line.value) >= DOUBTFUL_LETTERS


def _is_over_any(line: TextLine, labels: Sequence[TextLine], dpi: int) -> bool:
    """Whether writing stands where a name would, over an address's label."""
    return any(
        0 < label.piece.middle_px - line.piece.middle_px < ADDRESS_IN * dpi
        and abs(label.box.left_px - line.box.left_px) < LEFT_IN * dpi
        for label in labels
        if line.height_in >= TYPE_IN
    )


def _filled(label: _Label, lines: Sequence[TextLine], dpi: int, again: Reread | None) -> TextLine | None:
    """What was filled in at a label: in one piece with it, right of it, above it or below it."""
    least = FILLED_LETTERS[label.asks]
    if letters(label.value) >= least:
        return _surer(label.line, again, label.asks)
    level = label.line.piece.middle_px
    beside = right_of(label.line, list(lines), BESIDE_IN, dpi)
    beside.sort(key=lambda line: abs(line.piece.middle_px - level))  # the row above reaches down to it, too
    for near in (beside[:1], _above(label.line, lines, dpi), _below(label.line, lines, dpi)):
        longest = max(near, key=lambda line: letters(line.value), default=None)
        if longest is None:
            continue
        filled = _surer(_with_row(longest, label, lines, dpi), again, label.asks)
        if letters(filled.value) >= least:
            return filled
    return None


def _with_row(line: TextLine, label: _Label, lines: Sequence[TextLine], dpi: int) -> TextLine:
    """What is written, with the words that stand apart in the same row."""
    start = label.line.box.left_px - LEFT_IN * dpi
    row = [
        word
        for word in lines
        if abs(word.piece.middle_px - line.piece.middle_px) < LEVEL_IN * dpi
        and word.height_in >= TYPE_IN
        and word.box.left_px >= start
    ]
    row.sort(key=lambda word: word.box.left_px)
    at = next((at for at, word in enumerate(row) if word.piece == line.piece), None)
    if at is None:
        return line
    first, last = at, at
    while first > 0 and row[first].box.left_px - row[first - 1].piece.right_px < WORD_IN * dpi:
        first -= 1
    while last + 1 < len(row) and row[last + 1].box.left_px - row[last].piece.right_px < WORD_IN * dpi:
        last += 1
    return line if first == last else _joined_row(row[first : last + 1])


def _surer(line: TextLine, again: Reread | None, asks: str) -> TextLine:
    """The line as the surer of the two readers has it, its label cut off."""
    text = line.text
    doubtful = text.probability < NAME_SURE if asks == NAME else text.clarity < ADDRESS_CLEAR
    if again is not None and doubtful:
        second = again(line)
        line = second if second.text.clarity > text.clarity else line
    label, value = _split(line.value, short=True)
    return replace(line, text=replace(line.text, value=value)) if label and value else line


def _address(
    name_label: _Label,
    name: TextLine | None,
    labels: Sequence[_Label],
    lines: Sequence[TextLine],
    dpi: int,
    again: Reread | None,
) -> TextLine | None:
    """The address at the next address label under the name's label, else what looks like an address under `name`."""
    left, middle = name_label.line.box.left_px, name_label.line.piece.middle_px
    for label in sorted(labels, key=lambda label: label.line.piece.middle_px):
        under = 0 < label.line.piece.middle_px - middle < ADDRESS_IN * dpi
        if label.asks == ADDRESS and under and abs(label.line.box.left_px - left) < ADDRESS_LEFT_IN * dpi:
            address = _filled(label, lines, dpi, again)
            if address is not None:
                return address
    below = _under(name, lines, dpi) if name is not None else None
    return None if below is None else _surer(below, again, ADDRESS)


def _under(name: TextLine, lines: Sequence[TextLine], dpi: int) -> TextLine | None:
    """The next line under a name, if it has letters and digits as an address does."""
    below = [
        line
        for line in lines
        if NEXT_ROW_IN * dpi < line.piece.middle_px - name.piece.middle_px < ADDRESS_IN * dpi
        and UNDER_IN[0] * dpi < line.box.left_px - name.box.left_px < UNDER_IN[1] * dpi
    ]
    first = min(below, key=lambda line: line.piece.middle_px, default=None)
    if first is None or letters(first.value) < ADDRESS_LETTERS or _digits(first.value) < ADDRESS_DIGITS:
        return None
    return first


def _is_name(line: TextLine) -> bool:
    return letters(line.value) >= NAME_LETTERS and _digits(line.value) <= NAME_DIGITS


def _above(label: TextLine, lines: Sequence[TextLine], dpi: int) -> list[TextLine]:
    return [line for line in lines if _is_over(line, label, dpi) and _begins_at(label, line, dpi)]


def _is_over(line: TextLine, label: TextLine, dpi: int) -> bool:
    gap = label.box.top_px - (line.box.top_px + line.box.height_px)
    return -HANG_IN * dpi <= gap <= APART_IN * dpi and line.piece.middle_px < label.box.top_px


def _below(label: TextLine, lines: Sequence[TextLine], dpi: int) -> list[TextLine]:
    foot = label.box.top_px + label.box.height_px
    return [
        line
        for line in lines
        if -TOUCH_IN * dpi <= line.box.top_px - foot <= APART_IN * dpi and _begins_at(label, line, dpi)
    ]


def _begins_at(label: TextLine, line: TextLine, dpi: int) -> bool:
    return -LEFT_IN * dpi <= line.box.left_px - label.box.left_px <= RIGHT_IN * dpi


def _digits(text: str) -> int:
    return sum(char.isdigit() for char in text)
