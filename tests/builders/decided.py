"""Instructions of a person about a contract."""

from __future__ import annotations

from datetime import date, datetime, timedelta

from lockbox.contract.position import Position
from lockbox.contract.terms import Terms
from lockbox.runtime import Runtime
from lockbox.servicing.recorded_action import Instruction
from tests.builders import ledger as make
from tests.builders import nights

DAY = timedelta(1)


def instruction_for(
    number: str, day: date | None = None, reason: str = "asked by the customer", known: date | None = None
) -> Instruction:
    """An instruction for a day, given on that day or when it is known."""
    at = datetime.combine(known or day or make.DAY, make.EVENING.time(), make.EVENING.tzinfo) + DAY
    return Instruction(number, reason, "ann", at, day)


def contract(runtime: Runtime, terms: Terms, position: Position) -> str:
    with runtime.engine.begin() as connection:
        make.lender(connection)
        make.open_contract(connection, 1, terms, position)
    return next(iter(nights.positions(runtime)))
