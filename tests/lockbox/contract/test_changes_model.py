"""Changed terms of random contracts, against the slow model of what each change makes of every installment."""

from __future__ import annotations

from datetime import timedelta
from random import Random

import pytest

from lockbox.contract import changes, schedule
from lockbox.contract.terms import Product, terms_on
from tests.builders.contract import random_case
from tests.oracles import slow_terms
from tests.oracles.slow_model import written

CASES = range(300)


@pytest.mark.parametrize("change", ["due date", "deferral", "service"])
def test_changed_terms_agree_with_the_slow_model(change: str) -> None:
    compared = 0
    for seed in CASES:
        chance = Random(seed)
        case = random_case(chance)
        day = case.until + timedelta(1)
        terms = terms_on(case.terms, day)
        if schedule.first_due(terms.schedule, day) > schedule.last_no(terms.schedule):
            continue
        if change == "due date":
            due_day = chance.choice((1, 5, 15, 28, 29, 30, 31))
            new = changes.moved(terms, day, changes.next_on_day(terms, day, due_day), due_day)
            expected = slow_terms.moved(terms, day, due_day)
        elif change == "deferral":
            months = chance.randint(1, 4)
            new, expected = changes.put_off(terms, day, months), slow_terms.put_off(terms, day, months)
        elif terms.product is Product.LOAN and terms.rate_ppm > 60_000:
            at = case.replay().position
            new, expected = changes.capped(terms, at, day, 60_000), slow_terms.capped(terms, at, day, 60_000)
        else:
            continue
        assert written(new) == expected, (seed, terms, day)
        compared += 1
    assert compared > 25
