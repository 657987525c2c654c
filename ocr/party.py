"""Who pays and who is paid: the payer's printed block and the payee's line of a check."""

from __future__ import annotations

import re

from ocr import ppocr
from ocr.lines import Line, right_of, says
from ocr.reading import Box, Candidate, FieldReading, Name

_PAYEE_LABELS = ("order of", "pagar a la orden de", "to the order of", "pay to the order of", "pay to the")
_REMITTER_LABELS = ("remitter", "purchaser", "purchased by")
_NO_PAYEE = ("account", "acct", "dollars", *_PAYEE_LABELS)
_NO_NAME = ("date", "dollars", "void", "memo", "pay to the", "order of", "check number", "cashiers check",
            "official check", "money order", "treasurers check", "non negotiable", "bank", "credit union",
            "customer service", "member fdic", "savings", "account number", "acct", "pay this amount")  # fmt: skip


def read_payee(lines: list[Line], dpi: int) -> FieldReading:
    """What stands right of PAY TO THE ORDER OF, printed or written."""
    labels = [one for one in lines if one.x < 0.45 and 0.2 < one.y < 0.9 and says(one, *_PAYEE_LABELS, at_least=78)]
    best: Line | None = None
    for label in labels:
        beside = [one for one in right_of(label, lines, 2.0, dpi) if _may_be_payee(one)]
        best = max([*beside, *([best] if best else [])], key=lambda one: _letters(one.value), default=None)
        inline = re.split(r"(?i)order\s*of\W*|\bto the (?!order)", label.value)
        if len(inline) > 1 and _letters(inline[-1]) >= 3 and not _is_label(inline[-1]):
            return _field(Name.PAYEE, inline[-1], label.text.probability, label.box)
    if best is not None and _letters(best.value) < 3:
        best = None
    if best is None:
        best = _written_above(lines)
    if best is None:
        return FieldReading(Name.PAYEE, ())
    return _field(Name.PAYEE, _cleaned(best.value), best.text.probability, best.box)


def read_payer(lines: list[Line], dpi: int, serial: str = "") -> FieldReading:
    """The name and address lines at the top; on bank checks the remitter's name."""
    for label in lines:
        if says(label, *_REMITTER_LABELS):
            named = [one for one in right_of(label, lines, 1.5, dpi) if _letters(one.value) >= 4]
            if named:
                return _field(Name.PAYER, named[0].value, named[0].text.probability, named[0].box)
    block = [one for one in lines if _in_block(one) and re.sub(r"\D", "", one.value) != serial]
    block = _stacked(sorted(block, key=lambda one: one.piece.middle_px), dpi)
    if len(block) < 2:
        return FieldReading(Name.PAYER, ())
    text = "\n".join(one.value for one in block[:5])
    sure = min(one.text.probability for one in block[:5])
    return _field(Name.PAYER, text, sure, block[0].box)


def _may_be_payee(line: Line) -> bool:
    return line.x < 0.75 and not says(line, *_NO_PAYEE) and not _is_label(line.value)


def _is_label(text: str) -> bool:
    """Whether a text is but a piece of the payee line's label."""
    return bool(re.fullmatch(r"(?i)\W*(?:(?:pay|to|the|order|of|pagar|a|la|orden|de)\W*)+", text))


def _in_block(line: Line) -> bool:
    """Whether a line may be one of a printed name and address: top left, under the bank's name at times."""
    if line.y >= 0.75 or line.x >= 0.6 or (line.piece.rule is not None and line.y >= 0.36):
        return False
    return _letters(line.value) >= 3 and not says(line, *_NO_NAME)


def _stacked(lines: list[Line], dpi: int) -> list[Line]:
    """The column of lines, one under the other, that has most of them; an address has a line with digits."""
    best: list[Line] = []
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


def _written_above(lines: list[Line]) -> Line | None:
    """Without a legible label: the first writing on a long rule in the left."""
    on_rule = [
        one
        for one in lines
        if one.piece.rule is not None
        and one.x < 0.5
        and 0.25 < one.y < 0.75
        and _letters(one.value) >= 4
        and not _is_label(one.value)
    ]
    return on_rule[0] if on_rule else None


def _letters(text: str) -> int:
    return sum(char.isalpha() for char in text)


def _cleaned(text: str) -> str:
    return re.sub(r"^(?:[^A-Za-z0-9]+|(?:the|he|e|of|f) )+|[^A-Za-z0-9.)]+$", "", text)  # ends of the label


def _field(name: Name, value: str, probability: float, box: Box) -> FieldReading:
    value = value.strip()
    return FieldReading(name, (Candidate(value, min(0.99, probability), ppocr.SOURCE),) if value else (), box)
