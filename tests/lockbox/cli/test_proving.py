"""The verbs that measure and prove, each on a handful of things."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from lockbox.lender.profile import load_profile
from lockbox.runtime import Runtime
from lockbox.settings import Settings
from ocr.reader import readers_version
from tests.builders import ledger
from tests.builders.command_line import verb
from tests.builders.mail import day


def printed(settings: Settings, *words: str) -> str:
    """What a verb prints, blanks collapsed; it must succeed."""
    done = verb(settings, *words)
    assert done.returncode == 0, done.stderr
    return " ".join(done.stdout.split())


def test_bench_times_every_stage_and_posting_alone(settings: Settings) -> None:
    table = printed(settings, "bench", "--envelopes", "10", "--payments", "100")
    for row in ("drawing and scanning", "ingest", "read", "decide", "post", "posting alone, one batch (payments)"):
        assert f"│ {row} " in table
    assert not list(settings.home.glob("lockbox-bench-*"))


def test_bench_money_times_a_night_and_posting(settings: Settings) -> None:
    table = printed(settings, "bench-money", "--contracts", "600", "--payments", "100")
    assert "Money bench, 600 contracts" in table
    assert "posting 100: one batch" in table
    assert "0 rows written" in table
    assert "the ledger sums to │ │ │ │ 0 cents" in table


def test_bench_statements_times_pdfs(settings: Settings) -> None:
    table = printed(settings, "bench-statements", "--count", "2")
    assert "statements, one PDF each" in table
    assert "statements in a print file" in table


def test_bench_reading_writes_its_report(settings: Settings, tmp_path: Path) -> None:
    out = tmp_path / "out"
    words = ["--envelopes", "10", "--sample", "0", "--real-sets", str(tmp_path), "--out", str(out)]
    text = printed(settings, "bench-reading", *words)
    assert "# Reading, measured bench seed 90001, 10 envelopes" in text
    assert "No folder of real sets here." in text
    assert (out / "report.md").read_text().startswith("# Reading, measured")


def test_bench_accounts_matches_both_lenders(settings: Settings, tmp_path: Path) -> None:
    text = printed(settings, "bench-accounts", "--lines", "20", "--contracts", "1000", "--out", str(tmp_path))
    assert "## 1,000 contracts with check digits" in text
    assert "## 1,000 contracts without check digits" in text
    assert "| own numbers | 20 |" in (tmp_path / "accounts.md").read_text()


def test_bench_coupons_reads_one_of_each_make(settings: Settings, tmp_path: Path) -> None:
    text = printed(settings, "bench-coupons", "--count", "8", "--out", str(tmp_path))
    assert "bench seed 92001, 8 coupons" in text
    assert "| PDF417 and OCR-A |" in (tmp_path / "coupons.md").read_text()


def test_bench_scale_reads_every_resolution(settings: Settings, tmp_path: Path) -> None:
    text = printed(settings, "bench-scale", "--count", "1", "--papers", "1", "--out", str(tmp_path))
    assert "| 600 | wrong | 1 | 1 |" in text
    assert "| all whole |  | 24 | 24 |" in (tmp_path / "scale.md").read_text()
    assert "| coupon | 600 | 1 of 1 " in (tmp_path / "papers.md").read_text()


def test_bench_instructions_counts_who_is_heard(settings: Settings) -> None:
    text = printed(settings, "bench-instructions", "--count", "2")
    assert "| box, asks | 2 | 2 | 0 | 0 |" in text
    assert "| memo, does not | 2 | 0 | 0 | 2 |" in text


def test_replay_shows_a_past_day_and_changes_nothing(runtime: Runtime) -> None:
    with runtime.engine.begin() as connection:
        load_profile(connection, runtime.settings.profile)
    day(runtime, envelopes=4)
    text = printed(runtime.settings, "replay", "--day", str(ledger.DAY), "--limits", "post.max_amount_cents=1")
    assert "post -> review" in text
    assert "large_amount" in text


@pytest.mark.parametrize(
    ("words", "code", "says"),
    [
        (["replay", "--day", "yesterday"], 2, "is not a date"),
        (["calibrate", "--seed", "90001"], 4, "kept for the bench"),
    ],
)
def test_what_cannot_be_measured_is_refused(settings: Settings, words: list[str], code: int, says: str) -> None:
    done = verb(settings, *words)
    assert done.returncode == code
    assert says in " ".join(done.stderr.split())


def test_calibrate_writes_a_file_for_the_present_readers(settings: Settings, tmp_path: Path) -> None:
    out = tmp_path / "calibration.json"
    text = printed(settings, "calibrate", "--envelopes", "10", "--seed", "80002", "--out", str(out))
    assert "log loss before" in text
    content = json.loads(out.read_text())
    assert content["readers"] == readers_version()
    assert (content["origin"]["seed"], content["origin"]["envelopes"]) == (80_002, 10)


def test_fuzz_reads_one_image_of_each_kind(settings: Settings) -> None:
    text = printed(settings, "fuzz", "--count", "11", "--seed", "3")
    assert "| truncated | 1 |" in text
    assert "0 crashed, 0 hung" in text


def test_check_finds_an_empty_ledger_in_order(settings: Settings) -> None:
    assert "0 contracts replayed: no exceptions" in printed(settings, "check")
