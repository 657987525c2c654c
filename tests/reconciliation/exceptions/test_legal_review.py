"""A check "paid in full" is deposited only on the word of a legal reviewer, who neither makes nor checks that."""

from __future__ import annotations

from contextlib import suppress
from datetime import timedelta

import pytest
import sqlalchemy as sa

from lockbox.checks import run_checks
from lockbox.errors import InputError, Refused
from lockbox.mail.decision import Outcome
from lockbox.mail.reason import Reason
from lockbox.runtime import Runtime
from reconciliation.exceptions import legal_review, resolution
from reconciliation.exceptions.legal_review import LegalReview, RecordedReview, Word
from reconciliation.exceptions.resolution import Part, Proposal
from tests.builders import exceptions as make
from tests.builders import letters
from tests.builders.exceptions import MONDAY, TUESDAY, noon

KEPT = Proposal(Outcome.SUSPENSE)
RETURNED = Proposal(Outcome.REJECT, reasons=(Reason.PAID_IN_FULL,))


def review(runtime: Runtime, item: int, word: Word = "deposit", by: str = "lee") -> None:
    statement = LegalReview(word, "nobody", "no tender was known; the letter came with the check", MONDAY)
    with runtime.engine.begin() as connection:
        legal_review.review(connection, resolution.open_item(connection, str(item)), statement, by, noon(MONDAY))


def reviews(runtime: Runtime, item: int) -> list[RecordedReview]:
    with runtime.engine.connect() as connection:
        return legal_review.reviews(connection, item)


def in_order(runtime: Runtime) -> None:
    with runtime.engine.connect() as connection:
        assert run_checks(connection) == []
    assert make.replayed(runtime) == []


def test_it_is_deposited_on_the_word_of_somebody_who_neither_makes_nor_checks_it(runtime: Runtime) -> None:
    (item,) = make.waiting_day(runtime, [1_500_000], "paid_in_full")
    pays = make.pays(make.accounts(runtime)[0])
    for deposit in (pays, KEPT):
        with pytest.raises(Refused, match="a legal review decides whether it is deposited"):
            make.propose(runtime, item, deposit, MONDAY)
    review(runtime, item)
    with pytest.raises(Refused, match="lee reviewed it for legal; somebody else"):
        make.propose(runtime, item, pays, MONDAY, by="Lee ")
    number = make.propose(runtime, item, pays, MONDAY)
    with pytest.raises(Refused, match="lee reviewed it for legal"), runtime.engine.begin() as connection:
        resolution.step(connection, number, "confirmed", "lee", noon(MONDAY))
    with pytest.raises(Refused, match="its deposit is proposed already"):
        review(runtime, item, "return")
    with runtime.engine.begin() as connection:
        resolution.step(connection, number, "confirmed", "bob", noon(MONDAY))
    resolution.finish_ready(runtime, noon(MONDAY))
    with runtime.engine.connect() as connection:
        credited = sa.text("select sum(amount_cents) from entry where account = 'clearing.dallas'")
        assert connection.execute(credited).scalar_one() == 1_500_000
    (recorded,) = reviews(runtime, item)
    assert (recorded.word, recorded.known_by, recorded.box, recorded.is_disputes_address) == (
        "deposit", "nobody", "650805", False,
    )  # fmt: skip
    make.close(runtime, MONDAY)
    make.run_night(runtime, MONDAY)
    in_order(runtime)


def test_it_is_returned_uncollected_without_a_review_and_never_deposited_against_its_word(runtime: Runtime) -> None:
    first, second = make.waiting_day(runtime, [37_700, 37_700], "paid_in_full")
    review(runtime, first)
    review(runtime, first, "return", by="mia")
    with pytest.raises(Refused, match=r"legal \(mia\) says that it is returned uncollected"):
        make.propose(runtime, first, make.pays(make.accounts(runtime)[0]), MONDAY)
    make.resolve(runtime, first, RETURNED, MONDAY)
    make.resolve(runtime, second, RETURNED, MONDAY)
    make.close(runtime, MONDAY)
    with runtime.engine.connect() as connection:
        assert connection.execute(sa.text("select count(*) from journal where source_kind = 'item'")).scalar() == 0
    make.run_night(runtime, MONDAY)
    in_order(runtime)


