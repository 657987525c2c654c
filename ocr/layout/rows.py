"""Marks of ink gathered into rows, and rows cut into pieces of text: on a printed line, and where nothing is ruled."""

from __future__ import annotations

from dataclasses import replace
from statistics import median

import numpy as np

from ocr.layout.piece import Piece, joined, piece_of
from ocr.layout.ruled import Boxes, Labels, Rule

ROW_IN = 0.42  # how far above its rule the middle of handwriting stands at most
SPECK_IN = 0.022  # smaller marks are dust, or periods
DOT_IN, DOT_LEAST_PX = 0.009, 2  # side and area of the smallest period
# The paper's edge, slanting or with a corner: wider than any signature, and so flat or so empty. It would join a row.
EDGE_IN, EDGE_FLAT, EDGE_FILLS = 4.0, 25, 0.06
# A corner of an ornamental frame, in one mark: it would join rows, too. Its least size, how thick its sides are at
# most, alone and as share of its height, and how far from the paper's edges it stands.
FRAME_WIDE_IN, FRAME_HIGH_IN, FRAME_SIDE_IN, FRAME_SIDE, FRAME_OFF_IN = 0.8, 0.25, 0.2, 0.4, 0.4
LETTER_IN, WORD_IN = 0.75, 6  # height and width: larger marks are borders, pictures, torn edges
FLAT_IN, FLAT_WIDE_IN = 0.015, 0.25  # lower and wider marks are what is left of rules
UPRIGHT_IN, UPRIGHT = 0.15, 12  # higher marks, so many times as high as wide, are left of frames and the paper's edge
GAP_IN, GAP = 0.30, 1.3  # white between two pieces of one row, alone and as share of the letters' height
PRINT_GAP_IN = 0.17  # the same where nothing is ruled
LEVEL_MARKS = 4  # the fewest that make a row of their own on the same rule
SMALL_IN = 0.04  # smaller pieces say nothing
# Print beside writing: how high its marks are at most, how far away it stands at least, its least length and marks.
PRINT_HIGH, PRINT_APART_IN, PRINT_LONG_IN, PRINT_MARKS = 0.35, 0.12, 0.3, 3
# Where periods stand, as shares of the height of their piece from its top; a piece with so many stands in dust.
DOT_TOP, DOT_FOOT, DOTS_MOST = 0.55, 1.05, 8
# How far a mark's middle may stand left of its rule, right of it and under it, and its foot above it.
LEFT_OF_RULE_IN, RIGHT_OF_RULE_IN, UNDER_RULE_IN, ABOVE_RULE_IN = 0.02, 0.1, 0.06, 0.35
HIGH, SUNK_SHARE, STACK_SHARE = 0.75, 0.7, 0.8  # percentiles at which the height of a row's letters is taken
TALL = 0.6  # of the height of a row's letters: its tall ones, whose feet stand on its base
FLAT = 0.35  # of it: dots and bars
LEVEL_APART = 1.1  # of it: a foot so far above the base is of another row
# A tall figure of the row below, which reaches up to a rule: its least height, how far its top stands above the middle
# of the rule's row at most, and how far its foot hangs below the row's base; all as shares of the letters' height.
SUNK_HIGH, SUNK_TOP, SUNK_FOOT = 0.3, 0.15, 0.25
# Where its own rule is: how far below at most, how far its ends may miss the figure, how far above the figure's foot.
NEXT_RULE_IN, BESIDE_RULE_IN, OVER_FOOT_IN = 0.7, 0.3, 0.2
OVERLAP = 0.45  # of the lower of a row and a mark: what they have in common at least
REACH = 2.5  # of the higher of both: the white between them at most
LONE, LONE_PX = 2.2, 20  # a single mark so many times as high is no row for a smaller mark, unless that is tiny
TAIL = 6  # last marks of a row, which tell where it runs
WELDED_GAP, WELDED_HEIGHT, WELDED_COMMON = 0.45, 1.9, 0.6  # of the lower of two pieces: white, height, shared rows

_Band = tuple[list[int], float, float]  # the marks of a row, where it begins and where it ends


