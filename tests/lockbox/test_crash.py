"""Crashes: killed before any statement or commit and run again, the ledger is the undisturbed one, to the cent."""

from __future__ import annotations

import os
import random
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest
import sqlalchemy as sa

from lockbox import db
from lockbox.checks import run_checks
from lockbox.lender.profile import load_profile
from lockbox.servicing.load_master import load_master
from lockbox.settings import Settings
from lockbox.simulator.day import simulate
from lockbox.simulator.portfolio import PortfolioMix, make_portfolio
from tests.builders import ledger as make

CHILD = Path(__file__).with_name("crash_child.py")
ENVELOPES, CONTRACTS = 8, 60
SCOPE = "dallas/2026-11-16/D001"


@dataclass(frozen=True)
class Run:
    """How a child ended, and how many statements and commits it made."""

    killed: bool
    statements: int


def run(settings: Settings, kill_at: int = 0, scope: str = "") -> Run:
    """Runs the day to its close or, with a scope, only the posting of that batch."""
    environment = os.environ | {
        "LOCKBOX_HOME": str(settings.home),
        "LOCKBOX_DATABASE_URL": db.database_url(settings),
        "LOCKBOX_WORKERS": "1",
    }
    done = subprocess.run(
        [sys.executable, "-W", "ignore", str(CHILD), str(kill_at), make.EVENING.isoformat(), scope],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode in (0, -9), done.stderr
    return Run(done.returncode == -9, int(done.stdout or 0))


def sample(settings: Settings) -> None:
    with db.engine(settings).begin() as connection:
        load_profile(connection, settings.profile)
    simulate(settings, seed=5, business_date=make.DAY, envelopes=ENVELOPES, contracts=CONTRACTS)


def signature(settings: Settings) -> tuple[int, int, str]:
    with db.engine(settings).connect() as connection:
        ledger = db.rows(connection, "reports/ledger_signature")[0]
        assert [finding.check for finding in run_checks(connection) if finding.rows] == []
        items = connection.execute(sa.text("select count(*) from journal where source_kind = 'item'")).scalar_one()
    assert items > 3
    return ledger["entries"], ledger["moved_cents"], ledger["signature"]


@pytest.fixture(scope="module")
def undisturbed(server: Settings, tmp_path_factory: pytest.TempPathFactory) -> tuple[tuple[int, int, str], int]:
    """The ledger of an undisturbed day, and how many statements it took."""
    name = "undisturbed"
    url = sa.make_url(db.database_url(server))
    admin = sa.create_engine(url.set(database="postgres"), isolation_level="AUTOCOMMIT", poolclass=sa.NullPool)
    with admin.connect() as connection:
        connection.execute(sa.text(f"create database {name} template {db.LOCKBOX}"))
    settings = Settings(
        home=tmp_path_factory.mktemp("undisturbed"),
        database_url=url.set(database=name).render_as_string(hide_password=False),
    )
    sample(settings)
    done = run(settings)
    assert not done.killed
    return signature(settings), done.statements


def test_killed_again_and_again_it_ends_in_the_same_ledger(
    settings: Settings, undisturbed: tuple[tuple[int, int, str], int]
) -> None:
    """Ten kills at random statements and commits of the whole day, each followed by a restart."""
    expected, statements = undisturbed
    sample(settings)
    chance = random.Random(7)
    # Each start has less left to do: the later the kill, the narrower the range its moment is drawn from.
    kills = sum(run(settings, chance.randint(1, max(4, statements // (1 + kill)))).killed for kill in range(10))
    assert kills >= 5
    assert not run(settings).killed
    assert signature(settings) == expected
    assert not run(settings).killed
    assert signature(settings) == expected


def test_killed_before_each_statement_of_posting(settings: Settings) -> None:
    """One batch, decided: the child dies before its first statement, then its second, and so on to the end."""
    with db.engine(settings).begin() as connection:
        make.lender(connection)
        contract = make.contract(connection, principal_cents=900_000, count=48)
        batch = make.batch(connection, documents=2, envelopes=2)
        for sequence, cents in ((1, 41250), (2, 10000)):
            make.decision(
                connection, make.item(connection, batch, sequence), amount_cents=cents, lines=[(contract, cents)]
            )
        make.stages_done(connection, SCOPE, ("ingest", "read", "decide"))
        make.manifest(connection, [("D001", 2, 2)])
    kill_at = 1
    while run(settings, kill_at, SCOPE).killed:
        kill_at += 1
    assert kill_at > 5
    with db.engine(settings).connect() as connection:
        posted = connection.execute(sa.text("select count(*) from journal where source_kind = 'item'")).scalar_one()
        assert posted == 2
        assert [finding.check for finding in run_checks(connection) if finding.rows] == []


def test_killed_again_and_again_the_nights_end_in_the_same_ledger(
    settings: Settings, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """Two nights with bills, fees, interest and seals: a dozen kills at random statements and commits, then the end."""
    twin = settings.model_copy(update={"home": tmp_path_factory.mktemp("twin")})
    ends = []
    for home, kills in ((settings, 12), (twin, 0)):
        if home is twin:
            _empty(settings)
        with db.engine(home).begin() as connection:
            make.lender(connection)
            master = make_portfolio(5, make.EVE, b"k" * 32, 40, mix=PortfolioMix(past_due=0.5))
            load_master(connection, master, make.ARRIVED)
        chance = random.Random(3)
        # Each start has less left to do: the range its moment is drawn from narrows.
        moments = [chance.randint(1, max(12, 90 // (1 + kill))) for kill in range(kills)]
        died = sum(run(home, moment, "night/2026-11-17").killed for moment in moments)
        assert died >= kills // 2
        assert not run(home, scope="night/2026-11-17").killed
        assert not run(home, scope="night/2026-11-17").killed  # once more changes nothing
        with db.engine(home).connect() as connection:
            ledger = db.rows(connection, "reports/ledger_signature")[0]
            carried = connection.execute(
                sa.text("select sum(carry), sum(interest_cents), count(*) from position")
            ).one()
            seals = connection.execute(sa.text("select count(*), sum(entries) from seal")).one()
            assert [str(finding) for finding in run_checks(connection)] == []
        ends.append((ledger["signature"], ledger["entries"], tuple(carried), tuple(seals)))
    assert ends[0] == ends[1]


def _empty(settings: Settings) -> None:
    """Empties the database, for a second run after the first."""
    with db.engine(settings, owner=True).begin() as connection:
        connection.execute(sa.text("drop schema public cascade"))
        connection.execute(sa.text("create schema public"))
    for owner in (True, False):
        db.engine(settings, owner=owner).dispose()
    db.migrate(settings)
