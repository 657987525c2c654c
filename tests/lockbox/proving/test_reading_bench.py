"""The reading bench on a handful of envelopes: all that it measures and writes."""

from __future__ import annotations

from pathlib import Path

from lockbox.lender.profile import load_profile
from lockbox.proving import drawn_mail, reading_bench, report, slices
from lockbox.proving.cost import Prices
from lockbox.proving.reading_bench import BenchOptions
from lockbox.runtime import Runtime


def test_a_few_envelopes_are_measured_and_reported(runtime: Runtime, tmp_path: Path) -> None:
    settings = runtime.settings
    with runtime.engine.begin() as connection:
        load_profile(connection, settings.profile)
    measured = drawn_mail.measure(settings, seed=90_003, envelopes=6, contracts=60, tell=lambda *_: None)
    assert measured.score is not None
    assert measured.score.undecided == ()
    checks = [item for item in measured.items if item.document.truth.kind == "check"]
    assert len(measured.payments) == len(checks) == measured.score.checks
    assert sum(payment.posted for payment in measured.payments) == measured.score.posted >= 2
    posted = [payment for payment in measured.payments if payment.posted]
    assert all(payment.judged.probability is not None for payment in posted)
    wrong = {verdict.item.key for verdict in (*measured.score.misreads, *measured.score.wrongly_posted)}
    assert {payment.document.truth.key for payment in posted if not payment.judged.right} == wrong
    assert all(item.timed.cpu_ms > 0 and item.timed.peak_kib > 10_000 for item in measured.items)
    fields = report.by_field(measured)
    assert sum(claim.right for claim in fields["routing"]) == len(checks)
    text = reading_bench.written(settings, BenchOptions(seed=90_003, envelopes=6), measured, [], "no times", tmp_path)
    assert "| routing |" in text
    assert slices.load(tmp_path).posted == measured.score.posted
    assert "What held checks that may post" in text
    for name in ("report.md", "table.md", "curve_payments.png", "curve_fields.png", "reliability.png"):
        assert (tmp_path / name).stat().st_size > 500


def test_prices_are_the_profiles(runtime: Runtime) -> None:
    assert reading_bench.prices(runtime.settings.profile) == Prices(558, 50_000)
