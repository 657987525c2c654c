"""What a person decides about a contract: in the ledger it ends where history ends, once, and back in time."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from random import Random

import pytest
import sqlalchemy as sa

from lockbox.contract import lease
from lockbox.contract.event import Event, Flag, Payment, Recovery, Waiver, WriteOff
from lockbox.contract.history import history
from lockbox.contract.position import OpenBill, Position
from lockbox.contract.schedule import level
from lockbox.contract.terms import Terms, terms_on
from lockbox.errors import ConflictError, InputError, NotReady
from lockbox.runtime import Runtime
from lockbox.servicing import actions
from lockbox.servicing.actions import Instruction
from tests.builders import command_line, corrections, nights
from tests.builders import ledger as make
from tests.builders.decided import DAY, contract, order

pytestmark = pytest.mark.usefixtures("quiet")


class Told:
    """A contract as the test knows it: its versions of terms, its opening, and what happened."""

    def __init__(self, terms: Terms, opening: Position) -> None:
        self.terms, self.opening, self.events = [terms], opening, list[Event]()

    def position(self, day: date) -> Position:
        """At the end of the day before, with what came on the day so far."""
        before = [one for one in self.events if one.on < day or isinstance(one, Flag)]
        today = [one for one in self.events if one.on == day and not isinstance(one, Flag)]
        rules, is_open = nights.RULES, nights.IS_OPEN
        return history(self.terms, rules, self.opening, before, day - DAY, is_open, today).position


def decide(runtime: Runtime, one: Told, number: str, day: date, chance: Random, known: date | None = None) -> None:
    """Something is decided about a contract for a day, if it can be; the database and the test are told."""
    asked, at, seq = order(number, day, known=known), one.position(day), 5_000
    terms = terms_on(one.terms, day)
    if terms.lease is None or at.ended:
        kind = chance.choice(("waive", "charge_off", "flag"))
    else:
        kind = chance.choice(("extend", "buyout", "turn_in", "waive", "charge_off"))
    if kind == "extend":
        actions.extend(runtime, asked, 7)
        one.terms.append(lease.extend(terms, 7, day))
    elif kind == "buyout":
        actions.buy_out(runtime, asked)
        one.events.append(replace(lease.buyout(terms, at, day, "end"), seq=seq))
    elif kind == "turn_in":
        miles, wear = chance.choice((0, 90_000)), chance.choice((0, 12_300))
        actions.turn_in(runtime, asked, miles, wear)
        one.events.append(replace(lease.turn_in(terms, at, day, miles, wear, "end"), seq=seq))
    elif kind == "waive" and at.fee_cents:
        actions.waive(runtime, asked, at.fee_cents // 2 + 1)
        one.events.append(Waiver("waived", day, at.fee_cents // 2 + 1, seq=seq))
    elif kind == "charge_off":
        actions.charge_off(runtime, asked)
        one.events += [WriteOff("off", day, seq=seq), Flag("flag/off", day, "charged_off")]
        held = one.position(known).unapplied_cents if known else 0
        if known and held:
            actions.recover(runtime, order(number, known), held)
            one.events.append(Recovery("recovered", known, held, seq=seq))
    elif kind == "flag":
        actions.set_flag(runtime, asked, "accelerated")
        one.events.append(Flag("flag/accelerated", day, "accelerated"))


def taken_over(runtime: Runtime, seed: int) -> dict[str, Told]:
    """80 contracts of this seed, without flags, by account number."""
    master = replace(nights.portfolio(80, seed=seed), flags=())
    nights.load(runtime, master)
    return {
        one.account_number: Told(own.terms, one.position)
        for own, one in zip(master.terms, master.openings, strict=True)
    }


def test_what_is_decided_ends_where_the_rule_ends(runtime: Runtime) -> None:
    """80 contracts, 40 nights, one decision on each and payments before and after it: every balance, to the cent."""
    told, chance = taken_over(runtime, 21), Random(12)
    numbers = list(told)
    on = {number: make.DAY + DAY * chance.randint(0, 20) for number in numbers}
    for ahead in range(40):
        day = make.DAY + DAY * ahead
        if day.isoweekday() < 6:
            amounts = [(one, chance.choice((41_000, 3_000_000, 900))) for one in chance.sample(numbers, 9)]
            nights.pay(runtime, day, amounts)
            for sequence, (number, cents) in enumerate(amounts):
                told[number].events.append(Payment(f"{day}/{sequence}", day, cents, sequence))
        for number in numbers:
            if on[number] == day:
                decide(runtime, told[number], number, day, chance)
        nights.closed(runtime, day)
        nights.run(runtime, day)
    found = nights.positions(runtime)
    kinds: set[str] = set()
    for number, one in told.items():
        got = {name: found[number][name] for name in nights.BALANCES}
        assert got == nights.wanted(one.position(make.DAY + DAY * 40)), (number, one.terms, one.events)
        kinds |= {type(event).__name__ for event in one.events}
        kinds |= {"Extension"} if len(one.terms) > 1 else set()
    assert {"LeaseEnd", "WriteOff", "Waiver", "Flag", "Extension"} <= kinds
    corrections.assert_in_order(runtime, [int(str(one["contract_id"])) for one in found.values()])


def test_what_is_decided_late_ends_where_deciding_it_on_its_day_would_have(runtime: Runtime) -> None:
    """80 contracts, one decision on each, told 1 to 28 nights after its day; payments of all sizes go on (I10)."""
    told, chance = taken_over(runtime, 33), Random(5)
    numbers = list(told)
    known = {number: make.DAY + DAY * chance.randint(3, 36) for number in numbers}
    meant = {number: max(on - DAY * chance.randint(1, 28), make.DAY) for number, on in known.items()}
    for ahead in range(46):
        day = make.DAY + DAY * ahead
        for number in numbers:
            if known[number] == day:
                decide(runtime, told[number], number, meant[number], chance, day)
        if day.isoweekday() < 6:
            amounts = [(one, chance.choice((41_000, 3_000_000, 900))) for one in chance.sample(numbers, 9)]
            nights.pay(runtime, day, amounts)
            for sequence, (number, cents) in enumerate(amounts):
                told[number].events.append(Payment(f"{day}/{sequence}", day, cents, sequence))
        nights.closed(runtime, day)
        nights.run(runtime, day)
    found = nights.positions(runtime)
    kinds: set[str] = set()
    for number, one in told.items():
        got = {name: found[number][name] for name in nights.BALANCES}
        at = one.position(make.DAY + DAY * 46)
        assert got == nights.wanted(at), (number, meant[number], known[number], one.terms, one.events)
        kinds |= {type(event).__name__ for event in one.events}
        kinds |= {"Extension"} if len(one.terms) > 1 else set()
    assert {"LeaseEnd", "WriteOff", "Waiver", "Flag", "Extension", "Recovery"} <= kinds
    corrections.assert_in_order(runtime, [int(str(one["contract_id"])) for one in found.values()])


def test_a_lease_brought_back_weeks_ago_is_shown_in_journals(runtime: Runtime) -> None:
    """Brought back on the 18th, told on 5 December: December's rent, billed on the 20th, is owed no more."""
    number = contract(runtime, *make.lease(count=36))
    nights.run(runtime, date(2026, 12, 4))
    assert nights.positions(runtime)[number]["rent_cents"] == make.INSTALLMENT_CENTS * 2  # November's is open too
    words = ("contract", "turn-in", number, "--odometer", "100", "--reason", "dealer's receipt", "--day", "2026-11-18")
    done, again = (
        command_line.verb(runtime.settings, *words, "--as-of", "2026-12-05T12:00:00-06:00") for _ in range(2)
    )
    assert done.returncode == 0, done
    assert "turn-in on 2026-11-18: remaining rent" in done.stdout
    assert "the nights since are put right" in done.stdout
    assert "nothing to do" in again.stdout
    position = nights.positions(runtime)[number]
    assert (position["rent_cents"], position["ended_on"]) == (make.INSTALLMENT_CENTS * 15, date(2026, 11, 18))
    with runtime.engine.connect() as connection:
        rows = connection.execute(
            sa.text("""
                select j.source_kind, j.source_key, j.business_date::text, j.effective_date::text, e.amount_cents
                from journal as j join entry as e using (journal_id)
                where e.account = 'receivable.rent' and j.source_kind <> 'opening' order by j.journal_id""")
        )
        rent = make.INSTALLMENT_CENTS
        assert [tuple(row) for row in rows] == [
            ("billing", "meridian/2026-11-20", "2026-11-20", "2026-11-20", rent),
            ("lease_end", "turn_in/1", "2026-12-05", "2026-11-18", rent * 14),
            ("adjustment", f"event/1/{number}", "2026-12-05", "2026-11-18", -rent),
        ]
    nights.run(runtime, date(2027, 1, 30))
    assert nights.positions(runtime)[number]["rent_cents"] == rent * 15  # nothing is billed any more
    corrections.assert_in_order(runtime, [1])


