"""Image cash letters."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from datetime import date, datetime
from struct import pack, unpack_from
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from lockbox.errors import InputError
from lockbox.formats.x9.file import (
    X9Addendum,
    X9Bundle,
    X9CashLetter,
    X9Check,
    X9Credit,
    X9File,
    X9Image,
    X9Profile,
    cash_letter,
    read_x9,
    split_on_us,
    write_records,
    write_x9,
)
from tests.builders.paths import REAL_SAMPLES

SAMPLES = REAL_SAMPLES / "formats"
G4 = {"strip_size": 10**7, "tiffinfo": {262: 0, 266: 1, 274: 1, 277: 1, 296: 2}}


def routing(base: str) -> str:
    """Eight digits with the check digit of the ABA; numbers from 57 on are no bank's."""
    return base + str(-sum(w * int(d) for w, d in zip((3, 7, 1, 3, 7, 1, 3, 7), base, strict=True)) % 10)


def scan(mark: int) -> bytes:
    """A Group 4 TIFF no other `mark` gives."""
    image = Image.new("1", (160, 70), 1)
    image.paste(0, (2, 2, 10 + mark % 140, 9 + mark % 50))
    target = io.BytesIO()
    image.save(target, "TIFF", compression="group4", dpi=(200, 200), **G4)
    return target.getvalue()


def check(number: int = 1, amount_cents: int = 41_250, **more: Any) -> X9Check:
    """A check with front and back."""
    values: dict[str, Any] = {
        "routing": routing("57000001"),
        "on_us": f"60{number:06}/{100 + number}",
        "amount_cents": amount_cents,
        "sequence": f"44{number:06}",
        "images": (
            X9Image("front", scan(number), creator_routing=routing("57123456"), created_on=date(2026, 11, 16)),
            X9Image("back", scan(number + 70), creator_routing=routing("57123456"), created_on=date(2026, 11, 16)),
        ),
    }
    return X9Check(**{**values, **more})


def letter_of(*checks: X9Check, **more: Any) -> X9File:
    """A file with one cash letter."""
    values: dict[str, Any] = {
        "destination_routing": routing("57123456"),
        "origin_routing": routing("57000001"),
        "business_date": date(2026, 11, 16),
        "created_at": datetime(2026, 11, 16, 17, 30),  # noqa: DTZ001  the format has no zone
        "origin_name": "LOCKBOX",
        "name": "deposit.x9",
    }
    return cash_letter(checks, **{**values, **more})


def records(data: bytes) -> list[bytes]:
    """The records behind their lengths."""
    found, at = [], 0
    while at < len(data):
        (size,) = unpack_from(">I", data, at)
        found.append(data[at + 4 : at + 4 + size])
        at += 4 + size
    return found


def joined(parts: list[bytes]) -> bytes:
    """Records behind their lengths."""
    return b"".join(pack(">I", len(one)) + one for one in parts)


def damaged(change: Callable[[list[bytes]], None], *checks: X9Check) -> X9File:
    """What is read of an ASCII file after `change`: records 01 10 20, for each check 25 50 52 50 52, then 70 90 99."""
    parts = records(write_x9(letter_of(*(checks or (check(1), check(2)))), "ascii"))
    change(parts)
    return read_x9(joined(parts), "deposit.x9")


def put(parts: list[bytes], index: int, position: int, text: str) -> None:
    """Overwrite a record from a position counted from 1."""
    one = parts[index]
    parts[index] = one[: position - 1] + text.encode() + one[position - 1 + len(text) :]


def found(file: X9File) -> list[tuple[int, str]]:
    """Record and field of every problem."""
    return [(one.record, one.field) for one in file.problems]


# What is written is read


