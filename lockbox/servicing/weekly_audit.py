"""The weekly audit, shell: all checks without limits and every contract replayed, part by part, once a week."""

from __future__ import annotations

from datetime import date, datetime

import sqlalchemy as sa

from lockbox import db
from lockbox.checks import run_checks
from lockbox.errors import NotReady, OutOfBalance
from lockbox.lender.dated_rules import lender_day, lender_served
from lockbox.ops_events import settle
from lockbox.runtime import Runtime
from lockbox.scopes import AuditScope
from lockbox.servicing.audit import differences, settle_waiting
from lockbox.servicing.record import last_night
from lockbox.stages import is_done, stage

STAGE = "audit"
PART = 10_000  # contracts in one part: minutes of one core
SHOWN = 20  # findings in one message


def open_parts(runtime: Runtime, as_of: datetime) -> list[AuditScope]:
    """The parts of the week's audit that are not done: "audit/2026-W47/checks", and for contracts "audit/2026-W47/1".

    Empty before the first night.
    """
    with runtime.engine.connect() as connection:
        if connection.execute(sa.text("select max(business_date) from night")).scalar() is None:
            return []
        year, week, _ = lender_day(connection, lender_served(connection, runtime.settings.profile), as_of).isocalendar()
        last = connection.execute(sa.text("select max(contract_id) from contract")).scalar() or 0
        parts = [AuditScope.CHECKS, *map(str, range(1, last + 1, PART))]
        scopes = [AuditScope(year, week, part) for part in parts]
        return [scope for scope in scopes if not is_done(connection, scope, STAGE)]


def audit_part(runtime: Runtime, scope: AuditScope, as_of: datetime) -> str:
    """Does one part, unless it is done, on the ledger as it is at one moment: mail and nights may go on meanwhile.

    Raises:
        NotReady: a night is under way or broke off.
        OutOfBalance: something is not as it must be.
        Fenced: a newer attempt took over.
    """
    with runtime.engine.connect() as connection:
        if is_done(connection, scope, STAGE):
            return f"{scope}: done before"
    with stage(runtime.engine, scope, STAGE, as_of, failures={OutOfBalance: "audit_failed"}) as written:
        one_moment = runtime.engine.execution_options(isolation_level="REPEATABLE READ")
        with one_moment.connect() as connection:
            night = last_night(connection)
            if night is None:
                raise NotReady(f"{scope}: no night was run yet")
            contracts = _contracts(connection, scope)
            findings, subject = _findings(connection, contracts, night)
        if findings:
            raise OutOfBalance(f"{scope}: not in order. " + "; ".join(findings[:SHOWN]))
        settle_waiting(written, contracts or [], night)
        _settle_earlier_weeks(written, scope, as_of)
    return f"{scope}: {subject} in order after the night of {night}"


def _settle_earlier_weeks(connection: sa.Connection, scope: AuditScope, as_of: datetime) -> None:
    """What an earlier week found in this part is gone, now that the part passes."""
    failed = "select scope from ops_event where kind = 'audit_failed' and closed_at is null and scope < :scope"
    for earlier in connection.execute(sa.text(failed), {"scope": str(scope)}).scalars().all():
        if AuditScope.parse(earlier).part == scope.part:
            settle(connection, "audit_failed", earlier, as_of)


def _findings(connection: sa.Connection, contracts: list[int] | None, night: date) -> tuple[list[str], str]:
    """(findings, what was audited) of one part: the checks, or contracts."""
    if contracts is None:
        return [str(finding) for finding in run_checks(connection)], f"{len(db.check_names())} checks"
    return list(differences(connection, contracts, night)), f"{len(contracts):,} contracts"


def _contracts(connection: sa.Connection, scope: AuditScope) -> list[int] | None:
    """The contracts of a part; None: it is the part of the checks."""
    if scope.part == AuditScope.CHECKS:
        return None
    rows = connection.execute(
        sa.text("select contract_id from contract where contract_id between :first and :last order by 1"),
        {"first": int(scope.part), "last": int(scope.part) + PART - 1},
    )
    return list(rows.scalars())
