"""Whether a check is signed: writing where signatures stand, told from print by its unevenness."""

from __future__ import annotations

import re
from math import exp

import numpy as np

from ocr.lines import squeezed
from ocr.ppocr import Text
from ocr.reading import Candidate, FieldReading, Name
from ocr.zones import Piece, Sheet

SOURCE = "ink"
LEFT, TOP = 0.48, 0.55  # share of width and of the height above the MICR line
LEAST_HEIGHT_IN = 0.13
LEAST_WIDTH_IN = 0.35
_PRINTED = ("signature", "authorized", "depositor", "void", "nonnegotiable")


def zone(page: Sheet, bottom_px: int) -> list[Piece]:
    """The pieces where a signature may stand."""
    return [
        one
        for one in page.pieces
        if (one.box.left_px + one.box.width_px / 2) / page.width_px > LEFT and one.middle_px / bottom_px > TOP
    ]


def read_signature(page: Sheet, bottom_px: int, texts: dict[Piece, Text]) -> FieldReading:
    """ "present" or "absent", by the piece that looks most like one; `texts` are those pieces that were read."""
    best, chosen = -6.0, None
    for piece in zone(page, bottom_px):
        text = texts.get(piece)
        if text is not None and _is_print(text):
            continue
        score = _score(page, piece)
        if score > best:
            best, chosen = score, piece
    present = 1 / (1 + exp(-best))
    value, probability = ("present", present) if present >= 0.5 else ("absent", 1 - present)
    candidate = Candidate(value, min(0.995, probability), SOURCE)
    return FieldReading(Name.SIGNATURE, (candidate,), chosen.box if chosen else None)


def _score(page: Sheet, piece: Piece) -> float:
    """How much a piece looks like a signature, as log odds: large, wide, and with much ink."""
    height, width = piece.box.height_px / page.dpi, piece.box.width_px / page.dpi
    box = piece.box
    part = page.labels[box.top_px : box.top_px + box.height_px, box.left_px : box.left_px + box.width_px]
    area = float(np.isin(part, piece.marks).sum()) / page.dpi**2
    odds = -3.5 + 30 * min(height - LEAST_HEIGHT_IN, 0.15) + 3 * min(width - LEAST_WIDTH_IN, 1.0)
    return odds + (1.5 if area > 0.02 else -2.0)


def _is_print(text: Text) -> bool:
    plain = squeezed(text.value)
    if any(word in plain for word in _PRINTED):
        return True
    return bool(re.search(r"(?i)dollars|memo", text.value))
