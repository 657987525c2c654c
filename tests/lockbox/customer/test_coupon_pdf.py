"""Printed coupons: our own reader reads each one back, torn off or not, and they lie below the lower fold."""

from __future__ import annotations

import pytest

from lockbox.customer.coupon_pdf import TOP
from lockbox.customer.statement import Statement
from lockbox.customer.statement_pdf import render
from lockbox.simulator.papers import ScanManner
from lockbox.simulator.scan import scan
from ocr.fields.coupon import barcode_payload
from ocr.reader import read_document
from ocr.reading import DocumentKind, Field
from tests.builders.customer import STATEMENTS, coupon_of, pages


@pytest.mark.parametrize("manner", [ScanManner(), ScanManner(skew_deg=-4), ScanManner(skew_deg=3, upside_down=True)])
@pytest.mark.parametrize("paper", STATEMENTS.values(), ids=STATEMENTS)
def test_the_coupon_reads_back_exactly(paper: Statement, manner: ScanManner) -> None:
    """As torn off, scanned at 200 dpi, bitonal Group 4: the scan line and the barcode, by our own reader."""
    page = pages(render(paper))[0]
    reading = read_document(scan(coupon_of(page), manner, seed=7))
    assert reading.kind is DocumentKind.COUPON
    digits = paper.coupon.scan_line.replace(" ", "")
    assert [candidate.value for candidate in reading.candidates(Field.SCAN_LINE)] == [digits]
    assert [candidate.value for candidate in reading.candidates(Field.BARCODE)] == [barcode_payload(digits)]
    assert reading.candidates(Field.COUPON_ACCOUNT)[0].value == paper.recipient.account_number


@pytest.mark.parametrize("bars", [True, False], ids=["barcode", "scan line alone"])
@pytest.mark.parametrize(
    "manner",
    [
        ScanManner(),
        ScanManner("jpeg", 200, skew_deg=-3),
        ScanManner("jpeg", 100, skew_deg=2),
        ScanManner(upside_down=True),
    ],
)
def test_a_coupon_that_was_not_torn_off_reads_from_the_whole_page(manner: ScanManner, bars: bool) -> None:
    paper = STATEMENTS["past due"]
    page = pages(render(paper))[0].copy()
    if not bars:
        page.paste(255, (900, round((TOP + 130) * 200 / 72), 1700, round((TOP + 215) * 200 / 72)))
    reading = read_document(scan(page, manner, seed=7))
    assert reading.kind is DocumentKind.COUPON
    assert bool(reading.candidates(Field.BARCODE)) == bars
    digits = paper.coupon.scan_line.replace(" ", "")
    assert [candidate.value for candidate in reading.candidates(Field.SCAN_LINE)] == [digits]
    assert reading.candidates(Field.COUPON_ACCOUNT)[0].value == paper.recipient.account_number


def test_the_coupon_begins_at_the_lower_fold() -> None:
    assert TOP == 528.0
