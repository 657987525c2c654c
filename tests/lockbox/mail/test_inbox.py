"""Deliveries: scan folders, X9 files, manifests."""

from __future__ import annotations

import io
import json
import os
import shutil
from datetime import UTC, date, datetime
from hashlib import sha256
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from lockbox.errors import InputError, LockboxError, NotReady
from lockbox.formats.x9.file import X9Image
from lockbox.mail.delivery import IncomingBatch, IntakeLimits, SetAside
from lockbox.mail.inbox import read_batch, ready_batches
from lockbox.mail.manifest import ManifestBatch, against_manifest, read_manifest
from tests.builders.deliveries import DAY, HEADER, ROWS, deliver, deliver_x9, images, routing, scan, x9_check
from tests.builders.paths import REAL_SAMPLES

SAMPLES = REAL_SAMPLES / "formats"


def where(batch: IncomingBatch) -> list[tuple[str, str, str]]:
    """File, record and field of everything set aside."""
    return [(one.file, one.record, one.field) for one in batch.set_aside]


def sequences(batch: IncomingBatch) -> tuple[list[int], list[int]]:
    """Sequences of the documents that go on and of those rejected."""
    return [one.sequence for one in batch.documents], [one.sequence for one in batch.rejected]


# Scan folders


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
    assert [one.envelope_no for one in batch.documents] == [1, 1, 2]
    assert all(one.flags == () and one.carried is None for one in batch.documents)
    expected = images()
    for one, row in zip(batch.documents, ROWS, strict=True):
        front, back = row.split(",")[2:]
        assert one.front is not None
        assert one.back is not None
        assert (one.front.load(), one.back.load()) == (expected[front], expected[back])
        assert one.front.sha256 == sha256(expected[front]).hexdigest()
    assert [one.front.media_type for one in batch.documents if one.front] == ["image/tiff", "image/tiff", "image/jpeg"]


def test_columns_in_another_order_blank_lines_and_a_byte_order_mark_do_no_harm(tmp_path: Path) -> None:
    index = "\ufeffBack,front,note, sequence ,envelope\r\n\r\nb1.tif,f1.tif,hm,1,1\r\nb2.tif,f2.tif,,2,1\r\n".encode()
    batch = read_batch(deliver(tmp_path, ROWS[:2], index=index))
    assert batch.set_aside == ()
    assert sequences(batch) == ([1, 2], [])


def damaged(data: bytes) -> bytes:
    """Of the same length, with a whole header, but some of the pixels' codes turned over."""
    return data[:20] + bytes(255 - one for one in data[20:32]) + data[32:]


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
    ],
)
def test_an_unusable_front_sets_its_document_aside_and_the_rest_goes_on(
    tmp_path: Path, data: bytes | None, words: str
) -> None:
    batch = read_batch(deliver(tmp_path, files={"f2.tif": data}))
    assert sequences(batch) == ([1, 3], [2])
    assert batch.captured == 3
    mine = [one for one in batch.set_aside if one.file == "f2.tif"]
    assert [(one.record, one.field, one.sequence) for one in mine] == [("row 3", "front", 2)]
    assert any(word in mine[0].reason for word in words.split("|")), mine[0].reason
    assert batch.reasons(2) == (mine[0].reason,)
    assert [one.flags for one in batch.documents] == [("envelope_incomplete",), ()]
    assert batch.rejected[0].back is not None


def test_an_image_of_400_million_pixels_is_refused_by_its_header(tmp_path: Path) -> None:
    target = io.BytesIO()
    Image.new("1", (20_000, 20_000), 1).save(target, "TIFF", compression="group4")
    batch = read_batch(deliver(tmp_path, files={"f1.tif": target.getvalue()}))
    assert sequences(batch) == ([2, 3], [1])
    assert "20000 x 20000 pixels" in batch.reasons(1)[0]


