"""Killed at random moments, process or database: posting, night, corrections, statements and print runs end the same.

A few kills here. `LOCKBOX_TEST_KILLS=200 make test JOBS=0 TESTS="-s tests/lockbox/test_kills.py"` does that many and
says where they fell; `LOCKBOX_TEST_SEED` draws other moments.
"""

from __future__ import annotations

import hashlib
import os
import random
from collections.abc import Callable, Iterator
from datetime import date, timedelta

import pytest
import sqlalchemy as sa

from lockbox import db
from lockbox.checks import run_checks
from lockbox.customer import service
from lockbox.customer.print_runs import folder_of
from lockbox.errors import ConflictError
from lockbox.mail import pipeline
from lockbox.runtime import Runtime
from lockbox.scopes import BatchScope
from lockbox.servicing import night
from lockbox.servicing.correction import reverse_item
from lockbox.servicing.load_master import load_master
from lockbox.settings import Settings
from lockbox.simulator.portfolio import PortfolioMix, make_portfolio
from lockbox.stages import is_done
from reconciliation import daily
from tests.builders import ledger as make
from tests.builders.killed import Child, Kills, life, undisturbed

KILLS = int(os.environ.get("LOCKBOX_TEST_KILLS", "8"))
SEED = int(os.environ.get("LOCKBOX_TEST_SEED", "1"))
CONTRACTS, BATCHES, CHECKS, RETURNED = 160, 6, 16, 5
FIRST, LAST = make.DAY, make.DAY + timedelta(2)  # nights before the corrections, and after
KILLS_IN_A_LIFE = {"posting": 4, "night": 5, "corrections": 3, "statements": 1, "print": 2}
pytestmark = [pytest.mark.database, pytest.mark.timeout(600 + 60 * KILLS)]

# What must be equal in two ledgers besides their entries. Ids are left out: a killed attempt uses some up.
SAME = """
    select 'positions', count(*), md5(string_agg(p::text, ',' order by p.contract_id)) from position as p
    union all
    select 'installments', count(*), md5(string_agg(i::text, ',' order by i.contract_id, i.installment_no))
    from installment as i
    union all
    select 'credits', count(*), md5(string_agg(
        concat_ws('|', j.source_kind, j.source_key, c.contract_id, c.installment_no, c.amount_cents, c.credited_on), ','
        order by j.source_kind, j.source_key, c.contract_id, c.installment_no))
    from installment_credit as c join journal as j using (journal_id)
    union all
    select 'late fees', count(*), md5(string_agg(
        concat_ws('|', f.contract_id, f.installment_no, f.charged_on, f.amount_cents, f.reversed_by is null), ','
        order by f.contract_id, f.installment_no, f.charged_on, f.reversed_by is null)) from late_fee as f
    union all
    select 'statuses', count(*), md5(string_agg(s::text, ',' order by s.contract_id, s.status_on))
    from delinquency_status as s
    union all
    select 'nights', count(*), md5(string_agg(n.business_date || n.summary::text, ',' order by n.business_date))
    from night as n
    union all
    select 'seals', count(*), md5(string_agg(concat_ws('|', s.business_date, s.journals, s.entries), ','
        order by s.seal_no)) from seal as s
    union all
    select 'statements', count(*), md5(string_agg(
        concat_ws('|', s.contract_id, s.due_on, s.amount_due_cents, s.balances, s.content_sha256), ','
        order by s.contract_id, s.due_on)) from statement as s
    union all
    select 'print runs', count(*), md5(string_agg(concat_ws('|', r.made_on, r.run_no, r.pieces, r.pages), ','
        order by r.made_on, r.run_no)) from print_run as r
"""


