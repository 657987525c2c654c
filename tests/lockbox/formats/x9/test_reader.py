"""Records sorted into checks and bundles, even when some are damaged, missing, or doubled."""

from __future__ import annotations

from dataclasses import replace

import pytest

from lockbox.formats.x9.file import read_x9
from lockbox.formats.x9.types import X9Addendum, X9Image
from lockbox.formats.x9.writer import write_x9
from tests.builders.cash_letters import check, damaged, joined, letter_of, problem_fields, put, records, scan


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


def test_a_missing_52_is_reported_and_the_back_is_not_taken_for_the_front() -> None:
    file = damaged(lambda parts: parts.__delitem__(5))
    assert (5, "code") in problem_fields(file)
    assert [image.side for image in file.checks[0].images] == ["back"]
    assert file.checks[1] == check(2)


def test_images_of_a_lost_check_are_not_given_to_the_one_before() -> None:
    file = damaged(lambda parts: parts.__delitem__(8))
    assert file.checks == (check(1),)
    assert sum("image of item 44000002" in problem.reason for problem in file.problems) == 2


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
