"""The record of a contract: its terms, opening, events and books from the tables, ready to be replayed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any

import sqlalchemy as sa

from lockbox import db
from lockbox.contract.event import Event, FeeCharge, Flag
from lockbox.contract.grace import IsOpen
from lockbox.contract.history import History, history
from lockbox.contract.position import Credit, OpenBill, OpenFee, Position
from lockbox.contract.terms import Method, Product, Rules, Terms, terms_on
from lockbox.contract.versions import in_sequence
from lockbox.errors import InputError, NotReady
from lockbox.servicing.books import Books, contract_books
from lockbox.servicing.contract_terms import load_terms
from lockbox.servicing.journal_events import LAST, HistoryLine, event_without_journal, journal_events, until_its_night


@dataclass(frozen=True, slots=True)
class Record:
    """One contract, ready to be replayed."""

    contract_id: int
    account_number: str
    lender_id: str
    terms: tuple[Terms, ...]  # in sequence
    opening: Position
    events: tuple[Event, ...]  # of the days whose night was run
    under_way: tuple[Event, ...]  # of later days
    items: Mapping[str, int]  # event -> item
    flags: tuple[Flag, ...]
    last_night: date
    books: Books

    def replay(self, rules: Rules, is_open: IsOpen, until: date | None = None) -> History:
        """Its history to the end of a day; without a day, to the last night, with the events under way."""
        if until is None:
            return history(self.terms, rules, self.opening, self.events, self.last_night, is_open, self.under_way)
        events = [event for event in (*self.events, *self.under_way) if event.on <= until]
        return history(self.terms, rules, self.opening, events, until, is_open)

    def position_on(self, rules: Rules, is_open: IsOpen, day: date) -> Position:
        """Its position on a day whose night was run, before that night, with the day's own events."""
        before = [event for event in self.events if event.on < day]
        on_the_day = [until_its_night(event, day) for event in self.events if event.on == day]
        return history(self.terms, rules, self.opening, before, day - timedelta(1), is_open, on_the_day).position

    def with_event(self, event: Event) -> Record:
        """The record with one more event, the last one of its day; it replaces an event with the same id."""
        kept = (known for known in self.events if known.event_id != event.event_id)
        return replace(self, events=(*kept, replace(event, seq=LAST)))


def load_record(
    connection: sa.Connection,
    contract_id: int,
    last_night: date | None,
    taken_back: Collection[int] = (),
    fee: FeeCharge | None = None,
) -> Record:
    """One contract as it stands after the last night that was run (see `last_night`).

    With the journals `taken_back`, as it will be once they are reversed; with `fee`, once that is charged.

    Raises:
        InputError: there is no such contract.
    """
    contract = _contract(connection, contract_id)
    lines = _with_reversals(_rows(connection, "queries/history_lines", contract_id=contract_id), taken_back)
    if fee is not None:
        lines.append(_fee_line(fee))
    terms = in_sequence(load_terms(connection, contract_id, contract["product"], contract["state"]))
    flags = _flags(connection, contract_id)
    opened_on = contract["taken_over_on"]
    installments = _rows(
        connection, "queries/history_installments", contract_id=contract_id, taken_back=list(taken_back)
    )
    fees = _rows(connection, "queries/history_late_fees", contract_id=contract_id)
    opening = _opening(contract, lines, installments, fees, terms_on(terms, opened_on))
    events, items = journal_events(lines, opened_on + timedelta(1))
    events += [flag for flag in flags if flag.on > opened_on]
    events += _events_without_journals(connection, contract_id)
    last = max(last_night or opened_on, opened_on)
    later = [event for event in events if event.on > last]
    return Record(
        contract_id=contract_id,
        account_number=contract["account_number"],
        lender_id=contract["lender_id"],
        terms=terms,
        opening=replace(opening, flags=tuple(flag for flag in flags if flag.on <= opened_on)),
        events=tuple(event for event in events if event.on <= last),
        under_way=tuple(until_its_night(event, last) for event in later),
        items=items,
        flags=tuple(flags),
        last_night=last,
        books=contract_books(lines, installments, fees),
    )


def last_night(connection: sa.Connection) -> date | None:
    """The last night that was run; None before the first one.

    Raises:
        NotReady: the next night broke off: what it wrote belongs to no history until that night is finished.
    """
    last: date | None = connection.execute(sa.text("select max(business_date) from night")).scalar()
    scope = connection.execute(
        sa.text("""
            select min(scope) from stage_run
            where scope like 'night/%' and state = 'done' and scope > 'night/' || coalesce(cast(:last as text), '')"""),
        {"last": last},
    ).scalar()
    if scope is not None:
        raise NotReady(f"{scope} broke off: run it to its end first")
    return last


