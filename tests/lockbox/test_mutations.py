"""One byte of a delivery is changed: no day closes in balance over a missing document or a changed amount.

300 bytes of an X9 file here, and 300 of a scan folder with its manifest. `LOCKBOX_TEST_MUTATIONS=10000 make test
JOBS=0 TESTS="-s tests/lockbox/test_mutations.py"` does that many of each and says how the days ended;
`LOCKBOX_TEST_SEED` draws others. What is really in the mail comes from the simulator that drew it.
"""

from __future__ import annotations

import json
import os
from collections import Counter
from itertools import islice, product
from pathlib import Path

import pytest

from lockbox.mail.inbox import read_batch
from lockbox.runtime import Runtime
from tests.builders import ledger as make
from tests.builders.mutations import Line, lost, mail, mutations, remember_images

MUTATIONS = int(os.environ.get("LOCKBOX_TEST_MUTATIONS", "300"))
SEED = int(os.environ.get("LOCKBOX_TEST_SEED", "1"))
REDELIVERIES = 8
PARTS = 6  # for several processes
pytestmark = [
    pytest.mark.timeout(120 + MUTATIONS),
    pytest.mark.filterwarnings("ignore::UserWarning"),  # Pillow's, of damaged TIFF headers
]


@pytest.mark.parametrize("part", range(PARTS))
@pytest.mark.parametrize("delivery", ["x9", "folder"])
def test_no_byte_closes_a_day_in_balance_over_what_is_missing_or_changed(
    delivery: str, part: int, runtime: Runtime, monkeypatch: pytest.MonkeyPatch
) -> None:
    remember_images(monkeypatch)
    line, whole = Line(runtime), mail(delivery)
    untouched = line.day(whole.files)
    assert (untouched.state, untouched.differences, lost(whole, untouched)) == ("in_balance", (), [])
    ends: Counter[tuple[str, str]] = Counter()
    hidden = []
    for mutation in islice(mutations(delivery, f"{SEED}.{part}"), MUTATIONS // PARTS):
        day = line.day({**whole.files, mutation.file: mutation.data})
        words = lost(whole, day)
        ends[day.state, "something lost" if words else "nothing lost"] += 1
        if words and day.state == "in_balance":
            hidden.append(f"{mutation.text}: {'; '.join(words)}")
    print(f"{delivery}, part {part}: {dict(ends)}; {line.worked} days that differ")
    assert hidden == []


@pytest.mark.parametrize("delivery", ["x9", "folder"])
def test_what_was_refused_comes_again_whole_and_the_day_ends_as_if_it_had_come_at_once(
    delivery: str, runtime: Runtime, monkeypatch: pytest.MonkeyPatch
) -> None:
    remember_images(monkeypatch)
    line, whole = Line(runtime), mail(delivery)
    untouched = line.day(whole.files)
    refused = 0
    for mutation in islice(mutations(delivery, SEED), 200):
        files = {**whole.files, mutation.file: mutation.data}
        line.deliver(files)
        if line.is_refused and refused < REDELIVERIES:
            refused += 1
            assert line.again(files, whole.files) == untouched, mutation.text
    assert refused


@pytest.mark.parametrize("delivery", ["x9", "folder"])
def test_a_mutation_changes_one_byte(delivery: str) -> None:
    whole = mail(delivery).files
    drawn = list(islice(mutations(delivery, SEED), 500))
    assert {abs(len(each.data) - len(whole[each.file])) for each in drawn} == {0, 1}
    for each in drawn:
        before, after = whole[each.file], each.data
        assert before != after
        start = next((n for n, (a, b) in enumerate(zip(before, after, strict=False)) if a != b), len(before) - 1)
        assert any(before[start + cut :] == after[start + put :] for cut, put in ((1, 1), (0, 1), (1, 0))), each.text


def write(path: Path, data: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)


def test_every_byte_of_an_envelope_number_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With its hash total, and without it where the document is not just moved to the envelope beside it."""
    remember_images(monkeypatch)
    files = mail("folder").files
    index, control = (next(name for name in files if name.endswith(end)) for end in ("index.csv", "batch.json"))
    header, *rows = files[index].decode().splitlines()
    numbers = [int(row.split(",")[1]) for row in rows]
    plain = {key: value for key, value in json.loads(files[control]).items() if key != "hash_total"}
    for name, data in files.items():
        write(tmp_path / "dallas" / str(make.DAY) / name, data)
    folder = (tmp_path / "dallas" / str(make.DAY) / index).parent
    silent = []
    for place, digit in product(range(len(rows)), "123456789"):
        moved = [*numbers[:place], int(digit), *numbers[place + 1 :]]
        if moved == numbers:
            continue
        cells = rows[place].split(",")
        lines = [header, *rows[:place], ",".join([cells[0], digit, *cells[2:]]), *rows[place + 1 :]]
        write(folder / "index.csv", ("\n".join(lines) + "\n").encode())
        write(folder / "batch.json", files[control])
        assert read_batch(folder).failing_controls, (place, digit)
        write(folder / "batch.json", json.dumps(plain).encode())
        silent += [moved] if not read_batch(folder).failing_controls else []
    assert all(moved == sorted(moved) for moved in silent)
    assert 0 < len(silent) < 20
