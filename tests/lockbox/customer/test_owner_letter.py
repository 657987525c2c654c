"""The letter to the owner of unclaimed money: one page that says what, since when, how to claim it, and by when."""

from __future__ import annotations

from datetime import date

import pytest

from lockbox.customer.owner_letter import OwnerLetter, render
from tests.builders.customer import ROUTING, SENDER, TRACKING, recipient, words


def letter(refund_no: int | None = 17, method: str = "check") -> OwnerLetter:
    days = (date(2026, 11, 27), date(2029, 11, 27))
    return OwnerLetter(SENDER, recipient(), date(2029, 9, 28), 31_250, refund_no, method, *days)


@pytest.mark.parametrize(
    ("paper", "what"),
    [
        (letter(), "On November 27, 2026, we mailed you a refund check for $312.50. The check has not been cashed."),
        (letter(method="ach"), "On November 27, 2026, we sent you a refund of $312.50 by electronic payment."),
        (letter(None, ""), "Since November 27, 2026, $312.50 of your money is ready for you."),
    ],
)
def test_a_letter_is_one_page_that_says_what_money_and_by_when(paper: OwnerLetter, what: str) -> None:
    (page,) = words(render(paper, TRACKING, ROUTING))
    text = " ".join(page.split())
    for phrase in (
        what,
        "11/27/2029",
        "On November 27, 2029, this money is presumed abandoned",
        f"Call us at {SENDER.contact}",
        f"mail it to {', '.join(SENDER.return_lines)}",
        "Claim form",
        "Account 1234567869",
    ):
        assert phrase in text
    assert ("Refund number" in text) == (paper.refund_no is not None)
    assert ("call us before you cash it" in text) == (paper.method == "check")
