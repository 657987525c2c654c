"""What a person decides about a contract: once, for today or an earlier day, the ledger ends where history ends."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from random import Random
from typing import Any

import pytest
import sqlalchemy as sa

from lockbox.contract import lease
from lockbox.contract.event import Event, Flag, InterestWaiver, Payment, Recovery, Waiver, WriteOff, WriteOffUndone
from lockbox.contract.history import history
from lockbox.contract.position import OpenBill, Position
from lockbox.contract.schedule import level
from lockbox.contract.terms import Terms, terms_on
from lockbox.errors import ConflictError, InputError, NotReady
from lockbox.runtime import Runtime
from lockbox.servicing import actions, charge_offs
from lockbox.servicing.recorded_action import Instruction
from tests.builders import command_line, corrections, nights
from tests.builders import ledger as make
from tests.builders.contract import FEES_FIRST
from tests.builders.decided import DAY, contract, instruction_for
from tests.builders.published_orders import save_order

pytestmark = pytest.mark.usefixtures("quiet")
AFTER_PAYMENTS = 5_000  # the place of an action within its day


class Mirror:
    """A contract as the test knows it: its versions of terms, its opening, its events."""

    def __init__(self, terms: Terms, opening: Position) -> None:
        self.terms, self.opening, self.events = [terms], opening, list[Event]()

    def position(self, day: date) -> Position:
        """At the end of the day before, with the day's own events so far."""
        before = [event for event in self.events if event.on < day or isinstance(event, Flag)]
        today = [event for event in self.events if event.on == day and not isinstance(event, Flag)]
        rules, is_open = nights.RULES, nights.IS_OPEN
        return history(self.terms, rules, self.opening, before, day - DAY, is_open, today).position


