"""The night, shell: once a business date is closed, its bills, interest, late fees and statuses, step by step."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

import sqlalchemy as sa

from lockbox import db, telemetry
from lockbox.checks import run_checks
from lockbox.errors import NotReady, OutOfBalance
from lockbox.lender.dated_rules import lender_day, lender_served, lender_zone, rule_on
from lockbox.money import dollars
from lockbox.ops_events import note, settle, settle_all_but
from lockbox.runtime import Runtime
from lockbox.scopes import NightScope
from lockbox.servicing import terms_change
from lockbox.servicing.assessment import assess
from lockbox.servicing.audit import by_turns, differences
from lockbox.servicing.correction import adjust_made_up
from lockbox.servicing.record import last_night
from lockbox.servicing.unclaimed import note_due
from lockbox.stages import is_done, stage

# What a night can break, and once more what the close has checked last: that no paper is missing without a name.
CHECKS = (
    "control_totals",
    "i01_journal_balances",
    "i02_ledger_balances",
    "i03_reversals_mirror",
    "i07_refunds",
    "i07_suspense_items",
    "i08_positions_match",
    "i08_installments_match",
    "i12_one_late_fee",
    "i14_chain",
)
JSON = ("hold",)  # parameters of steps
SHOWN = 10  # findings in one message


@dataclass(frozen=True, slots=True)
class Night:
    """A night of one lender, for its steps."""

    connection: sa.Connection
    lender_id: str
    day: date
    as_of: datetime

    def call(self, function: str, **parameters: Any) -> int:
        """Runs a step's function (sql/functions/077 to 090); gives for how many contracts it wrote something."""
        values = {"lender": self.lender_id, "day": self.day, **parameters}
        arguments = ", ".join(f"cast(:{name} as jsonb)" if name in JSON else f":{name}" for name in values)
        written = int(self.connection.execute(sa.text(f"select {function}({arguments})"), values).scalar_one() or 0)
        telemetry.count(contracts=written)
        return written


def night(runtime: Runtime, day: date, as_of: datetime) -> list[str]:
    """Runs the nights through that of `day`, one after the other; gives a line for each.

    Missed nights are made up in order, Saturdays, Sundays and holidays too: interest accrues every day. Each step is
    one fenced transaction. A night that was run is left alone; one that broke off continues where it stopped.

    Raises:
        NotReady: no contract is there yet, or a site day up to the night's date is not closed.
        OutOfBalance: a check found something; the night stays unfinished.
        Fenced: a newer attempt took over.
    """
    with _at_night(runtime, alone=False):
        with runtime.engine.connect() as connection:
            missing = missing_nights(connection, day)
        if not missing:
            return [f"{day}: the night was run already, nothing to do"]
        return [_run(runtime, missed, as_of) for missed in missing]


def nights_before(runtime: Runtime, day: date, as_of: datetime) -> list[str]:
    """Runs the nights that must come before the mail of a business date, as far as possible; gives a line for each.

    A payment is split by the interest and the fees of the nights before it: Monday's mail is posted after Saturday's
    and Sunday's nights. Mail does not wait for a night whose own date is still open: once that night is run, the
    payments that came too early for it are corrected (lockbox.servicing.correction.adjust_made_up).

    Raises:
        NotReady: a night broke off and cannot be finished; the message says why.
    """
    with _at_night(runtime, alone=True):
        try:
            lines = [_run(runtime, waiting, as_of) for waiting in waiting_nights(runtime, as_of) if waiting < day]
        except OutOfBalance as error:
            raise NotReady(f"mail of {day} waits for a night that broke off. {error}") from error
        with runtime.engine.connect() as connection:
            last_night(connection)
    return lines


@contextmanager
def _at_night(runtime: Runtime, *, alone: bool) -> Iterator[None]:
    """Nights may run at the same time (a newer try fences the older one out); mail waits until no night is running."""
    shared = "" if alone else "_shared"
    with runtime.engine.connect() as connection:
        connection.execute(sa.text(f"select pg_advisory_lock{shared}(:lock)"), {"lock": db.Lock.NIGHT})
        connection.commit()  # the session keeps its lock; a transaction must not stay open for minutes
        try:
            yield
        finally:
            connection.execute(sa.text(f"select pg_advisory_unlock{shared}(:lock)"), {"lock": db.Lock.NIGHT})
            connection.commit()


def missing_nights(connection: sa.Connection, day: date) -> list[date]:
    """The nights through that of `day` that have not been run, oldest first.

    Raises:
        NotReady: there is no contract.
    """
    last = connection.execute(sa.text("select max(business_date) from night")).scalar()
    if last is None:
        last = connection.execute(sa.text("select min(accrued_through) from position")).scalar()
    if last is None:
        raise NotReady("no contracts: nothing to run a night for")
    return [last + timedelta(ahead) for ahead in range(1, (day - last).days + 1)]


