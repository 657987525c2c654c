"""Where text stands on an upright document: the pieces of text on printed lines and between them.

Nothing here knows a certain stock: a piece of text is found by its ink, and described by where it stands, in inches
from the paper's top left corner and as shares of the paper's width and height.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from statistics import median
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from ocr.prepare import Gray, binary, components, evened
from ocr.reading import Box
from ocr.ruled import Boxes, Rule, is_lid, unruled

Labels = NDArray[Any]  # 16 or 32 bits

ROW_IN = 0.42  # how far above its rule the middle of handwriting stands at most
FEET_IN = 0.2  # how far above its rule the foot of a letter stands at most
SPECK_IN = 0.022
DOT_IN = 0.009
LETTER_IN = 0.75  # larger marks are borders, pictures, torn edges
GAP_IN = 0.30  # white between two pieces of one row
PRINT_GAP_IN = 0.17  # the same where nothing is ruled
LEVEL_MARKS = 4  # the fewest that make a row of their own on the same rule
SMALL_IN = 0.04  # smaller pieces say nothing
TANGLE_LEFT, TANGLE_RIGHT = 0.35, 0.62  # a row of words begins left of the one; figures stand right of the other
TANGLE_MARKS = 8  # of a row whose slope is known
LIFTED = 0.5  # of a row's letters: what stands so far above its slope is of another row
FIGURES = 3  # high marks that an amount has at least
MARGIN = 0.18  # paper around a line, as share of its height


@dataclass(frozen=True, slots=True)
class Piece:
    """A piece of text in one row. `rule` is the line that it stands on, if any; `marks` its connected components."""

    box: Box
    rule: Rule | None
    marks: tuple[int, ...]

    @property
    def right_px(self) -> int:
        """The first column after it."""
        return self.box.left_px + self.box.width_px

    @property
    def middle_px(self) -> float:
        """The row through its middle."""
        return self.box.top_px + self.box.height_px / 2


@dataclass(frozen=True, slots=True)
class Sheet:
    """An upright document taken apart. `ink` is uint8 [height, width], 255 ink, without rules.

    `labels` [height, width] its marks, by label `boxes` where they are.
    """

    gray: Gray
    ink: Gray
    labels: Labels
    boxes: Boxes
    dpi: int
    rules: tuple[Rule, ...]
    pieces: tuple[Piece, ...]
    images: dict[Piece, Gray] = field(default_factory=dict)  # of pieces that were cut out: several readers want them

    @property
    def width_px(self) -> int:
        """Columns."""
        return int(self.gray.shape[1])

    @property
    def height_px(self) -> int:
        """Rows."""
        return int(self.gray.shape[0])


def sheet(gray: Gray, dpi: int, bottom_px: int | None = None) -> Sheet:
    """All pieces of text above `bottom_px` (where a MICR line begins), in reading order."""
    bottom = gray.shape[0] if bottom_px is None else max(1, min(bottom_px, gray.shape[0]))
    inked = binary(gray, dpi)
    inked[bottom:] = 0
    rules, clean, (labels, boxes) = unruled(inked, dpi)
    marks, dots = _marks(boxes, dpi)
    floors = [one for one in rules if not is_lid(one, rules, dpi)]
    whole = _untangled(_pieces(boxes, marks, floors, dpi), boxes, gray.shape[1], dpi)
    pieces = _dotted(_big_enough(whole, dpi), boxes, dots)
    return Sheet(gray, clean, labels, boxes, dpi, tuple(rules), tuple(pieces))


def large_ink_in(gray: Gray, dpi: int, least_in: float) -> float:
    """How wide the marks of one row are together, at most, that are higher than `least_in` and could be writing.

    In inches. A quick look, at half the resolution: whether it pays to take a page apart.
    """
    inked = binary(gray, dpi)
    half: Any = cv2.resize(inked, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA)
    low, high = least_in * dpi / 2, LETTER_IN * dpi / 2
    boxes = components(np.asarray(cv2.threshold(half, 63, 255, cv2.THRESH_BINARY)[1], np.uint8))[1]
    marks = [one for one in boxes[1:] if low < one[3] < high and one[2] > max(SPECK_IN * dpi / 2, 0.4 * one[3])]
    rows = [0] * (2 + int(half.shape[0] / (ROW_IN * dpi / 4)))  # each half a row high, and overlapping
    for _, top, width, height, _ in marks:
        at = int((top + height / 2) / (ROW_IN * dpi / 4))
        rows[at] += width
        rows[at + 1] += width
    return 2 * max(rows) / dpi


def line_image(page: Sheet, piece: Piece) -> Gray:
    """The piece alone on white paper, black ink, without the rule and without what belongs to other rows."""
    if piece not in page.images:
        page.images[piece] = _cut_out(page, piece)
    return page.images[piece]


def _cut_out(page: Sheet, piece: Piece) -> Gray:
    box = piece.box
    pad, left = _pad_px(piece), image_left_px(piece)
    top = max(0, box.top_px - pad)
    rows = slice(top, box.top_px + box.height_px + pad)
    columns = slice(left, box.left_px + box.width_px + 2 * pad)
    labels = page.labels[rows, columns]
    wanted = np.zeros(max(int(labels.max()), *piece.marks) + 1, np.uint8)
    wanted[list(piece.marks)] = 255
    mine = wanted[labels]
    near: Any = cv2.dilate(mine, np.ones((3, 3), np.uint8))
    near[(labels > 0) & (mine == 0)] = 0  # another's
    shade = evened(page.gray[rows, columns])
    shade[mine > 0] = np.minimum(shade[mine > 0], 160)
    shade[near == 0] = 255
    return shade


def image_left_px(piece: Piece) -> int:
    """The column of the page with which `line_image` begins."""
    return max(0, piece.box.left_px - 2 * _pad_px(piece))


def _pad_px(piece: Piece) -> int:
    return max(2, round(MARGIN * piece.box.height_px))


def cut(page: Sheet, piece: Piece, column_px: int) -> list[Piece]:
    """The piece in two, left and right of a column of the page; in one where all of it is on one side."""
    left = [one for one in piece.marks if page.boxes[one][0] + page.boxes[one][2] / 2 < column_px]
    right = [one for one in piece.marks if one not in left]
    return [_piece(page.boxes, part, piece.rule) for part in (left, right)] if left and right else [piece]


def joined(pieces: list[Piece]) -> Piece:
    """Several pieces as one."""
    left, top = min(one.box.left_px for one in pieces), min(one.box.top_px for one in pieces)
    right = max(one.right_px for one in pieces)
    bottom = max(one.box.top_px + one.box.height_px for one in pieces)
    marks = tuple(mark for one in pieces for mark in one.marks)
    return Piece(Box(left, top, right - left, bottom - top), pieces[0].rule, marks)


def _marks(boxes: Boxes, dpi: int) -> tuple[list[int], list[int]]:
    """The connected components that may be text, and those that may be its points or dust."""
    kept, dots = [], []
    for mark, (_, _, width, height, area) in enumerate(boxes[1:], 1):
        if max(width, height) < SPECK_IN * dpi:
            if area >= max(2, (DOT_IN * dpi) ** 2):
                dots.append(mark)
            continue
        if height > LETTER_IN * dpi or width > 6 * dpi:
            continue
        if height < 0.015 * dpi and width > 0.25 * dpi:  # rests of rules
            continue
        if height > 0.15 * dpi and height > 12 * width:  # rests of frames and of the paper's edge
            continue
        kept.append(mark)
    return kept, dots


def _dotted(pieces: list[Piece], boxes: Boxes, dots: list[int]) -> list[Piece]:
    """Pieces with the points at their feet: a decimal point is as small as dust, but stands where points stand."""
    if not dots:
        return pieces
    places = np.array([boxes[dot] for dot in dots])
    x, y = places[:, 0] + places[:, 2] / 2, places[:, 1] + places[:, 3] / 2
    taken: list[Piece] = []
    for piece in pieces:
        box = piece.box
        inside = (x > box.left_px) & (x < piece.right_px)
        inside &= (y > box.top_px + 0.55 * box.height_px) & (y < box.top_px + 1.05 * box.height_px)
        more = tuple(dots[at] for at in np.flatnonzero(inside))
        taken.append(replace(piece, marks=(*piece.marks, *more)) if 0 < len(more) < 8 else piece)
    return taken


def _pieces(boxes: Boxes, marks: list[int], rules: list[Rule], dpi: int) -> list[Piece]:
    on_rule: dict[int, list[int]] = {}
    free: list[int] = []
    for mark in marks:
        at = _rule_of(boxes[mark], rules, dpi)
        if at is None:
            free.append(mark)
        else:
            on_rule.setdefault(at, []).append(mark)
    pieces = [_piece(boxes, part, None) for row in _rows(boxes, free) for part in _split(boxes, row, PRINT_GAP_IN, dpi)]
    _sunk(boxes, on_rule, rules, dpi)
    for at, row in on_rule.items():
        for level in _stacked(boxes, row):
            pieces += [_piece(boxes, part, rules[at]) for part in _split(boxes, level, GAP_IN, dpi)]
    return _welded(pieces)


def _big_enough(pieces: list[Piece], dpi: int) -> list[Piece]:
    """Those that may be text, in reading order."""
    kept = [one for one in pieces if min(one.box.height_px, one.box.width_px) >= SMALL_IN * dpi]
    return sorted(kept, key=lambda one: (one.middle_px, one.box.left_px))


def _untangled(pieces: list[Piece], boxes: Boxes, width_px: int, dpi: int) -> list[Piece]:
    """Rows that rise into the figures right of them, parted from these: each mark goes by the row's own slope.

    Words that run uphill end level with the figures of the amount, and no rule tells which is whose.
    """
    found, middle_px = list(pieces), TANGLE_RIGHT * width_px
    for row in pieces:
        if row.rule is None or row.box.left_px > TANGLE_LEFT * width_px or row.box.width_px < TANGLE_LEFT * width_px:
            continue
        left = [one for one in row.marks if boxes[one][0] + boxes[one][2] / 2 < middle_px]
        standing = _standing(left, boxes)
        if standing is None:
            continue
        lifted = {mark for one in pieces for mark in one.marks if standing.is_lifted(boxes[mark])}
        figures = {mark for mark in lifted if standing.is_high(boxes[mark])}
        beside = [
            one
            for one in found
            if one is not row and one in pieces and middle_px < one.box.left_px < row.right_px + GAP_IN * dpi
            and one.box.top_px < _foot(row) and _foot(one) > row.box.top_px and len(figures & {*one.marks}) >= FIGURES
        ]  # fmt: skip
        right = [mark for one in (row, *beside) for mark in one.marks if mark not in left]
        upper, lower = [one for one in right if one in lifted], [one for one in right if one not in lifted]
        mixed = any(mark in row.marks for mark in upper) or any(mark not in row.marks for mark in lower)
        if mixed and len(figures & {*upper}) >= FIGURES:
            found = [one for one in found if one is not row and one not in beside]
            found += [_piece(boxes, left + lower, row.rule), _piece(boxes, upper, beside[0].rule if beside else None)]
    return found


@dataclass(frozen=True, slots=True)
class _Standing:
    """The line that the letters of a row stand on, rising or falling, and how high they are, in pixels."""

    slope: float
    foot: float
    high: float

    def is_high(self, box: list[int]) -> bool:
        """Whether a mark is about as high as the row's letters."""
        return box[3] >= 0.5 * self.high

    def is_lifted(self, box: list[int]) -> bool:
        """Whether a mark stands so far above the line that it is of another row."""
        left, top, width, height, _ = box
        return self.foot + self.slope * (left + width / 2) - (top + height) > LIFTED * self.high


