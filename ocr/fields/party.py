"""Who pays and who is paid: the payer's printed block and the payee's line of a check."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import replace

from rapidfuzz import fuzz

from ocr.fields.lines import Reread, TextLine, letters, right_of, says, squeezed
from ocr.fields.purchaser import read_purchaser
from ocr.layout.piece import joined
from ocr.reading import Candidate, Field, FieldReading, ranked

SURE, CLEAR = 0.2, 0.88  # as a whole or per letter; in neither, the second reader is asked: a wrong letter does no harm
NAME_SURE = 0.5
NAMELESS = 0.1  # a block that begins with a house number has lost its name
NUMBER_APART_IN = 0.2
LABEL_SURE = 0.6
UNPLACED = 0.3
NAME_IN = 0.08  # no name is smaller
ALIKE = 76  # percent: a label with a letter or two misread is still the label
LEGIBLE = 0.75  # per letter: patterns of the paper and rags of rules read worse
_PAYEE_LABELS = ("order of", "pagar a la orden de", "to the order of", "pay to the order of", "pay to the")
_NO_PAYEE = ("account", "acct", "dollars", "customer service", "pay exactly", *_PAYEE_LABELS)
_NO_NAME = ("date", "dollars", "void", "memo", "pay to the", "order of", "check number", "cashiers check",
            "official check", "money order", "treasurers check", "non negotiable", "bank", "credit union",
            "customer service", "member fdic", "savings", "account number", "acct", "pay this amount")  # fmt: skip


def read_payee(lines: list[TextLine], dpi: int, again: Reread | None = None) -> FieldReading:
    """What stands right of PAY TO THE ORDER OF, printed or written.

    `again`, the second reader, is asked where the first one found no payee, and for one that it is in doubt about;
    then both readings are candidates.
    """
    found = _payee(lines, dpi)
    if found is None and again is not None:
        found = _payee([again(one) if _may_be_label(one) else one for one in lines], dpi)
    if found is None:
        return FieldReading(Field.PAYEE, ranked(_unplaced(lines)))
    line, value = found
    first = _field(Field.PAYEE, value, line)
    if again is None or line.text.probability >= SURE or line.text.clarity >= CLEAR:
        # Its chance is that of a letter: a payee with one or two misread is still the one.
        return replace(first, candidates=tuple(replace(one, probability=_chance(line)) for one in first.candidates))
    other = again(line)
    both = (*first.candidates, *_field(Field.PAYEE, _cleaned(_inline(other) or other.value), other).candidates)
    return FieldReading(Field.PAYEE, ranked(both), line.box)


def _payee(lines: list[TextLine], dpi: int) -> tuple[TextLine, str] | None:
    """The payee's line and name, found by the label before it, else by where it stands."""
    labels = [
        one
        for one in lines
        if 0.2 < one.y < 0.9
        and (
            (one.x < 0.45 and says(one, *_PAYEE_LABELS, at_least=78))
            or (one.x < 0.45 and re.match(r"(?i)\W*to\s*the\s", one.value))
            or (one.x < 0.2 and _is_label(one.value))
        )
    ]  # a narrow label stands in three rows: TO THE, ORDER, OF
    best: TextLine | None = None
    for label in labels:
        beside = [one for one in right_of(label, lines, 2.0, dpi) if _may_be_payee(one)]
        best = max([*beside, *([best] if best else [])], key=lambda one: letters(one.value), default=None)
        if inline := _inline(label):
            return label, inline
    if best is None or letters(best.value) < 3:
        best = _written_above(lines)
    return None if best is None else (best, _cleaned(best.value))


def _unplaced(lines: list[TextLine]) -> Iterable[Candidate]:
    """Whatever stands where payees stand and is none of the printed labels: no label told which is the payee."""
    for line in lines:
        if 0.33 < line.y < 0.72 and letters(line.value) >= 6 and _may_be_payee(line) and not says(line, *_NO_NAME):
            yield Candidate(_cleaned(line.value), UNPLACED * line.text.probability, line.text.source)


def _inline(label: TextLine) -> str:
    """What follows the label in one line with it; "" when nothing does. Fine print is the label's second language."""
    if label.height_in < NAME_IN:
        return ""
    parts = re.split(r"(?i)order\s*of\W*|\bto\s*the\s+(?!order)|^order\s+(?!of\b)", label.value)
    return parts[-1] if len(parts) > 1 and letters(parts[-1]) >= 3 and not _is_label(parts[-1]) else ""


def _may_be_label(line: TextLine) -> bool:
    """Whether a line that was read in doubt stands where the payee's label does, in small print."""
    return line.x < 0.35 and 0.2 < line.y < 0.9 and line.height_in < 0.14 and line.text.probability < LABEL_SURE


