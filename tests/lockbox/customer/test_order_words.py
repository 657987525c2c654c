"""The published text of an allocation order comes from the order itself."""

from __future__ import annotations

from dataclasses import replace

import pytest

from lockbox.contract.terms import LEASE_ORDER, LOAN_ORDER, Excess, order_of
from lockbox.customer.order_words import PLACE, order_words, with_order
from lockbox.customer.statement import Words
from tests.builders.customer import SENDER
from tests.builders.published_orders import PUBLISHED

DUE_FIRST = "first to accrued interest, then to the oldest past-due installment, then to the current installment"
ON_REQUEST = (
    ", unless you instruct us to apply it to principal only. We follow that instruction, on your check, your coupon, "
    "or in a letter, for what is left once all that is past due and the current installment are paid."
)
TEXTS = {
    "bank.auto": (
        f"We apply each payment {DUE_FIRST}, and then to fees. When no installment is due, we apply it first to fees, "
        "then to accrued interest, and then to your next installments. Any amount left over counts toward your next 3 "
        f"installments, and what is beyond them reduces principal{ON_REQUEST}"
    ),
    "by.age": (
        "We apply each payment first to the oldest past-due installment, then to the current installment, and then to "
        "fees. Any amount left over counts toward your next installments. We do not accept instructions to apply a "
        "payment to principal only."
    ),
    "interest.then.oldest": (
        "We apply each payment first to accrued interest, then to installments and fees, the oldest first. Any amount "
        f"left over counts toward your next installments{ON_REQUEST}"
    ),
    "fees.interest.principal": (
        "We apply each payment first to fees, then to accrued interest, and then to installments, the oldest first. "
        f"Any amount left over counts toward your next installments{ON_REQUEST}"
    ),
    "extra.principal": (
        "We apply each payment first to accrued interest, then to installments due, the oldest first, and then to "
        "fees. Any amount left over reduces your principal only."
    ),
    "charges.last": (
        "We apply each payment first to accrued interest, then to installments due, the oldest first, then to your "
        "next installments, and then to fees. Any amount beyond the current installment counts toward your next "
        f"installments{ON_REQUEST}"
    ),
    "shortfall.first": (
        "We apply each payment first to accrued interest, then to fees, and then to installments due, the oldest "
        f"first. Any amount left over counts toward your next installments{ON_REQUEST}"
    ),
}


@pytest.mark.parametrize("name", PUBLISHED)
def test_every_published_order_says_what_it_does(name: str) -> None:
    assert order_words(PUBLISHED[name], Excess.ADVANCE) == TEXTS[name]


def test_the_lenders_own_orders() -> None:
    assert order_words(LOAN_ORDER, Excess.ADVANCE) == (
        f"We apply each payment {DUE_FIRST}, and then to fees. Any amount left over counts toward your next "
        f"installments{ON_REQUEST}"
    )
    assert order_words(LOAN_ORDER, Excess.PRINCIPAL).endswith("Any amount left over reduces your principal only.")
    assert order_words(LEASE_ORDER, Excess.ADVANCE) == (
        "We apply each payment first to the oldest past-due lease payment and tax, then to the current lease payment "
        "and tax, and then to fees. We hold any amount left over for your next payments."
    )


def test_a_step_without_a_name_names_its_cells() -> None:
    order = order_of("odd", [["due.rent", "past_due.tax"], ["past_due.fee", "due.fee"]])
    assert order_words(order, Excess.ADVANCE).startswith(
        "We apply each payment first to past-due tax and rent now due, the oldest first, then to fees."
    )


def test_the_order_stands_where_the_lenders_text_has_its_place() -> None:
    sender = replace(SENDER, information=(Words("How", f"{PLACE} Interest accrues daily."), Words("Other", "Text.")))
    published = with_order(sender, LEASE_ORDER, Excess.ADVANCE).information
    assert published[0].text == f"{order_words(LEASE_ORDER, Excess.ADVANCE)} Interest accrues daily."
    assert published[1].text == "Text."
