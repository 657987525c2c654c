"""A contract as the tables hold it, in the words of `lockbox.contract.history`: terms, opening, events, postings."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any

import sqlalchemy as sa

from lockbox import db
from lockbox.contract.event import (
    Application,
    EndCharge,
    Event,
    FeeCharge,
    Flag,
    LeaseEnd,
    Payment,
    Recovery,
    Refund,
    Waiver,
    WriteOff,
)
from lockbox.contract.grace import IsOpen
from lockbox.contract.history import History, history
from lockbox.contract.position import Credit, OpenBill, OpenFee, Position
from lockbox.contract.terms import (
    AllocationOrder,
    Bucket,
    DayCount,
    Excess,
    LeaseTerms,
    Method,
    Product,
    Rules,
    Run,
    Terms,
    Timing,
)
from lockbox.errors import InputError, NotReady
from lockbox.servicing.books import Books, _books

NIGHT = "night"  # who made what the replay makes by itself
LAST = 10**6  # the place of an event after all that were posted on its day
IN_THE_NIGHT = 2 * LAST  # and after those, too


HistoryLine = Mapping[str, Any]  # a row of sql/queries/history_lines.sql and its neighbours


@dataclass(frozen=True, slots=True)
class Record:
    """One contract, ready to be replayed."""

    contract_id: int
    account_number: str
    lender_id: str
    terms: tuple[Terms, ...]
    opening: Position
    events: tuple[Event, ...]  # those of nights that were run
    under_way: tuple[Event, ...]  # those of the day whose night is to come
    items: Mapping[str, int]  # event -> item
    flags: tuple[Flag, ...]
    last_night: date
    books: Books

    def replay(self, rules: Rules, is_open: IsOpen, until: date | None = None) -> History:
        """Its history to the end of a day; of the last night, with what is under way, if none is named."""
        if until is None:
            return history(self.terms, rules, self.opening, self.events, self.last_night, is_open, self.under_way)
        known = (*self.events, *self.under_way)
        return history(self.terms, rules, self.opening, [one for one in known if one.on <= until], until, is_open)

    def position_on(self, rules: Rules, is_open: IsOpen, day: date) -> Position:
        """Where it stood on a day whose night was run, before that night, with what had come on the day."""
        before = [one for one in self.events if one.on < day]
        came = [_not_yet(one, day) for one in self.events if one.on == day and not isinstance(one, Flag)]
        return history(self.terms, rules, self.opening, before, day - timedelta(1), is_open, came).position

    def with_event(self, event: Event) -> Record:
        """The record as if this event had happened too, as the last one of its day; in place of one of the same id."""
        others = (one for one in self.events if one.event_id != event.event_id)
        return replace(self, events=(*others, replace(event, seq=LAST)))


def load_record(
    connection: sa.Connection, contract_id: int, last_night: date | None, taken_back: Collection[int] = (),
    fee: FeeCharge | None = None,
) -> Record:  # fmt: skip
    """One contract as it stands after the last night that was run (see `last_night`).

    With `taken_back`, as it will be when these journals are reversed, and with `fee`, when that is charged.

    Raises:
        InputError: there is no such contract.
    """
    found = connection.execute(
        sa.text("""
            select c.*, o.opened_on as taken_over_on, o.carry, o.base_cents, o.period_cents,
                o.fee_ahead_cents, o.paid_through, o.billed_through
            from contract as c join opening as o using (contract_id)
            where c.contract_id = :contract"""),
        {"contract": contract_id},
    ).mappings().first()  # fmt: skip
    if found is None:
        raise InputError("no such contract", record=str(contract_id))
    lines = _with_reversals(_rows(connection, "queries/history_lines", contract_id=contract_id), taken_back)
    if fee is not None:
        lines.append(_fee_line(fee))
    terms = _terms(connection, contract_id, found["product"], found["state"])
    flags = _flags(connection, contract_id)
    opened_on = found["taken_over_on"]
    installments = _rows(
        connection, "queries/history_installments", contract_id=contract_id, taken_back=list(taken_back)
    )
    fees = _rows(connection, "queries/history_late_fees", contract_id=contract_id)
    opening = replace(
        _opening(dict(found), lines, installments, fees, terms[0].product),
        flags=tuple(one for one in flags if one.on <= opened_on),
    )
    events, items = _events(lines, opened_on + timedelta(1))
    events += [one for one in flags if one.on > opened_on]
    events += [_silent(row) for row in _rows(connection, "queries/history_silent_events", contract_id=contract_id)]
    last = max(last_night or opened_on, opened_on)
    return Record(
        contract_id=contract_id,
        account_number=found["account_number"],
        lender_id=found["lender_id"],
        terms=terms,
        opening=opening,
        events=tuple(one for one in events if one.on <= last),
        under_way=tuple(_not_yet(one, last) for one in events if one.on > last and not isinstance(one, Flag)),
        items=items,
        flags=tuple(flags),
        last_night=last,
        books=_books(lines, installments, fees),
    )


def last_night(connection: sa.Connection) -> date | None:
    """The last night that was run; None: none yet.

    Raises:
        NotReady: the next one broke off half way: what it wrote belongs to no history until it is run to its end.
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