def waiting_nights(runtime: Runtime, as_of: datetime) -> list[date]:
    """The nights that can be run: not run yet, their date over by `as_of`, and no site day through it still open.

    A date is over from its cut-off on, when mail counts for the next date.
    """
    with runtime.engine.connect() as connection:
        over = _last_date_over(connection, as_of)
        if over is None or not connection.execute(sa.text("select 1 from position limit 1")).first():
            return []
        still_open = [row["business_date"] for row in db.rows(connection, "queries/close_open_days")]
        return [day for day in missing_nights(connection, over) if not still_open or day < min(still_open)]


def ensure_date_is_over(runtime: Runtime, day: date, as_of: datetime) -> None:
    """Refuses a night whose date is not over: interest is not accrued ahead.

    Raises:
        NotReady: the date is not over by `as_of`.
    """
    with runtime.engine.connect() as connection:
        over = _last_date_over(connection, as_of)
    if over is None or day > over:
        raise NotReady(f"{NightScope(day)}: not over by {as_of.isoformat()}; {over} is the last date that is")


def late_nights(runtime: Runtime, as_of: datetime) -> list[str]:
    """Nights not run by the hour that the lender names, on the day after, and one that broke off; each is an event
    until it is run.

    A night whose process was killed could not say so itself. One that failed has its event already.
    """
    with runtime.engine.begin() as connection:
        over = _last_night_due(connection, lender_served(connection, runtime.settings.profile), as_of)
        known = connection.execute(sa.text("select 1 from position limit 1")).first()
        late = missing_nights(connection, over) if over and known else []
        scopes = [str(NightScope(day)) for day in late]
        for scope in scopes:
            note(connection, "error", "late_night", scope, "the night of this date has not been run", as_of)
        broken = _broken_off(connection)
        for scope, step in broken.items():
            message = f"the night stopped in its step {step}; run again, it continues there"
            note(connection, "error", "late_night", scope, message, as_of)
        settle_all_but(connection, "late_night", {*scopes, *broken}, as_of)
    return sorted({*scopes, *broken})


def _broken_off(connection: sa.Connection) -> dict[str, str]:
    """Night -> its step that is under way with nobody at work on it: whoever works on a night holds its lock."""
    free = sa.text("select pg_try_advisory_xact_lock(:lock)")
    if not connection.execute(free, {"lock": db.Lock.NIGHT}).scalar_one():
        return {}
    rows = connection.execute(
        sa.text("""
            select r.scope, r.stage from stage_run as r
            where r.scope like 'night/%' and r.state = 'running'
                and r.scope > 'night/' || coalesce((select max(n.business_date) from night as n)::text, '')
                and not exists (
                    select from ops_event as e
                    where e.kind = 'task_failed' and e.cause = 'night' and e.closed_at is null
                )""")
    )
    return {row.scope: row.stage for row in rows}


def _last_night_due(connection: sa.Connection, lender_id: str, as_of: datetime) -> date | None:
    """The last date whose night should have been run by now; None without a site."""
    over = _last_date_over(connection, as_of)
    if over is None:
        return None
    zone, today = lender_zone(connection, lender_id), lender_day(connection, lender_id, as_of)
    hour = time.fromisoformat(rule_on(connection, lender_id, "night.by", today))
    is_past = as_of >= datetime.combine(today, hour, zone)
    return min(over, today - timedelta(1 if is_past else 2))


def _last_date_over(connection: sa.Connection, as_of: datetime) -> date | None:
    """The last date that is over at an instant, by the clocks of all sites; None without a site."""
    rows = connection.execute(
        sa.text("""
            select distinct on (s.site_id) c.cut_off, as_of.local
            from site as s
            join site_cut_off as c using (site_id)
            cross join lateral (select cast(:as_of as timestamptz) at time zone s.time_zone as local) as as_of
            -- the row in force on the site's own date; before its first row, that one
            order by s.site_id, c.valid_from <= as_of.local::date desc, abs(c.valid_from - as_of.local::date)"""),
        {"as_of": as_of},
    )
    dates_over = [row.local.date() - timedelta(0 if row.local.time() >= row.cut_off else 1) for row in rows]
    return min(dates_over, default=None)


def _run(runtime: Runtime, day: date, as_of: datetime) -> str:
    scope = NightScope(day)
    with runtime.engine.connect() as connection:
        _refuse_open_days(connection, day)
        lenders = list(connection.execute(sa.text("select lender_id from lender order by 1")).scalars())
    for name, step in STEPS.items():
        with runtime.engine.connect() as connection:
            if is_done(connection, scope, name):
                continue
        with stage(runtime.engine, scope, name, as_of, failures={OutOfBalance: "night_failed"}) as connection:
            for lender in lenders:
                step(Night(connection, lender, day, as_of))
    with stage(runtime.engine, scope, "finish", as_of) as connection:
        summary = summarize(connection, day)
        connection.execute(
            sa.text("select night_finish(:day, cast(:summary as jsonb), :as_of)"),
            {"day": day, "summary": json.dumps(summary), "as_of": as_of},
        )
        settle(connection, "late_night", str(scope), as_of)
    return summary_line(day, summary)


def _bill(night: Night) -> int:
    days = int(rule_on(night.connection, night.lender_id, "bill.days_before", night.day))
    return night.call("night_bill", days_before=days, as_of=night.as_of)


