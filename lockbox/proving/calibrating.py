"""Calibration, shell: drawn mail read, the maps fitted and written beside the models."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory

from lockbox.errors import InputError
from lockbox.parallel import fresh
from lockbox.proving import report
from lockbox.proving.drawn_mail import Measured, Tell, planned, read_drawn
from lockbox.proving.fitting import fit_all, to_json
from lockbox.settings import Settings
from ocr.nets import calibration, ctc
from ocr.reader import readers_version

BENCH_SEEDS = 90_000  # from here on: kept for measuring


def calibrate(settings: Settings, seed: int, envelopes: int, out: Path | None, tell: Tell) -> str:
    """Reads the drawn mail of a seed, fits, writes the file; gives a table of what it does.

    Raises:
        InputError: a seed of the bench, whose figures would then flatter.
    """
    if seed >= BENCH_SEEDS:
        raise InputError(f"seeds from {BENCH_SEEDS:,} on are kept for the bench", field="seed")
    with TemporaryDirectory() as home:
        own = settings.model_copy(update={"home": Path(home)})
        day = planned(own, seed, envelopes, max(2000, 2 * envelopes))
        documents = [one for batch in day.batches for one in batch.documents]
        found = Measured(seed, envelopes)
        with fresh(settings.workers) as pool:
            for look in read_drawn(documents, pool):
                found.looks.append(look)
                tell("reading", len(found.looks), len(documents))
    fitted = fit_all(report.by_field(found, raw=True))
    path = out or ctc.MODELS / calibration.FILE
    origin = {"mail": "drawn by lockbox/simulator", "seed": seed, "envelopes": envelopes, "documents": len(documents)}
    path.write_text(to_json(fitted, readers_version(), origin))
    rows = []
    for name, one in fitted.items():
        numbers = (f"{one.map.slope:.3f}", f"{one.map.shift:+.3f}", f"{one.map.lapse:.4f}")
        rows.append([str(name), f"{one.claims:,}", str(one.wrong), *numbers, f"{one.loss_before:.4f}",
                     f"{one.loss_after:.4f}"])  # fmt: skip
    heads = ("field", "claims", "wrong", "slope", "shift", "lapse", "log loss before", "after")
    return f"{report.table(heads, rows)}\n\n{path} written, for {readers_version()}"
