"""Calibration, shell: reads drawn mail, fits the maps, judges such maps on the half not fitted, and writes them."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

from lockbox.errors import InputError
from lockbox.parallel import fresh
from lockbox.proving import report
from lockbox.proving.drawn_mail import Measured, Tell, planned, read_drawn
from lockbox.proving.fitting import Bin, fit_all, judged_apart, log_loss, reliability, to_json
from lockbox.settings import Settings
from ocr.nets import calibration, ctc
from ocr.reader import readers_version

BENCH_SEEDS = 90_000  # and up: reserved for measuring


def calibrate(settings: Settings, seed: int, envelopes: int, out: Path | None, tell: Tell) -> str:
    """Reads the drawn mail of a seed, fits, and writes the file; returns tables of the fit and of its honesty.

    Every figure is of one half of the documents, mapped as a fit to the other half says.

    Raises:
        InputError: a seed of the bench, whose figures would then be too good.
    """
    if seed >= BENCH_SEEDS:
        raise InputError(f"seeds from {BENCH_SEEDS:,} on are kept for the bench", field="seed")
    with TemporaryDirectory() as home:
        own = settings.model_copy(update={"home": Path(home)})
        day = planned(own, seed, envelopes, max(2000, 2 * envelopes))
        documents = [document for batch in day.batches for document in batch.documents]
        measured = Measured(seed, envelopes)
        with fresh(settings.workers) as pool:
            for item in read_drawn(documents, pool):
                measured.items.append(item)
                tell("reading", len(measured.items), len(documents))
    raw = report.by_field(measured, raw=True)
    fitted = fit_all(raw)
    apart = judged_apart(raw, fitted)
    fitted = {name: replace(fit, loss_after=log_loss(apart[name])) for name, fit in fitted.items()}
    path = out or ctc.MODELS / calibration.FILE
    origin = {"mail": "drawn by lockbox/simulator", "seed": seed, "envelopes": envelopes, "documents": len(documents)}
    path.write_text(to_json(fitted, readers_version(), origin))
    rows, bins = [], []
    for name, fit in fitted.items():
        bins += [_bin(name, bin_) for bin_ in reliability(apart[name])]
        numbers = (f"{fit.map.slope:.3f}", f"{fit.map.shift:+.3f}", f"{fit.map.lapse:.4f}")
        losses = (f"{fit.loss_before:.4f}", f"{fit.loss_after:.4f}")
        rows.append([str(name), f"{fit.claims:,}", str(fit.wrong), *numbers, *losses])
    heads = ("field", "claims", "wrong", "slope", "shift", "lapse", "log loss before", "after")
    kept_heads = ("field, half not fitted", "claimed", "right", "of", "share", "95 %")
    tables = f"{report.table(heads, rows)}\n\n{report.table(kept_heads, bins)}"
    return f"{tables}\n\n{path} written, for {readers_version()}"


def _bin(name: str, bin_: Bin) -> list[str]:
    low, high = bin_.range
    counts = (f"{bin_.right:,}", f"{bin_.count:,}", f"{bin_.share:.2%}", f"{low:.2%} to {high:.2%}")
    return [name, f"{bin_.claimed:.4f}", *counts]
