"""Money in suspense, and what people do with it: proposed, confirmed where that is needed, and made final."""

from __future__ import annotations

from datetime import date

from lockbox.mail.decision import Outcome
from lockbox.runtime import Runtime
from reconciliation.exceptions import resolution, suspense
from reconciliation.exceptions.resolution import Part
from reconciliation.exceptions.suspense import Action, Proposal
from tests.builders import exceptions
from tests.builders.exceptions import MONDAY, noon

UNIDENTIFIED = resolution.Proposal(Outcome.SUSPENSE)


def unidentified_day(runtime: Runtime, *amounts: int) -> list[int]:
    """Checks of Monday whose contract nobody knows, deposited; its night is run; gives the items."""
    items = exceptions.waiting_day(runtime, amounts)
    for item in items:
        exceptions.resolve(runtime, item, UNIDENTIFIED, MONDAY)
    exceptions.close(runtime, MONDAY)
    exceptions.run_night(runtime, MONDAY)
    return items


def identify(account: str, cents: int = 0) -> Proposal:
    """Money is a contract's; without cents, all that is not identified."""
    return Proposal(Action.IDENTIFY, (Part(account, cents),))


def move(from_account: str, to_account: str, cents: int = 0) -> Proposal:
    """Money of one contract is another's; without an account number nobody's."""
    return Proposal(Action.MOVE, (Part(to_account, cents),), from_account)


def propose(runtime: Runtime, item: int, proposal: Proposal, on: date, by: str = "ann") -> int:
    """A proposal at noon; gives its number."""
    with runtime.engine.begin() as connection:
        return suspense.propose(connection, suspense.item(connection, str(item)), proposal, by, noon(on))


def second(runtime: Runtime, number: int, on: date, by: str = "bob") -> None:
    """Confirmed by somebody else."""
    with runtime.engine.begin() as connection:
        suspense.step(connection, number, "confirmed", by, noon(on))


def done(runtime: Runtime, item: int, proposal: Proposal, on: date) -> int:
    """Proposed by ann, confirmed by bob where that is needed, and made final."""
    number = propose(runtime, item, proposal, on)
    with runtime.engine.connect() as connection:
        needs_second = suspense.state_of(connection, number) == "proposed"
    if needs_second:
        second(runtime, number, on)
    suspense.finish_ready(runtime, noon(on))
    with runtime.engine.connect() as connection:
        assert suspense.state_of(connection, number) == "final"
    return number
