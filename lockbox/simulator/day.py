"""A simulated day: loads the contract master, puts the mail into the inbox, and keeps the truth apart."""

from __future__ import annotations

import json
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path

import sqlalchemy as sa

from lockbox import db
from lockbox.contract.master import Master
from lockbox.errors import ConflictError
from lockbox.files import write_whole
from lockbox.servicing.load_master import load_master
from lockbox.settings import Settings
from lockbox.simulator.inbox import write_day
from lockbox.simulator.lender_terms import Terms, terms_of
from lockbox.simulator.mail import make_day
from lockbox.simulator.portfolio import make_portfolio, portfolio_parts
from lockbox.simulator.truth import describe, load_truth, save_truth, score
from lockbox.telemetry import step

Progress = Callable[[int, int], None]  # (done, all): first of contracts loaded, then of documents drawn


def simulate(
    settings: Settings,
    seed: int,
    business_date: date,
    envelopes: int = 200,
    contracts: int = 2000,
    progress: Progress | None = None,
) -> None:
    """Makes everything a mail day needs; when it is there already, nothing is done.

    The profile must have been loaded. The first simulated day fixes seed and size of the portfolio; later days use
    the same contracts.

    Raises:
        ConflictError: this home has a different portfolio, or this day different mail.
        UsageError: more envelopes than contracts to pay on.
    """
    report = progress or (lambda _done, _all: None)
    opening_on = _fix_portfolio(settings, seed, business_date, contracts)
    stamp = day_folder(settings, business_date) / "done.json"
    numbers = {"seed": seed, "envelopes": envelopes, "contracts": contracts, "opening_on": opening_on.isoformat()}
    delivered = _is_stamped(stamp, numbers, f"{business_date}: different mail was simulated for this day")
    terms, key = terms_of(settings.profile), settings.token_key()
    _load(settings, terms, seed, opening_on, key, contracts, report)
    if delivered and is_delivered(settings, terms, business_date):
        return
    master = make_portfolio(seed, opening_on, key, contracts, terms.lender_id, profile=settings.profile)
    day = make_day(master, seed, business_date, terms, envelopes)
    save_truth(day.truth, truth_path(settings, business_date))
    with step("simulate", day=str(business_date), seed=seed, envelopes=envelopes):
        write_day(day, settings.inbox_path, settings.workers, report)
    _write_stamp(stamp, numbers)


def score_lines(engine: sa.Engine, settings: Settings, business_date: date) -> list[str]:
    """The score of a simulated day in words; empty for a day that was not simulated."""
    path = truth_path(settings, business_date)
    if not path.exists():
        return []
    with engine.connect() as connection:
        posted = db.rows(connection, "reports/posted_lines", business_date=business_date)
    return describe(score(load_truth(path), posted))


def day_folder(settings: Settings, business_date: date) -> Path:
    """Where the simulator keeps what only it knows about a day: outside the inbox, which the mail stages read."""
    return settings.home / "simulated" / business_date.isoformat()


def truth_path(settings: Settings, business_date: date) -> Path:
    """The file of the day's truth; only simulated days have one."""
    return day_folder(settings, business_date) / "truth.json"


def _fix_portfolio(settings: Settings, seed: int, business_date: date, contracts: int) -> date:
    """The day on which the portfolio opens: the eve of the first simulated day, whatever days come after it."""
    stamp = settings.home / "simulated" / "portfolio.json"
    opening_on = business_date - timedelta(days=1)
    if stamp.exists():
        opening_on = date.fromisoformat(json.loads(stamp.read_text())["opening_on"])
    numbers = {"seed": seed, "contracts": contracts, "opening_on": opening_on.isoformat()}
    if not _is_stamped(stamp, numbers, "a different portfolio was simulated here"):
        _write_stamp(stamp, numbers)
    return opening_on


def is_delivered(settings: Settings, terms: Terms, business_date: date) -> bool:
    """Whether the sites' manifests, which are delivered last, are in the inbox."""
    sites = (terms.regular.site_id, terms.overnight.site_id)
    return all((settings.inbox_path / site / business_date.isoformat() / "manifest.json").exists() for site in sites)


def _load(
    settings: Settings, terms: Terms, seed: int, opening_on: date, key: bytes, contracts: int, report: Progress
) -> None:
    """Loads the master in parts. Parts come in order, so if the number of contracts is right, so are the contracts.

    While the database loads one part, the next one is drawn.
    """
    with db.engine(settings).connect() as connection:
        counted = sa.text("select count(*) from contract where lender_id = :lender")
        if connection.execute(counted, {"lender": terms.lender_id}).scalar_one() >= contracts:
            return
    as_of = datetime.combine(opening_on, time(23, 59), UTC)
    done = 0

    def load(part: Master) -> None:
        nonlocal done
        with db.engine(settings).begin() as connection:
            load_master(connection, part, as_of)
        done += len(part.contracts)
        report(done, contracts)

    with ThreadPoolExecutor(1) as loader:
        loading: Future[None] | None = None
        for part in portfolio_parts(seed, opening_on, key, contracts, terms.lender_id, profile=settings.profile):
            if loading is not None:
                loading.result()
            loading = loader.submit(load, part)
        if loading is not None:
            loading.result()
    with db.engine(settings).begin() as connection:
        _add_contacts(connection, terms.lender_id, as_of)


def _add_contacts(connection: sa.Connection, lender_id: str, as_of: datetime) -> None:
    """Every tenth customer has an email address; every second of these consented to electronic statements."""
    named = {"lender": lender_id, "as_of": as_of}
    connection.execute(
        sa.text("""
            insert into contact (customer_id, channel, address, valid_from)
            select customer_id, 'email', lower(customer_no) || '@customer.example', :as_of
            from customer where lender_id = :lender and customer_id % 10 = 0
            on conflict do nothing"""),
        named,
    )
    connection.execute(
        sa.text("""
            insert into consent (customer_id, kind, at, given, version, shown)
            select customer_id, 'electronic_statements', :as_of, true, '2026-01', 'simulated'
            from customer where lender_id = :lender and customer_id % 20 = 0
            on conflict do nothing"""),
        named,
    )


def _is_stamped(stamp: Path, numbers: dict[str, object], complaint: str) -> bool:
    """Whether the stamp is there, with these numbers.

    Raises:
        ConflictError: it has other numbers.
    """
    if not stamp.exists():
        return False
    stamped = json.loads(stamp.read_text())
    if stamped != numbers:
        raise ConflictError(f"{complaint} ({stamped}); use these numbers, another day or another home")
    return True


def _write_stamp(path: Path, content: dict[str, object]) -> None:
    write_whole(path, json.dumps(content).encode())
