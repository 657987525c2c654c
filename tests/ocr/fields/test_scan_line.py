"""A coupon's barcode and scan line: found whichever way up they lie, and freed of what they touch."""

from __future__ import annotations

from datetime import date

import numpy as np
import pytest

from lockbox.simulator.draw import draw_front
from ocr.fields import coupon, scan_line
from ocr.fields.scan_line import Barcode, Care, _candidate, _without_edges
from ocr.image.prepare import Gray
from ocr.layout.piece import piece_of
from ocr.nets.ppocr import ASCII, Text
from ocr.reading import Box, Candidate, Field, FieldReading
from tests.builders import papers

DPI = 200
PAPER = papers.coupon()
LINE = coupon.compose(PAPER.account_number, PAPER.amount_due_cents, PAPER.due_on)
DIGITS = LINE.replace(" ", "")
COUPON: Gray = np.asarray(draw_front(PAPER, 3), np.uint8)


def test_characters_far_apart_in_height_are_never_all_taken_for_edges() -> None:
    boxes = [[0, 0, 900, 200, 0], [100, 40, 12, 20, 90], [130, 120, 12, 20, 90]]
    kept = _without_edges(piece_of(boxes, (1, 2), None), boxes, DPI)
    assert len(kept.marks) == 1


def test_a_border_is_taken_off() -> None:
    row = [[100 + 20 * at, 100, 12, 20, 90] for at in range(20)]
    boxes = [[0, 0, 900, 200, 0], *row, [520, 0, 4, 200, 400]]
    kept = _without_edges(piece_of(boxes, range(1, 22), None), boxes, DPI)
    assert kept.marks == tuple(range(1, 21))


def test_text_whose_check_digits_are_valid_by_chance_is_no_scan_line() -> None:
    """Of the many texts that a row of other print may be read as, one in 97 has valid check digits."""
    line = coupon.compose("4071938212", 41_250, date(2026, 12, 1))
    signs = [1 + ASCII.index(digit) for digit in " 0123456789"]
    for sure, is_line in ((0.9, True), (0.2, False)):
        probs = np.full((2 * len(line), 1 + len(ASCII)), 1e-9)
        probs[::2, signs] = (1 - sure) / 10
        probs[1::2, 0] = 1.0
        for at, char in enumerate(line):
            probs[2 * at, 1 + ASCII.index(char)] = sure
        read = Text(line, 1.0, np.log(probs / probs.sum(axis=1, keepdims=True)).astype(np.float32))
        assert (_candidate(read, 8) is not None) == is_line


@pytest.mark.parametrize("quarters", [0, 1, 2, 3])
def test_a_barcode_says_how_its_coupon_lies(quarters: int) -> None:
    barcode = scan_line.read_barcode(np.ascontiguousarray(np.rot90(COUPON, quarters)), Care.ANY_WAY)
    assert barcode is not None
    assert barcode.text == PAPER.barcode
    assert barcode.is_coupon
    assert barcode.rotation_deg == 90 * quarters  # clockwise, what rot90 turned counterclockwise
    assert barcode.skew_deg == pytest.approx(0, abs=0.5)
    box = barcode.box
    page = np.rot90(COUPON, quarters)[box.top_px : box.top_px + box.height_px, box.left_px : box.left_px + box.width_px]
    assert 0.25 < (page < 128).mean() < 0.75  # half of a barcode is ink


def test_blank_paper_has_neither_barcode_nor_scan_line() -> None:
    blank = np.full((500, 1650), 250, np.uint8)
    assert scan_line.read_barcode(blank, Care.ANY_WAY) is None
    assert scan_line.find_scan_line(blank, DPI) is None
    assert scan_line.attached_coupon(np.full((2200, 1700), 250, np.uint8), DPI) is None


def test_the_scan_line_of_an_upright_coupon_is_read() -> None:
    reading = scan_line.read_scan_line(COUPON, DPI)
    assert [candidate.value for candidate in reading.candidates] == [DIGITS]
    assert reading.box is not None
    assert reading.box.top_px > COUPON.shape[0] - scan_line.BOTTOM_IN * DPI


def test_without_its_barcode_a_coupon_upside_down_is_known_by_its_scan_line() -> None:
    barcode = scan_line.read_barcode(COUPON, Care.ANY_WAY)
    assert barcode is not None
    box = barcode.box
    torn = COUPON.copy()
    torn[box.top_px - 5 : box.top_px + box.height_px + 5, box.left_px - 5 : box.left_px + box.width_px + 5] = 250
    located = scan_line.find_scan_line(np.ascontiguousarray(torn[::-1, ::-1]), DPI)
    assert located is not None
    line, rotation, _ = located
    assert line.candidates[0].value == DIGITS
    assert rotation == 180


@pytest.mark.parametrize("upside_down", [False, True])
def test_a_coupon_that_was_not_torn_off_is_found_on_its_page(upside_down: bool) -> None:
    page = np.full((2200, 1700), 250, np.uint8)
    page[2200 - COUPON.shape[0] :, : COUPON.shape[1]] = COUPON[:, :1700]
    attached = scan_line.attached_coupon(np.ascontiguousarray(page[::-1, ::-1]) if upside_down else page, DPI)
    assert attached is not None
    fields, rotation, _ = attached
    assert rotation == (180 if upside_down else 0)
    best = {name: field.best.value for name, field in fields.items() if field.best}
    assert best[Field.COUPON_ACCOUNT] == PAPER.account_number
    assert best[Field.COUPON_AMOUNT] == str(PAPER.amount_due_cents)
    assert best[Field.COUPON_DUE_ON] == PAPER.due_on.isoformat()


def _barcode(text: str) -> Barcode:
    return Barcode(text, 0, 0.0, Box(0, 0, 9, 9), 1.0)


def _line(digits: str) -> FieldReading:
    return FieldReading(Field.SCAN_LINE, (Candidate(digits, 0.98, "text"),), Box(0, 0, 9, 9))


def test_barcode_and_scan_line_that_agree_give_one_value() -> None:
    fields = scan_line.fields(_barcode(PAPER.barcode), _line(DIGITS))
    assert [amount.value for amount in fields[Field.COUPON_AMOUNT].candidates] == ["41250"]
    assert fields[Field.COUPON_AMOUNT].candidates[0].probability > 0.99


def test_where_barcode_and_scan_line_differ_neither_is_believed() -> None:
    another = coupon.compose(PAPER.account_number, 99_999, PAPER.due_on).replace(" ", "")
    amounts = scan_line.fields(_barcode(PAPER.barcode), _line(another))[Field.COUPON_AMOUNT].candidates
    assert {amount.value for amount in amounts} == {"41250", "99999"}
    assert all(amount.probability <= 0.5 for amount in amounts)


def test_a_barcode_of_other_people_gives_no_fields_of_a_coupon() -> None:
    fields = scan_line.fields(_barcode("https://example.com/coupon"), FieldReading(Field.SCAN_LINE, ()))
    assert fields[Field.BARCODE].candidates[0].value == "https://example.com/coupon"
    assert not fields[Field.COUPON_ACCOUNT].candidates
    assert not _barcode("https://example.com/coupon").is_coupon
