"""Odd files of banks, each offered to the real line: refused by name, or taken in with every fault at its place."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date
from struct import pack

import pytest
import sqlalchemy as sa

from lockbox.errors import ConflictError, InputError
from lockbox.formats.x9.types import X9Check, X9File, X9Image, X9Profile
from lockbox.formats.x9.writer import write_x9
from lockbox.lender.profile import load_profile
from lockbox.mail import pipeline
from lockbox.mail.noted_differences import load_differences
from lockbox.runtime import Runtime
from lockbox.scopes import BatchScope
from tests.builders import ledger as make
from tests.builders.cash_letters import deposit_ticket, joined, letter_of, records
from tests.builders.deliveries import DAY, deliver_x9, scan, tiff, x9_check

Parts = list[bytes]
# Records of a file of three checks: 01 10 20, for each check 25 50 52 50 52, then 70 90 99, counted from 0.
FIRST, DETAIL, DATA, BUNDLE, LETTER, FILE = 3, 4, 5, 18, 19, 20
CONTROL = "deliver the whole file again"


@dataclass(frozen=True)
class Odd:
    """A file and what becomes of it."""

    data: Callable[[int], bytes]  # from a number that no other file has
    refused: str = ""  # words of the refusal
    faults: tuple[str, ...] = ()  # "4 amount": record and field, in file order
    waiting: int = 0  # documents under a control that does not hold
    lost: int = 0  # documents without a usable front


def checks(number: int) -> list[X9Check]:
    return [x9_check(number + at, amount_cents=10_000) for at in range(3)]


def letter(number: int, **more: object) -> X9File:
    return letter_of(*checks(number), **more)


def changed(change: Callable[[Parts], object], **more: object) -> Callable[[int], bytes]:
    def data(number: int) -> bytes:
        parts = records(write_x9(letter(number, **more)))
        change(parts)
        return joined(parts)

    return data


def put(index: int, position: int, text: str | bytes) -> Callable[[int], bytes]:
    """The file with something else in a record, from a position counted from 1."""
    plain = text.encode("cp037") if isinstance(text, str) else text

    def change(parts: Parts) -> None:
        part = parts[index]
        parts[index] = part[: position - 1] + plain + part[position - 1 + len(plain) :]

    return changed(change)


def credited(layout: str = "A", **counted: bool) -> Callable[[int], bytes]:
    """With a deposit ticket that has a front of its own."""

    def data(number: int) -> bytes:
        images = (X9Image("front", scan(number + 7)),)
        ticket = replace(deposit_ticket(layout, 30_000), sequence="777", images=images)
        profile = X9Profile(credit_amounts_counted=False, **counted)  # type: ignore[arg-type]
        return write_x9(letter(number, credit=ticket), profile=profile)

    return data


def amounts(cents: int) -> Callable[[int], bytes]:
    return lambda number: write_x9(letter_of(*(replace(check, amount_cents=cents) for check in checks(number))))


def with_front(picture: Callable[[int], bytes]) -> Callable[[int], bytes]:
    """The first check has this picture as its front."""

    def data(number: int) -> bytes:
        first, *others = checks(number)
        front = X9Image("front", picture(number))
        return write_x9(letter_of(replace(first, images=(front, first.images[1])), *others))

    return data


def lines(number: int) -> bytes:
    """ASCII, one record a line."""
    return b"".join(part + b"\r\n" for part in records(write_x9(letter(number), "ascii")))


def swapped(a: int, b: int) -> Callable[[Parts], None]:
    def change(parts: Parts) -> None:
        parts[a], parts[b] = parts[b], parts[a]

    return change


ODD = {
    "a zero byte in the sequence of a check": Odd(put(FIRST, 72, b"\0"), faults=("4 sequence",)),
    "a zero byte in an amount": Odd(put(FIRST, 57, b"\0"), faults=("4 amount", "19 amount"), waiting=3),
    "0xFF all over an account": Odd(put(FIRST, 28, b"\xff" * 20), faults=("4 on_us",)),
    "an account with an unreadable digit": Odd(put(FIRST, 40, "*"), faults=("4 on_us",)),
    "a routing number with a letter": Odd(put(FIRST, 20, "X"), faults=("4 routing",)),
    "the largest amount": Odd(put(FIRST, 48, "9999999999"), faults=("19 amount", "20 amount", "21 amount"), waiting=3),
    "an amount of nothing": Odd(amounts(0)),
    "a blank amount": Odd(put(FIRST, 48, " " * 10), faults=("4 amount", "19 amount"), waiting=3),
    "a negative amount": Odd(put(FIRST, 48, "-000010000"), faults=("4 amount", "19 amount"), waiting=3),
    "an amount cut by its last digit": Odd(put(FIRST, 48, "000001000 "), faults=("4 amount",), waiting=3),
    "an amount in ASCII": Odd(put(FIRST, 48, b"0000010000"), faults=("4 amount",), waiting=3),
    "a file count that overflows": Odd(put(FILE, 17, "99999999"), faults=("21 items",), waiting=3),
    "a file amount that overflows": Odd(put(FILE, 25, "9" * 16), faults=("21 amount",), waiting=3),
    "an image count that overflows": Odd(put(LETTER, 31, "9" * 9), faults=("20 images",), waiting=3),
    "a record count that overflows": Odd(put(FILE, 9, "99999999"), faults=("21 records",), waiting=3),
    "a bundle that states no count": Odd(put(BUNDLE, 3, "    ")),
    "a bundle that states no amount": Odd(put(BUNDLE, 7, " " * 12), faults=("19 amount",), waiting=3),
    "a bundle that is off by a cent": Odd(put(BUNDLE, 7, "000000030001"), faults=("19 amount",), waiting=3),
    "a file that states no amount": Odd(put(FILE, 25, " " * 16), refused=CONTROL),
    "a blank signature length": Odd(put(DATA, 106, "     ")),
    "lengths of zero bytes": Odd(put(DATA, 102, b"\0" * 9)),
    "a blank size in record 50": Odd(put(DETAIL, 25, "       ")),
    "an image length beyond the record": Odd(put(DATA, 111, "9999999"), faults=("6 image_length", "4 front"), lost=1),
    "an image before its detail": Odd(
        changed(swapped(DETAIL, DATA)), faults=("5 code", "6 code", "4 front"), lost=1
    ),
    "a detail without its image": Odd(
        changed(lambda parts: parts.pop(DATA)),
        faults=("5 code", "4 front", "18 images", "20 records"), waiting=3, lost=1,
    ),
    "a detail twice": Odd(changed(lambda parts: parts.insert(DETAIL, parts[DETAIL])), faults=("5 code",), waiting=3),
    "two fronts": Odd(put(DETAIL + 2, 32, "0"), faults=("8 side", "4 back")),
    "a side that is none": Odd(put(DETAIL, 32, "9"), faults=("5 side", "4 front"), lost=1),
    "an analysis without its image": Odd(
        changed(lambda parts: parts.insert(DETAIL, "54".encode("cp037") + b"\x40" * 78)),
        faults=("5 code", "22 records"), waiting=3,
    ),
    "a check that is cut off": Odd(
        changed(lambda parts: parts.__setitem__(FIRST, parts[FIRST][:50])), faults=("4 ", "4 amount"), waiting=3
    ),
    "a check that is too long": Odd(
        changed(lambda parts: parts.__setitem__(FIRST, parts[FIRST] + b"\xf1" * 9)), faults=("4 ",)
    ),
    "a check of 0xFF": Odd(
        changed(lambda parts: parts.__setitem__(FIRST, b"\xff" * 80)), faults=("19 items",), waiting=2
    ),
    "a record of an unknown kind": Odd(
        changed(lambda parts: parts.insert(FIRST, "77".encode("cp037") + b"\x40" * 78)),
        faults=("22 records",), waiting=3,
    ),
    "a lost check": Odd(
        changed(lambda parts: parts.__delitem__(slice(FIRST, FIRST + 5))),
        faults=("14 items", "14 amount", "14 images", "16 records"), waiting=2,
    ),
    "credits that count": Odd(credited(credits_counted=True, credit_images_counted=True)),
    "credits of layout B with images that count": Odd(credited("B", credits_counted=True, credit_images_counted=True)),
    "credits of layout B that do not count": Odd(credited("B", credits_counted=False, credit_images_counted=False)),
    "credits of record 62 whose images alone count": Odd(
        credited("62", credits_counted=False, credit_images_counted=True)
    ),
    "a deposit ticket that is off by a cent": Odd(
        lambda number: write_x9(letter(number, credit=deposit_ticket("A", 30_001))), faults=("3 amount",), waiting=3
    ),
    "a picture upside down": Odd(with_front(lambda number: tiff(number, orientation=3))),
    "a picture on its side": Odd(with_front(lambda number: tiff(number, orientation=8))),
    "a picture of two pages": Odd(
        with_front(lambda number: tiff(number, pages=2)), faults=("6 image", "4 front"), lost=1
    ),
    "a PDF as picture": Odd(with_front(lambda _: b"%PDF-1.7"), faults=("6 image", "4 front"), lost=1),
    "a level that is none": Odd(put(0, 3, "99"), faults=("1 level",)),
    "days that are none": Odd(put(1, 23, "2026113120261332"), faults=("2 business_date", "2 created_on")),
    "one record a line, in ASCII": Odd(lines),
    "filler behind the end": Odd(lambda number: write_x9(letter(number)) + b"\0" * 10_000),
    "two bundles of one id": Odd(lambda number: write_x9(letter(number, checks_per_bundle=2))),
    "two files in one": Odd(lambda number: write_x9(letter(number)) * 2, refused="a second file begins here"),
    "a file cut in half": Odd(lambda number: write_x9(letter(number))[:2_000], refused=CONTROL),
    "no file control": Odd(changed(lambda parts: parts.pop(FILE)), refused=CONTROL),
    "no bundle control": Odd(changed(lambda parts: parts.pop(BUNDLE)), refused="no bundle control"),
    "no letter control": Odd(changed(lambda parts: parts.pop(LETTER)), refused="no cash letter control"),
    "lengths with their low byte first": Odd(
        lambda number: b"".join(pack("<I", len(part)) + part for part in records(write_x9(letter(number)))),
        refused="no record can be read",
    ),
    "nothing but blanks": Odd(lambda _: b"\x40" * 800, refused="D900.x9"),
    "a letter": Odd(lambda _: b"Dear Sirs,\nplease find enclosed\n" * 9, refused="not an X9"),
}  # fmt: skip


@pytest.fixture
def line(runtime: Runtime) -> Runtime:
    """A lockbox with the lender's profile."""
    with runtime.engine.begin() as connection:
        load_profile(connection, runtime.settings.profile)
    return runtime


