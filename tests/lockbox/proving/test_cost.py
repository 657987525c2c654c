"""Limits by cost."""

from __future__ import annotations

import tomllib
from datetime import date

from lockbox.proving.cost import Prices, cheapest, judged_apart, policy_row
from lockbox.proving.curve import Judged

PRICES = Prices(exception_cents=500, misread_cents=50_000)  # breaks even at a chance of 1 in 100


def test_accepting_stops_where_a_misread_costs_more_than_looking() -> None:
    judged = [Judged(0.9999, True)] * 900 + [Judged(0.995, False)] * 2 + [Judged(0.992, True)] * 98
    best = cheapest(judged, PRICES)
    assert (best.point.limit, best.point.wrong) == (0.9999, 0)  # 100 exceptions cost 50,000, two misreads 100,000
    assert best.total_cents == 100 * 500
    assert best.misread_ppm == 100
    cheap = Prices(exception_cents=500, misread_cents=20_000)
    assert cheapest(judged, cheap).point.accepted == 1000


def test_no_limit_lies_below_what_an_honest_probability_allows() -> None:
    judged = [Judged(0.9, True)] * 50  # none wrong, but each claims a chance of 1 in 10
    assert cheapest(judged, PRICES).point.accepted == 0
    assert cheapest([], PRICES).point.accepted == 0


def test_a_limit_is_counted_where_it_was_not_chosen() -> None:
    """On the half that it is chosen on nothing is wrong; on the other, every one is."""
    judged = [Judged(0.999, at % 2 == 0) for at in range(200)]
    best = judged_apart(judged, PRICES)
    assert (best.point.limit, best.point.accepted, best.point.wrong) == (0.999, 100, 100)
    assert best.total_cents == 100 * 50_000


def test_a_row_can_be_pasted() -> None:
    [row] = tomllib.loads(policy_row("post.max_misread_ppm", 11_160, date(2026, 12, 1), "bench"))["policy"]
    assert row == {"rule": "post.max_misread_ppm", "valid_from": date(2026, 12, 1), "value": 11_160, "source": "bench"}
