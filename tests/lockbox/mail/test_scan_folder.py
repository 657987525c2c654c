"""Scan folders: control file, index and images are checked against one another."""

from __future__ import annotations

import os
from datetime import UTC, date, datetime
from hashlib import sha256
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lockbox.errors import InputError
from lockbox.formats.tiff_pages import split_sides
from lockbox.mail.delivery import IntakeLimits
from lockbox.mail.inbox import read_batch
from tests.builders.deliveries import DAY, HEADER, ROWS, deliver, images, scan, sequences, set_aside_places, tiff


def test_a_whole_batch_is_read(tmp_path: Path) -> None:
    batch = read_batch(deliver(tmp_path))
    assert (batch.site, batch.box, batch.business_date, batch.batch_no) == (
        "dallas",
        "650805",
        date(2026, 11, 16),
        "D001",
    )
    assert batch.received_at == datetime(2026, 11, 16, 15, 42, tzinfo=UTC)
    assert batch.received_at.utcoffset() is not None
    assert (batch.source_kind, batch.source_name, batch.scanner) == ("scan_folder", f"dallas/{DAY}/D001", "S1")
    assert (batch.control.envelopes, batch.control.documents, batch.control.images) == (2, 3, 6)
    assert batch.set_aside == ()
    assert sequences(batch) == ([1, 2, 3], [])
    assert [document.envelope_no for document in batch.documents] == [1, 1, 2]
    assert all(document.flags == () and document.carried is None for document in batch.documents)
    expected = images()
    for document, row in zip(batch.documents, ROWS, strict=True):
        front, back = row.split(",")[2:]
        assert document.front is not None
        assert document.back is not None
        assert (document.front.load(), document.back.load()) == (expected[front], expected[back])
        assert document.front.sha256 == sha256(expected[front]).hexdigest()
    media_types = [document.front.media_type for document in batch.documents if document.front]
    assert media_types == ["image/tiff", "image/tiff", "image/jpeg"]


def test_column_order_blank_lines_and_a_byte_order_mark_do_not_matter(tmp_path: Path) -> None:
    index = "\ufeffBack,front,note, sequence ,envelope\r\n\r\nb1.tif,f1.tif,hm,1,1\r\nb2.tif,f2.tif,,2,1\r\n".encode()
    batch = read_batch(deliver(tmp_path, ROWS[:2], index=index))
    assert batch.set_aside == ()
    assert sequences(batch) == ([1, 2], [])


@pytest.mark.parametrize("sign", [";", "\t", "|"])
def test_an_index_of_a_spreadsheet_with_another_delimiter_is_read(tmp_path: Path, sign: str) -> None:
    index = "\r\n".join(row.replace(",", sign) for row in (HEADER, *ROWS)).encode("utf-8-sig")
    batch = read_batch(deliver(tmp_path, index=index))
    assert (batch.set_aside, sequences(batch)) == ((), ([1, 2, 3], []))


def test_names_that_differ_in_case_or_in_how_accents_are_written_are_the_same_file(tmp_path: Path) -> None:
    """Scanners write 1.TIF beside an index that says 1.tif; other systems take accents apart."""
    rows = ("1,1,F1.TIF,b1.tif", "2,1,\u00e9t\u00e9.tif,b2.tif")
    files = {"F1.TIF": None, "\u00e9t\u00e9.tif": None, "f1.tif": scan(1), "e\u0301te\u0301.tif": scan(2)}
    batch = read_batch(deliver(tmp_path, rows, files=files))
    assert (batch.set_aside, sequences(batch)) == ((), ([1, 2], []))


def test_of_two_names_that_differ_only_in_case_none_is_guessed(tmp_path: Path) -> None:
    files = {"F1.TIF": scan(50), "F1.tif": scan(51), "f1.tif": None}
    batch = read_batch(deliver(tmp_path, files=files))
    assert batch.reasons(1) == ("is missing; F1.TIF and F1.tif differ from it only in case: name the right one",)


