"""The MICR line of a check: found on the picture whichever way up it lies, read, and taken apart into fields."""

from __future__ import annotations

import re
import time
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from itertools import pairwise
from typing import Any

import cv2
import numpy as np

from ocr.fields import micr_band, micr_layout
from ocr.image.e13b import HEIGHT_MODULES, MODULE_IN, PITCH_IN, SYMBOLS, width_modules
from ocr.image.prepare import Floats, Gray, ink, levelling, skew_from_slope
from ocr.nets import ctc
from ocr.reading import Box, Candidate, Field, FieldReading, ranked

SOURCE = "micr"
MODEL = "micr"
DIGIT_PX = 18  # height of a digit in the net's 32 rows, as in its training
EDGE_PROBABILITY = 0.6  # the edge of the page reads as an unsure 1
SURE = 0.8
MIN_CHARS = 6  # fewer sure characters are no MICR line but chance
MIN_MEAN = 0.75
_PITCH_PX = PITCH_IN / (HEIGHT_MODULES * MODULE_IN) * DIGIT_PX
_MODULE_PX = DIGIT_PX / HEIGHT_MODULES
_CHANCE = 0.1  # a misread routing number keeps a valid check digit one time in ten
_INKED = 0.12  # of a cell; the lightest characters, 7 and the symbols, fill a sixth
_APART = 0.65  # of the pitch: nearer to a character that was read, ink is its own
_GLIMPSE, _GLIMPSE_AT_END = 0.01, 0.1  # chance of a character that the net gave in vain, at least
_STAIN = 0.3  # chance that such ink is no character after all
_AMOUNT = re.compile(r"B\d{10}B")  # X9.100-160-1: ten digits between amount symbols
_AMOUNT_NEAR, _AMOUNT_PITCHES = 3, 9  # digits' heights that it may stand higher or lower; least room for it
_FIELDS = (Field.MICR_LINE, Field.ROUTING, Field.BANK_ACCOUNT, Field.SERIAL, Field.AUX_ON_US)


@dataclass(frozen=True, slots=True)
class MicrLine:
    """One row of print as the net read it: characters at the ends of it that are page edge are already gone."""

    chars: tuple[ctc.Char, ...]
    candidates: tuple[Candidate, ...]  # whole lines with spaces, best first

    @property
    def sure_chars(self) -> int:
        """How many characters are surely read: what tells one row, or one way up, from another."""
        return sum(char.probability >= SURE for char in self.chars)

    @property
    def is_micr(self) -> bool:
        """Whether this is E-13B print at all, not another font, handwriting or noise."""
        if self.sure_chars < MIN_CHARS or not any(char.value in SYMBOLS for char in self.chars):
            return False
        return float(np.mean([char.probability for char in self.chars])) >= MIN_MEAN


@dataclass(frozen=True, slots=True)
class MicrReading:
    """What the MICR line says; no candidates and no box when the document has no such line."""

    rotation_deg: int  # 0 or 180: clockwise turn that makes the picture upright
    skew_deg: float  # fall of the line to the right, after that turn; `prepare.deskewed` levels it
    box: Box | None  # in the picture turned and levelled
    candidates: tuple[Candidate, ...]  # whole lines, best first
    fields: Mapping[Field, FieldReading] = field(default_factory=dict)
    epc: str = ""  # external processing code, one digit
    amount_cents: int | None = None  # encoded amount, where the bank of first deposit printed it
    duration_ms: float = 0.0

    @property
    def found(self) -> bool:
        """Whether there is a MICR line."""
        return bool(self.candidates)


