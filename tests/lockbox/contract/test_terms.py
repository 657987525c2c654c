"""Terms: allocation orders, versions, and dated rows by state."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from lockbox.contract.terms import (
    Bucket,
    Installment,
    LienReleaseRule,
    ReturnFeeRule,
    Rules,
    Timing,
    order_of,
    terms_on,
)
from lockbox.errors import SettingsError
from tests.builders.contract import loan

DAY = date(2026, 3, 1)


def test_the_cells_of_one_step_share_a_rank() -> None:
    order = order_of("mine", [["past_due.fee", "due.fee"], ["due.principal"]])
    assert order.ranks == {
        (Timing.PAST_DUE, Bucket.FEE): 1,
        (Timing.DUE, Bucket.FEE): 1,
        (Timing.DUE, Bucket.PRINCIPAL): 2,
    }


def test_an_installment_is_due_with_its_tax() -> None:
    assert Installment(1, DAY, 40_000, 2_500).total_cents == 42_500


def test_the_newest_version_that_has_begun_is_in_force() -> None:
    first = replace(loan(), valid_from=date(2026, 1, 1))
    second = replace(first, version=2, valid_from=DAY)
    versions = (second, first)
    assert terms_on(versions, date(2026, 2, 28)) is first
    assert terms_on(versions, DAY) is second
    assert terms_on(versions, date(2025, 1, 1)) is first  # before the first one
    with pytest.raises(SettingsError, match="without terms"):
        terms_on((), DAY)


def test_a_state_with_rows_of_its_own_uses_the_newest_of_them() -> None:
    rules = Rules(
        (),
        return_fees=(
            ReturnFeeRule("*", date(2026, 2, 1), 2_000),
            ReturnFeeRule("TX", date(2020, 1, 1), 2_500),
            ReturnFeeRule("TX", DAY, 3_000),
        ),
        lien_releases=(LienReleaseRule("*", DAY, 30), LienReleaseRule("TX", DAY, 10)),
    )
    fees = [
        rules.return_fee(state, day).fee_cents for state, day in (("TX", date(2026, 2, 28)), ("TX", DAY), ("GA", DAY))
    ]
    assert fees == [2_500, 3_000, 2_000]
    assert [rules.lien_release(state, DAY).days for state in ("TX", "GA")] == [10, 30]
    with pytest.raises(SettingsError, match="no returned-check fee rule for GA on 2026-01-31"):
        rules.return_fee("GA", date(2026, 1, 31))