def _standing(marks: list[int], boxes: Boxes) -> _Standing | None:
    """The line of a row with enough letters to tell; feet that hang below it, of a g or a y, do not count."""
    high = _percentile([boxes[one][3] for one in marks], 0.7) if marks else 0.0
    letters = [boxes[one] for one in marks if boxes[one][3] >= 0.6 * high]
    feet = np.array([(left + width / 2, top + height) for left, top, width, height, _ in letters], np.float64)
    for _ in range(2):
        if len(feet) < TANGLE_MARKS:
            return None
        slope, foot = (float(one) for one in np.polyfit(feet[:, 0], feet[:, 1], 1))
        feet = feet[np.abs(feet[:, 1] - foot - slope * feet[:, 0]) < 0.35 * high]
    return _Standing(slope, foot, high)


def _rule_of(box: list[int], rules: list[Rule], dpi: int) -> int | None:
    """The nearest rule on which this mark can stand."""
    left, top, width, height, _ = box
    middle, bottom = top + height / 2, top + height
    best: tuple[float, int] | None = None
    for at, rule in enumerate(rules):
        if not rule.left - 0.02 * dpi <= left + width / 2 <= rule.right + 0.1 * dpi:
            continue
        above = rule.top - middle
        if (
            (above >= 0 or (above >= -0.06 * dpi and top < rule.top))  # wholly under a rule nothing stands on it
            and above <= ROW_IN * dpi
            and bottom > rule.top - 0.35 * dpi
            and (best is None or above < best[0])
        ):
            best = (above, at)
    return None if best is None else best[1]


