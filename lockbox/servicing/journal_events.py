"""The events of a contract as its journals tell them: what the replay is given, without what it makes itself."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

from lockbox.contract.event import (
    Application,
    EndCharge,
    Event,
    FeeCharge,
    InterestWaiver,
    LeaseEnd,
    Payment,
    Recovery,
    Refund,
    RefundPaid,
    RefundStopped,
    Waiver,
    WriteOff,
)
from lockbox.contract.terms import Bucket, Excess
from lockbox.servicing.books import PAYMENTS

NIGHT = "night"  # the maker of what the replay makes itself
LAST = 10**6  # the place of an event after all others that were posted on its day
IN_THE_NIGHT = 2 * LAST  # and after those

HistoryLine = Mapping[str, Any]  # a row of sql/queries/history_lines.sql and its neighbors


def journal_events(lines: Iterable[HistoryLine], first: date) -> tuple[list[Event], dict[str, int]]:
    """(events, event -> item) in the order they were written, without what was taken back.

    Money received before the contract was taken over, and not in its opening, counts from the `first` day after it.
    """
    journals: defaultdict[int, list[HistoryLine]] = defaultdict(list)
    for line in lines:
        if not line["is_reversed"] and line["maker"] != NIGHT:
            journals[line["journal_id"]].append(line)
    events: list[Event] = []
    items: dict[str, int] = {}
    for seq, journal in enumerate(journals.values()):
        event = _event(journal, max(journal[0]["effective_date"], first), seq)
        if event is not None:
            events.append(event)
            if journal[0]["source_kind"] in PAYMENTS:
                items[event.event_id] = journal[0]["item_id"]
    return events, items


def event_without_journal(row: HistoryLine) -> Event:
    """An end that moved no money (a lease brought back without charges, a charge-off of nothing), or a stopped fee."""
    key = f"{row['kind']}/{row['event_id']}"
    if row["kind"] == "return_fee_stopped":
        return FeeCharge(key, row["effective_on"], row["amount_cents"], seq=LAST)
    if row["kind"] == "charge_off":
        return WriteOff(key, row["effective_on"], seq=LAST)
    return LeaseEnd(key, row["effective_on"], row["kind"], (), seq=LAST)


def until_its_night(event: Event, last_night: date) -> Event:
    """A check keeps its money unapplied until the night of the day from which it counts, if that is not the next."""
    if isinstance(event, Payment) and (event.is_ahead or event.on > last_night + timedelta(1)):
        return replace(event, keep_unapplied=True)
    return event


def _event(journal: list[HistoryLine], on: date, seq: int) -> Event | None:
    head = journal[0]
    key = f"journal/{head['journal_id']}"
    debits = sum(line["amount_cents"] for line in journal if line["amount_cents"] > 0)
    match head["source_kind"]:
        case "item" | "identification":
            return _payment(journal, key, on, seq)
        case "fee":
            return FeeCharge(key, on, debits, head["source_key"].partition("/")[0], seq)
        case "waiver":
            cents = -sum(line["amount_cents"] for line in journal if line["account"] == "receivable.fee")
            return Waiver(key, on, cents, None, seq)
        case "interest_waiver":
            cents = -sum(line["amount_cents"] for line in journal if line["account"] == "receivable.interest")
            return InterestWaiver(key, on, cents, seq)
        case "application":
            return Application(key, on, debits, seq)
        case "refund":
            return Refund(key, on, debits, seq)
        case "refund_paid":
            return RefundPaid(key, on, debits, seq)
        case "refund_stopped":
            return RefundStopped(key, on, debits, seq)
        case "lease_end":
            return LeaseEnd(key, on, head["source_key"].partition("/")[0], _end_charges(journal), seq)
        case "charge_off":
            return WriteOff(key, on, "charge_off", None, seq)
        case "payoff":
            return WriteOff(key, on, "payoff", int(head["source_key"].rpartition("/")[2]), seq)
        case "recovery":
            return Recovery(key, on, debits, seq)
    return None


def _payment(journal: list[HistoryLine], key: str, on: date, seq: int) -> Payment:
    head = journal[0]
    cents = -sum(line["amount_cents"] for line in journal if not line["account"].startswith("clearing."))
    is_ahead = head["business_date"] < on
    seq += IN_THE_NIGHT if is_ahead else 0
    excess = Excess(head["excess"]) if head["excess"] else None
    return Payment(key, on, cents, seq, excess, keep_unapplied=head["is_suspense"], is_ahead=is_ahead)


def _end_charges(journal: list[HistoryLine]) -> tuple[EndCharge, ...]:
    return tuple(
        EndCharge(line["account"], Bucket(line["account"].removeprefix("receivable.")), line["amount_cents"])
        for line in journal
        if line["account"].startswith("receivable.")
    )