def outcome(runtime: Runtime, odd: Odd, scope: BatchScope, number: int) -> list[str]:
    """What of this file is not as expected, in words."""
    deliver_x9(runtime.settings.inbox_path, name=f"{scope.batch_no}.x9", data=odd.data(number))
    try:
        pipeline.ingest(runtime, scope, make.WORKED)
    except InputError as error:
        is_right = odd.refused and (odd.refused in str(error) or odd.refused == "D900.x9")
        return [] if is_right and error.file == f"{scope.batch_no}.x9" else [f"refused: {error}"]
    except Exception as error:  # whatever it is, the others are tried
        return [f"crashed: {error!r}"]
    if odd.refused:
        return ["taken in"]
    return list(differs(runtime, odd, scope))


def differs(runtime: Runtime, odd: Odd, scope: BatchScope) -> list[str]:
    key = {"batch_no": scope.batch_no}
    with runtime.engine.begin() as connection:
        rows = connection.execute(
            sa.text("select record, field, reason from set_aside where batch_no = :batch_no order by 1, 2"), key
        ).all()
        lost, waiting = connection.execute(
            sa.text("""
                select count(*) filter (where i.unusable is not null), count(o.record)
                from item as i join batch as b using (batch_id) left join open_control as o
                    on o.batch_id = i.batch_id and i.sequence between o.first_sequence and o.last_sequence
                where b.batch_no = :batch_no"""),
            key,
        ).one()
        differences = load_differences(connection, scope.site_day)
    kinds = {each.kind for each in differences if each.scope == scope}
    named = {f"{row.record.removeprefix('record ')} {row.field}" for row in rows}
    words = [f"not named: {fault}" for fault in odd.faults if fault not in named]
    words += [f"named: {sorted(named)}"] if not odd.faults and named else []
    words += [f"keeps the day open: {sorted(kinds)}"] if not odd.faults and kinds else []
    words += [f"{waiting} wait, {lost} lost"] if (waiting, lost) != (odd.waiting, odd.lost) else []
    return words + [f"repeats what it read: {row.reason}" for row in rows if "60" in row.reason or "0x" in row.reason]


