"""Who bought a bank's check or a money order: name and address, found by the labels that their printers set.

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
    "name of remitter": NAME, "remitter name": NAME, "remitter": NAME, "purchaser name": NAME, "purchaser": NAME,
    "purchased by": NAME, "from purchaser": NAME, "remitente": NAME, "comprador": NAME,
    "purchasers address": ADDRESS, "remitters address": ADDRESS, "address": ADDRESS, "direccion": ADDRESS,
    "address direccion": ADDRESS, "purchaser remitente": NAME, "from purchaser remitente": NAME,
    "pay to the order of": OTHER, "pay to": OTHER, "payment for acct": OTHER, "payment for": OTHER, "memo": OTHER,
    "account number": OTHER, "dollars": OTHER, "date": OTHER, "clerk": OTHER, "pay exactly": OTHER,
    "pago de": OTHER, "pagar a la orden de": OTHER, "authorized signature": OTHER, "not good over": OTHER,
}  # fmt: skip
_PLAIN = {squeezed(label): asks for label, asks in _LABELS.items()}
_STRONG = ("remitter", "purchaser", "purchased by")  # seen on no other paper
_SHORT = {"from": NAME, "de": OTHER, "re": OTHER, "for": OTHER}  # on money orders, and read to the letter
_SIGNED = re.compile(r"(?i)sign|firma|drawer|librador")
FROM_ALIKE = 66  # percent: Fron, Fronn, and neither Fran nor Rob
LONG, ALIKE, SHORT_ALIKE = 8, 70, 85  # letters; percent: much of a long label may be misread, but Kate is no "date"
TYPE_IN = 0.1  # labels are smaller
DOUBTFUL = 0.6  # a label less sure is read again where none was found
NAME_SURE = 0.5
UNPLACED = 0.3  # of the claim, where no label told: it may speak for a contract, and not against one
ROW_GAP_IN = 0.3  # between two pieces of a label
RAGS = 0.4  # per letter: labels and writing run together, patterns of the paper
ADDRESS_CLEAR, LEGIBLE = 0.97, 0.7  # per letter; what is not legible would speak against the right contract
LOW = 0.45  # share of the height: the purchaser's labels stand no higher on a money order
LEFT_LOW, RIGHT_LOW = 0.62, LOW  # and writing without labels no higher in the left and in the right half
LEFT_IN, RIGHT_IN = 0.2, 1.0  # where writing may begin, against the label over or under it
HANG_IN, APART_IN = 0.3, 0.2  # how far writing may reach into the label's row, and stay away from it
BESIDE_IN = 1.5
LEVEL_IN, WORD_IN = 0.13, 0.5  # words of one row: how far apart
UNDER_IN = 0.6  # the name's label may be one piece with it, and the address's not
ADDRESS_IN = 0.75  # from the name's label down to the address's


@dataclass(frozen=True, slots=True)
class _Label:
    """A line that begins with a label: what it asks for, and what follows it there."""

    line: TextLine
    asks: str
    value: str


def read_purchaser(lines: Sequence[TextLine], dpi: int, again: Reread | None = None) -> FieldReading | None:
    """Name and address as lines of one value; its probability is the name's. None where neither label nor place tells.

    `again`, the second reader, is asked for labels that could not be read on a money order, and for a name or an
    address in doubt. A money order whose labels nobody can read has the name over the address, below the payee.
    """
    order = any(says(one, "money order") for one in lines)
    bank = order or any(says(one, *CASHIERS, at_least=85) for one in lines)
    if not bank and not any(says(one, *_STRONG) for one in lines):
        return None
    rows = _rows(lines, dpi)
    labels = list(_labels(rows, order))
    if bank and again is not None and not any(one.asks == NAME for one in labels):
        begun = [one.line for one in labels if order and one.asks == ADDRESS]  # the name stands over the address
        rows = [again(one) if _may_be_label(one, order) or _is_over_any(one, begun, dpi) else one for one in rows]
        labels = list(_labels(rows, order))
    taken = {one.line.piece for one in labels}
    free = [one for one in rows if one.piece not in taken and (not order or one.height_in >= TYPE_IN)]
    for label in labels:
        name = _filled(label, free, dpi, again) if label.asks == NAME else None
        if name is not None:
            return _field(name, _address(label, name if order else None, labels, free, dpi, again), 1.0)
    return _unlabelled(free, dpi, again) if order else None


def _unlabelled(lines: Sequence[TextLine], dpi: int, again: Reread | None) -> FieldReading | None:
    """The writing over what looks like an address: low at the left, or at the right, where no payee stands."""
    low = [one for one in lines if one.y > (LEFT_LOW if one.x < 0.5 else RIGHT_LOW) and one.text.clarity > RAGS]
    for name in low:
        address = _under(name, low, dpi) if _is_name(name) else None
        if address is not None:
            return _field(_surer(name, again, NAME), _surer(address, again, ADDRESS), UNPLACED)
    return None


def _field(name: TextLine, address: TextLine | None, share: float) -> FieldReading:
    value = name.value if address is None or address.text.clarity < LEGIBLE else f"{name.value}\n{address.value}"
    candidate = Candidate(value, min(0.99, name.text.probability * share), name.text.source)
    return FieldReading(Field.PAYER, (candidate,), name.box)


def _rows(lines: Sequence[TextLine], dpi: int) -> list[TextLine]:
    """The lines, with small print that stands in one row as one: rules and rags part it."""
    rows: list[TextLine] = []
    for line in sorted(lines, key=lambda one: one.box.left_px):
        before = next((at for at, one in enumerate(rows) if _continues(one, line, dpi)), None)
        if before is None:
            rows.append(line)
            continue
        rows[before] = _as_one([rows[before], line])
    return rows


def _as_one(parts: Sequence[TextLine]) -> TextLine:
    """Pieces of one row as one, and their texts one after the other."""
    first, probability = parts[0], float(np.prod([one.text.probability for one in parts]))
    text = Text(" ".join(one.value for one in parts), probability, first.text.log_probs, first.text.source)
    whole = joined([one.piece for one in parts])
    return replace(first, piece=whole, text=text, height_in=max(one.height_in for one in parts))


def _continues(one: TextLine, line: TextLine, dpi: int) -> bool:
    small = one.height_in < TYPE_IN and line.height_in < TYPE_IN
    gap = line.box.left_px - one.piece.right_px
    return (
        small and -0.05 * dpi < gap < ROW_GAP_IN * dpi and abs(one.piece.middle_px - line.piece.middle_px) < 0.05 * dpi
    )


def _labels(lines: Sequence[TextLine], order: bool) -> Iterator[_Label]:
    """Lines that begin with a label. On a money order what follows in small print is the label's second language."""
    for line in lines:
        asks, value = _split(line.value, short=order)
        small = order and line.height_in < TYPE_IN
        other = _SIGNED.search(line.value) or (small and value and line.x > 0.5) or (order and line.y < LOW)
        if asks and not (asks == NAME and other):
            yield _Label(line, asks, "" if small else value)