def test_a_lease_that_is_extended_at_its_end_is_billed_on(runtime: Runtime) -> None:
    """The 22nd rent was the last one; extended two months late, both are billed in that night, with one journal."""
    terms, position = make.lease(count=22)
    number = contract(runtime, terms, position)
    late = date(2027, 1, 20)
    nights.run(runtime, late - DAY)
    assert nights.positions(runtime)[number]["rent_cents"] == make.INSTALLMENT_CENTS
    assert "extended by 7 months, to 2027-07-15; new disclosures by 2027-06-15" in actions.extend(
        runtime, order(number, late), 7
    )
    nights.run(runtime, late)
    assert nights.positions(runtime)[number]["rent_cents"] == make.INSTALLMENT_CENTS * 3  # 15 December, 15 January
    with runtime.engine.connect() as connection:
        told = connection.execute(sa.text("select message from ops_event where kind = 'contract'")).scalar_one()
        assert told.startswith("new disclosures are due by 2027-06-15")
    corrections.assert_in_order(runtime, [1])


def test_a_lease_that_was_paid_to_its_end_when_it_was_taken_over_goes_on(runtime: Runtime) -> None:
    """All 22 rents were paid elsewhere: the 23rd is billed though none is known here."""
    terms, _ = make.lease(count=22)
    number = contract(runtime, terms, Position(make.EVE, paid_through=22, billed_through=22))
    actions.extend(runtime, order(number), 2)
    nights.run(runtime, date(2026, 11, 20))
    assert nights.positions(runtime)[number]["rent_cents"] == make.INSTALLMENT_CENTS  # 15 December
    corrections.assert_in_order(runtime, [1])