def test_what_systems_and_viewers_leave_is_no_part_of_the_delivery(tmp_path: Path) -> None:
    """It may come after the batch was taken in: then the batch must not look like another one."""
    folder = deliver(tmp_path)
    first = read_batch(folder).content_sha256
    for name in ("Thumbs.db", "desktop.ini", ".DS_Store", "~$index.csv", "._f1.tif"):
        (folder / name).write_bytes(b"x")
    (folder / "@eaDir").mkdir()
    batch = read_batch(folder)
    assert (batch.set_aside, batch.content_sha256) == ((), first)


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("documents", 99_999_999_999_999),
        ("envelopes", {"deep": [[[{}]]]}),
        ("images", "\0"),
        ("scanner", "\0"),
        ("scanner", "s" * 5_000),
        ("scanner", {"name": 1}),
    ],
)
def test_a_field_of_the_control_file_that_cannot_be_used_is_named_and_the_rest_is_read(
    tmp_path: Path, key: str, value: object
) -> None:
    batch = read_batch(deliver(tmp_path, control={key: value}))
    assert set_aside_places(batch) == [("batch.json", "", key)]
    assert len(batch.set_aside[0].reason) < 100
    assert sequences(batch) == ([1, 2, 3], [])


def damaged(data: bytes) -> bytes:
    """Of the same length, with a whole header, but with some of the pixel codes inverted."""
    return data[:20] + bytes(255 - byte for byte in data[20:32]) + data[32:]


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (None, "is missing"),
        (b"", "empty"),
        (scan(1)[:-30], "truncated|damaged"),
        (scan(1, "JPEG")[: len(scan(1, "JPEG")) // 2], "truncated"),
        (b"%PDF-1.7\n1 0 obj", "a PDF"),
        (b"sequence,envelope", "not a TIFF"),
        (damaged(scan(1)), "damaged"),
        (tiff(1, pages=2), "a TIFF of 2 pages"),
    ],
)
def test_an_unusable_front_sets_its_document_aside_and_the_rest_is_taken_in(
    tmp_path: Path, data: bytes | None, words: str
) -> None:
    batch = read_batch(deliver(tmp_path, files={"f2.tif": data}))
    assert sequences(batch) == ([1, 3], [2])
    assert batch.captured == 3
    faults = [fault for fault in batch.set_aside if fault.file == "f2.tif"]
    assert [(fault.record, fault.field, fault.sequence) for fault in faults] == [("row 3", "front", 2)]
    assert any(word in faults[0].reason for word in words.split("|")), faults[0].reason
    assert batch.reasons(2) == (faults[0].reason,)
    assert [document.flags for document in batch.documents] == [("envelope_incomplete",), ()]
    assert batch.rejected[0].back is not None


@pytest.mark.parametrize("data", [None, b"", b"%PDF"])
def test_a_document_without_a_usable_back_is_taken_in_with_a_flag(tmp_path: Path, data: bytes | None) -> None:
    batch = read_batch(deliver(tmp_path, files={"b2.tif": data}))
    assert sequences(batch) == ([1, 2, 3], [])
    assert [document.flags for document in batch.documents] == [(), ("back_missing",), ()]
    assert ("b2.tif", "row 3", "back") in set_aside_places(batch)
    assert batch.documents[1].back is None


def test_an_empty_back_cell_is_a_missing_back(tmp_path: Path) -> None:
    batch = read_batch(deliver(tmp_path, ("1,1,f1.tif,", "2,1,f2.tif,b2.tif")))
    assert batch.documents[0].flags == ("back_missing",)
    assert set_aside_places(batch) == [("index.csv", "row 2", "back")]


def test_an_extra_file_is_named(tmp_path: Path) -> None:
    batch = read_batch(deliver(tmp_path, files={"f9.tif": scan(99), "notes.txt": b"hello"}))
    assert sequences(batch) == ([1, 2, 3], [])
    assert ("f9.tif", "", "") in set_aside_places(batch)
    assert ("notes.txt", "", "") in set_aside_places(batch)
    assert [fault.reason for fault in batch.set_aside if fault.file == "batch.json"] == ["says 6, but the folder has 7"]


