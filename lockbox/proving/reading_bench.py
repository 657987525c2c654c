"""The reading bench: one drawn day and the real sets, measured and reported with charts and every misread."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from random import Random

from lockbox.lender.profile import read_profile
from lockbox.proving import charts, constants, drawn_mail, misreads, real_sets, report, slices, speed
from lockbox.proving.cost import Prices
from lockbox.proving.drawn_mail import DAY, Measured, Tell
from lockbox.proving.scratch import scratch
from lockbox.settings import ROOT, Settings
from lockbox.simulator.inbox import render
from ocr.nets import calibration

SEED = 90_001  # seeds from 90,000 on are the bench's own: nothing is trained or calibrated on them
SAMPLE = 40  # documents profiled, and read by one process and by two
DUEL = 4  # times as many are read against Tesseract, since the result varies with the documents drawn
REAL_SETS = ROOT.parent / "shared" / "data"


@dataclass(frozen=True, slots=True)
class BenchOptions:
    """What to measure."""

    seed: int = SEED
    envelopes: int = 150
    sample: int = SAMPLE  # 0: speed is not measured
    real_sets: Path = REAL_SETS
    earlier: tuple[Path, ...] = ()  # folders of other slices of the same count


def bench_reading(settings: Settings, options: BenchOptions, folder: Path, tell: Tell) -> str:
    """Measures, and writes `report.md`, charts, and misreads into the folder; returns the report's text."""
    earlier = [slices.load(other) for other in options.earlier]
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    contracts = max(2000, 2 * options.envelopes)
    with scratch(settings) as own:
        measured = drawn_mail.measure(own, options.seed, options.envelopes, contracts, tell)
    tell("real sets", 0, 1)
    samples = list(real_sets.read_all(options.real_sets))
    tell("speed", 0, 1)
    return written(settings, options, measured, samples, _times(measured, options), folder, earlier)


def written(
    settings: Settings,
    options: BenchOptions,
    measured: Measured,
    samples: Sequence[real_sets.Sample],
    times: str,
    folder: Path,
    earlier: Sequence[slices.Slice] = (),
) -> str:
    """Writes the measurements into the folder; returns the report's text."""
    _pictures(measured, folder)
    shown = misreads.write_fields(measured.items, folder / "misreads")
    shown += misreads.write_samples(samples, folder / "misreads")
    misreads.write_held(measured.payments, measured.items, folder / "held")
    if measured.score:
        wrong = [*measured.score.misreads, *measured.score.wrongly_posted]
        shown += misreads.write_payments(wrong, measured.payments, folder / "misreads")
    day = slices.counted(measured)
    slices.save(day, folder)
    text = _text(settings, options, measured, samples, times, shown, slices.added([*earlier, day]))
    (folder / "report.md").write_text(text, encoding="utf-8")
    (folder / "table.md").write_text(_table(measured, samples), encoding="utf-8")
    return text


def prices(profile: Path) -> Prices:
    """The costs of exceptions and misreads in the lender's newest rows."""
    newest = {row["rule"]: row["value"] for row in sorted(read_profile(profile)["policy"], key=_valid_from)}
    return Prices(newest["cost.exception_cents"], newest["cost.misread_cents"])


def _valid_from(row: dict[str, object]) -> str:
    return str(row["valid_from"])


def _times(measured: Measured, options: BenchOptions) -> str:
    if not options.sample:
        return "Not measured."
    documents = [item.document for item in measured.items]
    chosen = Random(options.seed).sample(documents, min(DUEL * options.sample, len(documents)))
    more = [render(document) for document in chosen]
    sides = more[: options.sample]
    return report.times(
        speed.steps(sides),
        [(item.timed.cpu_ms, item.timed.rereads) for item in measured.items],
        speed.duel(more),
        speed.scaling(sides),
        _peaks(measured),
    )


