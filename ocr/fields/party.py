"""Who pays and who is paid: a check's printed name block and its payee line."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import replace

from rapidfuzz import fuzz

from ocr.fields.lines import Reread, TextLine, letters, right_of, says, squeezed
from ocr.fields.purchaser import read_purchaser
from ocr.layout.piece import joined
from ocr.reading import Candidate, Field, FieldReading, ranked

MOST_CHANCE = 0.99  # the most that is claimed of a name
# The payee. Places are shares of the width and of the height above the MICR line.
SURE, CLEAR = 0.2, 0.88  # as a whole and per letter: a payee below both is read again; one wrong letter does no harm
LABEL_SURE = 0.6  # a label less sure is read again where no payee was found
LABEL_TOP, LABEL_FOOT, LABEL_RIGHT = 0.2, 0.9, 0.45
DOUBTED_LABEL_RIGHT, DOUBTED_LABEL_IN = 0.35, 0.14  # a misread label stands left of this, in smaller type
PIECE_RIGHT = 0.2  # a lone word of the label stands left of it
LABEL_ALIKE = 78  # percent, for labels within a line
ALIKE = 76  # percent: a label with a letter or two misread is still the label
BESIDE_IN = 2.0  # from the label's end to the payee
PAYEE_RIGHT = 0.75  # payees begin left of it, figures of the amount stand right of it
NAME_IN = 0.08  # no name is smaller
FEWEST_LETTERS = 3  # of a name: fewer are noise
ON_RULE_RIGHT, ON_RULE_TOP, ON_RULE_FOOT, ON_RULE_LETTERS = 0.5, 0.25, 0.75, 4  # a payee on a rule, without a label
UNPLACED = 0.3  # share of its claim that writing without a label keeps
UNPLACED_TOP, UNPLACED_FOOT, UNPLACED_LETTERS = 0.33, 0.72, 6
_PAYEE_LABELS = ("order of", "pagar a la orden de", "to the order of", "pay to the order of", "pay to the")
_NOT_PAYEE = ("account", "acct", "dollars", "customer service", "pay exactly", *_PAYEE_LABELS)
# The payer.
NAME_SURE = 0.5  # a name less sure is read again
NAMELESS = 0.1  # share of its claim that a block keeps when it begins with a house number: its name is lost
LEGIBLE = 0.75  # per letter: patterns of the paper and scraps of rules read worse
BLOCK_FOOT, BLOCK_RIGHT = 0.75, 0.6  # the block stands above and left of these
RULED_FOOT = 0.36  # a line on a rule is part of the block only above it
MOST_ADDRESS_LINES = 4
NUMBER_APART_IN, NUMBER_LEVEL = 0.2, 0.5  # from a house number to its street; off its level, in heights of the line
LINE_GAP_IN = (-0.05, 0.16)  # from the foot of one line of the block to the top of the next
SAME_LEFT_IN, SAME_CENTER = 0.15, 0.02  # lines of a block begin or are centered this close (inches; share of the width)
_NOT_NAME = (
    *("date", "dollars", "void", "memo", "pay to the", "order of", "check number", "cashiers check"),
    *("official check", "money order", "treasurers check", "non negotiable", "bank", "credit union"),
    *("customer service", "member fdic", "savings", "account number", "acct", "pay this amount"),
)


def read_payee(lines: list[TextLine], dpi: int, again: Reread | None = None) -> FieldReading:
    """What stands right of PAY TO THE ORDER OF, printed or written.

    `again`, the second reader, is asked where the first one found no payee or doubts it; of a doubted payee both
    readings are candidates.
    """
    located = _payee(lines, dpi)
    if located is None and again is not None:
        located = _payee([again(line) if _may_be_label(line) else line for line in lines], dpi)
    if located is None:
        return FieldReading(Field.PAYEE, ranked(_unplaced(lines)))
    line, name = located
    candidates = _candidates(name, line)
    if again is None or line.text.probability >= SURE or line.text.clarity >= CLEAR:
        # As sure as its letters: a payee with one or two of them misread is still that payee.
        by_letter = tuple(replace(candidate, probability=_chance(line)) for candidate in candidates)
        return FieldReading(Field.PAYEE, by_letter, line.box)
    second = again(line)
    candidates += _candidates(_trimmed(_inline(second) or second.value), second)
    return FieldReading(Field.PAYEE, ranked(candidates), line.box)


def _payee(lines: list[TextLine], dpi: int) -> tuple[TextLine, str] | None:
    """The payee's line and name, by the label before it, else by where it stands."""
    best: TextLine | None = None
    for label in filter(_is_payee_label, lines):
        beside = [line for line in right_of(label, lines, BESIDE_IN, dpi) if _may_be_payee(line)]
        best = max([*beside, *([best] if best else [])], key=lambda line: letters(line.value), default=None)
        if inline := _inline(label):
            return label, inline
    if best is None or letters(best.value) < FEWEST_LETTERS:
        best = _on_rule(lines)
    return None if best is None else (best, _trimmed(best.value))


