"""Money of a customer that nobody claims: overpaid, refunded or not, and its letter."""

from __future__ import annotations

from datetime import date, datetime, timedelta

import sqlalchemy as sa

from lockbox.runtime import Runtime
from lockbox.servicing import refunds
from lockbox.servicing.refunds import Step
from tests.builders import corrections
from tests.builders import ledger as make

DAY = timedelta(1)
OVER = 31_250  # Texas: a letter for more than 250.00
ISSUED = make.DAY + DAY * 11  # 27 November 2026
LETTER, STATE = date(2029, 9, 28), date(2029, 11, 27)  # 60 days before; 36 months after


def at(day: date) -> datetime:
    return datetime.combine(day, make.WORKED.time(), make.WORKED.tzinfo)


def overpaid(runtime: Runtime, over: int = OVER) -> int:
    number = corrections.contract(runtime, 1, *make.loan())
    corrections.pay(runtime, make.DAY, [(number, make.INSTALLMENT_CENTS + over)])
    corrections.nights(runtime, make.DAY)
    return number


def issued(runtime: Runtime, over: int = OVER) -> int:
    number = overpaid(runtime, over)
    corrections.nights(runtime, ISSUED - DAY)
    refunds.approve(runtime, 1, Step("bo", at(ISSUED)))
    refunds.issue(runtime, 1, Step("cy", at(ISSUED)))
    return number


def planned(runtime: Runtime, day: date) -> int:
    with runtime.engine.begin() as connection:
        plan = sa.text("select night_owner_letters('meridian', :day, :at)")
        return int(connection.execute(plan, {"day": day, "at": at(day)}).scalar_one())