def test_a_renamed_file_is_named_under_both_names(tmp_path: Path) -> None:
    folder = deliver(tmp_path)
    (folder / "f2.tif").rename(folder / "F2 (1).tif")
    batch = read_batch(folder)
    assert set_aside_places(batch) == [("F2 (1).tif", "", ""), ("f2.tif", "row 3", "front")]
    assert "F2 (1).tif" in batch.reasons(2)[0]


def test_hidden_files_are_left_alone(tmp_path: Path) -> None:
    folder = deliver(tmp_path, files={".DS_Store": b"x"})
    assert read_batch(folder).set_aside == ()


def test_a_sequence_used_twice_keeps_the_first_and_counts_the_second(tmp_path: Path) -> None:
    batch = read_batch(deliver(tmp_path, ("1,1,f1.tif,b1.tif", "1,2,f2.tif,b2.tif", "3,2,f3.tif,b3.tif")))
    assert sequences(batch) == ([1, 3], [4])
    assert batch.captured == 3
    assert set_aside_places(batch) == [("index.csv", "row 3", "sequence")]
    assert "first in row 2" in batch.reasons(4)[0]
    assert batch.documents[1].flags == ("envelope_incomplete",)


@pytest.mark.parametrize("cell", ["", "0", "-1", "x", "1.5", "²", "9" * 30])
@pytest.mark.parametrize("column", ["sequence", "envelope"])
def test_a_cell_that_is_not_a_number_rejects_its_row(tmp_path: Path, cell: str, column: str) -> None:
    row = f"{cell},1,f2.tif,b2.tif" if column == "sequence" else f"2,{cell},f2.tif,b2.tif"
    batch = read_batch(deliver(tmp_path, (ROWS[0], row, ROWS[2]), control={"envelopes": None}))
    assert len(batch.documents) == 2
    assert len(batch.rejected) == 1
    assert ("index.csv", "row 3", column) in set_aside_places(batch)
    assert all(document.sequence > 0 and document.envelope_no > 0 for document in batch.rejected)
    assert len({document.sequence for document in (*batch.documents, *batch.rejected)}) == 3


def test_a_row_that_repeats_another_is_not_another_document(tmp_path: Path) -> None:
    batch = read_batch(deliver(tmp_path, (*ROWS, ROWS[1]), control={"documents": 3, "images": 6}))
    assert sequences(batch) == ([1, 2, 3], [])
    assert set_aside_places(batch) == [("index.csv", "row 5", "")]


def test_one_image_in_two_rows_serves_the_first_only(tmp_path: Path) -> None:
    rows = ("1,1,f1.tif,b1.tif", "2,2,f1.tif,b2.tif", "3,2,f3.tif,b1.tif")
    batch = read_batch(deliver(tmp_path, rows))
    assert sequences(batch) == ([1, 3], [2])
    assert ("f1.tif", "row 3", "front") in set_aside_places(batch)
    assert ("b1.tif", "row 4", "back") in set_aside_places(batch)
    assert batch.documents[1].flags == ("back_missing", "envelope_incomplete")


def test_a_bad_row_does_not_take_the_image_of_a_good_one(tmp_path: Path) -> None:
    batch = read_batch(deliver(tmp_path, ("x,1,f1.tif,b1.tif", "1,1,f1.tif,b1.tif")))
    assert sequences(batch) == ([1], [2])


def test_equal_fronts_under_two_names_are_flagged_but_both_are_taken_in(tmp_path: Path) -> None:
    same = scan(3)
    batch = read_batch(deliver(tmp_path, files={"f1.tif": same, "f2.tif": same}))
    assert [document.flags for document in batch.documents] == [("same_image",), ("same_image",), ()]
    assert batch.set_aside == ()


@pytest.mark.parametrize("key", ["envelopes", "documents", "images"])
def test_control_totals_that_do_not_match_are_named(tmp_path: Path, key: str) -> None:
    batch = read_batch(deliver(tmp_path, control={key: 41}))
    assert set_aside_places(batch) == [("batch.json", "", key)]
    assert "says 41" in batch.set_aside[0].reason
    assert sequences(batch) == ([1, 2, 3], [])


