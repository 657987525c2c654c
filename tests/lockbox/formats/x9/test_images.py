"""One view of a check: sizes, sides, and damage."""

from __future__ import annotations

from datetime import date, datetime

import pytest

from lockbox.formats.x9.images import day, moment
from tests.builders.cash_letters import check, damaged, letter_of, problem_fields, put


def test_a_wrong_image_size_is_reported_and_the_image_kept() -> None:
    file = damaged(lambda parts: put(parts, 4, 25, "0000001"))
    assert problem_fields(file) == [(5, "size")]
    assert file.checks == letter_of(check(1), check(2)).checks


def test_a_corrupt_image_is_left_out_and_its_check_goes_on() -> None:
    def change(parts: list[bytes]) -> None:
        parts[5] = parts[5][:117] + b"%PDF" + parts[5][121:]

    file = damaged(change)
    assert problem_fields(file) == [(6, "image")]
    assert [image.side for image in file.checks[0].images] == ["back"]
    assert file.checks[0].front is None


def test_an_image_cut_short_is_left_out() -> None:
    file = damaged(lambda parts: parts.__setitem__(5, parts[5][:-9]))
    assert (6, "image_length") in problem_fields(file)
    assert file.checks[0].front is None
    assert file.checks[1] == check(2)


@pytest.mark.parametrize(
    ("text", "expected"),
    [("20261116", date(2026, 11, 16)), ("20261131", None), ("2026111", None), ("", None), ("2026111\u00b2", None)],
)
def test_a_day_is_eight_digits_of_a_real_date(text: str, expected: date | None) -> None:
    assert day(text) == expected


def test_a_moment_has_hours_and_minutes() -> None:
    assert moment("20261116", "1730") == datetime(2026, 11, 16, 17, 30)  # noqa: DTZ001  the format has no time zone
    assert moment("20261116", "2400") is None
    assert moment("20261116", "1760") is None
    assert moment("", "1730") is None


def test_a_side_that_is_neither_front_nor_back_is_left_out() -> None:
    file = damaged(lambda parts: put(parts, 4, 32, "7"))
    assert (5, "side") in problem_fields(file)
    assert [image.side for image in file.checks[0].images] == ["back"]


@pytest.mark.parametrize("blank", [b"    ", b"\0\0\0\0"])
@pytest.mark.parametrize("index", [5, 7, 10, 12])
def test_a_length_of_a_signature_or_key_that_is_blank_is_zero(index: int, blank: bytes) -> None:
    """Some banks leave out what they do not sign: the image is all there."""

    def change(parts: list[bytes]) -> None:
        assert parts[index][101:110] == b"000000000"
        parts[index] = parts[index][:101] + blank + blank + blank[:1] + parts[index][110:]

    file = damaged(change)
    assert file.problems == ()
    assert file.checks == letter_of(check(1), check(2)).checks


def test_a_size_in_record_50_may_be_blank() -> None:
    file = damaged(lambda parts: put(parts, 4, 25, " " * 7))
    assert file.problems == ()
    assert problem_fields(damaged(lambda parts: put(parts, 4, 25, "000 X 1"))) == [(5, "size")]


def test_an_image_without_a_length_is_left_out_by_name() -> None:
    file = damaged(lambda parts: put(parts, 5, 111, " " * 7))
    assert {record for record, _ in problem_fields(file)} == {5, 6}
    assert file.checks[0].front is None
