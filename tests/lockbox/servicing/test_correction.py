"""Corrections in the ledger: a check that comes back, one that is posted late; both end where history ends."""

from __future__ import annotations

from datetime import date, timedelta
from random import Random

import pytest
import sqlalchemy as sa

from lockbox.contract.position import OpenBill, Position, opened
from lockbox.contract.terms import Excess
from lockbox.errors import ConflictError, InputError
from lockbox.mail.posting import post_batch
from lockbox.runtime import Runtime
from lockbox.servicing import actions, charge_offs
from lockbox.servicing.correction import find_item, reverse_item
from tests.builders import command_line
from tests.builders import ledger as make
from tests.builders import nights as nights_
from tests.builders.contract import lease, loan
from tests.builders.corrections import FIRST, OPENED, assert_in_order, contract, nights, pay, state, take_back
from tests.builders.decided import instruction_for

OCTOBER = Position(date(2026, 10, 2), billed_through=1, bills=(OpenBill(1, date(2026, 10, 1), 40_000, 2_500),))
pytestmark = pytest.mark.usefixtures("quiet")


def test_a_check_posted_late_ends_where_it_would_have_ended(runtime: Runtime) -> None:
    """I10: received on the 10th, posted on the 24th; the late fee of the 17th goes, days past due with it."""
    terms = loan("TX", first_due_on=FIRST)
    late, timely = contract(runtime, 1, terms), contract(runtime, 2, terms)
    pay(runtime, date(2026, 11, 10), [(timely, 37_700)])
    nights(runtime, date(2026, 11, 23))
    assert [state(runtime, number)["fee_cents"] for number in (late, timely)] == [1_885, 0]
    pay(runtime, date(2026, 11, 24), [(late, 37_700)], date(2026, 11, 10))
    assert state(runtime, late) == state(runtime, timely)
    nights(runtime, date(2026, 12, 20))
    assert state(runtime, late) == state(runtime, timely)
    assert_in_order(runtime, (late, timely))


def test_a_check_posted_late_that_leaves_a_small_amount_takes_the_fee_back(runtime: Runtime) -> None:
    """3.00 short of 377.00 is no shortage, 5.01 is: the one fee goes, the other stays. Returned, the fee is back."""
    terms = loan("TX", first_due_on=FIRST)
    small, large = contract(runtime, 1, terms), contract(runtime, 2, terms)
    nights(runtime, date(2026, 11, 23))
    items = pay(runtime, date(2026, 11, 24), [(small, 37_400), (large, 37_199)], date(2026, 11, 10))
    assert [state(runtime, number)["fee_cents"] for number in (small, large)] == [0, 1_885]
    nights(runtime, date(2026, 12, 2))
    assert [nights_.positions(runtime)[number]["metro2"] for number in account_numbers(runtime)] == ["11", "71"]
    take_back(runtime, items[0], date(2026, 12, 3))
    assert state(runtime, small)["fee_cents"] == 1_885 + 3_000
    assert_in_order(runtime, (small, large))


def account_numbers(runtime: Runtime) -> list[str]:
    with runtime.engine.connect() as connection:
        return list(connection.execute(sa.text("select account_number from contract order by contract_id")).scalars())


def test_a_returned_check_leaves_the_contract_as_if_it_had_never_been_paid(runtime: Runtime) -> None:
    """I11, except for its fee of 30.00 in Texas; the late fee that it uncovers is there at once."""
    terms = loan("TX", first_due_on=FIRST)
    hit, never = contract(runtime, 1, terms), contract(runtime, 2, terms)
    first = pay(runtime, date(2026, 11, 2), [(hit, 37_700)])
    pay(runtime, date(2026, 12, 1), [(hit, 40_000), (never, 40_000)])
    nights(runtime, date(2026, 12, 7))
    before = state(runtime, never)
    lines = take_back(runtime, first[0], date(2026, 12, 8))
    after = state(runtime, hit)
    assert after["fee_cents"] == before["fee_cents"] + 3_000
    assert {**after, "fee_cents": 0} == {**before, "fee_cents": 0}
    assert after["late fees"] == [(1, date(2026, 11, 17), 1_885)]
    assert "days past due; 0 late fees taken back, 1 charged" in lines[0]
    assert_in_order(runtime, (hit, never))
    with pytest.raises(ConflictError, match="taken back already"):
        take_back(runtime, first[0], date(2026, 12, 9))
    nights(runtime, date(2026, 12, 31))
    assert_in_order(runtime, (hit, never))


