"""The reading bench on a handful of envelopes: all that it measures and writes."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from lockbox.errors import InputError
from lockbox.lender.profile import load_profile
from lockbox.proving import drawn_mail, misreads, reading_bench, real_sets, report
from lockbox.proving.calibrating import calibrate
from lockbox.proving.cost import Prices
from lockbox.proving.curve import Judged
from lockbox.proving.drawn_mail import Payment, once_of_two
from lockbox.proving.reading_bench import BenchOptions
from lockbox.runtime import Runtime
from lockbox.simulator.truth import TrueLine
from tests.builders.drawn import DOCUMENT


def test_a_few_envelopes_measured_and_written_down(runtime: Runtime, tmp_path: Path) -> None:
    settings = runtime.settings
    with runtime.engine.begin() as connection:
        load_profile(connection, settings.profile)
    measured = drawn_mail.measure(settings, seed=90_003, envelopes=6, contracts=60, tell=lambda *_: None)
    assert measured.score is not None
    assert measured.score.undecided == ()
    checks = [look for look in measured.looks if look.document.truth.kind == "check"]
    assert len(measured.payments) == len(checks) == measured.score.checks
    assert sum(payment.posted for payment in measured.payments) == measured.score.posted >= 2
    posted = [payment for payment in measured.payments if payment.posted]
    assert all(payment.judged.probability is not None for payment in posted)
    wrong = {verdict.item.key for verdict in (*measured.score.misreads, *measured.score.wrongly_posted)}
    assert {payment.document.truth.key for payment in posted if not payment.judged.right} == wrong
    assert all(look.seen.cpu_ms > 0 and look.seen.peak_kib > 10_000 for look in measured.looks)
    fields = report.by_field(measured)
    assert sum(claim.right for claim in fields["routing"]) == len(checks)
    text = reading_bench.written(settings, BenchOptions(seed=90_003, envelopes=6), measured, [], "no times", tmp_path)
    assert "| routing |" in text
    assert "What held checks that may post" in text
    for name in ("report.md", "table.md", "curve_payments.png", "curve_fields.png", "reliability.png"):
        assert (tmp_path / name).stat().st_size > 500


def test_a_check_scanned_twice_posts_rightly_once() -> None:
    line = TrueLine("1", 41_250)
    first = replace(DOCUMENT, truth=replace(DOCUMENT.truth, lines=(line,), sequence=1))
    second = replace(DOCUMENT, truth=replace(DOCUMENT.truth, lines=(), sequence=2, reasons=("duplicate",)))
    wrong, credited = Judged(0.999, False, expected=False), (("1", 41_250),)
    again = Payment(second, wrong, True, credited=credited)
    held = Payment(first, Judged(None, False), False, ("micr_unread",))
    gone = Payment(first, Judged(0.999, True), True, credited=credited)
    assert once_of_two([held, again])[1].judged.right
    assert not once_of_two([gone, again])[1].judged.right
    assert not once_of_two([held, replace(again, credited=(("2", 41_250),))])[1].judged.right


def test_a_stop_that_was_missed_is_no_misread() -> None:
    sure = Payment(DOCUMENT, Judged(0.99, True), True)
    ahead = replace(DOCUMENT, truth=replace(DOCUMENT.truth, must_stop=True, sequence=9))
    measured = drawn_mail.Measured(1, 1, payments=[sure, Payment(ahead, Judged(0.9999, False, expected=False), True)])
    groups = report.payments_by_kind(measured)
    assert groups[report.ALL] == groups[report.ENVELOPES] == [sure.judged]
    assert [claim.right for claim in groups[report.WITH_STOPS]] == [True, False]


def test_a_wrong_field_becomes_a_picture(tmp_path: Path) -> None:
    sample = real_sets.Sample("a set: x", "1.png", "12", "13", real_sets.Judged(0.9, False), _dot())
    assert misreads.write_samples([sample], tmp_path) == 1
    [path] = tmp_path.rglob("*.png")
    assert path.parent.name == "a_set_x"


def test_the_bench_keeps_its_seeds(runtime: Runtime) -> None:
    with pytest.raises(InputError, match="kept for the bench"):
        calibrate(runtime.settings, reading_bench.SEED, 10, None, lambda *_: None)


def test_prices_are_the_profiles(runtime: Runtime) -> None:
    assert reading_bench.prices(runtime.settings.profile) == Prices(558, 50_000)


def _dot() -> bytes:
    import io

    from PIL import Image

    out = io.BytesIO()
    Image.new("L", (60, 30), 200).save(out, "PNG")
    return out.getvalue()
