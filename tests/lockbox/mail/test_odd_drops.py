"""What people report of hot folders and scanners: each odd drop ends as named here, and stops no other."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
import sqlalchemy as sa

from lockbox.errors import LockboxError
from lockbox.lender.profile import load_profile
from lockbox.mail import pipeline
from lockbox.runtime import Runtime
from tests.builders import ledger as make
from tests.builders.deliveries import DAY, HEADER, deliver, scan

TAKEN = "2 taken in, 0 unusable"
ONE_UNUSABLE = "1 taken in, 1 unusable"
NOT_TAKEN = "not taken in"


@dataclass(frozen=True)
class Drop:
    """A change of a good folder of two documents, and how that ends."""

    change: Callable[[Path], object]
    end: str  # counts, or words of the refusal


def written(name: str, data: bytes) -> Callable[[Path], object]:
    return lambda folder: (folder / name).write_bytes(data)


def index(*lines: str, end: str = "\n", encoding: str = "utf-8") -> Callable[[Path], object]:
    return written("index.csv", end.join((*lines, "")).encode(encoding))


def control(change: Callable[[str], bytes]) -> Callable[[Path], object]:
    return lambda folder: (folder / "batch.json").write_bytes(change((folder / "batch.json").read_text()))


def field(name: str, value: object) -> Callable[[Path], object]:
    return control(lambda text: json.dumps(json.loads(text) | {name: value}).encode())


def link(folder: Path, name: str, target: Path) -> None:
    (folder / name).unlink()
    (folder / name).symlink_to(target)


def times(folder: Path, moment: int) -> None:
    for path in folder.iterdir():
        os.utime(path, (moment, moment))


def folder_of_that_name(folder: Path, name: str) -> None:
    (folder / name).unlink()
    (folder / name).mkdir()


def pipe(folder: Path, name: str) -> None:
    (folder / name).unlink()
    os.mkfifo(folder / name)


def only_the_marker(folder: Path) -> None:
    for path in folder.iterdir():
        if path.name != "DONE":
            path.unlink()


def read_only(folder: Path) -> None:
    for path in (*folder.iterdir(), folder):
        path.chmod(0o444 if path.is_file() else 0o555)


def deeper(folder: Path) -> None:
    inner = folder / folder.name
    inner.mkdir()
    for path in list(folder.iterdir()):
        if path != inner:
            path.rename(inner / path.name)


def renamed(name: bytes) -> Callable[[Path], object]:
    return lambda folder: os.rename(os.fsencode(folder), os.path.join(os.fsencode(folder.parent), name))


def rows(number: int) -> tuple[str, str]:
    return f"1,1,{number}a.tif,{number}b.tif", f"2,2,{number}c.tif,{number}d.tif"


def drops(number: int) -> Drop:
    """The drop of this number; its files are called after it."""
    first, second = rows(number)
    front, back = f"{number}a.tif", f"{number}b.tif"
    all_drops = (
        Drop(written(front, scan(number)[:-40]), ONE_UNUSABLE),  # half written
        Drop(written(front, b""), ONE_UNUSABLE),
        Drop(written(back, b""), TAKEN),
        Drop(written("~$index.csv", b"x"), TAKEN),
        Drop(written(".DS_Store", b"x"), TAKEN),
        Drop(written("Thumbs.db", b"x"), TAKEN),
        Drop(written("._" + front, b"x"), TAKEN),
        Drop(lambda folder: (folder / "@eaDir").mkdir(), TAKEN),
        Drop(lambda folder: (folder / "__MACOSX").mkdir(), TAKEN),
        Drop(written("scan.log", b"x"), TAKEN),
        Drop(written(f"{front}.crdownload", b"x"), TAKEN),
        Drop(lambda folder: link(folder, front, folder.parent / "D001" / "1a.tif"), ONE_UNUSABLE),
        Drop(lambda folder: link(folder, front, folder / front), ONE_UNUSABLE),  # to itself
        Drop(lambda folder: link(folder, "index.csv", folder / "elsewhere"), "index.csv: is a link, not a file"),
        Drop(lambda folder: folder_of_that_name(folder, front), ONE_UNUSABLE),
        Drop(lambda folder: folder_of_that_name(folder, "index.csv"), "index.csv: is no regular file"),
        Drop(lambda folder: folder_of_that_name(folder, "DONE"), NOT_TAKEN),
        Drop(lambda folder: pipe(folder, front), ONE_UNUSABLE),
        Drop(lambda folder: pipe(folder, "batch.json"), "batch.json: is no regular file"),
        Drop(lambda folder: times(folder, 4_000_000_000), TAKEN),  # a clock of the year 2096
        Drop(lambda folder: times(folder, 0), TAKEN),
        Drop(field("received_at", "9999-12-31T23:59:59+00:00"), "field received_at: "),
        Drop(field("received_at", "0001-01-01T00:00:00+14:00"), "field received_at: "),
        Drop(field("received_at", 1_763_301_600), "field received_at: 1763301600 is not text"),
        Drop(control(lambda text: b"\xef\xbb\xbf" + text.replace(",", ",\r\n").encode()), TAKEN),
        Drop(control(lambda text: text.encode("utf-16")), "batch.json: is UTF-16 or binary, not UTF-8"),
        Drop(control(lambda text: text.replace("}", ",}").encode()), "batch.json: not JSON"),
        Drop(control(lambda text: f"[{text}]".encode()), "batch.json: not a JSON object"),
        Drop(control(lambda text: text.replace("}", ', "box": "1"}').encode()), "field box: is given twice"),
        Drop(control(lambda text: text.replace('"documents": 2', '"documents": NaN').encode()), TAKEN),
        Drop(control(lambda text: text.replace("650805", "\\ud800").encode()), "field box: "),
        Drop(field("settles", [f"dallas/{DAY}/D001"] * 2), "is named twice"),
        Drop(index(HEADER, first, second, end="\r"), TAKEN),  # an old Mac
        Drop(index(HEADER.upper(), f' 1 ,"1", {front} ,"{back}"', second), TAKEN),
        Drop(index(f"{HEADER},", f"{first},", f"{second},"), TAKEN),
        Drop(index(HEADER, f"{first},", second), ONE_UNUSABLE),
        Drop(index("sep=;", HEADER.replace(",", ";"), first.replace(",", ";"), second.replace(",", ";")), TAKEN),
        Drop(index(HEADER, first.replace("1,1,", "1,1,C:\\scans\\"), second), ONE_UNUSABLE),
        Drop(index(HEADER, first, second, encoding="utf-16"), "index.csv: is UTF-16 or binary, not UTF-8"),
        Drop(index("front,back", "a,b"), "index.csv, row 1, field sequence: column is missing"),
        Drop(index(HEADER, first, second.replace("2,2", "1e3,2")), ONE_UNUSABLE),
        Drop(index(HEADER, first, f"2,2,{front},{back}"), ONE_UNUSABLE),
        Drop(index(HEADER, first.upper(), second.upper()), TAKEN),
        Drop(written(front, scan(number, "JPEG")), TAKEN),  # by another name than it is
        Drop(written(front, b"\x89PNG\r\n" + b"\0" * 60), ONE_UNUSABLE),
        Drop(written("DONE", b"\xef\xbb\xbfdone\r\n"), TAKEN),
        Drop(read_only, TAKEN),
        Drop(deeper, NOT_TAKEN),
        Drop(renamed(b"D\xff001"), NOT_TAKEN),
        Drop(renamed(b"D\n001"), NOT_TAKEN),
        Drop(renamed(b"D001.filepart"), NOT_TAKEN),
        Drop(renamed(b"D001 copy"), "but the batch is in folder 'D001 copy'"),
        Drop(only_the_marker, "batch.json: is missing"),
    )
    return all_drops[number - 2]


DROPS = range(2, 55)


@pytest.fixture
def line(runtime: Runtime) -> Runtime:
    """A lockbox with the lender's profile."""
    with runtime.engine.begin() as connection:
        load_profile(connection, runtime.settings.profile)
    return runtime


