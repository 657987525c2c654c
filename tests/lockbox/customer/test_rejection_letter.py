"""The letter with a returned paper: one page, in plain words, with every reason that has words of its own."""

from __future__ import annotations

from datetime import date

import pytest

from lockbox.customer.rejection_letter import OTHER, WHY, RejectionLetter, render
from lockbox.customer.statement import Recipient
from lockbox.mail.reason import Reason
from tests.builders.customer import SENDER, words


def letter(*reasons: str, is_check: bool = True, amount_cents: int | None = 37_700) -> RejectionLetter:
    return RejectionLetter(
        sender=SENDER,
        recipient=Recipient("Pat Payer", ("1 Elm St", "Dallas, TX 75201"), "", "loan"),
        made_on=date(2026, 11, 17),
        reference="dallas/2026-11-16/D001/7",
        received_on=date(2026, 11, 16),
        is_check=is_check,
        amount_cents=amount_cents,
        reasons=reasons,
    )


def test_it_says_what_goes_back_why_and_what_to_do() -> None:
    (page,) = words(render(letter("wrong_payee", "stale")))
    text = " ".join(page.split())
    assert "On November 16, 2026, we received the enclosed check for $377.00 from you. We are returning it." in text
    assert "It is payable to someone else." in text
    assert "dated more than six months ago" in text
    assert "that payment is still owed" in text
    assert "dallas/2026-11-16/D001/7" in text


def test_what_is_no_check_and_has_no_amount_is_a_document() -> None:
    (page,) = words(render(letter("kind_unknown", is_check=False, amount_cents=None)))
    assert "the enclosed document from you" in " ".join(page.split())
    assert "$" not in page


def test_a_reason_about_a_contract_is_not_told() -> None:
    assert letter("flag_bankruptcy").why == (OTHER,)
    assert letter("flag_bankruptcy", "unsigned").why == (WHY["unsigned"],)


@pytest.mark.parametrize("reason", WHY)
def test_every_word_is_of_a_reason(reason: str) -> None:
    assert Reason(reason)
