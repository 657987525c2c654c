"""Payers who ask for principal only: a share, on papers that have room for it, noted in the truth."""

from __future__ import annotations

from datetime import date

import pytest

from lockbox.simulator.instructions import MEMOS, SENTENCES, Paired, asking
from lockbox.simulator.papers import CheckPaper, CouponPaper, LetterPaper
from lockbox.simulator.truth import TrueItem, unplaced_item
from ocr.reading import PRINCIPAL_ONLY
from tests.builders import papers

DAY = date(2026, 11, 16)
CHECK = unplaced_item("check", "double", "post")
COUPON = unplaced_item("coupon", "double", "support")


def envelope(check: TrueItem = CHECK, memo: str | None = "thank you") -> tuple[Paired, ...]:
    return (papers.check(memo_text=memo), check), (papers.coupon(), COUPON)


def drawn(story: str, *pairs: Paired) -> list[tuple[Paired, ...]]:
    return [asking(pairs, story, f"{no:010d}", DAY) for no in range(200)]


def test_half_of_those_who_pay_more_ask_by_memo_or_box() -> None:
    envelopes = drawn("double", *envelope())
    asked = [pairs for pairs in envelopes if any(truth.instruction for _, truth in pairs)]
    assert 70 < len(asked) < 130
    for (check, check_truth), (coupon, coupon_truth) in asked:
        assert isinstance(check, CheckPaper)
        assert isinstance(coupon, CouponPaper)
        assert check_truth.reasons == ("principal_only",)
        by_memo, by_box = check.memo_text in MEMOS, bool(coupon.ticked)
        assert (by_memo, by_box) in ((True, False), (False, True))
        assert (check_truth if by_memo else coupon_truth).instruction == PRINCIPAL_ONLY
    assert {bool(pairs[1][0].ticked) for pairs in asked if isinstance(pairs[1][0], CouponPaper)} == {True, False}
    assert sum(isinstance(pairs[1][0], CouponPaper) and pairs[1][0].ticked is False for pairs in envelopes) > 40


@pytest.mark.parametrize(
    ("story", "pairs"),
    [
        ("short", envelope()),
        ("double", envelope(unplaced_item("check", "double", "review", must_stop=True))),
        ("double", (*envelope(), envelope()[0])),
    ],
)
def test_nobody_else_asks(story: str, pairs: tuple[Paired, ...]) -> None:
    assert not any(
        truth.instruction or truth.reasons for drawn_pairs in drawn(story, *pairs) for _, truth in drawn_pairs
    )


def test_an_account_number_keeps_its_memo_line() -> None:
    for pairs in drawn("double", *envelope(memo="Acct 4071938212")):
        assert isinstance(pairs[0][0], CheckPaper)
        assert pairs[0][0].memo_text == "Acct 4071938212"


def test_a_letter_asks_before_its_closing() -> None:
    letter = LetterPaper(("Hello,", "", "Enclosed is my check.", "", "Sincerely,", "Jo"), by_hand=False)
    pairs = ((papers.check(), CHECK), (letter, unplaced_item("letter", "check_and_letter", "review")))
    lines = [
        paper.lines
        for drawn_pairs in drawn("check_and_letter", *pairs)
        for paper, _ in drawn_pairs[1:]
        if isinstance(paper, LetterPaper)
    ]
    asked = {line for line in map(tuple, lines) if len(line) > len(letter.lines)}
    assert {line[-4] for line in asked} == set(SENTENCES)
    assert {line[-2:] for line in asked} == {("Sincerely,", "Jo")}
