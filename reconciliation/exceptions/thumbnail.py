"""Small pictures of checks for reports, with account numbers covered."""

from __future__ import annotations

import base64
import io
from collections.abc import Mapping
from dataclasses import dataclass

from PIL import Image, ImageDraw, UnidentifiedImageError

WIDTH_PX = 420  # shown at about 300 to 340: sharp on dense screens, still small
# The MICR clear band is the bottom 5/8 inch of a check (ANSI X9.100-160); scans are skewed and show scanner bed.
UNREAD_BAND_IN = 0.85
COVER_GRAY, EDGE_GRAY = 226, 168
QUARTER_TURNS = {
    90: Image.Transpose.ROTATE_270,  # Pillow turns counter-clockwise
    180: Image.Transpose.ROTATE_180,
    270: Image.Transpose.ROTATE_90,
}


@dataclass(frozen=True, slots=True)
class ImageLayout:
    """Where things are on an image, as read. Boxes (left_px, top_px, width_px, height_px) are on the upright image."""

    is_read: bool = False  # without a reading, the orientation is unknown
    rotation_deg: int = 0  # clockwise rotation that makes it upright
    width_px: int = 0  # of the upright image that the boxes refer to
    dpi: int = 0
    micr_box: Mapping[str, int] | None = None
    hidden_boxes: tuple[Mapping[str, int], ...] = ()  # covered completely: the bank account
    masked_boxes: tuple[Mapping[str, int], ...] = ()  # covered except for the last four of ten digits


def data_uri(data: bytes, layout: ImageLayout) -> str | None:
    """The picture as a JPEG data URI; None where the image cannot be decoded."""
    try:
        picture = covered(upright(data, layout), layout)
    except (UnidentifiedImageError, OSError, ValueError, Image.DecompressionBombError):
        return None
    height_px = max(1, round(picture.height * WIDTH_PX / picture.width))
    small = picture.resize((WIDTH_PX, height_px), Image.Resampling.BOX, reducing_gap=2.0)
    buffer = io.BytesIO()
    small.save(buffer, "JPEG", quality=58, optimize=True)
    return "data:image/jpeg;base64," + base64.b64encode(buffer.getvalue()).decode("ascii")


def upright(data: bytes, layout: ImageLayout) -> Image.Image:
    """The image as 8-bit gray, turned upright if a reading says how.

    Raises:
        OSError, ValueError: not an image.
    """
    with Image.open(io.BytesIO(data)) as opened:
        picture = opened.convert("L")
    turn = QUARTER_TURNS.get(layout.rotation_deg % 360)
    return picture.transpose(turn) if turn is not None else picture


def covered(picture: Image.Image, layout: ImageLayout) -> Image.Image:
    """The picture without the MICR line, bank account, and all but the last four digits of the customer's number.

    Where the readers located a whole MICR line at the bottom, everything from it down is covered; otherwise the whole
    clear band. An unread picture may be upside down, so the same band at its top is covered as well.
    """
    picture = picture.copy()
    draw = ImageDraw.Draw(picture)
    dpi = layout.dpi or picture.width / 6  # a personal check is 6 inches wide
    scale = picture.width / layout.width_px if layout.width_px else 1.0
    for box in [box for box in (layout.micr_box, *layout.hidden_boxes) if box]:
        _cover(draw, _area(box, scale, pad_px=round(0.06 * dpi * scale)))
    for box in layout.masked_boxes:
        _cover(draw, _area(box, scale, pad_px=round(0.02 * dpi * scale), share=0.6))
    band_px = _band_px(picture, layout, dpi, scale)
    _cover(draw, (0, picture.height - band_px, picture.width, picture.height))
    if not layout.is_read:
        _cover(draw, (0, 0, picture.width, band_px))
    return picture


def _band_px(picture: Image.Image, layout: ImageLayout, dpi: float, scale: float) -> int:
    """Height of what is covered at the bottom. A narrow box, or one high up, is not the MICR line."""
    box = layout.micr_box
    if box is not None:
        top_px, wide_px = box["top_px"] * scale, box["width_px"] * scale
        if wide_px > 0.35 * picture.width and top_px > 0.5 * picture.height:
            return round(picture.height - top_px + 0.08 * dpi * scale)
    return round(max(UNREAD_BAND_IN * dpi * scale, 0.2 * picture.height))


def _area(box: Mapping[str, int], scale: float, pad_px: int, share: float = 1.0) -> tuple[int, int, int, int]:
    left, top = box["left_px"] * scale, box["top_px"] * scale
    right = left + box["width_px"] * scale * share
    right_px = round(right) + (pad_px if share == 1.0 else 0)
    return round(left) - pad_px, round(top) - pad_px, right_px, round(top + box["height_px"] * scale) + pad_px


def _cover(draw: ImageDraw.ImageDraw, area: tuple[int, int, int, int]) -> None:
    left, top, right, bottom = area
    if right > left and bottom > top:
        draw.rectangle((left, top, right - 1, bottom - 1), fill=COVER_GRAY, outline=EDGE_GRAY)