def _is_payee_label(line: TextLine) -> bool:
    """Whether a line begins with the payee's label; a narrow one stands in three rows: TO THE, ORDER, OF."""
    if not LABEL_TOP < line.y < LABEL_FOOT:
        return False
    if line.x < LABEL_RIGHT and says(line, *_PAYEE_LABELS, at_least=LABEL_ALIKE):
        return True
    if line.x < LABEL_RIGHT and re.match(r"(?i)\W*to\s*the\s", line.value):
        return True
    return line.x < PIECE_RIGHT and _is_label(line.value)


def _unplaced(lines: list[TextLine]) -> Iterable[Candidate]:
    """Every line that stands where payees stand and is not a printed label, for a check without a legible label."""
    for line in lines:
        in_place = UNPLACED_TOP < line.y < UNPLACED_FOOT and letters(line.value) >= UNPLACED_LETTERS
        if in_place and _may_be_payee(line) and not says(line, *_NOT_NAME):
            yield Candidate(_trimmed(line.value), UNPLACED * line.text.probability, line.text.source)


def _inline(label: TextLine) -> str:
    """The name that follows the label in the same line, or "". Fine print there is the label's second language."""
    if label.height_in < NAME_IN:
        return ""
    parts = re.split(r"(?i)order\s*of\W*|\bto\s*the\s+(?!order)|^order\s+(?!of\b)", label.value)
    return parts[-1] if len(parts) > 1 and letters(parts[-1]) >= FEWEST_LETTERS and not _is_label(parts[-1]) else ""


def _may_be_label(line: TextLine) -> bool:
    """Whether a doubtful line stands where the payee's label does, in small print."""
    in_place = line.x < DOUBTED_LABEL_RIGHT and LABEL_TOP < line.y < LABEL_FOOT
    return in_place and line.height_in < DOUBTED_LABEL_IN and line.text.probability < LABEL_SURE


def read_payer(lines: list[TextLine], dpi: int, serial: str = "", again: Reread | None = None) -> FieldReading:
    """The name and address lines at the top, or who bought the paper. The probability is the name's.

    `again`, the second reader, is asked for the name when the first one doubts it.
    """
    purchaser = read_purchaser(lines, dpi, again)
    if purchaser is not None:
        return purchaser
    block = [line for line in lines if _in_block(line) and not (serial and re.sub(r"\D", "", line.value) == serial)]
    block.sort(key=lambda line: line.piece.middle_px)
    block = _stacked([_with_number(line, lines, dpi) for line in block], dpi)
    if len(block) < 2:
        return FieldReading(Field.PAYER, ())
    name = block[0]
    if again is not None and name.text.probability < NAME_SURE:
        second = again(name)
        name = second if second.text.probability > name.text.probability else name
    text = "\n".join(line.value for line in (name, *block[1 : 1 + MOST_ADDRESS_LINES]))
    chance = min(MOST_CHANCE, name.text.probability) * (NAMELESS if name.value[0].isdigit() else 1.0)
    return FieldReading(Field.PAYER, (Candidate(text, chance, name.text.source),), name.box)