def test_a_correction_costs_no_fee(runtime: Runtime) -> None:
    number = contract(runtime, 1, loan("TX", first_due_on=FIRST))
    nights(runtime, date(2026, 10, 4))
    before = state(runtime, number)
    items = pay(runtime, date(2026, 10, 5), [(number, 37_700)])
    take_back(runtime, items[0], date(2026, 10, 5), "wrong contract")
    assert state(runtime, number) == before
    assert_in_order(runtime, [number])


def account(runtime: Runtime, number: int) -> str:
    with runtime.engine.connect() as connection:
        statement = sa.text("select account_number from contract where contract_id = :c")
        return str(connection.execute(statement, {"c": number}).scalar_one())


@pytest.mark.parametrize("flag", ["bankruptcy", "charged_off"])
def test_a_returned_check_of_a_flagged_contract_costs_no_fee_and_the_line_says_why(runtime: Runtime, flag: str) -> None:
    """Bankruptcy and charge-off stop the fee, as data of the lender (flag_rule)."""
    number, never = (contract(runtime, no, loan("TX", first_due_on=FIRST)) for no in (1, 2))
    (item,) = pay(runtime, date(2026, 10, 12), [(number, 37_700)])
    nights(runtime, date(2026, 10, 12))
    for contract_id in (number, never):
        instruction = instruction_for(account(runtime, contract_id), date(2026, 10, 13))
        if flag == "charged_off":
            charge_offs.charge_off(runtime, instruction)
        else:
            actions.set_flag(runtime, instruction, flag)
    nights(runtime, date(2026, 10, 14))
    (line,) = take_back(runtime, item, date(2026, 10, 15))
    assert line.endswith(f"; no returned-check fee: {flag}")
    assert state(runtime, number) == state(runtime, never)
    assert_in_order(runtime, (number, never))


@pytest.mark.parametrize("nights_after", [0, 3])
def test_a_flag_from_the_day_of_the_return_takes_its_fee_back(runtime: Runtime, nights_after: int) -> None:
    """Set later on that day, or as of that day once its night was run."""
    number = contract(runtime, 1, loan("TX", first_due_on=FIRST))
    (item,) = pay(runtime, date(2026, 10, 12), [(number, 37_700)])
    day = date(2026, 10, 13)
    nights(runtime, day - timedelta(1))
    take_back(runtime, item, day)
    assert state(runtime, number)["fee_cents"] == 3_000
    nights(runtime, day + timedelta(nights_after - 1))
    message = actions.set_flag(runtime, instruction_for(account(runtime, number), day), "bankruptcy")
    assert message.endswith("corrected")
    assert state(runtime, number)["fee_cents"] == 0
    nights(runtime, day + timedelta(5))
    assert_in_order(runtime, [number])


def test_a_payoff_that_comes_back(runtime: Runtime) -> None:
    """The overpayment had become a refund; months of bills and interest come back with the debt."""
    number, never = (contract(runtime, no, loan("CO", first_due_on=FIRST)) for no in (1, 2))
    items = pay(runtime, date(2026, 10, 20), [(number, 2_100_000)])
    nights(runtime, date(2026, 12, 20))
    assert state(runtime, number)["refund_cents"] == 2_100_000 - 2_000_000 - 4_932
    take_back(runtime, items[0], date(2026, 12, 21))
    after, before = state(runtime, number), state(runtime, never)
    assert after["fee_cents"] == before["fee_cents"] + 2_500
    assert {**after, "fee_cents": 0} == {**before, "fee_cents": 0}
    assert_in_order(runtime, (number, never))