def work(runtime: Runtime, tell: Callable[[str], object]) -> None:
    """A day and its nights, in the order of the DAGs; reports each step before it. May be restarted at any time."""
    tell("posting")
    for no in range(1, BATCHES + 1):
        with runtime.engine.connect() as connection:
            done = is_done(connection, scope := BatchScope(make.SITE, make.DAY, f"D{no:03}"), "post")
        if not done:
            pipeline.post(runtime, scope, make.EVENING)
    for site_day in daily.closable_days(runtime, make.EVENING):
        daily.close(runtime, site_day, make.EVENING)
    tell("night")
    night.night(runtime, FIRST, make.EVENING)
    tell("corrections")
    for sequence in range(1, RETURNED + 1):
        item = f"{make.SITE}/{make.DAY}/D001/{sequence}"
        try:
            with runtime.engine.begin() as connection:
                journal = sa.text("select item_id from journal where source_kind = 'item' and source_key = :item")
                item_id = connection.execute(journal, {"item": item}).scalar_one()
                reverse_item(connection, item_id, "returned", FIRST + timedelta(1), make.EVENING, "ann")
        except ConflictError:  # reversed before the kill
            pass
    tell("night")
    night.night(runtime, LAST, make.EVENING + timedelta(2))
    tell("statements")
    service.statements(runtime, LAST, make.EVENING + timedelta(2))
    tell("print")
    service.print_runs(runtime, LAST, make.EVENING + timedelta(2))
    tell("done")


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Settings]:
    """A separate server, because its backends are killed; its lockbox database has a day ready to post."""
    settings = Settings(home=tmp_path_factory.mktemp("kills"), database_url="", workers=1)
    db.start_server(settings)
    db.migrate(settings)
    with db.engine(settings).begin() as connection:
        make.lender(connection)
        mix = PortfolioMix(past_due=0.5)
        load_master(connection, make_portfolio(5, make.EVE, b"k" * 32, CONTRACTS, mix=mix), make.ARRIVED)
        contract_ids = list(connection.execute(sa.text("select contract_id from contract order by 1")).scalars())
        ids = iter(contract_ids * 2)
        for no in range(1, BATCHES + 1):
            batch = make.batch(connection, f"D{no:03}", envelopes=CHECKS, documents=CHECKS)
            for sequence in range(1, CHECKS + 1):
                cents, item = 10_000 + 7_001 * sequence, make.item(connection, batch, sequence)
                make.decision(connection, item, amount_cents=cents, lines=[(next(ids), cents)])
            make.stages_done(connection, f"{make.SITE}/{make.DAY}/D{no:03}", ("ingest", "read", "decide"))
        make.manifest(connection, [(f"D{no:03}", CHECKS, CHECKS) for no in range(1, BATCHES + 1)])
    for owner in (True, False):
        db.engine(settings, owner=owner).dispose()
    yield settings
    db.stop_server(settings)


def ledger(settings: Settings) -> dict[str, tuple[object, ...]]:
    """All that has to be equal in the end, with every check run and every print file what its run says."""
    with db.engine(settings).connect() as connection:
        assert [str(finding) for finding in run_checks(connection)] == []
        (signature,) = db.rows(connection, "reports/ledger_signature")
        same = {name: (count, digest) for name, count, digest in connection.execute(sa.text(SAME))}
        runs = connection.execute(sa.text("select made_on, run_no, pdf_sha256 from print_run")).all()
    for run in runs:
        pdf = folder_of(settings) / f"statements-{run.made_on}-{run.run_no:04d}.pdf"
        assert hashlib.sha256(pdf.read_bytes()).hexdigest() == run.pdf_sha256
        assert pdf.with_suffix(".done").exists()
    assert all(count for count, _ in same.values())
    return {"entries": tuple(signature.values()), **same}


def test_killed_at_random_moments_it_ends_in_the_same_ledger(home: Settings) -> None:
    plain = life(home, "undisturbed")
    took = undisturbed(plain, work)
    expected = ledger(plain)
    kills = Kills(random.Random(SEED))
    lives = 0
    while kills.fell.total() < KILLS:
        lives += 1
        settings = life(home, f"life_{lives}")
        for stage, count in KILLS_IN_A_LIFE.items():
            for before in range(count):
                if kills.fell.total() < KILLS:
                    kills.kill(settings, work, stage, took[stage] / (1 + before))
        for _ in range(2):  # to its end, and once more: that changes nothing
            child = Child.start(settings, work)
            assert child.end() == 0, child.heard
            assert ledger(settings) == expected
        print(f"life {lives}: {kills}", flush=True)
    assert {date.fromisoformat(str(FIRST)), LAST} <= nights(settings)


def nights(settings: Settings) -> set[date]:
    with db.engine(settings).connect() as connection:
        return set(connection.execute(sa.text("select business_date from night")).scalars())
