"""Pieces of text: rows of writing are parted even where they are written into each other."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from ocr.image.prepare import Gray
from ocr.layout import zones

DPI = 200


def two_rows(apart_px: int, linked: bool) -> Gray:
    """Two ruled lines and block letters on both; `linked`: letters of the lower row run up into the upper one."""
    paper = np.full((500, 1200), 255, np.uint8)
    for top in (200, 200 + apart_px):
        cv2.line(paper, (60, top), (1000, top), 0, 2)
        for left in range(100, 700, 45):  # upright strokes with a bar, as high as handwriting
            cv2.line(paper, (left, top - 6), (left, top - 46), 0, 4)
            cv2.line(paper, (left, top - 26), (left + 24, top - 26), 0, 4)
    if linked:
        for left in range(145, 700, 90):
            cv2.line(paper, (left + 12, 160), (left + 12, 200 + apart_px - 20), 0, 4)
    return np.asarray(paper, np.uint8)


def rows_of(paper: Gray) -> list[int]:
    """Heights of the wide pieces."""
    return [piece.box.height_px for piece in zones.sheet(paper, DPI).pieces if piece.box.width_px > 400]


def tenths_wide(paper: Gray) -> list[int]:
    """Widths of all pieces, in tens of pixels."""
    return [piece.box.width_px // 10 for piece in zones.sheet(paper, DPI).pieces]


def test_rows_written_into_each_other_are_cut_at_the_rule() -> None:
    assert len(rows_of(two_rows(66, linked=False))) == 2
    heights = rows_of(two_rows(66, linked=True))
    assert len(heights) == 2
    assert max(heights) < 75


def test_a_foot_that_hangs_through_a_rule_stays_whole() -> None:
    paper = two_rows(66, linked=False)
    cv2.line(paper, (722, 150), (722, 222), 0, 4)  # a y: over the rule and a little under it
    page = zones.sheet(paper, DPI)
    mark = page.labels[155, 722]
    assert mark
    assert page.labels[220, 722] == mark


def written(paper: Gray, left: int, foot: int, high: int, count: int, apart: int = 30) -> None:
    """Upright letters `high` pixels high in a row that stands on `foot`."""
    for at in range(left, left + count * apart, apart):
        cv2.rectangle(paper, (at, foot - high), (at + apart // 3, foot), 0, 3)


def test_small_print_over_the_writing_of_one_rule_is_a_row_of_its_own() -> None:
    """A bank's number over a date, and DATE under the rule: three rows, though all are near one rule."""
    paper = np.full((400, 1200), 255, np.uint8)
    cv2.line(paper, (600, 150), (1100, 150), 0, 2)
    cv2.line(paper, (600, 230), (1100, 230), 0, 2)
    written(paper, 640, 104, 12, 11, 10)  # 57-5619/5770
    written(paper, 650, 146, 25, 6, 20)
    written(paper, 700, 168, 12, 4, 12)
    boxes = [piece.box for piece in zones.sheet(paper, DPI).pieces]
    assert [(box.top_px // 10, box.height_px // 10) for box in boxes] == [(9, 1), (11, 3), (15, 1)]


def test_the_foot_of_a_letter_is_not_handed_to_the_row_below() -> None:
    """The g of "eight" as a mark of its own: half under its rule, but not near the next one."""
    paper = np.full((500, 1200), 255, np.uint8)
    for top, right in ((200, 1000), (275, 1100)):
        cv2.line(paper, (60, top), (right, top), 0, 2)
        written(paper, 100, top - 6, 40, 16, 45)
    cv2.rectangle(paper, (830, 172), (850, 214), 0, 3)
    page = zones.sheet(paper, DPI)
    upper = min((piece for piece in page.pieces if piece.box.width_px > 400), key=lambda piece: piece.middle_px)
    assert upper.right_px >= 850


def test_a_banks_name_over_the_memo_is_a_row_of_its_own() -> None:
    """Both above the memo's rule; the name has more letters, and they are smaller."""
    paper = np.full((400, 1200), 255, np.uint8)
    cv2.line(paper, (90, 250), (560, 250), 0, 2)
    written(paper, 100, 178, 20, 20, 18)
    written(paper, 130, 246, 32, 6, 40)
    tops = sorted(piece.box.top_px for piece in zones.sheet(paper, DPI).pieces if piece.box.width_px > 150)
    assert [top // 10 for top in tops] == [15, 21]


def test_the_papers_edge_joins_no_names() -> None:
    """Seen by the scanner, slanting, level with the payer's and the bank's names, which are pieces of their own."""
    paper = np.full((400, 1200), 255, np.uint8)
    written(paper, 70, 80, 18, 9, 20)
    written(paper, 600, 120, 18, 9, 20)
    cv2.line(paper, (30, 48), (1170, 88), 0, 2)
    assert tenths_wide(paper) == [17, 17]


def test_small_print_right_of_writing_is_a_piece_of_its_own() -> None:
    """A bank's number beside a date on one rule; the cents of an amount are not so small, a dash not so much."""
    paper = np.full((400, 1200), 255, np.uint8)
    cv2.line(paper, (600, 150), (1150, 150), 0, 2)
    written(paper, 640, 146, 44, 8, 34)
    written(paper, 950, 118, 11, 10, 10)
    assert tenths_wide(paper) == [9, 25]
    paper[:145, 940:] = 255
    written(paper, 920, 118, 11, 10, 10)  # a long year ends a few pixels before it
    assert tenths_wide(paper) == [9, 25]
    paper[:145, 940:] = 255
    written(paper, 940, 128, 20, 4, 18)
    assert tenths_wide(paper) == [36]


def test_a_piece_is_cut_at_a_column() -> None:
    page = zones.sheet(two_rows(66, linked=False), DPI)
    widest = max(page.pieces, key=lambda piece: piece.box.width_px)
    left, right = zones.cut(page, widest, 400)
    assert left.right_px <= 400 <= right.box.left_px
    assert sorted(left.marks + right.marks) == sorted(widest.marks)
    assert zones.cut(page, left, 1000) == [left]


def framed(bottom_px: int, right_px: int) -> Gray:
    """A ruled line of eight letters, and a joined corner of an ornamental frame as far down as that line."""
    paper = np.full((500, 1200), 255, np.uint8)
    cv2.line(paper, (600, 150), (850, 150), 0, 2)
    written(paper, 612, 146, 36, 8)
    for left in range(20, right_px, 12):
        cv2.line(paper, (left, 20), (left + 12, 38), 0, 2)
        cv2.line(paper, (left, 38), (left + 12, 20), 0, 2)
    for top in range(20, bottom_px, 12):
        cv2.line(paper, (right_px, top), (right_px + 18, top + 12), 0, 2)
        cv2.line(paper, (right_px + 18, top), (right_px, top + 12), 0, 2)
    return np.asarray(paper, np.uint8)


def test_a_corner_of_the_frame_joins_no_row() -> None:
    heights = [piece.box.height_px for piece in zones.sheet(framed(140, 1170), DPI).pieces if piece.rule]
    assert heights
    assert max(heights) < 60


def test_flat_writing_with_a_tall_first_letter_is_no_frame() -> None:
    paper = np.full((500, 1200), 255, np.uint8)
    cv2.ellipse(paper, (640, 330), (24, 34), 0, 60, 300, 0, 5)
    wave = np.array([(x, 362 + (x // 30 % 2) * 6) for x in range(650, 1060, 10)], np.int32)
    cv2.polylines(paper, [wave], False, 0, 5)
    assert max(piece.box.width_px for piece in zones.sheet(paper, DPI).pieces) > 400


def test_a_piece_is_drawn_alone_on_white_without_its_rule() -> None:
    paper = two_rows(66, linked=False)
    page = zones.sheet(paper, DPI)
    upper, lower = sorted((piece for piece in page.pieces if piece.box.width_px > 400), key=lambda row: row.middle_px)
    for piece in (upper, lower):
        image = zones.line_image(page, piece)
        assert (image < 128).sum() == pytest.approx((paper[154:195, 100:700] < 128).sum(), rel=0.1)
        assert image[[0, -1]].min() == 255
        first_inked = int(np.flatnonzero((image < 128).any(axis=0))[0])
        assert zones.image_left_px(piece) + first_inked == pytest.approx(piece.box.left_px, abs=1)


def test_large_ink_is_measured_row_by_row() -> None:
    """Ten letters 24 pixels wide are 1.2 inches together, at 200 dpi; the small print under them is too low."""
    paper = np.full((500, 1200), 255, np.uint8)
    for at in range(10):
        cv2.rectangle(paper, (100 + 40 * at, 100), (123 + 40 * at, 139), 0, -1)
        cv2.rectangle(paper, (100 + 80 * at, 200), (163 + 80 * at, 209), 0, -1)
    assert zones.large_ink_in(paper, DPI, 0.1)[0] == pytest.approx(1.2, abs=0.05)
    assert zones.large_ink_in(np.full((500, 1200), 255, np.uint8), DPI, 0.1) == (0.0, 0.0)
