"""Pages of writing taken apart: each row whole and by itself, whatever runs through it."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from rapidfuzz import fuzz

from lockbox.simulator.draw import draw_front
from lockbox.simulator.papers import LetterPaper, ScanManner
from lockbox.simulator.scan import scan
from ocr.image import decode
from ocr.image.prepare import Gray, turned
from ocr.layout import letter_rows, zones
from ocr.nets import text

DPI = 200
LINES = (
    "Re: account 4071938212",
    "Enclosed is my check. By cashing it you agree",
    "that my account is settled in full satisfaction",
    "and that nothing more is owed.",
    "Sincerely,",
)


def drawn(seed: int, manner: ScanManner, lines: tuple[str, ...] = LINES) -> Gray:
    return decode.decode(scan(draw_front(LetterPaper(lines, by_hand=True), seed), manner, seed)).gray


def read(page: zones.Sheet) -> list[str]:
    return [text.read_line(zones.line_image(page, row)).value for row in page.pieces]


@pytest.mark.parametrize(
    ("seed", "manner"),
    [(seed, ScanManner()) for seed in (0, 13, 20, 30)]
    + [(seed, ScanManner(format="jpeg", skew_deg=3.0)) for seed in (1, 18, 24)]
    + [(10, ScanManner(skew_deg=-4.0))],
)
def test_each_row_by_hand_is_one_piece(seed: int, manner: ScanManner) -> None:
    page, skew_deg = letter_rows.sheet(drawn(seed, manner), DPI)
    assert skew_deg == pytest.approx(manner.skew_deg, abs=1.6)  # writers rise and fall
    rows = [row for row in read(page) if len(row) > 3]
    assert len(rows) == len(LINES)
    assert np.mean([fuzz.ratio(row.lower(), line.lower()) for row, line in zip(rows, LINES, strict=True)]) > 60


def test_a_stroke_through_two_rows_is_cut_between_them_and_both_stay() -> None:
    paper = np.full((700, 1700), 255, np.uint8)
    for y in (300, 360):
        cv2.putText(paper, "that I owe nothing now", (200, y), cv2.FONT_HERSHEY_SIMPLEX, 1.3, 0, 3)
    plain, _ = letter_rows.sheet(paper, DPI)
    right = plain.pieces[0].right_px - 2
    cv2.line(paper, (right, 280), (right, 350), 0, 3)  # through the last letters of both rows
    linked, _ = letter_rows.sheet(paper, DPI)
    assert [row.right_px for row in linked.pieces] == pytest.approx([row.right_px for row in plain.pieces], abs=4)


def images(paper: Gray) -> list[Gray]:
    page, _ = letter_rows.sheet(paper, DPI)
    return [zones.line_image(page, row) for row in page.pieces]


def test_long_tails_do_not_make_the_letters_of_a_row_small() -> None:
    paper = np.full((700, 1700), 255, np.uint8)
    cv2.putText(paper, "cashing it", (200, 300), cv2.FONT_HERSHEY_SIMPLEX, 1.3, 0, 3)
    (plain,) = images(paper)
    cv2.line(paper, (330, 300), (322, 370), 0, 3)
    (tailed,) = images(paper)
    assert tailed.shape[0] == pytest.approx(plain.shape[0], abs=6)


def test_rules_to_write_on_dust_and_the_bed_are_no_writing() -> None:
    paper = np.full((1100, 1700), 235, np.uint8)
    for y in range(120, 1100, 64):
        cv2.line(paper, (0, y), (1700, y), 195, 2)
    cv2.putText(paper, "paid in full", (300, 374), cv2.FONT_HERSHEY_SIMPLEX, 1.3, 30, 3)
    rng = np.random.default_rng(4)
    for y, x in rng.integers(20, 1080, (80, 2)):
        paper[y : y + 3, x : x + 3] = 40
    paper[:, 1640:] = 10
    page, _ = letter_rows.sheet(paper, DPI)
    (row,) = page.pieces
    assert 280 < row.box.left_px < row.right_px < 620
    assert fuzz.ratio("paid in full", read(page)[0]) > 80


@pytest.mark.parametrize("seed", range(3))
def test_a_page_the_other_way_up_has_the_same_rows(seed: int) -> None:
    gray = drawn(seed, ScanManner())
    upright, _ = letter_rows.sheet(gray, DPI)
    over = letter_rows.overturned(letter_rows.sheet(turned(gray, 180), DPI)[0])
    assert len(over.pieces) == len(upright.pieces)
    for before, after, text_before, text_after in zip(
        upright.pieces, over.pieces, read(upright), read(over), strict=True
    ):
        assert before.middle_px == pytest.approx(after.middle_px, abs=12)
        assert fuzz.ratio(text_before, text_after) > 70
        row = over.labels[after.box.top_px : after.foot_px, after.box.left_px : after.right_px]
        assert np.isin(row, after.marks).any()


def test_an_empty_page_has_no_rows() -> None:
    assert letter_rows.sheet(np.full((1100, 850), 255, np.uint8), 100)[0].pieces == ()