def _sunk(boxes: Boxes, on_rule: dict[int, list[int]], rules: list[Rule], dpi: int) -> None:
    """Hands tall figures of the row below, which reach up to a rule, to the rule that they stand on."""
    for at in sorted(on_rule, key=lambda one: rules[one].top):
        row = on_rule[at]
        mine = _stacked(boxes, row)[-1]  # without the small print above the writing: it would say where the row is
        tall = _percentile([boxes[one][3] for one in mine], 0.7)
        high = [one for one in mine if boxes[one][3] >= 0.6 * tall]
        middle = median(boxes[one][1] + boxes[one][3] / 2 for one in high)
        base = median(boxes[one][1] + boxes[one][3] for one in high)
        low = [
            one
            for one in mine
            if boxes[one][3] > 0.3 * tall
            and boxes[one][1] > middle - 0.15 * tall
            and boxes[one][1] + boxes[one][3] > base + 0.25 * tall
        ]
        for mark in low:
            left, top, width, height, _ = boxes[mark]
            below = [
                other
                for other, rule in enumerate(rules)
                if 0 < rule.top - rules[at].top < 0.7 * dpi
                and rule.left - 0.3 * dpi <= left + width / 2 <= rule.right + 0.3 * dpi
                and rule.top - (top + height) > -0.2 * dpi
                # A foot (g, y) hangs from its own rule; what reaches up from below stands nearer to the lower one.
                and (height < 0.6 * tall or rule.top - (top + height) < top + height - rules[at].top)
            ]
            if below:
                row.remove(mark)
                on_rule.setdefault(min(below, key=lambda one: rules[one].top), []).append(mark)
    for at in [one for one, row in on_rule.items() if not row]:
        del on_rule[at]


