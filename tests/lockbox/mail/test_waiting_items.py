"""Checks under a control that does not hold wait until a person accepts the difference, and go on exactly once."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import timedelta

import pytest
import sqlalchemy as sa

from lockbox.checks import run_checks
from lockbox.lender.profile import load_profile
from lockbox.mail import pipeline
from lockbox.mail.noted_differences import accept, load_differences
from lockbox.runtime import Runtime
from lockbox.scopes import BatchScope, SiteDayScope
from lockbox.servicing.load_master import load_master
from tests.builders import ledger as make
from tests.builders.cash_letters import joined, records
from tests.builders.command_line import verb
from tests.builders.mutations import mail, master, remember_images

SCOPE = BatchScope("dallas", make.DAY, "D901")
WAITS = ["control_differs"]
CENTS = 10  # digits of an amount in record 25


@pytest.fixture
def line(runtime: Runtime, monkeypatch: pytest.MonkeyPatch) -> Runtime:
    """A lockbox with the contracts that the drawn mail pays on."""
    remember_images(monkeypatch)
    with runtime.engine.begin() as connection:
        load_profile(connection, runtime.settings.profile)
        load_master(connection, master(), make.ARRIVED)
    return runtime


def deliver(runtime: Runtime, change: Callable[[list[bytes]], None] = lambda _: None) -> None:
    """The drawn X9 file of three checks, after a change of its records; it is worked as far as it goes."""
    folder = runtime.settings.inbox_path / "dallas" / make.DAY.isoformat()
    folder.mkdir(parents=True)
    for name, data in mail("x9").files.items():
        parts = records(data) if name.endswith(".x9") else []
        change(parts) if parts else None
        (folder / name).write_bytes(joined(parts) if parts else data)
    work(runtime)


def work(runtime: Runtime) -> int:
    """All that waits goes through the line; how many batches did."""
    scopes = pipeline.waiting_batches(runtime, "dallas", make.WORKED)
    for scope in scopes:
        for stage in pipeline.STAGES.values():
            stage(runtime, scope, make.WORKED)
    return len(scopes)


def control_amount_off(parts: list[bytes], code: str = "70", position: int = 7, width: int = 12) -> None:
    """The first control of this kind states a cent more."""
    index = next(n for n, part in enumerate(parts) if part[:2] == code.encode("cp037"))
    field = slice(position - 1, position - 1 + width)
    more = f"{int(parts[index][field].decode('cp037')) + 1:0{width}}".encode("cp037")
    parts[index] = parts[index][: field.start] + more + parts[index][field.stop :]


def outcomes(runtime: Runtime) -> list[tuple[str, list[str]]]:
    with runtime.engine.connect() as connection:
        rows = connection.execute(sa.text("select outcome, reasons from current_decision order by item_id"))
        return [(row.outcome, list(row.reasons)) for row in rows]


def journals(runtime: Runtime) -> int:
    with runtime.engine.connect() as connection:
        return int(connection.execute(sa.text("select count(*) from journal where source_kind = 'item'")).scalar_one())


def controls(runtime: Runtime) -> list[tuple[int, str]]:
    """Number and text of each difference about a control."""
    with runtime.engine.connect() as connection:
        noted = load_differences(connection, SiteDayScope("dallas", make.DAY))
    return [(each.difference_id or 0, each.text) for each in noted if each.kind == "control"]


def accepted(runtime: Runtime) -> None:
    numbers = [number for number, _ in controls(runtime)]
    with runtime.engine.begin() as connection:
        accept(connection, numbers, "M. Ruiz", "the bank's typo, asked by phone", make.WORKED)


def failed_checks(runtime: Runtime) -> list[str]:
    with runtime.engine.connect() as connection:
        return [finding.check for finding in run_checks(connection) if finding.rows]


def test_what_is_under_a_wrong_control_waits_and_goes_on_once(line: Runtime) -> None:
    deliver(line, control_amount_off)
    assert [(outcome, "control_differs" in reasons) for outcome, reasons in outcomes(line)] == [("review", True)] * 3
    assert (journals(line), failed_checks(line), work(line)) == (0, [], 0)
    [(number, text)] = controls(line)
    assert number
    assert text.startswith("batch D901: the bundle control in record 19 does not hold (amount: says $")
    assert text.endswith("): 3 documents wait")
    accepted(line)
    decided, _ = pipeline.release(line, make.WORKED)
    assert decided.startswith(f"{SCOPE}: 3 items decided")
    assert all("control_differs" not in reasons for _, reasons in outcomes(line))
    posted = journals(line)
    assert posted
    assert (work(line), pipeline.release(line, make.WORKED), journals(line), failed_checks(line)) == (0, [], posted, [])


def test_the_verb_that_accepts_lets_them_go_on(line: Runtime) -> None:
    deliver(line, control_amount_off)
    [(number, _)] = controls(line)
    words = ("--by", "M. Ruiz", "--reason", "the bank's typo", "--as-of", make.WORKED.isoformat())
    for _ in range(2):
        process = verb(line.settings, "accept-difference", str(number), *words)
        assert process.returncode == 0, process.stderr
        assert "accepted by M. Ruiz" in process.stdout
    assert all("control_differs" not in reasons for _, reasons in outcomes(line))
    assert (journals(line), work(line)) == (sum(outcome == "post" for outcome, _ in outcomes(line)), 0)


def test_where_the_controls_hold_nothing_waits(line: Runtime) -> None:
    deliver(line)
    assert [outcome for outcome, _ in outcomes(line)].count("post") >= 2
    assert controls(line) == []


def test_a_batch_is_offered_again_when_nobody_went_on_after_the_acceptance(line: Runtime) -> None:
    """Killed between accepting and posting, the next run of the line goes on."""
    deliver(line, control_amount_off)
    accepted(line)
    assert (work(line), work(line)) == (1, 0)
    assert journals(line)


def test_a_wrong_cent_in_a_check_lets_nothing_of_the_file_go_on(line: Runtime) -> None:
    deliver(line, lambda parts: control_amount_off(parts, "25", 48, CENTS))
    assert {outcome for outcome, _ in outcomes(line)} == {"review"}
    [(_, text)] = controls(line)
    assert "the file control in record 21 does not hold" in text
    assert "; nor do those in it (19, 20)" in text


def test_after_the_close_what_waited_is_posted_in_the_books_of_the_next_day(line: Runtime) -> None:
    deliver(line, control_amount_off)
    with line.engine.begin() as connection:
        make.closed_day(connection)
    accepted(line)
    assert len(pipeline.release(line, make.EVENING)) == 2
    with line.engine.connect() as connection:
        late = sa.text("select distinct business_date, effective_date from journal where business_date > :day")
        days = connection.execute(late, {"day": make.DAY}).all()
    assert [tuple(day) for day in days] == [(make.DAY + timedelta(1), make.DAY)]


def test_documents_of_an_envelope_that_the_order_denies_wait_and_go_on_when_accepted(line: Runtime) -> None:
    """The fifth of nine documents is listed in the first envelope; without a hash total the order tells it."""
    folder = line.settings.inbox_path / "dallas" / make.DAY.isoformat()
    for name, data in mail("folder").files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    index, control = folder / "D001" / "index.csv", folder / "D001" / "batch.json"
    header, *rows = index.read_text().splitlines()
    envelopes = [int(row.split(",")[1]) for row in rows]
    sequence, _, *sides = rows[4].split(",")
    index.write_text("\n".join([header, *rows[:4], ",".join([sequence, "1", *sides]), *rows[5:]]) + "\n")
    control.write_text(json.dumps({k: v for k, v in json.loads(control.read_text()).items() if k != "hash_total"}))
    work(line)
    [(number, text)] = controls(line)
    assert text.startswith("batch D001: the order of the envelopes in the index does not hold (")
    held = [reasons.count("control_differs") for _, reasons in outcomes(line)]
    doubtful = {1, envelopes[3], envelopes[4], envelopes[5]}
    assert held == [int(envelope in doubtful) for envelope in envelopes]
    before = journals(line)
    accepted(line)
    assert pipeline.release(line, make.WORKED)
    assert all("control_differs" not in reasons for _, reasons in outcomes(line))
    assert journals(line) > before
    assert (work(line), failed_checks(line), number > 0) == (0, [], True)
