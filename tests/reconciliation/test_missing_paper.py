"""Deliveries from which something is missing, through the mail line to the close: no day is in balance over them.

The cases are those of the field: a file cut off, a folder that lost most of its mail, a remark that hid a loss.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa

from lockbox.checks import run_checks
from lockbox.errors import LockboxError, NotReady, OpenDifferences
from lockbox.lender.profile import load_profile
from lockbox.mail import pipeline
from lockbox.mail.noted_differences import accept, load_differences
from lockbox.runtime import Runtime
from lockbox.scopes import SiteDayScope
from reconciliation import daily
from reconciliation.summary import State
from tests.builders import ledger as make
from tests.builders.cash_letters import joined, records
from tests.builders.deliveries import DAY, deliver, deliver_x9, scan, x9_check
from tests.builders.site_days import NIGHT, SCOPE

NEXT = SiteDayScope("dallas", make.DAY + timedelta(1))
ROWS = tuple(f"{number},{number},f{number}.tif,b{number}.tif" for number in range(1, 6))
FIVE = {"envelopes": 5, "documents": 5, "images": 10}
CHECK = "25".encode("cp037")  # the record of a check
CHECKS = tuple(x9_check(number) for number in range(1, 5))


@pytest.fixture
def line(runtime: Runtime) -> Runtime:
    """A lockbox with the lender's profile."""
    with runtime.engine.begin() as connection:
        load_profile(connection, runtime.settings.profile)
    return runtime


def announce(inbox: Path, documents: int | None, batch: str = "D001", day: str = DAY) -> None:
    """The site's manifest: one batch of so many envelopes of one document each, or none."""
    announced = [] if documents is None else [{"batch": batch, "envelopes": documents, "documents": documents}]
    plain = {"site": "dallas", "business_date": day, "complete": True, "batches": announced}
    (inbox / "dallas" / day).mkdir(parents=True, exist_ok=True)
    (inbox / "dallas" / day / "manifest.json").write_text(json.dumps(plain))


def work(runtime: Runtime, at: datetime = make.WORKED) -> None:
    """Takes the mail that waits from ingest to post; what is refused stays behind."""
    for scope in pipeline.waiting_batches(runtime, "dallas", at):
        try:
            for stage in pipeline.STAGES.values():
                stage(runtime, scope, at)
        except LockboxError:
            continue


def x9(inbox: Path, change: Callable[[list[bytes]], list[bytes]] = lambda parts: parts) -> None:
    """A file of four checks whose records were changed on the way."""
    path = deliver_x9(inbox, *CHECKS, name="D001.x9")
    path.write_bytes(joined(change(records(path.read_bytes()))))


def lost_4_of_5(inbox: Path) -> None:
    deliver(inbox, rows=ROWS[:1], control=FIVE)
    announce(inbox, 5)


def blank_back_hides_loss(inbox: Path) -> None:
    deliver(inbox, rows=("1,1,f1.tif,",))
    announce(inbox, 5)


def cut_after_2_of_4(inbox: Path) -> None:
    x9(inbox, lambda parts: parts[: 3 + 2 * 5])
    announce(inbox, 4)


def lost_a_check_of_a_whole_file(inbox: Path) -> None:
    x9(inbox, lambda parts: parts[: 3 + 5] + parts[3 + 10 :])
    announce(inbox, None)


def changed_an_amount(inbox: Path) -> None:
    before, after = ("41251".encode("cp037"), "51251".encode("cp037"))
    x9(inbox, lambda parts: [part.replace(before, after) if part[:2] == CHECK else part for part in parts])
    announce(inbox, 4)


def manifest_never_comes(inbox: Path) -> None:
    x9(inbox)


def lost_a_row_of_the_index(inbox: Path) -> None:
    """Batch and manifest were made from the index: only the image tells."""
    deliver(inbox, rows=ROWS[:4], files={"f5.tif": scan(99)})
    announce(inbox, 4)


def nobody_says_how_much(inbox: Path) -> None:
    deliver(inbox, rows=ROWS[:1], control=dict.fromkeys(FIVE))
    announce(inbox, None)


