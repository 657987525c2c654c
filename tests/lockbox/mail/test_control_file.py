"""Control files: only small, plain UTF-8 JSON objects are read, and errors name file and field."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from lockbox.errors import InputError
from lockbox.mail.control_file import count, day, instant, parse_json, read_json, text, utf8


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


@pytest.mark.parametrize("value", [None, True, -1, 2.0, "2"])
def test_only_a_whole_number_is_a_count(value: object) -> None:
    with pytest.raises(InputError) as caught:
        count(value, "manifest.json", "documents", "batch 1")
    assert (caught.value.record, caught.value.field) == ("batch 1", "documents")


@pytest.mark.parametrize("value", ["2026-11-16T09:42:00", "noon"])
def test_a_time_needs_its_zone(value: str) -> None:
    with pytest.raises(InputError) as caught:
        instant(value, "batch.json", "received_at")
    assert caught.value.field == "received_at"
