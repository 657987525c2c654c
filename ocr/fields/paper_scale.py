"""The scales at which a coupon's scan line is looked for, where the file states another than the coupon's format has.

Letters need nothing like it: their rows are found by the ink around them, and read alike whatever the file says.
"""

from __future__ import annotations

from ocr.fields import scan_line
from ocr.image.prepare import Gray
from ocr.reading import FieldReading

DIFFERENT = 1.2  # resolutions so many times apart are not the same: skew makes less
Located = tuple[FieldReading, int, float]


def find_scan_line(gray: Gray, dpi: int) -> tuple[Located, int] | None:
    """The scan line of a coupon without a barcode, as `scan_line` finds it, and the resolution at which it did."""
    for scale in (dpi, *_others(gray, dpi)):
        located = scan_line.find_scan_line(gray, scale)
        if located is not None:
            return located, scale
    return None


def _others(gray: Gray, dpi: int) -> list[int]:
    """The resolution by the coupon's format, where it is another."""
    by_format = max(1, round(max(gray.shape) / scan_line.COUPON_WIDTH_IN))
    return [by_format] if max(by_format / dpi, dpi / by_format) > DIFFERENT else []
