"""Coupons of every make, gray and bitonal, 100 and 200 dpi, askew: one of each is read; what is not is counted."""

from __future__ import annotations

from dataclasses import replace

import pytest

from lockbox.proving.coupon_bench import FORMATS, MAKES, Coupon, _read, is_misread, is_right, plan, report

COUPONS = plan(len(MAKES) * len(FORMATS), 60_001)


def test_every_make_comes_in_every_format() -> None:
    kinds = {(one.make, one.manner.format, one.manner.dpi) for one in COUPONS}
    assert len(kinds) == len(COUPONS) == 32
    assert max(abs(one.manner.skew_deg) for one in COUPONS) > 4


@pytest.mark.parametrize("coupon", COUPONS[::3], ids=lambda one: f"{one.make} {one.manner.format} {one.manner.dpi}")
def test_it_is_read(coupon: Coupon) -> None:
    assert is_right(coupon, _read(coupon))


def test_a_coarse_barcode_is_read_though_it_lies_askew() -> None:
    coupon = plan(320, 73_001)[173]  # bitonal, 100 dpi, 4 degrees askew: read only once it is levelled and enlarged
    seen = _read(coupon)
    assert is_right(coupon, seen)
    assert abs(seen.reading.skew_deg - coupon.manner.skew_deg) < 0.7


def test_what_is_wrong_is_counted_as_wrong() -> None:
    seen = _read(COUPONS[0])
    other = replace(COUPONS[0], paper=COUPONS[1].paper)
    assert not is_right(other, seen)
    assert is_misread(other, seen)
    text = report([COUPONS[0], other], [seen, seen], 1)
    assert "Right 1 of 2: 50.00%" in text
    assert "came out 1 times" in text