def test_an_oversized_file_is_refused_unread(tmp_path: Path) -> None:
    batch = read_batch(
        deliver(tmp_path, files={"f1.tif": scan(1) + b"\0" * 5_000}), IntakeLimits(max_image_bytes=4_000)
    )
    assert sequences(batch) == ([2, 3], [1])
    assert "at most 4,000" in batch.reasons(1)[0]


@pytest.mark.parametrize("data", [None, b"", b"%PDF"])
def test_without_a_usable_back_a_document_goes_on_flagged(tmp_path: Path, data: bytes | None) -> None:
    batch = read_batch(deliver(tmp_path, files={"b2.tif": data}))
    assert sequences(batch) == ([1, 2, 3], [])
    assert [one.flags for one in batch.documents] == [(), ("back_missing",), ()]
    assert ("b2.tif", "row 3", "back") in where(batch)
    assert batch.documents[1].back is None


def test_an_empty_back_cell_is_a_missing_back(tmp_path: Path) -> None:
    batch = read_batch(deliver(tmp_path, ("1,1,f1.tif,", "2,1,f2.tif,b2.tif")))
    assert batch.documents[0].flags == ("back_missing",)
    assert where(batch) == [("index.csv", "row 2", "back")]


def test_an_extra_file_is_named(tmp_path: Path) -> None:
    batch = read_batch(deliver(tmp_path, files={"f9.tif": scan(99), "notes.txt": b"hello"}))
    assert sequences(batch) == ([1, 2, 3], [])
    assert ("f9.tif", "", "") in where(batch)
    assert ("notes.txt", "", "") in where(batch)
    assert [one.reason for one in batch.set_aside if one.file == "batch.json"] == ["says 6, the folder has 7"]


def test_a_renamed_file_is_told_as_both(tmp_path: Path) -> None:
    folder = deliver(tmp_path)
    (folder / "f2.tif").rename(folder / "F2 (1).tif")
    batch = read_batch(folder)
    assert where(batch) == [("F2 (1).tif", "", ""), ("f2.tif", "row 3", "front")]
    assert "F2 (1).tif" in batch.reasons(2)[0]


def test_hidden_files_are_left_alone(tmp_path: Path) -> None:
    folder = deliver(tmp_path, files={".DS_Store": b"x"})
    assert read_batch(folder).set_aside == ()


def test_a_sequence_used_twice_keeps_the_first_and_counts_the_second(tmp_path: Path) -> None:
    batch = read_batch(deliver(tmp_path, ("1,1,f1.tif,b1.tif", "1,2,f2.tif,b2.tif", "3,2,f3.tif,b3.tif")))
    assert sequences(batch) == ([1, 3], [4])
    assert batch.captured == 3
    assert where(batch) == [("index.csv", "row 3", "sequence")]
    assert "first in row 2" in batch.reasons(4)[0]
    assert batch.documents[1].flags == ("envelope_incomplete",)


@pytest.mark.parametrize("cell", ["", "0", "-1", "x", "1.5", "²", "9" * 30])
@pytest.mark.parametrize("column", ["sequence", "envelope"])
def test_a_number_that_is_none_rejects_its_row(tmp_path: Path, cell: str, column: str) -> None:
    row = f"{cell},1,f2.tif,b2.tif" if column == "sequence" else f"2,{cell},f2.tif,b2.tif"
    batch = read_batch(deliver(tmp_path, (ROWS[0], row, ROWS[2]), control={"envelopes": None}))
    assert len(batch.documents) == 2
    assert len(batch.rejected) == 1
    assert ("index.csv", "row 3", column) in where(batch)
    assert all(one.sequence > 0 and one.envelope_no > 0 for one in batch.rejected)
    assert len({one.sequence for one in (*batch.documents, *batch.rejected)}) == 3


def test_a_row_that_repeats_another_is_no_further_document(tmp_path: Path) -> None:
    batch = read_batch(deliver(tmp_path, (*ROWS, ROWS[1]), control={"documents": 3, "images": 6}))
    assert sequences(batch) == ([1, 2, 3], [])
    assert where(batch) == [("index.csv", "row 5", "")]