@pytest.mark.parametrize("value", [None, "3", 3.0, -3, True])
def test_a_control_total_that_is_not_a_count_is_named(tmp_path: Path, value: object) -> None:
    batch = read_batch(deliver(tmp_path, control={"documents": value}))
    assert set_aside_places(batch) == [("batch.json", "", "documents")]
    assert batch.control.documents is None


@pytest.mark.parametrize("name", ["../D002/f1.tif", "/etc/passwd", "..", ".", "sub/f1.tif", "..\\f1.tif"])
def test_names_that_lead_out_of_the_folder_are_not_followed(tmp_path: Path, name: str) -> None:
    deliver(tmp_path, batch="D002")
    folder = deliver(
        tmp_path, files={"f1.tif": None}, index=f"{HEADER}\n1,1,{name},b1.tif\n2,1,f2.tif,b2.tif\n".encode()
    )
    batch = read_batch(folder)
    assert sequences(batch) == ([2], [1])
    assert "not a plain file name" in batch.reasons(1)[0]


def test_links_are_not_followed(tmp_path: Path) -> None:
    outside = tmp_path / "secret.tif"
    outside.write_bytes(scan(1))
    folder = deliver(tmp_path / "inbox", files={"f1.tif": None})
    (folder / "f1.tif").symlink_to(outside)
    batch = read_batch(folder)
    assert sequences(batch) == ([2, 3], [1])
    assert "is a link" in batch.reasons(1)[0]


def test_a_pipe_named_as_an_image_does_not_hang(tmp_path: Path) -> None:
    folder = deliver(tmp_path, files={"f1.tif": None})
    os.mkfifo(folder / "f1.tif")
    assert "not a regular file" in read_batch(folder).reasons(1)[0]


def test_the_content_hash_depends_on_the_bytes_alone(tmp_path: Path) -> None:
    """Not on our limits and not on the words in which we refuse a file."""
    good, bad = scan(1), scan(2)
    folder = deliver(tmp_path, files={"f1.tif": good, "b1.tif": b"%PDF", "notes.txt": b"hm"})
    first = read_batch(folder).content_sha256
    limited = read_batch(folder, IntakeLimits(max_image_bytes=len(good) - 1))
    assert sequences(limited)[1]
    assert limited.content_sha256 == first
    for name in ("f1.tif", "b1.tif", "notes.txt"):
        kept = (folder / name).read_bytes()
        (folder / name).write_bytes(bad)
        assert read_batch(folder, IntakeLimits(max_image_bytes=1)).content_sha256 != first
        (folder / name).write_bytes(kept)
    assert read_batch(folder).content_sha256 == first


SETTLED = f"dallas/{DAY}/D000"


def test_a_batch_may_name_the_batches_that_it_completes(tmp_path: Path) -> None:
    settled = [SETTLED, "dallas/2026-11-13/D001"]
    assert read_batch(deliver(tmp_path, control={"settles": settled})).settles == tuple(settled)


@pytest.mark.parametrize(
    ("named", "words"),
    [
        (SETTLED, "batch.json, field settles: not a list"),
        ([SETTLED, SETTLED], f"batch.json, entry 2, field settles: '{SETTLED}' is named twice"),
        ([7], "is not site/YYYY-MM-DD/batch"),
        (["dallas/20261113/D001"], "is not site/YYYY-MM-DD/batch"),
        ([f"richardson/{DAY}/D001"], "is not a batch of dallas"),
        ([f"dallas/{DAY}/D001"], "is the batch itself"),
        (["dallas/2026-11-17/D001"], f"is of a day after {DAY}"),
    ],
)
def test_what_a_batch_completes_must_be_earlier_batches_of_its_site(tmp_path: Path, named: object, words: str) -> None:
    with pytest.raises(InputError, match=words):
        read_batch(deliver(tmp_path, control={"settles": named}))