def read_micr(gray: Gray, dpi: int) -> MicrReading:
    """The MICR line of a document that lies upright or upside-down.

    `gray` is uint8 [height, width], ink dark; `dpi` between 80 and 600 serves best. A document without a MICR line
    gives a reading whose fields have no candidates.
    """
    began = time.perf_counter()
    best: tuple[MicrLine, micr_band.Band, Any, int] | None = None
    for rotation in (0, 180):
        upright = gray[::-1, ::-1] if rotation else gray  # a view: only the strip that is read gets copied
        for band in micr_band.bands(upright, dpi):
            net = ctc.load(MODEL)
            picture, back = micr_band.cut(upright, band, net.height_px, DIGIT_PX)
            line = _read(picture, net, _ends(back, gray.shape[1]))
            if line.is_micr and (best is None or line.sure_chars > best[0].sure_chars):
                best = line, band, back, rotation
                if _settles(line):
                    break
        if best is not None and _settles(best[0]):
            break
    if best is None:
        return _nothing(began)
    line, band, back, rotation = best
    line = _with_amount(line, gray[::-1, ::-1] if rotation else gray, back)
    skew = skew_from_slope(band.slope)
    box = _box(line, back, skew, (gray.shape[1], gray.shape[0]))
    return _reading(line, rotation, skew, box, began)


def read_line(gray: Gray) -> MicrLine:
    """One MICR line cut out before, with a little white above and below it: uint8 [height, width], ink dark."""
    net = ctc.load(MODEL)
    band = micr_band.line_band(gray)
    if band is not None:
        picture, back = micr_band.cut(gray, band, net.height_px, DIGIT_PX)
        return _with_amount(_read(picture, net, _ends(back, gray.shape[1])), gray, back)
    size = (max(1, round(gray.shape[1] * net.height_px / gray.shape[0])), net.height_px)
    small: Any = cv2.resize(gray, size, interpolation=cv2.INTER_AREA)
    return _read(ink(np.asarray(small, np.uint8)), net, (0.0, float(size[0])))


def fields_of(candidates: tuple[Candidate, ...], box: Box | None = None) -> dict[Field, FieldReading]:
    """The fields that whole-line candidates spell, each value as likely as the lines that give it."""
    values: dict[Field, dict[str, float]] = {name: {} for name in _FIELDS}

    def add(name: Field, value: str, probability: float) -> None:
        if value:
            values[name][value] = values[name].get(value, 0.0) + probability

    for one in candidates:
        layout = micr_layout.parse(one.value)
        add(Field.MICR_LINE, one.value, one.probability)
        add(Field.ROUTING, layout.routing, one.probability)
        add(Field.AUX_ON_US, layout.aux_on_us, one.probability)
        for name, weighted in ((Field.BANK_ACCOUNT, layout.accounts), (Field.SERIAL, layout.serials)):
            for value, weight in weighted:
                add(name, value, weight * one.probability)
    values[Field.ROUTING] = _given_check_digit(values[Field.ROUTING])
    return {
        name: FieldReading(
            name, ranked(Candidate(value, min(p, 1.0), SOURCE) for value, p in found.items()), box if found else None
        )
        for name, found in values.items()
    }


def _given_check_digit(routings: dict[str, float]) -> dict[str, float]:
    """Chances once the check digit is known to hold: of all that was perhaps printed, a tenth would pass by chance."""
    sound = sum(routings.values())
    whole = sound + _CHANCE * max(0.0, 1 - sound)
    return {value: probability / whole for value, probability in routings.items()}


def _ends(back: Any, width_px: int) -> tuple[float, float]:
    """Columns of a cut-out at which the page ends left and right."""
    return -back[0, 2] / back[0, 0], (width_px - back[0, 2]) / back[0, 0]


def _read(picture: Floats, net: ctc.Net, ends_px: tuple[float, float]) -> MicrLine:
    log_probs = net.log_probs(picture)
    chars = list(ctc.greedy(log_probs, net.alphabet))
    while chars and _is_edge(chars[0], chars[1:2], ends_px[0], net.stride_px):
        chars.pop(0)
    while chars and _is_edge(chars[-1], chars[-2:-1], ends_px[1], net.stride_px):
        chars.pop()
    if not chars:
        return MicrLine((), ())
    segments = tuple(
        one
        for one in ctc.segments(log_probs, net.alphabet)
        if one.end > chars[0].frame and one.start <= chars[-1].frame
    )
    spaced = _spaced(tuple(chars), segments, log_probs, picture, net)
    gaps = [gap for gap, _ in spaced]
    lines = (
        Candidate("".join(gap + text for gap, text in zip(gaps, texts, strict=True)).strip(), p, SOURCE)
        for texts, p in ctc.combined(tuple(segment for _, segment in spaced))
    )
    return MicrLine(tuple(chars), ranked(one for one in lines if one.value))


