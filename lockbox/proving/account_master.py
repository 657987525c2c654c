"""A made-up contract master of a million numbers, with or without check digits, in a database of its own."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import md5

import numpy as np
import sqlalchemy as sa
from numpy.typing import NDArray

from lockbox import db
from lockbox.simulator.people import make_customers

BLOCK = 10_000_000  # numbers without check digits fill a tenth of a block, as numbers given in sequence do
BLOCK_START = 4_100_000_000
KNOWN_PAYER = 0.6  # share of contracts that were paid by check before
LEAST_CENTS, MOST_CENTS = 20_000, 95_000  # installments
_STAGE = """
    create temp table bench_number (
        no bigint, account_number text, name text, address text, amount_cents bigint, account_token text
    ) on commit drop"""


@dataclass(frozen=True, slots=True)
class Owner:
    """One contract as the bench knows it."""

    number: str
    name: str
    address_lines: tuple[str, ...]
    amount_cents: int
    token: str | None  # of the bank account that paid it before


def make_owners(seed: int, count: int, *, check_digits: bool) -> list[Owner]:
    """`count` contracts: with mod 97-10 check digits spread over all numbers, without them in a dense block."""
    rng = np.random.default_rng([seed, 31, check_digits])
    numbers = (_spread if check_digits else _dense)(rng, count)
    cents = rng.integers(LEAST_CENTS, MOST_CENTS, count).tolist()
    known = (rng.random(count) < KNOWN_PAYER).tolist()
    people = make_customers(seed, 1, count)
    return [
        Owner(number, person.name, person.address_lines, amount, token_of(number) if paid else None)
        for number, (person, _), amount, paid in zip(numbers, people, cents, known, strict=True)
    ]


def token_of(word: str) -> str:
    """A string in the form of a bank account's token."""
    return md5(word.encode(), usedforsecurity=False).hexdigest()


def _spread(rng: np.random.Generator, count: int) -> list[str]:
    base = rng.choice(10**8, count, replace=False)
    return [f"{number:010d}" for number in (base * 100 + 98 - base * 100 % 97).tolist()]


def _dense(rng: np.random.Generator, count: int) -> list[str]:
    block: NDArray[np.int64] = rng.choice(max(BLOCK, 10 * count), count, replace=False)
    return [f"{number:010d}" for number in (BLOCK_START + block).tolist()]


def load(connection: sa.Connection, owners: Sequence[Owner]) -> None:
    """Writes the contracts as matching expects them; `connection` is the owner's."""
    connection.execute(sa.text(_STAGE))
    with db.copy_into(connection, "bench_number") as rows:
        rows.extend(
            (no, owner.number, owner.name, "\n".join(owner.address_lines), owner.amount_cents, owner.token)
            for no, owner in enumerate(owners)
        )
    db.run_script(connection, (db.SQL / "bench" / "account_master.sql").read_text())
