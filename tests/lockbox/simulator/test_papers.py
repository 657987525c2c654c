"""Papers are values: they cannot be changed after they were planned, and equal ones are one."""

from __future__ import annotations

from dataclasses import FrozenInstanceError, fields, replace

import pytest

from lockbox.simulator.papers import Paper, ScanManner
from tests.builders import papers


@pytest.mark.parametrize("paper", papers.every_kind(), ids=lambda paper: getattr(paper, "kind", type(paper).__name__))
def test_a_paper_is_a_value(paper: Paper) -> None:
    assert len({paper, replace(paper)}) == 1
    with pytest.raises(FrozenInstanceError):
        setattr(paper, fields(paper)[0].name, None)


def test_a_scan_is_group_4_at_200_dpi_unless_told_otherwise() -> None:
    assert ScanManner() == ScanManner("g4", 200, upside_down=False, skew_deg=0.0, torn=False, speckle=0.0, faint=False)


def test_a_coupon_has_a_pdf417_barcode_and_ocr_a_digits_unless_told_otherwise() -> None:
    coupon = papers.coupon()
    assert (coupon.symbology, coupon.scan_face) == ("PDF417", "ocr-a")
