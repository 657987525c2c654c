"""Sending of notices, shell: each once, within permitted hours, retried while that helps, and every try recorded."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

import sqlalchemy as sa

from lockbox import db, telemetry
from lockbox.customer.channels import DEFERRED, REFUSED, UNCERTAIN, Outbox, Outcome, Smtp, TextGateway, Transport
from lockbox.customer.notice import Channel, Kind, Notice, message
from lockbox.customer.quiet_hours import QuietHours, quiet_hours
from lockbox.lender.dated_rules import lender_day, rule_on
from lockbox.money import last_four
from lockbox.ops_events import note
from lockbox.runtime import Runtime
from lockbox.scopes import LenderDayScope
from lockbox.stages import stage

NONE = "none"
CATCH_UP_DAYS = 4  # the day itself and the three before it


@dataclass(frozen=True, slots=True)
class Manner:
    """How notices are sent on a day, from the lender's dated rules."""

    lender: str
    contact: str
    sender: str  # the From of email
    quiet: QuietHours
    first: tuple[str, ...]  # channels; the first that reaches the customer is used
    retry_minutes: tuple[int, ...]  # how long to wait after the first, second ... deferral


def send_notices(
    runtime: Runtime, lender_id: str, as_of: datetime, senders: Mapping[str, Transport] | None = None
) -> str:
    """Sends what is waiting and may go out now; returns how many had which outcome.

    Email is sent at least once: a crash between sending and recording sends it again under the same Message-ID. A text
    is sent at most once: after such a crash it is uncertain, set aside, and an event tells somebody.
    """
    with db.held(runtime.engine, db.Lock.NOTICE_SENDER) as ours:
        if not ours:
            return "another sender is at work"
        with runtime.engine.connect() as connection:
            manner = manner_on(connection, lender_id, as_of)
            waiting = db.rows(connection, "notices/waiting", lender_id=lender_id, as_of=as_of)
        transports = dict(senders or open_senders(runtime, manner))
        counts: Counter[str] = Counter()
        try:
            for row in waiting:
                counts[_take(runtime, manner, transports, row, as_of)] += 1
        finally:
            for transport in transports.values():
                transport.close()
    telemetry.log.info("send", lender=lender_id, waiting=len(waiting), **counts)
    outcomes = ", ".join(f"{count} {name}" for name, count in sorted(counts.items()))
    return f"{len(waiting)} notices waiting: {outcomes or 'nothing to do'}"


def plan_notices(runtime: Runtime, lender_id: str, day: date, as_of: datetime) -> str:
    """Plans the notices of a night: each once, for customers who gave an electronic address.

    A notice that was missed in the last three days is caught up; older ones would be stale.

    Raises:
        SettingsError: a rule has no value.
        Fenced: a newer attempt took over.
    """
    with stage(runtime.engine, LenderDayScope(lender_id, day), "notices", as_of) as connection:
        keep = rule_on(connection, lender_id, "notice.keep_days", day)
        stops = rule_on(connection, lender_id, "notice.stops", day)
        days = {
            Kind.DUE_SOON: rule_on(connection, lender_id, "notice.due_soon_days", day),
            Kind.LATE: rule_on(connection, lender_id, "notice.late_days", day),
            Kind.LEASE_ENDS: list(rule_on(connection, lender_id, "notice.lease_end_days", day)),
        }
        counts = {}
        for kind in Kind:
            connection.execute(db.query(f"notices/plan_{kind}"), {"day": day, "days": days.get(kind, CATCH_UP_DAYS)})
            counts[kind] = connection.execute(
                sa.text("select plan_notices(:lender, :kind, :day, cast(:stops as text[]), :as_of, :keep_days)"),
                {
                    "lender": lender_id,
                    "kind": kind,
                    "day": day,
                    "as_of": as_of,
                    "keep_days": keep[kind],
                    "stops": stops.get(kind, []),
                },
            ).scalar_one()
        telemetry.count(**{str(kind): count for kind, count in counts.items()})
        planned = ", ".join(f"{count} {kind}" for kind, count in counts.items() if count)
        return f"{lender_id} {day}: notices planned: {planned or 'none'}"


def manner_on(connection: sa.Connection, lender_id: str, as_of: datetime) -> Manner:
    """The rules for sending on a day.

    Raises:
        SettingsError: a rule has no value, or one that cannot be used.
    """
    day = lender_day(connection, lender_id, as_of)

    def rule(name: str) -> Any:
        return rule_on(connection, lender_id, name, day)

    return Manner(
        lender=rule("lender.name"),
        contact=rule("paper.contact"),
        sender=rule("notice.from"),
        quiet=quiet_hours(rule("notice.hours"), rule("notice.time_zones")),
        first=tuple(rule("notice.channels")),
        retry_minutes=tuple(rule("notice.retry_minutes")),
    )


def open_senders(runtime: Runtime, manner: Manner) -> dict[str, Transport]:
    """The transports that the settings name; an outbox folder where they name none."""
    settings = runtime.settings
    outbox = settings.outbox_path
    return {
        Channel.EMAIL: Smtp(settings.smtp_url, manner.sender)
        if settings.smtp_url
        else Outbox(outbox / "email", manner.sender),
        Channel.TEXT: TextGateway(settings.text_gateway_url, settings.text_gateway_token)
        if settings.text_gateway_url
        else Outbox(outbox / "text", manner.sender),
    }