def test_principal_only_is_followed_when_history_is_replayed(runtime: Runtime) -> None:
    """1,000.00 with the installment of 377.00 due: 623.00 to principal only. A late check replays it, a return too."""
    only, ahead, never = (contract(runtime, no, loan("CO", first_due_on=FIRST)) for no in (1, 2, 3))
    asked = pay(runtime, date(2026, 10, 20), [(only, 100_000)], excess=Excess.PRINCIPAL)
    pay(runtime, date(2026, 10, 21), [(ahead, 100_000)])
    nights(runtime, date(2026, 10, 22))
    assert state(runtime, only)["credits"] == [(1, 37_700)]
    assert state(runtime, ahead)["credits"] == [(1, 37_700), (2, 37_700), (3, 24_600)]
    pay(runtime, date(2026, 10, 23), [(number, 10_000) for number in (only, ahead, never)], date(2026, 10, 15))
    assert state(runtime, only)["credits"] == [(1, 37_700)]
    assert state(runtime, ahead)["credits"] == [(1, 37_700), (2, 37_700), (3, 34_600)]
    assert_in_order(runtime, (only, ahead))
    take_back(runtime, asked[0], date(2026, 10, 26), "wrong contract")
    assert state(runtime, only) == state(runtime, never)
    assert_in_order(runtime, (only, ahead, never))


def test_principal_only_after_the_cut_off_waits_for_its_night(runtime: Runtime) -> None:
    """Two checks of one batch that counts from the next day; only the contract of the second must be paid ahead."""
    only, ahead = (contract(runtime, no, loan("CO", first_due_on=FIRST)) for no in (1, 2))
    friday, monday = date(2026, 10, 23), date(2026, 10, 26)
    pay(runtime, friday, [(only, 100_000)], monday, Excess.PRINCIPAL)
    pay(runtime, date(2026, 10, 24), [(ahead, 100_000), (only, 5_000)], monday)
    assert state(runtime, only)["unapplied_cents"] == 105_000
    nights(runtime, monday)
    assert state(runtime, only)["credits"] == [(1, 37_700), (2, 5_000)]
    assert state(runtime, ahead)["credits"] == [(1, 37_700), (2, 37_700), (3, 24_600)]
    assert_in_order(runtime, (only, ahead))


def test_a_returned_payoff_uncovers_fees_of_installments_never_billed(runtime: Runtime) -> None:
    """Paid off before its second bill, charged off by mistake; the check comes back: both late fees come, and go."""
    number = contract(runtime, 1, loan("CO", first_due_on=FIRST, count=2), opened(70_000, OPENED))
    items = pay(runtime, date(2026, 10, 5), [(number, 80_000)])
    nights(runtime, date(2026, 12, 20))
    account = next(iter(nights_.positions(runtime)))
    charge_offs.charge_off(runtime, instruction_for(account, date(2026, 12, 20)))
    take_back(runtime, items[0], date(2026, 12, 21))
    assert [row[:2] for row in state(runtime, number)["late fees"]] == [
        (1, date(2026, 11, 13)),
        (2, date(2026, 12, 12)),
    ]
    assert_in_order(runtime, [number])


def test_a_lease_whose_unapplied_money_was_used(runtime: Runtime) -> None:
    """The check of October also paid November; when it comes back, so does what it paid there."""
    terms = lease("KS", first_due_on=date(2026, 10, 1))
    at = Position(date(2026, 10, 1), billed_through=1, bills=(OpenBill(1, date(2026, 10, 1), 40_000, 2_500),))
    number, never = contract(runtime, 1, terms, at), contract(runtime, 2, terms, at)
    items = pay(runtime, date(2026, 10, 2), [(number, 90_000)])
    pay(runtime, date(2026, 10, 5), [(number, 50_000), (never, 50_000)])
    nights(runtime, date(2026, 11, 20))
    take_back(runtime, items[0], date(2026, 11, 21))
    after, before = state(runtime, number), state(runtime, never)
    assert after["fee_cents"] == before["fee_cents"] + 2_500
    assert {**after, "fee_cents": 0} == {**before, "fee_cents": 0}
    assert_in_order(runtime, (number, never))
    nights(runtime, date(2026, 12, 31))
    assert_in_order(runtime, (number, never))


