"""The MICR line of a check: found in the picture whichever way up it lies, read, and split into fields."""

from __future__ import annotations

import re
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise
from typing import Any

import cv2
import numpy as np

from ocr.fields import micr_band, micr_ends, micr_layout
from ocr.image.e13b import HEIGHT_MODULES, MODULE_IN, PITCH_IN, SYMBOLS, width_modules
from ocr.image.prepare import Floats, Gray, ink, levelling, skew_from_slope
from ocr.nets import ctc
from ocr.reading import Box, Candidate, Field, FieldReading, ranked

SOURCE = "micr"
MODEL = "micr"
DIGIT_PX = 18  # height of a digit in the net's 32 rows, as in its training
EDGE_PROBABILITY = 0.6  # the edge of the page reads as a 1 less sure than this
EDGE_APART = 2.5  # pitches from the next character: no character of a line stands so far off
SURE = 0.8  # of a character
MIN_CHARS = 6  # with fewer sure characters a row is a MICR line only by chance
MIN_MEAN = 0.75  # probability of the characters of E-13B print
SETTLED_CHARS = 12  # sure characters of a line so long that the other way up is not tried
_PITCH_PX = PITCH_IN / (HEIGHT_MODULES * MODULE_IN) * DIGIT_PX
_MODULE_PX = DIGIT_PX / HEIGHT_MODULES
_VALID_BY_CHANCE = 0.1  # a misread routing number has a valid check digit one time in ten
_NEXT, _LEAST_NEXT = (0.75, 1.3), 3  # pitches between neighbors; with fewer neighbors the standard pitch is used
# A cell with ink that the net overlooked.
_INKED = 0.12  # share of the cell; the lightest characters, 7 and the symbols, fill a sixth
_CELL_SIDE_PX = 2  # left of the cell, where the character before it may end
_APART = 0.65  # pitches: ink nearer to a character that was read belongs to it
_GLIMPSE, _GLIMPSE_AT_END = 0.01, 0.1  # least probability that the net gave a character there
_OPTIONS = 4  # characters that it may be
_STAIN = 0.3  # chance that the ink is no character after all
# The amount.
_AMOUNT = re.compile(r"B\d{10}B")  # X9.100-160-1: ten digits between amount symbols
_AMOUNT_NEAR, _AMOUNT_PITCHES = 3, 9  # heights of a digit that it may stand higher or lower; least room for it
_FIELDS = (Field.MICR_LINE, Field.ROUTING, Field.BANK_ACCOUNT, Field.SERIAL, Field.AUX_ON_US)


@dataclass(frozen=True, slots=True)
class MicrLine:
    """One row of print as the net read it, without false characters that the edges of the page gave."""

    chars: tuple[ctc.Char, ...]
    candidates: tuple[Candidate, ...]  # whole lines with spaces, best first
    ends: micr_ends.Ends = micr_ends.UNSEEN

    @property
    def sure_chars(self) -> int:
        """How many characters are read surely: the row, and the way up, with the most of them is chosen."""
        return sum(char.probability >= SURE for char in self.chars)

    @property
    def is_micr(self) -> bool:
        """Whether this is E-13B print, and not another font, handwriting or noise."""
        if self.sure_chars < MIN_CHARS or not any(char.value in SYMBOLS for char in self.chars):
            return False
        return float(np.mean([char.probability for char in self.chars])) >= MIN_MEAN


@dataclass(frozen=True, slots=True)
class MicrReading:
    """What the MICR line says; no candidates and no box when the document has no such line."""

    rotation_deg: int  # 0 or 180: clockwise turn that makes the picture upright
    skew_deg: float  # downward slope to the right after that turn; `prepare.deskewed` levels it
    box: Box | None  # in the picture turned and leveled
    candidates: tuple[Candidate, ...]  # whole lines, best first
    fields: Mapping[Field, FieldReading] = field(default_factory=dict)
    epc: str = ""  # external processing code, one digit
    amount_cents: int | None = None  # encoded amount, where the bank of first deposit printed it
    duration_ms: float = 0.0
    dpi: int = 0  # at which the line's characters have their pitch of 1/8 inch; 0 without a line
    sure_chars: int = 0
    settled: bool = False  # a long sure line with a valid routing number: another scale would give nothing better

    @property
    def has_line(self) -> bool:
        """Whether there is a MICR line."""
        return bool(self.candidates)