def _payoffs(night: Night) -> int:
    def rule(name: str) -> Any:
        return rule_on(night.connection, night.lender_id, name, night.day)

    return night.call(
        "night_payoffs", tolerance=rule("payoff.tolerance_cents"), boxes=rule("payoff.boxes"), as_of=night.as_of
    )


def _assess(night: Night) -> int:
    assessed = assess(night.connection, night.lender_id, night.day)
    telemetry.count(contracts=assessed)
    return assessed


def _made_up(night: Night) -> int:
    made_up = adjust_made_up(night.connection, night.lender_id, night.day, night.as_of)
    return made_up + terms_change.correct_taken(night.connection, night.lender_id, night.day, night.as_of)


def _propose_refunds(night: Night) -> int:
    hold = rule_on(night.connection, night.lender_id, "refund.hold_days", night.day)
    method = rule_on(night.connection, night.lender_id, "refund.method", night.day)
    smallest = int(rule_on(night.connection, night.lender_id, "refund.smallest_cents", night.day))
    values = {"hold": json.dumps(hold), "smallest": smallest, "by_method": method}
    return night.call("night_propose_refunds", **values, as_of=night.as_of)


def _unclaimed(night: Night) -> int:
    planned = night.call("night_owner_letters", as_of=night.as_of)
    note_due(night.connection, night.lender_id, night.day, night.as_of)
    return planned


def _seal(night: Night) -> int:
    night.connection.execute(sa.text("select seal_ledger(:day)"), {"day": night.day})
    return 0


def _check(night: Night) -> int:
    findings = [str(finding) for finding in run_checks(night.connection, since=night.day, only=CHECKS)]
    count = rule_on(night.connection, night.lender_id, "check.replayed_contracts", night.day)
    chosen = by_turns(night.connection, night.lender_id, night.day, count)
    findings += differences(night.connection, chosen, night.day)
    if findings:
        raise OutOfBalance(f"{NightScope(night.day)}: not in order. " + "; ".join(findings[:SHOWN]))
    return 0


# In this order, as lockbox.contract.history defines a night. Each step runs once, in a transaction of its own.
STEPS: Mapping[str, Callable[[Night], int]] = {
    "terms": lambda night: night.call("night_terms", as_of=night.as_of),
    "payoffs": _payoffs,
    "apply_kept": lambda night: night.call("night_apply_kept", as_of=night.as_of),
    "bill": _bill,
    "step_base": lambda night: night.call("night_step"),
    "accrue": lambda night: night.call("night_accrue", as_of=night.as_of),
    "late_fees": lambda night: night.call("night_late_fees", as_of=night.as_of),
    "apply": lambda night: night.call("night_apply", as_of=night.as_of),
    "net_refunds": lambda night: night.call("night_net_refunds", as_of=night.as_of),
    "assess": _assess,
    "refunds": lambda night: night.call("night_refunds", as_of=night.as_of),
    "made_up": _made_up,
    "propose_refunds": _propose_refunds,
    "unclaimed": _unclaimed,
    "delinquency": lambda night: night.call("night_delinquency"),
    "seal": _seal,
    "check": _check,
}


def _refuse_open_days(connection: sa.Connection, day: date) -> None:
    still_open = [
        f"{row['site_id']}/{row['business_date']}"
        for row in db.rows(connection, "queries/close_open_days")
        if row["business_date"] <= day
    ]
    if still_open:
        raise NotReady(f"{NightScope(day)}: waits for the close of {', '.join(still_open)}")


def summarize(connection: sa.Connection, day: date) -> dict[str, Any]:
    """The figures of a night, from what it wrote."""
    (row,) = db.rows(connection, "reports/night_figures", business_date=day)
    aging = db.rows(connection, "reports/suspense_aging", business_date=day, through=None)
    suspense = [{key: row[key] for key in ("account", "bucket", "items", "amount_cents")} for row in aging]
    return {**dict(row), "suspense": suspense}


def summary_line_of(connection: sa.Connection, day: date) -> str:
    """A night in one line, or the line that it has not been run."""
    rows = connection.execute(sa.text("select summary from night where business_date = :day"), {"day": day})
    summary = rows.scalar()
    return summary_line(day, summary) if summary else f"{day}: the night has not been run"


def _ended(summary: Mapping[str, Any]) -> str:
    overdue = f", {summary['liens_overdue']:,} of them overdue" if summary["liens_overdue"] else ""
    return (
        f"{summary['payoffs']:,} paid off, {summary['quotes_expired']:,} quotes expired, "
        f"{summary['liens_to_release']:,} liens to release{overdue}"
    )


def summary_line(day: date, summary: Mapping[str, Any]) -> str:
    """A night in one line."""
    return (
        f"{day}: {summary['billed']:,} billed, {dollars(summary['accrued_cents'])} accrued on {summary['accrued']:,}, "
        f"{summary['late_fees']:,} late fees ({dollars(summary['late_fees_cents'])}), "
        f"{summary['applied']:,} uses of unapplied money, {summary['past_due']:,} past due, "
        f"{summary['status_changes']:,} changes of status, {_ended(summary)}; the ledger is sealed and sums to "
        f"{dollars(summary['ledger_cents'])}"
    )