def choose(row: Mapping[str, Any], first: Sequence[str]) -> tuple[str, int | None, str]:
    """(channel, contact, address) that the customer wishes, or the first that reaches them; channel "none" for none.

    The notice of a statement always goes by email: it takes the place of the paper.
    """
    wish = row["wish"]
    if row["kind"] == Kind.STATEMENT_READY:
        channels: Sequence[str] = (Channel.EMAIL,)
    elif wish == NONE:
        return NONE, None, "unwanted"
    else:
        channels = [wish, *(name for name in first if name != wish)] if wish else first
    for channel in channels:
        if row[channel]:
            return channel, row[f"{channel}_id"], row[channel]
    return NONE, None, "unreachable"


def _take(
    runtime: Runtime, manner: Manner, transports: dict[str, Transport], row: sa.RowMapping, as_of: datetime
) -> str:
    """One notice: ended without a try, left for later, or tried; returns what became of it."""
    if row["state"] == "cut_off":
        return _after_crash(runtime, row, as_of)
    gave_up = row["tries"] > len(manner.retry_minutes)
    if row["send_until"] < as_of or gave_up:
        why = f"not sent after {row['tries']} tries: {row['detail']}" if row["tries"] else "not sent in time"
        return _end(runtime, row, "expired", why, as_of)
    if row["tries"] and row["outcome_at"] + timedelta(minutes=manner.retry_minutes[row["tries"] - 1]) > as_of:
        return "later"
    channel, contact_id, address = choose(dict(row), manner.first)
    if channel == NONE:
        return _end(runtime, row, address, "no address that works" if address == "unreachable" else "", as_of)
    if not manner.quiet.open_at(channel, row["customer_state"], as_of):
        return "quiet hours"
    if channel not in transports:
        return "later"
    return _try(runtime, manner, transports, row, (channel, contact_id, address), as_of)


def _try(
    runtime: Runtime,
    manner: Manner,
    transports: dict[str, Transport],
    row: sa.RowMapping,
    to: tuple[str, int | None, str],
    as_of: datetime,
) -> str:
    """Records the try, makes it, records its outcome; each record is a transaction of its own."""
    channel, contact_id, address = to
    notice = Notice(Kind(row["kind"]), row["contract_id"], row["occasion"], row["account_number"], row["facts"])
    ready = message(notice, Channel(channel), address, manner.lender, manner.contact)
    with runtime.engine.begin() as connection:
        try_no = _note_try(connection, row, channel, contact_id, as_of)
    outcome = transports[channel].send(ready, as_of)
    with runtime.engine.begin() as connection:
        _note_outcome(connection, row, try_no, outcome.state, outcome.detail, as_of)
        if outcome.state == REFUSED:
            _note_problem(connection, contact_id, outcome.detail, as_of)
        if outcome.state in (REFUSED, UNCERTAIN):
            _note_event(connection, row, outcome, as_of)
    if outcome.stop:
        transports.pop(channel).close()
    return outcome.state


def _after_crash(runtime: Runtime, row: sa.RowMapping, as_of: datetime) -> str:
    with runtime.engine.begin() as connection:
        if row["tried_channel"] == Channel.TEXT:
            outcome = Outcome(UNCERTAIN, "cut off by a crash: it may have been sent, so it is not sent again")
            _note_event(connection, row, outcome, as_of)
        else:
            outcome = Outcome(DEFERRED, "cut off by a crash: it is sent again under the same Message-ID")
        _note_outcome(connection, row, row["tries"], outcome.state, outcome.detail, as_of)
    return outcome.state


def _end(runtime: Runtime, row: sa.RowMapping, state: str, detail: str, as_of: datetime) -> str:
    """Ends a notice without sending it."""
    with runtime.engine.begin() as connection:
        try_no = row["tries"] or _note_try(connection, row, NONE, None, as_of)
        _note_outcome(connection, row, try_no, state, detail, as_of)
        if state != "unwanted":
            _note_event(connection, row, Outcome(state, detail), as_of)
    return state


def _note_try(
    connection: sa.Connection, row: sa.RowMapping, channel: str, contact_id: int | None, as_of: datetime
) -> int:
    return int(
        connection.execute(
            sa.text("""
                insert into notice_try (notice_id, try_no, channel, contact_id, begun_at)
                values (:notice, :try_no, :channel, :contact, :as_of) returning try_no"""),
            {
                "notice": row["notice_id"],
                "try_no": row["tries"] + 1,
                "channel": channel,
                "contact": contact_id,
                "as_of": as_of,
            },
        ).scalar_one()
    )


def _note_outcome(
    connection: sa.Connection, row: sa.RowMapping, try_no: int, state: str, detail: str, as_of: datetime
) -> None:
    connection.execute(
        sa.text("""
            insert into notice_outcome (notice_id, try_no, outcome, detail, at)
            values (:notice, :try_no, :outcome, :detail, :as_of) on conflict do nothing"""),
        {"notice": row["notice_id"], "try_no": try_no, "outcome": state, "detail": detail[:500], "as_of": as_of},
    )


def _note_problem(connection: sa.Connection, contact_id: int | None, reason: str, as_of: datetime) -> None:
    connection.execute(
        sa.text("insert into contact_problem values (:contact, :as_of, :reason) on conflict do nothing"),
        {"contact": contact_id, "as_of": as_of, "reason": reason[:500]},
    )


def _note_event(connection: sa.Connection, row: sa.RowMapping, outcome: Outcome, as_of: datetime) -> None:
    """An event, for `status` and the report: somebody has to take care of this customer."""
    account = last_four(row["account_number"])
    message = f"{row['kind']} of {row['occasion']}, account {account}: {outcome.state} {outcome.detail}".rstrip()
    note(connection, "warning", "notice", f"notice/{row['notice_id']}", message, as_of)
