"""Payoff letters: a total that adds up, a coupon with its own payee, and what each further day costs."""

from __future__ import annotations

from dataclasses import replace

import pytest

from lockbox.customer.coupon_pdf import TOP
from lockbox.customer.payoff_letter import render
from lockbox.simulator.papers import ScanManner
from lockbox.simulator.scan import scan
from ocr.reader import read_document
from ocr.reading import DocumentKind, Field
from tests.builders.customer import ROUTING, TRACKING, coupon_of, pages, payoff_letter, words


@pytest.mark.thorough
def test_a_letter_has_no_coupon() -> None:
    page = pages(render(payoff_letter()))[0].copy()
    page.paste(255, (0, round(TOP * 200 / 72), page.width, page.height))
    assert read_document(scan(page, ScanManner(), seed=7)).kind is DocumentKind.LETTER


def test_the_payoff_coupon_reads_back_and_names_its_own_payee() -> None:
    pdf = render(payoff_letter("lease", per_diem_cents=0), TRACKING, ROUTING)
    (page,) = pages(pdf)
    reading = read_document(scan(coupon_of(page), ScanManner(), seed=3))
    assert reading.candidates(Field.COUPON_AMOUNT)[0].value == "1523676"
    assert reading.candidates(Field.COUPON_DUE_ON)[0].value == "2026-11-30"
    text = words(pdf)[0]
    assert "Payable to Meridian Lease Trust" in text
    assert "P.O. BOX 660893" in text
    assert "Add $" not in text
    assert "Add $2.68 for each day after that." in words(render(payoff_letter()))[0].replace("\r\n", " ")


def test_the_lines_must_add_up_to_the_total() -> None:
    with pytest.raises(ValueError, match="lines add up to 1523676 cents, total is 1523677"):
        replace(payoff_letter(), total_cents=1_523_677)


def test_a_letter_is_one_page_that_says_what_it_is_about() -> None:
    for product, title in (("loan", "Loan payoff"), ("lease", "Lease payoff")):
        (text,) = words(render(payoff_letter(product)))
        assert title in text
        assert "Good through" in text
        assert "$15,236.76" in text
