"""The verbs that measure and verify: benchmarks, calibration, broken images, replays and checks."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from lockbox.cli.shared import console, database, day_of, progress_bar, ready
from lockbox.settings import Settings

app = typer.Typer()


@app.command()
def bench(
    envelopes: Annotated[int, typer.Option(min=10, help="envelopes of the simulated day")] = 100,
    payments: Annotated[int, typer.Option(min=100, help="payments posted as one batch")] = 20_000,
) -> None:
    """Times every stage on this machine, in a separate database."""
    from lockbox.proving import line_bench as benchmark

    console.print(benchmark.bench(Settings(), envelopes, payments))


@app.command("bench-money")
def bench_money(
    contracts: Annotated[int, typer.Option(min=100, help="contracts in the ledger")] = 100_000,
    payments: Annotated[int, typer.Option(min=100, help="payments posted as one batch")] = 20_000,
) -> None:
    """Times a night and posting against bare SQL that writes the same rows, in a separate database."""
    from lockbox.proving import money_bench as benchmark

    console.print(benchmark.bench_money(Settings(), contracts, payments))


@app.command()
def bench_reading(
    envelopes: Annotated[int, typer.Option(min=10, help="envelopes drawn; 10000 for reliable figures")] = 150,
    seed: Annotated[int, typer.Option(help="seed of the mail; must differ from any training seed")] = 90_001,
    sample: Annotated[int, typer.Option(min=0, help="documents timed step by step and compared with Tesseract")] = 40,
    real_sets: Annotated[Path | None, typer.Option(help="folder of real data sets; default ../shared/data")] = None,
    out: Annotated[
        Path | None, typer.Option(help="folder for report, charts and misreads; it is emptied first")
    ] = None,
    earlier: Annotated[
        list[Path] | None,
        typer.Option("--with", help="folder of another seed's bench, whose counts are added; may repeat"),
    ] = None,
) -> None:
    """Measures accuracy, confidence and speed of reading, on drawn mail and on real data sets if available."""
    from lockbox.proving.reading_bench import REAL_SETS, BenchOptions, bench_reading

    settings = Settings()
    folder = out or settings.home / "bench-reading"
    with progress_bar() as bar:
        task = bar.add_task("bench", total=None)
        text = bench_reading(
            settings,
            BenchOptions(seed, envelopes, sample, real_sets or REAL_SETS, tuple(earlier or ())),
            folder,
            lambda what, done, all_: bar.update(task, description=what, completed=done, total=all_),
        )
    console.print(text, markup=False, highlight=False, soft_wrap=True)
    console.print(f"report, charts and misreads: {folder}")


@app.command("bench-accounts")
def bench_accounts(
    lines: Annotated[int, typer.Option(min=20, help="lines per lender; 10000 for reliable figures")] = 500,
    contracts: Annotated[int, typer.Option(min=1000, help="contracts in the master")] = 1_000_000,
    seed: Annotated[
        int, typer.Option(help="seed of numbers, handwriting and scans; must differ from any training seed")
    ] = 91_001,
    out: Annotated[Path | None, typer.Option(help="folder for the report")] = None,
) -> None:
    """Measures handwritten account numbers against a million contracts, with and without check digits."""
    from lockbox.proving.account_bench import bench_accounts

    settings = Settings()
    with progress_bar() as bar:
        task = bar.add_task("accounts", total=None)
        for part in bench_accounts(
            settings,
            contracts,
            lines,
            seed,
            out or settings.home / "bench-accounts",
            lambda what, done, all_: bar.update(task, description=what, completed=done, total=all_),
        ):
            console.print(part, "", sep="\n", markup=False, highlight=False, soft_wrap=True)


@app.command("bench-statements")
def bench_statements(
    count: Annotated[int, typer.Option(min=1, help="statements drawn")] = 200,
) -> None:
    """Measures the processor time of drawing statements."""
    from lockbox.proving import statement_bench as benchmark

    settings = Settings()
    console.print(benchmark.bench_statements(settings.profile, count, settings.workers))


@app.command("bench-coupons")
def bench_coupons(
    count: Annotated[int, typer.Option(min=1, help="coupons drawn; 32 gives one of each style and format")] = 1024,
    seed: Annotated[int, typer.Option(help="seed of coupons and scans")] = 92_001,
    out: Annotated[Path | None, typer.Option(help="folder for the report and the coupons that were not read")] = None,
) -> None:
    """Measures how many coupons are read: barcode or scan line, gray and bitonal, 100 and 200 dpi, skewed."""
    from lockbox.proving.coupon_bench import bench_coupons

    settings = Settings()
    with progress_bar() as bar:
        task = bar.add_task("coupons", total=None)
        text = bench_coupons(
            settings,
            count,
            seed,
            out or settings.home / "bench-coupons",
            lambda what, done, all_: bar.update(task, description=what, completed=done, total=all_),
        )
    console.print(text, markup=False, highlight=False, soft_wrap=True)


@app.command("bench-scale")
def bench_scale(
    count: Annotated[int, typer.Option(min=0, help="checks drawn at each resolution")] = 100,
    papers: Annotated[int, typer.Option(min=0, help="coupons and letters drawn at each resolution")] = 0,
    seed: Annotated[int, typer.Option(help="seed of checks and scans")] = 95_001,
    out: Annotated[Path | None, typer.Option(help="folder for the report")] = None,
) -> None:
    """Measures how paper is read whose resolution is stated rightly, wrongly, or not, photos of checks among it."""
    from lockbox.proving.scale_bench import bench_scale
    from lockbox.proving.scale_papers import bench_papers

    settings = Settings()
    folder = out or settings.home / "bench-scale"
    with progress_bar() as bar:
        task = bar.add_task("pictures", total=None)
        text = "\n".join(
            bench(
                settings,
                drawn,
                seed,
                folder,
                lambda what, done, all_: bar.update(task, description=what, completed=done, total=all_),
            )
            for bench, drawn in ((bench_scale, count), (bench_papers, papers))
            if drawn
        )
    console.print(text, markup=False, highlight=False, soft_wrap=True)


@app.command("bench-instructions")
def bench_instructions(
    count: Annotated[int, typer.Option(min=1, help="papers of each kind that ask, and as many that do not")] = 100,
    seed: Annotated[int, typer.Option(help="seed of papers and scans")] = 94_001,
) -> None:
    """Measures how many who ask for principal only are heard: in memo lines, in letters, by the coupon's box."""
    from lockbox.lender.profile import rules_on
    from lockbox.proving.drawn_mail import DAY
    from lockbox.proving.instruction_bench import bench_instructions

    settings = Settings()
    rules = rules_on(settings.profile, DAY)
    with progress_bar() as bar:
        task = bar.add_task("papers", total=None)
        text = bench_instructions(
            settings,
            count,
            seed,
            (rules["stop.instruction_ppm"], rules["post.min_instruction_ppm"]),
            lambda what, done, all_: bar.update(task, description=what, completed=done, total=all_),
        )
    console.print(text, markup=False, highlight=False, soft_wrap=True)