def _rows(boxes: Boxes, marks: list[int]) -> list[list[int]]:
    """Marks gathered into rows: each joins the row whose band it overlaps most."""
    rows: list[tuple[list[int], float, float]] = []
    for mark in sorted(marks, key=lambda one: boxes[one][:2]):
        left, top, _, height, _ = boxes[mark]
        best, overlap = -1, 0.0
        for at, (members, low, high) in enumerate(rows):
            common = (high if high < top + height else top + height) - (low if low > top else top)
            if common <= 0:
                continue
            last = boxes[members[-1]]
            reach = 2.5 * max(high - low, height)
            if left - (last[0] + last[2]) > reach or (len(members) == 1 and high - low > 2.2 * height > 20):
                continue
            shared = common / max(1.0, min(high - low, height))
            if shared > max(overlap, 0.45):
                best, overlap = at, shared
        if best < 0:
            rows.append(([mark], top, top + height))
        else:
            members, low, high = rows[best]
            members.append(mark)
            tail = [boxes[one] for one in members[-6:]]
            rows[best] = (
                members,
                median(one[1] for one in tail) if len(tail) > 2 else min(low, top),
                median(one[1] + one[3] for one in tail) if len(tail) > 2 else max(high, top + height),
            )
    return [members for members, _, _ in rows]


