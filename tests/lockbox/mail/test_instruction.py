"""Principal only: followed, in doubt, or not offered, from the check, a letter, or a coupon."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from lockbox.contract.terms import Excess
from lockbox.mail.contract_match import ContractView
from lockbox.mail.decision import Decision, Outcome, Setting, decide
from lockbox.mail.evidence import ItemEvidence
from lockbox.mail.reason import Reason
from ocr.reading import PRINCIPAL_ONLY, DocumentKind, Field
from tests.builders.evidence import LOAN, OTHER, POLICY, check, evidence

MEMO = (PRINCIPAL_ONLY, 0.9)
BARRED = replace(LOAN, principal_only=False)


def coupon(contract: ContractView, cents: int, item_id: int = 2, ticked: float = 0.0) -> ItemEvidence:
    fields = {Field.COUPON_ACCOUNT: (contract.account_number, 0.999), Field.COUPON_AMOUNT: (str(cents), 0.999)}
    asked = {Field.INSTRUCTION: (PRINCIPAL_ONLY, ticked)} if ticked else {}
    return evidence(item_id, DocumentKind.COUPON, fields | asked)


def letter(chance: float) -> ItemEvidence:
    fields = {Field.TEXT: ("Extra to principal.", 0.9), Field.INSTRUCTION: (PRINCIPAL_ONLY, chance)}
    return evidence(3, DocumentKind.LETTER, fields)


def decided(*items: ItemEvidence, loan: ContractView = LOAN) -> Decision:
    contracts = {view.account_number: view for view in (loan, OTHER)}
    return decide(items, Setting(POLICY, "650805", date(2026, 11, 16), contracts, master_size=2000))[0]


@pytest.mark.parametrize(
    ("chance", "outcome", "reason", "excess"),
    [
        (0.9, Outcome.POST, Reason.PRINCIPAL_ONLY, Excess.PRINCIPAL),
        (0.7, Outcome.POST, Reason.PRINCIPAL_ONLY, Excess.PRINCIPAL),
        (0.69, Outcome.REVIEW, Reason.PRINCIPAL_ONLY_DOUBTFUL, None),
        (0.2, Outcome.REVIEW, Reason.PRINCIPAL_ONLY_DOUBTFUL, None),
        (0.19, Outcome.POST, None, None),
    ],
)
def test_an_instruction_is_followed_where_it_is_sure_enough(
    chance: float, outcome: Outcome, reason: Reason | None, excess: Excess | None
) -> None:
    decision = decided(check(instruction=(PRINCIPAL_ONLY, chance)))
    assert (decision.outcome, decision.reasons) == (outcome, (reason,) if reason else ())
    assert [line.excess for line in decision.lines] == ([excess] if outcome is Outcome.POST else [])


@pytest.mark.parametrize("chance", [0.9, 0.4])
def test_where_the_order_does_not_offer_it_the_payment_posts_and_says_so(chance: float) -> None:
    decision = decided(check(instruction=(PRINCIPAL_ONLY, chance)), loan=BARRED)
    assert (decision.outcome, decision.reasons) == (Outcome.POST, (Reason.PRINCIPAL_ONLY_BARRED,))
    assert [line.excess for line in decision.lines] == [None]


def test_a_letter_asks_for_every_check_of_its_envelope() -> None:
    assert [line.excess for line in decided(check(), letter(0.9)).lines] == [Excess.PRINCIPAL]
    assert decided(check(), letter(0.4)).reasons == (Reason.PRINCIPAL_ONLY_DOUBTFUL,)


def test_a_coupon_asks_for_its_own_account_alone() -> None:
    both = [coupon(LOAN, 41_250, 2, ticked=0.96), coupon(OTHER, 30_000, 3)]
    paid = check(courtesy_amount=("71250", 0.97), legal_amount=("71250", 0.9))
    decision = decided(paid, *both)
    assert {line.account_number: line.excess for line in decision.lines} == {
        LOAN.account_number: Excess.PRINCIPAL,
        OTHER.account_number: None,
    }
    assert decision.outcome is Outcome.POST


def test_another_instruction_is_none_that_is_known() -> None:
    assert decided(check(instruction=("next installment", 0.9))).reasons == ()
