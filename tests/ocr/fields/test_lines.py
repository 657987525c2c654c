"""Lines of a check: a payee that runs into the amount is parted from it; words are found although misread."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from lockbox.simulator.hand import hand, line_mask
from lockbox.simulator.sheet import dice
from ocr.fields import lines
from ocr.layout import zones
from ocr.layout.piece import Piece, joined
from ocr.layout.ruled import Rule
from ocr.nets import ppocr
from ocr.nets.ppocr import ASCII, Text
from ocr.reading import Box
from tests.builders.text_lines import by_hand

DPI = 200
LEFT_PX = 120


def parted(value: str) -> list[str]:
    """What is read of a line by hand that goes from the left of a check to its right edge, after it was parted."""
    rng = dice(5, 12)
    mask, _, _ = line_mask(value, hand(rng), rng, 1.2)
    columns = np.flatnonzero(mask.any(axis=0))
    mask = mask[:, columns[0] : columns[-1] + 1]
    paper = np.full((500, LEFT_PX + mask.shape[1] + 40), 255, np.uint8)
    paper[200 : 200 + mask.shape[0], LEFT_PX : LEFT_PX + mask.shape[1]] -= mask
    page = zones.sheet(paper, DPI)
    whole = lines.read(page, joined(list(page.pieces)), paper.shape[0])
    return [line.value for line in lines.parted(page, whole, paper.shape[0])]


@pytest.mark.parametrize("between", [" $ ", " $", "$"])
def test_a_payee_that_runs_into_the_figures_is_parted_from_them(between: str) -> None:
    payee, figures = parted(f"Meridian Motor Leasing{between}634.29")
    assert "634" not in payee
    assert figures.replace(" ", "").endswith("634.29")
    assert "easin" not in figures


def test_a_payee_alone_and_an_amount_in_words_stay_whole() -> None:
    assert len(parted("Meridian Motor Leasing Company")) == 1
    assert len(parted("Six hundred thirty-four and 29/100")) == 1


def _line(value: str, left_px: int = 0, top_px: int = 100, clarity: float = 1.0) -> lines.TextLine:
    text = Text(value, clarity ** len(value), np.zeros((1, len(ASCII) + 1), np.float32))
    return lines.TextLine(Piece(Box(left_px, top_px, 100, 20), None, (left_px, top_px)), text, 0.3, 0.5, 0.1, 0.5)


def _page(written: str, top_px: int, left_px: int) -> zones.Sheet:
    """A paper of 5 by 2 inches with nothing on it but one line by hand."""
    paper, line = np.full((400, 1000), 255, np.uint8), by_hand(written)
    paper[top_px : top_px + line.shape[0], left_px : left_px + line.shape[1]] = line
    return zones.sheet(paper, DPI)


def test_a_line_is_read_with_its_place_and_size() -> None:
    page = _page("Meridian", top_px=150, left_px=100)
    line = lines.read(page, joined(list(page.pieces)), 300)
    rows, columns = (np.flatnonzero((page.gray < 128).any(axis=axis)) for axis in (1, 0))
    assert "eri" in line.value
    assert line.x == pytest.approx((columns[0] + columns[-1]) / 2 / 1000, abs=0.003)
    assert line.y == pytest.approx((rows[0] + rows[-1]) / 2 / 300, abs=0.01)
    assert line.width_in == pytest.approx(len(columns) / DPI, abs=0.2)
    assert line.height_in == pytest.approx((rows[-1] - rows[0]) / DPI, abs=0.03)


@pytest.mark.parametrize(
    ("value", "words", "is_there"),
    [
        ("PAY TO THE ORDER OF", "pay to the order of", True),
        ("PAV T0 THE OROER OF", "pay to the order of", True),
        ("DATE 11/13/26", "date", True),
        ("Update 11", "date", False),  # short words must stand there by themselves
        ("First Prairie Bank", "money order", False),
        ("order", "money order", False),  # too little of it
    ],
)
def test_words_are_found_although_misread(value: str, words: str, is_there: bool) -> None:
    assert lines.says(_line(value), words) is is_there


def test_letters_count_by_how_clear_they_are() -> None:
    clear, dim = _line("abcd").text, _line("abcdefgh", clarity=0.5).text
    assert lines.legible([clear, dim]) == pytest.approx(4 + 8 / 16)
    assert lines.legibility([clear, dim]) == pytest.approx(4.5 / 12)
    assert lines.legibility([]) == 0


def test_letters_and_squeezed_texts() -> None:
    assert lines.letters("Nov 13th, '26") == 5
    assert lines.squeezed("Cashier's  CHECK #12") == "cashierscheck12"


def test_what_stands_right_of_a_label_and_level_with_it_belongs_to_it() -> None:
    label = _line("DATE", 300, 100)
    near, next_one, far = (_line(str(left_px), left_px, 100) for left_px in (410, 700, 1100))
    below, left = _line("below", 410, 180), _line("left", 100, 100)
    assert lines.right_of(label, [far, below, next_one, left, label, near], 2.5, DPI) == [near, next_one]


def test_sentences_stand_on_a_rule_or_are_large_and_left_of_the_signature() -> None:
    small = _line("For paid in full")
    large = replace(small, height_in=0.2)
    assert not lines.may_be_sentence(small)
    assert lines.may_be_sentence(large)
    assert lines.may_be_sentence(replace(small, piece=replace(small.piece, rule=Rule(0, 300, 120, 2))))
    strokes = _line("2-7-- E").text
    for elsewhere in (
        *(replace(large, x=0.8), replace(large, y=0.1), replace(large, width_in=0.3)),
        replace(large, text=strokes),  # hardly a letter
    ):
        assert not lines.may_be_sentence(elsewhere)


def test_the_second_reader_reads_a_line_once() -> None:
    page = _page("Meridian", top_px=150, left_px=100)
    line = lines.read(page, joined(list(page.pieces)), page.height_px)
    reread, looks = lines.second_reader(page), ppocr.looks()
    second = reread(line)
    assert (second.text.source, second.piece) == (ppocr.SOURCE, line.piece)
    assert reread(line).text is second.text
    assert reread(second) is second
    assert ppocr.looks() == looks + 1