def read_payer(lines: list[TextLine], dpi: int, serial: str = "", again: Reread | None = None) -> FieldReading:
    """The name and address lines at the top, or who bought the paper. The probability is the name's.

    `again`, the second reader, is asked for the name when the first one is in doubt.
    """
    bought = read_purchaser(lines, dpi, again)
    if bought is not None:
        return bought
    block = [one for one in lines if _in_block(one) and not (serial and re.sub(r"\D", "", one.value) == serial)]
    block = [_with_number(one, lines, dpi) for one in sorted(block, key=lambda one: one.piece.middle_px)]
    block = _stacked(block, dpi)
    if len(block) < 2:
        return FieldReading(Field.PAYER, ())
    name = block[0]
    if again is not None and name.text.probability < NAME_SURE:
        other = again(name)
        name = other if other.text.probability > name.text.probability else name
    text = "\n".join(one.value for one in (name, *block[1:5]))
    sure = min(0.99, name.text.probability) * (NAMELESS if name.value[0].isdigit() else 1.0)
    return FieldReading(Field.PAYER, (Candidate(text, sure, name.text.source),), name.box)


def _may_be_payee(line: TextLine) -> bool:
    return line.x < 0.75 and not says(line, *_NO_PAYEE) and not _is_label(line.value)


def _is_label(text: str) -> bool:
    """Whether a text is but the payee line's label or a piece of it, misread letters forgiven."""
    plain = squeezed(text)
    if any(fuzz.ratio(plain, squeezed(label)) >= ALIKE for label in (*_PAYEE_LABELS, "dollars")):
        return True
    pieces = r"(?i)(?=.*(?:pay|to|the|order|of|orden))\W*(?:(?:pay|to|the|order|of|pagar|a|la|orden|de)\W*)+"
    return bool(re.fullmatch(pieces, text))  # a lone "a" is a rag of something else


def _in_block(line: TextLine) -> bool:
    """Whether a line may be one of a printed name and address: top left, under the bank's name at times."""
    if line.y >= 0.75 or line.x >= 0.6 or (line.piece.rule is not None and line.y >= 0.36):
        return False
    return letters(line.value) >= 3 and line.text.clarity >= LEGIBLE and not says(line, *_NO_NAME)


def _with_number(line: TextLine, lines: list[TextLine], dpi: int) -> TextLine:
    """The line with the house number that stands apart before it, if one does."""
    for one in lines:
        gap = line.box.left_px - one.piece.right_px
        level = abs(one.piece.middle_px - line.piece.middle_px) < 0.5 * line.box.height_px
        if one.value.isdigit() and level and 0 <= gap < NUMBER_APART_IN * dpi:
            text = replace(line.text, value=f"{one.value} {line.value}")
            x = (one.x * one.width_in + line.x * line.width_in) / (one.width_in + line.width_in)
            return replace(line, piece=joined([one.piece, line.piece]), text=text, x=x)
    return line


def _stacked(lines: list[TextLine], dpi: int) -> list[TextLine]:
    """The column of lines, one under the other, that has most of them; an address has a line with digits."""
    best: list[TextLine] = []
    for start, first in enumerate(lines):
        column, last = [first], first
        for line in lines[start + 1 :]:
            gap = line.box.top_px - (last.box.top_px + last.box.height_px)
            left = abs(line.box.left_px - last.box.left_px) < 0.15 * dpi
            centred = abs(line.x - last.x) < 0.02
            if -0.05 * dpi <= gap < 0.16 * dpi and (left or centred):
                column.append(line)
                last = line
        if (len(column), any(c.isdigit() for one in column for c in one.value)) > (
            len(best), any(c.isdigit() for one in best for c in one.value)
        ):  # fmt: skip
            best = column
    return best


def _written_above(lines: list[TextLine]) -> TextLine | None:
    """Without a legible label: the first writing on a long rule in the left."""
    on_rule = [
        one
        for one in lines
        if one.piece.rule is not None
        and one.x < 0.5
        and 0.25 < one.y < 0.75
        and letters(one.value) >= 4
        and _may_be_payee(one)
    ]
    return on_rule[0] if on_rule else None


def _cleaned(text: str) -> str:
    return re.sub(r"^(?:[^A-Za-z0-9]+|(?:the|he|e|of|f) )+|[^A-Za-z0-9.)]+$", "", text)  # ends of the label


def _chance(line: TextLine) -> float:
    return min(0.99, max(line.text.probability, line.text.clarity))


def _field(name: Field, value: str, line: TextLine) -> FieldReading:
    value = value.strip()
    candidate = Candidate(value, min(0.99, line.text.probability), line.text.source)
    return FieldReading(name, (candidate,) if value else (), line.box)