def _with_amount(line: MicrLine, gray: Gray, back: Any) -> MicrLine:
    """The line and the amount at its right, which another machine encoded later: higher or lower, larger or smaller."""
    if not line.chars or _AMOUNT.search(line.candidates[0].value if line.candidates else ""):
        return line
    net, scale = ctc.load(MODEL), float(np.hypot(back[0, 0], back[1, 0]))
    x, y = back @ np.array([line.chars[-1].frame * net.stride_px + _PITCH_PX, net.height_px / 2, 1])
    reach = round(_AMOUNT_NEAR * DIGIT_PX * scale)
    right = np.ascontiguousarray(gray[max(0, round(y) - reach) : round(y) + reach, max(0, round(x)) :])
    if right.shape[1] < _AMOUNT_PITCHES * _PITCH_PX * scale or not right.shape[0]:
        return line
    if not micr_band.may_hold_line(right, DIGIT_PX * scale):  # nearly always: it is encoded after the scan
        return line
    band = micr_band.line_band(right)
    if band is None:
        return line
    picture, there = micr_band.cut(right, band, net.height_px, DIGIT_PX)
    amount = _read(picture, net, _ends(there, right.shape[1])).candidates[:1]
    if not amount or not _AMOUNT.fullmatch(amount[0].value.replace(" ", "")):
        return line
    whole = (Candidate(f"{one.value} {amount[0].value}", one.probability * amount[0].probability, SOURCE)
             for one in line.candidates)  # fmt: skip
    return replace(line, candidates=ranked(whole))


def _is_edge(char: ctc.Char, neighbour: list[ctc.Char], end_px: float, stride_px: int) -> bool:
    """Whether an outermost character is but the edge of the page or of the scanner's bed: unsure and out of line."""
    if char.probability >= EDGE_PROBABILITY:
        return False
    away = abs(neighbour[0].frame - char.frame) * stride_px if neighbour else 0.0
    return abs(char.frame * stride_px - end_px) < _PITCH_PX or not neighbour or away > 2.5 * _PITCH_PX


def _spaced(
    chars: tuple[ctc.Char, ...], segments: tuple[ctc.Segment, ...], log_probs: Floats, picture: Floats, net: ctc.Net
) -> list[tuple[str, ctc.Segment]]:
    """Each segment with the spaces before it, from the distance of right edges on the 0.125 inch pitch.

    A cell as inked as a character, between characters or next to an outermost one, is one that the net overlooked: a
    segment of its own, read without the blank.
    """
    edges = {char: char.frame * net.stride_px + width_modules(char.value) * _MODULE_PX / 2 for char in chars}
    steps = [edges[right] - edges[left] for left, right in pairwise(chars)]
    close = [step for step in steps if 0.75 * _PITCH_PX < step < 1.3 * _PITCH_PX]
    pitch = float(np.median(close)) if len(close) >= 3 else _PITCH_PX

    def overlooked(left_px: float, least: float) -> ctc.Segment | None:
        return _overlooked(log_probs, chars, left_px, pitch, net, least) if _is_inked(picture, left_px, pitch) else None

    before = overlooked(edges[chars[0]] - 2 * pitch, _GLIMPSE_AT_END)
    spaced = [] if before is None else [("", before)]
    last: ctc.Char | None = None
    for segment in segments:
        inside = [char for char in chars if segment.start <= char.frame <= segment.end]
        blanks = 0
        if inside and last is not None:
            for at in range(max(0, round((edges[inside[0]] - edges[last]) / pitch) - 1)):
                found = overlooked(edges[last] + at * pitch, _GLIMPSE)
                if found is None:
                    blanks += 1
                else:
                    spaced.append((" " * blanks, found))
                    blanks = 0
        spaced.append((" " * blanks, segment))
        last = inside[-1] if inside else last
    after = overlooked(edges[chars[-1]], _GLIMPSE_AT_END)
    return spaced if after is None else [*spaced, ("", after)]


