"""Records sorted into checks and bundles, even when some are damaged, missing, or doubled."""

from __future__ import annotations

from dataclasses import replace

import pytest

from lockbox.formats.x9.file import read_x9
from lockbox.formats.x9.types import X9Addendum, X9Image, X9Profile
from lockbox.formats.x9.writer import write_x9
from tests.builders.cash_letters import (
    check,
    damaged,
    deposit_ticket,
    joined,
    letter_of,
    problem_fields,
    put,
    records,
    scan,
)


def test_returns_and_their_addenda() -> None:
    addenda = (
        X9Addendum("33", {"payor_bank": "FIRST", "aux_on_us": "77"}),
        X9Addendum("34", {"key_indicator": "1", "key_length": "0005", "key": "AB", "description": "seen"}),
    )
    file = letter_of(check(1, is_return=True, return_reason="A", addenda=addenda, aux_on_us="77"))
    back = read_x9(write_x9(file), "returns.x9")
    assert back.problems == ()
    returned = back.checks[0]
    assert (returned.is_return, returned.return_reason, returned.aux_on_us, returned.amount_cents) == (
        True,
        "A",
        "77",
        41_250,
    )
    assert [(addendum.code, addendum.fields.get("key")) for addendum in returned.addenda] == [
        ("33", None),
        ("34", "AB"),
    ]
    assert read_x9(write_x9(back), "returns.x9") == back


@pytest.mark.parametrize(
    ("position", "text", "field", "words"),
    [
        (48, "00000412S0", "amount", "not a number"),
        (48, " " * 10, "amount", "not a number"),
        (27, "3", "routing", "check digit"),
        (27, " ", "routing", "9 digits"),
        (19, "5700-001", "routing", "9 digits"),
    ],
)
def test_a_bad_field_of_a_check_is_named_with_its_record(position: int, text: str, field: str, words: str) -> None:
    file = damaged(lambda parts: put(parts, 3, position, text))
    [problem] = [problem for problem in file.checks[0].problems if problem.field == field]
    assert problem.record == 4
    assert words in problem.reason
    assert file.checks[1] == check(2)
    assert len(file.checks[0].images) == 2


@pytest.mark.parametrize(
    ("position", "text", "field"),
    [
        (48, "000004125\0", "amount"),
        (48, "000004125 ", "amount"),
        (48, " 000041250", "amount"),
        (48, "-000041250", "amount"),
        (58, "44000001\0", "sequence"),
        (58, "44000001\x7f", "sequence"),
        (28, "    60\x00000001/101", "on_us"),
        (28, "       60O00001/101 ", "on_us"),
        (3, "           12*", "aux_on_us"),
    ],
)
def test_a_field_with_what_no_field_holds_is_named_and_never_used(position: int, text: str, field: str) -> None:
    file = damaged(lambda parts: put(parts, 3, position, text))
    assert (4, field) in problem_fields(file)
    first = file.checks[0]
    assert (first.amount_cents is None) == (field == "amount")
    assert (first.on_us == "") == (field == "on_us")
    assert first.aux_on_us == ""
    assert len(first.images) == 2
    assert all(word not in problem.reason for problem in first.problems for word in ("41", "60", "44", "\0"))


@pytest.mark.parametrize("size", [20, 50, 60, 79])
def test_a_record_that_is_cut_off_gives_no_part_of_a_number(size: int) -> None:
    file = damaged(lambda parts: parts.__setitem__(3, parts[3][:size]))
    assert (4, "") in problem_fields(file) or len(file.checks) == 1
    assert all(known.amount_cents in (None, 41_250) for known in file.checks)


def test_a_record_that_is_too_long_is_named() -> None:
    assert problem_fields(damaged(lambda parts: parts.__setitem__(3, parts[3] + b"9"))) == [(4, "")]
    assert problem_fields(damaged(lambda parts: parts.__setitem__(3, parts[3] + b"  \0"))) == []


