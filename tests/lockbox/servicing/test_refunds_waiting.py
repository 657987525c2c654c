"""What is payable and not proposed yet: until when it is held, or why else; small amounts; the customer's notice."""

from __future__ import annotations

from datetime import date, datetime, timedelta

import pytest
import sqlalchemy as sa

from lockbox.customer import service
from lockbox.runtime import Runtime
from lockbox.servicing import actions, refunds
from lockbox.servicing.refunds import CUSTOMER, Step
from lockbox.servicing.refunds_waiting import waiting_refunds
from tests.builders import corrections, nights
from tests.builders import ledger as make
from tests.builders.decided import instruction_for

pytestmark = pytest.mark.usefixtures("quiet")
DAY = timedelta(1)
RELEASED = make.DAY + DAY * 10  # ten days after a personal check


def evening(day: date) -> datetime:
    return datetime.combine(day + DAY, make.EVENING.time(), make.EVENING.tzinfo)


def waiting(runtime: Runtime) -> list[tuple[int, date | None, str]]:
    with runtime.engine.connect() as connection:
        listed = waiting_refunds(connection, "meridian", make.EVENING)
    return [(refund.amount_cents, refund.held_until, refund.why) for refund in listed]


def test_what_is_not_proposed_says_why_and_a_small_amount_is_paid_on_request(runtime: Runtime) -> None:
    """Paid off with 50.00 over, with 0.99 over, and with 50.00 over on a contract that then is in bankruptcy."""
    over = (5_000, 99, 5_000)
    numbers = [corrections.contract(runtime, no, *make.loan()) for no in (1, 2, 3)]
    payments = [(no, make.INSTALLMENT_CENTS + cents) for no, cents in zip(numbers, over, strict=True)]
    corrections.pay(runtime, make.DAY, payments)
    corrections.nights(runtime, make.DAY)
    assert waiting(runtime) == [(cents, RELEASED, "a payment may come back") for cents in over]
    large, small, bankrupt = nights.positions(runtime)
    service.note(runtime, large, make.ARRIVED, {"email": "payer@example.com"})
    actions.set_flag(runtime, instruction_for(bankrupt, make.DAY + DAY), "bankruptcy")
    corrections.nights(runtime, RELEASED)
    assert waiting(runtime) == [
        (99, None, "less than $1.00: paid out on request"),
        (5_000, None, "stopped by bankruptcy: a person proposes it"),
    ]
    step = Step("ann", evening(RELEASED))
    assert refunds.propose(runtime, small, CUSTOMER, "check", step).startswith(
        f"{small}: refund 2 of $0.99 is proposed"
    )
    refunds.approve(runtime, 1, Step("bo", step.as_of))
    refunds.issue(runtime, 1, Step("cy", step.as_of))
    corrections.nights(runtime, RELEASED + DAY)
    assert [why for _, _, why in waiting(runtime)] == ["stopped by bankruptcy: a person proposes it"]
    assert "1 refund_issued" in service.notices(runtime, RELEASED + DAY, evening(RELEASED + DAY))
    with runtime.engine.connect() as connection:
        (facts,) = connection.execute(sa.text("select facts from notice where kind = 'refund_issued'")).scalars()
    assert facts == {"amount_cents": 5_000, "method": "check", "issued_on": str(RELEASED + DAY)}
