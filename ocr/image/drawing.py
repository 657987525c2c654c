"""A reading drawn over its document: where each field stands, what it may say and how sure that is.

Of bank accounts only the last four digits are shown, as on every screen (RULES: I16). The picture of the check itself
is left as it is.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from io import BytesIO

from PIL import Image, ImageDraw, ImageFont

from ocr.image import decode
from ocr.image.prepare import deskewed, turned
from ocr.reading import Box, Candidate, Field, FieldReading, Reading

WIDTH_PX = 1400
ROW_PX, PAD_PX, LABEL_PX = 26, 12, 17
COLUMNS_PX = (12, 34, 215, 690, 800, 890)  # mark, field, best value, bar, probability, what else it could be
BAR_PX = 96
HEADING_PX = 6  # more room under the heading than between rows
TEXT_PX, SMALL_TEXT_PX, HEADING_TEXT_PX = 16, 14, 18  # font sizes
FRAME_GAP_PX = 3  # between the ink and its frame, and between a label's text and its edge
NOTE_LETTERS, VALUE_LETTERS, OTHER_LETTERS, RIVAL_LETTERS = 150, 52, 84, 28  # what fits into the width of each
MORE_ROWS = 5  # that a long text, mostly of a letter, may take
RIVALS = 3  # candidates shown after the best
SURE, DOUBTFUL = 0.9, 0.5
_COLORS = ("#1a7f37", "#b07800", "#c02020")  # sure, in doubt, unsure
_BLACK, _DARK, _GRAY, _MIDDLE, _LIGHT = "black", "#333333", "#555555", "#888888", "#bbbbbb"
_LABELS = {
    Field.MICR_LINE: "MICR line",
    Field.ROUTING: "Routing number",
    Field.BANK_ACCOUNT: "Bank account",
    Field.SERIAL: "Check number",
    Field.AUX_ON_US: "Auxiliary on-us",
    Field.CHECK_KIND: "Kind of check",
    Field.COURTESY_AMOUNT: "Amount in figures",
    Field.LEGAL_AMOUNT: "Amount in words",
    Field.COUPON_AMOUNT: "Amount due",
    Field.COUPON_ACCOUNT: "Account",
    Field.COUPON_DUE_ON: "Due on",
    Field.SCAN_LINE: "Scan line",
    Field.ACCOUNT_NUMBER: "Account number",
    Field.PHRASE: "Restrictive phrase",
}
_MONEY = frozenset({Field.COURTESY_AMOUNT, Field.LEGAL_AMOUNT, Field.COUPON_AMOUNT})
_HIDDEN = frozenset({Field.MICR_LINE, Field.BANK_ACCOUNT})
_FIRST = (Field.COURTESY_AMOUNT, Field.LEGAL_AMOUNT, Field.ACCOUNT_NUMBER, Field.DATE, Field.PAYEE, Field.PAYER)
_ORDER = (*_FIRST, *(name for name in Field if name not in _FIRST))  # what posting goes by comes first
WORTH_SAYING = 0.005  # a rival less likely than this is not shown
ALL_BUT_CERTAIN, FINE = 0.9995, 0.99  # from here on a percentage has two decimals, or one
MOST_PERCENT = 99.99
LEVEL_DEG = 0.05  # a smaller skew is not worth a word
Font = ImageFont.FreeTypeFont | ImageFont.ImageFont
Frame = tuple[float, float, float, float]  # left, top, right, bottom


def draw(front: bytes, reading: Reading) -> bytes:
    """A PNG of the front as it was read, upright and level, with a frame for each field and a table under it.

    Raises:
        UnreadableImage: the front is no image.
    """
    gray = deskewed(turned(decode.decode(front).gray, reading.rotation_deg), reading.skew_deg)
    page = Image.fromarray(gray).convert("RGB")
    scale = WIDTH_PX / page.width
    page = page.resize((WIDTH_PX, round(page.height * scale)), Image.Resampling.LANCZOS)
    fields = sorted(
        (field for field in reading.fields.values() if field.candidates), key=lambda field: _ORDER.index(field.name)
    )
    notes = _notes(reading)
    rows = sum(1 + _extra_rows(field) for field in fields)
    height = page.height + 2 * PAD_PX + ROW_PX * (2 + rows + len(notes))
    sheet = Image.new("RGB", (WIDTH_PX, height), "white")
    sheet.paste(page)
    pen = ImageDraw.Draw(sheet)
    _frames(pen, ImageFont.load_default(size=SMALL_TEXT_PX), fields, scale, page.height)
    pen.line((0, page.height, WIDTH_PX, page.height), fill=_MIDDLE, width=2)
    _table(pen, reading, fields, notes, page.height + PAD_PX)
    out = BytesIO()
    sheet.save(out, "PNG")
    return out.getvalue()


def label(name: Field) -> str:
    """A field's name for people."""
    return _LABELS.get(name, str(name).replace("_", " ").capitalize())


