"""Control files: only small, plain UTF-8 JSON objects are read, and errors name file and field."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from lockbox.errors import InputError
from lockbox.mail.control_file import (
    Doubts,
    believable_day,
    count,
    day,
    instant,
    parse_json,
    read_json,
    receipt,
    text,
    utf8,
)


def test_a_json_object_is_read_with_or_without_a_byte_order_mark(tmp_path: Path) -> None:
    path = tmp_path / "batch.json"
    for mark in (b"", b"\xef\xbb\xbf"):
        path.write_bytes(mark + '{"site": "dallas", "city": "Cañon"}'.encode())
        assert read_json(path, "batch.json", 100) == {"site": "dallas", "city": "Cañon"}


def test_a_missing_a_linked_and_a_large_file_are_rejected(tmp_path: Path) -> None:
    path, link = tmp_path / "batch.json", tmp_path / "link.json"
    with pytest.raises(InputError, match="is missing"):
        read_json(path, "batch.json", 100)
    path.write_text('{"site": "dallas"}')
    with pytest.raises(InputError, match="18 bytes; at most 17"):
        read_json(path, "batch.json", 17)
    link.symlink_to(path)
    with pytest.raises(InputError, match="is a link"):
        read_json(link, "link.json", 100)


@pytest.mark.parametrize(
    ("data", "words"),
    [(b"[1, 2]", "not a JSON object"), (b"{", "not JSON"), (b"[" * 100_000, "not JSON")],
)
def test_what_is_not_a_json_object_is_rejected(data: bytes, words: str) -> None:
    with pytest.raises(InputError, match=words) as caught:
        parse_json(data, "batch.json")
    assert caught.value.file == "batch.json"


def test_another_encoding_is_named_with_its_row() -> None:
    with pytest.raises(InputError, match="UTF-16"):
        utf8("a".encode("utf-16"), "index.csv")
    with pytest.raises(InputError, match="byte 0xe9") as caught:
        utf8(b"a,b\ncaf\xe9,c\n", "index.csv")
    assert caught.value.record == "row 2"


def test_values_are_parsed() -> None:
    assert text({"box": " 650805 "}, "batch.json", "box") == "650805"
    assert count(0, "batch.json", "documents") == 0
    assert day("2026-11-16", "batch.json", "business_date") == date(2026, 11, 16)
    received_at = instant("2026-11-16T09:42:00-06:00", "batch.json", "received_at")
    assert received_at == datetime(2026, 11, 16, 15, 42, tzinfo=UTC)


@pytest.mark.parametrize("value", [None, True, -1, 2.0, "2", 99_999_999_999_999, float("inf"), {"a": {}}, [[1]]])
def test_only_a_whole_number_is_a_count(value: object) -> None:
    with pytest.raises(InputError) as caught:
        count(value, "manifest.json", "documents", "batch 1")
    assert (caught.value.record, caught.value.field) == ("batch 1", "documents")


@pytest.mark.parametrize("value", [None, 7, "", " ", "a\0b", "\ud800", "x" * 101, {"box": "1"}, ["1"]])
def test_only_a_short_printable_text_is_a_text(value: object) -> None:
    with pytest.raises(InputError) as caught:
        text({"box": value}, "batch.json", "box")
    assert (caught.value.file, caught.value.field) == ("batch.json", "box")
    assert len(str(caught.value)) < 120


def test_a_field_that_is_given_twice_is_named() -> None:
    with pytest.raises(InputError, match=r"batch\.json, field documents: is given twice"):
        parse_json(b'{"documents": 3, "documents": 5}', "batch.json")


def believed(received_at: str, now: str = "2026-11-16T10:00:00-06:00") -> str:
    """Why a receipt of mail of 16 November is not believed, or ""."""
    try:
        receipt(received_at, "batch.json", date(2026, 11, 16), Doubts(datetime.fromisoformat(now)))
    except InputError as error:
        return error.reason
    return ""


def test_a_receipt_after_now_or_far_from_the_business_date_is_not_believed() -> None:
    assert believed("2026-11-16T10:15:00-06:00") == ""  # a clock that is a little ahead
    assert "lies after now, 2026-11-16 10:00 -0600" in believed("2026-11-16T10:16:00-06:00")
    assert "is 61 days after the business date 2026-11-16" in believed("2027-01-16T08:17:00-06:00")
    assert "is 61 days before the business date 2026-11-16" in believed("2026-09-16T08:17:00-06:00")
    assert believed("2026-09-17T08:17:00-06:00") == ""


@pytest.mark.parametrize(("day", "words"), [("2026-11-24", "8 days after today"), ("2026-09-16", "61 days before")])
def test_a_business_date_far_from_now_is_not_believed(day: str, words: str) -> None:
    doubts = Doubts(datetime(2026, 11, 16, 16, tzinfo=UTC))
    with pytest.raises(InputError, match=words):
        believable_day(date.fromisoformat(day), "dallas", doubts)
    assert believable_day(date(2026, 11, 23), "dallas", doubts) == date(2026, 11, 23)
    assert believable_day(date(2026, 9, 17), "dallas", doubts) == date(2026, 9, 17)


@pytest.mark.parametrize("value", ["2026-11-16T09:42:00", "noon"])
def test_a_time_needs_its_zone(value: str) -> None:
    with pytest.raises(InputError) as caught:
        instant(value, "batch.json", "received_at")
    assert caught.value.field == "received_at"