def _with_reversals(lines: Iterable[Mapping[str, Any]], taken_back: Collection[int]) -> list[HistoryLine]:
    found: list[HistoryLine] = []
    mirrored: list[HistoryLine] = []
    for line in lines:
        if line["journal_id"] in taken_back:
            more = {"source_kind": "reversal", "reversed_kind": line["source_kind"], "is_reversed": False}
            mirrored.append({**line, **more, "amount_cents": -line["amount_cents"]})
            found.append({**line, "is_reversed": True})
        else:
            found.append(line)
    return found + mirrored


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
    }


def _terms(connection: sa.Connection, contract_id: int, product: str, state: str) -> tuple[Terms, ...]:
    named = {"contract": contract_id}
    runs: defaultdict[int, list[Run]] = defaultdict(list)
    for row in connection.execute(
        sa.text("select *, count as months from schedule_run where contract_id = :contract order by version, first_no"),
        named,
    ):
        runs[row.version].append(
            Run(row.first_no, row.first_due_on, row.due_day, row.months, row.amount_cents, row.tax_cents)
        )
    ends = {
        row.pop("version"): LeaseTerms(**{name: value for name, value in row.items() if name != "contract_id"})
        for row in map(
            dict,
            connection.execute(sa.text("select * from lease_terms where contract_id = :contract"), named).mappings(),
        )
    }
    rows = connection.execute(
        sa.text("select * from contract_terms where contract_id = :contract order by valid_from, version"), named
    ).all()
    orders = {row.order_id: _order(connection, row.order_id) for row in rows}
    return tuple(
        Terms(
            version=row.version,
            valid_from=row.valid_from,
            product=Product(product),
            state=state,
            rate_ppm=row.rate_ppm,
            day_count=DayCount(row.day_count),
            method=Method(row.method),
            schedule=tuple(runs[row.version]),
            order=orders[row.order_id],
            excess=Excess(row.excess),
            lease=ends.get(row.version),
        )
        for row in rows
    )


def _order(connection: sa.Connection, order_id: str) -> AllocationOrder:
    cells = connection.execute(
        sa.text("select timing, bucket, rank from allocation_cell where order_id = :order"), {"order": order_id}
    )
    return AllocationOrder(order_id, {(Timing(row.timing), Bucket(row.bucket)): row.rank for row in cells})


def _flags(connection: sa.Connection, contract_id: int) -> list[Flag]:
    rows = connection.execute(
        sa.text("select * from contract_flag where contract_id = :contract order by valid_from, flag"),
        {"contract": contract_id},
    )
    return [Flag(f"flag/{row.flag}/{row.valid_from}", row.valid_from, row.flag, row.valid_to) for row in rows]


def _opening(
    contract: Mapping[str, Any], lines: Iterable[Mapping[str, Any]], installments: Iterable[Mapping[str, Any]],
    fees: Iterable[Mapping[str, Any]], product: Product,
) -> Position:  # fmt: skip
    on = contract["taken_over_on"]
    sums: Counter[str] = Counter()
    for line in lines:
        if line["source_kind"] == "opening":
            sums[line["account"]] += line["amount_cents"]
    late = [one for one in fees if one["is_opening"]]
    open_fees = [OpenFee(one["charged_on"], f"late/{one['installment_no']}", one["amount_cents"]) for one in late]
    other = sums["receivable.fee"] - sum(one.open_cents for one in open_fees)
    if other:
        open_fees.append(OpenFee(on - timedelta(1), "opening", other))
    taken = [one for one in installments if one["opening_cents"] is not None]
    is_loan = product is Product.LOAN
    return Position(
        on=on,
        principal_cents=sums["receivable.principal"],
        interest_cents=sums["receivable.interest"],
        unapplied_cents=-sums["suspense.unapplied"],
        carry=contract["carry"],
        base_cents=contract["base_cents"] or (sums["receivable.principal"] if is_loan else 0),
        period_cents=contract["period_cents"],
        fee_ahead_cents=contract["fee_ahead_cents"],
        paid_through=contract["paid_through"],
        billed_through=0 if is_loan else contract["billed_through"],
        credits=tuple(
            Credit(one["installment_no"], one["opening_cents"])
            for one in taken
            if is_loan and one["installment_no"] > contract["paid_through"] and one["opening_cents"]
        ),
        fees=tuple(sorted(open_fees, key=lambda one: one.on)),
        bills=() if is_loan else tuple(bill for bill in map(_bill, taken) if bill.rent_cents or bill.tax_cents),
        late_fees=tuple(sorted(one["installment_no"] for one in late)),
    )