@pytest.mark.parametrize("encoding", ["ebcdic", "ascii"])
def test_a_written_file_reads_back_equal(encoding: str) -> None:
    endorsed = X9Addendum("28", {"number": "01", "endorser_routing": routing("57123456"), "business_date": "20261116"})
    file = letter_of(check(1, addenda=(endorsed,)), check(2, 1), check(3, 9_999_999_999, aux_on_us="001234"))
    back = read_x9(write_x9(file, encoding), "deposit.x9")
    assert back.problems == ()
    assert back.encoding == encoding
    assert [one.addenda[0].fields["endorser_routing"] for one in back.checks[:1]] == [routing("57123456")]
    plain = replace(file.cash_letters[0].bundles[0].checks[0], addenda=back.checks[0].addenda)
    assert back.checks == (plain, *file.checks[1:])
    assert replace(back, cash_letters=()) == replace(file, cash_letters=())
    assert back.stated is not None
    assert (back.stated.items, back.stated.amount_cents) == (3, 10_000_041_250)


@given(
    st.lists(
        st.builds(
            lambda amount, account, serial, aux, images: (amount, f"{account}/{serial}", aux, images),
            st.integers(0, 9_999_999_999),
            st.integers(0, 10**11),
            st.integers(0, 999_999).map(lambda one: str(one) if one else ""),
            st.integers(0, 10**14).map(lambda one: str(one) if one else ""),
            st.booleans(),
        ),
        min_size=1,
        max_size=8,
    ),
    st.integers(1, 3),
    st.sampled_from(["ebcdic", "ascii"]),
)
@settings(max_examples=40, deadline=None)
def test_any_deposit_reads_back_equal(items: list[tuple[int, str, str, bool]], per_bundle: int, encoding: str) -> None:
    checks = [
        check(number, amount, on_us=on_us, aux_on_us=aux, **({} if images else {"images": ()}))
        for number, (amount, on_us, aux, images) in enumerate(items, 1)
    ]
    file = letter_of(*checks, checks_per_bundle=per_bundle)
    data = write_x9(file, encoding)
    back = read_x9(data, "deposit.x9")
    assert back == file
    assert back.problems == ()
    assert write_records(back) == data
    assert back.amount_cents == sum(one[0] for one in items)


def test_image_bytes_are_never_transcoded() -> None:
    signature = bytes(range(256))
    one = check(1, images=(X9Image("front", scan(1), signature=signature, reference_key="KEY 7", analysis="111"),))
    ebcdic, ascii_ = (read_x9(write_x9(letter_of(one), encoding), "x") for encoding in ("ebcdic", "ascii"))
    for file in (ebcdic, ascii_):
        front = file.checks[0].front
        assert front is not None
        assert (front.data, front.signature, front.reference_key, front.analysis) == (
            scan(1), signature, "KEY 7", "111",
        )  # fmt: skip
        assert file.source[front.offset : front.offset + len(front.data)] == scan(1)


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


def test_returns_and_their_addenda() -> None:
    addenda = (
        X9Addendum("33", {"payor_bank": "FIRST", "aux_on_us": "77"}),
        X9Addendum("34", {"key_indicator": "1", "key_length": "0005", "key": "AB", "description": "seen"}),
    )
    file = letter_of(check(1, is_return=True, return_reason="A", addenda=addenda, aux_on_us="77"))
    back = read_x9(write_x9(file), "returns.x9")
    assert back.problems == ()
    one = back.checks[0]
    assert (one.is_return, one.return_reason, one.aux_on_us, one.amount_cents) == (True, "A", "77", 41_250)
    assert [(a.code, a.fields.get("key")) for a in one.addenda] == [("33", None), ("34", "AB")]
    assert read_x9(write_x9(back), "returns.x9") == back


