"""The machine-made parts of a coupon, its barcode and its scan line: found, read, and which way up they say it lies."""

from __future__ import annotations

import math
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from enum import IntEnum
from itertools import product
from statistics import median_low
from typing import Any

import cv2
import numpy as np
import zxingcpp

from ocr.fields import coupon
from ocr.image.prepare import Gray, deskewed, skew_of_print, turned
from ocr.layout import zones
from ocr.layout.piece import Piece, joined, piece_of
from ocr.layout.ruled import Boxes
from ocr.nets import ppocr, text
from ocr.reading import Box, Candidate, Field, FieldReading, ranked

ZXING = "zxing"
COARSE_PX = 1200  # a picture whose longer side has fewer pixels is of 100 dots to the inch or so
ROW_IN, LONG_IN = 0.3, 2.0  # a scan line is less high and longer
COUPON_SHARE = 0.4  # of a page: a third, and room for skew
BOTTOM_IN = 1.0  # scan lines stand within the last inch
BLUR_PX = 0.8
LEAST = 1e-12  # 26 digits at one in three; of what is no scan line, 1 in 97 texts would hold, too, at 1e-20 or so
ASKEW_DEG = 0.5  # turned by so much, steps and specks fall elsewhere: a line that was not read mostly is then
_WELL: dict[str, Any] = {"try_downscale": True}
_FORMATS: Any = tuple(getattr(zxingcpp.BarcodeFormat, name) for name in ("PDF417", "QRCode", "DataMatrix", "Code128"))


@dataclass(frozen=True, slots=True)
class Barcode:
    """What a barcode says and how it lies: `rotation_deg` makes it upright, `skew_deg` is its fall after that turn."""

    text: str
    rotation_deg: int
    skew_deg: float
    box: Box
    duration_ms: float


class Care(IntEnum):
    """How carefully a barcode is looked for."""

    QUICK = 0  # only the kind that coupons mostly carry
    LEVEL = 1  # every kind, along the paper's long side, as it mostly lies
    ANY_WAY = 2  # also across it, small, faint or broken: at many times the time


def read_barcode(gray: Gray, care: Care = Care.LEVEL) -> Barcode | None:
    """The document's barcode, ours before others; None when there is none."""
    began = time.perf_counter()
    best, shrunk, levelled_deg = None, 1.0, 0.0
    for found, scale, level_deg in _looks(gray, care):
        for one in found:
            if one.text and (best is None or coupon.parse(best.text) is None):
                best, shrunk, levelled_deg = one, scale, level_deg
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
    ends = (corners.top_left, corners.top_right, corners.bottom_left, corners.bottom_right)
    xs, ys = [round(end.x * shrunk) for end in ends], [round(end.y * shrunk) for end in ends]
    box = Box(min(xs), min(ys), max(xs) - min(xs), max(ys) - min(ys))
    return Barcode(best.text, -quarter % 360, skew + levelled_deg, box, (time.perf_counter() - began) * 1000)