def test_one_check_for_two_contracts_comes_back_from_both(runtime: Runtime) -> None:
    first, second, plain = (contract(runtime, no, loan("GA", first_due_on=FIRST)) for no in (1, 2, 3))
    nights(runtime, date(2026, 10, 11))
    with runtime.engine.begin() as connection:
        batch = make.batch(connection, day=date(2026, 10, 12))
        item = make.item(connection, batch)
        make.decision(connection, item, amount_cents=77_700, lines=[(first, 40_000), (second, 37_700)])
        post_batch(connection, batch, make.WORKED)
    nights(runtime, date(2026, 10, 20))
    take_back(runtime, item, date(2026, 10, 21))
    assert [state(runtime, number)["fee_cents"] for number in (first, second)] == [2_500, 0]  # one fee for one check
    assert state(runtime, second)["carry"] == state(runtime, plain)["carry"]
    assert_in_order(runtime, (first, second, plain))


def test_items_are_found_by_name(runtime: Runtime) -> None:
    items = pay(runtime, date(2026, 10, 12), [(contract(runtime, 1, loan("GA", first_due_on=FIRST)), 100)])
    with runtime.engine.connect() as connection:
        for name in (str(items[0]), "dallas/2026-10-12/B1012/1"):
            assert find_item(connection, name) == items[0]
        with pytest.raises(InputError, match="no such item"):
            find_item(connection, "dallas/2026-10-12/B1012/2")
        with pytest.raises(InputError, match="no such check in the ledger"):
            reverse_item(connection, 10**9, "returned", date(2026, 10, 12), make.WORKED, "ann")


def test_money_received_before_the_contract_was_taken_over(runtime: Runtime) -> None:
    """Received on 30 September, posted on the 5th: it counts from the first day after the opening."""
    early, first = (contract(runtime, no, loan("GA", first_due_on=FIRST)) for no in (1, 2))
    pay(runtime, date(2026, 10, 2), [(first, 37_700)])
    pay(runtime, date(2026, 10, 5), [(early, 37_700)], date(2026, 9, 30))
    assert state(runtime, early) == state(runtime, first)
    assert_in_order(runtime, (early, first))


def test_the_verb_takes_a_check_back(runtime: Runtime) -> None:
    pay(runtime, date(2026, 10, 12), [(contract(runtime, 1, loan("GA", first_due_on=FIRST)), 100)])
    words = ("reverse", "--item", "dallas/2026-10-12/B1012/1", "--reason", "returned")
    without = command_line.verb(runtime.settings, *words[:-1], " ")
    assert (without.returncode, "give a reason" in without.stderr) == (2, True)
    at = "2027-01-15T12:00:00-06:00"
    done, repeated = (
        command_line.verb(runtime.settings, *words, "--as-of", at, "--day", "2026-10-12") for _ in range(2)
    )
    assert (done.returncode, "owes $20,052.40, not past due" in done.stdout) == (0, True), done
    assert (repeated.returncode, "taken back already" in repeated.stderr) == (5, True)


