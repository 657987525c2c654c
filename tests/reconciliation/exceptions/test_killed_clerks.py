"""Killed at random moments of deciding, finishing and closing: no decision is lost, doubled or half posted.

A few kills here. `LOCKBOX_TEST_CLERK_KILLS=200 make test JOBS=0 TESTS="-s <this file>"` does that many and says where
they fell; `LOCKBOX_TEST_SEED` draws other moments.
"""

from __future__ import annotations

import os
import random
from collections.abc import Callable, Iterator
from datetime import date

import pytest
import sqlalchemy as sa

from lockbox import db
from lockbox.checks import run_checks
from lockbox.mail.decision import Outcome
from lockbox.mail.reason import Reason
from lockbox.runtime import Runtime, open_runtime
from lockbox.settings import Settings
from reconciliation.exceptions import resolution
from reconciliation.exceptions.resolution import OpenItem, Part, Proposal
from tests.builders import exceptions as make
from tests.builders.exceptions import MONDAY, TUESDAY, WEDNESDAY
from tests.builders.killed import Child, Kills, life, undisturbed

KILLS = int(os.environ.get("LOCKBOX_TEST_CLERK_KILLS", "12"))
SEED = int(os.environ.get("LOCKBOX_TEST_SEED", "1"))
KILLS_IN_A_LIFE = 12
PEOPLE = ("ann", "bob", "cho")
ITEMS, GROUP = 20, 5  # checks, and how many are proposed before somebody makes them final
pytestmark = [pytest.mark.database, pytest.mark.timeout(600 + 60 * KILLS)]

# What must be equal after a life with kills. Ids are left out: a killed attempt uses some up.
SAME = """
    select 'decisions', count(*), md5(string_agg(concat_ws('|', d.item_id, d.version, d.business_date, d.effective_date,
        d.outcome, d.amount_cents, d.maker, d.checker), ',' order by d.item_id, d.version)) from decision as d
    union all
    select 'lines', count(*), md5(string_agg(concat_ws('|', d.item_id, d.version, l.line_no, l.contract_id,
        l.amount_cents), ',' order by d.item_id, d.version, l.line_no))
    from decision_line as l join decision as d using (decision_id)
    union all
    select 'resolutions', count(*), md5(string_agg(concat_ws('|', r.item_id, r.outcome, r.maker, r.checker, r.state),
        ',' order by r.item_id, r.state)) from resolution_state as r
    union all
    select 'keyings', count(*), md5(string_agg(concat_ws('|', k.item_id, k.keyed_by, k.amount_cents), ','
        order by k.item_id, k.keyed_by)) from keying as k
    union all
    select 'positions', count(*), md5(string_agg(p::text, ',' order by p.contract_id)) from position as p
    union all
    select 'closes', count(*), md5(string_agg(
        concat_ws('|', c.business_date, (c.totals - 'through_journal') #- '{suspense_roll,seen}'), ','
        order by c.business_date)) from day_close as c
    union all
    select 'deposits', count(*), md5(string_agg(concat_ws('|', d.business_date, d.amount_cents), ','
        order by d.business_date)) from deposit as d
"""


