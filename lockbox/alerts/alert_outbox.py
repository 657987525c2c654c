"""The outbox of alerts, shell: events become messages, and messages go out, each at least once under one id."""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import sqlalchemy as sa

from lockbox import db, telemetry
from lockbox.alerts.alert import OPENED, Alert, compose
from lockbox.alerts.webhook import Webhook, host_of, webhook_to
from lockbox.customer.channels import DEFERRED, Outbox, Outcome, Smtp
from lockbox.customer.notice import Message
from lockbox.errors import SettingsError
from lockbox.lender.alert_rules import AlertRules, alert_rules
from lockbox.lender.dated_rules import lender_day, lender_served, rule_on
from lockbox.ops_events import note, settle_all_but
from lockbox.runtime import Runtime
from lockbox.settings import Settings

Address = tuple[str, str, str]  # route, channel, address
Line = tuple[str, str]  # what a transport serves: email as a whole, a webhook by its address
WEBHOOK = "webhook"
UNSENT_TRIES = 3  # so many tries in vain are an event


def tell(runtime: Runtime, as_of: datetime) -> str:
    """Makes messages of what nobody was told yet, sends what is due, and returns how many had which outcome.

    Raises:
        SettingsError: a rule for alerts has no value, or one that cannot be used.
    """
    with db.held(runtime.engine, db.Lock.ALERT_SENDER) as ours:
        if not ours:
            return "another sender is at work"
        with runtime.engine.begin() as connection:
            lender_id = lender_served(connection, runtime.settings.profile)
            rules = alert_rules(connection, lender_id, lender_day(connection, lender_id, as_of))
            made = _route_all(connection, runtime.settings, lender_id, rules, as_of)
        counts, unusable = _send_all(runtime, rules, as_of)
        with runtime.engine.begin() as connection:
            _note_unsent(connection, unusable, as_of)
            swept = (
                "insert into alert_sweep (swept_at) values (:at) on conflict (is_newest) do update set swept_at = :at"
            )
            connection.execute(sa.text(swept), {"at": as_of})
    telemetry.log.info("alerts", made=made, **counts)
    outcomes = ", ".join(f"{count} {name}" for name, count in sorted(counts.items()))
    return f"{made} alert messages made; {outcomes or 'nothing to send'}"


def _route_all(
    connection: sa.Connection, settings: Settings, lender_id: str, rules: AlertRules, as_of: datetime
) -> int:
    """Turns alerts into messages, in the caller's transaction; returns how many."""
    connection.execute(db.query("alerts/remind"), {"as_of": as_of, "hours": json.dumps(dict(rules.remind_hours))})
    sites = connection.execute(sa.text("select site_id, time_zone from site order by overnight, site_id")).all()
    rows = db.rows(connection, "alerts/unrouted")
    ended, letters = _addressed(
        rows, rules, frozenset(row.site_id for row in sites), bool(settings.alert_webhook_url), as_of
    )
    lender = rule_on(connection, lender_id, "lender.name", lender_day(connection, lender_id, as_of))
    made = 0
    for address, alerts in letters.items():
        for together in _in_messages(connection, address, alerts, rules, as_of):
            _add_message(connection, address, together, (lender, ZoneInfo(sites[0].time_zone)), as_of)
            made += 1
    connection.execute(
        sa.text("update alert set routed_at = :as_of where alert_id = any(:alerts)"), {"as_of": as_of, "alerts": ended}
    )
    return made


def _addressed(
    rows: Iterable[sa.RowMapping], rules: AlertRules, sites: frozenset[str], has_webhook: bool, as_of: datetime
) -> tuple[list[int], Mapping[Address, list[Alert]]]:
    """(alerts that need no further look, alerts by address). What ended by itself before it was told stays untold."""
    ended: list[int] = []
    letters: dict[Address, list[Alert]] = defaultdict(list)
    informed: dict[int, set[Address]] = defaultdict(set)
    for row in rows:
        alert = _alert(row)
        informed[alert.event_id] |= {_address(text) for text in row["told"]}
        if alert.phase == OPENED:
            if _is_held(alert, rules, as_of):
                continue
            recipients = set() if _passed(alert, rules, as_of) else _wanted(alert, rules, sites, has_webhook)
            informed[alert.event_id] |= recipients
        else:
            recipients = informed[alert.event_id]
        ended.append(alert.alert_id)
        for address in sorted(recipients):
            letters[address].append(alert)
    return ended, letters


def _is_held(alert: Alert, rules: AlertRules, as_of: datetime) -> bool:
    return alert.closed_at is None and alert.since + rules.hold(alert.kind) > as_of


def _passed(alert: Alert, rules: AlertRules, as_of: datetime) -> bool:
    """Whether it was over before it had lasted long enough, or so long ago that it is no news."""
    if alert.closed_at is None:
        return False
    stale = alert.closed_at < as_of - timedelta(hours=rules.keep_hours)
    return stale or alert.closed_at - alert.since < rules.hold(alert.kind)


def _wanted(alert: Alert, rules: AlertRules, sites: frozenset[str], has_webhook: bool) -> set[Address]:
    return {
        (route.name, channel, address)
        for route in rules.routes
        if route.wants(alert.topic, alert.scope, sites)
        for channel, address in route.addresses
        if (channel, address) != (WEBHOOK, "") or has_webhook
    }


def _in_messages(
    connection: sa.Connection, address: Address, alerts: Sequence[Alert], rules: AlertRules, as_of: datetime
) -> list[Sequence[Alert]]:
    """One message each, or one for all where more than policy allows would go to this address within an hour."""
    recent = connection.execute(
        sa.text("""
            select count(*) from alert_message
            where (route, channel, address) = (:route, :channel, :address) and made_at > :since"""),
        dict(zip(("route", "channel", "address"), address, strict=True)) | {"since": as_of - timedelta(hours=1)},
    ).scalar_one()
    return [alerts] if recent + len(alerts) > rules.digest_above else [[alert] for alert in alerts]


