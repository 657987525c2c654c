"""Operating curves and what a number of documents can prove."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from lockbox.proving.curve import Judged, at_limit, at_rate, curve, halves, interval, kept_apart, needed


def test_intervals_are_those_of_clopper_and_pearson() -> None:
    """Against tabled values: R's binom.test."""
    assert interval(0, 100)[0] == 0.0
    assert interval(0, 100) == pytest.approx((0.0, 0.036217), abs=1e-6)
    assert interval(3, 100) == pytest.approx((0.006230, 0.085176), abs=1e-6)
    assert interval(5, 18_000) == pytest.approx((9.01996e-5, 6.48121e-4), abs=1e-8)
    assert interval(100, 100) == pytest.approx((0.963783, 1.0), abs=1e-6)
    assert interval(100, 100)[1] == 1.0
    assert interval(0, 0) == (0.0, 1.0)


def test_how_many_prove_a_rate() -> None:
    assert [needed(rate) for rate in (0.01, 0.001, 0.0001)] == [299, 2995, 29956]
    point = curve([Judged(0.9, True)] * 299)[-1]
    assert point.proven <= 0.01
    assert curve([Judged(0.9, True)] * 298)[-1].proven > 0.01


def test_the_point_that_accepts_most_within_a_rate() -> None:
    judged = [Judged(0.99, True)] * 50 + [Judged(0.9, False)] + [Judged(0.8, True)] * 49 + [Judged(None, False)] * 20
    points = curve(judged)
    assert (at_rate(points, 0.01).accepted, at_rate(points, 0.01).limit) == (100, 0.8)  # 1 of 100 is just within
    assert (at_rate(points, 0.001).accepted, at_rate(points, 0.001).limit) == (50, 0.99)
    assert at_rate(points, 0.01).accept_rate == pytest.approx(100 / 120)


def test_who_chooses_a_limit_never_sees_what_it_is_judged_on() -> None:
    judged = [Judged(0.5 + at / 1000, at % 7 > 0) for at in range(400)]
    choosing, judging = halves(judged)
    assert not {id(claim) for claim in choosing} & {id(claim) for claim in judging}
    assert len(choosing) + len(judging) == len(judged)
    seen: list[Judged] = []

    def choose(known: Sequence[Judged]) -> float:
        seen.extend(known)
        return at_rate(curve(known), 0.2).limit

    point = kept_apart(judged, choose)
    assert [id(claim) for claim in seen] == [id(claim) for claim in choosing]
    assert point == at_limit(judging, at_rate(curve(choosing), 0.2).limit)
    worse = [claim if at % 2 == 0 else Judged(claim.probability, False) for at, claim in enumerate(judged)]
    assert kept_apart(worse, choose).limit == point.limit  # however the other half turns out
    assert kept_apart(worse, choose).wrong == point.accepted


def test_equal_claims_are_accepted_together() -> None:
    points = curve([Judged(0.9, True), Judged(0.9, False), Judged(0.9, True)])
    assert [point.accepted for point in points] == [0, 3]


def test_a_value_where_nothing_is_written_is_a_misread_and_not_a_missed_one() -> None:
    judged = [Judged(0.9, True)] * 3 + [Judged(0.8, False, expected=False), Judged(None, True, expected=False)]
    assert at_rate(curve(judged), 0.0).accept_rate == 1.0
    assert (curve(judged)[-1].wrong, curve(judged)[-1].expected) == (1, 3)


def test_nothing_read_is_an_empty_curve() -> None:
    assert at_rate(curve([]), 0.01).accept_rate == 0.0
    assert at_rate(curve([Judged(None, False)]), 0.01).accepted == 0