def _contract(connection: sa.Connection, contract_id: int) -> HistoryLine:
    rows = connection.execute(
        sa.text("""
            select c.*, o.opened_on as taken_over_on, o.carry, o.base_cents, o.period_cents,
                o.fee_ahead_cents, o.paid_through, o.billed_through
            from contract as c join opening as o using (contract_id)
            where c.contract_id = :contract"""),
        {"contract": contract_id},
    )
    row = rows.mappings().first()
    if row is None:
        raise InputError("no such contract", record=str(contract_id))
    return dict(row)


def _events_without_journals(connection: sa.Connection, contract_id: int) -> list[Event]:
    rows = _rows(connection, "queries/history_silent_events", contract_id=contract_id)
    return [event_without_journal(row) for row in rows]


def _with_reversals(lines: Iterable[HistoryLine], taken_back: Collection[int]) -> list[HistoryLine]:
    """The lines as they will be once the journals taken back are reversed."""
    as_reversed: list[HistoryLine] = []
    mirrored: list[HistoryLine] = []
    for line in lines:
        if line["journal_id"] in taken_back:
            reversal = {"source_kind": "reversal", "reversed_kind": line["source_kind"], "is_reversed": False}
            mirrored.append({**line, **reversal, "amount_cents": -line["amount_cents"]})
            as_reversed.append({**line, "is_reversed": True})
        else:
            as_reversed.append(line)
    return as_reversed + mirrored


def _rows(connection: sa.Connection, name: str, **parameters: Any) -> list[HistoryLine]:
    return [dict(row) for row in db.rows(connection, name, **parameters)]


def _fee_line(fee: FeeCharge) -> HistoryLine:
    return {
        "journal_id": fee.event_id,
        "source_kind": "fee",
        "source_key": fee.kind,
        "item_id": None,
        "effective_date": fee.on,
        "maker": "",
        "reversed_kind": None,
        "unapplied_item_id": None,
        "account": "receivable.fee",
        "amount_cents": fee.amount_cents,
        "is_reversed": False,
        "is_suspense": False,
        "excess": None,
    }


def _flags(connection: sa.Connection, contract_id: int) -> list[Flag]:
    rows = connection.execute(
        sa.text("select * from contract_flag where contract_id = :contract order by valid_from, flag"),
        {"contract": contract_id},
    )
    return [Flag(f"flag/{row.flag}/{row.valid_from}", row.valid_from, row.flag, row.valid_to) for row in rows]


def _opening(
    contract: HistoryLine,
    lines: Iterable[HistoryLine],
    installments: Iterable[HistoryLine],
    fees: Iterable[HistoryLine],
    terms: Terms,
) -> Position:
    sums: Counter[str] = Counter()
    for line in lines:
        if line["source_kind"] == "opening":
            sums[line["account"]] += line["amount_cents"]
    late_fees = [fee for fee in fees if fee["is_opening"]]
    billed = [row for row in installments if row["opening_cents"] is not None]
    is_loan, is_scheduled = terms.product is Product.LOAN, terms.method is Method.SCHEDULED
    return Position(
        on=contract["taken_over_on"],
        principal_cents=sums["receivable.principal"],
        interest_cents=sums["receivable.interest"],
        unapplied_cents=-sums["suspense.unapplied"],
        carry=contract["carry"],
        # 0 is a base of its own: after the last due date of the schedule nothing accrues any more
        base_cents=contract["base_cents"] if is_scheduled else sums["receivable.principal"],
        period_cents=contract["period_cents"],
        fee_ahead_cents=contract["fee_ahead_cents"],
        paid_through=contract["paid_through"],
        billed_through=0 if is_loan else contract["billed_through"],
        credits=tuple(
            Credit(row["installment_no"], row["opening_cents"])
            for row in billed
            if is_loan and row["installment_no"] > contract["paid_through"] and row["opening_cents"]
        ),
        fees=_opening_fees(contract["taken_over_on"], late_fees, sums["receivable.fee"]),
        bills=() if is_loan else tuple(bill for bill in map(_bill, billed) if bill.rent_cents or bill.tax_cents),
        late_fees=tuple(sorted(fee["installment_no"] for fee in late_fees)),
    )


def _opening_fees(on: date, late_fees: Iterable[HistoryLine], fee_cents: int) -> tuple[OpenFee, ...]:
    """The late fees of the opening; fees that are not of an installment count as one, charged the day before."""
    fees = [OpenFee(fee["charged_on"], f"late/{fee['installment_no']}", fee["amount_cents"]) for fee in late_fees]
    rest = fee_cents - sum(fee.open_cents for fee in fees)
    if rest:
        fees.append(OpenFee(on - timedelta(1), "opening", rest))
    return tuple(sorted(fees, key=lambda fee: fee.on))


def _bill(row: HistoryLine) -> OpenBill:
    """What is left of a bill; rent is paid before its tax."""
    rent = row["amount_cents"] - row["tax_cents"]
    tax_paid = max(row["opening_cents"] - rent, 0)
    rent_left = max(rent - row["opening_cents"], 0)
    return OpenBill(row["installment_no"], row["due_on"], rent_left, row["tax_cents"] - tax_paid)