def shown(name: Field, value: str) -> str:
    """A value for people: dollars, masked bank accounts, lines joined."""
    if name in _MONEY and value.isdigit():
        return f"${int(value) // 100:,}.{int(value) % 100:02d}"
    if name in _HIDDEN:
        return re.sub(r"\d(?=(?:\D*\d){4})", "x", value)
    return value.replace("\n", " / ")


def _notes(reading: Reading) -> list[str]:
    """The reading's problems and the fields without a candidate, wrapped to the table's width."""
    missing = [label(field.name) for field in reading.fields.values() if not field.candidates]
    notes = [*reading.problems, *(["not found: " + ", ".join(missing)] if missing else [])]
    return [line for note in notes for line in _wrapped(note, NOTE_LETTERS)]


def _table(
    pen: ImageDraw.ImageDraw, reading: Reading, fields: Sequence[FieldReading], notes: Sequence[str], top: int
) -> None:
    face, small = ImageFont.load_default(size=TEXT_PX), ImageFont.load_default(size=SMALL_TEXT_PX)
    pen.text((COLUMNS_PX[0], top), _heading(reading), fill=_BLACK, font=ImageFont.load_default(size=HEADING_TEXT_PX))
    top += ROW_PX + HEADING_PX
    for field in fields:
        top = _row(pen, face, small, field, top)
    for note in notes:
        pen.text((COLUMNS_PX[0], top + 4), note, fill=_GRAY, font=small)
        top += ROW_PX


def _frames(pen: ImageDraw.ImageDraw, face: Font, fields: Sequence[FieldReading], scale: float, height: int) -> None:
    """One frame for all fields that share a place; its label, if possible, where it hides no other frame's text."""
    places: dict[Box, list[FieldReading]] = {}
    for field in fields:
        if field.box:
            places.setdefault(field.box, []).append(field)
    frames = {box: _frame(box, scale) for box in places}
    labels: list[Frame] = []
    for box, sharing in places.items():
        frame = frames[box]
        color = _color(min((field.candidates[0] for field in sharing), key=lambda candidate: candidate.probability))
        pen.rectangle(frame, outline=color, width=2)
        text = "  ".join(f"{label(field.name)} {_percent(field.candidates[0].probability)}" for field in sharing)
        width = pen.textlength(text, font=face) + 2 * FRAME_GAP_PX
        taken = [*(neighbor for place, neighbor in frames.items() if place != box), *labels]
        spot = _label_spot(frame, width, height, taken)
        labels.append(spot)
        pen.rectangle(spot, fill=color)
        pen.text((spot[0] + FRAME_GAP_PX, spot[1] + 1), text, fill="white", font=face)


def _frame(box: Box, scale: float) -> Frame:
    left, top = box.left_px * scale - FRAME_GAP_PX, box.top_px * scale - FRAME_GAP_PX
    return left, top, left + box.width_px * scale + 2 * FRAME_GAP_PX, top + box.height_px * scale + 2 * FRAME_GAP_PX


