"""X9 files: each check is a document with the fields that the sender gives for it."""

from __future__ import annotations

import json
import os
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path

import pytest

from lockbox.errors import InputError
from lockbox.formats.x9.file import read_x9
from lockbox.formats.x9.types import X9Image
from lockbox.mail.control_file import Doubts
from lockbox.mail.delivery import IntakeLimits
from lockbox.mail.inbox import read_batch
from tests.builders.cash_letters import joined, records
from tests.builders.deliveries import deliver_x9, routing, scan, sequences, set_aside_places, x9_check
from tests.builders.mutations import remember_images
from tests.builders.paths import REAL_SAMPLES

SAMPLES = REAL_SAMPLES / "formats"
TESTS_TOO = IntakeLimits(accept_test_files=True)  # public files say that they are tests


def test_an_x9_file_is_a_batch_whose_checks_carry_their_fields(tmp_path: Path) -> None:
    marker = b'{"box": "650805", "received_at": "2026-11-16T09:42:00-06:00"}'
    path = deliver_x9(tmp_path, x9_check(1), x9_check(2, aux_on_us="004711"), marker=marker)
    batch = read_batch(path)
    assert (batch.site, batch.box, batch.batch_no, batch.source_kind) == ("dallas", "650805", "D900", "x9")
    assert batch.received_at == datetime(2026, 11, 16, 15, 42, tzinfo=UTC)
    assert batch.set_aside == ()
    assert batch.content_sha256 == sha256(path.read_bytes()).hexdigest()
    assert (batch.control.documents, batch.control.images, batch.control.amount_cents) == (2, 4, 82_503)
    assert [(document.sequence, document.envelope_no) for document in batch.documents] == [(1, 1), (2, 2)]
    first, second = (document.carried for document in batch.documents)
    assert first is not None
    assert second is not None
    assert (first.routing, first.bank_account, first.serial, first.amount_cents) == (
        routing("57000001"),
        "60000001",
        "101",
        41_251,
    )
    assert (second.serial, second.aux_on_us) == ("004711", "004711")
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


@pytest.mark.parametrize(
    "marker",
    [
        b"{",
        b'{"received_at": "noon"}',
        b'{"received_at": "2026-11-16T09:42:00"}',
        b'{"received_at": 7, "received_at": 7}',
        '{"box": "650805"}'.encode("utf-16"),
    ],
)
def test_a_marker_that_cannot_be_read_is_named(tmp_path: Path, marker: bytes) -> None:
    batch = read_batch(deliver_x9(tmp_path, x9_check(1), marker=marker))
    assert set_aside_places(batch) == [("D900.x9.done", "", "")]
    assert len(batch.documents) == 1


def test_a_marker_with_a_byte_order_mark_is_read(tmp_path: Path) -> None:
    marker = b'\xef\xbb\xbf{"box": "650805",\r\n "received_at": "2026-11-16T09:42:00-06:00"}\r\n'
    batch = read_batch(deliver_x9(tmp_path, x9_check(1), marker=marker))
    assert (batch.box, batch.received_at, batch.set_aside) == ("650805", datetime(2026, 11, 16, 15, 42, tzinfo=UTC), ())


def test_a_time_of_receipt_that_is_not_believed_refuses_the_file(tmp_path: Path) -> None:
    path = deliver_x9(tmp_path, x9_check(1), marker=b'{"received_at": "2027-11-16T09:42:00-06:00"}')
    with pytest.raises(InputError, match=r"D900\.x9\.done, field received_at: .* is 365 days after the business date"):
        read_batch(path)
    marker = path.with_name("D900.x9.done")
    marker.write_bytes(b"")
    os.utime(marker, (datetime(2026, 11, 20, tzinfo=UTC).timestamp(),) * 2)
    noon = datetime(2026, 11, 16, 12, tzinfo=UTC)
    assert read_batch(path, IntakeLimits(doubts=Doubts(noon))).received_at == noon  # the marker is here now
    with pytest.raises(InputError, match=r"field received_at: .* is 4 days after the business date"):
        read_batch(path, IntakeLimits(doubts=Doubts(datetime(2026, 11, 23, tzinfo=UTC))))


def test_bad_checks_are_set_aside_and_the_rest_is_taken_in(tmp_path: Path) -> None:
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
    assert all(fault.file == "D900.x9" and fault.record for fault in batch.set_aside)


def test_wrong_totals_of_the_file_are_named(tmp_path: Path) -> None:
    path = deliver_x9(tmp_path, x9_check(1))
    data = path.read_bytes()
    at = data.rindex("0000000000041251".encode("cp037"))
    path.write_bytes(data[:at] + "0000000000041250".encode("cp037") + data[at + 16 :])
    batch = read_batch(path)
    assert set_aside_places(batch) == [("D900.x9", "record 11", "amount")]
    assert len(batch.documents) == 1


