"""The record of a contract: its terms, opening, events and books from the tables, ready to be replayed."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any

import sqlalchemy as sa

from lockbox import db
from lockbox.contract import schedule
from lockbox.contract.event import Event, FeeCharge, Flag
from lockbox.contract.grace import IsOpen
from lockbox.contract.history import History, history
from lockbox.contract.position import Credit, OpenBill, OpenFee, Position
from lockbox.contract.terms import Method, Product, Rules, Terms, terms_on
from lockbox.contract.versions import in_sequence
from lockbox.errors import InputError, NotReady
from lockbox.servicing.books import Books, contract_books
from lockbox.servicing.contract_terms import load_terms_of
from lockbox.servicing.journal_events import LAST, HistoryLine, event_without_journal, journal_events, until_its_night

AT_ONCE = 500  # contracts in one call


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

    def without(self, event_id: str) -> Record:
        """The record without an event of the day under way or to come."""
        return replace(self, under_way=tuple(event for event in self.under_way if event.event_id != event_id))

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
    tables = _Tables(connection, [contract_id], taken_back)
    if contract_id not in tables.contracts:
        raise InputError("no such contract", record=str(contract_id))
    lines = _with_reversals(tables.lines[contract_id], taken_back)
    if fee is not None:
        lines.append(_fee_line(fee))
    return tables.record(contract_id, lines, last_night)


def load_records(connection: sa.Connection, contracts: Iterable[int], last_night: date | None) -> Iterator[Record]:
    """Contracts as they stand after the last night that was run, some hundred at a time."""
    all_contracts = list(contracts)
    for start in range(0, len(all_contracts), AT_ONCE):
        some = all_contracts[start : start + AT_ONCE]
        tables = _Tables(connection, some, ())
        for contract_id in some:
            yield tables.record(contract_id, tables.lines[contract_id], last_night)


class _Tables:
    """The rows of some contracts, by contract."""

    def __init__(self, connection: sa.Connection, contracts: Sequence[int], taken_back: Collection[int]) -> None:
        def of_each(name: str, **parameters: Any) -> defaultdict[int, list[HistoryLine]]:
            grouped: defaultdict[int, list[HistoryLine]] = defaultdict(list)
            for row in db.rows(connection, f"queries/{name}", contracts=list(contracts), **parameters):
                grouped[row["contract_id"]].append(dict(row))
            return grouped

        self.contracts = {number: rows[0] for number, rows in of_each("history_contracts").items()}
        self.lines = of_each("history_lines")
        self.installments = of_each("history_installments", taken_back=list(taken_back))
        self.fees = of_each("history_late_fees")
        self.silent = of_each("history_silent_events")
        self.flags = of_each("history_flags")
        laws = {number: (row["product"], row["state"]) for number, row in self.contracts.items()}
        self.terms = load_terms_of(connection, laws)

    def record(self, contract_id: int, lines: Sequence[HistoryLine], last_night: date | None) -> Record:
        """A contract with these ledger lines."""
        contract = self.contracts[contract_id]
        installments, fees = self.installments[contract_id], self.fees[contract_id]
        opened_on = contract["taken_over_on"]
        terms = in_sequence(self.terms[contract_id])
        flags = [_flag(row) for row in self.flags[contract_id]]
        opening = _opening(contract, lines, installments, fees, terms_on(terms, opened_on))
        events, items = journal_events(lines, opened_on + timedelta(1))
        events += [flag for flag in flags if flag.on > opened_on]
        events += [event_without_journal(row) for row in self.silent[contract_id]]
        last = max(last_night or opened_on, opened_on)
        return Record(
            contract_id=contract_id,
            account_number=contract["account_number"],
            lender_id=contract["lender_id"],
            terms=terms,
            opening=replace(opening, flags=tuple(flag for flag in flags if flag.on <= opened_on)),
            events=tuple(event for event in events if event.on <= last),
            under_way=tuple(until_its_night(event, last) for event in events if event.on > last),
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


def _flag(row: HistoryLine) -> Flag:
    return Flag(f"flag/{row['flag']}/{row['valid_from']}", row["valid_from"], row["flag"], row["valid_to"])


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
        bills=() if is_loan else tuple(_bills(billed, terms)),
        late_fees=tuple(sorted(fee["installment_no"] for fee in late_fees)),
    )


def _opening_fees(on: date, late_fees: Iterable[HistoryLine], fee_cents: int) -> tuple[OpenFee, ...]:
    """The late fees of the opening; fees that are not of an installment count as one, charged the day before."""
    fees = [OpenFee(fee["charged_on"], f"late/{fee['installment_no']}", fee["amount_cents"]) for fee in late_fees]
    rest = fee_cents - sum(fee.open_cents for fee in fees)
    if rest:
        fees.append(OpenFee(on - timedelta(1), "opening", rest))
    return tuple(sorted(fees, key=lambda fee: fee.on))


def _bills(billed: Iterable[HistoryLine], terms: Terms) -> Iterator[OpenBill]:
    """What was left of bills at the takeover, as its terms have them: later ones may have changed the rows since.

    Rent is paid before its tax.
    """
    for row in billed:
        due = schedule.installment(terms.schedule, row["installment_no"])
        if due is not None and row["opening_cents"] < due.total_cents:
            tax_paid = max(row["opening_cents"] - due.amount_cents, 0)
            rent_left = max(due.amount_cents - row["opening_cents"], 0)
            yield OpenBill(due.no, due.due_on, rent_left, due.tax_cents - tax_paid)
