"""Printed statements: our reader reads the coupon back, nothing runs over, the same content gives the same bytes."""

from __future__ import annotations

import pytest

from lockbox.customer import payoff_letter as letters
from lockbox.customer.coupon_pdf import TOP
from lockbox.customer.statement import Statement, StatementLine
from lockbox.customer.statement_pdf import render
from lockbox.simulator.papers import ScanManner
from lockbox.simulator.scan import scan
from ocr.fields.coupon import barcode_payload
from ocr.reader import read_document
from ocr.reading import DocumentKind, Field
from tests.builders.customer import (
    LONG_NAME,
    LONG_STREET,
    coupon_of,
    ink_outside,
    pages,
    payments,
    payoff_letter,
    statement,
    words,
)

TRACKING, ROUTING = "00040123456000000001", "750741234"
CASES = {
    "plain": statement(),
    "long activity": statement(payments(75)),
    "past due": statement(
        due_lines=(StatementLine("Past due", 82500), StatementLine("Installment", 41250)),
        amount_due_cents=123750,
        past_due_cents=82500,
    ),
    "nothing due": statement(amount_due_cents=0, due_lines=()),
    "long name": statement(name=LONG_NAME, address_lines=(LONG_STREET, "Wilkes-Barre, PA 18701")),  # type: ignore[arg-type]
}


@pytest.mark.parametrize("manner", [ScanManner(), ScanManner(skew_deg=-4), ScanManner(skew_deg=3, upside_down=True)])
@pytest.mark.parametrize("one", CASES.values(), ids=CASES)
def test_the_coupon_reads_back_exactly(one: Statement, manner: ScanManner) -> None:
    """As torn off, scanned at 200 dpi, bitonal Group 4: the scan line and the barcode, by our own reader."""
    page = pages(render(one))[0]
    reading = read_document(scan(coupon_of(page), manner, seed=7))
    assert reading.kind is DocumentKind.COUPON
    digits = one.coupon.scan_line.replace(" ", "")
    assert [each.value for each in reading.candidates(Field.SCAN_LINE)] == [digits]
    assert [each.value for each in reading.candidates(Field.BARCODE)] == [barcode_payload(digits)]
    assert reading.candidates(Field.COUPON_ACCOUNT)[0].value == one.recipient.account_number


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
    one = CASES["past due"]
    page = pages(render(one))[0].copy()
    if not bars:
        page.paste(255, (900, round((TOP + 130) * 200 / 72), 1700, round((TOP + 215) * 200 / 72)))
    reading = read_document(scan(page, manner, seed=7))
    assert reading.kind is DocumentKind.COUPON
    assert bool(reading.candidates(Field.BARCODE)) == bars
    assert [each.value for each in reading.candidates(Field.SCAN_LINE)] == [one.coupon.scan_line.replace(" ", "")]
    assert reading.candidates(Field.COUPON_ACCOUNT)[0].value == one.recipient.account_number


def test_a_letter_has_no_coupon() -> None:
    page = pages(letters.render(payoff_letter()))[0].copy()
    page.paste(255, (0, round(TOP * 200 / 72), page.width, page.height))
    assert read_document(scan(page, ScanManner(), seed=7)).kind is DocumentKind.LETTER


def test_the_payoff_coupon_reads_back_and_names_its_own_payee() -> None:
    pdf = letters.render(payoff_letter("lease", per_diem_cents=0), TRACKING, ROUTING)
    (page,) = pages(pdf)
    reading = read_document(scan(coupon_of(page), ScanManner(), seed=3))
    assert reading.candidates(Field.COUPON_AMOUNT)[0].value == "1523676"
    assert reading.candidates(Field.COUPON_DUE_ON)[0].value == "2026-11-30"
    text = words(pdf)[0]
    assert "Payable to Meridian Lease Trust" in text
    assert "P.O. BOX 660893" in text
    assert "Each day after that" not in text
    assert "Each day after that adds $2.68." in words(letters.render(payoff_letter()))[0].replace("\r\n", " ")


def test_the_same_content_gives_the_same_bytes_and_other_content_does_not() -> None:
    for one in CASES.values():
        assert render(one, TRACKING, ROUTING) == render(one, TRACKING, ROUTING)
    assert render(statement()) != render(statement(name="Maria K Alvarez"))


@pytest.mark.parametrize("one", CASES.values(), ids=CASES)
def test_nothing_is_printed_in_the_margins(one: Statement) -> None:
    for page in pages(render(one, TRACKING, ROUTING)):
        assert ink_outside(page, 100) == 0  # half an inch


def test_a_long_name_is_whole_in_the_window_and_leaves_the_summary_alone() -> None:
    text = words(render(CASES["long name"]))[0]
    told = " ".join(text.split())
    assert "Agricultural Machinery" in told
    assert "Wilkes-Barre, PA 18701" in told
    assert "…" not in text


def test_every_row_of_a_long_activity_is_printed_once() -> None:
    printed = words(render(CASES["long activity"]))
    assert len(printed) == 3
    rows = [line for page in printed for line in page.splitlines() if "Payment ($412.50)" in line]
    assert len(rows) == 75
    assert "more on the next page" in printed[0]
    assert sum("Total" in page for page in printed) == 1


def test_both_addresses_and_their_warnings_stand_on_the_first_page() -> None:
    text = words(render(statement()))[0]
    for wanted in (
        "P.O. Box 650805",
        "1501 North Plano Rd",
        "Do not send regular mail to this address.",
        "Write account number 1234567869 on your check.",
        "a late fee of $20.63 may be charged",
    ):
        assert wanted in text.replace("\r\n", " "), wanted


def test_the_coupon_begins_at_the_lower_fold() -> None:
    assert TOP == 528.0