@pytest.mark.parametrize(
    ("index", "words"),
    [
        (b"", "is empty"),
        (b"\n \n", "is empty"),
        (HEADER.encode(), "lists no documents"),
        (b"sequence,envelope,front\n1,1,f1.tif\n", "column is missing"),
        (b"sequence,envelope,front,back,front\n1,1,a,b,c\n", "column appears twice"),
        ((HEADER + "\n1,1,f1.tif,b1.tif\n").encode("utf-16"), "UTF-16"),
        ((HEADER + "\n1,1,f1.tif,b1.tif\n").encode("utf-16-le"), "UTF-16"),
        ((HEADER + "\n1,1,caf\xe9.tif,b1.tif\n").encode("latin-1"), "not UTF-8: byte 0xe9"),
        ((HEADER + '\n1,1,"f1.tif,b1.tif\n').encode(), "not CSV"),
        (b"PK\x03\x04\x00\x00", "UTF-16 or binary"),
        (HEADER.encode() + b"\n1,1,a.tif,b.tif" * 20_000, "more than 10000 rows"),
    ],
)
def test_an_unusable_index_rejects_the_batch_and_says_why(tmp_path: Path, index: bytes, words: str) -> None:
    with pytest.raises(InputError, match=words) as caught:
        read_batch(deliver(tmp_path, index=index))
    assert caught.value.file == "index.csv"


@pytest.mark.parametrize(
    ("control", "field"),
    [
        ({"site": "richardson"}, "site"),
        ({"business_date": "2026-11-17"}, "business_date"),
        ({"batch": "D002"}, "batch"),
        ({"box": None}, "box"),
        ({"received_at": "2026-11-16T09:42:00"}, "received_at"),
        ({"received_at": "this morning"}, "received_at"),
        ({"received_at": None}, "received_at"),
        ({"received_at": "2027-01-16T08:17:00-06:00"}, "received_at"),
        ({"received_at": "2026-11-18T00:00:00-06:00"}, "received_at"),
        ({"received_at": "2026-09-16T08:17:00-06:00"}, "received_at"),
        ({"received_at": "9999-11-16T08:17:00-06:00"}, "received_at"),
        ({"site": 7}, "site"),
        ({"box": "6" * 101}, "box"),
        ({"box": ["650805"]}, "box"),
        ({"batch": "D001\0"}, "batch"),
    ],
)
def test_a_control_file_of_another_batch_rejects_this_one(tmp_path: Path, control: dict[str, Any], field: str) -> None:
    with pytest.raises(InputError) as caught:
        read_batch(deliver(tmp_path, control=control))
    assert (caught.value.file, caught.value.field) == ("batch.json", field)


@pytest.mark.parametrize("data", [b"", b"{", b"[]", b"[" * 100_000, b"\xff\xfe{\0}\0", b'{"site": "\xe9"}'])
def test_a_control_file_that_is_not_a_json_object_rejects_the_batch(tmp_path: Path, data: bytes) -> None:
    folder = deliver(tmp_path)
    (folder / "batch.json").write_bytes(data)
    with pytest.raises(InputError) as caught:
        read_batch(folder)
    assert caught.value.file == "batch.json"


@pytest.mark.parametrize("name", ["batch.json", "index.csv"])
def test_without_control_file_or_index_there_is_no_batch(tmp_path: Path, name: str) -> None:
    folder = deliver(tmp_path)
    (folder / name).unlink()
    with pytest.raises(InputError, match="is missing") as caught:
        read_batch(folder)
    assert caught.value.file == name


CELL = st.sampled_from(
    ["1", "2", "3", "0", "x", "", "f1.tif", "b1.tif", "f2.tif", "gone.tif", "../f1.tif", '"', "é", "\t"]
)


@given(
    st.one_of(
        st.binary(max_size=200),
        st.lists(st.lists(CELL, min_size=3, max_size=5), max_size=6).map(
            lambda rows: "\n".join((HEADER, *(",".join(row) for row in rows))).encode()
        ),
    )
)
@settings(max_examples=60, deadline=None)
def test_whatever_the_index_says_every_row_is_accounted_for(index: bytes) -> None:
    with TemporaryDirectory() as inbox:
        folder = deliver(Path(inbox), ROWS[:2], index=index)
        try:
            batch = read_batch(folder)
        except InputError:
            return
    assert batch.captured > 0
    numbers = [document.sequence for document in (*batch.documents, *batch.rejected)]
    assert len(set(numbers)) == len(numbers) == batch.captured
    assert all(document.front is not None for document in batch.documents)
    assert all(batch.reasons(document.sequence) for document in batch.rejected)
    used = [source.name for document in batch.documents for source in (document.front, document.back) if source]
    assert len(set(used)) == len(used)