def test_one_image_in_two_rows_serves_the_first_only(tmp_path: Path) -> None:
    rows = ("1,1,f1.tif,b1.tif", "2,2,f1.tif,b2.tif", "3,2,f3.tif,b1.tif")
    batch = read_batch(deliver(tmp_path, rows))
    assert sequences(batch) == ([1, 3], [2])
    assert ("f1.tif", "row 3", "front") in where(batch)
    assert ("b1.tif", "row 4", "back") in where(batch)
    assert batch.documents[1].flags == ("back_missing", "envelope_incomplete")


def test_a_bad_row_does_not_take_the_image_of_a_good_one(tmp_path: Path) -> None:
    batch = read_batch(deliver(tmp_path, ("x,1,f1.tif,b1.tif", "1,1,f1.tif,b1.tif")))
    assert sequences(batch) == ([1], [2])


def test_equal_fronts_under_two_names_are_flagged_but_both_go_on(tmp_path: Path) -> None:
    same = scan(3)
    batch = read_batch(deliver(tmp_path, files={"f1.tif": same, "f2.tif": same}))
    assert [one.flags for one in batch.documents] == [("same_image",), ("same_image",), ()]
    assert batch.set_aside == ()


@pytest.mark.parametrize("key", ["envelopes", "documents", "images"])
def test_control_totals_that_do_not_match_are_named(tmp_path: Path, key: str) -> None:
    batch = read_batch(deliver(tmp_path, control={key: 41}))
    assert where(batch) == [("batch.json", "", key)]
    assert "says 41" in batch.set_aside[0].reason
    assert sequences(batch) == ([1, 2, 3], [])


@pytest.mark.parametrize("value", [None, "3", 3.0, -3, True])
def test_a_control_total_that_is_no_count_is_named(tmp_path: Path, value: object) -> None:
    batch = read_batch(deliver(tmp_path, control={"documents": value}))
    assert where(batch) == [("batch.json", "", "documents")]
    assert batch.control.documents is None


@pytest.mark.parametrize("name", ["../D002/f1.tif", "/etc/passwd", "..", ".", "sub/f1.tif", "..\\f1.tif"])
def test_names_that_lead_out_of_the_folder_are_refused(tmp_path: Path, name: str) -> None:
    deliver(tmp_path, batch="D002")
    folder = deliver(
        tmp_path, files={"f1.tif": None}, index=f"{HEADER}\n1,1,{name},b1.tif\n2,1,f2.tif,b2.tif\n".encode()
    )
    batch = read_batch(folder)
    assert sequences(batch) == ([2], [1])
    assert "not a plain file name" in batch.reasons(1)[0]


def test_links_are_refused(tmp_path: Path) -> None:
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


@pytest.mark.parametrize(
    ("index", "words"),
    [
        (b"", "is empty"),
        (b"\n \n", "is empty"),
        (HEADER.encode(), "names no document"),
        (b"sequence,envelope,front\n1,1,f1.tif\n", "column is missing"),
        (b"sequence,envelope,front,back,front\n1,1,a,b,c\n", "column comes twice"),
        ((HEADER + "\n1,1,f1.tif,b1.tif\n").encode("utf-16"), "UTF-16"),
        ((HEADER + "\n1,1,f1.tif,b1.tif\n").encode("utf-16-le"), "UTF-16"),
        ((HEADER + "\n1,1,caf\xe9.tif,b1.tif\n").encode("latin-1"), "not UTF-8: byte 0xe9"),
        ((HEADER + '\n1,1,"f1.tif,b1.tif\n').encode(), "not CSV"),
        (b"PK\x03\x04\x00\x00", "UTF-16 or binary"),
        (HEADER.encode() + b"\n1,1,a.tif,b.tif" * 20_000, "more than 10000 rows"),
    ],
)
def test_an_index_nobody_can_use_refuses_the_batch_and_says_why(tmp_path: Path, index: bytes, words: str) -> None:
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
        ({"site": 7}, "site"),
    ],
)
def test_a_control_file_that_does_not_fit_refuses_the_batch(
    tmp_path: Path, control: dict[str, Any], field: str
) -> None:
    with pytest.raises(InputError) as caught:
        read_batch(deliver(tmp_path, control=control))
    assert (caught.value.file, caught.value.field) == ("batch.json", field)


