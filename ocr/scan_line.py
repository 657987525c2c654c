"""The machine-made parts of a coupon, its barcode and its scan line: found, read, and which way up they say it lies."""

from __future__ import annotations

import math
import time
from dataclasses import dataclass
from typing import Any

import zxingcpp

from ocr import coupon, ppocr, text, zones
from ocr.prepare import Gray, deskewed, turned
from ocr.reading import Box, Candidate, FieldReading, Name, ranked

ZXING = "zxing"
BOTTOM_IN = 1.0  # scan lines stand within the last inch
_FORMATS: Any = tuple(getattr(zxingcpp.BarcodeFormat, name) for name in ("PDF417", "QRCode", "DataMatrix", "Code128"))


@dataclass(frozen=True, slots=True)
class Barcode:
    """What a barcode says and how it lies: `rotation_deg` makes it upright, `skew_deg` is its fall after that turn."""

    text: str
    rotation_deg: int
    skew_deg: float
    box: Box
    duration_ms: float


def read_barcode(gray: Gray, any_way: bool = False) -> Barcode | None:
    """The document's barcode, ours before others; None when there is none.

    Paper lies along its long side: a barcode across it is only looked for when asked, at twice the time. The kind
    that coupons mostly carry is tried by itself first.
    """
    began = time.perf_counter()
    best: Any = None
    for formats in (_FORMATS,) if any_way else (_FORMATS[:1], _FORMATS[1:]):
        found = zxingcpp.read_barcodes(gray, formats=formats, try_invert=False, try_downscale=False, try_rotate=any_way)
        for one in found:
            if one.text and (best is None or coupon.parse(best.text) is None):
                best = one
        if best is not None and coupon.parse(best.text) is not None:
            break
    if best is None:
        return None
    corners = best.position
    # Of the upper and the lower edge, one often stays level where the symbol leans: the one that leans more is right.
    edges = ((corners.top_left, corners.top_right), (corners.bottom_left, corners.bottom_right))
    angles = [math.degrees(math.atan2(end.y - start.y, end.x - start.x)) % 360 for start, end in edges]
    quarter = round(angles[0] / 90) * 90
    skew = max(((angle - quarter + 180) % 360 - 180 for angle in angles), key=abs)
    xs = [point.x for point in (corners.top_left, corners.top_right, corners.bottom_left, corners.bottom_right)]
    ys = [point.y for point in (corners.top_left, corners.top_right, corners.bottom_left, corners.bottom_right)]
    box = Box(min(xs), min(ys), max(xs) - min(xs), max(ys) - min(ys))
    return Barcode(best.text, -quarter % 360, skew, box, (time.perf_counter() - began) * 1000)


def read_scan_line(gray: Gray, dpi: int) -> FieldReading:
    """The scan line of an upright, level coupon; a value only when its check digits hold."""
    began = time.perf_counter()
    top = max(0, gray.shape[0] - round(BOTTOM_IN * dpi))
    page = zones.sheet(gray[top:], dpi)
    for row in _rows(page):
        picture = zones.line_image(page, row)
        candidate = _candidate(text.read_line(picture), 8) or _candidate(ppocr.read_line(picture), 40)
        if candidate is not None:
            box = Box(row.box.left_px, row.box.top_px + top, row.box.width_px, row.box.height_px)
            return FieldReading(Name.SCAN_LINE, (candidate,), box, (time.perf_counter() - began) * 1000)
    return FieldReading(Name.SCAN_LINE, (), duration_ms=(time.perf_counter() - began) * 1000)


def _candidate(line: ppocr.Text, width: int) -> Candidate | None:
    """The likeliest of a line's readings whose check digits hold."""
    for value, probability in line.among(ppocr.DIGITS + " ", width):
        if coupon.parse(value):
            sure = probability / (probability + 0.01 * (1 - probability))  # 1 wrong line in 97 would hold too
            return Candidate(value.replace(" ", ""), min(0.9999, sure), line.source)
    return None


def fields(barcode: Barcode | None, line: FieldReading, box: Box | None) -> dict[Name, FieldReading]:
    """The coupon's fields from both sources; where they differ both stay, each less sure."""
    said = [Candidate(barcode.text, 0.9999, ZXING)] if barcode else []
    sources = [(one, coupon.parse(one.value)) for one in (*said, *line.candidates)]
    parsed = [(one, what) for one, what in sources if what is not None]
    differ = len({what.digits for _, what in parsed}) > 1

    def field(name: Name, values: list[tuple[str, Candidate]]) -> FieldReading:
        chosen = (Candidate(value, one.probability * (0.5 if differ else 1), one.source) for value, one in values)
        return FieldReading(name, ranked(chosen), line.box or box)

    return {
        Name.BARCODE: FieldReading(Name.BARCODE, tuple(said), box, barcode.duration_ms if barcode else 0.0),
        Name.SCAN_LINE: line,
        Name.COUPON_ACCOUNT: field(Name.COUPON_ACCOUNT, [(what.account_number, one) for one, what in parsed]),
        Name.COUPON_AMOUNT: field(Name.COUPON_AMOUNT, [(str(what.amount_due_cents), one) for one, what in parsed]),
        Name.COUPON_DUE_ON: field(Name.COUPON_DUE_ON, [(what.due_on.isoformat(), one) for one, what in parsed]),
    }


def upright(gray: Gray, barcode: Barcode) -> Gray:
    """The document turned and levelled as its barcode says."""
    return deskewed(turned(gray, barcode.rotation_deg), barcode.skew_deg)


def _rows(page: zones.Sheet) -> list[zones.Piece]:
    """Rows of print that could be a scan line, likeliest first: long and as high as OCR-A."""
    rows: list[list[zones.Piece]] = []
    for piece in page.pieces:
        if not 0.05 < piece.box.height_px / page.dpi < 0.3:
            continue
        for row in rows:
            if abs(row[0].middle_px - piece.middle_px) < 0.06 * page.dpi:
                row.append(piece)
                break
        else:
            rows.append([piece])
    whole = [zones.joined(sorted(row, key=lambda one: one.box.left_px)) for row in rows]
    long = [one for one in whole if one.box.width_px > 2.0 * page.dpi]
    return sorted(long, key=lambda one: -len(one.marks))[:2]