@pytest.mark.parametrize(
    ("case", "words"),
    [
        (lost_4_of_5, "5 documents declared and announced, 1 captured: 4 missing (sequences 2 to 5)"),
        (blank_back_hides_loss, "5 documents announced, 1 captured: 4 missing (sequences 2 to 5)"),
        (cut_after_2_of_4, "4 documents announced, none captured; refused: the file ends here"),
        (lost_a_check_of_a_whole_file, "4 documents declared, 3 captured: 1 missing (sequence 4)"),
        (changed_an_amount, "$1,650.10 declared, $1,750.10 carried by its checks: $100.00 too much"),
        (manifest_never_comes, "manifest has not arrived"),
        (lost_a_row_of_the_index, "f5.tif came, and no row of its index lists it"),
        (nobody_says_how_much, "nobody says how many were sent: nothing to compare with"),
    ],
)
def test_a_day_waits_and_then_closes_with_open_differences(
    line: Runtime, case: Callable[[Path], None], words: str
) -> None:
    case(line.settings.inbox_path)
    work(line)
    with pytest.raises(NotReady) as caught:
        daily.close(line, SCOPE, make.EVENING)
    assert words in str(caught.value)
    message = daily.close(line, SCOPE, NIGHT)
    assert "closed with open differences" in message
    assert "in balance" not in message
    assert daily.day_summary(line, make.DAY).state == State.CLOSED_OPEN
    with pytest.raises(OpenDifferences):
        daily.ensure_nothing_open(line, [SCOPE])
    with line.engine.connect() as connection:
        assert [str(finding) for finding in run_checks(connection)] == []


def test_a_whole_file_and_a_whole_folder_close_in_balance(line: Runtime) -> None:
    x9(line.settings.inbox_path)
    announce(line.settings.inbox_path, 4)
    work(line)
    assert "closed in balance" in daily.close(line, SCOPE, make.EVENING)


def test_a_person_accepts_that_the_manifest_of_a_bank_file_never_comes(line: Runtime) -> None:
    x9(line.settings.inbox_path)
    work(line)
    assert daily.closable_days(line, make.EVENING) == []
    assert daily.day_summary(line, make.DAY).state == State.WAITING
    with line.engine.begin() as connection:
        [difference] = load_differences(connection, SCOPE)
        assert difference.text == "the site's manifest has not arrived: a batch that never came would not be missed"
        accept(connection, [difference.difference_id or 0], "M. Ruiz", "one file, says the bank", make.EVENING)
    assert daily.closable_days(line, make.EVENING) == [SCOPE]
    message = daily.close(line, SCOPE, make.EVENING)
    assert "closed; ties, 1 manifest that has not arrived, accepted by M. Ruiz: one file, says the bank" in message
    assert daily.day_summary(line, make.DAY).state == State.CLOSED_ACCEPTED


def test_a_second_delivery_of_one_name_is_missing_until_a_person_looked(line: Runtime) -> None:
    inbox = line.settings.inbox_path
    folder = deliver(inbox, rows=ROWS[:1])
    announce(inbox, 1)
    work(line)
    shutil.rmtree(folder)
    deliver(inbox, rows=("1,1,g1.tif,h1.tif", "2,2,g2.tif,h2.tif"))
    work(line)
    with pytest.raises(NotReady, match=r"batch D001: a delivery was refused: .* already taken in with other content"):
        daily.close(line, SCOPE, make.EVENING)


def test_what_is_found_after_the_close_comes_the_next_day_and_counts_from_its_receipt(line: Runtime) -> None:
    inbox = line.settings.inbox_path
    lost_4_of_5(inbox)
    work(line)
    daily.close(line, SCOPE, NIGHT)
    found = deliver(
        inbox,
        rows=ROWS[1:],
        batch="D900",
        control={"business_date": str(NEXT.business_date), "settles": [f"{SCOPE}/D001"]},
    )
    day = inbox / "dallas" / str(NEXT.business_date)
    day.mkdir()
    shutil.move(found, day / "D900")
    announce(inbox, 4, "D900", str(NEXT.business_date))
    next_evening = make.EVENING + timedelta(1)
    work(line, next_evening)
    with line.engine.connect() as connection:
        effective = sa.text("select effective_date from batch where batch_no = 'D900'")
        assert connection.execute(effective).scalar_one() == make.DAY  # received then
    daily.ensure_nothing_open(line, [SCOPE])
    assert daily.day_summary(line, make.DAY).state == State.CLOSED_FOUND
    words = f"closed; ties, 4 documents, 4 envelopes and 8 images missing, found later in {NEXT}/D900"
    assert words in daily.close(line, SCOPE, next_evening)
    assert "closed in balance" in daily.close(line, NEXT, next_evening)
    with line.engine.connect() as connection:
        assert [str(finding) for finding in run_checks(connection)] == []
