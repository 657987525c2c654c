"""The face of a coupon: its barcode reads back, its scan line is at the bottom right, its facts are on it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import zxingcpp

from lockbox.simulator.coupon_face import SIZE_PX, draw_coupon
from tests.builders import papers
from tests.builders.simulated import ink


@pytest.mark.parametrize("seed", range(8))
def test_coupon_barcode_reads_back(seed: int) -> None:
    paper = papers.coupon()
    pdf417 = zxingcpp.BarcodeFormats(zxingcpp.BarcodeFormat.PDF417)
    codes = zxingcpp.read_barcodes(np.asarray(draw_coupon(paper, seed).image), formats=pdf417)
    assert [code.text for code in codes] == [paper.barcode]


def test_coupon_scan_line_stands_at_the_bottom_right() -> None:
    for seed in range(6):
        image = draw_coupon(papers.coupon(), seed).image
        assert ink(image, (1000, 640, 1690, 720)) > 0.02
        assert ink(image, (1000, 560, 1690, 620)) < 0.02


@pytest.mark.parametrize("symbology", ["QRCode", "DataMatrix", "Code128"])
def test_other_symbologies_read_back(symbology: str) -> None:
    paper = papers.coupon(symbology=symbology)
    codes = zxingcpp.read_barcodes(np.asarray(draw_coupon(paper, 3).image))
    assert [code.text for code in codes] == [paper.barcode]


def test_a_coupon_without_barcode_or_scan_line_has_none() -> None:
    image = draw_coupon(papers.coupon(barcode="", scan_line=""), 1).image
    assert zxingcpp.read_barcodes(np.asarray(image)) == []
    assert ink(image, (1000, 640, 1690, 720)) == 0


@pytest.mark.parametrize("seed", range(8))
def test_a_coupon_is_light_paper_with_its_facts_on_it(seed: int) -> None:
    paper = papers.coupon()
    image = draw_coupon(paper, seed).image
    assert image.size == SIZE_PX
    assert np.median(np.asarray(image)) >= 240
    facts: dict[str, Any] = {
        "account_number": "4071938309",
        "amount_due_cents": 77_777,
        "due_on": paper.due_on.replace(day=28),
        "customer_lines": ("Ana Quill", "1 Elm St", "Plano TX 75074"),
        "remit_lines": ("Ohio Auto Lease", "PO Box 1", "Columbus OH 43218"),
        "enclosed_text": "777.77",
    }
    for field, value in facts.items():
        changed = draw_coupon(replace(paper, **{field: value}), seed)
        assert changed.image.tobytes() != image.tobytes(), field
