"""The weekly audit: all parts, once a week, at one moment of the ledger, and it finds faults."""

from __future__ import annotations

from datetime import timedelta

import pytest
import sqlalchemy as sa

from lockbox.errors import InputError, NotReady, OutOfBalance
from lockbox.runtime import Runtime
from lockbox.scopes import AuditScope
from lockbox.servicing import weekly_audit
from lockbox.servicing.weekly_audit import audit_part, open_parts
from tests.builders import ledger as make
from tests.builders import nights
from tests.builders.ledger import altered

SUNDAY = make.EVENING + timedelta(6)  # 22 November 2026


@pytest.fixture(autouse=True)
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Parts of a few contracts."""
    monkeypatch.setattr(weekly_audit, "PART", 25)


def test_each_part_is_done_once_a_week(runtime: Runtime) -> None:
    assert open_parts(runtime, SUNDAY) == []  # no night was run
    nights.load(runtime, nights.portfolio(60))
    nights.run(runtime, make.DAY + timedelta(6))
    parts = open_parts(runtime, SUNDAY)
    assert list(map(str, parts)) == [f"audit/2026-W47/{part}" for part in ("checks", 1, 26, 51)]
    altered(runtime, "insert into replay_waiting select contract_id, '2026-11-20' from contract on conflict do nothing")
    lines = [audit_part(runtime, scope, SUNDAY) for scope in parts]
    assert lines[0].endswith("checks in order after the night of 2026-11-22")
    assert [line.split(": ")[1].split(" in ")[0] for line in lines[1:]] == [
        "25 contracts",
        "25 contracts",
        "10 contracts",
    ]
    assert open_parts(runtime, SUNDAY) == []
    with runtime.engine.connect() as connection:
        assert connection.execute(sa.text("select count(*) from replay_waiting")).scalar_one() == 0
    assert audit_part(runtime, parts[1], SUNDAY) == "audit/2026-W47/1: done before"
    assert len(open_parts(runtime, SUNDAY + timedelta(1))) == 4
    with pytest.raises(InputError, match="not a part of an audit"):
        AuditScope.parse("audit/2026-W47/all")


def test_a_part_with_faults_stays_open(runtime: Runtime) -> None:
    nights.load(runtime, nights.portfolio(60))
    nights.run(runtime, make.DAY)
    altered(runtime, "update position set carry = carry + 1 where contract_id in (30, 60)")
    altered(runtime, "alter table entry disable trigger append_only")
    altered(runtime, "update entry set amount_cents = amount_cents + 1 where journal_id = 1 and line_no = 1")
    parts = open_parts(runtime, SUNDAY)
    faults = {}
    for scope in parts:
        try:
            audit_part(runtime, scope, SUNDAY)
        except OutOfBalance as error:
            faults[str(scope)] = str(error)
    assert "check i01_journal_balances" in faults.pop("audit/2026-W47/checks")
    assert {"audit/2026-W47/26", "audit/2026-W47/51"} <= set(faults)
    assert "not where its history ends: carry is" in faults["audit/2026-W47/26"]
    assert set(map(str, open_parts(runtime, SUNDAY))) == {"audit/2026-W47/checks", *faults}
    altered(runtime, "update position set carry = carry - 1 where contract_id in (30, 60)")
    audit_part(runtime, AuditScope(2026, 48, "26"), SUNDAY + timedelta(7))  # a later week closes what this one found
    with runtime.engine.connect() as connection:
        open_events = connection.execute(sa.text("select scope from ops_event where closed_at is null order by 1"))
        assert list(open_events.scalars()) == sorted({"audit/2026-W47/checks", *faults} - {"audit/2026-W47/26"})


def test_the_audit_waits_for_a_night_under_way(runtime: Runtime) -> None:
    nights.load(runtime, nights.portfolio(20))
    nights.run(runtime, make.DAY)
    altered(
        runtime,
        "insert into stage_run (scope, stage, fence, state, started_at) "
        "values ('night/2026-11-17', 'bill', 1, 'done', now())",
    )
    with pytest.raises(NotReady, match="broke off"):
        audit_part(runtime, AuditScope(2026, 47, "1"), SUNDAY)
    assert AuditScope(2026, 47, "1") in open_parts(runtime, SUNDAY)
