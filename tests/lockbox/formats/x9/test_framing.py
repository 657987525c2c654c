"""Records are separated by length prefixes or lines, even after damage."""

from __future__ import annotations

from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lockbox.errors import InputError
from lockbox.formats.x9.file import read_x9
from lockbox.formats.x9.types import X9Image
from lockbox.formats.x9.writer import write_x9
from tests.builders.cash_letters import check, letter_of, records, scan


def test_newline_framed_ascii_is_read() -> None:
    parts = records(write_x9(letter_of(check(1), check(2)), "ascii"))
    for end in (b"\n", b"\r\n"):
        file = read_x9(end.join(parts) + end, "lines.x9")
        assert (file.framing, file.problems) == ("newline", ())
        assert file.checks == letter_of(check(1), check(2)).checks


def test_an_image_with_line_ends_survives_newline_framing() -> None:
    data = scan(1) + b"\n25\r\n52\n"
    parts = records(write_x9(letter_of(check(1, images=(X9Image("front", data),))), "ascii"))
    front = read_x9(b"\n".join(parts) + b"\n", "lines.x9").checks[0].front
    assert front is not None
    assert front.data == data


def test_a_truncated_file_keeps_what_is_whole() -> None:
    data = write_x9(letter_of(*(check(number) for number in range(1, 6))))
    file = read_x9(data[: len(data) * 2 // 3], "deposit.x9")
    assert 2 <= len(file.checks) <= 4
    assert file.checks[:2] == (check(1), check(2))
    assert any("ends inside a record" in problem.reason for problem in file.problems)


def test_a_damaged_length_loses_no_more_than_two_records() -> None:
    data = bytearray(write_x9(letter_of(*(check(number) for number in range(1, 6)))))
    at = sum(4 + len(record) for record in records(bytes(data))[:8])  # before the second check
    data[at + 3] ^= 0x55
    file = read_x9(bytes(data), "deposit.x9")
    assert file.checks.count(check(1)) == 1
    assert file.checks[-3:] == (check(3), check(4), check(5))
    assert file.problems


def test_filler_at_the_end_is_no_problem() -> None:
    assert read_x9(write_x9(letter_of(check(1))) + b"\0" * 100, "padded.x9").problems == ()


@pytest.mark.parametrize(
    "data", [b"", b"\0" * 500, b"%PDF-1.7 nothing", b"PK\3\4" * 100, b"01", b"101 091000019 12345"]
)
def test_only_what_cannot_be_framed_is_refused(data: bytes) -> None:
    with pytest.raises(InputError) as caught:
        read_x9(data, "garbage.x9")
    assert caught.value.file == "garbage.x9"


@given(st.binary(max_size=2_000), st.sampled_from([b"", b"\0\0\0\x5001", b"\0\0\0\x50\xf0\xf1", b"01", b"01\n52"]))
@settings(max_examples=300, deadline=2_000)
def test_no_garbage_crashes_or_hangs(data: bytes, start: bytes) -> None:
    with suppress(InputError):
        file = read_x9(start + data, "garbage.x9")
        assert file.problems