def _bill(row: Mapping[str, Any]) -> OpenBill:
    """Rent is paid before its tax."""
    rent = row["amount_cents"] - row["tax_cents"]
    of_tax = max(row["opening_cents"] - rent, 0)
    left = max(rent - row["opening_cents"], 0)
    return OpenBill(row["installment_no"], row["due_on"], left, row["tax_cents"] - of_tax)


def _events(lines: Iterable[Mapping[str, Any]], first: date) -> tuple[list[Event], dict[str, int]]:
    """What happened, in the order it was written, without what was taken back and what the replay makes itself.

    Money received before the contract was taken over, and not in its opening, counts from the `first` day after it.
    """
    journals: defaultdict[int, list[HistoryLine]] = defaultdict(list)
    for line in lines:
        if not line["is_reversed"] and line["maker"] != NIGHT:
            journals[line["journal_id"]].append(line)
    events: list[Event] = []
    items: dict[str, int] = {}
    for seq, rows in enumerate(journals.values()):
        event = _event(rows, max(rows[0]["effective_date"], first), seq)
        if event is not None:
            events.append(event)
            if rows[0]["source_kind"] == "item":
                items[event.event_id] = rows[0]["item_id"]
    return events, items


def _event(rows: list[HistoryLine], on: date, seq: int) -> Event | None:
    first = rows[0]
    key = f"journal/{first['journal_id']}"
    debits = sum(row["amount_cents"] for row in rows if row["amount_cents"] > 0)
    match first["source_kind"]:
        case "item":
            cents = -sum(row["amount_cents"] for row in rows if not row["account"].startswith("clearing."))
            is_ahead = first["business_date"] < on
            seq += IN_THE_NIGHT if is_ahead else 0
            return Payment(key, on, cents, seq, keep_unapplied=first["is_suspense"], is_ahead=is_ahead)
        case "fee":
            return FeeCharge(key, on, debits, first["source_key"].partition("/")[0], seq)
        case "waiver":
            cents = -sum(row["amount_cents"] for row in rows if row["account"] == "receivable.fee")
            return Waiver(key, on, cents, None, seq)
        case "application":
            return Application(key, on, debits, seq)
        case "refund":
            return Refund(key, on, debits, seq)
        case "lease_end":
            owed = [row for row in rows if row["account"].startswith("receivable.")]
            charges = tuple(
                EndCharge(row["account"], Bucket(row["account"].removeprefix("receivable.")), row["amount_cents"])
                for row in owed
            )
            return LeaseEnd(key, on, first["source_key"].partition("/")[0], charges, seq)
        case "charge_off":
            return WriteOff(key, on, "charge_off", None, seq)
        case "payoff":
            return WriteOff(key, on, "payoff", int(first["source_key"].rpartition("/")[2]), seq)
        case "recovery":
            return Recovery(key, on, debits, seq)
    return None


def _silent(row: HistoryLine) -> Event:
    """An end that moved no money: a lease brought back without charges, a charge-off of nothing."""
    key = f"{row['kind']}/{row['event_id']}"
    if row["kind"] == "charge_off":
        return WriteOff(key, row["effective_on"], seq=LAST)
    return LeaseEnd(key, row["effective_on"], row["kind"], (), seq=LAST)


def _not_yet(event: Event, last_night: date) -> Event:
    """A check that came before the day from which it counts, or counts from a later one, is held until its night."""
    if isinstance(event, Payment) and (event.is_ahead or event.on > last_night + timedelta(1)):
        return replace(event, keep_unapplied=True)
    return event
