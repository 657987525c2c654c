"""Marks of ink gathered into rows, and rows cut into pieces of text: on a printed line, and where nothing is ruled."""

from __future__ import annotations

from dataclasses import replace
from statistics import median

import numpy as np

from ocr.layout.piece import Piece, joined, piece_of
from ocr.layout.ruled import Boxes, Labels, Rule

ROW_IN = 0.42  # how far above its rule the middle of handwriting stands at most
SPECK_IN = 0.022
DOT_IN = 0.009
# The paper's edge, slanting or with a corner: wider than any signature, and so flat or so empty. It would join a row.
EDGE_IN, EDGE_FLAT, EDGE_FILLS = 4.0, 25, 0.06
# A corner of an ornamental frame, in one mark: it would join rows, too. Its least size, how thick its sides are at
# most, alone and as share of its height, and how far from the paper's edges it stands.
FRAME_WIDE_IN, FRAME_HIGH_IN, FRAME_SIDE_IN, FRAME_SIDE, FRAME_OFF_IN = 0.8, 0.25, 0.2, 0.4, 0.4
LETTER_IN = 0.75  # larger marks are borders, pictures, torn edges
GAP_IN = 0.30  # white between two pieces of one row
PRINT_GAP_IN = 0.17  # the same where nothing is ruled
LEVEL_MARKS = 4  # the fewest that make a row of their own on the same rule
SMALL_IN = 0.04  # smaller pieces say nothing
# Print beside writing: no part of it is so high, it stands so far away, and is so long and of so many marks.
PRINT_HIGH, PRINT_APART_IN, PRINT_LONG_IN, PRINT_MARKS = 0.35, 0.12, 0.3, 3


def marks_of(labels: Labels, boxes: Boxes, dpi: int) -> tuple[list[int], list[int]]:
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
        if width > EDGE_IN * dpi and (width > EDGE_FLAT * height or area < EDGE_FILLS * width * height):
            continue
        if width > FRAME_WIDE_IN * dpi and height > FRAME_HIGH_IN * dpi and _is_frame(labels, boxes, mark, dpi):
            continue
        kept.append(mark)
    return kept, dots


def _is_frame(labels: Labels, boxes: Boxes, mark: int, dpi: int) -> bool:
    """Whether a mark stands in a corner of the paper and has no ink but along the sides of its box."""
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
    _sunk(boxes, on_rule, rules, dpi)
    for at, row in on_rule.items():
        for level in _stacked(boxes, row):
            pieces += [piece_of(boxes, part, rules[at]) for part in _split(boxes, level, GAP_IN, dpi)]
    return _welded(pieces)


def dotted(pieces: list[Piece], boxes: Boxes, dots: list[int]) -> list[Piece]:
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


def big_enough(pieces: list[Piece], dpi: int) -> list[Piece]:
    """Those that may be text, in reading order."""
    kept = [one for one in pieces if min(one.box.height_px, one.box.width_px) >= SMALL_IN * dpi]
    return sorted(kept, key=lambda one: (one.middle_px, one.box.left_px))


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
        tall = percentile([boxes[one][3] for one in mine], 0.7)
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
    base = percentile([boxes[one][1] + boxes[one][3] for one in row if boxes[one][3] >= 0.6 * tall], 0.75)
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
    height = percentile([boxes[one][3] for one in ordered], 0.75)
    gap = max(gap_in * dpi, 1.3 * height)
    parts, right = [[ordered[0]]], boxes[ordered[0]][0] + boxes[ordered[0]][2]
    for mark in ordered[1:]:
        if boxes[mark][0] - right > gap:
            parts.append([])
        parts[-1].append(mark)
        right = max(right, boxes[mark][0] + boxes[mark][2])
    return [one for part in parts for one in _print_beside(boxes, part, dpi)]


def _print_beside(boxes: Boxes, part: list[int], dpi: int) -> list[list[int]]:
    """Writing, from left to right, and the small print that ends its row, if any: a bank's number beside a date."""
    high = PRINT_HIGH * percentile([boxes[one][3] for one in part], 0.75)
    first = max(at for at, one in enumerate(part) if boxes[one][3] >= high) + 1
    if len(part) - first < PRINT_MARKS:
        return [part]
    written, printed = part[:first], part[first:]
    left = boxes[printed[0]][0]
    apart = left - max(boxes[one][0] + boxes[one][2] for one in written)
    long = max(boxes[one][0] + boxes[one][2] for one in printed) - left
    return [written, printed] if apart > PRINT_APART_IN * dpi and long > PRINT_LONG_IN * dpi else [part]


def _welded(pieces: list[Piece]) -> list[Piece]:
    """Pieces that touch or all but touch in one level made one: a rule may have claimed half of a word."""
    whole: list[Piece] = []
    for piece in sorted(pieces, key=lambda one: one.box.left_px):
        for at, last in enumerate(whole):
            least, most = sorted((last.box.height_px, piece.box.height_px))
            if piece.box.left_px - last.right_px >= 0.45 * least or most >= 1.9 * least:
                continue
            if min(last.foot_px, piece.foot_px) - max(last.box.top_px, piece.box.top_px) > 0.6 * max(1, least):
                whole[at] = joined([last, piece] if last.box.width_px >= piece.box.width_px else [piece, last])
                break
        else:
            whole.append(piece)
    return whole


def percentile(values: list[int], share: float) -> float:
    """The value below which that share of them lies, as numpy has it but without its overhead on short lists."""
    ordered = sorted(values)
    place = share * (len(ordered) - 1)
    low = int(place)
    high = min(low + 1, len(ordered) - 1)
    return ordered[low] + (ordered[high] - ordered[low]) * (place - low)
