"""A reading drawn over its document: boxes, candidates and probabilities, to show why it was read so."""

from __future__ import annotations

from io import BytesIO

from PIL import Image, ImageDraw, ImageFont

from ocr import image
from ocr.prepare import deskewed, turned
from ocr.reading import Box, Candidate, FieldReading, Reading

_WIDTH_PX = 1400
_ROW_PX = 20
_SURE, _DOUBTFUL, _UNSURE = "#1a7f37", "#b07800", "#c02020"


def draw(front: bytes, reading: Reading) -> bytes:
    """A PNG of the upright front with the field boxes, and a list of all fields under it.

    Raises:
        UnreadableImage: the front is no image.
    """
    gray = deskewed(turned(image.decode(front).gray, reading.rotation_deg), reading.skew_deg)
    page = Image.fromarray(gray).convert("RGB")
    scale = _WIDTH_PX / page.width
    page = page.resize((_WIDTH_PX, round(page.height * scale)))
    fields = [one for one in reading.fields.values() if one.candidates]
    sheet = Image.new("RGB", (_WIDTH_PX, page.height + _ROW_PX * (len(fields) + 3)), "white")
    sheet.paste(page)
    pen, face = ImageDraw.Draw(sheet), ImageFont.load_default(size=14)
    for one in fields:
        if one.box:
            _frame(pen, face, one, one.box, scale)
    rows = [_title(reading), *(_line(one) for one in fields), *reading.problems]
    for at, row in enumerate(rows):
        color = _color(fields[at - 1].candidates[0]) if 0 < at <= len(fields) else "black"
        pen.text((10, page.height + 6 + at * _ROW_PX), row, fill=color, font=face)
    out = BytesIO()
    sheet.save(out, "PNG")
    return out.getvalue()


def _frame(
    pen: ImageDraw.ImageDraw,
    face: ImageFont.FreeTypeFont | ImageFont.ImageFont,
    one: FieldReading,
    box: Box,
    scale: float,
) -> None:
    best = one.candidates[0]
    left, top = box.left_px * scale - 3, box.top_px * scale - 3
    right, bottom = left + box.width_px * scale + 6, top + box.height_px * scale + 6
    pen.rectangle((left, top, right, bottom), outline=_color(best), width=2)
    label = f"{one.name} {best.probability:.2f}"
    pen.rectangle((left, bottom, left + pen.textlength(label, font=face) + 4, bottom + 17), fill="#ffffffd0")
    pen.text((left + 2, bottom), label, fill=_color(best), font=face)


def _title(reading: Reading) -> str:
    turned_by = f", turned {reading.rotation_deg}°" if reading.rotation_deg else ""
    failed = ", ".join(flag.name for flag in reading.flags if flag.failed)
    return (
        f"{reading.kind} {reading.kind_probability:.2f}, {reading.dpi} dpi{turned_by}, skew {reading.skew_deg:.1f}°"
        f", {reading.duration_ms:.0f} ms" + (f", quality: {failed}" if failed else "")
    )


def _line(one: FieldReading) -> str:
    shown = "   |   ".join(f"{each.value} ({each.probability:.3f} {each.source})" for each in one.candidates[:3])
    return f"{one.name}:  {shown}".replace("\n", " / ")[:190]


def _color(candidate: Candidate) -> str:
    if candidate.probability >= 0.9:
        return _SURE
    return _DOUBTFUL if candidate.probability >= 0.5 else _UNSURE