@pytest.mark.parametrize("data", [b"", b"{", b"[]", b"[" * 100_000, b"\xff\xfe{\0}\0", b'{"site": "\xe9"}'])
def test_a_control_file_that_is_no_json_object_refuses_the_batch(tmp_path: Path, data: bytes) -> None:
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
    numbers = [one.sequence for one in (*batch.documents, *batch.rejected)]
    assert len(set(numbers)) == len(numbers) == batch.captured
    assert all(one.front is not None for one in batch.documents)
    assert all(batch.reasons(one.sequence) for one in batch.rejected)
    used = [source.name for one in batch.documents for source in (one.front, one.back) if source]
    assert len(set(used)) == len(used)


def test_the_fingerprint_is_that_of_the_content(tmp_path: Path) -> None:
    first = read_batch(deliver(tmp_path / "one"))
    assert read_batch(deliver(tmp_path / "two")).content_sha256 == first.content_sha256
    for number, changed in enumerate(
        (
            {"files": {"f1.tif": scan(50)}},
            {"files": {"f9.tif": scan(50)}},
            {"files": {"f1.tif": None}},
            {"control": {"scanner": "S2"}},
            {"rows": ROWS[:2]},
        )
    ):
        assert read_batch(deliver(tmp_path / f"other{number}", **changed)).content_sha256 != first.content_sha256  # type: ignore[arg-type]


def test_an_image_changed_after_intake_is_not_loaded(tmp_path: Path) -> None:
    folder = deliver(tmp_path)
    front = read_batch(folder).documents[0].front
    assert front is not None
    (folder / "f1.tif").write_bytes(scan(77))
    with pytest.raises(InputError, match="changed since"):
        front.load()
    shutil.rmtree(folder)
    with pytest.raises(InputError, match="cannot be read again"):
        front.load()


# What is ready


def test_only_deliveries_with_a_done_marker_are_ready(tmp_path: Path) -> None:
    done = deliver(tmp_path, batch="D002")
    first = deliver(tmp_path, batch="D001")
    unfinished = deliver(tmp_path, batch="D003")
    (unfinished / "DONE").unlink()
    hidden = deliver(tmp_path, batch=".D004")
    deliver(tmp_path, batch="D005.tmp")
    for name in ("D900.x9", "D901.ICL", "D902.x9.part", "manifest.json"):
        (done.parent / name).write_bytes(b"x")
        (done.parent / f"{name}.done").touch()
    (done.parent / "D903.x937").write_bytes(b"x")
    (done.parent / "D006").symlink_to(hidden)
    assert ready_batches(tmp_path, "dallas") == [first, done, done.parent / "D900.x9", done.parent / "D901.ICL"]
    assert ready_batches(tmp_path, "richardson") == []
    with pytest.raises(NotReady):
        read_batch(unfinished)


def test_days_come_in_order_and_other_folders_are_left_alone(tmp_path: Path) -> None:
    folder = deliver(tmp_path)
    earlier = tmp_path / "dallas" / "2026-11-13" / "D009"
    shutil.copytree(folder, earlier)
    shutil.copytree(folder, tmp_path / "dallas" / "archive" / "D001")
    assert ready_batches(tmp_path, "dallas") == [earlier, folder]


# X9 files


