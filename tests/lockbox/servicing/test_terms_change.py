"""Terms that come for days whose night was run: each contract ends where its history ends, and says why."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from lockbox.checks import run_checks
from lockbox.contract.master import ContractFlag, ContractTerms, Master
from lockbox.contract.position import OpenBill, opened
from lockbox.contract.terms import Method, Run, Terms
from lockbox.errors import ConflictError, InputError
from lockbox.runtime import Runtime
from lockbox.servicing import night
from lockbox.servicing.account_view import load_account
from lockbox.servicing.audit import differences
from lockbox.servicing.load_master import Loaded, load_master
from tests.builders import contract as terms_of
from tests.builders import ledger as make
from tests.builders.nights import closed, pay, positions, run

OCT_1, NOV_1, NOV_19 = date(2026, 10, 1), date(2026, 11, 1), date(2026, 11, 19)
DAY = timedelta(1)
CHECKS = (*night.CHECKS, "i03_adjustments_name_their_cause")
NOTHING = Loaded(0, 0, 0, 0, 0, 0)


def loan(**fields: Any) -> Terms:
    """20,000.00 at 14.99 %, 377.00 due on the 1st, from December on."""
    return terms_of.loan(first_due_on=date(2026, 12, 1), rate_ppm=149_900, **fields)


def open_loan(runtime: Runtime, no: int = 1, terms: Terms | None = None, on: date = OCT_1) -> str:
    """The loan as taken over at the end of a day; gives its account number."""
    return open_contract(runtime, no, terms or loan(), on, 2_000_000)


def open_contract(runtime: Runtime, no: int, terms: Terms, on: date, cents: int = 0, **position: Any) -> str:
    with runtime.engine.begin() as connection:
        make.lender(connection)
        contract = make.open_contract(connection, no, terms, replace(opened(cents, on + DAY), **position))
        number = sa.text("select account_number from contract where contract_id = :contract")
        return str(connection.execute(number, {"contract": contract}).scalar_one())


def load(runtime: Runtime, *versions: tuple[str, Terms], flags: tuple[ContractFlag, ...] = ()) -> Loaded:
    """Loads versions of terms and flags, as a part of a contract master."""
    terms = tuple(ContractTerms(number, version) for number, version in versions)
    with runtime.engine.begin() as connection:
        return load_master(connection, Master("meridian", OCT_1, (), (), terms, (), flags, ()), make.EVENING)


def rows(runtime: Runtime, statement: str, **values: Any) -> list[tuple[Any, ...]]:
    with runtime.engine.connect() as connection:
        return [tuple(row) for row in connection.execute(sa.text(statement), values)]


def adjustments(runtime: Runtime) -> list[tuple[Any, ...]]:
    return rows(runtime, "select source_key, effective_date from journal where source_kind = 'adjustment' order by 1")


def installments(runtime: Runtime, number: str) -> list[tuple[Any, ...]]:
    return rows(
        runtime,
        """select installment_no, due_on, amount_cents from installment join contract using (contract_id)
        where account_number = :number order by 1""",
        number=number,
    )


def assert_in_order(runtime: Runtime) -> None:
    """Every contract stands where its history ends, and no check finds anything."""
    with runtime.engine.connect() as connection:
        contracts = connection.execute(sa.text("select contract_id from contract order by 1")).scalars().all()
        last = connection.execute(sa.text("select max(business_date) from night")).scalar()
        assert list(differences(connection, contracts, last)) == []
        assert [str(finding) for finding in run_checks(connection, only=CHECKS)] == []


def interest(runtime: Runtime) -> int:
    return int(next(iter(positions(runtime).values()))["interest_cents"])


def test_terms_loaded_late_are_in_force_from_their_first_day(runtime: Runtime) -> None:
    """20,000.00 at 14.99 % from 1 October, 6 % from 1 November, loaded after 19 November: 322.03, not 435.33."""
    number = open_loan(runtime)
    run(runtime, NOV_19)
    lower = loan(version=2, valid_from=NOV_1)
    lower = replace(lower, rate_ppm=60_000)
    assert load(runtime, (number, lower)) == replace(NOTHING, terms=1)
    assert adjustments(runtime) == [(f"terms/2/{number}", NOV_1)]
    assert_in_order(runtime)
    assert load(runtime, (number, lower)) == NOTHING
    assert len(adjustments(runtime)) == 1
    with runtime.engine.connect() as connection:
        account = load_account(connection, number, make.EVENING)
    assert [(row["effective_on"], row["what"], row["reason"]) for row in account.events] == [
        (NOV_1, "terms version 2: 6.00%, installments from 1 on", "known since 2026-11-17")
    ]
    assert account.about["terms_version"] == 2
    assert account.journals[-1]["source_key"] == f"terms/2/{number}"
    run(runtime, date(2026, 11, 23))
    assert interest(runtime) == 32_203
    assert_in_order(runtime)
    with pytest.raises(ConflictError, match=f"terms of contract {number}"):
        load(runtime, (number, replace(lower, rate_ppm=59_000)))
    too_early = replace(lower, version=3, valid_from=OCT_1)
    with pytest.raises(
        InputError, match=r"version 3 of contract \d+, field valid_from: 2026-10-01 is before 2026-10-02"
    ):
        load(runtime, (number, too_early))


def test_billed_installments_that_move_are_not_late_before_their_new_days(runtime: Runtime) -> None:
    """Due on 1 December, billed on 6 November, moved to 1 January by terms of 21 November: no fee, no days past due.

    Beside it: a loan that does not move and is late; one paid ahead whose installments get lower; one that ends with
    what is billed; a rent of 400.00 and 25.00 tax that becomes 380.00 and 23.75, once unpaid and once paid: then 21.25
    are left for the next rent.
    """
    eve, nov_20, nov_21, dec_17 = (date(2026, *on) for on in ((11, 15), (11, 20), (11, 21), (12, 17)))
    plain, rent = loan(), terms_of.lease(first_due_on=date(2026, 12, 10))
    moved, ahead, ended = (open_contract(runtime, no, plain, eve, 2_000_000) for no in (1, 2, 3))
    late = open_contract(runtime, 6, plain, eve, 2_000_000)
    unpaid, paid = (open_contract(runtime, no, rent, eve) for no in (4, 5))

    def from_nov_21(terms: Terms, run: Run) -> Terms:
        return replace(terms, version=2, valid_from=nov_21, schedule=(run,))

    of_loan = plain.schedule[0]
    lower = replace(rent.schedule[0], amount_cents=38_000, tax_cents=2_375)
    load(
        runtime,
        (moved, from_nov_21(plain, replace(of_loan, first_due_on=date(2027, 1, 1)))),
        (ahead, from_nov_21(plain, replace(of_loan, amount_cents=30_000))),
        (ended, from_nov_21(plain, replace(of_loan, count=1))),
        (unpaid, from_nov_21(rent, lower)),
        (paid, from_nov_21(rent, lower)),
    )
    run(runtime, NOV_19)
    pay(runtime, nov_20, [(ahead, 60_000), (paid, 42_500), (ended, 70_000)])
    closed(runtime, nov_20)
    run(runtime, nov_20)
    assert installments(runtime, moved) == [(1, date(2026, 12, 1), 37_700)]
    pay(runtime, nov_21, [(moved, 1_000), (unpaid, 10_000)])  # on the day itself, before its night
    closed(runtime, nov_21)
    run(runtime, nov_21)
    assert installments(runtime, moved) == [(1, date(2027, 1, 1), 37_700)]
    assert installments(runtime, ahead) == [(1, date(2026, 12, 1), 37_700), (2, date(2027, 1, 1), 30_000)]
    assert installments(runtime, ended) == [(1, date(2026, 12, 1), 37_700), (2, date(2027, 1, 1), 32_300)]
    assert installments(runtime, unpaid) == installments(runtime, paid) == [(1, date(2026, 12, 10), 40_375)]
    at = positions(runtime)
    assert (at[unpaid]["rent_cents"], at[unpaid]["tax_cents"]) == (28_000, 2_375)
    assert (at[paid]["rent_cents"], at[paid]["tax_cents"], at[paid]["unapplied_cents"]) == (0, 0, 2_125)
    assert_in_order(runtime)
    run(runtime, dec_17)
    fees = "select account_number, amount_cents from late_fee join contract using (contract_id)"
    assert rows(runtime, fees) == [(late, 1_885)]
    assert rows(
        runtime,
        "select account_number from past_due(:day) join contract using (contract_id) order by 1",
        day=dec_17,
    ) == [(ended,), (unpaid,), (late,)]
    assert_in_order(runtime)
    flags = (ContractFlag(late, "bankruptcy", date(2026, 12, 10)), ContractFlag(unpaid, "scra", date(2027, 1, 1)))
    assert load(runtime, flags=flags) == replace(NOTHING, flags=2)
    assert load(runtime, flags=flags) == NOTHING
    assert rows(runtime, "select * from late_fee where reversed_by is null") == []
    assert (f"flag/20261210/{late}/bankruptcy", date(2026, 12, 10)) in adjustments(runtime)
    assert_in_order(runtime)


def test_a_rent_that_late_terms_put_off_is_billed_when_its_day_comes(runtime: Runtime) -> None:
    """Due on 1 December and billed on 6 November; by terms known on the 19th it is due a month later."""
    lease = terms_of.lease(first_due_on=date(2026, 12, 1))
    number = open_contract(runtime, 1, lease, OCT_1)
    run(runtime, NOV_19 - DAY)
    assert positions(runtime)[number]["rent_cents"] == 40_000
    put_off = terms_of.lease(first_due_on=date(2027, 1, 1), version=2, valid_from=NOV_1)
    load(runtime, (number, put_off))
    assert positions(runtime)[number]["rent_cents"] == 0
    assert_in_order(runtime)
    run(runtime, date(2026, 12, 6))
    assert positions(runtime)[number]["rent_cents"] == 0
    run(runtime, date(2026, 12, 7))
    assert positions(runtime)[number]["rent_cents"] == 40_000
    assert installments(runtime, number) == [(1, date(2027, 1, 1), 42_500)]
    assert_in_order(runtime)


def test_a_lease_taken_over_with_an_open_rent_that_later_terms_raise(runtime: Runtime) -> None:
    """The rent of 1 December was billed at 400.00 before the takeover; from 1 November on it is 500.00. 425.00 came."""
    bill = OpenBill(1, date(2026, 12, 1), 40_000, 2_500)
    number = open_contract(
        runtime, 1, terms_of.lease(first_due_on=date(2026, 12, 1)), OCT_1, bills=(bill,), billed_through=1
    )
    pay(runtime, date(2026, 11, 17), [(number, 42_500)])
    closed(runtime, date(2026, 11, 17))
    run(runtime, NOV_19)
    raised = terms_of.lease(first_due_on=date(2026, 12, 1), rent_cents=50_000, version=2, valid_from=NOV_1)
    load(runtime, (number, raised))
    position = positions(runtime)[number]
    assert (position["rent_cents"], position["tax_cents"]) == (7_500, 2_500)


@pytest.mark.parametrize(
    ("rent_cents", "first_due_on", "owed", "unapplied"),
    [(30_000, date(2026, 12, 1), 0, 10_000), (50_000, date(2026, 12, 1), 10_000, 0), (40_000, NOV_19, 0, 0)],
)
def test_terms_change_a_rent_that_was_billed_and_paid_before_the_takeover(
    runtime: Runtime, rent_cents: int, first_due_on: date, owed: int, unapplied: int
) -> None:
    """The rent of 1 December, 400.00, is paid on 1 October; terms of 1 November lower, raise, or move it. Told in time,
    told late; of a lease that has nothing else, and of one with 1.00 unapplied.
    """
    paid: dict[str, Any] = {"billed_through": 1, "paid_through": 1}
    lease = terms_of.lease(first_due_on=date(2026, 12, 1))
    numbers = [
        open_contract(runtime, no, lease, OCT_1, unapplied_cents=cents, **paid)
        for no, cents in enumerate((0, 100, 0, 100), 1)
    ]
    changed = terms_of.lease(first_due_on=first_due_on, rent_cents=rent_cents, version=2, valid_from=NOV_1)
    load(runtime, *((number, changed) for number in numbers[:2]))
    run(runtime, NOV_1)
    load(runtime, *((number, changed) for number in numbers[2:]))
    assert_in_order(runtime)
    at = positions(runtime)
    standings = [
        (at[number]["rent_cents"] + at[number]["tax_cents"], at[number]["unapplied_cents"]) for number in numbers
    ]
    plain, more = (owed, unapplied), (max(owed - 100, 0), unapplied + (0 if owed else 100))
    assert standings == [plain, more, plain, more]
    assert {installments(runtime, number)[0] for number in numbers} == {(1, first_due_on, rent_cents + 2_500)}
    run(runtime, NOV_1 + 3 * DAY)
    assert_in_order(runtime)


def test_a_rent_that_terms_do_away_with_is_billed_again_when_later_ones_bring_it_back(runtime: Runtime) -> None:
    """The rent of 10 January was billed before the takeover; terms of 18 December drop it, of 21 December ask for it.

    Unpaid, and paid ahead; and where both versions are loaded after their days.
    """
    dec_15, dec_18, dec_20, dec_21, dec_22 = (date(2026, 12, day) for day in (15, 18, 20, 21, 22))
    rent = terms_of.lease(first_due_on=date(2026, 12, 10))
    bills = tuple(OpenBill(no, on, 40_000, 2_500) for no, on in ((1, date(2026, 12, 10)), (2, date(2027, 1, 10))))
    unpaid, paid, late = (
        open_contract(runtime, no, rent, dec_15, bills=bills, billed_through=2, paid_through=0) for no in (1, 2, 3)
    )
    dropped = replace(rent, version=2, valid_from=dec_18, schedule=(replace(rent.schedule[0], count=1),))
    back = replace(rent, version=3, valid_from=dec_21)
    load(runtime, *((number, terms) for number in (unpaid, paid) for terms in (dropped, back)))
    run(runtime, dec_15 + DAY)
    pay(runtime, dec_15 + 2 * DAY, [(paid, 85_000), (late, 50_000)])
    closed(runtime, dec_15 + 2 * DAY)
    run(runtime, dec_20)
    gone = [(1, date(2026, 12, 10), 42_500), (2, date(2027, 1, 10), 0)]
    assert installments(runtime, unpaid) == installments(runtime, paid) == gone
    assert [positions(runtime)[number]["unapplied_cents"] for number in (unpaid, paid)] == [0, 42_500]
    assert_in_order(runtime)
    run(runtime, dec_22)
    load(runtime, (late, dropped))
    assert installments(runtime, late) == gone
    load(runtime, (late, back))
    at = positions(runtime)
    assert [at[number]["rent_cents"] + at[number]["tax_cents"] for number in (unpaid, paid, late)] == [
        85_000,
        0,
        35_000,
    ]
    assert [at[number]["unapplied_cents"] for number in (unpaid, paid, late)] == [0, 0, 0]
    assert_in_order(runtime)
    run(runtime, dec_22 + DAY)
    assert_in_order(runtime)


def test_a_contract_taken_over_before_the_last_night_has_the_nights_since_then(runtime: Runtime) -> None:
    """Loans of both methods and a lease, due on 12 October: where those stand that were taken over in time."""
    due_on = date(2026, 10, 12)
    daily, rent = replace(loan(), schedule=terms_of.loan(first_due_on=due_on).schedule), terms_of.lease("TX", due_on)
    each = [(daily, 2_000_000), (replace(daily, method=Method.SCHEDULED), 2_000_000), (rent, 0)]
    in_time = [open_contract(runtime, no, terms, OCT_1, cents) for no, (terms, cents) in enumerate(each, 1)]
    run(runtime, NOV_1)
    late = [open_contract(runtime, no, terms, OCT_1, cents) for no, (terms, cents) in enumerate(each, 11)]
    assert (f"takeover/20261001/{late[0]}", date(2026, 10, 2)) in adjustments(runtime)

    def standing(number: str) -> dict[str, Any]:
        at = positions(runtime)[number]
        return {name: value for name, value in at.items() if name not in ("contract_id", "account_number")}

    run(runtime, NOV_1 + DAY)
    for number, other in zip(late, in_time, strict=True):
        assert standing(number) == standing(other)
        assert installments(runtime, number) == installments(runtime, other)
    fees = rows(runtime, "select installment_no, charged_on, amount_cents from late_fee order by 3")
    assert fees == [(1, date(2026, 10, 28), 1_885)] * 4 + [(1, date(2026, 10, 28), 2_125)] * 2
    assert_in_order(runtime)


def test_nights_before_the_day_of_a_takeover_leave_the_contract_alone(runtime: Runtime) -> None:
    """A loan and a lease with a rent and money open, loaded after the night of 8 November for the 10th, which is the
    last day on time of what was due on 26 October. One that was there before pays on that day."""
    due_on, nov_10 = date(2026, 10, 26), date(2026, 11, 10)
    due, rent = terms_of.loan(first_due_on=due_on), terms_of.lease(first_due_on=due_on)
    known = open_contract(runtime, 1, due, nov_10 - 3 * DAY, 2_000_000)
    run(runtime, nov_10 - 2 * DAY)
    bill = OpenBill(1, due_on, rent.schedule[0].amount_cents, rent.schedule[0].tax_cents)
    later = [
        open_contract(runtime, 11, due, nov_10, 2_000_000),
        open_contract(runtime, 12, rent, nov_10, bills=(bill,), billed_through=1, unapplied_cents=10_000),
    ]
    before = positions(runtime)
    run(runtime, nov_10 - DAY)
    pay(runtime, nov_10, [(known, 37_700)])
    closed(runtime, nov_10)
    run(runtime, nov_10)
    assert [positions(runtime)[number] for number in later] == [before[number] for number in later]
    assert rows(runtime, "select contract_id from delinquency_status where status_on < :day", day=nov_10) == []
    assert_in_order(runtime)
    run(runtime, nov_10 + DAY)
    assert positions(runtime)[later[0]]["interest_cents"] == 274  # one day of 5 % on 20,000.00
    assert positions(runtime)[later[1]]["unapplied_cents"] == 0
    fees = "select account_number, charged_on from late_fee join contract using (contract_id) order by 1"
    assert rows(runtime, fees) == [(number, nov_10 + DAY) for number in later]
    assert_in_order(runtime)


@pytest.mark.parametrize(("came", "counts"), [(-1, -1), (0, 0), (0, -2), (-1, 0), (0, 1), (1, 0)])
def test_a_check_that_came_before_the_takeover_counts_from_the_day_after_it(
    runtime: Runtime, came: int, counts: int
) -> None:
    """Kept unapplied until then: for a contract whose history has not begun nothing can be credited."""
    due_on, nov_10 = date(2026, 10, 26), date(2026, 11, 10)
    due, rent = terms_of.loan(first_due_on=due_on), terms_of.lease(first_due_on=due_on)
    open_contract(runtime, 1, due, nov_10 - 3 * DAY, 2_000_000)
    run(runtime, nov_10 - 2 * DAY)
    bill = OpenBill(1, due_on, rent.schedule[0].amount_cents, rent.schedule[0].tax_cents)
    numbers = [
        open_contract(runtime, 11, due, nov_10, 2_000_000),
        open_contract(runtime, 12, rent, nov_10, bills=(bill,), billed_through=1),
    ]
    for day in (nov_10 + ahead * DAY for ahead in range(-1, 3)):
        if day == nov_10 + came * DAY:
            pay(runtime, day, [(number, 37_700) for number in numbers], nov_10 + counts * DAY)
        closed(runtime, day)
        run(runtime, day)
    assert_in_order(runtime)
    assert [positions(runtime)[number]["unapplied_cents"] for number in numbers] == [0, 0]
