"""Envelopes as senders fill them: which papers each story holds, and the truth about each paper."""

from __future__ import annotations

from random import Random

import pytest

from lockbox.mail.reason import Reason
from lockbox.simulator.envelope import Draft, Writer
from lockbox.simulator.papers import CheckPaper, CouponPaper, LetterPaper
from lockbox.simulator.portfolio import is_account_number
from lockbox.simulator.scenarios import STORIES, EnvelopeMix, Story
from ocr.fields.coupon import parse
from ocr.reading import CheckKind
from tests.builders import simulated
from tests.builders.simulated import DAY, SEED

PERSONAL_ONLY = EnvelopeMix(coupon=1.0, memo=1e-9, bill_pay=1e-9, business=1e-9, bank=1e-9)


def writer(seed: int = 1, mix: EnvelopeMix = PERSONAL_ONLY) -> Writer:
    return Writer(simulated.portfolio(), SEED, DAY, simulated.terms(), mix, 100, Random(seed))


def written(name: str, seed: int = 1) -> tuple[Draft, ...]:
    return writer(seed).write(simulated.story(name))


def kinds(draft: Draft) -> list[str]:
    return [part.truth.kind for part in draft.parts]


@pytest.mark.parametrize("story", STORIES, ids=lambda story: story.name)
def test_every_story_fills_envelopes_with_papers_and_their_truth(story: Story) -> None:
    for draft in writer().write(story):
        for part in draft.parts:
            paper = {"check": CheckPaper, "coupon": CouponPaper, "letter": LetterPaper}[part.truth.kind]
            assert isinstance(part.paper, paper)
            assert part.truth.story == story.name
            assert part.drawn_as.startswith("1/")


@pytest.mark.parametrize(
    ("shape", "kind", "papers"),
    [
        ("coupon", CheckKind.PERSONAL, [["check", "coupon"]]),
        ("memo", CheckKind.PERSONAL, [["check"]]),
        ("bill_pay", CheckKind.BILL_PAY, [["check"]]),
        ("business", CheckKind.BUSINESS, [["check", "coupon"], ["check"]]),
    ],
)
def test_a_shape_holds_its_papers(shape: str, kind: CheckKind, papers: list[list[str]]) -> None:
    story = Story("exact", 0.0, (shape,))
    seen = [writer(seed).write(story)[0] for seed in range(12)]
    assert all(draft.parts[0].truth.check_kind == kind for draft in seen)
    assert {tuple(kinds(draft)) for draft in seen} == {tuple(names) for names in papers}
    for draft in seen:  # without a coupon the check itself must name the account
        if len(draft.parts) == 1:
            assert draft.parts[0].truth.account_number


@pytest.mark.thorough
def test_bank_checks_are_money_orders_up_to_their_limit() -> None:
    story = Story("exact", 0.0, ("bank",))
    truths = [writer(seed).write(story)[0].parts[0].truth for seed in range(40)]
    assert {truth.check_kind for truth in truths} == {CheckKind.MONEY_ORDER, CheckKind.CASHIERS}
    for truth in truths:
        assert truth.check_kind == CheckKind.CASHIERS or (truth.amount_cents or 0) <= 100_000


def test_a_coupon_asks_for_what_its_contract_owes() -> None:
    (draft,) = written("exact")
    check, coupon = draft.parts
    assert isinstance(coupon.paper, CouponPaper)
    line = parse(coupon.paper.scan_line)
    assert line
    assert line == parse(coupon.paper.barcode)
    assert (line.account_number, line.amount_due_cents) == (
        check.truth.lines[0].account_number,
        check.truth.amount_cents,
    )
    assert coupon.paper.remit_lines[1:] in (
        ("P.O. Box 650805", "Dallas, TX 75265-0805"),
        ("P.O. Box 660891", "Dallas, TX 75266-0891"),
    )


def test_several_checks_together_pay_one_coupon() -> None:
    (draft,) = written("several_checks")
    assert kinds(draft) == ["check", "check", "coupon"]
    paid = [part.truth.amount_cents or 0 for part in draft.parts[:2]]
    assert sum(paid) == draft.parts[2].truth.amount_cents
    assert min(paid) > 0


def test_one_check_pays_several_coupons_line_by_line() -> None:
    (draft,) = written("several_coupons")
    check, *coupons = (part.truth for part in draft.parts)
    assert len(coupons) >= 2
    assert [(line.account_number, line.amount_cents) for line in check.lines] == [
        (coupon.account_number, coupon.amount_cents) for coupon in coupons
    ]
    assert check.amount_cents == sum(line.amount_cents for line in check.lines)


def test_coupons_for_more_than_the_check_leave_no_right_posting() -> None:
    (draft,) = written("coupons_differ")
    check, *coupons = (part.truth for part in draft.parts)
    assert check.lines == ()
    assert (check.amount_cents or 0) < sum(coupon.amount_cents or 0 for coupon in coupons)


def test_a_duplicate_is_the_same_sheet_twice_and_only_the_second_stops() -> None:
    first, second = written("duplicate")
    assert [part.drawn_as for part in first.parts] == [part.drawn_as for part in second.parts]
    assert [part.paper for part in first.parts] == [part.paper for part in second.parts]
    assert (first.parts[0].truth.outcome, second.parts[0].truth.outcome) == ("post", "review")
    assert second.parts[0].truth.reasons == (Reason.DUPLICATE,)
    assert second.parts[1].truth == first.parts[1].truth


def test_twins_are_two_checks_of_one_checkbook() -> None:
    first, second = (draft.parts[0] for draft in written("honest_twins"))
    assert int(second.truth.serial) == int(first.truth.serial) + 1
    assert first.drawn_as != second.drawn_as
    assert (first.truth.amount_cents, first.truth.bank_account) == (
        second.truth.amount_cents,
        second.truth.bank_account,
    )


@pytest.mark.thorough
def test_an_unknown_account_number_is_valid_and_not_in_the_master() -> None:
    (draft,) = written("unknown_account")
    number = draft.parts[-1].truth.account_number
    assert is_account_number(number)
    assert number not in {contract.account_number for contract in simulated.portfolio().contracts}


def test_a_number_that_is_taken_is_passed_over() -> None:
    story, first, second = simulated.story("unknown_account"), writer(), writer()
    number = first.write(story)[0].parts[-1].truth.account_number
    second.taken |= {int(number[:8])}
    assert second.write(story)[0].parts[-1].truth.account_number[:8] == str(int(number[:8]) + 1)


def test_envelopes_without_a_check_are_for_people() -> None:
    (coupon,), (letter,) = (written(name)[0].parts for name in ("coupon_only", "letter_only"))
    assert (coupon.truth.outcome, coupon.truth.reasons) == ("review", (Reason.NO_CHECK,))
    assert (letter.truth.kind, letter.truth.outcome) == ("letter", "review")
    assert Reason.CORRESPONDENCE in letter.truth.reasons


@pytest.mark.parametrize("name", ["overnight_regular", "wrong_box"])
def test_some_envelopes_must_go_to_one_place(name: str) -> None:
    (draft,) = written(name)
    assert draft.place == {"overnight_regular": "overnight", "wrong_box": "wrong_box"}[name]
    assert written("exact")[0].place == ""


def test_a_portfolio_without_such_a_contract_sends_an_exact_payment() -> None:
    sender = writer()
    sender.debts.waiting = [owed for owed in sender.debts.waiting if not owed.flags]
    (draft,) = sender.write(simulated.story("flagged"))
    assert draft.parts[0].truth.story == "exact"
