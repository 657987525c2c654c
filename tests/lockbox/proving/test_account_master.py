"""A made-up contract master: its numbers, and what matching finds in it."""

from __future__ import annotations

from lockbox import db
from lockbox.lender.account_number import NumberRule
from lockbox.lender.profile import load_profile
from lockbox.mail.decision_basis import candidate_contracts
from lockbox.proving.account_master import BLOCK_START, load, make_owners, token_of
from lockbox.proving.drawn_mail import DAY
from lockbox.settings import Settings
from ocr.reading import Candidate

OWNERS = make_owners(5, 300, check_digits=True)


def test_numbers_carry_check_digits_or_stand_in_one_dense_block() -> None:
    assert all(NumberRule("mod_97_10").is_valid(owner.number) for owner in OWNERS)
    plain = make_owners(5, 300, check_digits=False)
    assert len({owner.number for owner in (*OWNERS, *plain)}) == 600
    assert all(0 <= int(owner.number) - BLOCK_START < 10_000_000 for owner in plain)


def test_owners_are_the_same_for_the_same_seed() -> None:
    assert make_owners(5, 300, check_digits=True) == OWNERS
    assert make_owners(6, 300, check_digits=True) != OWNERS
    assert 0.5 < sum(owner.token is not None for owner in OWNERS) / 300 < 0.7


def test_matching_finds_a_contract_by_number_and_by_bank_account(settings: Settings) -> None:
    payer = next(owner for owner in OWNERS if owner.token is not None)
    with db.engine(settings, owner=True).begin() as connection:
        load_profile(connection, settings.profile)
        load(connection, OWNERS)
    with db.engine(settings).connect() as connection:
        number = [Candidate(payer.number, 0.9, "test", -0.1)]
        by_number = candidate_contracts(connection, [number], [], DAY, NumberRule())
        by_token = candidate_contracts(connection, [], [payer.token or ""], DAY, NumberRule())
        stranger = candidate_contracts(connection, [], [token_of("a stranger")], DAY, NumberRule())
    assert by_number[payer.number].customer_name == payer.name
    assert payer.number in by_token
    assert stranger == {}