def marks_of(labels: Labels, boxes: Boxes, dpi: int) -> tuple[list[int], list[int]]:
    """The connected components that may be text, and those that may be its periods or dust."""
    kept, dots = [], []
    for mark, (_, _, width, height, area) in enumerate(boxes[1:], 1):
        if max(width, height) < SPECK_IN * dpi:
            if area >= max(DOT_LEAST_PX, (DOT_IN * dpi) ** 2):
                dots.append(mark)
            continue
        if _is_left_over(width, height, area, dpi):
            continue
        if width > FRAME_WIDE_IN * dpi and height > FRAME_HIGH_IN * dpi and _is_frame(labels, boxes, mark, dpi):
            continue
        kept.append(mark)
    return kept, dots


def _is_left_over(width: int, height: int, area: int, dpi: int) -> bool:
    """Whether a mark is too large for text, or what is left of a rule, a frame or the paper's edge."""
    return (
        height > LETTER_IN * dpi
        or width > WORD_IN * dpi
        or (height < FLAT_IN * dpi and width > FLAT_WIDE_IN * dpi)
        or (height > UPRIGHT_IN * dpi and height > UPRIGHT * width)
        or (width > EDGE_IN * dpi and (width > EDGE_FLAT * height or area < EDGE_FILLS * width * height))
    )


def _is_frame(labels: Labels, boxes: Boxes, mark: int, dpi: int) -> bool:
    """Whether a mark stands in a corner of the paper and has ink only along the sides of its box."""
    left, top, width, height, _ = boxes[mark]
    off, (rows, columns) = FRAME_OFF_IN * dpi, labels.shape
    if min(left, columns - left - width) > off or min(top, rows - top - height) > off:
        return False
    side = int(min(FRAME_SIDE_IN * dpi, FRAME_SIDE * height))
    return not (labels[top + side : top + height - side, left + side : left + width - side] == mark).any()


def pieces_of(boxes: Boxes, marks: list[int], rules: list[Rule], dpi: int) -> list[Piece]:
    """These marks as pieces of text, each on the rule that it stands on, in no order."""
    on_rule: dict[int, list[int]] = {}
    free: list[int] = []
    for mark in marks:
        at = _rule_of(boxes[mark], rules, dpi)
        if at is None:
            free.append(mark)
        else:
            on_rule.setdefault(at, []).append(mark)
    pieces = [
        piece_of(boxes, part, None) for row in _rows(boxes, free) for part in _split(boxes, row, PRINT_GAP_IN, dpi)
    ]
    _move_sunk(boxes, on_rule, rules, dpi)
    for at, row in on_rule.items():
        for level in _stacked(boxes, row):
            pieces += [piece_of(boxes, part, rules[at]) for part in _split(boxes, level, GAP_IN, dpi)]
    return _welded(pieces)


def dotted(pieces: list[Piece], boxes: Boxes, dots: list[int]) -> list[Piece]:
    """Pieces with the periods at their feet: a decimal point is as small as dust, but stands where periods stand."""
    if not dots:
        return pieces
    places = np.array([boxes[dot] for dot in dots])
    x, y = places[:, 0] + places[:, 2] / 2, places[:, 1] + places[:, 3] / 2
    taken: list[Piece] = []
    for piece in pieces:
        box = piece.box
        inside = (x > box.left_px) & (x < piece.right_px)
        inside &= (y > box.top_px + DOT_TOP * box.height_px) & (y < box.top_px + DOT_FOOT * box.height_px)
        more = tuple(dots[at] for at in np.flatnonzero(inside))
        taken.append(replace(piece, marks=(*piece.marks, *more)) if 0 < len(more) < DOTS_MOST else piece)
    return taken


def big_enough(pieces: list[Piece], dpi: int) -> list[Piece]:
    """Those that may be text, in reading order."""
    kept = [piece for piece in pieces if min(piece.box.height_px, piece.box.width_px) >= SMALL_IN * dpi]
    return sorted(kept, key=lambda piece: (piece.middle_px, piece.box.left_px))


def _rule_of(box: list[int], rules: list[Rule], dpi: int) -> int | None:
    """The nearest rule on which this mark can stand."""
    left, top, width, height, _ = box
    middle, bottom = top + height / 2, top + height
    best: tuple[float, int] | None = None
    for at, rule in enumerate(rules):
        if not rule.left - LEFT_OF_RULE_IN * dpi <= left + width / 2 <= rule.right + RIGHT_OF_RULE_IN * dpi:
            continue
        above = rule.top - middle
        if (
            (
                above >= 0 or (above >= -UNDER_RULE_IN * dpi and top < rule.top)
            )  # entirely under it, nothing stands on it
            and above <= ROW_IN * dpi
            and bottom > rule.top - ABOVE_RULE_IN * dpi
            and (best is None or above < best[0])
        ):
            best = (above, at)
    return None if best is None else best[1]


