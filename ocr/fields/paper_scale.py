"""The scales at which coupons and letters are read, where the file states another resolution than the paper's format.

A coupon is about eight inches wide and a page eleven inches high. The paper may be of another format, though, so both
resolutions are tried, and the better reading is kept.
"""

from __future__ import annotations

from ocr.fields import letter, lines, scan_line
from ocr.image.prepare import Gray
from ocr.reading import Field, FieldReading

PAGE_IN = 11.0  # US letter
DIFFERENT = 1.2  # resolutions so many times apart are not the same: A4 and skew make less
Located = tuple[FieldReading, int, float]


def find_scan_line(gray: Gray, dpi: int) -> tuple[Located, int] | None:
    """The scan line of a coupon without a barcode, as `scan_line` finds it, and the resolution at which it did."""
    for scale in (dpi, *_others(gray, dpi, scan_line.COUPON_WIDTH_IN)):
        located = scan_line.find_scan_line(gray, scale)
        if located is not None:
            return located, scale
    return None


def read_letter(gray: Gray, dpi: int) -> tuple[letter.Fields, int, float, int]:
    """A page as `letter` reads it, and the resolution at which more of it is legible."""
    readings = [(*letter.read_letter(gray, scale), scale) for scale in (dpi, *_others(gray, dpi, PAGE_IN))]
    return max(readings, key=lambda reading: _legible(reading[0]))


def _others(gray: Gray, dpi: int, long_in: float) -> list[int]:
    """The resolution by the paper's format, where it is another."""
    by_format = round(max(gray.shape) / long_in)
    return [by_format] if max(by_format / dpi, dpi / max(1, by_format)) > DIFFERENT else []


def _legible(fields: letter.Fields) -> float:
    """Letters, counted by how legible they are."""
    best = fields[Field.TEXT].best
    return best.probability * lines.letters(best.value) if best else 0.0
