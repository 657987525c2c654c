"""Coupons of every make, gray and bitonal, 100 and 200 dpi, skewed: one of each is read, unread ones are counted."""

from __future__ import annotations

from dataclasses import replace

import pytest

from lockbox.proving.coupon_bench import FORMATS, MAKES, Coupon, is_misread, is_right, plan, read_coupon, report

COUPONS = plan(len(MAKES) * len(FORMATS), 60_001)


def test_every_make_comes_in_every_format() -> None:
    kinds = {(coupon.make, coupon.manner.format, coupon.manner.dpi) for coupon in COUPONS}
    assert len(kinds) == len(COUPONS) == 32
    assert max(abs(coupon.manner.skew_deg) for coupon in COUPONS) > 4


def label(coupon: Coupon) -> str:
    return f"{coupon.make} {coupon.manner.format} {coupon.manner.dpi}"


@pytest.mark.parametrize("coupon", COUPONS[::3], ids=label)
def test_it_is_read(coupon: Coupon) -> None:
    assert is_right(coupon, read_coupon(coupon))


def test_a_coarse_barcode_is_read_although_it_is_skewed() -> None:
    coupon = plan(320, 73_001)[173]  # bitonal, 100 dpi, skewed by 4 degrees: read only after leveling and enlarging
    timed = read_coupon(coupon)
    assert is_right(coupon, timed)
    assert abs(timed.reading.skew_deg - coupon.manner.skew_deg) < 0.7


def test_what_is_wrong_is_counted_as_wrong() -> None:
    timed = read_coupon(COUPONS[0])
    misprinted = replace(COUPONS[0], paper=COUPONS[1].paper)
    assert not is_right(misprinted, timed)
    assert is_misread(misprinted, timed)
    text = report([COUPONS[0], misprinted], [timed, timed], 1)
    assert "Right 1 of 2: 50.00%" in text
    assert "came out 1 times" in text
