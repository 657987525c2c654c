"""The sample day worked to the end by several clerks over three business days."""

from __future__ import annotations

from datetime import date, timedelta
from random import Random

import sqlalchemy as sa

from lockbox.checks import run_checks
from lockbox.mail.decision import Outcome
from lockbox.proving.clerks import work_items
from lockbox.runtime import Runtime
from lockbox.scopes import SiteDayScope
from lockbox.servicing import audit, night
from lockbox.servicing.record import last_night
from lockbox.simulator.right_answer import right_answer
from lockbox.simulator.truth import Truth
from reconciliation import daily
from reconciliation.exceptions import resolution
from reconciliation.site_day import load_site_day
from tests.builders import ledger as make
from tests.builders import true_day
from tests.builders.true_day import SITES, at

MONDAY = make.DAY
DAYS = [MONDAY + timedelta(days) for days in range(3)]


def close(runtime: Runtime, day: date) -> None:
    """Both sites close, with what is carried forward tying, and the night runs."""
    for site_id in SITES:
        with runtime.engine.begin() as connection:
            silent = sa.text("insert into site_day values (:site, :day, '[]', :at) on conflict do nothing")
            connection.execute(silent, {"site": site_id, "day": day, "at": at(day, 12)})
        assert "closed in balance" in daily.close(runtime, SiteDayScope(site_id, day), at(day, 19))
        with runtime.engine.connect() as connection:
            site_day = load_site_day(connection, site_id, day)
        assert site_day.tie_out().differences == ()
        assert site_day.work.stored == site_day.work.brought
    night.night(runtime, day, at(day, 21))


def in_order(runtime: Runtime) -> None:
    """Every check, and every contract where the replay of its history ends."""
    with runtime.engine.connect() as connection:
        assert run_checks(connection) == []
        numbers = list(connection.execute(sa.text("select contract_id from contract order by 1")).scalars())
        assert list(audit.differences(connection, numbers, last_night(connection))) == []


def ends(runtime: Runtime) -> dict[tuple[str, str, int], tuple[str, int | None, dict[str, int]]]:
    """What became of each item: outcome, cents, and what each contract got."""
    rows = sa.text("""
        select b.site_id, b.batch_no, i.sequence, d.outcome, d.amount_cents, coalesce((
            select jsonb_object_agg(x.account_number, x.cents) from (
                select c.account_number, sum(l.amount_cents) as cents
                from decision_line as l join contract as c using (contract_id)
                where l.decision_id = d.decision_id group by 1) as x), '{}') as lines
        from item as i join batch as b using (batch_id) join lateral newest_decision(i.item_id) as d on true""")
    with runtime.engine.connect() as connection:
        return {(row[0], row[1], row[2]): (row[3], row[4], row[5]) for row in connection.execute(rows)}


def wrong_ends(runtime: Runtime, truth: Truth, today: date) -> list[str]:
    """Items that did not end as their truth says."""
    ended, wrong = ends(runtime), []
    for true in truth.items:
        answer, (outcome, cents, lines) = right_answer(true, today), ended[true.key]
        got = {line.account_number: line.amount_cents for line in answer.lines}
        is_kept = true.kind == "check" and answer.outcome in (Outcome.POST, Outcome.SUSPENSE)
        if true.outcome == "support" and outcome == "support":
            continue
        if outcome != answer.outcome or (is_kept and (cents, lines) != (answer.amount_cents, got)):
            wrong.append(f"{true.key} {true.story}: {outcome} {cents} {lines}, right is {answer}")
    return wrong


def test_the_sample_day_is_worked_to_the_end_by_several_clerks_over_three_business_days(runtime: Runtime) -> None:
    mail = true_day.taken_in(runtime, MONDAY, envelopes=100, contracts=250)
    make.altered(runtime, "update policy set value = '50000' where rule = 'exceptions.double_key_cents'")
    rng = Random(1)
    close(runtime, MONDAY)
    report = daily.report(runtime, MONDAY, at(MONDAY, 20))
    evening = report.read_bytes()
    with runtime.engine.connect() as connection:
        waiting = len(resolution.open_items(connection))
    assert waiting > 10
    in_order(runtime)
    for day, items in zip(DAYS[1:], (waiting // 2, None), strict=True):
        assert work_items(runtime.engine, mail.truth, at(day, 12), rng, items)
        resolution.finish_ready(runtime, at(day, 13))
        close(runtime, day)
        in_order(runtime)
    with runtime.engine.connect() as connection:
        left = resolution.open_items(connection)
    assert {item.outcome for item in left} == {Outcome.HOLD}  # post-dated checks, whose day has not come
    assert wrong_ends(runtime, mail.truth, DAYS[-1]) == []
    assert daily.report(runtime, MONDAY, at(MONDAY, 20)).read_bytes() == evening
    with runtime.engine.connect() as connection:
        assert connection.execute(sa.text("select sum(amount_cents) from entry")).scalar_one() == 0
        assert connection.execute(sa.text("select count(*) from keying")).scalar_one() > 0