def _split(text: str, short: bool) -> tuple[str, str]:
    """What a line's label asks for, and what follows the label; the same in a second language counts as one."""
    words, asks = text.split(), ""
    while words:
        _, many, found = max(_likenesses(words, short), default=(0.0, 0, ""))
        if not many or (asks and found != asks and found != OTHER):
            break
        asks = asks or found
        words = words[many:]
    return asks, re.sub(r"^[^A-Za-z0-9]+|[^A-Za-z0-9.)]+$", "", " ".join(words)) if asks else ""


def _likenesses(words: Sequence[str], short: bool) -> Iterator[tuple[float, int, str]]:
    """Labels that a line may begin with: how alike, of how many words, what they ask for."""
    for many in range(1, min(len(words), 5) + 1):
        head = squeezed("".join(words[:many]))
        if short and head in _SHORT:
            yield 90.0, many, _SHORT[head]
        elif short and fuzz.ratio(head, "from") >= FROM_ALIKE:
            yield 80.0, many, NAME
        if len(head) < 4:
            continue
        for label, asks in _PLAIN.items():
            score = fuzz.ratio(head, label)
            if score >= (ALIKE if len(label) >= LONG else SHORT_ALIKE):
                yield score, many, asks


def _may_be_label(line: TextLine, order: bool) -> bool:
    """Whether a line may begin with a label that was misread: on a bank's check the name follows it in one piece."""
    if order and line.height_in >= TYPE_IN:
        return False
    return line.y > LOW and line.x < 0.6 and line.text.probability < DOUBTFUL and letters(line.value) >= 4


def _is_over_any(line: TextLine, labels: Sequence[TextLine], dpi: int) -> bool:
    return any(
        0 < label.piece.middle_px - line.piece.middle_px < ADDRESS_IN * dpi
        and abs(label.box.left_px - line.box.left_px) < LEFT_IN * dpi
        for label in labels
        if line.height_in >= TYPE_IN
    )


