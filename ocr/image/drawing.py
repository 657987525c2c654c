"""A reading drawn over its document: where each field was found, what it may say and how sure that is.

Bank accounts are shown by their last four digits alone, as on every screen (RULES: I16); the picture of the check
itself is left as it is.
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
SURE, DOUBTFUL = 0.9, 0.5
_COLORS = ("#1a7f37", "#b07800", "#c02020")  # sure, in doubt, unsure
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
WORTH_SAYING = 0.005  # a second candidate less likely is not shown
Font = ImageFont.FreeTypeFont | ImageFont.ImageFont


def draw(front: bytes, reading: Reading) -> bytes:
    """A PNG of the front as it was read, upright and level, with a frame for each field and a table under it.

    Raises:
        UnreadableImage: the front is no image.
    """
    gray = deskewed(turned(decode.decode(front).gray, reading.rotation_deg), reading.skew_deg)
    page = Image.fromarray(gray).convert("RGB")
    scale = WIDTH_PX / page.width
    page = page.resize((WIDTH_PX, round(page.height * scale)), Image.Resampling.LANCZOS)
    fields = sorted((one for one in reading.fields.values() if one.candidates), key=lambda one: _ORDER.index(one.name))
    missing = [label(one.name) for one in reading.fields.values() if not one.candidates]
    notes = [*reading.problems, *(["not found: " + ", ".join(missing)] if missing else [])]
    notes = [part for note in notes for part in _wrapped(note, 150)]
    rows = sum(1 + _extra_rows(one) for one in fields)
    height = page.height + 2 * PAD_PX + ROW_PX * (2 + rows + len(notes))
    sheet = Image.new("RGB", (WIDTH_PX, height), "white")
    sheet.paste(page)
    pen, face, small = ImageDraw.Draw(sheet), ImageFont.load_default(size=16), ImageFont.load_default(size=14)
    _frames(pen, small, fields, scale, page.height)
    pen.line((0, page.height, WIDTH_PX, page.height), fill="#888888", width=2)
    top = page.height + PAD_PX
    pen.text((COLUMNS_PX[0], top), _title(reading), fill="black", font=ImageFont.load_default(size=18))
    top += ROW_PX + 6
    for one in fields:
        top = _row(pen, face, small, one, top)
    for note in notes:
        pen.text((COLUMNS_PX[0], top + 4), note, fill="#555555", font=small)
        top += ROW_PX
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


def _frames(pen: ImageDraw.ImageDraw, face: Font, fields: Sequence[FieldReading], scale: float, height: int) -> None:
    """One frame for all fields that share a place, its label where it hides no other frame's text if possible."""
    places: dict[Box, list[FieldReading]] = {}
    for one in fields:
        if one.box:
            places.setdefault(one.box, []).append(one)
    frames = {box: _corners(box, scale) for box in places}
    taken: list[tuple[float, float, float, float]] = []
    for box, here in places.items():
        left, top, right, bottom = frames[box]
        color = _color(min((one.candidates[0] for one in here), key=lambda each: each.probability))
        pen.rectangle((left, top, right, bottom), outline=color, width=2)
        text = "  ".join(f"{label(one.name)} {_percent(one.candidates[0].probability)}" for one in here)
        wide = pen.textlength(text, font=face) + 6
        at = min(left, WIDTH_PX - wide - 2)
        above = (at, top - LABEL_PX, at + wide, top)
        below = (at, bottom, at + wide, bottom + LABEL_PX)
        others = [*(frame for other, frame in frames.items() if other != box), *taken]
        spots = [spot for spot in (above, below) if spot[1] >= 0 and spot[3] <= height]
        free = [spot for spot in spots if not any(_meet(spot, other) for other in others)]
        spot = (free or spots or [below])[0]
        taken.append(spot)
        pen.rectangle(spot, fill=color)
        pen.text((spot[0] + 3, spot[1] + 1), text, fill="white", font=face)


def _corners(box: Box, scale: float) -> tuple[float, float, float, float]:
    left, top = box.left_px * scale - 3, box.top_px * scale - 3
    return left, top, left + box.width_px * scale + 6, top + box.height_px * scale + 6


def _meet(one: tuple[float, float, float, float], other: tuple[float, float, float, float]) -> bool:
    return one[0] < other[2] and other[0] < one[2] and one[1] < other[3] and other[1] < one[3]


def _row(pen: ImageDraw.ImageDraw, face: Font, small: Font, one: FieldReading, top: int) -> int:
    best = one.candidates[0]
    mark, name, value, bar, number, others = COLUMNS_PX
    color = _color(best)
    pen.rectangle((mark, top + 5, mark + 14, top + 19), fill=color)
    pen.text((name, top + 2), label(one.name), fill="#333333", font=face)
    lines = _wrapped(shown(one.name, best.value), 52)
    for at, line in enumerate(lines[: 1 + _extra_rows(one)]):
        pen.text((value, top + 2 + at * ROW_PX), line, fill="black", font=face)
    pen.rectangle((bar, top + 6, bar + BAR_PX, top + 18), outline="#bbbbbb")
    pen.rectangle((bar, top + 6, bar + round(BAR_PX * best.probability), top + 18), fill=color)
    pen.text((number, top + 2), _percent(best.probability), fill=color, font=face)
    rest = [
        f"{shown(one.name, each.value)[:28]} {_percent(each.probability)}"
        for each in one.candidates[1:4]
        if each.probability >= WORTH_SAYING and one.name not in _HIDDEN
    ]
    said = f"by {best.source}" + (f"; else {', '.join(rest)}" if rest else "")
    pen.text((others, top + 3), said[:84], fill="#555555", font=small)
    return top + ROW_PX * (1 + _extra_rows(one))


def _extra_rows(one: FieldReading) -> int:
    """A long text, of a letter mostly, takes up to five more rows."""
    return min(5, len(_wrapped(shown(one.name, one.candidates[0].value), 52)) - 1)


def _wrapped(text: str, most: int) -> list[str]:
    lines = [""]
    for word in text.split(" "):
        if lines[-1] and len(lines[-1]) + 1 + len(word) > most:
            lines.append("")
        lines[-1] += (" " if lines[-1] else "") + word[:most]
    return lines


def _title(reading: Reading) -> str:
    turned_by = f", turned {reading.rotation_deg}°" if reading.rotation_deg else ""
    level = f", levelled by {reading.skew_deg:.1f}°" if abs(reading.skew_deg) >= 0.05 else ""
    failed = ", ".join(flag.name.replace("_", " ") for flag in reading.flags if flag.failed)
    return (
        f"{str(reading.kind).capitalize()} ({_percent(reading.kind_probability)}), {reading.dpi} dpi{turned_by}{level}"
        f", read in {reading.duration_ms:.0f} ms" + (f"   quality: {failed}" if failed else "")
    )


def _percent(probability: float) -> str:
    """Fine at the sure end, where it matters; never 100 %: no reading is certain."""
    if probability >= 0.9995:
        return f"{min(99.99, 100 * probability):.2f} %"
    return f"{100 * probability:.1f} %" if probability >= 0.99 else f"{100 * probability:.0f} %"


def _color(candidate: Candidate) -> str:
    if candidate.probability >= SURE:
        return _COLORS[0]
    return _COLORS[1] if candidate.probability >= DOUBTFUL else _COLORS[2]
