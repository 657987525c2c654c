"""Nights and the mail before them: a portfolio loaded, payments posted, days closed, nights run."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime
from typing import Any

import sqlalchemy as sa

from lockbox.contract.master import Master
from lockbox.contract.position import Position
from lockbox.lender.profile import read_profile
from lockbox.lender.profile_rules import mail_calendar_of, rules_of
from lockbox.mail.posting import post_batch
from lockbox.runtime import Runtime
from lockbox.servicing import night
from lockbox.servicing.load_master import load_master
from lockbox.settings import Settings
from lockbox.simulator.portfolio import PortfolioMix, make_portfolio
from tests.builders import ledger as make

BALANCES = (
    "principal_cents",
    "interest_cents",
    "fee_cents",
    "rent_cents",
    "tax_cents",
    "unapplied_cents",
    "refund_cents",
    "fee_ahead_cents",
    "carry",
)
PROFILE = read_profile(Settings().profile)
RULES, IS_OPEN = rules_of(PROFILE), mail_calendar_of(PROFILE)


def run(runtime: Runtime, day: date, at: datetime = make.EVENING) -> list[str]:
    return night.night(runtime, day, at)


def load(runtime: Runtime, master: Master) -> None:
    with runtime.engine.begin() as connection:
        make.lender(connection)
        load_master(connection, master, make.ARRIVED)


def pay(runtime: Runtime, day: date, payments: Iterable[tuple[str, int]], effective_on: date | None = None) -> None:
    """A batch of checks (account number, cents), decided and posted."""
    with runtime.engine.begin() as connection:
        batch = make.batch(connection, f"P{day:%m%d}{(effective_on or day):%m%d}", day=day, effective_date=effective_on)
        for sequence, (number, cents) in enumerate(payments, 1):
            contract = connection.execute(
                sa.text("select contract_id from contract where account_number = :n"), {"n": number}
            ).scalar_one()
            item = make.item(connection, batch, sequence)
            make.decision(connection, item, amount_cents=cents, lines=[(contract, cents)])
        post_batch(connection, batch, make.WORKED)


def closed(runtime: Runtime, day: date) -> None:
    """Closes a site day as far as the night checks."""
    with runtime.engine.begin() as connection:
        make.closed_day(connection, day=day)


def positions(runtime: Runtime) -> dict[str, dict[str, Any]]:
    with runtime.engine.connect() as connection:
        rows = connection.execute(
            sa.text("select c.account_number, p.* from position p join contract c using (contract_id)")
        )
        return {row["account_number"]: dict(row) for row in rows.mappings()}


def balances(position: Position) -> dict[str, int]:
    """The balances of a replayed position, by the names of the columns."""
    return {name: getattr(position, name) for name in BALANCES}


def portfolio(contracts: int, seed: int = 3, opening_on: date = make.EVE) -> Master:
    mix = PortfolioMix(past_due=0.4, fee_alone=0.1, flagged=0.15, lease=0.35)
    return make_portfolio(seed, opening_on, b"k" * 32, contracts, mix=mix)