def _filled(label: _Label, lines: Sequence[TextLine], dpi: int, again: Reread | None) -> TextLine | None:
    """What was filled in at a label: behind it in one piece, right of it, above it or below it."""
    least = 3 if label.asks == NAME else 6
    if letters(label.value) >= least:
        return _surer(label.line, again, label.asks)
    level = label.line.piece.middle_px
    beside = right_of(label.line, list(lines), BESIDE_IN, dpi)
    beside.sort(key=lambda one: abs(one.piece.middle_px - level))  # the row above reaches down to it, too
    for near in (beside[:1], _above(label.line, lines, dpi), _below(label.line, lines, dpi)):
        first = max(near, key=lambda one: letters(one.value), default=None)
        found = None if first is None else _surer(_whole(first, label, lines, dpi), again, label.asks)
        if found is not None and letters(found.value) >= least:
            return found
    return None


def _whole(line: TextLine, label: _Label, lines: Sequence[TextLine], dpi: int) -> TextLine:
    """What is written, with the words that stand apart in the same row."""
    row = [one for one in lines if abs(one.piece.middle_px - line.piece.middle_px) < LEVEL_IN * dpi]
    start = label.line.box.left_px - LEFT_IN * dpi
    row = [one for one in row if one.height_in >= TYPE_IN and one.box.left_px >= start]
    row.sort(key=lambda one: one.box.left_px)
    at = next((at for at, one in enumerate(row) if one.piece == line.piece), None)
    if at is None:
        return line
    first, last = at, at
    while first > 0 and row[first].box.left_px - row[first - 1].piece.right_px < WORD_IN * dpi:
        first -= 1
    while last + 1 < len(row) and row[last + 1].box.left_px - row[last].piece.right_px < WORD_IN * dpi:
        last += 1
    return line if first == last else _as_one(row[first : last + 1])


def _surer(line: TextLine, again: Reread | None, asks: str) -> TextLine:
    """The line as the surer reader has it, its label cut off."""
    text = line.text
    doubtful = text.probability < NAME_SURE if asks == NAME else text.clarity < ADDRESS_CLEAR
    if again is not None and doubtful:
        other = again(line)
        line = other if other.text.clarity > text.clarity else line
    found, value = _split(line.value, short=True)
    return replace(line, text=replace(line.text, value=value)) if found and value else line


def _address(
    asked: _Label,
    name: TextLine | None,
    labels: Sequence[_Label],
    lines: Sequence[TextLine],
    dpi: int,
    again: Reread | None,
) -> TextLine | None:
    """The address at the next label under the name's that asks for one, else what looks like one under `name`."""
    left, middle = asked.line.box.left_px, asked.line.piece.middle_px
    for label in sorted(labels, key=lambda one: one.line.piece.middle_px):
        under = 0 < label.line.piece.middle_px - middle < ADDRESS_IN * dpi
        if label.asks == ADDRESS and under and abs(label.line.box.left_px - left) < 0.5 * dpi:
            found = _filled(label, lines, dpi, again)
            if found is not None:
                return found
    below = _under(name, lines, dpi) if name is not None else None
    return None if below is None else _surer(below, again, ADDRESS)


def _under(name: TextLine, lines: Sequence[TextLine], dpi: int) -> TextLine | None:
    """The next line under a name, if it holds words and numbers as an address does."""
    below = [
        one
        for one in lines
        if 0.15 * dpi < one.piece.middle_px - name.piece.middle_px < ADDRESS_IN * dpi
        and -2 * LEFT_IN * dpi < one.box.left_px - name.box.left_px < UNDER_IN * dpi
    ]
    first = min(below, key=lambda one: one.piece.middle_px, default=None)
    return first if first is not None and letters(first.value) >= 6 and _digits(first.value) >= 3 else None


def _is_name(line: TextLine) -> bool:
    return letters(line.value) >= 5 and _digits(line.value) <= 1


def _above(label: TextLine, lines: Sequence[TextLine], dpi: int) -> list[TextLine]:
    return [one for one in lines if _is_over(label, one, dpi) and _begins_at(label, one, dpi)]


def _is_over(label: TextLine, one: TextLine, dpi: int) -> bool:
    gap = label.box.top_px - (one.box.top_px + one.box.height_px)
    return -HANG_IN * dpi <= gap <= APART_IN * dpi and one.piece.middle_px < label.box.top_px


def _below(label: TextLine, lines: Sequence[TextLine], dpi: int) -> list[TextLine]:
    foot = label.box.top_px + label.box.height_px
    return [
        one for one in lines if -0.05 * dpi <= one.box.top_px - foot <= APART_IN * dpi and _begins_at(label, one, dpi)
    ]


def _begins_at(label: TextLine, one: TextLine, dpi: int) -> bool:
    return -LEFT_IN * dpi <= one.box.left_px - label.box.left_px <= RIGHT_IN * dpi


def _digits(text: str) -> int:
    return sum(char.isdigit() for char in text)
