"""A site day as loaded from the database: its batches, its ledger, its deposit and its close."""

from __future__ import annotations

from lockbox.runtime import Runtime
from lockbox.scopes import BatchScope
from reconciliation import daily
from reconciliation.site_day import load_site_day
from reconciliation.tally import Tally
from tests.builders import ledger as make
from tests.builders.site_days import SCOPE, posted_day


def test_a_posted_day_is_loaded_with_its_batches_and_its_clearing(runtime: Runtime) -> None:
    with posted_day(runtime).engine.connect() as connection:
        day = load_site_day(connection, make.SITE, make.DAY)
    first, second = day.batches
    assert first.scope == BatchScope("dallas", make.DAY, "D001")
    assert (first.declared_documents, first.documents, first.support) == (4, 4, 1)
    assert (first.posted, first.suspense) == (Tally(2, 82_599), Tally(1, 20_000))
    assert (second.posted, second.review_unread, second.rejected) == (Tally(1, 10_000), 1, Tally(1, 5_000))
    assert (day.ledger.posted, day.ledger.deposit, day.ledger.bank_cents) == (Tally(4, 112_599), None, 0)
    assert day.closed_at is None
    assert day.tie_out().balanced


def test_a_closed_day_has_its_deposit_and_nothing_left_in_clearing(runtime: Runtime) -> None:
    daily.close(posted_day(runtime), SCOPE, make.EVENING)
    with runtime.engine.connect() as connection:
        day = load_site_day(connection, make.SITE, make.DAY)
    assert (day.ledger.deposit, day.ledger.deposit_items) == (Tally(4, 112_599), Tally(4, 112_599))
    assert (day.ledger.clearing_left_cents, day.ledger.bank_cents) == (0, 112_599)
    assert day.closed_at == make.EVENING


def test_an_unknown_day_has_no_batches(runtime: Runtime) -> None:
    with runtime.engine.connect() as connection:
        day = load_site_day(connection, "richardson", make.DAY)
    assert (day.batches, day.closed_at, day.ledger.posted) == ((), None, Tally())
