"""The weekly audit, shell: every check over everything and every contract replayed, part by part, each once a week."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

import sqlalchemy as sa

from lockbox import db
from lockbox.checks import run_checks
from lockbox.errors import NotReady, OutOfBalance
from lockbox.lender.profile import read_profile
from lockbox.runtime import Runtime
from lockbox.scopes import AuditScope
from lockbox.servicing.audit import differences
from lockbox.servicing.record import last_night
from lockbox.stages import is_done, stage

STAGE = "audit"
PART = 10_000  # contracts by their ids: minutes of one core
SHOWN = 20  # findings spelled out in one message


def open_parts(runtime: Runtime, as_of: datetime) -> list[AuditScope]:
    """The parts of the week's audit that are not done: "audit/2026-W47/checks", and of contracts "audit/2026-W47/1".

    None before the first night.
    """
    zone = ZoneInfo(read_profile(runtime.settings.profile)["site"][0]["time_zone"])
    year, week, _ = as_of.astimezone(zone).isocalendar()
    with runtime.engine.connect() as connection:
        if connection.execute(sa.text("select max(business_date) from night")).scalar() is None:
            return []
        last = connection.execute(sa.text("select max(contract_id) from contract")).scalar() or 0
        parts = [AuditScope.CHECKS, *map(str, range(1, last + 1, PART))]
        scopes = [AuditScope(year, week, part) for part in parts]
        return [scope for scope in scopes if not is_done(connection, scope, STAGE)]


def audit_part(runtime: Runtime, scope: AuditScope, as_of: datetime) -> str:
    """Does one part, on the ledger as it is at one moment: mail and nights may go on meanwhile. Done before: nothing.

    Raises:
        NotReady: a night is under way or broke off.
        OutOfBalance: something is not as it must be.
        Fenced: a newer try took over.
    """
    with runtime.engine.connect() as connection:
        if is_done(connection, scope, STAGE):
            return f"{scope}: done before"
    with stage(runtime.engine, scope, STAGE, as_of):
        one_moment = runtime.engine.execution_options(isolation_level="REPEATABLE READ")
        with one_moment.connect() as connection:
            night = last_night(connection)
            if night is None:
                raise NotReady(f"{scope}: no night was run yet")
            if scope.part == AuditScope.CHECKS:
                found, looked_at = [str(one) for one in run_checks(connection)], f"{len(db.check_names())} checks"
            else:
                contracts = list(
                    connection.execute(
                        sa.text("select contract_id from contract where contract_id between :a and :b order by 1"),
                        {"a": int(scope.part), "b": int(scope.part) + PART - 1},
                    ).scalars()
                )
                found, looked_at = list(differences(connection, contracts, night)), f"{len(contracts):,} contracts"
        if found:
            raise OutOfBalance(f"{scope}: not in order. " + "; ".join(found[:SHOWN]))
    return f"{scope}: {looked_at} in order after the night of {night}"
