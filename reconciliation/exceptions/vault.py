"""The vault: post-dated checks that wait for their date, what is due of them, and the count of what lies there."""

from __future__ import annotations

from collections import defaultdict
from datetime import date, datetime, timedelta

import sqlalchemy as sa

from lockbox.errors import InputError, Refused
from lockbox.lender.dated_rules import policy_on
from lockbox.mail.decision import Outcome
from lockbox.mail.reason import Reason
from lockbox.money import dollars
from lockbox.ops_events import note, settle, settle_all_but
from reconciliation.exceptions import resolution
from reconciliation.exceptions.resolution import OpenItem, Part, Proposal

DUE, DIFFERS = "vault_due", "vault_differs"  # kinds of events
SHOWN = 5  # names in one message


def vault_checks(connection: sa.Connection, site_id: str = "") -> list[OpenItem]:
    """The checks in the vault, of one site if given, those that come due first at the top."""
    held = [item for item in resolution.open_items(connection, site_id) if item.outcome is Outcome.HOLD]
    return sorted(held, key=lambda item: (item.hold_until or date.max, item.name))


def vault_check(connection: sa.Connection, name: str) -> OpenItem:
    """The check of a name or number.

    Raises:
        InputError: it is not in the vault.
    """
    item = resolution.open_item(connection, name)
    if item.outcome is not Outcome.HOLD:
        raise InputError("it is not in the vault; `vault list` names what is", record=item.name)
    return item


def release(
    connection: sa.Connection,
    item: OpenItem,
    parts: tuple[Part, ...],
    amount_cents: int | None,
    person: str,
    as_of: datetime,
) -> int:
    """Proposes to post a check whose date has come; gives the number of the resolution. It is credited as of its date.

    Raises:
        Refused: its date has not come, or see `resolution.propose`.
        InputError: see `resolution.propose`.
    """
    if not item.is_due(as_of):
        raise Refused(f"{item.name}: it stays in the vault until {item.hold_until}")
    return resolution.propose(connection, item, Proposal(Outcome.POST, parts, amount_cents), person, as_of)


def send_back(
    connection: sa.Connection, item: OpenItem, reasons: tuple[Reason, ...], remark: str, person: str, as_of: datetime
) -> int:
    """Proposes to return a check to its sender, whatever its date; gives the number of the resolution.

    Raises:
        Refused: see `resolution.propose`.
    """
    proposal = Proposal(Outcome.REJECT, reasons=reasons or (Reason.POST_DATED,), note=remark)
    return resolution.propose(connection, item, proposal, person, as_of)


def count(connection: sa.Connection, site_id: str, checks: int, person: str, second: str, as_of: datetime) -> int:
    """Records what two people counted in a site's vault; gives how many checks the books have there. A difference is an
    event until a count agrees.

    Raises:
        InputError: no such site, or a number below 0.
        Refused: one person cannot count as two.
    """
    if not connection.execute(sa.text("select 1 from site where site_id = :site"), {"site": site_id}).first():
        raise InputError("no such site", record=site_id)
    if checks < 0 or not person.strip() or not second.strip():
        raise InputError("give a number of checks, and both people who counted", record=site_id)
    statement = sa.text("select count_vault(:site, :checks, :person, :second, :as_of)")
    values = {"site": site_id, "checks": checks, "person": person, "second": second, "as_of": as_of}
    booked = int(connection.execute(statement, values).scalar_one())
    if checks == booked:
        settle(connection, DIFFERS, site_id, as_of)
    else:
        words = f"{person} and {second} counted {checks} checks in the vault; the books have {booked} there"
        note(connection, "error", DIFFERS, site_id, words, as_of)
    return booked


def note_due(connection: sa.Connection, as_of: datetime) -> None:
    """An event for each site and day on which checks of the vault were due and were not worked by the cut-off."""
    late: dict[str, list[OpenItem]] = defaultdict(list)
    for item in vault_checks(connection):
        day, due_at = _due(connection, item)
        if as_of >= due_at:
            late[f"{item.site_id}/{day}"].append(item)
    for scope, items in late.items():
        known = dollars(sum(item.amount_cents or 0 for item in items))
        names = ", ".join(item.name for item in items[:SHOWN]) + (" ..." if len(items) > SHOWN else "")
        words = f"{len(items)} postdated checks, {known}, were due in the vault and were not worked: {names}"
        note(connection, "warning", DUE, scope, words, as_of)
    settle_all_but(connection, DUE, late, as_of)


def _due(connection: sa.Connection, item: OpenItem) -> tuple[date, datetime]:
    """The first open day from a check's date on, and from when on it is worked late: the cut-off of that day."""
    day = max(item.hold_until or item.business_date, item.business_date)
    hours = policy_on(connection, item.site_id, day).hours
    while not hours.is_open(day):
        day += timedelta(days=1)
    return day, hours.cut_off_at(day)