def _looks(gray: Gray, care: Care) -> Iterator[tuple[Any, float, float]]:
    """What each way to look for a barcode finds, quickest first, with the scale and the turn of its places.

    When any way is asked for: smaller copies, a global threshold and a blur find square codes that speckles and the
    local threshold break up; a coarse scan is looked at enlarged, levelled and blurred, too: its steps hide the bars'
    edges. Only paper on which nothing else was found comes so far.
    """
    if care < Care.ANY_WAY:
        yield _barcodes(gray, _FORMATS[:1]), 1.0, 0.0
        if care == Care.LEVEL:
            yield _barcodes(gray, _FORMATS[1:]), 1.0, 0.0
        return
    for how in ({}, _WELL, {**_WELL, "binarizer": zxingcpp.Binarizer.GlobalHistogram}):
        yield _barcodes(gray, _FORMATS, try_rotate=True, **how), 1.0, 0.0
    yield _barcodes(_blurred(gray, BLUR_PX), _FORMATS, try_rotate=True, **_WELL), 1.0, 0.0
    if max(gray.shape) < COARSE_PX:
        twice = _doubled(gray)
        yield _barcodes(twice, _FORMATS, try_rotate=True, **_WELL), 0.5, 0.0
        skew = skew_of_print(gray, gray.shape[1] // 8)  # coupons are eight inches wide or so
        level = deskewed(twice, skew)
        yield _barcodes(level, _FORMATS, **_WELL), 0.5, skew
        for binarizer in (zxingcpp.Binarizer.LocalAverage, zxingcpp.Binarizer.GlobalHistogram):
            yield _barcodes(_blurred(level, 1.5 * BLUR_PX), _FORMATS, binarizer=binarizer), 0.5, skew


def _blurred(gray: Gray, sigma_px: float) -> Gray:
    return np.asarray(cv2.GaussianBlur(gray, (0, 0), sigma_px), np.uint8)


def _doubled(gray: Gray) -> Gray:
    twice: Any = cv2.resize(gray, None, fx=2, fy=2, interpolation=cv2.INTER_CUBIC)
    return np.asarray(twice, np.uint8)


def _barcodes(gray: Gray, formats: Any, **how: Any) -> Any:
    usual = {"try_rotate": False, "try_invert": False, "try_downscale": False}
    return zxingcpp.read_barcodes(gray, formats=formats, **{**usual, **how})


def find_scan_line(gray: Gray, dpi: int) -> tuple[FieldReading, int, float] | None:
    """The scan line of a coupon without a barcode, and the turn and skew that make it upright and level."""
    measured = skew_of_print(gray, dpi)
    ways = [(rotation, turned(gray, rotation)) for rotation in (0, 180)]
    top = max(0, gray.shape[0] - round(BOTTOM_IN * dpi))
    for skew, (rotation, way) in product((measured, measured - ASKEW_DEG, measured + ASKEW_DEG), ways):
        line = read_scan_line(deskewed(way, skew, top), dpi)
        if line.candidates and line.box is not None:
            box = replace(line.box, top_px=line.box.top_px + top)
            return replace(line, box=box), rotation, skew
    return None


def attached_coupon(gray: Gray, dpi: int) -> tuple[dict[Field, FieldReading], int, float] | None:
    """The fields of a coupon that was not torn off its page, and the turn and skew that make the page upright.

    Coupons are the lowest third of their page; upside-down they are the highest. None where no coupon's check digits
    hold.
    """
    height = gray.shape[0]
    for part in (gray[round((1 - COUPON_SHARE) * height) :], gray[: round(COUPON_SHARE * height)]):
        barcode = read_barcode(part)
        if barcode is not None and coupon.parse(barcode.text) is not None:
            line = read_scan_line(upright(gray, barcode), dpi)
            return fields(barcode, line, None), barcode.rotation_deg, barcode.skew_deg
    found = find_scan_line(gray, dpi)
    return None if found is None else (fields(None, found[0], None), *found[1:])


def read_scan_line(gray: Gray, dpi: int) -> FieldReading:
    """The scan line of an upright, level coupon; a value only when its check digits hold."""
    began = time.perf_counter()
    top = max(0, gray.shape[0] - round(BOTTOM_IN * dpi))
    page = zones.sheet(gray[top:], dpi)
    for row in _rows(page):
        picture = zones.line_image(page, row)
        first = text.read_line(picture)
        candidate = _candidate(first, 8)
        if candidate is None and sum(char.isdigit() for char in first.value) >= coupon.DIGITS // 2:
            candidate = _candidate(ppocr.read_line(picture), 40)
        if candidate is not None:
            box = Box(row.box.left_px, row.box.top_px + top, row.box.width_px, row.box.height_px)
            return FieldReading(Field.SCAN_LINE, (candidate,), box, (time.perf_counter() - began) * 1000)
    return FieldReading(Field.SCAN_LINE, (), duration_ms=(time.perf_counter() - began) * 1000)


def _candidate(line: ppocr.Text, width: int) -> Candidate | None:
    """The likeliest of a line's readings whose check digits hold."""
    for value, probability in line.among(ppocr.DIGITS + " ", width):
        if probability > LEAST and coupon.parse(value):
            sure = probability / (probability + 0.01 * (1 - probability))  # 1 wrong line in 97 would hold too
            return Candidate(value.replace(" ", ""), min(0.9999, sure), line.source)
    return None


def fields(barcode: Barcode | None, line: FieldReading, box: Box | None) -> dict[Field, FieldReading]:
    """The coupon's fields from both sources; where they differ both stay, each less sure."""
    said = [Candidate(barcode.text, 0.9999, ZXING)] if barcode else []
    sources = [(one, coupon.parse(one.value)) for one in (*said, *line.candidates)]
    parsed = [(one, what) for one, what in sources if what is not None]
    differ = len({what.digits for _, what in parsed}) > 1

    def field(name: Field, values: list[tuple[str, Candidate]]) -> FieldReading:
        chosen = (Candidate(value, one.probability * (0.5 if differ else 1), one.source) for value, one in values)
        return FieldReading(name, ranked(chosen), line.box or box)

    return {
        Field.BARCODE: FieldReading(Field.BARCODE, tuple(said), box, barcode.duration_ms if barcode else 0.0),
        Field.SCAN_LINE: line,
        Field.COUPON_ACCOUNT: field(Field.COUPON_ACCOUNT, [(what.account_number, one) for one, what in parsed]),
        Field.COUPON_AMOUNT: field(Field.COUPON_AMOUNT, [(str(what.amount_due_cents), one) for one, what in parsed]),
        Field.COUPON_DUE_ON: field(Field.COUPON_DUE_ON, [(what.due_on.isoformat(), one) for one, what in parsed]),
    }


def upright(gray: Gray, barcode: Barcode) -> Gray:
    """The document turned and levelled as its barcode says."""
    return deskewed(turned(gray, barcode.rotation_deg), barcode.skew_deg)


def _rows(page: zones.Sheet) -> list[Piece]:
    """Rows of print that could be a scan line, likeliest first: long and as high as OCR-A."""
    rows: list[list[Piece]] = []
    for piece in page.pieces:
        high, wide = piece.box.height_px / page.dpi, piece.box.width_px / page.dpi
        if high >= ROW_IN and wide > LONG_IN:
            piece = _without_edges(piece, page.boxes, page.dpi)
        elif not 0.05 < high < ROW_IN:
            continue
        for row in rows:
            if abs(row[0].middle_px - piece.middle_px) < 0.06 * page.dpi:
                row.append(piece)
                break
        else:
            rows.append([piece])
    whole = [joined(sorted(row, key=lambda one: one.box.left_px)) for row in rows]
    long = [one for one in whole if one.box.width_px > LONG_IN * page.dpi]
    return sorted(long, key=lambda one: -len(one.marks))[:2]


def _without_edges(piece: Piece, boxes: Boxes, dpi: int) -> Piece:
    """A row of print without what it touches of the paper's edge: only marks that stand where its characters do."""
    middles = {mark: boxes[mark][1] + boxes[mark][3] / 2 for mark in piece.marks}
    chars = [middles[mark] for mark in piece.marks if 0.07 < boxes[mark][3] / dpi < 0.2]
    if not chars:
        return piece
    row = median_low(chars)
    kept = [one for one in piece.marks if abs(middles[one] - row) < 0.1 * dpi and boxes[one][3] < 0.2 * dpi]
    return piece_of(boxes, kept, piece.rule)
