"""Logs: one line per step with its counts, failures with their traceback, and nothing personal."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from lockbox import telemetry
from lockbox.customer import service
from lockbox.errors import InputError
from lockbox.runtime import Runtime
from lockbox.servicing import night
from ocr import reader
from reconciliation import daily
from tests.builders import ledger as make
from tests.builders import mail


@pytest.fixture
def log(tmp_path: Path) -> Iterator[Path]:
    path = tmp_path / "logs" / "lockbox.log"
    telemetry.write_to(path, "info")
    yield path
    telemetry.stop()


def lines(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text().splitlines()]


def test_a_step_is_one_line_with_its_facts_counts_and_duration(log: Path) -> None:
    with telemetry.step("read", scope="dallas/2026-11-16/D001"):
        telemetry.count(read=2)
        telemetry.count(read=1, failed=0)
    telemetry.count(read=99)  # outside a step
    (line,) = lines(log)
    assert (line["event"], line["level"], line["scope"]) == ("read", "info", "dallas/2026-11-16/D001")
    assert (line["read"], line["failed"], line["duration_ms"] >= 0) == (3, 0, True)
    assert line["version"]
    assert line["timestamp"].endswith("Z")


def test_a_broken_step_logs_its_traceback_and_a_refused_one_its_reason(log: Path) -> None:
    secret = "4821 Cedar Hollow Ln"
    with pytest.raises(ZeroDivisionError), telemetry.step("post"):
        assert secret  # the value of a variable is no business of a log
        _ = 1 / 0
    with pytest.raises(InputError), telemetry.step("ingest"):
        raise InputError("no rows", "index.csv")
    broken, refused = lines(log)
    assert (broken["event"], broken["level"]) == ("post failed", "error")
    assert "ZeroDivisionError" in broken["exception"]
    assert secret not in json.dumps(broken)
    assert (refused["event"], refused["reason"], "exception" in refused) == (
        "ingest failed",
        "index.csv: no rows",
        False,
    )


def test_of_an_account_number_in_a_reason_the_last_four_digits_stay(log: Path) -> None:
    with pytest.raises(InputError), telemetry.step("check"):
        raise InputError("late fee of installment 28 is missing", record="4990362202")
    (line,) = lines(log)
    assert line["reason"] == "record ••••••2202: late fee of installment 28 is missing"


def test_a_file_that_grew_too_large_is_kept_and_a_new_one_begins(log: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    telemetry.log.info("first")
    monkeypatch.setattr(telemetry, "LARGEST_BYTES", 10)
    telemetry.write_to(log, "info")
    telemetry.log.info("second")
    assert [line["event"] for line in lines(log)] == ["second"]
    assert [line["event"] for line in lines(log.with_name("lockbox.log.1"))] == ["first"]


def test_below_the_level_nothing_is_logged(log: Path) -> None:
    telemetry.write_to(log, "warning")
    with telemetry.step("read"):
        pass
    assert lines(log) == []


def test_a_reader_that_breaks_is_logged_and_counted(
    runtime: Runtime, log: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(_: object) -> None:
        raise KeyError("a bug of a reader")

    monkeypatch.setattr(reader, "_read", broken)
    with runtime.engine.begin() as connection:
        make.lender(connection)
    mail.day(runtime, envelopes=2)
    logged = lines(log)
    assert any(line["event"] == "reading failed" and "KeyError" in line["exception"] for line in logged)
    reads = [line for line in logged if line["event"] == "read"]
    assert sum(line["readers_failed"] for line in reads) == sum(line["read"] for line in reads) > 0


def test_every_step_of_a_day_logs_a_line_and_nothing_personal(runtime: Runtime, log: Path) -> None:
    with runtime.engine.begin() as connection:
        make.lender(connection)
    mail.day(runtime)
    night.night(runtime, make.DAY, make.EVENING)
    service.after_night(runtime, make.DAY, make.EVENING)
    service.send(runtime, make.EVENING)
    daily.report(runtime, make.DAY, make.EVENING)
    logged = lines(log)
    events = {line["event"] for line in logged}
    assert events >= {"ingest", "read", "decide", "post", "close", "report", *night.STEPS, "finish", "send"}
    assert events >= {"statements", "print", "notices"}
    assert all("scope" in line and "duration_ms" in line for line in logged if line["event"] in ("post", "close"))
    per_scope = [(line["event"], line["scope"]) for line in logged if "scope" in line]
    assert len(per_scope) == len(set(per_scope)), "one line a step, none an item"
    text = log.read_text()
    with runtime.engine.connect() as connection:
        for statement in (
            "select account_number from contract",
            "select name from customer",
            "select split_part(address, chr(10), 1) from customer",
            "select address from contact",
        ):
            for value in connection.execute(sa.text(statement)).scalars():
                assert value not in text
