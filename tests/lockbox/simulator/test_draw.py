"""Drawn mail: every kind of paper, its size, its sameness and difference, and where its machine-read parts stand."""

from __future__ import annotations

import numpy as np
import pytest
import zxingcpp
from PIL import Image

from lockbox.simulator.check_face import micr_line
from lockbox.simulator.check_parts import fraction_text
from lockbox.simulator.draw import draw_back, draw_front
from lockbox.simulator.papers import CheckPaper, Paper
from ocr.image.e13b import draw_line
from ocr.reading import CheckKind
from tests.builders import papers

SIZES = {
    CheckKind.PERSONAL: (1200, 550),
    CheckKind.BUSINESS: (1700, 700),
    CheckKind.BILL_PAY: (1700, 700),
    CheckKind.CASHIERS: (1700, 700),
    CheckKind.MONEY_ORDER: (1400, 650),
}
KINDS = pytest.mark.parametrize(
    "paper", papers.every_kind(), ids=lambda paper: getattr(paper, "kind", type(paper).__name__)
)


def dark(image: Image.Image, box: tuple[int, int, int, int], under: int = 110) -> float:
    """Share of ink in a box (left, top, right, bottom)."""
    return float((np.asarray(image.crop(box)) < under).mean())


@KINDS
def test_same_seed_same_picture_other_seed_other_picture(paper: Paper) -> None:
    for draw in (draw_front, draw_back):
        assert draw(paper, 5).tobytes() == draw(paper, 5).tobytes()
    assert len({draw_front(paper, seed).tobytes() for seed in range(12)}) == 12


@KINDS
def test_front_and_back_are_one_sheet_in_gray(paper: Paper) -> None:
    front, back = draw_front(paper, 3), draw_back(paper, 3)
    assert front.mode == back.mode == "L"
    assert front.size == back.size
    if isinstance(paper, CheckPaper):
        assert front.size == SIZES[paper.kind]


@KINDS
def test_paper_is_light_and_carries_ink(paper: Paper) -> None:
    for seed in range(6):
        image = draw_front(paper, seed)
        assert np.median(np.asarray(image)) > 190
        assert dark(image, (0, 0, *image.size)) > 0.0008


@pytest.mark.parametrize("kind", list(CheckKind))
@pytest.mark.parametrize("seed", range(4))
def test_micr_line_stands_in_its_band(kind: CheckKind, seed: int) -> None:
    paper = papers.check(kind)
    image = draw_front(paper, seed)
    text, last = micr_line(paper)
    drawn = 255 - draw_line(text, 200).astype(int)
    right = image.width - 62.5 - (last - 1) * 25
    place = np.asarray(image)[image.height - 100 : image.height - 25, round(right) - drawn.shape[1] - 12 :]
    best = max(
        float((drawn * (255 - place[y : y + drawn.shape[0], x : x + drawn.shape[1]].astype(int))).sum())
        for y in range(0, 75 - drawn.shape[0], 1)
        for x in range(0, 24)
    )
    assert best / float((drawn**2).sum()) > 0.85


def test_micr_line_has_the_serial_where_its_kind_has_it() -> None:
    assert micr_line(papers.check(CheckKind.BUSINESS))[0].startswith("C1330C A571234565A")
    assert micr_line(papers.check(routing="570000003"))[0].endswith("1330")


def test_transit_field_ends_at_position_33() -> None:
    for kind in CheckKind:
        for routing in ("571234565", "580001237", "592345671", "573300120", "577777772", "570000003"):
            text, last = micr_line(papers.check(kind, routing=routing))
            closing = text.rindex("A")
            assert last + len(text) - 1 - closing == 33


def test_one_bank_lays_out_all_its_checks_alike() -> None:
    texts = [micr_line(papers.check(serial=serial, bank_account="8366318141"))[0] for serial in ("1330", "1331")]
    assert texts[0].replace("1330", "1331") == texts[1]


def test_fraction_is_the_routing_number() -> None:
    assert fraction_text("571234565") == "57-3456/5712"


def test_unsigned_check_has_less_ink_than_the_same_check_signed() -> None:
    for seed in range(5):
        signed = np.asarray(draw_front(papers.check(), seed))
        blank = np.asarray(draw_front(papers.check(signer=None), seed))
        below = np.s_[330:440, 560:]
        assert (signed[below] < 130).sum() > (blank[below] < 130).sum() + 300


def test_empty_places_stay_empty() -> None:
    drawn = np.asarray(draw_front(papers.check(), 2))
    assert (np.asarray(draw_front(papers.check(memo_text=None), 2)) < 130).sum() < (drawn < 130).sum()
    assert (np.asarray(draw_front(papers.check(date_text=None), 2)) < 130).sum() < (drawn < 130).sum()


@pytest.mark.parametrize("seed", range(8))
def test_coupon_barcode_reads_back(seed: int) -> None:
    paper = papers.coupon()
    found = zxingcpp.read_barcodes(np.asarray(draw_front(paper, seed)), formats=zxingcpp.BarcodeFormat.PDF417)
    assert [code.text for code in found] == [paper.barcode]


def test_coupon_scan_line_stands_at_the_bottom_right() -> None:
    for seed in range(6):
        image = draw_front(papers.coupon(), seed)
        assert dark(image, (1000, 640, 1690, 720)) > 0.02
        assert dark(image, (1000, 560, 1690, 620)) < 0.02


@KINDS
def test_long_texts_stay_on_the_paper(paper: Paper) -> None:
    if isinstance(paper, CheckPaper):
        paper = papers.check(
            paper.kind,
            payer_lines=(
                "Bartholomew Featherstonehaugh-Cholmondeley and Associates",
                "1 " + "Long " * 12 + "Road",
                "X",
            ),
            payee="The Meridian Automobile and Equipment Finance Company of Columbus Ohio",
            legal_text="Seven thousand seven hundred seventy-seven dollars and seventy-seven cents exactly",
            bank_name="Farmers and Merchants Community Savings Bank of the Upper Valley",
            courtesy_text="7,777,777 77/100",
            memo_text="4071938212 and 4071938309 both loans paid",
        )
    assert draw_front(paper, 1).size == draw_front(paper, 2).size
