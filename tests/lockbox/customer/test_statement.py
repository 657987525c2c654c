"""Statements: sums that hold, words that fit the case, and a digest that changes with the content alone."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest

from lockbox.customer.statement import (
    Movement,
    StatementLine,
    Words,
    content_sha256,
    late_fee_words,
    wording_sha256,
)
from ocr.fields.coupon import parse
from tests.builders.customer import statement

PAID = Movement(date(2026, 11, 2), date(2026, 11, 2), "Payment", -41250, {"principal": -30000, "interest": -11250})


def test_the_lines_must_add_up_to_the_amount_due() -> None:
    with pytest.raises(ValueError, match="lines add up to 41250 cents, amount due is 41251"):
        replace(statement(), amount_due_cents=41251)


def test_the_parts_of_a_movement_must_add_up_and_be_columns_of_the_product() -> None:
    short = Movement(date(2026, 11, 2), date(2026, 11, 2), "Payment", -41250, {"principal": -30000})
    with pytest.raises(ValueError, match="do not add up to -41250"):
        statement(movements=(short,))
    with pytest.raises(ValueError, match="do not add up"):
        statement(product="lease", movements=(replace(short, parts={"principal": -41250}),))


def test_unapplied_money_beyond_what_is_owed_leaves_nothing_due() -> None:
    paper = statement(
        amount_due_cents=0, due_lines=(StatementLine("Installment", 41250), StatementLine("Unapplied funds", -50000))
    )
    assert late_fee_words(paper) == ""
    assert paper.coupon.remark == ""


def test_the_coupon_says_account_amount_and_due_date() -> None:
    read = parse(statement().coupon.scan_line)
    assert read is not None
    assert (read.account_number, read.amount_due_cents, read.due_on) == ("1234567869", 41250, date(2026, 12, 7))


def test_an_account_number_the_scan_line_cannot_carry_leaves_it_out() -> None:
    assert statement(account_number="123456").coupon.scan_line == ""


def test_the_warning_names_day_and_amount() -> None:
    words = late_fee_words(statement())
    assert words == "If we do not receive your payment by December 22, 2026, we may charge a late fee of $20.63."
    assert statement().coupon.remark == "With late fee, if received after 12/22/2026: $433.13"


def test_the_digest_follows_the_content() -> None:
    assert content_sha256(statement()) == content_sha256(statement())
    assert content_sha256(statement()) != content_sha256(statement(name="Somebody Else"))


def test_the_digest_follows_every_amount_day_and_name() -> None:
    made = statement(movements=(PAID,))
    for other in (
        replace(made, facts=(replace(made.facts[0], value="$0.01"), *made.facts[1:])),
        replace(made, movements=(replace(PAID, effective_on=PAID.effective_on - timedelta(1)),)),
        replace(made, movements=(replace(PAID, parts={"principal": -41000, "interest": -250}),)),
        replace(made, late_fee=None),
        replace(made, sender=replace(made.sender, contact="1-800-555-0199")),
        replace(made, sender=replace(made.sender, mail=replace(made.sender.mail, payee="Somebody Else"))),
        replace(made, sender=replace(made.sender, offers_principal_only=True)),
        replace(made, past_due_cents=1),
    ):
        assert content_sha256(other) != content_sha256(made)
        assert wording_sha256(other) == wording_sha256(made)


def test_other_words_are_another_wording_and_the_same_content() -> None:
    made = statement()
    assert made.due_lines
    relabeled = [replace(line, label=f"Now called {line.label}") for line in made.due_lines]
    sender = replace(made.sender, information=(Words("New", "text"),))
    for other in (
        replace(made, due_lines=tuple(relabeled)),
        replace(made, sender=sender),
        replace(made, notes=("New",)),
    ):
        assert content_sha256(other) == content_sha256(made)
        assert wording_sha256(other) != wording_sha256(made)
    dearer = replace(made, period_from=made.period_from - timedelta(1))
    assert content_sha256(dearer) != content_sha256(made)
    assert wording_sha256(dearer) == wording_sha256(made)