def read_micr(gray: Gray, dpi: int) -> MicrReading:
    """The MICR line of a document that lies upright or upside-down.

    `gray` is uint8 [height, width], ink dark; `dpi` between 80 and 600 serves best. A document without a MICR line
    gives a reading whose fields have no candidates.
    """
    began = time.perf_counter()
    best = _best_line(gray, dpi)
    if best is None:
        return _nothing(began)
    line, band, back, rotation = best
    line = _with_amount(line, _way_up(gray, rotation), back)
    skew = skew_from_slope(band.slope)
    box = _box(line, back, skew, (gray.shape[1], gray.shape[0]))
    reading = _reading(line, rotation, skew, box, began)
    return replace(reading, dpi=_dpi(line, band), sure_chars=line.sure_chars, settled=_settles(line))


def _dpi(line: MicrLine, band: micr_band.Band) -> int:
    """The resolution at which neighbors stand 1/8 inch apart."""
    return round(_pitch_px(_edges(line.chars, ctc.load(MODEL))) * band.digit_px / DIGIT_PX / PITCH_IN)


def _edges(chars: Sequence[ctc.Char], net: ctc.Net) -> list[float]:
    """The right edges of characters, in columns of the cut-out."""
    return [char.frame * net.stride_px + width_modules(char.value) * _MODULE_PX / 2 for char in chars]


def _doubted(line: MicrLine, is_page: bool) -> tuple[Candidate, ...]:
    """The line's candidates, less likely where the line was not seen to its ends."""
    if not line.candidates:
        return ()
    kept = micr_ends.kept(line.ends, line.candidates[0].value, is_page)
    return tuple(replace(candidate, probability=kept * candidate.probability) for candidate in line.candidates)


def _best_line(gray: Gray, dpi: int) -> tuple[MicrLine, micr_band.Band, Any, int] | None:
    """The row with the most sure characters, its band, the matrix back to the picture, and the turn: 0 or 180."""
    best: tuple[MicrLine, micr_band.Band, Any, int] | None = None
    for rotation in (0, 180):
        upright = _way_up(gray, rotation)
        for band in micr_band.bands(upright, dpi):
            net = ctc.load(MODEL)
            picture, back = micr_band.cut(upright, band, net.height_px, DIGIT_PX)
            line = _read(picture, net, _ends(back, gray.shape[1]))
            if line.is_micr and (best is None or line.sure_chars > best[0].sure_chars):
                best = line, band, back, rotation
                if _settles(line):
                    return best
    return best


def page_line(gray: Gray, dpi: int) -> MicrLine | None:
    """The line of a document as the net claims it, whatever stands beside it; None without one."""
    best = _best_line(gray, dpi)
    return None if best is None else best[0]


def _way_up(gray: Gray, rotation: int) -> Gray:
    """The picture turned by 0 or 180 degrees, as a view: only the strip that is read gets copied."""
    return gray[::-1, ::-1] if rotation else gray


def read_line(gray: Gray) -> MicrLine:
    """One MICR line that was cut out before, with a little white around it: uint8 [height, width], ink dark."""
    line = cut_line(gray)
    return replace(line, candidates=_doubted(line, is_page=False))


def cut_line(gray: Gray) -> MicrLine:
    """The same as the net claims it, whatever stands beside the line."""
    net = ctc.load(MODEL)
    band = micr_band.line_band(gray)
    if band is not None:
        picture, back = micr_band.cut(gray, band, net.height_px, DIGIT_PX)
        return _with_amount(_read(picture, net, _ends(back, gray.shape[1])), gray, back)
    size = (max(1, round(gray.shape[1] * net.height_px / gray.shape[0])), net.height_px)
    small: Any = cv2.resize(gray, size, interpolation=cv2.INTER_AREA)
    return _read(ink(np.asarray(small, np.uint8)), net, (0.0, float(size[0])))


def fields_of(candidates: tuple[Candidate, ...], box: Box | None = None) -> dict[Field, FieldReading]:
    """The fields that whole-line candidates spell; the chances of lines that agree on a value add up."""
    values: dict[Field, dict[str, float]] = {name: {} for name in _FIELDS}

    def add(name: Field, value: str, probability: float) -> None:
        if value:
            values[name][value] = values[name].get(value, 0.0) + probability

    for line in candidates:
        layout = micr_layout.parse(line.value)
        add(Field.MICR_LINE, line.value, line.probability)
        add(Field.ROUTING, layout.routing, line.probability)
        add(Field.AUX_ON_US, layout.aux_on_us, line.probability)
        for name, weighted in ((Field.BANK_ACCOUNT, layout.accounts), (Field.SERIAL, layout.serials)):
            for value, weight in weighted:
                add(name, value, weight * line.probability)
    values[Field.ROUTING] = _given_check_digit(values[Field.ROUTING])
    return {name: _field(name, chances, box) for name, chances in values.items()}