def dropped(inbox: Path, number: int) -> Path:
    """A good folder of two documents that no other has."""
    names = [f"{number}{side}.tif" for side in "abcd"]
    pictures: dict[str, bytes | None] = {name: scan(4 * number + at) for at, name in enumerate(names)}
    return deliver(inbox, rows(number), files=pictures, batch=f"D{number:03}")


def ends(line: Runtime) -> dict[str, str]:
    """How each delivery ends, by batch number."""
    ended = {}
    for scope in pipeline.waiting_batches(line, "dallas", make.WORKED):
        try:
            pipeline.ingest(line, scope, make.WORKED)
        except LockboxError as error:
            ended[scope.batch_no] = str(error)
    counted = """
        select batch_no, count(*) filter (where unusable is null) || ' taken in, ' || count(unusable) || ' unusable'
            as words
        from item join batch using (batch_id) group by 1"""
    with line.engine.connect() as connection:
        return ended | {row.batch_no: row.words for row in connection.execute(sa.text(counted))}


def test_each_odd_drop_ends_as_named_and_stops_no_other(line: Runtime) -> None:
    inbox = line.settings.inbox_path
    dropped(inbox, 1)
    for number in DROPS:
        drops(number).change(dropped(inbox, number))
    shutil.copytree(inbox / "dallas" / DAY / "D001", inbox / "dallas" / DAY / "D900")  # the same under another name
    copy = inbox / "dallas" / DAY / "D900" / "batch.json"
    copy.write_text(copy.read_text().replace('"D001"', '"D900"'))
    (inbox / "dallas" / DAY / "D901").symlink_to(inbox / "dallas" / DAY / "D001")
    ended = ends(line)
    assert ended.pop("D001") == TAKEN
    assert "all of its images already came in batch" in ended.pop("D900")
    assert "D901" not in ended
    wrong = {}
    for number in DROPS:
        drop = drops(number)
        name = "D001 copy" if "D001 copy" in drop.end else f"D{number:03}"
        end = ended.pop(name, NOT_TAKEN)
        if drop.end not in end:
            wrong[number] = (end, drop.end)
    assert wrong == {}
    assert ended == {}
    assert pipeline.waiting_batches(line, "dallas", make.WORKED) != []  # taken in, to be read
    with line.engine.connect() as connection:
        events = connection.execute(sa.text("select count(*) from ops_event where kind = 'untaken'")).scalar_one()
    assert events == sum(drops(number).end == NOT_TAKEN for number in DROPS) + 1