def _label_spot(frame: Frame, width: float, height: int, taken: Sequence[Frame]) -> Frame:
    """Where a frame's label goes on a page `height` pixels high: above or below it, free of what is taken."""
    left, top, _, bottom = frame
    at = min(left, WIDTH_PX - width - 2)
    above = (at, top - LABEL_PX, at + width, top)
    below = (at, bottom, at + width, bottom + LABEL_PX)
    spots = [spot for spot in (above, below) if spot[1] >= 0 and spot[3] <= height]
    free = [spot for spot in spots if not any(_overlap(spot, neighbor) for neighbor in taken)]
    return (free or spots or [below])[0]


def _overlap(a: Frame, b: Frame) -> bool:
    return a[0] < b[2] and b[0] < a[2] and a[1] < b[3] and b[1] < a[3]


def _row(pen: ImageDraw.ImageDraw, face: Font, small: Font, field: FieldReading, top: int) -> int:
    """Draws one field's row and returns where the next begins."""
    best = field.candidates[0]
    mark, name, value, bar, number, remark = COLUMNS_PX
    color = _color(best)
    pen.rectangle((mark, top + 5, mark + 14, top + 19), fill=color)
    pen.text((name, top + 2), label(field.name), fill=_DARK, font=face)
    lines = _wrapped(shown(field.name, best.value), VALUE_LETTERS)
    for at, line in enumerate(lines[: 1 + _extra_rows(field)]):
        pen.text((value, top + 2 + at * ROW_PX), line, fill=_BLACK, font=face)
    pen.rectangle((bar, top + 6, bar + BAR_PX, top + 18), outline=_LIGHT)
    pen.rectangle((bar, top + 6, bar + round(BAR_PX * best.probability), top + 18), fill=color)
    pen.text((number, top + 2), _percent(best.probability), fill=color, font=face)
    pen.text((remark, top + 3), _remark(field), fill=_GRAY, font=small)
    return top + ROW_PX * (1 + _extra_rows(field))


def _remark(field: FieldReading) -> str:
    """Which reader the best candidate is from, and what else the field could be."""
    best, rest = field.candidates[0], field.candidates[1 : 1 + RIVALS]
    rivals = [
        f"{shown(field.name, rival.value)[:RIVAL_LETTERS]} {_percent(rival.probability)}"
        for rival in rest
        if rival.probability >= WORTH_SAYING and field.name not in _HIDDEN
    ]
    return (f"by {best.source}" + (f"; else {', '.join(rivals)}" if rivals else ""))[:OTHER_LETTERS]


def _extra_rows(field: FieldReading) -> int:
    """The rows that a long text takes beyond its first."""
    return min(MORE_ROWS, len(_wrapped(shown(field.name, field.candidates[0].value), VALUE_LETTERS)) - 1)


def _wrapped(text: str, most: int) -> list[str]:
    lines = [""]
    for word in text.split(" "):
        if lines[-1] and len(lines[-1]) + 1 + len(word) > most:
            lines.append("")
        lines[-1] += (" " if lines[-1] else "") + word[:most]
    return lines


def _heading(reading: Reading) -> str:
    turned_by = f", turned {reading.rotation_deg}°" if reading.rotation_deg else ""
    level = f", levelled by {reading.skew_deg:.1f}°" if abs(reading.skew_deg) >= LEVEL_DEG else ""
    failed = ", ".join(flag.name.replace("_", " ") for flag in reading.flags if flag.failed)
    return (
        f"{str(reading.kind).capitalize()} ({_percent(reading.kind_probability)}), {reading.dpi} dpi{turned_by}{level}"
        f", read in {reading.duration_ms:.0f} ms" + (f"   quality: {failed}" if failed else "")
    )


def _percent(probability: float) -> str:
    """More decimals near certainty, where they matter; never 100 %: no reading is certain."""
    if probability >= ALL_BUT_CERTAIN:
        return f"{min(MOST_PERCENT, 100 * probability):.2f} %"
    return f"{100 * probability:.1f} %" if probability >= FINE else f"{100 * probability:.0f} %"


def _color(candidate: Candidate) -> str:
    if candidate.probability >= SURE:
        return _COLORS[0]
    return _COLORS[1] if candidate.probability >= DOUBTFUL else _COLORS[2]
