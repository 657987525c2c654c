"""Several clerks who work what waits for people, as the truth of a simulated day has it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from random import Random

import sqlalchemy as sa

from lockbox.lender.dated_rules import policy_on
from lockbox.mail.reason import Reason
from lockbox.simulator.right_answer import RightAnswer, right_answer
from lockbox.simulator.truth import TrueItem, Truth
from reconciliation.exceptions import resolution
from reconciliation.exceptions.resolution import MONEY, OpenItem, Part, Proposal

PEOPLE = ("ann", "bob", "cho")
SLIP_CENTS = 900  # a digit keyed wrong
SLIPS = 0.3  # share of second keyings that are wrong, so that a third person keys


@dataclass(frozen=True, slots=True)
class Worked:
    """One item that the clerks decided."""

    name: str
    resolution_id: int
    answer: RightAnswer


def work_items(engine: sa.Engine, truth: Truth, as_of: datetime, rng: Random, items: int | None = None) -> list[Worked]:
    """Decides what waits and is not proposed yet, at most so many `items`, each in a transaction of its own.

    Who proposes is drawn, as is who confirms. Above the lender's limit two people key it first, a third one where they
    differ. Nothing is made final.
    """
    by_key = {item.key: item for item in truth.items}
    with engine.connect() as connection:
        waiting = [
            item
            for item in resolution.open_items(connection)
            if item.proposal_state is None and not (item.hold_until and item.hold_until > as_of.date())
        ]
    return [_work(engine, item, by_key[key_of(item)], as_of, rng) for item in waiting[:items]]


def key_of(item: OpenItem) -> tuple[str, str, int]:
    """Its key in the truth."""
    site_id, _, batch_no, sequence = item.name.split("/")
    return site_id, batch_no, int(sequence)


def proposal_of(answer: RightAnswer) -> Proposal:
    """The proposal that says so."""
    parts = tuple(Part(line.account_number, line.amount_cents, answer.excess) for line in answer.lines)
    return Proposal(
        answer.outcome, parts, answer.amount_cents, answer.kind, answer.hold_until, answer.reasons, note="as written"
    )


def _work(engine: sa.Engine, item: OpenItem, true: TrueItem, as_of: datetime, rng: Random) -> Worked:
    maker, *others = rng.sample(PEOPLE, len(PEOPLE))
    answer = right_answer(true, as_of.date())
    with engine.begin() as connection:
        resolution.take(connection, item, maker, as_of)
    if _is_keyed_twice(engine, item, answer):
        _key(engine, item, answer, (maker, *others), as_of, rng)
    # of two checks that look the same the clerk has both pictures: what is to be deposited is an honest twin
    is_twin = answer.outcome in MONEY and Reason.DUPLICATE in item.reasons
    with engine.begin() as connection:
        number = resolution.propose(connection, item, replace(proposal_of(answer), is_twin=is_twin), maker, as_of)
    with engine.begin() as connection:
        if resolution.state_of(connection, number) == "proposed":
            resolution.step(connection, number, "confirmed", others[0], as_of)
    return Worked(item.name, number, answer)


def _is_keyed_twice(engine: sa.Engine, item: OpenItem, answer: RightAnswer) -> bool:
    with engine.connect() as connection:
        limit = policy_on(connection, item.site_id, item.received_on).double_key_cents
    return answer.outcome in MONEY and limit is not None and (answer.amount_cents or 0) >= limit


def _key(
    engine: sa.Engine, item: OpenItem, answer: RightAnswer, people: Sequence[str], as_of: datetime, rng: Random
) -> None:
    """Two people key it, and a third one where the second slipped."""
    numbers = sorted({line.account_number for line in answer.lines})
    slips = (0, SLIP_CENTS if rng.random() < SLIPS else 0, 0)
    for person, slip in zip(people, slips, strict=True):
        with engine.begin() as connection:
            _, alike = resolution.key(connection, item, (answer.amount_cents or 0) + slip, numbers, person, as_of)
        if alike > 1:
            return