def test_no_byte_outside_the_images_stops_more_than_its_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each byte becomes zero, and something that is no digit: it is refused by name, or all of it can be stored."""
    remember_images(monkeypatch)
    path = deliver_x9(tmp_path, x9_check(1))
    whole, places = path.read_bytes(), outside_images(path)
    assert len(places) > 700
    for place in places:
        for byte in (0, b"\xff\x40\x20\xf9\x15"[place % 5]):
            path.write_bytes(whole[:place] + bytes([byte]) + whole[place + 1 :])
            files, totals, reasons = taken(path)
            assert files == {"D900.x9"}
            assert all(total is None or 0 <= total < 2**63 for total in totals)
            assert all(reason.isprintable() for reason in reasons)


def taken(path: Path) -> tuple[set[str], tuple[int | None, ...], list[str]]:
    """The files named, the totals declared and the reasons told."""
    try:
        batch = read_batch(path)
    except InputError as error:
        return {error.file}, (), [error.reason]
    totals = (batch.control.documents, batch.control.images, batch.control.amount_cents)
    return {path.name, *(fault.file for fault in batch.set_aside)}, totals, [each.reason for each in batch.set_aside]


def outside_images(path: Path) -> list[int]:
    """The bytes of the file that belong to no image."""
    file = read_x9(path.read_bytes(), path.name)
    images = [image for check in file.checks for image in check.images]
    inside = {place for image in images for place in range(image.offset, image.offset + len(image.data))}
    return [place for place in range(path.stat().st_size) if place not in inside]


@pytest.mark.parametrize("data", [b"garbage", b"%PDF-1.7", b"\0" * 200])
def test_a_file_that_is_not_x9_is_rejected(tmp_path: Path, data: bytes) -> None:
    with pytest.raises(InputError) as caught:
        read_batch(deliver_x9(tmp_path, data=data))
    assert caught.value.file == "D900.x9"


def test_views_beside_front_and_back_count_and_do_not_make_up_for_a_missing_side(tmp_path: Path) -> None:
    views = (X9Image("front", scan(1)), X9Image("back", scan(2)), X9Image("front", scan(3), descriptor="05"))
    batch = read_batch(deliver_x9(tmp_path, x9_check(1, images=views), x9_check(2, images=views[::2])))
    assert (batch.control.images, batch.images) == (5, 4)


def without(path: Path, *dropped: int) -> Path:
    """The file without some of its records, counted from 0: 01 10 20, for each check 25 50 52 50 52, then 70 90 99."""
    parts = records(path.read_bytes())
    path.write_bytes(joined([part for number, part in enumerate(parts) if number not in dropped]))
    return path


@pytest.mark.parametrize(
    ("dropped", "message"),
    [
        ((13, 14, 15), "D900.x9, record 13, field code: the file ends here without its file control"),
        ((15,), "D900.x9, record 15, field code: the file ends here without its file control"),
        ((14,), "D900.x9, record 2, field code: this cash letter has no cash letter control"),
        ((13,), "D900.x9, record 3, field code: this bundle has no bundle control"),
    ],
)
def test_a_file_without_a_trailer_is_refused_whole(tmp_path: Path, dropped: tuple[int, ...], message: str) -> None:
    path = without(deliver_x9(tmp_path, x9_check(1), x9_check(2)), *dropped)
    with pytest.raises(InputError, match=message):
        read_batch(path)


@pytest.mark.parametrize("checks", [2, 4])
def test_a_file_cut_off_anywhere_is_refused_whole(tmp_path: Path, checks: int) -> None:
    """Also in the middle of a record, right before the trailers, and in the last one."""
    path = deliver_x9(tmp_path, *(x9_check(number) for number in range(1, checks + 1)))
    data = path.read_bytes()
    for size in (*range(90, len(data), len(data) // 23), len(data) - 85 * 3, len(data) - 1):
        path.write_bytes(data[:size])
        with pytest.raises(InputError, match=r"D900\.x9"):
            read_batch(path)


@pytest.mark.parametrize(("position", "length", "field"), [(9, 8, "records"), (17, 8, "items"), (25, 16, "amount")])
def test_a_file_that_states_no_total_is_refused_whole(tmp_path: Path, position: int, length: int, field: str) -> None:
    path = deliver_x9(tmp_path, x9_check(1))
    parts = records(path.read_bytes())
    parts[-1] = parts[-1][: position - 1] + b"\x40" * length + parts[-1][position - 1 + length :]
    path.write_bytes(joined(parts))
    with pytest.raises(InputError, match=f"record 11, field {field}: the file control states no total"):
        read_batch(path)


def test_two_files_in_one_are_refused_whole(tmp_path: Path) -> None:
    """Of the second nothing would be read, and the totals of the first would still tie."""
    path = deliver_x9(tmp_path, x9_check(1))
    path.write_bytes(path.read_bytes() * 2)
    with pytest.raises(InputError, match="record 12, field code: a second file begins here"):
        read_batch(path)


def test_a_marker_may_name_the_batches_that_the_file_completes(tmp_path: Path) -> None:
    path = deliver_x9(tmp_path, x9_check(1), marker=b'{"settles": ["dallas/2026-11-13/D900"]}')
    assert read_batch(path).settles == ("dallas/2026-11-13/D900",)
    path.with_name("D900.x9.done").write_bytes(b'{"settles": ["richardson/2026-11-13/D900"]}')
    with pytest.raises(InputError, match=r"D900\.x9\.done, entry 1, field settles: .* is not a batch of dallas"):
        read_batch(path)


def test_a_file_that_is_too_large_is_rejected(tmp_path: Path) -> None:
    path = deliver_x9(tmp_path, x9_check(1), x9_check(2))
    for limits in (IntakeLimits(max_x9_bytes=100), IntakeLimits(max_documents=1)):
        with pytest.raises(InputError, match="at most"):
            read_batch(path, limits)


@pytest.mark.skipif(not SAMPLES.is_dir(), reason="no sample files here")
def test_a_real_file_becomes_a_batch_of_ten_documents(tmp_path: Path) -> None:
    name = "x9ware_dstu_10checks_ebcdic.x9"
    batch = read_batch(deliver_x9(tmp_path, name=name, data=(SAMPLES / name).read_bytes()), TESTS_TOO)
    truth = json.loads((SAMPLES / f"{name}.truth.json").read_text())
    assert batch.set_aside == ()
    assert batch.control.amount_cents == 100_090
    assert [
        (
            document.carried.routing,
            document.carried.bank_account,
            document.carried.serial,
            document.carried.amount_cents,
        )
        for document in batch.documents
        if document.carried
    ] == [
        (
            check["routing"],
            "".join(filter(str.isdigit, check["account"])),
            check["serial"],
            check["amount_cents"],
        )
        for check in truth
    ]
    assert all(document.front and document.back and document.flags == () for document in batch.documents)


@pytest.mark.skipif(not SAMPLES.is_dir(), reason="no sample files here")
@pytest.mark.parametrize(
    ("name", "documents", "faults"),
    [
        ("formats/moov_valid-ascii.x937", 1, set()),
        ("formats/moov_valid-ebcdic.x937", 1, set()),
        ("formats/x9ware_dstu_10checks_ebcdic.x9", 10, set()),
        ("field_cases/intake/base_4items.x9", 4, set()),
        ("field_cases/intake/blank_signature_length.x9", 4, set()),
        ("field_cases/intake/credit_counted_no_image.x9", 4, set()),
        ("field_cases/intake/layoutB_credit_images.x9", 1, set()),
        ("field_cases/intake/nul_in_check_sequence.x9", 4, {"11 sequence"}),
    ],
)
def test_a_public_file_reads_but_for_what_is_wrong_with_it(
    tmp_path: Path, name: str, documents: int, faults: set[str]
) -> None:
    batch = read_batch(deliver_x9(tmp_path, data=(REAL_SAMPLES / name).read_bytes()), TESTS_TOO)
    assert (len(batch.documents), len(batch.rejected), batch.failing_controls) == (documents, 0, ())
    assert {f"{fault.record.removeprefix('record ')} {fault.field}" for fault in batch.set_aside} == faults


@pytest.mark.skipif(not SAMPLES.is_dir(), reason="no sample files here")
@pytest.mark.parametrize(
    ("name", "wrong"),
    [
        ("moov_creditRecord61.icl", ["records: says 38, counted 39"]),
        (
            "moov_BNK20181010121042882-A.icl",
            ["items: says 28, counted 4, or 5 with credits", "records: says 38, counted 39"],
        ),
    ],
)
def test_a_public_file_whose_counts_are_wrong_waits_for_a_person(tmp_path: Path, name: str, wrong: list[str]) -> None:
    """Their pictures are placeholders of one byte: no check can be read."""
    batch = read_batch(deliver_x9(tmp_path, data=(SAMPLES / name).read_bytes()), TESTS_TOO)
    [control] = batch.failing_controls
    assert (control.record, control.first_sequence, control.last_sequence) == ("record 39", 1, 4)
    assert f"the file control in record 39 does not hold ({'; '.join(wrong)})" in control.reason
    assert (len(batch.rejected), batch.control.amount_cents) == (4, 400_000)


def test_a_file_that_says_that_it_is_a_test_is_refused_whole_unless_the_site_takes_tests(tmp_path: Path) -> None:
    path = deliver_x9(tmp_path, x9_check(1), x9_check(2))
    parts = records(path.read_bytes())
    assert parts[0][4:5] == "P".encode("cp037")
    parts[0] = parts[0][:4] + "T".encode("cp037") + parts[0][5:]
    path.write_bytes(joined(parts))
    with pytest.raises(InputError, match="record 1, field test: says that it is a test: nothing of it is taken in"):
        read_batch(path)
    assert len(read_batch(path, TESTS_TOO).documents) == 2