def _move_sunk(boxes: Boxes, on_rule: dict[int, list[int]], rules: list[Rule], dpi: int) -> None:
    """Moves tall figures of the row below, which reach up to a rule, to the rule that they stand on."""
    for at in sorted(on_rule, key=lambda at: rules[at].top):
        row = on_rule[at]
        level = _stacked(boxes, row)[-1]  # without the small print above the writing: it would shift the row
        tall = percentile([boxes[mark][3] for mark in level], SUNK_SHARE)
        for mark in _sunk(boxes, level, tall):
            below = _rules_under(boxes[mark], rules, at, tall, dpi)
            if below:
                row.remove(mark)
                on_rule.setdefault(min(below, key=lambda place: rules[place].top), []).append(mark)
    for at in [at for at, row in on_rule.items() if not row]:
        del on_rule[at]


def _sunk(boxes: Boxes, row: list[int], tall: float) -> list[int]:
    """The marks that begin near the middle of a row or under it, and end well below its base."""
    high = [boxes[mark] for mark in row if boxes[mark][3] >= TALL * tall]
    middle = median(top + height / 2 for _, top, _, height, _ in high)
    base = median(top + height for _, top, _, height, _ in high)
    return [
        mark
        for mark in row
        if boxes[mark][3] > SUNK_HIGH * tall
        and boxes[mark][1] > middle - SUNK_TOP * tall
        and _foot(boxes[mark]) > base + SUNK_FOOT * tall
    ]


def _rules_under(box: list[int], rules: list[Rule], at: int, tall: float, dpi: int) -> list[int]:
    """The rules close under another, of number `at`, on which a mark can stand that reaches up to that one.

    A foot (g, y) hangs from its own rule; what reaches up from below stands nearer to the lower one.
    """
    left, _, width, height, _ = box
    center, foot = left + width / 2, _foot(box)
    return [
        place
        for place, rule in enumerate(rules)
        if 0 < rule.top - rules[at].top < NEXT_RULE_IN * dpi
        and rule.left - BESIDE_RULE_IN * dpi <= center <= rule.right + BESIDE_RULE_IN * dpi
        and rule.top - foot > -OVER_FOOT_IN * dpi
        and (height < TALL * tall or rule.top - foot < foot - rules[at].top)
    ]


def _foot(box: list[int]) -> int:
    """The first row of pixels under a mark."""
    return box[1] + box[3]


def _rows(boxes: Boxes, marks: list[int]) -> list[list[int]]:
    """Marks gathered into rows: each joins the row whose band it overlaps most."""
    bands: list[_Band] = []
    for mark in sorted(marks, key=lambda mark: boxes[mark][:2]):
        _, top, _, height, _ = boxes[mark]
        at = _band_of(boxes, mark, bands)
        if at is None:
            bands.append(([mark], top, top + height))
            continue
        members, low, high = bands[at]
        members.append(mark)
        tail = [boxes[member] for member in members[-TAIL:]]
        if len(tail) > 2:
            bands[at] = members, median(box[1] for box in tail), median(_foot(box) for box in tail)
        else:
            bands[at] = members, min(low, top), max(high, top + height)
    return [members for members, _, _ in bands]


def _band_of(boxes: Boxes, mark: int, bands: list[_Band]) -> int | None:
    """The number of the band that a mark overlaps most; None if it belongs to none."""
    left, top, _, height, _ = boxes[mark]
    best, overlap = None, OVERLAP
    for at, (members, low, high) in enumerate(bands):
        common = (high if high < top + height else top + height) - (low if low > top else top)
        if common <= 0:
            continue
        last = boxes[members[-1]]
        if left - (last[0] + last[2]) > REACH * max(high - low, height):
            continue
        if len(members) == 1 and high - low > LONE * height > LONE_PX:
            continue
        shared = common / max(1.0, min(high - low, height))
        if shared > overlap:
            best, overlap = at, shared
    return best