def test_what_comes_after_a_charge_off_is_recovered(runtime: Runtime) -> None:
    number = contract(runtime, *make.loan(principal_cents=900_000, count=48, fee_cents=1_500))
    with pytest.raises(InputError, match="not charged off"):
        actions.recover(runtime, order(number))
    assert actions.charge_off(runtime, order(number)) == f"{number}: $9,015.00 charged off"
    assert actions.charge_off(runtime, order(number)) == f"{number}: noted before in the same words, nothing to do"
    nights.pay(runtime, make.DAY, [(number, 30_000)])
    nights.closed(runtime, make.DAY)
    nights.run(runtime, make.DAY + DAY)
    after = make.DAY + DAY * 2
    with pytest.raises(InputError, match=r"\$300.00 held, \$300.01 asked for"):
        actions.recover(runtime, order(number, after), 30_001)
    actions.recover(runtime, order(number, after), 20_000)
    actions.recover(runtime, order(number, after))
    nights.run(runtime, after)
    position = nights.positions(runtime)[number]
    assert [position[name] for name in ("principal_cents", "unapplied_cents", "metro2")] == [0, 0, "97"]
    with runtime.engine.connect() as connection:
        lines = "select account, balance_cents from trial_balance where account ~ 'charge_off|recovery'"
        assert dict(iter(connection.execute(sa.text(lines)))) == {
            "expense.charge_off": 901_500, "income.recovery": -30_000,
        }  # fmt: skip
    corrections.assert_in_order(runtime, [1])


