"""A coupon's barcode and scan line: where they stand, what they say, and which way up the coupon lies."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator
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
COARSE_PX = 1200  # a picture whose longer side has fewer pixels was scanned at 100 dpi or so
COUPON_WIDTH_IN = 8  # about: with the picture's width it gives the resolution of a coarse scan
COUPON_SHARE = 0.4  # of a page: a third, and room for skew
BOTTOM_IN = 1.0  # scan lines stand within the last inch
BLUR_PX = 0.8  # of a picture as scanned
LEVEL_BLUR_PX = 1.5 * BLUR_PX  # of one enlarged and leveled
ROW_IN, LEAST_ROW_IN, LONG_IN = 0.3, 0.05, 2.0  # a scan line is between the two high, and longer than two inches
LEVEL_IN = 0.06  # pieces of one row differ no more in height
CHAR_IN = (0.07, 0.2)  # height of a mark that may be a character, OCR-A or larger
CHAR_LEVEL_IN = 0.1  # so far from the middle of the row a mark may still belong to it
MOST_ROWS = 2
QUICK_WIDTH, CAREFUL_WIDTH = 8, 40  # how many likely texts are tried: of the first reader, and of the second
LEAST_CHANCE = 1e-12  # 26 digits at one in three; other print has valid check digits in 1 of 97 texts, at 1e-20 or so
CHANCE_VALID = 0.01  # of a wrong line to have valid check digits: 1 in 97
SURE, LINE_SURE = 0.9999, 0.9999  # the most that is claimed of a barcode and of a line: both have check digits
DIFFER = 0.5  # of its chance, what each source keeps where the other says something else
ASKEW_DEG = 0.5  # a line that was not read mostly is after this turn: steps and specks fall elsewhere
_WELL: dict[str, Any] = {"try_downscale": True}
_FORMATS: Any = tuple(getattr(zxingcpp.BarcodeFormat, name) for name in ("PDF417", "QRCode", "DataMatrix", "Code128"))


@dataclass(frozen=True, slots=True)
class Barcode:
    """What a barcode says and how it lies: `rotation_deg` makes it upright, `skew_deg` is its slope after that turn."""

    text: str
    rotation_deg: int
    skew_deg: float
    box: Box
    duration_ms: float

    @property
    def is_coupon(self) -> bool:
        """Whether the text is that of one of our coupons."""
        return coupon.parse(self.text) is not None


class Care(IntEnum):
    """How carefully a barcode is looked for."""

    QUICK = 0  # only the symbology that most coupons carry
    LEVEL = 1  # every symbology, along the paper's long side, where most stand
    ANY_WAY = 2  # also across it, small, faint or broken: takes many times as long


def read_barcode(gray: Gray, care: Care = Care.LEVEL) -> Barcode | None:
    """The document's barcode, ours before others; None when there is none."""
    began = time.perf_counter()
    best, best_scale, best_level_deg = None, 1.0, 0.0
    for symbols, scale, level_deg in _looks(gray, care):
        for symbol in symbols:
            if symbol.text and (best is None or coupon.parse(best.text) is None):
                best, best_scale, best_level_deg = symbol, scale, level_deg
        if best is not None and coupon.parse(best.text) is not None:
            break
    if best is None:
        return None
    rotation_deg, skew_deg = _lie(best.position)
    duration_ms = (time.perf_counter() - began) * 1000
    return Barcode(best.text, rotation_deg, skew_deg + best_level_deg, _box(best.position, best_scale), duration_ms)


def _lie(corners: Any) -> tuple[int, float]:
    """The clockwise turn in degrees that makes a symbol upright, and its slope after that turn.

    Of the upper and the lower edge, one often stays level where the symbol leans: the one that leans more is right.
    """
    edges = ((corners.top_left, corners.top_right), (corners.bottom_left, corners.bottom_right))
    angles = [math.degrees(math.atan2(end.y - start.y, end.x - start.x)) % 360 for start, end in edges]
    quarter = round(angles[0] / 90) * 90
    return -quarter % 360, max(((angle - quarter + 180) % 360 - 180 for angle in angles), key=abs)