@pytest.mark.parametrize(
    ("on_us", "expected"),
    [
        ("12345678/101", ("12345678", "101")),
        ("209 153 53/111", ("209 153 53", "111")),
        ("1211-1234-56789/", ("1211-1234-56789", "")),
        ("31086035/000001", ("31086035", "000001")),
        ("  12345678", ("12345678", "")),
        ("/12345678/101", ("12345678", "101")),
        ("12/345/678", ("12/345", "678")),
        ("", ("", "")),
        ("/", ("", "")),
    ],
)
def test_on_us_is_account_and_serial(on_us: str, expected: tuple[str, str]) -> None:
    assert split_on_us(on_us) == expected


def test_what_does_not_fit_is_refused_before_it_is_written() -> None:
    for file, field in (
        (letter_of(check(1, 10_000_000_000)), "amount"),
        (letter_of(check(1, on_us="1" * 21)), "on_us"),
        (letter_of(check(1, amount_cents=None)), "amount"),  # type: ignore[arg-type]
    ):
        with pytest.raises(InputError) as caught:
            write_x9(file)
        assert caught.value.field == field
    with pytest.raises(InputError, match="no character"):
        write_x9(letter_of(check(1), origin_name="Łódź"))


def test_the_serial_of_a_business_check_is_its_auxiliary_field() -> None:
    assert check(1).serial == "101"
    assert check(1, aux_on_us="004711").serial == "004711"
    assert check(1, on_us="60000001/", aux_on_us="004711").serial == "004711"


# Credits


def deposit_ticket(layout: str, amount_cents: int | None = 82_500) -> X9Credit:
    return X9Credit(layout, routing("57000001"), "5558881", amount_cents, "1")


@pytest.mark.parametrize("layout", ["A", "B", "62"])
@pytest.mark.parametrize("counted", [True, False])
def test_both_layouts_are_told_apart_and_credits_may_count_or_not(layout: str, counted: bool) -> None:
    file = letter_of(check(1), check(2), credit=deposit_ticket(layout))
    profile = X9Profile(credits_counted=counted, credit_amounts_counted=False)
    data = write_x9(file, profile=profile)
    back = read_x9(data, "deposit.x9")
    assert back == file
    assert (back.credits[0].layout, back.credits[0].amount_cents) == (layout, 82_500)
    assert back.problems == ()
    assert back.credits_counted is counted
    assert read_x9(data, "deposit.x9", profile).problems == ()
    other = read_x9(data, "deposit.x9", replace(profile, credits_counted=not counted))
    assert {one.field for one in other.problems} == {"items"}


def test_a_credit_that_is_not_the_sum_of_the_checks_is_reported() -> None:
    back = read_x9(write_x9(letter_of(check(1), check(2), credit=deposit_ticket("A", 82_499))), "deposit.x9")
    assert found(back) == [(3, "amount")]
    assert "82499" in back.problems[0].reason


# What others let through


@pytest.mark.parametrize(
    ("index", "position", "text", "field"),
    [
        (13, 3, "0003", "items"),
        (13, 7, "000000082501", "amount"),
        (13, 31, "00003", "images"),
        (14, 3, "000002", "bundles"),
        (14, 9, "00000003", "items"),
        (14, 17, "00000000082499", "amount"),
        (14, 31, "000000005", "images"),
        (15, 3, "000002", "cash_letters"),
        (15, 9, "00000017", "records"),
        (15, 17, "00000001", "items"),
        (15, 25, "0000000000082600", "amount"),
        (15, 25, "               X", "amount"),
    ],
)
def test_a_wrong_total_is_reported_and_stops_nothing(index: int, position: int, text: str, field: str) -> None:
    file = damaged(lambda parts: put(parts, index, position, text))
    assert found(file) == [(index + 1, field)]
    assert file.checks == letter_of(check(1), check(2)).checks


def test_an_amount_off_by_a_cent_disagrees_with_every_total() -> None:
    file = damaged(lambda parts: put(parts, 3, 48, "0000041251"))
    assert found(file) == [(14, "amount"), (15, "amount"), (16, "amount")]


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
    mine = [one for one in file.checks[0].problems if one.field == field]
    assert [(one.record, one.field) for one in mine] == [(4, field)]
    assert words in mine[0].reason
    assert file.checks[1] == check(2)
    assert len(file.checks[0].images) == 2


