"""A small portfolio, its nights, and what goes to its customers after them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta

import sqlalchemy as sa

from lockbox.contract.schedule import level
from lockbox.customer import service
from lockbox.customer.contacts import Consent, note_consent, set_contact
from lockbox.mail.pipeline import items_of
from lockbox.mail.posting import post_batch
from lockbox.runtime import Runtime
from lockbox.scopes import SiteDayScope
from lockbox.servicing import night
from lockbox.servicing.correction import adjust_late
from reconciliation import daily
from tests.builders import ledger as make

DAY = make.DAY
NEXT = date(2026, 12, 15)  # when the builders' contracts are due next
MADE = NEXT - timedelta(21)  # when its statements are made
LOAN = {"rate_ppm": 64_900, "schedule": level(date(2025, 2, 15), 15, 60, make.INSTALLMENT_CENTS)}


def three_contracts(runtime: Runtime) -> list[int]:
    """A loan that is past due with a fee, a lease, and a loan whose customer agreed to electronic statements."""
    with runtime.engine.begin() as connection:
        make.lender(connection)
        contract_ids = [
            make.contract(connection, 1, principal_cents=1_510_012, count=60, terms=LOAN, fee_cents=2_062),
            make.open_contract(connection, 2, *make.lease()),
            make.contract(connection, 3, principal_cents=900_000, count=60, terms=LOAN),
        ]
        customer = connection.execute(
            sa.text("select customer_id from contract where contract_id = :id"), {"id": contract_ids[2]}
        ).scalar_one()
        early = after(DAY) - timedelta(days=30)
        set_contact(connection, customer, "email", "payer3@example.com", early)
        note_consent(connection, customer, Consent("electronic_statements", True, "2026-01", "web form"), early)
    return contract_ids


def after(day: date) -> datetime:
    """9 pm in Dallas on a day."""
    return datetime.combine(day, make.EVENING.timetz()) + timedelta(days=1, hours=2)


def run_to(runtime: Runtime, day: date) -> list[str]:
    night.night(runtime, day, after(day))
    return service.after_night(runtime, day, after(day))


def pay(
    runtime: Runtime, contract_id: int, cents: int, day: date, excess: str | None = None, reasons: Sequence[str] = ()
) -> None:
    """A check taken in, decided and posted; and its day closed."""
    with runtime.engine.begin() as connection:
        batch = make.batch(connection, day=day)
        item, lines = make.item(connection, batch), [(contract_id, cents)]
        make.decision(connection, item, amount_cents=cents, lines=lines, excess=excess, reasons=reasons)
        post_batch(connection, batch, after(day))
        adjust_late(connection, items_of(connection, batch), after(day))
        make.stages_done(connection, f"dallas/{day}/D001")
        make.manifest(connection, [("D001", 1, 1)], day=day)
    daily.close(runtime, SiteDayScope("dallas", day), after(day))


def accounts(runtime: Runtime) -> list[str]:
    with runtime.engine.connect() as connection:
        return list(connection.execute(sa.text("select account_number from contract order by contract_id")).scalars())


def count(runtime: Runtime, table: str) -> int:
    with runtime.engine.connect() as connection:
        return int(connection.execute(sa.text(f"select count(*) from {table}")).scalar_one())