@app.command("bench-words")
def bench_words(
    count: Annotated[int, typer.Option(min=1, help="lines of each ending, by hand and by machine")] = 20,
    seed: Annotated[int, typer.Option(help="seed of lines and scans; must differ from any training seed")] = 95_001,
) -> None:
    """Measures how amounts in words are read by how they end: "and 25 cents", "no/100", "even", "only"."""
    from lockbox.proving.words_bench import bench_words

    with progress_bar() as bar:
        task = bar.add_task("lines", total=None)
        text = bench_words(
            Settings(),
            count,
            seed,
            lambda what, done, all_: bar.update(task, description=what, completed=done, total=all_),
        )
    console.print(text, markup=False, highlight=False, soft_wrap=True)


@app.command()
def replay(
    day: Annotated[str, typer.Option(help="business date of the past day")],
    models: Annotated[Path | None, typer.Option(help="folder of other models, to read the day again with them")] = None,
    limits: Annotated[
        list[str] | None,
        typer.Option(help="a policy rule to change, RULE=VALUE (post.max_misread_ppm=200); repeatable"),
    ] = None,
    profile: Annotated[Path | None, typer.Option(help="a profile whose rules of that day apply")] = None,
    show: Annotated[int, typer.Option(min=0, help="items to list")] = 50,
) -> None:
    """Shows what would change on a past day with other models or limits, in items and dollars; writes nothing."""
    from lockbox.lender import policy
    from lockbox.lender import profile as profile_
    from lockbox.mail import backtest as shadow
    from lockbox.runtime import open_runtime

    settings, past = Settings(), day_of(day)
    changed = (profile_.rules_on(profile, past) if profile else {}) | policy.parse_rules(limits or [])
    with database(settings):
        for line in shadow.describe(shadow.replay(open_runtime(settings), past, changed, models), show):
            console.print(line, markup=False, highlight=False, soft_wrap=True)


@app.command()
def calibrate(
    envelopes: Annotated[int, typer.Option(min=10, help="envelopes drawn")] = 400,
    seed: Annotated[
        int, typer.Option(help="seed of the mail; must differ from the benchmark and training seeds")
    ] = 80_001,
    out: Annotated[Path | None, typer.Option(help="file to write; default ocr/models/calibration.json")] = None,
) -> None:
    """Calibrates the probabilities of the current readers and shows the effect."""
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
    count: Annotated[int, typer.Option(min=1, help="number of images")] = 5000,
    seed: Annotated[int, typer.Option(help="the same seed gives the same images, byte for byte")] = 1,
) -> None:
    """Reads broken, hostile and unusual images and verifies: no crash, no hang, a reason for each, bounded memory."""
    from lockbox.proving import broken

    with progress_bar() as bar:
        task = bar.add_task("broken images", total=count)
        outcome = broken.fuzz(seed, count, lambda done: bar.update(task, completed=done))
    console.print(broken.describe(outcome), markup=False, highlight=False, soft_wrap=True)
    if not outcome.is_sound:
        raise typer.Exit(1)


@app.command()
def check(
    replay: Annotated[int, typer.Option(min=0, help="contracts to replay from their history; 0 for all")] = 1000,
    start: Annotated[int, typer.Option(min=0, help="contract id to start from")] = 0,
) -> None:
    """Runs every check over all days and replays contracts from their history, to the cent (I9)."""
    from lockbox import db
    from lockbox.checks import run_checks
    from lockbox.errors import OutOfBalance
    from lockbox.servicing.audit import differences
    from lockbox.servicing.record import last_night

    settings = Settings()
    with ready(settings), db.engine(settings).connect() as connection:
        problems = [str(failure) for failure in run_checks(connection)]
        rows = connection.exec_driver_sql(
            "select contract_id from contract where contract_id >= %s order by contract_id limit %s",
            (start, replay or None),
        )
        contracts = list(rows.scalars())
        problems += differences(connection, contracts, last_night(connection))
        names = len(db.check_names())
    if problems:
        raise OutOfBalance("exceptions found. " + "; ".join(problems[:20]))
    id_range = f", {contracts[0]} to {contracts[-1]}" if contracts else ""
    console.print(f"{names} checks over all days and {len(contracts):,} contracts replayed{id_range}: no exceptions")