def test_a_letter_that_settles_stops_the_check_beside_it_and_a_hold_does_not_wash_it(runtime: Runtime) -> None:
    _, check = letters.envelope(
        runtime, ("letter", None, ["correspondence", "paid_in_full"]), ("check", 37_700, ["large_amount"]), box="650899"
    )
    with pytest.raises(Refused, match="a legal review"):
        make.propose(runtime, check, KEPT, MONDAY)
    held = Proposal(Outcome.HOLD, hold_until=TUESDAY, reasons=(Reason.POST_DATED,))
    make.resolve(runtime, check, held, MONDAY)
    with pytest.raises(Refused, match="a legal review"):
        make.propose(runtime, check, KEPT, TUESDAY)
    review(runtime, check)
    assert reviews(runtime, check)[0].is_disputes_address, "the address that the lender's notice names"
    make.resolve(runtime, check, KEPT, TUESDAY)
    make.close(runtime, MONDAY)
    in_order(runtime)


def test_a_check_that_is_no_hint_of_settlement_needs_no_review(runtime: Runtime) -> None:
    (item,) = make.waiting_day(runtime, [37_700])
    make.resolve(runtime, item, make.pays(make.accounts(runtime)[0]), MONDAY)
    in_order(runtime)


def test_money_after_a_petition_is_kept_unapplied(runtime: Runtime) -> None:
    """11 USC 362: the letter's flag is in force on the receipt of the check beside it."""
    letter, check = letters.envelope(
        runtime, ("letter", None, ["bankruptcy_notice"]), ("check", 37_700, ["account_doubtful"])
    )
    first, _ = make.accounts(runtime)
    pays = make.pays(first)
    number = make.propose(runtime, check, pays, MONDAY)
    flag = letters.flag(first, "bankruptcy", MONDAY - timedelta(2))
    letter_number = make.propose(runtime, letter, letters.asks(flag), MONDAY)
    with runtime.engine.begin() as connection:
        resolution.step(connection, letter_number, "confirmed", "bob", noon(MONDAY))
    with suppress(Refused):  # the flag comes first, although the check was proposed before it
        resolution.finish_ready(runtime, noon(MONDAY))
    with runtime.engine.begin() as connection:
        if resolution.state_of(connection, number) == "ready":
            resolution.step(connection, number, "undone", "ann", noon(MONDAY))
        journals = sa.text("select count(*) from journal where source_kind = 'item'")
        assert connection.execute(journals).scalar_one() == 0
    with pytest.raises(Refused, match="the check is kept unapplied"):
        make.propose(runtime, check, pays, MONDAY)
    make.resolve(runtime, check, Proposal(Outcome.SUSPENSE, (Part(first, 0),)), MONDAY)
    make.close(runtime, MONDAY)
    make.run_night(runtime, MONDAY)
    with runtime.engine.connect() as connection:
        unapplied = sa.text("select unapplied_cents from position order by contract_id limit 1")
        assert connection.execute(unapplied).scalar_one() == 37_700
    in_order(runtime)


def test_who_knew_what_is_required(runtime: Runtime) -> None:
    letter, check = letters.envelope(runtime, ("letter", None, ["paid_in_full"]), ("check", 100, ["paid_in_full"]))
    with runtime.engine.begin() as connection:
        paper, money = (resolution.open_item(connection, str(item)) for item in (letter, check))
        for shown, statement, message in (
            (paper, LegalReview("return", "ann", "x", MONDAY), "legal reviews checks, not a letter"),
            (money, LegalReview("return", " ", "x", MONDAY), "say who knew what"),
            (money, LegalReview("return", "ann", "x", TUESDAY), "is to come"),
        ):
            with pytest.raises(InputError, match=message):
                legal_review.review(connection, shown, statement, "lee", noon(MONDAY))