def test_an_x9_file_is_a_batch_whose_checks_carry_their_fields(tmp_path: Path) -> None:
    marker = b'{"box": "650805", "received_at": "2026-11-16T09:42:00-06:00"}'
    path = deliver_x9(tmp_path, x9_check(1), x9_check(2, aux_on_us="004711"), marker=marker)
    batch = read_batch(path)
    assert (batch.site, batch.box, batch.batch_no, batch.source_kind) == ("dallas", "650805", "D900", "x9")
    assert batch.received_at == datetime(2026, 11, 16, 15, 42, tzinfo=UTC)
    assert batch.set_aside == ()
    assert batch.content_sha256 == sha256(path.read_bytes()).hexdigest()
    assert (batch.control.documents, batch.control.images, batch.control.amount_cents) == (2, 4, 82_503)
    assert [(one.sequence, one.envelope_no) for one in batch.documents] == [(1, 1), (2, 2)]
    one, two = (document.carried for document in batch.documents)
    assert one is not None
    assert two is not None
    assert (one.routing, one.bank_account, one.serial, one.amount_cents) == (
        routing("57000001"),
        "60000001",
        "101",
        41_251,
    )
    assert (two.serial, two.aux_on_us) == ("004711", "004711")
    front, back = batch.documents[1].front, batch.documents[1].back
    assert front is not None
    assert back is not None
    assert (front.load(), back.load()) == (scan(2), scan(102))


def test_an_empty_marker_tells_when_but_not_where(tmp_path: Path) -> None:
    path = deliver_x9(tmp_path, x9_check(1))
    os.utime(path.with_name("D900.x9.done"), (1_800_000_000, 1_800_000_000))
    batch = read_batch(path)
    assert batch.box is None
    assert batch.received_at == datetime.fromtimestamp(1_800_000_000, UTC)


@pytest.mark.parametrize("marker", [b"{", b'{"received_at": "noon"}', b'{"received_at": "2026-11-16T09:42:00"}'])
def test_a_marker_not_understood_is_named(tmp_path: Path, marker: bytes) -> None:
    batch = read_batch(deliver_x9(tmp_path, x9_check(1), marker=marker))
    assert where(batch) == [("D900.x9.done", "", "")]
    assert len(batch.documents) == 1


def test_bad_checks_are_set_aside_and_the_rest_goes_on(tmp_path: Path) -> None:
    front, back = scan(4), scan(5)
    path = deliver_x9(
        tmp_path,
        x9_check(1),
        x9_check(2, images=(X9Image("front", b"%PDF-1.7"), X9Image("back", back))),
        x9_check(3, routing="570000011"),
        x9_check(4, images=(X9Image("front", front),)),
        x9_check(5, is_return=True),
    )
    batch = read_batch(path)
    assert sequences(batch) == ([1, 3, 4], [2, 5])
    assert any("a PDF" in reason for reason in batch.reasons(2))
    assert any("check digit" in reason for reason in batch.reasons(3))
    assert batch.documents[1].carried is not None
    assert batch.documents[1].carried.routing == ""
    assert batch.documents[2].flags == ("back_missing",)
    assert any("returned check" in reason for reason in batch.reasons(5))
    assert all(one.file == "D900.x9" and one.record for one in batch.set_aside)


def test_wrong_totals_of_the_file_are_named(tmp_path: Path) -> None:
    path = deliver_x9(tmp_path, x9_check(1))
    data = path.read_bytes()
    at = data.rindex("0000000000041251".encode("cp037"))
    path.write_bytes(data[:at] + "0000000000041250".encode("cp037") + data[at + 16 :])
    batch = read_batch(path)
    assert where(batch) == [("D900.x9", "record 11", "amount")]
    assert len(batch.documents) == 1


@pytest.mark.parametrize("data", [b"garbage", b"%PDF-1.7", b"\0" * 200])
def test_a_file_that_is_no_x9_is_refused(tmp_path: Path, data: bytes) -> None:
    with pytest.raises(InputError) as caught:
        read_batch(deliver_x9(tmp_path, data=data))
    assert caught.value.file == "D900.x9"


