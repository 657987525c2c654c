"""Made-up leases: rent and tax, open bills, residual."""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np
import pytest

from lockbox.contract.schedule import installments
from lockbox.contract.terms import Product
from lockbox.simulator.leases import COUNTS, make_leases
from lockbox.simulator.schedule_state import Frame, Lender, MadeUpContract
from tests.builders import simulated

OPENING_ON = date(2026, 11, 15)


@pytest.fixture(scope="module")
def leases() -> list[MadeUpContract]:
    rng = np.random.default_rng(3)
    frame = Frame.draw(rng, OPENING_ON, ["TX", "GA"] * 60, 0.3, 0.02)
    return make_leases(rng, frame, Lender(simulated.terms().rules, simulated.terms().is_open))


def test_rents_are_level_and_taxed_by_state(leases: list[MadeUpContract]) -> None:
    for lease, tax_ppm in zip(leases, (62_500, 60_000) * 60, strict=True):
        rents = list(installments(lease.terms.schedule))
        assert len(rents) in COUNTS
        assert len({(rent.amount_cents, rent.tax_cents) for rent in rents}) == 1
        assert abs(rents[0].tax_cents - rents[0].amount_cents * tax_ppm / 1_000_000) <= 0.5


def test_open_bills_are_the_unpaid_rents_billed_25_days_ahead(leases: list[MadeUpContract]) -> None:
    open_bills = 0
    for lease in leases:
        position = lease.position
        due = [
            rent
            for rent in installments(lease.terms.schedule)
            if rent.no > position.paid_through and rent.due_on <= OPENING_ON + timedelta(25)
        ]
        assert [(bill.no, bill.due_on, bill.rent_cents, bill.tax_cents) for bill in position.bills] == [
            (rent.no, rent.due_on, rent.amount_cents, rent.tax_cents) for rent in due
        ]
        assert position.billed_through == position.paid_through + len(due)
        open_bills += len(due)
    assert open_bills > 60


def test_a_lease_has_a_residual_and_no_interest(leases: list[MadeUpContract]) -> None:
    for lease in leases:
        end, rent = lease.terms.lease, lease.terms.schedule[0].amount_cents
        assert end
        assert lease.terms.product is Product.LEASE
        assert lease.terms.rate_ppm == 0
        assert 600_000 <= end.residual_cents <= 2_200_000
        assert end.allowed_miles == end.term_months * 1_000
        assert lease.original_cents == end.residual_cents + round(rent * end.term_months * 0.82)
        assert lease.position.principal_cents == lease.position.interest_cents == 0