def test_every_odd_file_is_refused_by_name_or_taken_in_with_each_fault_at_its_place(line: Runtime) -> None:
    ends = {}
    for at, (name, odd) in enumerate(ODD.items()):
        ends[name] = outcome(line, odd, BatchScope("dallas", date.fromisoformat(DAY), f"D{at:03}"), 9 * at + 1)
    assert {name: words for name, words in ends.items() if words} == {}
    with line.engine.begin() as connection:  # all that was taken in can be decided
        batches = connection.execute(sa.text("select batch_no from batch order by 1")).scalars().all()
    assert len(batches) == sum(not odd.refused for odd in ODD.values())


def test_a_zero_amount_and_a_lost_one_go_to_a_person(line: Runtime) -> None:
    for no, name in (("D001", "an amount of nothing"), ("D002", "a blank amount")):
        deliver_x9(line.settings.inbox_path, name=f"{no}.x9", data=ODD[name].data(int(no[1:]) * 9))
        for stage in pipeline.STAGES.values():
            stage(line, BatchScope("dallas", make.DAY, no), make.WORKED)
    with line.engine.begin() as connection:
        decided = connection.execute(sa.text("select outcome, amount_cents from decision")).all()
    assert {row.outcome for row in decided} == {"review"}
    assert len(decided) == 6


def test_two_files_of_one_cash_letter_id_are_two_batches_and_the_same_checks_come_once(line: Runtime) -> None:
    """Scanners number their letters anew: the id alone tells nothing, the images do."""
    inbox, first, second = line.settings.inbox_path, letter(1), letter(11)
    scopes = [BatchScope("dallas", make.DAY, no) for no in ("D001", "D002", "D003")]
    for scope, file in zip(scopes, (first, second, replace(first, file_id="B")), strict=True):
        deliver_x9(inbox, name=f"{scope.batch_no}.x9", data=write_x9(file))
    pipeline.ingest(line, scopes[0], make.WORKED)
    pipeline.ingest(line, scopes[1], make.WORKED)
    with pytest.raises(ConflictError, match="all of its images already came in batch dallas/2026-11-16/D001"):
        pipeline.ingest(line, scopes[2], make.WORKED)
