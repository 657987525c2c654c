"""The verbs that measure and prove: benches, calibration, broken images, and what a past day would have been."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from lockbox.command import console, database, day_of, progress_bar
from lockbox.settings import Settings

app = typer.Typer()


@app.command()
def bench(
    envelopes: Annotated[int, typer.Option(min=10, help="envelopes of the simulated day")] = 100,
    payments: Annotated[int, typer.Option(min=100, help="payments posted as one batch")] = 20_000,
) -> None:
    """Times every stage of the line on this machine, in a database of its own."""
    from lockbox import bench as benchmark

    console.print(benchmark.bench(Settings(), envelopes, payments))


@app.command("bench-money")
def bench_money(
    contracts: Annotated[int, typer.Option(min=100, help="contracts in the ledger")] = 100_000,
    payments: Annotated[int, typer.Option(min=100, help="payments posted as one batch")] = 20_000,
) -> None:
    """Times a night and posting against the bare SQL that writes the same rows, in a database of its own."""
    from lockbox import bench_money as benchmark

    console.print(benchmark.bench_money(Settings(), contracts, payments))


@app.command()
def bench_reading(
    envelopes: Annotated[
        int, typer.Option(min=10, help="envelopes drawn; 10000 for figures that prove something")
    ] = 150,
    seed: Annotated[int, typer.Option(help="of the mail; nothing may have been trained on it")] = 90_001,
    sample: Annotated[int, typer.Option(min=1, help="documents timed step by step and against Tesseract")] = 40,
    out: Annotated[Path | None, typer.Option(help="folder for report, pictures and misreads; emptied first")] = None,
) -> None:
    """Measures how often, how surely and how fast mail is read, on drawn mail and on real sets where they are."""
    from lockbox.proving.reading_bench import Asked, bench_reading

    settings = Settings()
    folder = out or settings.home / "bench-reading"
    with progress_bar() as bar:
        task = bar.add_task("bench", total=None)
        text = bench_reading(
            settings,
            Asked(seed, envelopes, sample),
            folder,
            lambda what, done, all_: bar.update(task, description=what, completed=done, total=all_),
        )
    console.print(text, markup=False, highlight=False, soft_wrap=True)
    console.print(f"report, pictures and misreads: {folder}")


@app.command()
def replay(
    day: Annotated[str, typer.Option(help="business date of the past day")],
    models: Annotated[Path | None, typer.Option(help="folder of other models: the day is read again by them")] = None,
    limits: Annotated[
        list[str] | None, typer.Option(help="a policy row to change, RULE=VALUE (post.max_misread_ppm=200); repeatable")
    ] = None,
    profile: Annotated[Path | None, typer.Option(help="a profile whose rules of that day to decide by")] = None,
    show: Annotated[int, typer.Option(min=0, help="items to list")] = 50,
) -> None:
    """What a past day would have been with other models or limits, in items and dollars; touches nothing."""
    from lockbox import pipeline, policy
    from lockbox import replay as shadow

    settings, past = Settings(), day_of(day)
    asked = (policy.rules_on(profile, past) if profile else {}) | policy.parse_rules(limits or [])
    with database(settings):
        for line in shadow.describe(shadow.replay(pipeline.open_lockbox(settings), past, asked, models), show):
            console.print(line, markup=False, highlight=False, soft_wrap=True)


@app.command()
def calibrate(
    envelopes: Annotated[int, typer.Option(min=10, help="envelopes drawn")] = 400,
    seed: Annotated[int, typer.Option(help="of the mail; not the bench's, not the training's")] = 80_001,
    out: Annotated[Path | None, typer.Option(help="file; default ocr/models/calibration.json")] = None,
) -> None:
    """Fits the maps that make probabilities honest, for the readers as they are, and says what they do."""
    from lockbox.proving.calibrating import calibrate

    with progress_bar() as bar:
        task = bar.add_task("calibrate", total=None)
        text = calibrate(
            Settings(),
            seed,
            envelopes,
            out,
            lambda what, done, all_: bar.update(task, description=what, completed=done, total=all_),
        )
    console.print(text, markup=False, highlight=False, soft_wrap=True)


@app.command()
def fuzz(
    count: Annotated[int, typer.Option(min=1, help="images")] = 5000,
    seed: Annotated[int, typer.Option(help="the same seed gives the same images, to the byte")] = 1,
) -> None:
    """Reads broken, hostile and strange images: no crash, no hang, a reason for each, bounded memory."""
    from lockbox.proving import broken

    with progress_bar() as bar:
        task = bar.add_task("broken images", total=count)
        found = broken.fuzz(seed, count, lambda done: bar.update(task, completed=done))
    console.print(broken.describe(found), markup=False, highlight=False, soft_wrap=True)
    if not found.is_sound:
        raise typer.Exit(1)
