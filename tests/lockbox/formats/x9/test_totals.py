"""Stated totals against what the file holds, with credits counted or not."""

from __future__ import annotations

from dataclasses import replace

import pytest

from lockbox.formats.x9.file import read_x9
from lockbox.formats.x9.totals import Convention, Tally, convention_of, credits_counted, wrong_totals
from lockbox.formats.x9.types import X9Profile, X9Totals
from lockbox.formats.x9.writer import write_x9
from tests.builders.cash_letters import check, damaged, deposit_ticket, letter_of, problem_fields, put


@pytest.mark.parametrize("layout", ["A", "B", "62"])
@pytest.mark.parametrize("counted", [True, False])
def test_layouts_are_detected_and_credits_may_count_or_not(layout: str, counted: bool) -> None:
    file = letter_of(check(1), check(2), credit=deposit_ticket(layout))
    profile = X9Profile(credits_counted=counted, credit_amounts_counted=False)
    data = write_x9(file, profile=profile)
    back = read_x9(data, "deposit.x9")
    assert back == file
    assert (back.credits[0].layout, back.credits[0].amount_cents) == (layout, 82_500)
    assert back.problems == ()
    assert back.credits_counted is counted
    assert read_x9(data, "deposit.x9", profile).problems == ()
    opposite = read_x9(data, "deposit.x9", replace(profile, credits_counted=not counted))
    assert {problem.field for problem in opposite.problems} == {"items"}


@pytest.mark.parametrize("counted", [True, False])
def test_what_is_stated_of_the_checks_leaves_credits_out(counted: bool) -> None:
    profile = X9Profile(credits_counted=counted, credit_amounts_counted=counted)
    letter = letter_of(check(1), check(2), credit=deposit_ticket("A"))
    file = read_x9(write_x9(letter, profile=profile), "deposit.x9")
    assert file.stated_of_checks is not None
    assert (file.stated_of_checks.items, file.stated_of_checks.amount_cents) == (2, 82_500)


def test_a_credit_that_is_not_the_sum_of_the_checks_is_reported() -> None:
    back = read_x9(write_x9(letter_of(check(1), check(2), credit=deposit_ticket("A", 82_499))), "deposit.x9")
    assert problem_fields(back) == [(3, "amount")]
    assert "$824.99" in back.problems[0].reason


@pytest.mark.parametrize(
    ("index", "position", "text", "field"),
    [
        (13, 3, "0003", "items"),
        (13, 7, "000000082501", "amount"),
        (13, 31, "00003", "images"),
        (14, 3, "000002", "bundles"),
        (14, 9, "00000003", "items"),
        (14, 17, "00000000082499", "amount"),
        (14, 31, "000000005", "images"),
        (15, 3, "000002", "cash_letters"),
        (15, 9, "00000017", "records"),
        (15, 17, "00000001", "items"),
        (15, 25, "0000000000082600", "amount"),
        (15, 25, "               X", "amount"),
    ],
)
def test_a_wrong_total_is_reported_and_stops_nothing(index: int, position: int, text: str, field: str) -> None:
    file = damaged(lambda parts: put(parts, index, position, text))
    assert problem_fields(file) == [(index + 1, field)]
    assert file.checks == letter_of(check(1), check(2)).checks


def test_an_amount_off_by_a_cent_disagrees_with_every_total() -> None:
    file = damaged(lambda parts: put(parts, 3, 48, "0000041251"))
    assert problem_fields(file) == [(14, "amount"), (15, "amount"), (16, "amount")]


def test_tallies_add_up_field_by_field() -> None:
    total = Tally(2, 82_500, 4, 1, 82_500, 1) + Tally(1, 100, 0)
    assert total == Tally(3, 82_600, 4, 1, 82_500, 1)


def test_totals_say_whether_credits_count_as_items() -> None:
    tally = Tally(items=2, amount_cents=82_500, images=4, credits=1, credit_cents=82_500)
    with_credit = X9Totals(record=9, items=3, amount_cents=82_500, images=4)
    for stated, expected in (
        (with_credit, True),
        (replace(with_credit, items=2), False),
        (replace(with_credit, items=None), None),
        (replace(with_credit, items=4), None),
    ):
        assert credits_counted([(stated, tally)], convention_of([(stated, tally)], X9Profile())) is expected
    wrong = (replace(with_credit, items=4), tally)
    assert [*wrong_totals(wrong, Convention(), X9Profile())] == [("items", "says 4, counted 2, or 3 with credits")]
    assert [*wrong_totals((with_credit, tally), Convention(items=True), X9Profile())] == []


def test_a_bank_has_one_convention_in_all_controls_of_a_file() -> None:
    """A check that is lost from a bundle is not made up for by the credit that the bundle holds."""
    tally = Tally(items=3, amount_cents=300, credits=1, credit_cents=300)
    counted = X9Totals(record=9, items=4, amount_cents=300)
    sheets = [
        (counted, tally),
        (replace(counted, items=8, amount_cents=600), tally + tally),
        (replace(counted, items=3), tally),
    ]
    convention = convention_of(sheets, X9Profile())
    assert convention == Convention(items=True)
    assert [[*wrong_totals(sheet, convention, X9Profile())] for sheet in sheets] == [
        [], [], [("items", "says 3, counted 4, or 3 without credits")],
    ]  # fmt: skip