def _peaks(measured: Measured) -> str:
    peaks = [item.timed.peak_kib / 1024 for item in measured.items]
    tenth = max(1, len(peaks) // 10)
    return (
        f"memory peak of a reader process: {max(peaks):.0f} MiB; after the first tenth of the documents "
        f"{max(peaks[:tenth]):.0f} MiB"
    )


def _pictures(measured: Measured, folder: Path) -> None:
    payments = report.payments_by_kind(measured)
    fields, raw = report.by_field(measured), report.by_field(measured, raw=True)
    origin = f"seed {measured.seed}, {measured.envelopes:,} envelopes"
    charts.operating_curves(payments, f"Whole payments: {origin}", folder / "curve_payments.png")
    charts.operating_curves(fields, f"Fields: {origin}", folder / "curve_fields.png")
    by_kind = report.by_field_and_kind(measured)
    charts.operating_curves(by_kind, f"Fields by kind: {origin}", folder / "curve_fields_by_kind.png")
    charts.reliability_diagrams(raw, fields, f"Reliability: {origin}", folder / "reliability.png")


def _calibrated(readers: str) -> str:
    """A sentence on whether the claims are calibrated."""
    if mark := calibration.suffix(readers):
        return f"Claims are calibrated ({mark.strip()})."
    return "**Claims are not calibrated**: no calibration.json fits these readers; `make calibrate` makes one."


def _table(measured: Measured, samples: Sequence[real_sets.Sample]) -> str:
    """The tables for the README."""
    payments, fields = report.payments_by_kind(measured), report.by_field(measured)
    return "\n\n".join(
        [report.curves(payments, "payment"), report.curves(fields, "field"), report.real(samples), report.proof_note()]
    )


def _text(
    settings: Settings,
    options: BenchOptions,
    measured: Measured,
    samples: Sequence[real_sets.Sample],
    times: str,
    shown: int,
    count: str,
) -> str:
    origin = f"bench seed {options.seed}, {options.envelopes} envelopes"
    payments, fields = report.payments_by_kind(measured), report.by_field(measured)
    parts = {
        "Reading, measured": _overview(measured, origin),
        "Straight-through": f"{report.straight_through(measured)}\n\n{count}",
        "What held checks that may post": f"{report.stops(measured)}\n\nEach with its reading in `held/`.",
        "Whole payments": report.curves(payments, "payment"),
        "Fields": report.curves(fields, "field"),
        "Fields by kind of document": report.curves(report.by_field_and_kind(measured), "field, kind"),
        "Real pictures": report.real(samples),
        "Honesty of the claims": report.honesty(report.by_field(measured, raw=True), fields),
        "Constants set by judgment": report.table(constants.HEADS, constants.measured(measured.items)),
        "Cheapest limits": _limits(measured, prices(settings.profile), origin),
        "Speed": times,
        "Misreads": (
            f"{shown} pictures in `misreads/`: what was read as surely as {misreads.SURE} and wrong, all that is wrong "
            "in the real sets (their labels may be), and what posted wrongly."
        ),
    }
    sections = (f"{'##' if at else '#'} {head}\n\n{body}" for at, (head, body) in enumerate(parts.items()))
    return "\n\n".join(sections) + "\n"


def _overview(measured: Measured, origin: str) -> str:
    readers = measured.items[0].timed.reading.readers if measured.items else ""
    return (
        f"{origin}: {len(measured.items):,} documents, {len(measured.payments):,} checks. "
        f"Readers: {readers}. {_calibrated(readers)} {report.proof_note()}"
    )


def _limits(measured: Measured, price: Prices, origin: str) -> str:
    payments, fields = report.payments_by_kind(measured), report.by_field(measured)
    rows = report.rows_to_paste(payments, fields, price, DAY + timedelta(days=1), origin)
    return (
        f"An exception costs {price.exception_cents:,} cents, a misread {price.misread_cents:,} (policy rows cost.*): "
        f"accepting pays where the chance of a misread is under {price.break_even:.2%}.\n\n"
        f"{report.costs(report.by_field_and_kind(measured), payments, price)}\n\n{rows}"
    )