def _box(corners: Any, scale: float) -> Box:
    ends = (corners.top_left, corners.top_right, corners.bottom_left, corners.bottom_right)
    xs, ys = [round(end.x * scale) for end in ends], [round(end.y * scale) for end in ends]
    return Box(min(xs), min(ys), max(xs) - min(xs), max(ys) - min(ys))


def _looks(gray: Gray, care: Care) -> Iterator[tuple[Any, float, float]]:
    """The symbols that each search finds, quickest search first, with the scale and the turn of their positions.

    `Care.ANY_WAY` is for paper on which nothing else was found. Smaller copies, a global threshold and a blur find
    square codes that speckles and the local threshold break up. A coarse scan is also searched enlarged, leveled and
    blurred, because its steps hide the edges of the bars.
    """
    if care < Care.ANY_WAY:
        yield _barcodes(gray, _FORMATS[:1]), 1.0, 0.0
        if care == Care.LEVEL:
            yield _barcodes(gray, _FORMATS[1:]), 1.0, 0.0
        return
    for options in ({}, _WELL, {**_WELL, "binarizer": zxingcpp.Binarizer.GlobalHistogram}):
        yield _barcodes(gray, _FORMATS, try_rotate=True, **options), 1.0, 0.0
    yield _barcodes(_blurred(gray, BLUR_PX), _FORMATS, try_rotate=True, **_WELL), 1.0, 0.0
    if max(gray.shape) < COARSE_PX:
        twice = _doubled(gray)
        yield _barcodes(twice, _FORMATS, try_rotate=True, **_WELL), 0.5, 0.0
        skew = skew_of_print(gray, gray.shape[1] // COUPON_WIDTH_IN)
        level = deskewed(twice, skew)
        yield _barcodes(level, _FORMATS, **_WELL), 0.5, skew
        for binarizer in (zxingcpp.Binarizer.LocalAverage, zxingcpp.Binarizer.GlobalHistogram):
            yield _barcodes(_blurred(level, LEVEL_BLUR_PX), _FORMATS, binarizer=binarizer), 0.5, skew


def _blurred(gray: Gray, sigma_px: float) -> Gray:
    return np.asarray(cv2.GaussianBlur(gray, (0, 0), sigma_px), np.uint8)


def _doubled(gray: Gray) -> Gray:
    twice: Any = cv2.resize(gray, None, fx=2, fy=2, interpolation=cv2.INTER_CUBIC)
    return np.asarray(twice, np.uint8)


def _barcodes(gray: Gray, formats: Any, **options: Any) -> Any:
    quick = {"try_rotate": False, "try_invert": False, "try_downscale": False}
    return zxingcpp.read_barcodes(gray, formats=formats, **{**quick, **options})


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

    A coupon is the lowest third of its page, or the highest when the page lies upside-down. None where no coupon has
    valid check digits.
    """
    height = gray.shape[0]
    for part in (gray[round((1 - COUPON_SHARE) * height) :], gray[: round(COUPON_SHARE * height)]):
        barcode = read_barcode(part)
        if barcode is not None and barcode.is_coupon:
            line = read_scan_line(upright(gray, barcode), dpi)
            return fields(barcode, line), barcode.rotation_deg, barcode.skew_deg
    located = find_scan_line(gray, dpi)
    return None if located is None else (fields(None, located[0]), *located[1:])


def read_scan_line(gray: Gray, dpi: int) -> FieldReading:
    """The scan line of an upright, level coupon; a value only when its check digits are valid."""
    began = time.perf_counter()
    top = max(0, gray.shape[0] - round(BOTTOM_IN * dpi))
    page = zones.sheet(gray[top:], dpi)
    for row in _rows(page):
        picture = zones.line_image(page, row)
        first = text.read_line(picture)
        candidate = _candidate(first, QUICK_WIDTH)
        if candidate is None and sum(char.isdigit() for char in first.value) >= coupon.DIGITS // 2:
            candidate = _candidate(ppocr.read_line(picture), CAREFUL_WIDTH)
        if candidate is not None:
            box = Box(row.box.left_px, row.box.top_px + top, row.box.width_px, row.box.height_px)
            return FieldReading(Field.SCAN_LINE, (candidate,), box, (time.perf_counter() - began) * 1000)
    return FieldReading(Field.SCAN_LINE, (), duration_ms=(time.perf_counter() - began) * 1000)


def _candidate(line: ppocr.Text, width: int) -> Candidate | None:
    """The likeliest of a line's texts that has valid check digits."""
    for value, probability in line.among(ppocr.DIGITS + " ", width):
        if probability > LEAST_CHANCE and coupon.parse(value):
            posterior = probability / (probability + CHANCE_VALID * (1 - probability))
            return Candidate(value.replace(" ", ""), min(LINE_SURE, posterior), line.source)
    return None


def fields(barcode: Barcode | None, line: FieldReading) -> dict[Field, FieldReading]:
    """The coupon's fields from both sources; where the two differ both stay, each less sure."""
    scanned = [Candidate(barcode.text, SURE, ZXING)] if barcode else []
    parsed = [(candidate, coupon.parse(candidate.value)) for candidate in (*scanned, *line.candidates)]
    coupons = [(candidate, printed) for candidate, printed in parsed if printed is not None]
    differ = len({printed.digits for _, printed in coupons}) > 1

    def field(name: Field, value_of: Callable[[coupon.CouponLine], str]) -> FieldReading:
        share = DIFFER if differ else 1
        values = (
            Candidate(value_of(printed), candidate.probability * share, candidate.source)
            for candidate, printed in coupons
        )
        return FieldReading(name, ranked(values), line.box)

    return {
        Field.BARCODE: FieldReading(Field.BARCODE, tuple(scanned), None, barcode.duration_ms if barcode else 0.0),
        Field.SCAN_LINE: line,
        Field.COUPON_ACCOUNT: field(Field.COUPON_ACCOUNT, lambda printed: printed.account_number),
        Field.COUPON_AMOUNT: field(Field.COUPON_AMOUNT, lambda printed: str(printed.amount_due_cents)),
        Field.COUPON_DUE_ON: field(Field.COUPON_DUE_ON, lambda printed: printed.due_on.isoformat()),
    }


def upright(gray: Gray, barcode: Barcode) -> Gray:
    """The document turned and leveled as its barcode says."""
    return deskewed(turned(gray, barcode.rotation_deg), barcode.skew_deg)


def _rows(page: zones.Sheet) -> list[Piece]:
    """Rows of print that could be a scan line, likeliest first: long and as high as OCR-A."""
    rows: list[list[Piece]] = []
    for piece in page.pieces:
        high, wide = piece.box.height_px / page.dpi, piece.box.width_px / page.dpi
        if high >= ROW_IN and wide > LONG_IN:
            piece = _without_edges(piece, page.boxes, page.dpi)
        elif not LEAST_ROW_IN < high < ROW_IN:
            continue
        for row in rows:
            if abs(row[0].middle_px - piece.middle_px) < LEVEL_IN * page.dpi:
                row.append(piece)
                break
        else:
            rows.append([piece])
    whole = [joined(sorted(row, key=lambda piece: piece.box.left_px)) for row in rows]
    long = [row for row in whole if row.box.width_px > LONG_IN * page.dpi]
    return sorted(long, key=lambda row: -len(row.marks))[:MOST_ROWS]


def _without_edges(piece: Piece, boxes: Boxes, dpi: int) -> Piece:
    """A row of print without the paper's edges that it touches: only marks that stand where its characters do."""
    middles = {mark: boxes[mark][1] + boxes[mark][3] / 2 for mark in piece.marks}
    chars = [middles[mark] for mark in piece.marks if CHAR_IN[0] < boxes[mark][3] / dpi < CHAR_IN[1]]
    if not chars:
        return piece
    row = median_low(chars)
    kept = [
        mark
        for mark in piece.marks
        if abs(middles[mark] - row) < CHAR_LEVEL_IN * dpi and boxes[mark][3] < CHAR_IN[1] * dpi
    ]
    return piece_of(boxes, kept, piece.rule)