def _is_inked(picture: Floats, left_px: float, pitch_px: float) -> bool:
    """Whether the cell right of an edge holds as much ink as a character would."""
    rows = slice((picture.shape[0] - DIGIT_PX) // 2, (picture.shape[0] + DIGIT_PX) // 2)
    cell = picture[rows, max(0, round(left_px + 2)) : round(left_px + pitch_px)]
    return cell.size > 0 and float(cell.mean()) > _INKED


def _overlooked(
    log_probs: Floats, chars: tuple[ctc.Char, ...], left_px: float, pitch_px: float, net: ctc.Net, least: float
) -> ctc.Segment | None:
    """What the ink of a cell is likeliest, where the net saw a little and not enough; None: ink of its neighbours."""
    frames = np.arange(
        max(0, round(left_px / net.stride_px)), min(len(log_probs), round((left_px + pitch_px) / net.stride_px) + 1)
    )
    away = np.abs(frames[:, None] - np.array([char.frame for char in chars])[None]).min(axis=1) * net.stride_px
    frames = frames[away > _APART * pitch_px]
    if not len(frames):
        return None
    seen = np.exp(log_probs[frames, 1:].astype(np.float64)).max(axis=0)
    if seen.max() < least:
        return None
    order = np.argsort(-seen)[:4].tolist()
    whole = float(seen.sum()) or 1.0
    options = [(net.alphabet[at], (1 - _STAIN) * float(seen[at]) / whole) for at in order]
    return ctc.Segment(int(frames[0]), int(frames[-1]), (*options, ("", _STAIN)))


def _settles(line: MicrLine) -> bool:
    """Whether the other way up need not be tried: a long sure line with a sound routing number."""
    return line.sure_chars >= 12 and bool(line.candidates) and bool(micr_layout.parse(line.candidates[0].value).routing)


def _reading(line: MicrLine, rotation: int, skew: float, box: Box | None, began: float) -> MicrReading:
    layout = micr_layout.parse(line.candidates[0].value)
    fields = fields_of(line.candidates, box)
    duration = (time.perf_counter() - began) * 1000
    timed = {
        name: replace(one, duration_ms=duration if name is Field.MICR_LINE else 0.0) for name, one in fields.items()
    }
    return MicrReading(rotation, skew, box, line.candidates, timed, layout.epc, layout.amount_cents, duration)


def _nothing(began: float) -> MicrReading:
    duration = (time.perf_counter() - began) * 1000
    fields = {name: FieldReading(name, ()) for name in _FIELDS}
    return MicrReading(0, 0.0, None, (), fields, duration_ms=duration)


def _box(line: MicrLine, back: Any, skew_deg: float, size: tuple[int, int]) -> Box:
    """Where the line's characters stand in the picture turned upright and levelled."""
    stride, rows = ctc.load(MODEL).stride_px, ctc.load(MODEL).height_px
    left = line.chars[0].frame * stride - _PITCH_PX
    right = line.chars[-1].frame * stride + _PITCH_PX
    middle = rows / 2
    corners = np.array([[left, middle - DIGIT_PX / 2, 1], [right, middle + DIGIT_PX / 2, 1]])
    level = levelling(skew_deg, *size)
    points = [level @ np.append(back @ corner, 1) for corner in corners]
    (x0, y0), (x1, y1) = np.maximum(points[0], 0), np.minimum(points[1], size)
    return Box(round(x0), round(y0), max(1, round(x1 - x0)), max(1, round(y1 - y0)))
