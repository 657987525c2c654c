"""Whole cash letters: files of other systems, and damage of any kind."""

from __future__ import annotations

import io
import json
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from lockbox.errors import InputError
from lockbox.formats.x9.file import read_x9
from lockbox.formats.x9.types import X9File
from lockbox.formats.x9.writer import write_records, write_x9
from tests.builders.cash_letters import check, deposit_ticket, letter_of, problem_fields
from tests.builders.paths import REAL_SAMPLES

SAMPLES = REAL_SAMPLES / "formats"
FILE = write_x9(letter_of(check(1), check(2), credit=deposit_ticket("A")))
samples = pytest.mark.skipif(not SAMPLES.is_dir(), reason="no sample files here")


def sample(name: str) -> X9File:
    return read_x9((SAMPLES / name).read_bytes(), name)


@given(st.data())
@settings(max_examples=300, deadline=2_000)
def test_no_damage_crashes_or_hangs(data: st.DataObject) -> None:
    parts = bytearray(FILE)
    for _ in range(data.draw(st.integers(1, 12))):
        at = data.draw(st.integers(0, max(len(parts) - 1, 0)))
        kind = data.draw(st.sampled_from(["flip", "cut", "delete", "insert"]))
        if kind == "flip" and parts:
            parts[at] = data.draw(st.integers(0, 255))
        elif kind == "cut":
            del parts[at + (len(parts) - at) * 9 // 10 :]
        elif kind == "delete":
            del parts[at : at + data.draw(st.sampled_from([1, 2, 80, 84]))]
        else:
            parts[at:at] = data.draw(st.binary(min_size=1, max_size=90))
    try:
        file = read_x9(bytes(parts), "fuzz.x9")
    except InputError:
        return
    if bytes(parts) != FILE:
        assert all(known.amount_cents is None or known.amount_cents >= 0 for known in file.checks)
    assert {known.record for known in file.checks} <= {record.number for record in file.records}


@samples
@pytest.mark.parametrize("name", ["x9ware_dstu_10checks_ebcdic.x9", "moov_valid-ebcdic.x937"])
def test_a_real_file_is_read_as_its_truth_says(name: str) -> None:
    file = sample(name)
    truth = json.loads((SAMPLES / f"{name}.truth.json").read_text())
    assert file.problems == ()
    assert [
        (
            known.record,
            known.aux_on_us,
            known.routing,
            known.on_us,
            known.account,
            known.serial,
            known.amount_cents,
            known.sequence,
        )
        for known in file.checks
    ] == [
        (t["rec"], t["aux"], t["routing"], t["onus"], t["account"], t["serial"], t["amount_cents"], t["seq"])
        for t in truth
    ]
    assert [[image.record for image in known.images] for known in file.checks] == [t["images"] for t in truth]
    for known in file.checks:
        for image in known.images:
            Image.open(io.BytesIO(image.data)).load()


@samples
def test_ascii_and_ebcdic_say_the_same() -> None:
    ascii_, ebcdic = sample("moov_valid-ascii.x937"), sample("moov_valid-ebcdic.x937")
    assert replace(ascii_, name="") == replace(ebcdic, name="")
    assert ascii_.amount_cents == 10_000


@samples
def test_ten_checks_are_a_thousand_dollars_and_ninety_cents() -> None:
    file = sample("x9ware_dstu_10checks_ebcdic.x9")
    assert (len(file.checks), file.amount_cents) == (10, 100_090)
    assert sum(len(known.images) for known in file.checks) == 20
    assert [addendum.code for addendum in file.checks[0].addenda] == ["26", "28"]


@samples
def test_wrong_counts_of_real_files_are_reported_and_stop_nothing() -> None:
    credited = sample("moov_creditRecord61.icl")
    assert (len(credited.checks), credited.amount_cents) == (4, 400_000)
    assert (39, "records") in problem_fields(credited)
    assert credited.credits[0].amount_cents == 102_088
    ticketed = sample("moov_BNK20181010121042882-A.icl")
    assert (len(ticketed.checks), ticketed.amount_cents, ticketed.credits[0].layout) == (4, 400_000, "62")
    wrong = [number for number, field in problem_fields(ticketed) if field == "items"]
    assert wrong == [19, 20, 37, 38, 39]


@samples
@pytest.mark.parametrize(
    "name",
    [
        "x9ware_dstu_10checks_ebcdic.x9",
        "moov_valid-ascii.x937",
        "moov_valid-ebcdic.x937",
        "moov_creditRecord61.icl",
        "moov_BNK20181010121042882-A.icl",
    ],
)
def test_real_files_are_kept_byte_for_byte_and_survive_rewriting(name: str) -> None:
    file = sample(name)
    assert write_records(file) == (SAMPLES / name).read_bytes()
    for encoding in ("ebcdic", "ascii"):
        assert read_x9(write_x9(file, encoding), name) == file