def _add_message(
    connection: sa.Connection, to: Address, alerts: Sequence[Alert], wording: tuple[str, ZoneInfo], as_of: datetime
) -> None:
    route, channel, address = to
    words = compose(alerts, *wording)
    message_id = connection.execute(
        sa.text("""
            insert into alert_message (route, channel, address, subject, body, made_at, next_try_at)
            values (:route, :channel, :address, :subject, :body, :as_of, :as_of) returning message_id"""),
        {
            "route": route,
            "channel": channel,
            "address": address,
            "subject": words.subject,
            "body": words.payload if channel == WEBHOOK else words.text,
            "as_of": as_of,
        },
    ).scalar_one()
    connection.execute(
        sa.text("insert into alert_message_item select :message, unnest(cast(:alerts as bigint[]))"),
        {"message": message_id, "alerts": [alert.alert_id for alert in alerts]},
    )


def _send_all(runtime: Runtime, rules: AlertRules, as_of: datetime) -> tuple[Counter[str], Mapping[Line, str]]:
    """Sends what is due; a line that is down is left alone for the rest of this round.

    Returns how many messages had which outcome, and the lines whose settings cannot be used, with the reason.
    """
    with runtime.engine.connect() as connection:
        waiting = db.rows(connection, "alerts/waiting", as_of=as_of)
    counts: Counter[str] = Counter()
    transports, unusable = _open(runtime.settings, rules, {_line(row) for row in waiting})
    down = set(unusable)
    try:
        for row in waiting:
            if row["made_at"] < as_of - timedelta(hours=rules.keep_hours):
                outcome = Outcome("expired", "not sent in time")
            elif _line(row) in down:
                counts["later"] += 1
                continue
            else:
                outcome = _try(runtime.engine, transports[_line(row)], rules, row, as_of)
            _record(runtime.engine, row["message_id"], outcome, as_of)
            counts[outcome.state] += 1
            if outcome.stop:
                down.add(_line(row))
    finally:
        for transport in transports.values():
            transport.close()
    return counts, unusable


def _line(row: sa.RowMapping) -> Line:
    return row["channel"], row["address"] if row["channel"] == WEBHOOK else ""


def _open(
    settings: Settings, rules: AlertRules, lines: set[Line]
) -> tuple[dict[Line, Smtp | Outbox | Webhook], dict[Line, str]]:
    """The transports that are needed, and the lines whose settings cannot be used: their messages wait."""
    transports: dict[Line, Smtp | Outbox | Webhook] = {}
    unusable: dict[Line, str] = {}
    for channel, address in sorted(lines):
        try:
            if channel == WEBHOOK:
                transports[channel, address] = webhook_to(settings, address)
            elif settings.smtp_url:
                transports[channel, address] = Smtp(settings.smtp_url, rules.sender)
            else:
                transports[channel, address] = Outbox(settings.outbox_path / "alerts", rules.sender)
        except SettingsError as error:
            telemetry.log.warning("alerts", channel=channel, reason=str(error))
            unusable[channel, address] = str(error)
    return transports, unusable


def _try(
    engine: sa.Engine, transport: Smtp | Outbox | Webhook, rules: AlertRules, row: sa.RowMapping, as_of: datetime
) -> Outcome:
    """Counts the try, then makes it: a sender that is killed in between tries again later, under the same id."""
    with engine.begin() as connection:
        connection.execute(
            sa.text("update alert_message set tries = :tries, next_try_at = :next where message_id = :message"),
            {
                "tries": row["tries"] + 1,
                "next": as_of + rules.retry(row["tries"] + 1),
                "message": row["message_id"],
            },
        )
    key = f"alert-{row['key']}"
    if isinstance(transport, Webhook):
        return transport.send(key, row["body"], as_of)
    return transport.send(Message(key, row["address"], row["subject"], row["body"]), as_of)


def _record(engine: sa.Engine, message_id: int, outcome: Outcome, as_of: datetime) -> None:
    with engine.begin() as connection:
        connection.execute(
            sa.text("""
                update alert_message
                set state = :state, detail = :detail, ended_at = case when :state <> 'waiting' then :as_of end
                where message_id = :message and state = 'waiting'"""),
            {
                "state": "waiting" if outcome.state == DEFERRED else outcome.state,
                "detail": outcome.detail[:500],
                "as_of": as_of,
                "message": message_id,
            },
        )


def _note_unsent(connection: sa.Connection, unusable: Mapping[Line, str], as_of: datetime) -> None:
    """An event while alerts do not go out: `status` shows it, and the other lines tell it."""
    reasons = defaultdict(list)
    for row in db.rows(connection, "alerts/unsent", tries=UNSENT_TRIES):
        reasons[_place(_line(row))].append(f"{row['waiting']} waiting, {row['refused']} refused or expired")
    for line, reason in unusable.items():
        reasons[_place(line)].append(reason)
    for place, texts in reasons.items():
        note(connection, "error", "alerts_unsent", f"alerts/{place}", f"alerts by {place}: {'; '.join(texts)}", as_of)
    settle_all_but(connection, "alerts_unsent", [f"alerts/{place}" for place in reasons], as_of)


def _place(line: Line) -> str:
    channel, address = line
    return f"{channel}/{host_of(address)}" if address else channel


def _alert(row: sa.RowMapping) -> Alert:
    return Alert(**{name: row[name] for name in Alert.__dataclass_fields__})


def _address(text: str) -> Address:
    route, channel, address = text.split("\t")
    return route, channel, address