def decide(runtime: Runtime, mirror: Mirror, number: str, day: date, chance: Random, known: date | None = None) -> None:
    """Takes a random action on a contract for a day, if one is possible, in the database and in the test."""
    at = mirror.position(day)
    if terms_on(mirror.terms, day).lease is None or at.ended:
        kind = chance.choice(("waive", "waive_interest", "charge_off", "charge_off", "flag"))
    else:
        kind = chance.choice(("extend", "buyout", "turn_in", "waive", "charge_off"))
    instruction = instruction_for(number, day, known=known)
    if kind in ("extend", "buyout", "turn_in"):
        decide_on_lease(runtime, mirror, instruction, day, kind, chance)
    elif kind == "waive" and at.fee_cents:
        actions.waive(runtime, instruction, at.fee_cents // 2 + 1)
        mirror.events.append(Waiver("waived", day, at.fee_cents // 2 + 1, seq=AFTER_PAYMENTS))
    elif kind == "waive_interest" and at.interest_cents:
        actions.waive_interest(runtime, instruction, at.interest_cents // 2 + 1)
        mirror.events.append(InterestWaiver("waived", day, at.interest_cents // 2 + 1, seq=AFTER_PAYMENTS))
    elif kind == "charge_off":
        charge_offs.charge_off(runtime, instruction)
        mirror.events += [WriteOff("off", day, seq=AFTER_PAYMENTS), Flag("flag/off", day, "charged_off")]
        unapplied = mirror.position(known).unapplied_cents if known else 0
        if known and unapplied:
            charge_offs.recover(runtime, instruction_for(number, known), unapplied)
            mirror.events.append(Recovery("recovered", known, unapplied, seq=AFTER_PAYMENTS))
    elif kind == "flag":
        actions.set_flag(runtime, instruction, "accelerated")
        mirror.events.append(Flag("flag/accelerated", day, "accelerated"))


def undo_some(runtime: Runtime, mirrors: dict[str, Mirror], day: date, chance: Random) -> None:
    """Some charge-offs of earlier days are undone: their flags have never been either."""
    for number, mirror in mirrors.items():
        kinds = {type(event) for event in mirror.events}
        if WriteOff not in kinds or WriteOffUndone in kinds or chance.random() > 0.1:
            continue
        charge_offs.undo_charge_off(runtime, instruction_for(number, day))
        mirror.events = [event for event in mirror.events if event.event_id != "flag/off"]
        mirror.events.append(WriteOffUndone("undone", day, "off", seq=AFTER_PAYMENTS))


def decide_on_lease(
    runtime: Runtime, mirror: Mirror, instruction: Instruction, day: date, kind: str, chance: Random
) -> None:
    at, terms = mirror.position(day), terms_on(mirror.terms, day)
    if kind == "extend":
        actions.extend(runtime, instruction, 7)
        mirror.terms.append(lease.extend(terms, 7, day))
    elif kind == "buyout":
        actions.buy_out(runtime, instruction)
        mirror.events.append(replace(lease.buyout(terms, at, day, "end"), seq=AFTER_PAYMENTS))
    else:
        miles, wear = chance.choice((0, 90_000)), chance.choice((0, 12_300))
        actions.turn_in(runtime, instruction, miles, wear)
        mirror.events.append(replace(lease.turn_in(terms, at, day, miles, wear, "end"), seq=AFTER_PAYMENTS))


def taken_over(runtime: Runtime, seed: int) -> dict[str, Mirror]:
    """80 contracts of this seed, without flags, by account number."""
    master = replace(nights.portfolio(80, seed=seed), flags=())
    nights.load(runtime, master)
    return {
        opening.account_number: Mirror(version.terms, opening.position)
        for version, opening in zip(master.terms, master.openings, strict=True)
    }


def pay_some(runtime: Runtime, mirrors: dict[str, Mirror], day: date, chance: Random) -> None:
    """On a weekday nine contracts get a payment."""
    if day.isoweekday() > 5:
        return
    numbers = chance.sample(list(mirrors), 9)
    amounts = [(number, chance.choice((41_000, 3_000_000, 900))) for number in numbers]
    nights.pay(runtime, day, amounts)
    for sequence, (number, cents) in enumerate(amounts):
        mirrors[number].events.append(Payment(f"{day}/{sequence}", day, cents, sequence))


def assert_all_end_as_replayed(runtime: Runtime, mirrors: dict[str, Mirror], on: date) -> set[str]:
    """Every balance of every contract, to the cent; gives the kinds of events that the contracts had."""
    rows = nights.positions(runtime)
    for number, mirror in mirrors.items():
        balances = {name: rows[number][name] for name in nights.BALANCES}
        assert balances == nights.balances(mirror.position(on)), (number, mirror.terms, mirror.events)
    corrections.assert_in_order(runtime, [int(str(row["contract_id"])) for row in rows.values()])
    kinds = {type(event).__name__ for mirror in mirrors.values() for event in mirror.events}
    is_extended = any(len(mirror.terms) > 1 for mirror in mirrors.values())
    return kinds | ({"Extension"} if is_extended else set())


def test_actions_end_where_the_rule_ends(runtime: Runtime) -> None:
    """80 contracts, 40 nights, one decision on each and payments before and after it: every balance, to the cent."""
    mirrors, chance = taken_over(runtime, 21), Random(12)
    decided_on = {number: make.DAY + DAY * chance.randint(0, 20) for number in mirrors}
    for ahead in range(40):
        day = make.DAY + DAY * ahead
        pay_some(runtime, mirrors, day, chance)
        for number, mirror in mirrors.items():
            if decided_on[number] == day:
                decide(runtime, mirror, number, day, chance)
        undo_some(runtime, mirrors, day, chance)
        nights.closed(runtime, day)
        nights.run(runtime, day)
    kinds = assert_all_end_as_replayed(runtime, mirrors, make.DAY + DAY * 40)
    assert {"LeaseEnd", "WriteOff", "WriteOffUndone", "Waiver", "InterestWaiver", "Flag", "Extension"} <= kinds


def test_late_actions_end_where_actions_on_their_day_would_have(runtime: Runtime) -> None:
    """80 contracts, one decision on each, known 1 to 28 nights after its day; payments of all sizes go on (I10)."""
    mirrors, chance = taken_over(runtime, 33), Random(5)
    known_on = {number: make.DAY + DAY * chance.randint(3, 36) for number in mirrors}
    decided_for = {number: max(on - DAY * chance.randint(1, 28), make.DAY) for number, on in known_on.items()}
    for ahead in range(46):
        day = make.DAY + DAY * ahead
        for number, mirror in mirrors.items():
            if known_on[number] == day:
                decide(runtime, mirror, number, decided_for[number], chance, day)
        undo_some(runtime, mirrors, day, chance)
        pay_some(runtime, mirrors, day, chance)
        nights.closed(runtime, day)
        nights.run(runtime, day)
    kinds = assert_all_end_as_replayed(runtime, mirrors, make.DAY + DAY * 46)
    decided = {"LeaseEnd", "WriteOff", "WriteOffUndone", "Waiver", "InterestWaiver", "Flag", "Extension", "Recovery"}
    assert decided <= kinds


def test_a_lease_brought_back_weeks_ago_is_shown_in_journals(runtime: Runtime) -> None:
    """Brought back on the 18th, known on 5 December: December's rent, billed on the 20th, is not owed."""
    number = contract(runtime, *make.lease(count=36))
    nights.run(runtime, date(2026, 12, 4))
    assert nights.positions(runtime)[number]["rent_cents"] == make.INSTALLMENT_CENTS * 2  # November's is open too
    words = ("contract", "turn-in", number, "--odometer", "100", "--reason", "dealer's receipt", "--day", "2026-11-18")
    done, repeated = (
        command_line.verb(runtime.settings, *words, "--as-of", "2026-12-05T12:00:00-06:00") for _ in range(2)
    )
    assert done.returncode == 0, done
    assert "turn-in on 2026-11-18: remaining rent" in done.stdout
    assert "the nights since then are corrected" in done.stdout
    assert "nothing to do" in repeated.stdout
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
        runtime, instruction_for(number, late), 7
    )
    nights.run(runtime, late)
    assert nights.positions(runtime)[number]["rent_cents"] == make.INSTALLMENT_CENTS * 3  # 15 December, 15 January
    with runtime.engine.connect() as connection:
        message = connection.execute(sa.text("select message from ops_event where kind = 'contract'")).scalar_one()
        assert message.startswith("new disclosures are due by 2027-06-15")
    corrections.assert_in_order(runtime, [1])


def test_a_lease_is_extended_once_a_day(runtime: Runtime) -> None:
    number = contract(runtime, *make.lease(count=22))
    actions.extend(runtime, instruction_for(number), 2)
    with pytest.raises(ConflictError, match="its terms change from 2026-11-16 on already"):
        actions.extend(runtime, instruction_for(number, reason="asked again"), 2)


def test_a_lease_that_was_paid_to_its_end_when_it_was_taken_over_goes_on(runtime: Runtime) -> None:
    """All 22 rents were paid elsewhere: the 23rd is billed though none is known here."""
    terms, _ = make.lease(count=22)
    number = contract(runtime, terms, Position(make.EVE, paid_through=22, billed_through=22))
    actions.extend(runtime, instruction_for(number), 2)
    nights.run(runtime, date(2026, 11, 20))
    assert nights.positions(runtime)[number]["rent_cents"] == make.INSTALLMENT_CENTS  # 15 December
    corrections.assert_in_order(runtime, [1])


def test_what_comes_after_a_charge_off_is_recovered(runtime: Runtime) -> None:
    number = contract(runtime, *make.loan(principal_cents=900_000, count=48, fee_cents=1_500))
    with pytest.raises(InputError, match="not charged off"):
        charge_offs.recover(runtime, instruction_for(number))
    assert charge_offs.charge_off(runtime, instruction_for(number)) == f"{number}: $9,015.00 charged off"
    assert (
        charge_offs.charge_off(runtime, instruction_for(number))
        == f"{number}: recorded before in the same words, nothing to do"
    )
    nights.pay(runtime, make.DAY, [(number, 30_000)])
    nights.closed(runtime, make.DAY)
    nights.run(runtime, make.DAY + DAY)
    after = make.DAY + DAY * 2
    with pytest.raises(InputError, match=r"\$300.00 unapplied, \$300.01 requested"):
        charge_offs.recover(runtime, instruction_for(number, after), 30_001)
    charge_offs.recover(runtime, instruction_for(number, after), 20_000)
    charge_offs.recover(runtime, instruction_for(number, after))
    nights.run(runtime, after)
    position = nights.positions(runtime)[number]
    assert [position[name] for name in ("principal_cents", "unapplied_cents", "metro2")] == [0, 0, "97"]
    with runtime.engine.connect() as connection:
        lines = """
            select account, balance_cents from trial_balance
            where account ~ 'charge_off|recovery' and balance_cents <> 0"""
        assert dict(iter(connection.execute(sa.text(lines)))) == {
            "expense.charge_off.principal": 900_000,
            "income.charge_off.fee": 1_500,
            "income.recovery": -30_000,
        }
    corrections.assert_in_order(runtime, [1])


def test_a_flag_since_an_earlier_day_takes_back_the_fee_it_bars(runtime: Runtime) -> None:
    """Due on 15 November, charged in Texas on 1 December; the bankruptcy of the 20th is known on the 5th."""
    number = contract(runtime, *make.loan(principal_cents=900_000, count=48))
    known = date(2026, 12, 5)
    nights.run(runtime, known - DAY)
    assert nights.positions(runtime)[number]["fee_cents"] == make.INSTALLMENT_CENTS * 5 // 100
    message = actions.set_flag(runtime, replace(instruction_for(number, known), day=date(2026, 11, 20)), "bankruptcy")
    assert message == f"{number}: bankruptcy from 2026-11-20; the nights since then are corrected"
    assert nights.positions(runtime)[number]["fee_cents"] == 0
    corrections.assert_in_order(runtime, [1])
    with pytest.raises(ConflictError, match="has the flag bankruptcy"):
        actions.set_flag(runtime, instruction_for(number, known, "again"), "bankruptcy")
    assert actions.clear_flag(runtime, instruction_for(number, known + DAY), "bankruptcy").endswith(
        "cleared from 2026-12-06 on"
    )
    with pytest.raises(InputError, match="no flag bankruptcy to clear"):
        actions.clear_flag(runtime, instruction_for(number, known + DAY * 3), "bankruptcy")


def interest_at_five_percent(runtime: Runtime) -> str:
    """9,000.00 at 5 %: 1.2329 a night, 12.33 after the tenth; the night of 25 November was the last."""
    number = contract(runtime, *make.loan(principal_cents=900_000, count=48, terms={"rate_ppm": 50_000}))
    nights.run(runtime, date(2026, 11, 25))
    return number


def test_interest_is_waived_up_to_what_is_owed(runtime: Runtime) -> None:
    number, day = interest_at_five_percent(runtime), date(2026, 11, 26)
    with pytest.raises(InputError, match=r"interest of \$12.33 owed, \$12.34 to waive"):
        actions.waive_interest(runtime, instruction_for(number, day), 1_234)
    message = actions.waive_interest(runtime, instruction_for(number, day), 1_000)
    assert message == f"{number}: $10.00 of interest waived, $2.33 left"
    again = actions.waive_interest(runtime, instruction_for(number, day), 1_000)
    assert again.endswith("recorded before in the same words, nothing to do")
    assert waived_cents(runtime) == 1_000
    nights.run(runtime, day)
    position = nights.positions(runtime)[number]
    assert (position["principal_cents"], position["interest_cents"]) == (900_000, 356)  # 11 nights, less 10.00
    corrections.assert_in_order(runtime, [1])


def test_what_a_fee_took_is_no_more_than_what_is_left_once_interest_is_waived(runtime: Runtime) -> None:
    """10.00 of principal and 50.00 of interest are owed, and a fee of 40.00 that takes the 30.00 that are paid."""
    with runtime.engine.begin() as connection:
        make.lender(connection)
        save_order(connection, FEES_FIRST)
    terms, at = make.loan(principal_cents=1_000, interest_cents=5_000, fee_cents=4_000, terms={"order": FEES_FIRST})
    number = contract(runtime, terms, at)
    nights.pay(runtime, make.DAY, [(number, 3_000)])
    assert nights.positions(runtime)[number]["fee_ahead_cents"] == 3_000
    actions.waive_interest(runtime, instruction_for(number, make.DAY), 5_000)
    assert nights.positions(runtime)[number]["fee_ahead_cents"] == 1_000


def test_interest_that_is_waived_for_an_earlier_day_leaves_more_of_a_payment_for_principal(runtime: Runtime) -> None:
    """On the 20th 4.93 of four nights were owed; the 412.50 of the 25th paid 11.10 of nine: now 4.00 less."""
    number = contract(runtime, *make.loan(principal_cents=900_000, count=48, terms={"rate_ppm": 50_000}))
    nights.run(runtime, date(2026, 11, 24))
    nights.pay(runtime, date(2026, 11, 25), [(number, make.INSTALLMENT_CENTS)])
    nights.closed(runtime, date(2026, 11, 25))
    nights.run(runtime, date(2026, 11, 30))
    assert nights.positions(runtime)[number]["principal_cents"] == 900_000 - make.INSTALLMENT_CENTS + 1_110
    instruction = instruction_for(number, date(2026, 11, 20), known=date(2026, 12, 1))
    with pytest.raises(InputError, match=r"interest of \$4.93 owed, \$4.94 to waive"):
        actions.waive_interest(runtime, instruction, 494)
    message = actions.waive_interest(runtime, instruction, 400)
    assert message == f"{number}: $4.00 of interest waived, $0.93 left; the nights since then are corrected"
    assert nights.positions(runtime)[number]["principal_cents"] == 900_000 - make.INSTALLMENT_CENTS + 710
    assert waived_cents(runtime) == 400
    corrections.assert_in_order(runtime, [1])


def waived_cents(runtime: Runtime) -> int:
    balance = sa.text("select balance_cents from trial_balance where account = 'expense.interest_waiver'")
    with runtime.engine.connect() as connection:
        return int(connection.execute(balance).scalar_one())


def test_a_lease_has_no_interest_to_waive(runtime: Runtime) -> None:
    number = contract(runtime, *make.lease())
    with pytest.raises(InputError, match="a lease bears no interest"):
        actions.waive_interest(runtime, instruction_for(number), 1)


def waive_a_cent(runtime: Runtime, instruction: Instruction) -> str:
    return actions.waive(runtime, instruction, 1)


def waive_interest_of_a_cent(runtime: Runtime, instruction: Instruction) -> str:
    return actions.waive_interest(runtime, instruction, 1)


def set_blue_flag(runtime: Runtime, instruction: Instruction) -> str:
    return actions.set_flag(runtime, instruction, "blue")


def charge_off_with(**changes: Any) -> Callable[[Runtime, Instruction], str]:
    def charge_off(runtime: Runtime, instruction: Instruction) -> str:
        return charge_offs.charge_off(runtime, replace(instruction, **changes))

    return charge_off


REFUSED: dict[str, tuple[Callable[[Runtime, Instruction], str], str]] = {
    "not a lease": (actions.buy_out, "not a lease"),
    "no fee": (waive_a_cent, "fees of .0.00 owed, .0.01 to waive"),
    "no interest": (waive_interest_of_a_cent, "interest of .0.00 owed, .0.01 to waive"),
    "no flag": (set_blue_flag, "no such flag: blue"),
    "no reason": (charge_off_with(reason=" "), "a reason is required"),
    "no account": (charge_off_with(account_number="1"), "no such account"),
    "past": (charge_off_with(day=make.EVE), "2026-11-15: nothing is known before 2026-11-16"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_an_impossible_action_is_refused_and_leaves_nothing(runtime: Runtime, case: str) -> None:
    number = contract(runtime, *make.loan())
    verb, words = REFUSED[case]
    with pytest.raises(InputError, match=words):
        verb(runtime, instruction_for(number))
    with runtime.engine.connect() as connection:
        assert connection.execute(sa.text("select count(*) from contract_event")).scalar_one() == 0


def test_a_day_ahead_of_open_nights_waits(runtime: Runtime) -> None:
    number = contract(runtime, *make.loan())
    with runtime.engine.begin() as connection:
        make.batch(connection)  # Monday is open: its night cannot be run
    with pytest.raises(NotReady, match="comes after nights that were not run, from 2026-11-16 on"):
        charge_offs.charge_off(runtime, instruction_for(number, make.DAY + DAY))


def test_an_ended_lease_is_over(runtime: Runtime) -> None:
    """Nothing to pay at its end: that it ended is still known, to the night and to a replay."""
    terms, _ = make.lease(count=22)
    assert terms.lease is not None
    free = replace(terms, lease=replace(terms.lease, disposition_fee_cents=0))
    number = contract(runtime, free, Position(make.EVE, paid_through=22, billed_through=22, unapplied_cents=500))
    assert actions.turn_in(runtime, instruction_for(number), 100, 0).endswith("turn-in on 2026-11-16: nothing to pay")
    with pytest.raises(InputError, match="the lease ended on 2026-11-16"):
        actions.extend(runtime, instruction_for(number), 1)
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
    done, repeated = (
        command_line.verb(runtime.settings, *words, "--as-of", "2026-11-16T12:00:00-06:00") for _ in range(2)
    )
    assert done.returncode == 0, done
    assert (
        "remaining rent $412.50, excess mileage $800.00, wear $120.50, disposition $395.00, tax $108.00" in done.stdout
    )
    assert (repeated.returncode, "nothing to do" in repeated.stdout) == (0, True)
    assert nights.positions(runtime)[number]["rent_cents"] == 82_500
