"""Random schedules of several people at two sites, with closes, nights, returns and take-backs, against a small model.

A schedule is what happens to one check until the end of its world; a world is some business days of two sites, whose
checks are worked in turns, all at random. `LOCKBOX_TEST_SCHEDULES=10000` takes that many through, some 100 in a
world; the first seed is `LOCKBOX_TEST_SEED`.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from datetime import date, datetime, time, timedelta
from random import Random
from typing import Any

import pytest
import sqlalchemy as sa

from lockbox.checks import run_checks
from lockbox.contract.position import opened
from lockbox.errors import ConflictError, InputError, Refused
from lockbox.mail.decision import Outcome
from lockbox.mail.reason import Reason
from lockbox.mail.taken_back import take_back
from lockbox.runtime import Runtime
from lockbox.scopes import SiteDayScope
from lockbox.servicing import night
from reconciliation import daily
from reconciliation.exceptions import resolution
from reconciliation.exceptions.resolution import OpenItem, Part, Proposal
from reconciliation.site_day import load_site_day
from tests.builders import contract as contracts
from tests.builders import exceptions as make
from tests.builders import ledger
from tests.oracles.desk_model import DOUBLE_FROM, SECOND_FROM, DeskModel, Item, Wish

SCHEDULES = int(os.environ.get("LOCKBOX_TEST_SCHEDULES", "200"))
SEED = int(os.environ.get("LOCKBOX_TEST_SEED", "1"))
A_WORLD, DAYS = 100, 4  # checks in a world, and its business days
WORLDS = range(-(-SCHEDULES // A_WORLD))
SITES = ("dallas", "richardson")
PEOPLE = ("ann", "bob", "cho", "dan")
OUTCOMES = ("post", "post", "post", "suspense", "hold", "reject", "forward", "file")
FIRST = ledger.DAY


class World:
    """Two sites of the product, and the same in the model. Each step is done to both, and must be allowed in both."""

    def __init__(self, runtime: Runtime, chance: Random) -> None:
        self.runtime, self.chance = runtime, chance
        self.at = datetime.combine(FIRST, time(9), make.ZONE)
        self.closed: dict[tuple[str, date], str] = {}
        with runtime.engine.begin() as connection:
            ledger.lender(connection)
            for no in range(1, 7):
                ledger.open_contract(connection, no, contracts.loan(), opened(2_000_000, make.OPENED))
        for rule, value in (("second_person", SECOND_FROM), ("double_key_cents", DOUBLE_FROM)):
            text = str(value).replace("'", '"')
            ledger.altered(runtime, f"update policy set value = '{text}' where rule = 'exceptions.{rule}'")
        self.numbers = make.accounts(runtime)
        own = {"ann": {self.numbers[0]}, "bob": {self.numbers[1], self.numbers[0]}}
        with runtime.engine.begin() as connection:
            for person, numbers in own.items():
                for number in numbers:
                    resolution.note_own_contract(connection, person, number, "household", "eve", self.at)
        self.model = DeskModel(own, dict.fromkeys(SITES, FIRST))

    @property
    def day(self) -> date:
        """Today."""
        return self.at.date()

    def mail(self, checks: int) -> None:
        """A batch of checks in review for each site; of some nobody has read the amount."""
        for site in SITES:
            with self.runtime.engine.begin() as connection:
                batch = ledger.batch(connection, "D001", site, self.day, checks, checks)
                for sequence in range(1, checks + 1):
                    item = ledger.item(connection, batch, sequence)
                    cents = self.cents() if self.chance.random() < 0.8 else None
                    ledger.decision(connection, item, "review", cents, reasons=["account_unread"])
                    self.model.items[item] = Item(site, [(self.day, "review", cents)])
                ledger.stages_done(connection, f"{site}/{self.day}/D001")
                ledger.manifest(connection, [("D001", checks, checks)], site, self.day)

    def cents(self) -> int:
        """Mostly small, some for a second person, some for two who key."""
        return self.chance.choice([5_000, 20_000, 37_700, 52_000, 95_000]) + self.chance.randrange(99)

    def step(self) -> None:
        """One thing that one person does, or several do at the same time."""
        self.at += timedelta(seconds=self.chance.randrange(20, 240))
        number = self.chance.choice(list(self.model.items))
        item, person = self.model.items[number], self.chance.choice(PEOPLE)
        steps: list[Callable[[int, Item, str], None]] = [
            *(self.take,) * 2,
            *(self.key,) * 3,
            *(self.propose,) * 8,
            *(self.confirm,) * 4,
            self.refuse,
            self.undo,
            self.finish,
            self.take_back,
        ]
        self.chance.choice(steps)(number, item, person)

    def both(self, allowed: bool, do: Callable[[sa.Connection], object]) -> None:
        """The product does what the model allows, and refuses what it refuses."""
        refused: Exception | None = None
        try:
            with self.runtime.engine.begin() as connection:
                do(connection)
        except (Refused, ConflictError, InputError) as error:
            refused = error
        assert allowed == (refused is None), refused

    def shown(self, number: int) -> OpenItem:
        """The item as a person sees it; one that waits for nobody cannot be seen."""
        with self.runtime.engine.connect() as connection:
            return resolution.open_item(connection, str(number))

    def take(self, number: int, item: Item, person: str) -> None:
        if item.waits:
            shown, allowed = self.shown(number), self.model.take(item, person, self.at)
            self.both(allowed, lambda connection: resolution.take(connection, shown, person, self.at))

    def key(self, number: int, item: Item, person: str) -> None:
        """Somebody keys what the check says, or slips."""
        if item.waits:
            cents = (item.decisions[-1][2] or 95_500) + (900 if self.chance.random() < 0.2 else 0)
            account = self.numbers[number % len(self.numbers)]
            shown, allowed = self.shown(number), self.model.key(item, person, cents, {account}, self.at)
            self.both(allowed, lambda c: resolution.key(c, shown, cents, [account], person, self.at))

    def propose(self, number: int, item: Item, person: str) -> None:
        if not item.waits:
            with pytest.raises(InputError, match="no such item waits"):
                self.shown(number)
            return
        wish = self.wish(number, item)
        proposal = Proposal(
            Outcome(wish.outcome),
            tuple(Part(account, cents) for account, cents in wish.shares),
            wish.cents,
            hold_until=self.day + timedelta(9) if wish.outcome == "hold" else None,
            reasons=(Reason.WRONG_PAYEE,) if wish.outcome in ("reject", "forward") else (),
        )
        shown, allowed = self.shown(number), self.model.propose(item, person, wish, self.at)
        self.both(allowed, lambda connection: resolution.propose(connection, shown, proposal, person, self.at))

    def wish(self, number: int, item: Item) -> Wish:
        """What somebody may want: one contract, two, or a part that nobody knows."""
        outcome, read = self.chance.choice(OUTCOMES), item.decisions[-1][2]
        if outcome not in ("post", "suspense"):
            return Wish(outcome, read if self.chance.random() < 0.8 else self.cents())
        cents = read or 95_500
        account = self.numbers[number % len(self.numbers)]
        if outcome == "suspense":
            return Wish(outcome, cents, ((account, cents),) if self.chance.random() < 0.5 else ())
        if self.chance.random() < 0.6:
            return Wish(outcome, cents, ((account, cents),))
        other = self.chance.choice([n for n in self.numbers if n != account] + [""])
        return Wish(outcome, cents, ((account, cents - 2_000), (other, 2_000)))

    def confirm(self, number: int, item: Item, person: str) -> None:
        self._of_two(number, item, person, "confirmed", self.model.confirm)

    def refuse(self, number: int, item: Item, person: str) -> None:
        self._of_two(number, item, person, "refused", self.model.refuse)

    def undo(self, number: int, item: Item, person: str) -> None:
        self._of_two(number, item, person, "undone", self.model.undo)

    def _of_two(self, number: int, item: Item, person: str, state: str, in_model: Callable[[Item, str], bool]) -> None:
        if not item.waits:
            return
        resolution_id = self.shown(number).resolution_id
        assert (resolution_id is None) == (item.proposed is None)
        if resolution_id is not None:
            allowed, note = in_model(item, person), "the coupon says another"
            self.both(allowed, lambda c: resolution.step(c, resolution_id, state, person, self.at, note))

    def finish(self, *_: object) -> None:
        """What is ready becomes final, of both sites."""
        lines = resolution.finish_ready(self.runtime, self.at)
        assert sum(int(line.split(": ")[1].split(" of ")[0]) for line in lines) == self.model.finish()

    def take_back(self, number: int, item: Item, person: str) -> None:
        """Posted wrong, or returned by the bank."""
        by_bank = bool(item.deposited_on) and self.chance.random() < 0.5
        if self.chance.random() < 0.5:  # most that is posted stays
            return
        allowed, reason = self.model.take_back(item, by_bank=by_bank), "returned" if by_bank else "posted_wrong"
        self.both(allowed, lambda c: take_back(c, number, reason, None, self.at, person))

    def evening(self) -> None:
        """Both sites close, one of them perhaps the next morning; then comes the night."""
        for site in self.chance.sample(SITES, 2):
            self.finish()
            self.close(site)

    def close(self, site: str) -> None:
        """Closes a site's first open day, and compares what it deposits and carries forward."""
        day = self.model.open_day[site]
        with self.runtime.engine.begin() as connection:
            values = {"site": site, "day": day, "at": self.at}
            silent = sa.text("insert into site_day values (:site, :day, '[]', :at) on conflict do nothing")
            connection.execute(silent, values)
        evening = make.evening(day)
        assert "closed in balance" in daily.close(self.runtime, SiteDayScope(site, day), evening)
        deposit, deposit_cents, carried, carried_cents = self.model.close(site)
        totals = self.totals(site, day)
        assert (totals["deposit"], totals["deposit_cents"]) == (deposit, deposit_cents)
        assert (totals["carried"]["checks"], totals["carried"]["checks_cents"]) == (carried, carried_cents)
        self.closed[site, day] = str(totals)
        self.model.open_day[site] = next_open(day)

    def totals(self, site: str, day: date) -> dict[str, Any]:
        with self.runtime.engine.connect() as connection:
            totals = sa.text("select totals from day_close where site_id = :site and business_date = :day")
            return dict(connection.execute(totals, {"site": site, "day": day}).scalar_one())

    def live(self, days: int, checks: int) -> None:
        """Mail, work and closes of some days."""
        for _ in range(days):
            self.mail(checks)
            for _ in range(10 * checks):
                self.step()
            self.evening()
            night.night(self.runtime, self.day, make.evening(self.day))
            self.at = datetime.combine(next_open(self.day), time(9), make.ZONE)

    def ensure_in_order(self) -> None:
        """What must be true of every world, whatever people did."""
        for (site, day), totals in self.closed.items():
            assert str(self.totals(site, day)) == totals
            with self.runtime.engine.connect() as connection:
                assert load_site_day(connection, site, day).tie_out().differences == ()
        with self.runtime.engine.connect() as connection:
            assert run_checks(connection) == []
            assert connection.execute(sa.text("select sum(amount_cents) from entry")).scalar_one() == 0
            self._ensure_decided_once(connection)
            unidentified = sa.text("select coalesce(-sum(amount_cents), 0) from entry where account = :account")
            kept = connection.execute(unidentified, {"account": "suspense.unidentified"}).scalar_one()
            assert kept == self.model.unidentified_cents()
        assert make.replayed(self.runtime) == []

    def _ensure_decided_once(self, connection: sa.Connection) -> None:
        rows = sa.text("""
            select d.item_id, d.business_date, d.outcome, d.amount_cents, d.maker, coalesce(d.checker, '') as checker
            from decision as d order by d.item_id, d.version""")
        decisions: dict[int, list[tuple[date, str, int | None]]] = {}
        people: dict[int, list[tuple[str, str]]] = {}
        for row in connection.execute(rows):
            decisions.setdefault(row.item_id, []).append((row.business_date, row.outcome, row.amount_cents))
            if row.maker != "engine":
                assert row.maker != row.checker
                people.setdefault(row.item_id, []).append((row.maker, row.checker))
        assert decisions == {number: item.decisions for number, item in self.model.items.items()}
        assert people == {number: item.makers for number, item in self.model.items.items() if item.makers}


def next_open(day: date) -> date:
    """The next business day."""
    return day + timedelta(3 if day.isoweekday() == 5 else 1)


@pytest.mark.timeout(0 if SCHEDULES > 200 else 600)
@pytest.mark.parametrize("world", WORLDS)
def test_random_schedules_of_several_people_end_as_the_model(runtime: Runtime, world: int) -> None:
    made = World(runtime, Random(SEED + world))
    made.live(DAYS, checks=A_WORLD // DAYS // len(SITES))
    made.ensure_in_order()
    assert sum(len(item.makers) for item in made.model.items.values()) > A_WORLD // 8