def test_a_wrong_image_size_is_reported_and_the_image_kept() -> None:
    file = damaged(lambda parts: put(parts, 4, 25, "0000001"))
    assert found(file) == [(5, "size")]
    assert file.checks == letter_of(check(1), check(2)).checks


def test_a_corrupt_image_is_left_out_and_its_check_goes_on() -> None:
    def change(parts: list[bytes]) -> None:
        parts[5] = parts[5][:117] + b"%PDF" + parts[5][121:]

    file = damaged(change)
    assert found(file) == [(6, "image")]
    assert [one.side for one in file.checks[0].images] == ["back"]
    assert file.checks[0].front is None


def test_an_image_cut_short_is_left_out() -> None:
    file = damaged(lambda parts: parts.__setitem__(5, parts[5][:-9]))
    assert (6, "image_length") in found(file)
    assert file.checks[0].front is None
    assert file.checks[1] == check(2)


def test_a_missing_52_is_reported_and_the_back_is_not_taken_for_the_front() -> None:
    file = damaged(lambda parts: parts.__delitem__(5))
    assert (5, "code") in found(file)
    assert [one.side for one in file.checks[0].images] == ["back"]
    assert file.checks[1] == check(2)


def test_images_of_a_lost_check_are_not_given_to_the_one_before() -> None:
    file = damaged(lambda parts: parts.__delitem__(8))
    assert file.checks == (check(1),)
    assert sum("image of item 44000002" in one.reason for one in file.problems) == 2


def test_images_of_an_unreadable_check_are_not_given_to_the_one_before() -> None:
    nameless = replace(check(2), sequence="")
    file = damaged(lambda parts: put(parts, 8, 1, "2X"), check(1), nameless)
    assert file.checks == (check(1),)
    assert (9, "code") in found(file)


def test_images_behind_a_damaged_stretch_are_not_given_to_the_check_before() -> None:
    front_only = check(1, sequence="", images=(X9Image("front", scan(1)),))
    parts = records(write_x9(letter_of(front_only, check(2, sequence="")), "ascii"))
    at = sum(4 + len(one) for one in parts[:6])
    data = joined(parts)
    file = read_x9(data[:at] + data[at + 6 :], "deposit.x9")  # the second check has lost its length and its type
    assert [len(one.images) for one in file.checks] == [1]
    assert any("could not be read" in one.reason for one in file.problems)


def test_a_second_front_is_left_out() -> None:
    file = damaged(lambda parts: put(parts, 6, 32, "0"))
    assert (8, "side") in found(file)
    front = file.checks[0].front
    assert front is not None
    assert front.data == scan(1)


@pytest.mark.parametrize(("index", "words"), [(13, "no record 70"), (14, "no record 90"), (15, "no file control")])
def test_a_missing_control_record_is_reported(index: int, words: str) -> None:
    file = damaged(lambda parts: parts.__delitem__(index))
    assert any(words in one.reason for one in file.problems)
    assert file.checks == letter_of(check(1), check(2)).checks


@pytest.mark.parametrize("index", [0, 1, 2])
def test_a_missing_header_is_reported_and_the_checks_are_kept(index: int) -> None:
    file = damaged(lambda parts: parts.__delitem__(index))
    assert file.problems
    assert file.checks == letter_of(check(1), check(2)).checks


def test_a_second_99_is_reported() -> None:
    file = damaged(lambda parts: parts.append(parts[-1]))
    assert (17, "code") in found(file)
    assert file.amount_cents == 82_500


def test_a_file_twice_in_one_is_read_once() -> None:
    file = damaged(lambda parts: parts.extend(list(parts)))
    assert len(file.checks) == 2
    assert (17, "code") in found(file)


