"""The face of a check: its size, and where and how its MICR line is printed."""

from __future__ import annotations

import numpy as np
import pytest

from lockbox.simulator.check_face import SIZES_PX, draw_check, micr_line, payer_hand
from ocr.image.e13b import draw_line
from ocr.reading import CheckKind
from tests.builders import papers


@pytest.mark.parametrize("kind", list(CheckKind))
def test_every_kind_is_drawn_at_its_size_again_the_same(kind: CheckKind) -> None:
    paper = papers.check(kind)
    image = draw_check(paper, 3).image
    assert image.size == SIZES_PX[kind]
    assert draw_check(paper, 3).image.tobytes() == image.tobytes() != draw_check(paper, 4).image.tobytes()


def test_a_seed_has_one_writer() -> None:
    assert payer_hand(5).pen == payer_hand(5).pen != payer_hand(6).pen


@pytest.mark.parametrize("kind", list(CheckKind))
@pytest.mark.parametrize("seed", range(4))
def test_micr_line_stands_in_its_band(kind: CheckKind, seed: int) -> None:
    paper = papers.check(kind)
    image = draw_check(paper, seed).image
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


def test_a_long_on_us_field_loses_its_spaces() -> None:
    text, last = micr_line(papers.check(bank_account="123456789012", serial="123456"))
    assert "A123456789012C123456" in text
    assert last == 33 - 19
