"""The box on a coupon: ticked, empty, or not printed; on drawn coupons, and on those that we print."""

from __future__ import annotations

from dataclasses import replace

import pytest
from PIL import ImageDraw

from lockbox.customer.coupon_pdf import INCH
from lockbox.customer.statement_pdf import render
from lockbox.simulator.draw import draw_front
from lockbox.simulator.papers import ScanManner
from lockbox.simulator.scan import scan
from ocr.reader import read_document
from ocr.reading import PRINCIPAL_ONLY, DocumentKind, Field
from tests.builders import papers
from tests.builders.customer import SENDER, coupon_of, pages, statement

MANNERS = (ScanManner(), ScanManner(upside_down=True, skew_deg=2), ScanManner("jpeg", 150, skew_deg=-3, speckle=0.004))


@pytest.mark.parametrize("manner", MANNERS, ids=["bitonal", "upside down", "gray"])
@pytest.mark.parametrize("ticked", [True, False, None])
def test_drawn_coupons(ticked: bool | None, manner: ScanManner) -> None:
    paper = papers.coupon(ticked=ticked)
    for seed in (3, 4, 5):
        reading = read_document(scan(draw_front(paper, seed), manner, seed))
        assert reading.kind is DocumentKind.COUPON
        asked = [candidate.value for candidate in reading.candidates(Field.INSTRUCTION) if candidate.probability > 0.7]
        assert asked == ([PRINCIPAL_ONLY] if ticked else [])


@pytest.mark.parametrize("torn_off", [True, False], ids=["torn off", "whole page"])
@pytest.mark.parametrize("offered", [True, False], ids=["box", "no box"])
def test_our_own_coupons(offered: bool, torn_off: bool) -> None:
    """The customer crosses the box: it is read, and the coupon beside it as before. Uncrossed, it asks for nothing."""
    page = pages(render(statement(sender=replace(SENDER, offers_principal_only=offered))))[0].copy()
    empty = read_document(scan(coupon_of(page) if torn_off else page, ScanManner(), 7))
    assert not empty.candidates(Field.INSTRUCTION)
    box = empty.fields[Field.INSTRUCTION].box
    assert (box is not None) == offered
    if box is None:
        return
    draw, scale = ImageDraw.Draw(page), page.width / (8.5 * INCH)
    left, top, side = 330.0, 528 + 142 + 34.56 + 0.06 * INCH, 0.11 * INCH
    for start, end in ((top, top + side), (top + side, top)):
        draw.line((left * scale, start * scale, (left + side) * scale, end * scale), fill=40, width=4)
    crossed = read_document(scan(coupon_of(page) if torn_off else page, ScanManner(), 7))
    assert [candidate.value for candidate in crossed.candidates(Field.INSTRUCTION)] == [PRINCIPAL_ONLY]
    assert crossed.best(Field.COUPON_ACCOUNT) == empty.best(Field.COUPON_ACCOUNT)