def _stacked(boxes: Boxes, row: list[int]) -> list[list[int]]:
    """What stands on one rule is one row of writing, unless other print stands in a row of its own above it."""
    heights = sorted(boxes[mark][3] for mark in row)
    tall = heights[int(STACK_SHARE * (len(heights) - 1))]
    levels = _levels(boxes, row, tall)
    if len(levels) > 1:
        return [part for level in levels for part in _stacked(boxes, level)]
    base = percentile([_foot(boxes[mark]) for mark in row if boxes[mark][3] >= TALL * tall], HIGH)
    upper = [mark for mark in row if _foot(boxes[mark]) < base - LEVEL_APART * tall]
    lower = [mark for mark in row if mark not in upper]
    return [part for part in (upper, lower) if part]


def _levels(boxes: Boxes, row: list[int], tall: int) -> list[list[int]]:
    """Marks parted where white runs through between them from end to end; dots and bars stay with the row below."""
    levels: list[list[int]] = []
    foot = -1
    for mark in sorted((mark for mark in row if boxes[mark][3] > FLAT * tall), key=lambda mark: boxes[mark][1]):
        top, height = boxes[mark][1], boxes[mark][3]
        if not levels or top > foot + 1:
            levels.append([])
        levels[-1].append(mark)
        foot = max(foot, top + height)
    if len(levels) < 2 or min(len(level) for level in levels) < LEVEL_MARKS:
        return [row]
    feet = [max(_foot(boxes[mark]) for mark in level) for level in levels]
    for mark in row:
        if boxes[mark][3] <= FLAT * tall:
            middle = boxes[mark][1] + boxes[mark][3] / 2
            levels[next((at for at, foot in enumerate(feet) if middle <= foot), len(feet) - 1)].append(mark)
    return levels


def _split(boxes: Boxes, row: list[int], gap_in: float, dpi: int) -> list[list[int]]:
    """One row cut at wide gaps; larger letters stand farther apart."""
    ordered = sorted(row, key=lambda mark: boxes[mark][0])
    height = percentile([boxes[mark][3] for mark in ordered], HIGH)
    gap = max(gap_in * dpi, GAP * height)
    parts, right = [[ordered[0]]], boxes[ordered[0]][0] + boxes[ordered[0]][2]
    for mark in ordered[1:]:
        if boxes[mark][0] - right > gap:
            parts.append([])
        parts[-1].append(mark)
        right = max(right, boxes[mark][0] + boxes[mark][2])
    return [piece for part in parts for piece in _print_beside(boxes, part, dpi)]


def _print_beside(boxes: Boxes, part: list[int], dpi: int) -> list[list[int]]:
    """Writing, from left to right, and the small print that ends its row, if any: a bank's number beside a date."""
    high = PRINT_HIGH * percentile([boxes[mark][3] for mark in part], HIGH)
    first = max(at for at, mark in enumerate(part) if boxes[mark][3] >= high) + 1
    if len(part) - first < PRINT_MARKS:
        return [part]
    written, printed = part[:first], part[first:]
    left = boxes[printed[0]][0]
    apart = left - max(boxes[mark][0] + boxes[mark][2] for mark in written)
    long = max(boxes[mark][0] + boxes[mark][2] for mark in printed) - left
    return [written, printed] if apart > PRINT_APART_IN * dpi and long > PRINT_LONG_IN * dpi else [part]


def _welded(pieces: list[Piece]) -> list[Piece]:
    """Pieces that touch or nearly touch on one level made one: a rule may have claimed half of a word."""
    welded: list[Piece] = []
    for piece in sorted(pieces, key=lambda piece: piece.box.left_px):
        for at, last in enumerate(welded):
            least, most = sorted((last.box.height_px, piece.box.height_px))
            if piece.box.left_px - last.right_px >= WELDED_GAP * least or most >= WELDED_HEIGHT * least:
                continue
            common = min(last.foot_px, piece.foot_px) - max(last.box.top_px, piece.box.top_px)
            if common > WELDED_COMMON * max(1, least):
                welded[at] = joined([last, piece] if last.box.width_px >= piece.box.width_px else [piece, last])
                break
        else:
            welded.append(piece)
    return welded


def percentile(values: list[int], share: float) -> float:
    """The value below which that share of them lies, as numpy computes it but without its overhead on short lists."""
    ordered = sorted(values)
    place = share * (len(ordered) - 1)
    low = int(place)
    high = min(low + 1, len(ordered) - 1)
    return ordered[low] + (ordered[high] - ordered[low]) * (place - low)