def _may_be_payee(line: TextLine) -> bool:
    return line.x < PAYEE_RIGHT and not says(line, *_NOT_PAYEE) and not _is_label(line.value)


def _is_label(text: str) -> bool:
    """Whether a text is only the payee line's label or a part of it, misread letters forgiven."""
    plain = squeezed(text)
    if any(fuzz.ratio(plain, squeezed(label)) >= ALIKE for label in (*_PAYEE_LABELS, "dollars")):
        return True
    pieces = r"(?i)(?=.*(?:pay|to|the|order|of|orden))\W*(?:(?:pay|to|the|order|of|pagar|a|la|orden|de)\W*)+"
    return bool(re.fullmatch(pieces, text))  # a lone "a" is a scrap of something else


def _in_block(line: TextLine) -> bool:
    """Whether a line may be part of a printed name and address: top left, sometimes under the bank's name."""
    if line.y >= BLOCK_FOOT or line.x >= BLOCK_RIGHT or (line.piece.rule is not None and line.y >= RULED_FOOT):
        return False
    return letters(line.value) >= FEWEST_LETTERS and line.text.clarity >= LEGIBLE and not says(line, *_NOT_NAME)


def _with_number(line: TextLine, lines: list[TextLine], dpi: int) -> TextLine:
    """The line, with the house number that stands apart before it if there is one."""
    for number in lines:
        gap = line.box.left_px - number.piece.right_px
        level = abs(number.piece.middle_px - line.piece.middle_px) < NUMBER_LEVEL * line.box.height_px
        if number.value.isdigit() and level and 0 <= gap < NUMBER_APART_IN * dpi:
            text = replace(line.text, value=f"{number.value} {line.value}")
            x = (number.x * number.width_in + line.x * line.width_in) / (number.width_in + line.width_in)
            return replace(line, piece=joined([number.piece, line.piece]), text=text, x=x)
    return line


def _stacked(lines: list[TextLine], dpi: int) -> list[TextLine]:
    """The longest column of lines, one under the other; of equal ones, one with digits, as an address has."""

    def merit(column: list[TextLine]) -> tuple[int, bool]:
        return len(column), any(char.isdigit() for line in column for char in line.value)

    best: list[TextLine] = []
    for start, first in enumerate(lines):
        column, last = [first], first
        for line in lines[start + 1 :]:
            gap = line.box.top_px - (last.box.top_px + last.box.height_px)
            left = abs(line.box.left_px - last.box.left_px) < SAME_LEFT_IN * dpi
            centered = abs(line.x - last.x) < SAME_CENTER
            if LINE_GAP_IN[0] * dpi <= gap < LINE_GAP_IN[1] * dpi and (left or centered):
                column.append(line)
                last = line
        best = max(best, column, key=merit)
    return best


def _on_rule(lines: list[TextLine]) -> TextLine | None:
    """Without a legible label: the first writing on a rule in the left half."""
    for line in lines:
        in_place = line.x < ON_RULE_RIGHT and ON_RULE_TOP < line.y < ON_RULE_FOOT
        is_written = line.piece.rule is not None and letters(line.value) >= ON_RULE_LETTERS
        if in_place and is_written and _may_be_payee(line):
            return line
    return None


def _trimmed(text: str) -> str:
    return re.sub(r"^(?:[^A-Za-z0-9]+|(?:the|he|e|of|f) )+|[^A-Za-z0-9.)]+$", "", text)  # ends of the label


def _chance(line: TextLine) -> float:
    return min(MOST_CHANCE, max(line.text.probability, line.text.clarity))


def _candidates(name: str, line: TextLine) -> tuple[Candidate, ...]:
    name = name.strip()
    return (Candidate(name, min(MOST_CHANCE, line.text.probability), line.text.source),) if name else ()