def test_a_truncated_x9_gives_what_is_whole(tmp_path: Path) -> None:
    path = deliver_x9(tmp_path, *(x9_check(number) for number in range(1, 6)))
    path.write_bytes(path.read_bytes()[: path.stat().st_size * 2 // 3])
    batch = read_batch(path)
    assert len(batch.documents) >= 2
    assert any("ends inside a record" in one.reason for one in batch.set_aside)


def test_too_much_is_refused(tmp_path: Path) -> None:
    path = deliver_x9(tmp_path, x9_check(1), x9_check(2))
    for limits in (IntakeLimits(max_x9_bytes=100), IntakeLimits(max_documents=1)):
        with pytest.raises(InputError, match="at most"):
            read_batch(path, limits)


@pytest.mark.skipif(not SAMPLES.is_dir(), reason="no sample files here")
def test_a_real_file_becomes_a_batch_of_ten_documents(tmp_path: Path) -> None:
    name = "x9ware_dstu_10checks_ebcdic.x9"
    batch = read_batch(deliver_x9(tmp_path, name=name, data=(SAMPLES / name).read_bytes()))
    truth = json.loads((SAMPLES / f"{name}.truth.json").read_text())
    assert batch.set_aside == ()
    assert batch.control.amount_cents == 100_090
    assert [
        (one.carried.routing, one.carried.bank_account, one.carried.serial, one.carried.amount_cents)
        for one in batch.documents
        if one.carried
    ] == [
        (t["routing"], "".join(filter(str.isdigit, t["account"])), t["serial"], t["amount_cents"]) for t in truth
    ]  # fmt: skip
    assert all(one.front and one.back and one.flags == () for one in batch.documents)


# The manifest of a day


def manifest(inbox: Path, **more: Any) -> Path:
    """A manifest of two batches."""
    path = inbox / "dallas" / DAY / "manifest.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    rows = [{"batch": "D001", "envelopes": 2, "documents": 3}, {"batch": "D002", "envelopes": 1, "documents": 1}]
    path.write_text(json.dumps({"site": "dallas", "business_date": DAY, "batches": rows, "complete": True, **more}))
    return path


def test_a_manifest_is_read(tmp_path: Path) -> None:
    found = read_manifest(manifest(tmp_path))
    assert (found.site, found.business_date, found.complete) == ("dallas", date(2026, 11, 16), True)
    assert found.batches == (ManifestBatch("D001", 2, 3), ManifestBatch("D002", 1, 1))


@pytest.mark.parametrize(
    ("more", "field"),
    [
        ({"site": "richardson"}, "site"),
        ({"business_date": "2026-11-17"}, "business_date"),
        ({"batches": {}}, "batches"),
        ({"batches": [{"batch": "D001", "envelopes": "2", "documents": 3}]}, "envelopes"),
        ({"batches": [{"envelopes": 2, "documents": 3}]}, "batch"),
        ({"batches": [{"batch": "D", "envelopes": 2, "documents": 3}] * 2}, "batch"),
        ({"batches": ["D001"]}, ""),
        ({"complete": "yes"}, "complete"),
    ],
)
def test_a_manifest_that_does_not_fit_is_refused(tmp_path: Path, more: dict[str, Any], field: str) -> None:
    with pytest.raises(InputError) as caught:
        read_manifest(manifest(tmp_path, **more))
    assert caught.value.field == field
    assert caught.value.file == f"dallas/{DAY}/manifest.json"


def test_announced_and_received_are_held_against_each_other(tmp_path: Path) -> None:
    found = read_manifest(manifest(tmp_path))
    assert against_manifest(found, found.batches) == ()
    received = (ManifestBatch("D001", 2, 4), ManifestBatch("D003", 1, 1))
    assert against_manifest(found, received) == (
        SetAside("manifest.json", "D001", "documents", "says 3, received 4"),
        SetAside("manifest.json", "D002", "batch", "announced, but not received"),
        SetAside("manifest.json", "D003", "batch", "received, but not announced"),
    )


def test_every_error_of_intake_has_an_exit_code() -> None:
    assert issubclass(InputError, LockboxError)
    assert InputError.exit_code == 4
