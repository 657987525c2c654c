"""Mail that waits for people: two loans, a day of checks in review, and the days and nights after it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import sqlalchemy as sa

from lockbox.contract.position import opened
from lockbox.mail.decision import Outcome
from lockbox.runtime import Runtime
from lockbox.scopes import SiteDayScope
from lockbox.servicing import audit, night
from lockbox.servicing.record import last_night
from reconciliation import daily
from reconciliation.exceptions import resolution
from reconciliation.exceptions.resolution import Part, Proposal
from tests.builders import contract as contracts
from tests.builders import ledger as make

ZONE = ZoneInfo("America/Chicago")
OPENED = date(2026, 11, 13)
MONDAY, TUESDAY, WEDNESDAY, THURSDAY = (make.DAY + timedelta(days) for days in range(4))
ACCOUNTS = ("4990000001", "4990000002")


def noon(day: date) -> datetime:
    """Within the hours of a business date."""
    return datetime.combine(day, time(12), ZONE)


def evening(day: date) -> datetime:
    """After its cut-off, before the next date."""
    return datetime.combine(day, time(19), ZONE)


def waiting_day(
    runtime: Runtime, amounts: Sequence[int | None], reason: str = "account_unread", day: date = MONDAY
) -> list[int]:
    """A batch of checks in review with these amounts, and two loans that owe; gives the items."""
    with runtime.engine.begin() as connection:
        make.lender(connection)
        if not connection.execute(sa.text("select 1 from contract limit 1")).first():
            for no in (1, 2):
                make.open_contract(connection, no, contracts.loan(), opened(2_000_000, OPENED))
        batch = make.batch(connection, "D001", day=day, envelopes=len(amounts), documents=len(amounts))
        items = [make.item(connection, batch, sequence) for sequence, _ in enumerate(amounts, 1)]
        for item, cents in zip(items, amounts, strict=True):
            make.decision(connection, item, "review", cents, reasons=[reason])
        make.stages_done(connection, f"dallas/{day}/D001")
        make.manifest(connection, [("D001", len(amounts), len(amounts))], day=day)
    return items


def accounts(runtime: Runtime) -> list[str]:
    """The account numbers of the two loans."""
    with runtime.engine.connect() as connection:
        numbers = sa.text("select account_number from contract order by contract_id")
        return list(connection.execute(numbers).scalars())


def close(runtime: Runtime, day: date) -> str:
    """Closes Dallas's day on its evening; without mail, its manifest says so."""
    with runtime.engine.begin() as connection:
        values = {"day": day, "at": noon(day)}
        silent = sa.text("insert into site_day values ('dallas', :day, '[]', :at) on conflict do nothing")
        connection.execute(silent, values)
    return daily.close(runtime, SiteDayScope("dallas", day), evening(day))


def run_night(runtime: Runtime, day: date) -> None:
    """The night of a day, and those before it."""
    night.night(runtime, day, evening(day))


def propose(runtime: Runtime, item: int, proposal: Proposal, on: date, by: str = "ann") -> int:
    """A proposal at noon; gives the number of the resolution."""
    with runtime.engine.begin() as connection:
        shown = resolution.open_item(connection, str(item))
        return resolution.propose(connection, shown, proposal, by, noon(on))


def pays(account: str, cents: int | None = None) -> Proposal:
    """The check pays one contract."""
    return Proposal(Outcome.POST, (Part(account, 0),), cents)


def resolve(runtime: Runtime, item: int, proposal: Proposal, on: date, by: str = "ann", second: str = "bob") -> int:
    """Proposed, confirmed where that is needed, and made final; gives the number of the resolution."""
    number = propose(runtime, item, proposal, on, by)
    with runtime.engine.begin() as connection:
        if resolution.state_of(connection, number) == "proposed":
            resolution.step(connection, number, "confirmed", second, noon(on))
    resolution.finish_ready(runtime, noon(on))
    return number


def replayed(runtime: Runtime) -> list[str]:
    """Where the ledger differs from the replay of the loans' histories (I9, I10)."""
    with runtime.engine.connect() as connection:
        numbers = list(connection.execute(sa.text("select contract_id from contract order by 1")).scalars())
        return list(audit.differences(connection, numbers, last_night(connection)))
