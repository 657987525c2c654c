"""Late fees and delinquency over real nights, under the reference profile: each case must end where the rule ends."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import date, timedelta

import pytest
import sqlalchemy as sa

from lockbox.contract.position import opened
from lockbox.contract.terms import Terms
from lockbox.runtime import Runtime
from lockbox.servicing.audit import differences
from tests.builders import ledger as make
from tests.builders import nights
from tests.builders.contract import CURRENT_FIRST, FEES_FIRST, loan
from tests.builders.published_orders import save_order

pytestmark = pytest.mark.usefixtures("quiet")
OPENED = date(2026, 2, 20)
MARCH_1, APRIL_1 = date(2026, 3, 1), date(2026, 4, 1)  # a Sunday; a Wednesday
MARCH_18 = date(2026, 3, 18)
UNTIL = date(2026, 4, 17)

Fee = tuple[int, date, int]  # installment, charged on, cents
PastDue = tuple[date, int]  # the oldest due date, cents


@dataclass(frozen=True)
class Line:
    """A loan of 20,000.00 at 5 %, 377.00 due on the 1st, with its payments, and what must be charged and past due."""

    terms: Terms
    payments: Mapping[date, int] = field(default_factory=dict)
    fees: tuple[Fee, ...] = ()
    past_due: PastDue | None = None
    metro2: str = "11"
    principal_cents: int = 2_000_000
    later: Terms | None = None  # another version of the terms


LINES = {
    "376.99 once, then 377.00 on every due date": Line(loan("TX"), {MARCH_1: 37_699, APRIL_1: 37_700}),
    "4.99 short in the first month": Line(loan("TX"), {MARCH_1: 37_201, APRIL_1: 37_700}),
    "4.99 short every month": Line(
        loan("TX"),
        {MARCH_1: 37_201, APRIL_1: 37_201},
        fees=((2, date(2026, 4, 17), 1_885),),
        past_due=(APRIL_1, 998),
    ),
    "5.01 short once": Line(
        loan("TX"), {MARCH_1: 37_199}, ((1, date(2026, 3, 17), 1_885), (2, UNTIL, 1_885)), (MARCH_1, 38_201), "71"
    ),
    "Kansas, 300.00 of 377.00 paid": Line(
        loan("KS"), {MARCH_1: 30_000, APRIL_1: 45_400}, fees=((1, date(2026, 3, 12), 385),)
    ),
    "Oklahoma, 300.00 of 377.00 paid": Line(
        loan("OK"), {MARCH_1: 30_000, APRIL_1: 45_400}, fees=((1, date(2026, 3, 12), 2_600),)
    ),
    "Pennsylvania, 300.00 of 377.00 paid": Line(
        loan("PA"), {MARCH_1: 30_000, APRIL_1: 45_400}, fees=((1, date(2026, 3, 12), 154),)
    ),
    "Colorado, 300.00 of 377.00 paid": Line(
        loan("CO"), {MARCH_1: 30_000, APRIL_1: 45_400}, fees=((1, date(2026, 3, 12), 1_500),)
    ),
    "a last installment asks for 24.90 of a scheduled 377.00": Line(
        loan("TX", count=1),
        fees=((1, date(2026, 3, 17), 124),),
        past_due=(MARCH_1, 2_499),
        metro2="71",
        principal_cents=2_480,
    ),
    "a balloon asks for 24.90 of a scheduled 5,000.00": Line(
        loan("TX", count=1, level_cents=500_000),
        fees=((1, date(2026, 3, 17), 124),),
        past_due=(MARCH_1, 2_499),
        metro2="71",
        principal_cents=2_480,
    ),
    "a last installment asks for 4.90": Line(loan("TX", count=1), principal_cents=485),
    "Oklahoma, April's money in April's own window": Line(
        loan("OK"), {date(2026, 4, 6): 37_700}, fees=((1, date(2026, 3, 12), 2_600),), past_due=(APRIL_1, 37_700)
    ),
    "Kansas of 2026, April's money in April's own window": Line(
        loan("KS"),
        {date(2026, 4, 6): 37_700},
        fees=((1, date(2026, 3, 12), 1_885), (2, date(2026, 4, 14), 1_885)),
        past_due=(APRIL_1, 37_700),
    ),
    "Colorado, the tenth day is a Saturday": Line(
        loan("CO", first_due_on=date(2026, 3, 4)), {date(2026, 3, 16): 37_700, date(2026, 4, 4): 37_700}
    ),
    "Colorado, a day after the Monday after the tenth": Line(
        loan("CO", first_due_on=date(2026, 3, 4)),
        {date(2026, 3, 17): 37_700, date(2026, 4, 4): 37_700},
        fees=((1, date(2026, 3, 17), 1_500),),
    ),
    # April's shortage of 3.00 is small: March's had its fee. 5.01 is not.
    # Without interest, which would go to March first.
    "3.00 short beside a shortage that had its fee": Line(
        loan("TX", order=CURRENT_FIRST, rate_ppm=0), {MARCH_1: 35_815, APRIL_1: 37_400},
        ((1, date(2026, 3, 17), 1_885),), (MARCH_1, 2_185), "71",
    ),
    "5.01 short beside a shortage that had its fee": Line(
        loan("TX", order=CURRENT_FIRST, rate_ppm=0), {MARCH_1: 35_815, APRIL_1: 37_199},
        ((1, date(2026, 3, 17), 1_885), (2, UNTIL, 1_885)), (MARCH_1, 2_386), "71",
    ),
    # March's 377.00 come late and pay its fee of 18.85 first: that much stays open, and 3.00 of April's besides.
    "3.00 short beside what a fee took": Line(
        loan("TX", order=FEES_FIRST), {MARCH_18: 37_700, APRIL_1: 37_400}, ((1, date(2026, 3, 17), 1_885),),
        (APRIL_1, 2_185),
    ),
    "5.01 short beside what a fee took": Line(
        loan("TX", order=FEES_FIRST), {MARCH_18: 37_700, APRIL_1: 37_199},
        ((1, date(2026, 3, 17), 1_885), (2, UNTIL, 1_885)), (APRIL_1, 2_386),
    ),
    # March's fee takes 15.00 of April's money: nothing is short because of it once April asks for 18.00.
    "Colorado, terms that ask for less than was paid beside a fee": Line(
        loan("CO", order=FEES_FIRST), {MARCH_18: 75_400}, ((1, date(2026, 3, 12), 1_500),),
        later=loan("CO", level_cents=1_800, order=FEES_FIRST, version=2, valid_from=date(2026, 3, 20)),
    ),
    "Oklahoma, a last installment of 24.80 paid in its own window, to an older one": Line(
        loan("OK", count=2, rate_ppm=0),
        {date(2026, 4, 6): 2_480},
        fees=((1, date(2026, 3, 12), 2_600),),
        past_due=(MARCH_1, 37_700),
        metro2="71",
        principal_cents=40_180,
    ),
    "Oklahoma, a cent less than the last installment asks for": Line(
        loan("OK", count=2, rate_ppm=0),
        {date(2026, 4, 6): 2_479},
        fees=((1, date(2026, 3, 12), 2_600), (2, date(2026, 4, 14), 2_600)),
        past_due=(MARCH_1, 37_701),
        metro2="71",
        principal_cents=40_180,
    ),
    # March stays due on the 1st, April moves from the 1st to the 3rd: its window begins where March's grace ends, on
    # the 11th, and has the money of the 12th.
    "Oklahoma, a due date that moves": Line(
        loan("OK"),
        {date(2026, 3, 12): 37_700},
        fees=((1, date(2026, 3, 12), 2_600),),
        past_due=(date(2026, 4, 3), 37_700),
        later=loan("OK", first_due_on=date(2026, 3, 3), version=2, valid_from=date(2026, 3, 5)),
    ),
    # Money of 9 March, in March's window, went to February. April's window begins where March's grace of ten days ends.
    "Utah, whose grace becomes shorter": Line(
        loan("UT", first_due_on=date(2026, 2, 1)),
        {date(2026, 3, 9): 37_700},
        fees=((3, date(2026, 4, 7), 1_500),),
        past_due=(MARCH_1, 75_400),
        metro2="71",
    ),
    "Texas, on the fifteenth day": Line(loan("TX"), {date(2026, 3, 16): 37_700, APRIL_1: 37_700}),
    "Texas, after the fifteenth day": Line(
        loan("TX"), {date(2026, 3, 17): 37_700, APRIL_1: 37_700}, fees=((1, date(2026, 3, 17), 1_885),)
    ),
}  # fmt: skip


UTAH = """
    insert into late_fee_rule (lender_id, state, valid_from, grace_days, choice, fixed_cents, own_window, source)
    values
    ('meridian', 'UT', '2020-01-01', 10, 'fixed', 1500, true, 'a test'),
    ('meridian', 'UT', '2026-04-01', 5, 'fixed', 1500, true, 'a test')"""


def open_lines(runtime: Runtime) -> dict[str, int]:
    """Name -> contract."""
    with runtime.engine.begin() as connection:
        make.lender(connection)
        connection.execute(sa.text(UTAH))
        for order in (CURRENT_FIRST, FEES_FIRST):
            save_order(connection, order)
        contracts = {
            name: make.open_contract(connection, no, line.terms, opened(line.principal_cents, OPENED))
            for no, (name, line) in enumerate(LINES.items(), 1)
        }
        for name, line in LINES.items():
            if line.later is not None:
                add_version(connection, contracts[name], line.later)
        return contracts


def add_version(connection: sa.Connection, contract: int, terms: Terms) -> None:
    names = ("valid_from", "rate_ppm", "day_count", "method", "excess")
    version = {name: getattr(terms, name) for name in names} | {"order_id": terms.order.order_id}
    version["runs"] = [asdict(run) for run in terms.schedule]
    connection.execute(
        sa.text("select add_terms(:contract, cast(:terms as jsonb), :as_of)"),
        {"contract": contract, "terms": json.dumps(version, default=str), "as_of": make.ARRIVED},
    )


def numbers(runtime: Runtime) -> dict[int, str]:
    with runtime.engine.connect() as connection:
        rows = connection.execute(sa.text("select contract_id, account_number from contract"))
        return {row.contract_id: row.account_number for row in rows}


def outcomes(runtime: Runtime, contracts: Mapping[str, int]) -> dict[str, object]:
    """Name -> (late fees, what is past due, Metro 2 status) at the end."""
    with runtime.engine.connect() as connection:
        rows = connection.execute(sa.text("select * from past_due(:day)"), {"day": UNTIL})
        past_due = {row.contract_id: (row.oldest_due_on, row.past_due_cents) for row in rows}
        rows = connection.execute(sa.text("select contract_id, metro2 from position"))
        statuses = {row.contract_id: row.metro2 for row in rows}
        rows = connection.execute(sa.text("select * from late_fee order by charged_on, installment_no"))
        fees = defaultdict[int, list[Fee]](list)
        for row in rows:
            fees[row.contract_id].append((row.installment_no, row.charged_on, row.amount_cents))
    return {name: (tuple(fees[no]), past_due.get(no), statuses[no]) for name, no in contracts.items()}


def test_every_line_ends_as_its_rule_says(runtime: Runtime) -> None:
    """Nights from February to the middle of April; each payment is a check of its day."""
    contracts = open_lines(runtime)
    accounts = numbers(runtime)
    days = sorted({day for line in LINES.values() for day in line.payments})
    for day in days:
        nights.run(runtime, day - timedelta(1))
        paid = [(accounts[contracts[name]], line.payments[day]) for name, line in LINES.items() if day in line.payments]
        nights.pay(runtime, day, paid)
        nights.closed(runtime, day)
    nights.run(runtime, UNTIL)
    expected = {name: (line.fees, line.past_due, line.metro2) for name, line in LINES.items()}
    assert outcomes(runtime, contracts) == expected
    with runtime.engine.connect() as connection:
        assert list(differences(connection, contracts.values(), UNTIL)) == []