def _field(name: Field, chances: Mapping[str, float], box: Box | None) -> FieldReading:
    candidates = ranked(Candidate(value, min(chance, 1.0), SOURCE) for value, chance in chances.items())
    return FieldReading(name, candidates, box if chances else None)


def _given_check_digit(routings: dict[str, float]) -> dict[str, float]:
    """Chances of numbers with valid check digits: of all other numbers that may be printed, a tenth is valid, too."""
    valid = sum(routings.values())
    whole = valid + _VALID_BY_CHANCE * max(0.0, 1 - valid)
    return {value: probability / whole for value, probability in routings.items()}


def _ends(back: Any, width_px: int) -> tuple[float, float]:
    """The columns of a cut-out at which the page ends, left and right."""
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
        segment
        for segment in ctc.segments(log_probs, net.alphabet)
        if segment.end > chars[0].frame and segment.start <= chars[-1].frame
    )
    spaced = _spaced(tuple(chars), segments, log_probs, picture, net)
    gaps = [gap for gap, _ in spaced]
    lines = (
        Candidate("".join(gap + text for gap, text in zip(gaps, texts, strict=True)).strip(), chance, SOURCE)
        for texts, chance in ctc.combined(tuple(segment for _, segment in spaced))
    )
    seen = micr_ends.ends(picture, chars, net.stride_px, _pitch_px(_edges(chars, net)), ends_px)
    return MicrLine(tuple(chars), ranked(line for line in lines if line.value), seen)


def _with_amount(line: MicrLine, gray: Gray, back: Any) -> MicrLine:
    """The line with the amount right of it, which another machine encoded later: higher or lower, larger or smaller."""
    if not line.chars or _AMOUNT.search(line.candidates[0].value if line.candidates else ""):
        return line
    net, scale = ctc.load(MODEL), float(np.hypot(back[0, 0], back[1, 0]))
    x, y = back @ np.array([line.chars[-1].frame * net.stride_px + _PITCH_PX, net.height_px / 2, 1])
    reach = round(_AMOUNT_NEAR * DIGIT_PX * scale)
    right = np.ascontiguousarray(gray[max(0, round(y) - reach) : round(y) + reach, max(0, round(x)) :])
    if right.shape[1] < _AMOUNT_PITCHES * _PITCH_PX * scale or not right.shape[0]:
        return line
    if not micr_band.may_hold_line(right, DIGIT_PX * scale):  # nearly always: amounts are encoded after the scan
        return line
    band = micr_band.line_band(right)
    if band is None:
        return line
    picture, right_back = micr_band.cut(right, band, net.height_px, DIGIT_PX)
    amounts = _read(picture, net, _ends(right_back, right.shape[1])).candidates
    if not amounts or not _AMOUNT.fullmatch(amounts[0].value.replace(" ", "")):
        return line
    amount = amounts[0]
    with_amount = (
        Candidate(f"{candidate.value} {amount.value}", candidate.probability * amount.probability, SOURCE)
        for candidate in line.candidates
    )
    return replace(line, candidates=ranked(with_amount))


def _is_edge(char: ctc.Char, neighbor: list[ctc.Char], end_px: float, stride_px: int) -> bool:
    """Whether an outermost character is only the edge of the page or of the scanner's bed: unsure and out of line."""
    if char.probability >= EDGE_PROBABILITY:
        return False
    away = abs(neighbor[0].frame - char.frame) * stride_px if neighbor else 0.0
    return abs(char.frame * stride_px - end_px) < _PITCH_PX or not neighbor or away > EDGE_APART * _PITCH_PX


def _spaced(
    chars: tuple[ctc.Char, ...], segments: tuple[ctc.Segment, ...], log_probs: Floats, picture: Floats, net: ctc.Net
) -> list[tuple[str, ctc.Segment]]:
    """Each segment with the spaces before it, from the distances between right edges and the 0.125 inch pitch.

    A cell with as much ink as a character, between characters or next to an outermost one, is a character that the net
    overlooked. It becomes a segment of its own, read without the blank.
    """
    edges = dict(zip(chars, _edges(chars, net), strict=True))
    pitch = _pitch_px(list(edges.values()))

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
                between = overlooked(edges[last] + at * pitch, _GLIMPSE)
                if between is None:
                    blanks += 1
                else:
                    spaced.append((" " * blanks, between))
                    blanks = 0
        spaced.append((" " * blanks, segment))
        last = inside[-1] if inside else last
    after = overlooked(edges[chars[-1]], _GLIMPSE_AT_END)
    return spaced if after is None else [*spaced, ("", after)]