def test_a_truncated_file_keeps_what_is_whole() -> None:
    data = write_x9(letter_of(*(check(number) for number in range(1, 6))))
    file = read_x9(data[: len(data) * 2 // 3], "deposit.x9")
    assert 2 <= len(file.checks) <= 4
    assert file.checks[:2] == (check(1), check(2))
    assert any("ends inside a record" in one.reason for one in file.problems)


def test_a_damaged_length_loses_no_more_than_two_records() -> None:
    data = bytearray(write_x9(letter_of(*(check(number) for number in range(1, 6)))))
    at = sum(4 + len(one) for one in records(bytes(data))[:8])  # before the second check
    data[at + 3] ^= 0x55
    file = read_x9(bytes(data), "deposit.x9")
    assert [one for one in file.checks if one == check(1)] == [check(1)]
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


FILE = write_x9(letter_of(check(1), check(2), credit=deposit_ticket("A")))


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
        assert all(one.amount_cents is None or one.amount_cents >= 0 for one in file.checks)
    assert {one.record for one in file.checks} <= {one.number for one in file.records}


@given(st.binary(max_size=2_000), st.sampled_from([b"", b"\0\0\0\x5001", b"\0\0\0\x50\xf0\xf1", b"01", b"01\n52"]))
@settings(max_examples=300, deadline=2_000)
def test_no_garbage_crashes_or_hangs(data: bytes, start: bytes) -> None:
    with suppress(InputError):
        file = read_x9(start + data, "garbage.x9")
        assert file.problems


# Files of others

samples = pytest.mark.skipif(not SAMPLES.is_dir(), reason="no sample files here")


def sample(name: str) -> X9File:
    return read_x9((SAMPLES / name).read_bytes(), name)


@samples
@pytest.mark.parametrize("name", ["x9ware_dstu_10checks_ebcdic.x9", "moov_valid-ebcdic.x937"])
def test_a_real_file_says_what_its_truth_says(name: str) -> None:
    file = sample(name)
    truth = json.loads((SAMPLES / f"{name}.truth.json").read_text())
    assert file.problems == ()
    assert [
        (one.record, one.aux_on_us, one.routing, one.on_us, one.account, one.serial, one.amount_cents, one.sequence)
        for one in file.checks
    ] == [
        (t["rec"], t["aux"], t["routing"], t["onus"], t["account"], t["serial"], t["amount_cents"], t["seq"])
        for t in truth
    ]
    assert [[image.record for image in one.images] for one in file.checks] == [t["images"] for t in truth]
    for one in file.checks:
        for image in one.images:
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
    assert sum(len(one.images) for one in file.checks) == 20
    assert [one.code for one in file.checks[0].addenda] == ["26", "28"]


@samples
def test_wrong_counts_of_real_files_are_reported_and_stop_nothing() -> None:
    credited = sample("moov_creditRecord61.icl")
    assert (len(credited.checks), credited.amount_cents) == (4, 400_000)
    assert (39, "records") in found(credited)
    assert credited.credits[0].amount_cents == 102_088
    other = sample("moov_BNK20181010121042882-A.icl")
    assert (len(other.checks), other.amount_cents, other.credits[0].layout) == (4, 400_000, "62")
    wrong = [number for number, field in found(other) if field == "items"]
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


def test_several_cash_letters_and_bundles_add_up() -> None:
    bundles = tuple(X9Bundle(str(n), str(n), date(2026, 11, 16), (check(n), check(n + 10))) for n in (1, 2))
    one = letter_of(check(1))
    letters = tuple(replace(one.cash_letters[0], id=str(n), bundles=bundles) for n in (1, 2))
    file = replace(one, cash_letters=letters)
    back = read_x9(write_x9(file), "deposit.x9")
    assert back == file
    assert back.problems == ()
    assert back.stated is not None
    assert (back.stated.items, back.stated.cash_letters) == (8, 2)
    assert isinstance(back.cash_letters[0], X9CashLetter)