def control_records(folder: Path, limits: IntakeLimits | None = None) -> list[tuple[str, int, int]]:
    controls = read_batch(folder, limits or IntakeLimits()).failing_controls
    return [(control.record, control.first_sequence, control.last_sequence) for control in controls]


def test_documents_between_those_of_another_envelope_wait_unless_the_site_scans_otherwise(tmp_path: Path) -> None:
    rows = ("1,1,f1.tif,b1.tif", "2,2,f2.tif,b2.tif", "3,1,f3.jpg,b3.jpg", "4,3,f4.tif,b4.tif", "5,4,f5.tif,b5.tif")
    folder = deliver(tmp_path, rows)
    assert control_records(folder) == [("sequences 1 to 4", 1, 4)]
    assert control_records(folder, IntakeLimits(envelopes_in_order=False)) == []


def test_rows_without_numbers_of_their_own_are_not_out_of_order(tmp_path: Path) -> None:
    folder = deliver(tmp_path, ("x,1,f1.tif,b1.tif", "2,1,f2.tif,b2.tif", "3,2,f3.jpg,b3.jpg", "4,y,f4.tif,b4.tif"))
    assert control_records(folder) == []


def test_where_the_hash_total_does_not_hold_all_of_the_batch_waits(tmp_path: Path) -> None:
    """1 x 1 + 2 x 1 + 3 x 2 = 9; the second document in the second envelope would be 11, and in order."""
    assert control_records(deliver(tmp_path / "right", control={"hash_total": 9})) == []
    moved = (ROWS[0], ROWS[1].replace("2,1", "2,2"), ROWS[2])
    folder = deliver(tmp_path / "moved", moved, control={"hash_total": 9})
    assert control_records(folder) == [("batch.json hash_total", 1, 3)]
    [control] = read_batch(folder).failing_controls
    assert control.reason.endswith("does not hold (says 9, counted 11)")
    assert control_records(deliver(tmp_path / "text", control={"hash_total": "9"})) == [("batch.json hash_total", 1, 3)]


def test_the_two_pages_of_the_only_file_of_a_row_are_front_and_back(tmp_path: Path) -> None:
    both, three = tiff(1, pages=2), tiff(5, pages=3)
    rows = ("1,1,a.tif,", "2,1,b.tif,b.tif", "3,2,c.tif,", "4,3,d.tif,x.tif", "5,4,a.tif,")
    files = {"a.tif": both, "b.tif": tiff(3, pages=2), "c.tif": three, "d.tif": tiff(9, pages=2), "x.tif": scan(20)}
    batch = read_batch(deliver(tmp_path, rows, files=dict(files), control={"images": 8}))
    assert sequences(batch) == ([1, 2], [3, 4, 5])
    front, back = batch.documents[0].front, batch.documents[0].back
    assert front is not None
    assert back is not None
    assert (front.load(), back.load()) == split_sides(both)
    assert front.sha256 == sha256(front.load()).hexdigest()
    assert batch.documents[0].flags == ()
    assert set_aside_places(batch) == [
        ("c.tif", "row 4", "front"),
        ("index.csv", "row 4", "back"),
        ("d.tif", "row 5", "front"),
        ("a.tif", "row 6", "front"),
        ("index.csv", "row 6", "back"),
    ]
    assert batch.images == 4


def test_a_damaged_page_of_two_is_refused(tmp_path: Path) -> None:
    data = bytearray(tiff(1, pages=2))
    data[16] ^= 0xFF  # in the codes of the first page
    batch = read_batch(deliver(tmp_path, ("1,1,a.tif,",), files={"a.tif": bytes(data)}, control={"images": 2}))
    assert sequences(batch) == ([], [1])