def work(runtime: Runtime, tell: Callable[[str], object]) -> None:
    """A backlog worked over two days. May be restarted at any time."""
    numbers = make.accounts(runtime)
    with runtime.engine.connect() as connection:
        ids = list(connection.execute(sa.text("select item_id from item order by 1")).scalars())
    for day, place in ((TUESDAY, 0), (WEDNESDAY, ITEMS // 2)):
        for start in range(place, place + ITEMS // 2, GROUP):
            tell("deciding")
            for index in range(start, start + GROUP):
                decide(runtime, ids[index], index, numbers, day)
            tell("finishing")
            resolution.finish_ready(runtime, make.noon(day))
        tell("closing")
        make.close(runtime, day)
        make.run_night(runtime, day)
    tell("done")


def decide(runtime: Runtime, item_id: int, index: int, numbers: list[str], day: date) -> None:
    """One item by two or three people, as far as it is not decided yet."""
    maker, second, third = (PEOPLE[(index + turn) % 3] for turn in range(3))
    proposal = proposal_of(index, numbers)
    item = waiting(runtime, item_id)
    if not item or item.outcome is Outcome.HOLD:  # decided before the kill
        return
    if item.resolution_id is None:
        if (proposal.amount_cents or 0) >= 2_500_000:
            key(runtime, item, proposal, (maker, second, third), day)
        with runtime.engine.begin() as connection:
            resolution.propose(connection, item, proposal, maker, make.noon(day))
    item = waiting(runtime, item_id)
    if item and item.resolution_id is not None and item.proposal_state == "proposed":
        with runtime.engine.begin() as connection:
            resolution.step(connection, item.resolution_id, "confirmed", second, make.noon(day))


def waiting(runtime: Runtime, item_id: int) -> OpenItem | None:
    with runtime.engine.connect() as connection:
        return next(iter(resolution.open_items(connection, item=str(item_id))), None)


def key(runtime: Runtime, item: OpenItem, proposal: Proposal, people: tuple[str, ...], day: date) -> None:
    """The second person slips, so a third one keys; who has keyed before the kill does not key again."""
    cents, numbers = proposal.amount_cents or 0, [part.account_number for part in proposal.parts]
    keyed = sa.text("select keyed_by from keying where item_id = :item")
    for person, slip in zip(people, (0, 900, 0), strict=True):
        with runtime.engine.begin() as connection:
            if person not in connection.execute(keyed, {"item": item.item_id}).scalars().all():
                resolution.key(connection, item, cents + slip, numbers, person, make.noon(day))


def proposal_of(index: int, numbers: list[str]) -> Proposal:
    """What becomes of the item of a place in the row: each kind of outcome in turn."""
    first, second = numbers
    cents = 20_000 + 137 * index
    return [
        make.pays(first, cents),
        make.pays(second, 1_000_000 + cents),  # a second person
        Proposal(Outcome.POST, (Part(first, cents - 9_000), Part(second, 5_000), Part("", 4_000)), cents),
        Proposal(Outcome.SUSPENSE, (), cents),
        Proposal(Outcome.REJECT, reasons=(Reason.WRONG_PAYEE,)),
        make.pays(first, 2_500_000 + cents),  # keyed by two, and by a third
        Proposal(Outcome.SUSPENSE, (Part(second, cents),), cents),
        Proposal(Outcome.FILE, note="a void check"),
        make.pays(second, cents),
        Proposal(Outcome.HOLD, hold_until=date(2027, 1, 4)),
    ][index % 10]


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Settings]:
    """A separate server, because its backends are killed; a day of checks in review is closed."""
    settings = Settings(home=tmp_path_factory.mktemp("kills"), database_url="", workers=1)
    db.start_server(settings)
    db.migrate(settings)
    runtime = open_runtime(settings)
    make.waiting_day(runtime, [20_000] * ITEMS)
    make.close(runtime, MONDAY)
    make.run_night(runtime, MONDAY)
    for owner in (True, False):
        db.engine(settings, owner=owner).dispose()
    yield settings
    db.stop_server(settings)


def ended(settings: Settings) -> dict[str, tuple[object, ...]]:
    """All that has to be equal in the end, with every check run."""
    with db.engine(settings).connect() as connection:
        assert [str(finding) for finding in run_checks(connection)] == []
        (signature,) = db.rows(connection, "reports/ledger_signature")
        same = {name: (count, digest) for name, count, digest in connection.execute(sa.text(SAME))}
    assert all(count for count, _ in same.values())
    return {"entries": tuple(signature.values()), **same}


def test_clerks_killed_at_random_moments_end_in_the_same_decisions_and_the_same_ledger(home: Settings) -> None:
    plain = life(home, "undisturbed")
    took = sum(undisturbed(plain, work).values())
    expected = ended(plain)
    assert make.replayed(open_runtime(plain)) == []
    kills, lives = Kills(random.Random(SEED)), 0
    while kills.fell.total() < KILLS:
        lives += 1
        settings = life(home, f"life_{lives}")
        for _ in range(KILLS_IN_A_LIFE):
            if kills.fell.total() < KILLS:
                kills.kill(settings, work, "deciding", took / 5)
        for _ in range(2):  # to its end, and once more: that changes nothing
            child = Child.start(settings, work)
            assert child.end() == 0, child.heard
            assert ended(settings) == expected
        print(f"life {lives}: {kills}", flush=True)