def test_a_flag_since_an_earlier_day_takes_back_the_fee_it_bars(runtime: Runtime) -> None:
    """Due on 15 November, charged in Texas on 1 December; the bankruptcy of the 20th is known on the 5th."""
    number = contract(runtime, *make.loan(principal_cents=900_000, count=48))
    known = date(2026, 12, 5)
    nights.run(runtime, known - DAY)
    assert nights.positions(runtime)[number]["fee_cents"] == make.INSTALLMENT_CENTS * 5 // 100
    told = actions.set_flag(runtime, replace(order(number, known), day=date(2026, 11, 20)), "bankruptcy")
    assert told == f"{number}: bankruptcy from 2026-11-20; the nights since are put right"
    assert nights.positions(runtime)[number]["fee_cents"] == 0
    corrections.assert_in_order(runtime, [1])
    with pytest.raises(ConflictError, match="has the flag bankruptcy"):
        actions.set_flag(runtime, order(number, known, "again"), "bankruptcy")
    assert actions.clear_flag(runtime, order(number, known + DAY), "bankruptcy").endswith("cleared from 2026-12-06 on")
    with pytest.raises(InputError, match="no flag bankruptcy to clear"):
        actions.clear_flag(runtime, order(number, known + DAY * 3), "bankruptcy")


REFUSED: dict[str, tuple[Callable[[Runtime, Instruction], str], str]] = {
    "not a lease": (actions.buy_out, "not a lease"),
    "no fee": (lambda runtime, asked: actions.waive(runtime, asked, 1), "fees of .0.00 owed, .0.01 to waive"),
    "no flag": (lambda runtime, asked: actions.set_flag(runtime, asked, "blue"), "no such flag: blue"),
    "no reason": (lambda runtime, asked: actions.charge_off(runtime, replace(asked, reason=" ")), "a reason is wanted"),
    "no account": (
        lambda runtime, asked: actions.charge_off(runtime, replace(asked, account_number="1")),
        "no such account",
    ),
    "past": (
        lambda runtime, asked: actions.charge_off(runtime, replace(asked, day=make.EVE)),
        "2026-11-15: nothing is known before 2026-11-16",
    ),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_cannot_be_is_refused_and_leaves_nothing(runtime: Runtime, case: str) -> None:
    number = contract(runtime, *make.loan())
    verb, words = REFUSED[case]
    with pytest.raises(InputError, match=words):
        verb(runtime, order(number))
    with runtime.engine.connect() as connection:
        assert connection.execute(sa.text("select count(*) from contract_event")).scalar_one() == 0


def test_a_day_ahead_of_open_nights_waits(runtime: Runtime) -> None:
    number = contract(runtime, *make.loan())
    with runtime.engine.begin() as connection:
        make.batch(connection)  # Monday is open: its night cannot be run
    with pytest.raises(NotReady, match="comes after nights that were not run, from 2026-11-16 on"):
        actions.charge_off(runtime, order(number, make.DAY + DAY))


def test_an_ended_lease_is_over(runtime: Runtime) -> None:
    """Nothing to pay at its end: that it ended is still known, to the night and to a replay."""
    terms, _ = make.lease(count=22)
    assert terms.lease is not None
    free = replace(terms, lease=replace(terms.lease, disposition_fee_cents=0))
    number = contract(runtime, free, Position(make.EVE, paid_through=22, billed_through=22, unapplied_cents=500))
    assert actions.turn_in(runtime, order(number), 100, 0).endswith("turn-in on 2026-11-16: nothing to pay")
    with pytest.raises(InputError, match="the lease ended on 2026-11-16"):
        actions.extend(runtime, order(number), 1)
    nights.run(runtime, make.DAY)
    assert nights.positions(runtime)[number]["refund_cents"] == 500
    corrections.assert_in_order(runtime, [1])


def test_the_verb_ends_a_lease(runtime: Runtime) -> None:
    position = Position(
        make.EVE, paid_through=22, billed_through=23, bills=(OpenBill(23, make.EVE + DAY * 30, 41_250, 2_578),)
    )
    terms, _ = make.lease(count=24)
    number = contract(
        runtime, replace(terms, schedule=level(date(2025, 2, 15), 15, 24, 41_250, tax_cents=2_578)), position
    )
    words = ("contract", "turn-in", number, "--odometer", "40000", "--wear", "120.50", "--reason", "inspected")
    done, again = (
        command_line.verb(runtime.settings, *words, "--as-of", "2026-11-16T12:00:00-06:00") for _ in range(2)
    )
    assert done.returncode == 0, done
    assert (
        "remaining rent $412.50, excess mileage $800.00, wear $120.50, disposition $395.00, tax $108.00" in done.stdout
    )
    assert (again.returncode, "nothing to do" in again.stdout) == (0, True)
    assert nights.positions(runtime)[number]["rent_cents"] == 82_500