def _stacked(boxes: Boxes, row: list[int]) -> list[list[int]]:
    """What stands on one rule is one row of writing, unless other print stands in a row of its own above it."""
    heights = sorted(boxes[one][3] for one in row)
    tall = heights[int(0.8 * (len(heights) - 1))]
    levels = _levels(boxes, row, tall)
    if len(levels) > 1:
        return [part for level in levels for part in _stacked(boxes, level)]
    base = _percentile([boxes[one][1] + boxes[one][3] for one in row if boxes[one][3] >= 0.6 * tall], 0.75)
    upper = [one for one in row if boxes[one][1] + boxes[one][3] < base - 1.1 * tall]
    lower = [one for one in row if one not in upper]
    return [part for part in (upper, lower) if part]


def _levels(boxes: Boxes, row: list[int], tall: int) -> list[list[int]]:
    """Marks parted where white runs through between them from end to end; dots and bars stay with the row below."""
    found: list[list[int]] = []
    foot = -1
    for mark in sorted((one for one in row if boxes[one][3] > 0.35 * tall), key=lambda one: boxes[one][1]):
        top, height = boxes[mark][1], boxes[mark][3]
        if not found or top > foot + 1:
            found.append([])
        found[-1].append(mark)
        foot = max(foot, top + height)
    if len(found) < 2 or min(len(level) for level in found) < LEVEL_MARKS:
        return [row]
    feet = [max(boxes[one][1] + boxes[one][3] for one in level) for level in found]
    for mark in row:
        if boxes[mark][3] <= 0.35 * tall:
            middle = boxes[mark][1] + boxes[mark][3] / 2
            found[next((at for at, foot in enumerate(feet) if middle <= foot), len(feet) - 1)].append(mark)
    return found


def _split(boxes: Boxes, row: list[int], gap_in: float, dpi: int) -> list[list[int]]:
    """One row cut at wide gaps; larger letters stand farther apart."""
    ordered = sorted(row, key=lambda one: boxes[one][0])
    height = _percentile([boxes[one][3] for one in ordered], 0.75)
    gap = max(gap_in * dpi, 1.3 * height)
    parts, right = [[ordered[0]]], boxes[ordered[0]][0] + boxes[ordered[0]][2]
    for mark in ordered[1:]:
        if boxes[mark][0] - right > gap:
            parts.append([])
        parts[-1].append(mark)
        right = max(right, boxes[mark][0] + boxes[mark][2])
    return parts


def _welded(pieces: list[Piece]) -> list[Piece]:
    """Pieces that touch or all but touch in one level made one: a rule may have claimed half of a word."""
    whole: list[Piece] = []
    for piece in sorted(pieces, key=lambda one: one.box.left_px):
        for at, last in enumerate(whole):
            least, most = sorted((last.box.height_px, piece.box.height_px))
            if piece.box.left_px - last.right_px >= 0.45 * least or most >= 1.9 * least:
                continue
            if min(_foot(last), _foot(piece)) - max(last.box.top_px, piece.box.top_px) > 0.6 * max(1, least):
                whole[at] = joined([last, piece] if last.box.width_px >= piece.box.width_px else [piece, last])
                break
        else:
            whole.append(piece)
    return whole


def _foot(piece: Piece) -> int:
    return piece.box.top_px + piece.box.height_px


def _percentile(values: list[int], share: float) -> float:
    """The value below which that share of them lies, as numpy has it but without its overhead on short lists."""
    ordered = sorted(values)
    place = share * (len(ordered) - 1)
    low = int(place)
    high = min(low + 1, len(ordered) - 1)
    return ordered[low] + (ordered[high] - ordered[low]) * (place - low)


def _piece(boxes: Boxes, marks: list[int], rule: Rule | None) -> Piece:
    chosen = [boxes[one] for one in marks]
    left, top = min(one[0] for one in chosen), min(one[1] for one in chosen)
    right, bottom = max(one[0] + one[2] for one in chosen), max(one[1] + one[3] for one in chosen)
    return Piece(Box(left, top, right - left, bottom - top), rule, tuple(marks))
