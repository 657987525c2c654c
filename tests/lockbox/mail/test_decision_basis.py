"""The basis of decisions: the contracts that readings could lead to, and what tells one check from another."""

from __future__ import annotations

from datetime import date

import sqlalchemy as sa
from stdnum.iso7064 import mod_97_10

from lockbox import db
from lockbox.lender.account_number import NumberRule
from lockbox.mail.decision import Decision, Outcome
from lockbox.mail.decision_basis import candidate_contracts, check_fingerprint, payer_tokens
from lockbox.mail.item_readings import storable
from lockbox.mail.payer_account import WHOLE, Layouts
from lockbox.runtime import Runtime
from ocr.reading import Candidate, DocumentKind
from tests.builders import ledger as make
from tests.builders.payers import KEY, ROUTING, line

PAYER = "0123456789abcdef0123456789abcdef"


def test_a_number_its_near_misses_and_the_payer_s_account_lead_to_contracts(runtime: Runtime) -> None:
    first, second, strange = (base + mod_97_10.calc_check_digits(base) for base in ("10000001", "10000002", "77777777"))
    slip = first[:-2] + first[-1] + first[-2]
    with db.engine(runtime.settings, owner=True).connect() as connection:
        make.lender(connection)
        contracts = [make.contract(connection, no) for no in (1, 2)]
        connection.execute(
            sa.text("insert into payer values (:token, :contract, :day)"),
            {"token": PAYER, "contract": contracts[1], "day": make.EVE},
        )

        def numbers(*readings: tuple[str, ...], tokens: tuple[str, ...] = ()) -> set[str]:
            candidates = [[Candidate(value, 0.5, "test") for value in values] for values in readings]
            return set(candidate_contracts(connection, candidates, tokens, make.DAY, NumberRule()))

        assert numbers((first,)) == {first}
        assert numbers((slip,)) == {first}  # a slip of the pen: a suggestion
        assert numbers((strange, second)) == {second}
        assert numbers((slip, second)) == {second}  # a number on file is hardly a slip of another
        assert numbers((slip,), (second,)) == {first, second}
        assert numbers((strange,), tokens=(PAYER,)) == {second}
        assert numbers((strange,)) == numbers() == set()


def test_a_last_installment_is_due_with_what_is_left_of_the_loan(runtime: Runtime) -> None:
    """25.00 of a scheduled 412.50; all of it; and what interest has added to it. Fees are apart."""
    with db.engine(runtime.settings, owner=True).connect() as connection:
        make.lender(connection)
        for no, cents in ((1, 2_500), (2, make.INSTALLMENT_CENTS), (3, 50_000)):
            make.contract(connection, no, principal_cents=cents, fee_cents=700)
        numbers = [base + mod_97_10.calc_check_digits(base) for base in map(str, range(10_000_001, 10_000_004))]
        views = candidate_contracts(
            connection, [[Candidate(value, 0.5, "test") for value in numbers]], (), date(2026, 12, 1), NumberRule()
        )
    due = [(views[number].past_due_cents, views[number].current_due_cents) for number in numbers]
    assert due == [(2_500, 0), (41_250, 0), (50_000, 0)]


def fingerprint(layouts: Layouts, amount_cents: int | None = 41_250, kind: str = "check") -> str | None:
    """Of a check whose serial number stands left of the account."""
    reading = storable(1, line(f"A{ROUTING}A 1234 987654321C"), KEY, layouts)
    row = {
        "carried": None,
        "reading": reading.reading_json,
        "account_token": reading.account_token,
        "payers": {payer.layout: payer.token for payer in reading.payers},
    }
    return check_fingerprint(Decision(1, DocumentKind(kind), Outcome.POST, amount_cents=amount_cents), row)


def test_the_fingerprint_of_a_check_does_not_change_with_what_is_learned_of_its_bank() -> None:
    assert fingerprint({}) is not None
    assert fingerprint({}) == fingerprint({ROUTING: {WHOLE: 50}})


def test_only_a_check_with_an_amount_has_a_fingerprint() -> None:
    assert fingerprint({}, amount_cents=41_251) != fingerprint({})
    assert fingerprint({}, amount_cents=None) is None
    assert fingerprint({}, kind="coupon") is None


def test_a_carried_token_counts_before_those_of_the_image() -> None:
    row = {"carried": None, "account_token": "a", "payers": {"left": "a", "whole": "b"}}
    assert payer_tokens(row) == {"a", "b"}
    assert payer_tokens({**row, "payers": {}}) == {"a"}
    assert payer_tokens({**row, "carried": {"account_token": "c"}}) == {"c"}
    assert payer_tokens({"carried": None, "account_token": None}) == set()