def test_random_corrections_end_where_history_ends(runtime: Runtime) -> None:
    """40 contracts of all kinds, a month of payments on time and late, some of them taken back."""
    master, chance = nights_.portfolio(40, seed=5), Random(7)
    nights_.load(runtime, master)
    numbers: dict[str, int] = {}
    with runtime.engine.connect() as connection:
        for row in connection.execute(sa.text("select account_number, contract_id from contract")):
            numbers[row.account_number] = row.contract_id
    rate = {version.account_number: version.terms.schedule[0].amount_cents for version in master.terms}
    posted: list[int] = []
    for ahead in range(1, 31):
        day = make.EVE + timedelta(ahead)
        for back in chance.sample((0, 3, 11), 2):
            on = day - timedelta(back)
            chosen = chance.sample(sorted(numbers), 3)
            if on > make.EVE:
                payments = [
                    (numbers[number], chance.choice((rate[number], rate[number] * 3, 777))) for number in chosen
                ]
                posted += pay(runtime, day, payments, on)
        if ahead % 4 == 0:
            item = posted.pop(chance.randrange(len(posted)))
            take_back(runtime, item, day, chance.choice(("returned", "wrong contract")))
        nights(runtime, day)
    assert_in_order(runtime, numbers.values())


def test_mail_that_did_not_wait_for_a_late_night(runtime: Runtime) -> None:
    """Posted on the 10th while the nights since the 2nd were still to be made up: it ends the same (I9)."""
    terms = loan("TX", first_due_on=FIRST)
    early, timely = contract(runtime, 1, terms), contract(runtime, 2, terms)
    day = date(2026, 10, 10)
    with runtime.engine.begin() as connection:
        batch = make.batch(connection, "EARLY", day=day, effective_date=day)
        item = make.item(connection, batch)
        make.decision(connection, item, amount_cents=37_700, lines=[(early, 37_700)])
        post_batch(connection, batch, make.WORKED)
    pay(runtime, day, [(timely, 37_700)])
    nights(runtime, day + timedelta(1))
    assert state(runtime, early) == state(runtime, timely)
    assert_in_order(runtime, (early, timely))


def test_mail_of_two_days_that_did_not_wait_for_a_late_night(runtime: Runtime) -> None:
    """A loan paid off on the 8th and a lease paid on the 12th, both while the nights since the 7th were waiting."""
    number = contract(runtime, 1, loan("CO", first_due_on=FIRST), opened(70_000, OPENED))
    leased = contract(runtime, 2, lease("CO", first_due_on=date(2026, 10, 1)), OCTOBER)
    items = pay(runtime, date(2026, 10, 5), [(number, 30_000)])
    nights(runtime, date(2026, 10, 6))
    post(runtime, "EARLY", date(2026, 10, 8), [(number, 40_100)])  # of them 0.58 is a refund
    take_back(runtime, items[0], date(2026, 10, 9))
    post(runtime, "LEASE", date(2026, 10, 12), [(leased, 42_500)])
    for day in (8, 9, 12):
        nights_.closed(runtime, date(2026, 10, day))
    for day in range(7, 14):
        nights_.run(runtime, date(2026, 10, day))
        assert_in_order(runtime, (number, leased))
    assert state(runtime, leased)["late fees"] == []  # the 11th is a Sunday, the 12th a holiday


def post(runtime: Runtime, batch_no: str, day: date, payments: list[tuple[int, int]]) -> None:
    """A batch of checks, whatever nights are missing."""
    with runtime.engine.begin() as connection:
        batch = make.batch(connection, batch_no, day=day, effective_date=day)
        for sequence, (number, cents) in enumerate(payments, 1):
            item = make.item(connection, batch, sequence)
            make.decision(connection, item, amount_cents=cents, lines=[(number, cents)])
        post_batch(connection, batch, make.WORKED)


def test_unapplied_money_is_used_in_the_order_of_its_days(runtime: Runtime) -> None:
    """A lease: 5.00 of the 8th lie there when 6.00 of the 6th are posted late; the next rent takes those first."""
    number = contract(runtime, 1, lease("CO", first_due_on=date(2026, 11, 20)), Position(date(2026, 10, 2)))
    pay(runtime, date(2026, 10, 8), [(number, 500)])
    nights(runtime, date(2026, 10, 8))
    pay(runtime, date(2026, 10, 9), [(number, 600)], date(2026, 10, 6))
    nights(runtime, date(2026, 11, 20))
    assert state(runtime, number)["unapplied_cents"] == 0
    assert_in_order(runtime, [number])