@pytest.mark.parametrize("layout", ["A", "B", "62"])
@pytest.mark.parametrize("counted", [True, False])
def test_a_deposit_ticket_may_have_images_that_count_or_not(layout: str, counted: bool) -> None:
    ticket = replace(deposit_ticket(layout), sequence="777", images=check(9).images)
    profile = X9Profile(credits_counted=counted, credit_amounts_counted=False, credit_images_counted=counted)
    file = letter_of(check(1), check(2), credit=ticket)
    back = read_x9(write_x9(file, profile=profile), "deposit.x9")
    assert (back, back.problems, back.failing_controls) == (file, (), ())
    assert back.stated_of_checks is not None
    assert (back.stated_of_checks.items, back.stated_of_checks.images) == (2, 4)


def test_an_ebcdic_file_with_numbers_in_ascii_is_named_field_by_field() -> None:
    parts = records(write_x9(letter_of(check(1), check(2))))
    parts[3] = parts[3][:47] + b"0000041250" + parts[3][57:]
    file = read_x9(joined(parts), "deposit.x9")
    assert problem_fields(file)[0] == (4, "amount")
    assert [known.amount_cents for known in file.checks] == [None, 41_250]
    assert len(file.failing_controls) == 3


def test_an_image_before_its_detail_belongs_to_nobody() -> None:
    def change(parts: list[bytes]) -> None:
        parts[4], parts[5] = parts[5], parts[4]

    file = damaged(change)
    assert {record for record, _ in problem_fields(file)} == {5, 6}
    assert [image.side for image in file.checks[0].images] == ["back"]
    assert file.checks[1] == check(2)


def test_a_missing_52_is_reported_and_the_back_is_not_taken_for_the_front() -> None:
    file = damaged(lambda parts: parts.__delitem__(5))
    assert (5, "code") in problem_fields(file)
    assert [image.side for image in file.checks[0].images] == ["back"]
    assert file.checks[1] == check(2)


def test_images_of_a_lost_check_are_not_given_to_the_one_before() -> None:
    file = damaged(lambda parts: parts.__delitem__(8))
    assert file.checks == (check(1),)
    assert sum("an image of another item" in problem.reason for problem in file.problems) == 2


def test_images_of_an_unreadable_check_are_not_given_to_the_one_before() -> None:
    nameless = replace(check(2), sequence="")
    file = damaged(lambda parts: put(parts, 8, 1, "2X"), check(1), nameless)
    assert file.checks == (check(1),)
    assert (9, "code") in problem_fields(file)


def test_images_behind_a_damaged_stretch_are_not_given_to_the_check_before() -> None:
    front_only = check(1, sequence="", images=(X9Image("front", scan(1)),))
    parts = records(write_x9(letter_of(front_only, check(2, sequence="")), "ascii"))
    at = sum(4 + len(part) for part in parts[:6])
    data = joined(parts)
    file = read_x9(data[:at] + data[at + 6 :], "deposit.x9")  # the second check has lost its length and its type
    assert [len(known.images) for known in file.checks] == [1]
    assert any("could not be read" in problem.reason for problem in file.problems)


def test_a_second_front_is_left_out() -> None:
    file = damaged(lambda parts: put(parts, 6, 32, "0"))
    assert (8, "side") in problem_fields(file)
    front = file.checks[0].front
    assert front is not None
    assert front.data == scan(1)


@pytest.mark.parametrize(("index", "words"), [(13, "no record 70"), (14, "no record 90"), (15, "no file control")])
def test_a_missing_control_record_is_reported(index: int, words: str) -> None:
    file = damaged(lambda parts: parts.__delitem__(index))
    assert any(words in problem.reason for problem in file.problems)
    assert file.checks == letter_of(check(1), check(2)).checks


@pytest.mark.parametrize("index", [0, 1, 2])
def test_a_missing_header_is_reported_and_the_checks_are_kept(index: int) -> None:
    file = damaged(lambda parts: parts.__delitem__(index))
    assert file.problems
    assert file.checks == letter_of(check(1), check(2)).checks


def test_a_second_99_is_reported() -> None:
    file = damaged(lambda parts: parts.append(parts[-1]))
    assert (17, "code") in problem_fields(file)
    assert file.amount_cents == 82_500


def test_a_file_twice_in_one_is_read_once() -> None:
    file = damaged(lambda parts: parts.extend(list(parts)))
    assert len(file.checks) == 2
    assert (17, "code") in problem_fields(file)