def _pitch_px(edges: list[float]) -> float:
    """The distance between the right edges of neighbors on this line, or the standard's."""
    steps = [right - left for left, right in pairwise(edges)]
    close = [step for step in steps if _NEXT[0] * _PITCH_PX < step < _NEXT[1] * _PITCH_PX]
    return float(np.median(close)) if len(close) >= _LEAST_NEXT else _PITCH_PX


def _is_inked(picture: Floats, left_px: float, pitch_px: float) -> bool:
    """Whether the cell right of an edge holds as much ink as a character would."""
    rows = slice((picture.shape[0] - DIGIT_PX) // 2, (picture.shape[0] + DIGIT_PX) // 2)
    cell = picture[rows, max(0, round(left_px + _CELL_SIDE_PX)) : round(left_px + pitch_px)]
    return cell.size > 0 and float(cell.mean()) > _INKED


def _overlooked(
    log_probs: Floats, chars: tuple[ctc.Char, ...], left_px: float, pitch_px: float, net: ctc.Net, least: float
) -> ctc.Segment | None:
    """What the ink of a cell most likely is, where the net hardly saw a character; None: it is the neighbors' ink."""
    frames = np.arange(
        max(0, round(left_px / net.stride_px)), min(len(log_probs), round((left_px + pitch_px) / net.stride_px) + 1)
    )
    away = np.abs(frames[:, None] - np.array([char.frame for char in chars])[None]).min(axis=1) * net.stride_px
    frames = frames[away > _APART * pitch_px]
    if not len(frames):
        return None
    chances = np.exp(log_probs[frames, 1:].astype(np.float64)).max(axis=0)
    if chances.max() < least:
        return None
    order = np.argsort(-chances)[:_OPTIONS].tolist()
    whole = float(chances.sum()) or 1.0
    options = [(net.alphabet[at], (1 - _STAIN) * float(chances[at]) / whole) for at in order]
    return ctc.Segment(int(frames[0]), int(frames[-1]), (*options, ("", _STAIN)))


def _settles(line: MicrLine) -> bool:
    """Whether no other row or way up need be tried: a long sure line with a valid routing number."""
    if line.sure_chars < SETTLED_CHARS or not line.candidates:
        return False
    return bool(micr_layout.parse(line.candidates[0].value).routing)


def _reading(line: MicrLine, rotation: int, skew: float, box: Box | None, began: float) -> MicrReading:
    layout = micr_layout.parse(line.candidates[0].value)
    doubted = _doubted(line, is_page=True)
    routing = fields_of(line.candidates, box)[Field.ROUTING]  # in the middle: its symbols and check digit vouch for it
    fields = {**fields_of(doubted, box), Field.ROUTING: routing}
    duration = (time.perf_counter() - began) * 1000
    timed = {
        name: replace(reading, duration_ms=duration if name is Field.MICR_LINE else 0.0)
        for name, reading in fields.items()
    }
    return MicrReading(rotation, skew, box, doubted, timed, layout.epc, layout.amount_cents, duration)


def _nothing(began: float) -> MicrReading:
    duration = (time.perf_counter() - began) * 1000
    fields = {name: FieldReading(name, ()) for name in _FIELDS}
    return MicrReading(0, 0.0, None, (), fields, duration_ms=duration)


def _box(line: MicrLine, back: Any, skew_deg: float, size: tuple[int, int]) -> Box:
    """Where the line's characters stand in the picture turned upright and leveled."""
    stride, rows = ctc.load(MODEL).stride_px, ctc.load(MODEL).height_px
    left = line.chars[0].frame * stride - _PITCH_PX
    right = line.chars[-1].frame * stride + _PITCH_PX
    middle = rows / 2
    corners = np.array([[left, middle - DIGIT_PX / 2, 1], [right, middle + DIGIT_PX / 2, 1]])
    level = levelling(skew_deg, *size)
    points = [level @ np.append(back @ corner, 1) for corner in corners]
    (x0, y0), (x1, y1) = np.maximum(points[0], 0), np.minimum(points[1], size)
    return Box(round(x0), round(y0), max(1, round(x1 - x0)), max(1, round(y1 - y0)))
