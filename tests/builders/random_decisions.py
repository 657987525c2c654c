"""What people decide about contracts of random books: flags, waivers, terms, refunds, charge-offs, ends of leases."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from random import Random
from typing import TYPE_CHECKING

import sqlalchemy as sa

from lockbox.contract.master import ContractTerms, Master
from lockbox.contract.terms import LEASE_ORDER, Product, Terms, order_of
from lockbox.errors import LockboxError
from lockbox.servicing import actions, charge_offs, refunds, terms_actions
from lockbox.servicing.load_master import load_master
from lockbox.servicing.night import nights_before
from lockbox.servicing.recorded_action import Instruction
from lockbox.servicing.refunds import Step
from tests.builders.contract import next_terms

if TYPE_CHECKING:
    from tests.builders.random_books import RandomBooks

DAY = timedelta(1)
Action = Callable[[Instruction], object]
FLAGS = tuple(flag for flag in actions.FLAGS if flag not in ("charged_off", "closed"))
# The ledger keeps one sum of credits for an installment: its rent is paid before its tax.
LEASE_FEES_FIRST = order_of(
    "lease.fees_first", [["due.fee", "past_due.fee"], ["past_due.rent", "past_due.tax"], ["due.rent"], ["due.tax"]]
)

WITH_MONEY = sa.text("""
    select c.account_number, p.refund_cents > 0 as is_payable
    from position as p inner join contract as c using (contract_id)
    where p.unapplied_cents > 0 or p.refund_cents > 0
    order by c.account_number""")
# All that is unapplied, as far as it is there on the day: what came after the cut-off of the day before is not.
MAKE_PAYABLE = sa.text("""
    select min(post_journal(
        'refund', :reason || '/' || coalesce(u.item_id::text, 'opening'), o.site_id, u.item_id, :day, :day, :as_of,
        :by, null, jsonb_build_array(
            jsonb_build_object(
                'account', 'suspense.unapplied', 'amount_cents', u.amount_cents, 'contract_id', u.contract_id
            ),
            jsonb_build_object(
                'account', 'payable.refund', 'amount_cents', -u.amount_cents, 'contract_id', u.contract_id
            )
        )
    ))
    from unapplied_open as u
    left join journal as o on u.item_id = o.item_id and o.source_kind = 'item'
    where
        u.contract_id = :contract and u.amount_cents > 0
        and (
            o.effective_date is null or o.effective_date < :day
            or o.effective_date = :day and o.business_date >= :day
        )""")


class Decisions:
    """The decisions on random books; much of what is asked for is refused."""

    def __init__(self, books: RandomBooks, master: Master) -> None:
        self.books, self.chance, self.runtime = books, books.chance, books.runtime
        self.master = replace(master, flags=())
        self.place = {contract.account_number: place for place, contract in enumerate(master.contracts)}
        self.versions = defaultdict[str, list[Terms]](list)
        for version in master.terms:
            self.versions[version.account_number].append(version.terms)
        self.charged_off: dict[str, date] = {}
        self.flagged: dict[str, str] = {}

    def take(self, day: date, count: int) -> None:
        """So many decisions of a day, once the nights before it are run, and the steps of refunds."""
        nights_before(self.runtime, day, at(day))
        for _ in range(count):
            self.decide(self.chance.choice(self.books.numbers), day)
        for number in self.chance.sample(sorted(self.charged_off), portion(self.chance, len(self.charged_off) / 20)):
            self.after_charge_off(number, day)
        for number in self.chance.sample(sorted(self.flagged), portion(self.chance, len(self.flagged) / 60)):
            self.end_flag(number, day)
        self.decide_on_money(day)
        self.step_refunds(day)

    def decide(self, number: str, day: date) -> None:
        """One decision, for the day or an earlier one."""
        on = self.some_day(day)
        kind, action = self.chance.choice(self.possible(number, on))
        if self.tried(kind, number, action, day, on) and kind == "charge-off":
            self.charged_off[number] = on

    def decide_on_money(self, day: date) -> None:
        """Contracts with money that nothing took: a person makes it payable, or what they owe is charged off."""
        with self.runtime.engine.connect() as connection:
            rows = [(row.account_number, row.is_payable) for row in connection.execute(WITH_MONEY)]
        for number, is_payable in self.chance.sample(rows, portion(self.chance, len(rows) / 25)):
            if not is_payable:
                self.tried("made payable", number, self.make_payable, day, day)
                continue
            if self.chance.random() < 0.6:
                continue
            if self.chance.random() < 0.3:
                self.tried("flag", number, self.stay, day, day)
            on = self.some_day(day)
            kind = "charge-off with payable"
            if self.tried(kind, number, lambda asked: charge_offs.charge_off(self.runtime, asked), day, on):
                self.charged_off[number] = on

    def make_payable(self, asked: Instruction) -> object:
        values = {
            "contract": self.books.ids[asked.account_number],
            "reason": asked.reason,
            "day": at_day(asked.as_of),
            "as_of": asked.as_of,
            "by": asked.maker,
        }
        with self.runtime.engine.begin() as connection:
            return connection.execute(MAKE_PAYABLE, values).scalar()

    def some_day(self, day: date) -> date:
        """The day itself, or an earlier one."""
        return max(day - timedelta(self.chance.choice((0, 0, 0, 2, 9, 25))), self.books.opening_on + DAY)

    def end_flag(self, number: str, day: date) -> None:
        flag = self.flagged.pop(number)
        if flag == "scra":
            self.tried(
                "service ended",
                number,
                lambda asked: terms_actions.end_service(self.runtime, asked),
                day,
                self.some_day(day),
            )
        else:
            self.tried(
                "flag cleared",
                number,
                lambda asked: actions.clear_flag(self.runtime, asked, flag),
                day,
                self.some_day(day),
            )

    def after_charge_off(self, number: str, day: date) -> None:
        """A charged-off contract: what came is recovered, or the charge-off is undone."""
        if self.chance.random() < 0.5:
            self.tried("recovery", number, lambda asked: charge_offs.recover(self.runtime, asked), day, day)
            return
        began = self.charged_off.pop(number)
        if self.tried(
            "charge-off undone", number, lambda asked: charge_offs.undo_charge_off(self.runtime, asked), day, day
        ):
            self.books.unsettle(number, began, day)

    def tried(self, kind: str, number: str, action: Action, day: date, on: date) -> bool:
        """Asks for something; gives whether it was done."""
        books = self.books
        reason = f"reason {books.done.total()}"
        instruction = Instruction(number, reason, "ann", at(day), on if on < day else None)
        try:
            is_done = action(instruction) is not None
        except LockboxError as error:
            books.done[f"{kind}: refused, {type(error).__name__}"] += 1
            return False
        books.done[kind] += 1
        books.unsettle(number, on, day)
        return is_done

    def possible(self, number: str, on: date) -> list[tuple[str, Action]]:
        """What may be asked for, by kind."""
        product = self.books.terms[number].product
        return self.of_any(number, on) + (self.of_a_lease() if product is Product.LEASE else self.of_a_loan(number, on))

    def of_any(self, number: str, on: date) -> list[tuple[str, Action]]:
        chance, runtime = self.chance, self.runtime
        flag, until = chance.choice(FLAGS), chance.choice((None, on + timedelta(chance.randint(1, 40))))
        cents, valid_from = chance.choice((100, 1_500, 1_885)), on + timedelta(chance.randint(-20, 40))
        due_day = chance.choice((1, 5, 15, 28, 31))
        return [
            ("flag", lambda asked: self.flag(number, asked, flag, until)),
            ("flag", lambda asked: self.flag(number, asked, flag, until)),
            ("waiver", lambda asked: actions.waive(runtime, asked, cents)),
            ("charge-off", lambda asked: charge_offs.charge_off(runtime, asked)),
            ("due date", lambda asked: terms_actions.change_due_date(runtime, asked, due_day)),
            ("terms", lambda asked: self.take_terms(number, valid_from, asked.as_of)),
        ]

    def of_a_loan(self, number: str, on: date) -> list[tuple[str, Action]]:
        chance, runtime = self.chance, self.runtime
        cents, rate = chance.choice((1, 100, 3_000)), chance.choice((0, 30_000, 60_000, 149_900))
        months, until = chance.choice((1, 1, 2)), chance.choice((None, on + timedelta(chance.randint(1, 60))))
        return [
            ("interest waiver", lambda asked: actions.waive_interest(runtime, asked, cents)),
            ("rate", lambda asked: terms_actions.change_rate(runtime, asked, rate)),
            ("deferral", lambda asked: terms_actions.defer(runtime, asked, months)),
            ("service", lambda asked: self.serve(number, asked, until)),
        ]

    def of_a_lease(self) -> list[tuple[str, Action]]:
        chance, runtime = self.chance, self.runtime
        miles, wear = chance.choice((0, 90_000)), chance.choice((0, 12_300))
        return [
            ("extension", lambda asked: actions.extend(runtime, asked, 2)),
            ("buyout", lambda asked: actions.buy_out(runtime, asked)),
            ("turn-in", lambda asked: actions.turn_in(runtime, asked, miles, wear)),
        ]

    def flag(self, number: str, asked: Instruction, flag: str, until: date | None) -> object:
        message = actions.set_flag(self.runtime, asked, flag, until)
        if flag != "scra":
            self.flagged[number] = flag
        return message

    def stay(self, asked: Instruction) -> object:
        return self.flag(asked.account_number, asked, "bankruptcy", None)

    def serve(self, number: str, asked: Instruction, until: date | None) -> object:
        message = terms_actions.begin_service(self.runtime, asked, until)
        self.flagged[number] = "scra"
        return message

    def take_terms(self, number: str, valid_from: date, as_of: datetime) -> object:
        """Another version of the terms, from an earlier or a later day on, in a new delivery of the master."""
        versions = self.versions[number]
        if valid_from <= max(versions[-1].valid_from, self.books.opening_on):
            return None
        changed = ranked(next_terms(self.chance, versions[-1], valid_from))
        numbers = sa.text("select version from contract_terms where contract_id = :contract")
        with self.runtime.engine.begin() as connection:
            known = set(connection.execute(numbers, {"contract": self.books.ids[number]}).scalars())
            if known != {version.version for version in versions}:
                return None  # somebody changed them meanwhile
            place = self.place[number]
            part = replace(
                self.master,
                customers=(self.master.customers[place],),
                contracts=(self.master.contracts[place],),
                openings=(self.master.openings[place],),
                terms=tuple(ContractTerms(number, version) for version in (*versions, changed)),
            )
            load_master(connection, part, as_of)
        versions.append(changed)
        self.books.unsettle(number, valid_from, at_day(as_of))
        return changed

    def step_refunds(self, day: date) -> None:
        """Refunds are approved, issued, cleared, stopped, issued again, one step a day, some never."""
        with self.runtime.engine.connect() as connection:
            rows = [(row["refund_no"], row["state"]) for row in refunds.listed(connection, closed=True)]
        for refund_no, state in rows:
            if state in STEPS and self.chance.random() < 0.15:
                step = Step(self.chance.choice(("bea", "cyd")), at(day))
                kind, take = self.chance.choice(STEPS[state])
                try:
                    take(self, refund_no, step)
                except LockboxError as error:
                    self.books.done[f"refund {kind}: refused, {type(error).__name__}"] += 1
                else:
                    self.books.done[f"refund {kind}"] += 1


RefundStep = Callable[[Decisions, int, Step], object]
APPROVE: tuple[str, RefundStep] = ("approved", lambda on, no, step: refunds.approve(on.runtime, no, step))
ISSUE: tuple[str, RefundStep] = ("issued", lambda on, no, step: refunds.issue(on.runtime, no, step))
CLEAR: tuple[str, RefundStep] = ("cleared", lambda on, no, step: refunds.clear(on.runtime, no, step))
STOP: tuple[str, RefundStep] = ("stopped", lambda on, no, step: refunds.stop(on.runtime, no, "lost", step))
REISSUE: tuple[str, RefundStep] = ("reissued", lambda on, no, step: refunds.reissue(on.runtime, no, None, None, step))
STEPS = {
    "proposed": [APPROVE],
    "approved": [ISSUE],
    "issued": [CLEAR, STOP],
    "stopped": [REISSUE],
    "returned": [REISSUE],
}


def ranked(terms: Terms) -> Terms:
    """The terms with an allocation order that the ledger can follow."""
    is_other = terms.product is Product.LEASE and terms.order.order_id != LEASE_ORDER.order_id
    return replace(terms, order=LEASE_FEES_FIRST) if is_other else terms


def at(day: date, hour: int = 18) -> datetime:
    """An instant of a day: noon in Dallas."""
    return datetime.combine(day, time(hour), UTC)


def at_day(instant: datetime) -> date:
    """The day of such an instant."""
    return instant.date()


def portion(chance: Random, mean: float) -> int:
    """A whole number, on average `mean`."""
    return int(mean) + (chance.random() < mean % 1)
