"""Interest and due dates in SQL, against the rule of the contract, over whole ranges in one query."""

from __future__ import annotations

from datetime import date, timedelta
from random import Random

import sqlalchemy as sa

from lockbox.contract import schedule
from lockbox.contract.interest import DENOMINATOR, accrue, numerator
from lockbox.contract.terms import DayCount
from lockbox.runtime import Runtime

DAYS = [date(2027, 1, 1) + timedelta(ahead) for ahead in range(3 * 366)]  # 2028 is a leap year


def test_units_become_cents_and_a_carry(runtime: Runtime) -> None:
    chance, half = Random(5), DENOMINATOR // 2
    units = [chance.randrange(-half, DENOMINATOR * 10_000) for _ in range(2_000)]
    units += [edge + step for edge in (-half, 0, half, DENOMINATOR, DENOMINATOR + half) for step in (0, 1, 2)]
    statement = sa.text("select accrued_cents(u), accrual_carry(u) from unnest(cast(:units as bigint [])) as u")
    with runtime.engine.connect() as connection:
        rows = connection.execute(statement, {"units": units}).all()
    assert [tuple(row) for row in rows] == [accrue(0, unit) for unit in units]


def test_a_night_accrues_by_its_day_count(runtime: Runtime) -> None:
    statement = sa.text("""
        select night_numerator(2000000, 50000, :day_count, d)
        from unnest(cast(:days as date [])) with ordinality as u (d, place) order by place""")
    with runtime.engine.connect() as connection:
        for day_count in DayCount:
            nights = connection.execute(statement, {"day_count": day_count, "days": DAYS}).scalars().all()
            assert nights == [numerator(2_000_000, 50_000, day, day, day_count) for day in DAYS]


def test_an_installment_is_due_on_its_day_or_the_last_of_the_month(runtime: Runtime) -> None:
    statement = sa.text("select installment_due_on(:first, :due_day, m) from generate_series(0, 60) as m order by m")
    with runtime.engine.connect() as connection:
        for due_day in range(1, 32):
            first = schedule.month_day(2027, 12, due_day)
            due_dates = connection.execute(statement, {"first": first, "due_day": due_day}).scalars().all()
            assert due_dates == [schedule.due_on(first, due_day, months) for months in range(61)]
