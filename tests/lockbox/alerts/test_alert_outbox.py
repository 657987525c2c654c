"""The outbox: told once per cause over both channels, reminded, digested; nothing is lost while a server is down."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from typer.main import get_command

from lockbox import db
from lockbox.__main__ import app
from lockbox.alerts import alert_outbox
from lockbox.alerts.alert_outbox import tell
from lockbox.alerts.webhook import signature
from lockbox.ops_events import acknowledge, note, note_alone, settle
from lockbox.runtime import Runtime, open_runtime
from tests.builders import ledger as make
from tests.builders.receivers import SECRET, Listener, Told, told, webhook

AT = make.EVENING
MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)


@pytest.fixture
def lockbox(runtime: Runtime) -> Iterator[Told]:
    with told(runtime) as receivers:
        yield receivers


def noted(lockbox: Told, kind: str = "silent_site", scope: str = "dallas/2026-11-16", at: datetime = AT) -> int:
    return note_alone(lockbox.runtime.engine, "error", kind, scope, "nothing by 17:00", at)


def settled(lockbox: Told, kind: str, at: datetime, scope: str = "dallas/2026-11-16") -> None:
    with lockbox.runtime.engine.begin() as connection:
        settle(connection, kind, scope, at)


def test_a_cause_is_told_once_by_email_and_webhook_and_again_when_it_is_gone(lockbox: Told) -> None:
    event = noted(lockbox)
    assert tell(lockbox.runtime, AT) == "2 alert messages made; 2 sent"
    noted(lockbox, at=AT + MINUTE)
    assert tell(lockbox.runtime, AT + MINUTE) == "0 alert messages made; nothing to send"
    settled(lockbox, "silent_site", AT + HOUR)
    tell(lockbox.runtime, AT + HOUR)
    begun, over = lockbox.mailbox.subjects
    assert begun == "[Meridian Motor Credit] A site has sent no mail: dallas/2026-11-16"
    assert over == "[Meridian Motor Credit] Over: A site has sent no mail: dallas/2026-11-16"
    assert "What to do: Call the site." in lockbox.mailbox.texts[0]
    phases = [(alert["event"], alert["phase"]) for alert in lockbox.listener.alerts]
    assert phases == [(event, "opened"), (event, "closed")]
    assert lockbox.mailbox.mails[0]["To"] == "lockbox-operations@meridian.example"


def test_what_is_rolled_back_is_not_told(lockbox: Told) -> None:
    with pytest.raises(ZeroDivisionError), lockbox.runtime.engine.begin() as connection:
        note(connection, "error", "late", "dallas/2026-11-16", "not posted", AT)
        raise ZeroDivisionError
    assert tell(lockbox.runtime, AT + HOUR) == "0 alert messages made; nothing to send"


def test_a_fault_that_passes_is_not_told_and_one_that_lasts_is(lockbox: Told) -> None:
    noted(lockbox, "stage_failed")
    tell(lockbox.runtime, AT + 5 * MINUTE)
    settled(lockbox, "stage_failed", AT + 6 * MINUTE)
    tell(lockbox.runtime, AT + HOUR)
    assert lockbox.mailbox.subjects == []
    noted(lockbox, "stage_failed", at=AT + HOUR)
    tell(lockbox.runtime, AT + HOUR + 10 * MINUTE)
    settled(lockbox, "stage_failed", AT + 2 * HOUR)
    tell(lockbox.runtime, AT + 2 * HOUR)
    assert [subject.split("] ")[1] for subject in lockbox.mailbox.subjects] == [
        "A processing step failed: dallas/2026-11-16",
        "Over: A processing step failed: dallas/2026-11-16",
    ]


def test_a_reminder_comes_every_four_hours_until_somebody_acknowledges(lockbox: Told) -> None:
    event = noted(lockbox)
    for hours in range(9):
        tell(lockbox.runtime, AT + hours * HOUR)
    assert [subject.partition("] ")[2].partition(":")[0] for subject in lockbox.mailbox.subjects] == [
        "A site has sent no mail",
        "Still open",
        "Still open",
    ]
    late = noted(lockbox, "late", "dallas/2026-11-17", AT)
    with lockbox.runtime.engine.begin() as connection:
        acknowledge(connection, [event, late], "Ann", "called", AT + 9 * HOUR)
    for hours in range(9, 40):
        tell(lockbox.runtime, AT + hours * HOUR)
    assert not any("Still open" in subject for subject in lockbox.mailbox.subjects[3:])


def test_many_at_once_are_one_quiet_digest(lockbox: Told) -> None:
    for number in range(30):
        noted(lockbox, "batch_set_aside", f"dallas/2026-11-16/D{number:03}")
    assert tell(lockbox.runtime, AT) == "2 alert messages made; 2 sent"
    assert lockbox.mailbox.subjects == ["[Meridian Motor Credit] Alerts: 30 new"]
    assert len(lockbox.listener.alerts) == 30
    for number in range(6):
        noted(lockbox, scope=f"dallas/2026-11-{number + 17}", at=AT + number * MINUTE)
        tell(lockbox.runtime, AT + number * MINUTE)
    assert len(lockbox.mailbox.subjects) == 7  # a few in an hour still come alone


def routed(lockbox: Told, *routes: dict[str, object]) -> None:
    """The routes from the day of the tests on."""
    with lockbox.runtime.engine.begin() as connection:
        connection.execute(
            sa.text(
                "insert into policy (lender_id, rule, valid_from, value)"
                " values ('meridian', 'alert.routes', :day, cast(:value as jsonb))"
            ),
            {"day": make.DAY, "value": json.dumps(routes)},
        )


def test_who_is_told_is_a_dated_rule(lockbox: Told) -> None:
    routed(lockbox, {"name": "north", "email": ["north@meridian.example"], "topics": ["late"], "sites": ["richardson"]})
    noted(lockbox)
    noted(lockbox, scope="richardson/2026-11-16")
    noted(lockbox, "stage_failed", "richardson/2026-11-16/R001", AT - HOUR)
    tell(lockbox.runtime, AT)
    assert [mail["To"] for mail in lockbox.mailbox.mails] == ["north@meridian.example"]
    assert lockbox.mailbox.subjects == ["[Meridian Motor Credit] A site has sent no mail: richardson/2026-11-16"]
    assert lockbox.listener.calls == []


def test_each_route_has_webhooks_of_its_own_with_their_own_secrets(lockbox: Told) -> None:
    """One that is down, or for which there is no secret, stops no other, and the others tell of it."""
    north, south = Listener(), Listener(answer=503)
    other = "another secret, of another receiver"
    with webhook(north) as north_url, webhook(south) as south_url:
        routed(
            lockbox,
            {"name": "north", "webhook": [north_url]},
            {"name": "south", "webhook": [south_url, "http://127.0.0.1:9/none"], "topics": ["late"]},
            {"name": "all", "webhook": True, "topics": ["late"]},
        )
        secrets = {"alert_webhook_secrets": {north_url: SECRET, south_url: other}}
        lockbox.runtime = open_runtime(lockbox.runtime.settings.model_copy(update=secrets))
        noted(lockbox)
        tell(lockbox.runtime, AT)
        for minutes in (1, 6, 21, 22):
            tell(lockbox.runtime, AT + minutes * MINUTE)
        assert [alert["title"] for alert in lockbox.listener.alerts] == ["A site has sent no mail"]
        told_north = [(alert["title"], alert["scope"]) for alert in north.alerts]
        south_host = south_url.split("/")[2]
        assert told_north == [
            ("A site has sent no mail", "dallas/2026-11-16"),
            ("Alerts are not going out", "alerts/webhook/127.0.0.1:9"),
            ("Alerts are not going out", f"alerts/webhook/{south_host}"),
        ]
        assert "LOCKBOX_ALERT_WEBHOOK_SECRETS, 127.0.0.1:9" in north.alerts[1]["text"]
        south.answer = 204
        tell(lockbox.runtime, AT + 2 * HOUR)
        tell(lockbox.runtime, AT + 2 * HOUR + MINUTE)
        assert [alert["title"] for alert in south.alerts[-1:]] == ["A site has sent no mail"]
        assert (north.alerts[-1]["phase"], north.alerts[-1]["scope"]) == ("closed", f"alerts/webhook/{south_host}")
        headers, body = south.calls[-1]
        signed = signature(other.encode(), headers["webhook-id"], headers["webhook-timestamp"], body)
        assert headers["webhook-signature"] == signed


def test_a_mail_server_that_is_down_loses_nothing_and_the_webhook_tells_of_it(lockbox: Told) -> None:
    lockbox.mailbox.answer = "451 try later"
    lockbox.listener.answer = 503
    noted(lockbox)
    tell(lockbox.runtime, AT)
    key = lockbox.listener.calls[0][0]["webhook-id"]
    lockbox.listener.answer = 204
    for minutes in (1, 2, 6, 7, 22, 23):
        tell(lockbox.runtime, AT + minutes * MINUTE)
    assert lockbox.mailbox.subjects == []
    assert lockbox.listener.calls[1][0]["webhook-id"] == key  # the same id: a receiver can drop the double
    titles = [alert["title"] for alert in lockbox.listener.alerts[1:]]
    assert titles == ["A site has sent no mail", "Alerts are not going out"]
    lockbox.mailbox.answer = "250 OK"
    tell(lockbox.runtime, AT + 3 * HOUR)
    tell(lockbox.runtime, AT + 3 * HOUR + MINUTE)
    assert lockbox.mailbox.subjects[0].endswith("A site has sent no mail: dallas/2026-11-16")
    assert lockbox.listener.alerts[-1]["phase"] == "closed"
    assert len(lockbox.mailbox.subjects) == len(set(lockbox.mailbox.subjects))


class Killed(BaseException):
    """What a kill does: nothing after it runs."""


@pytest.mark.parametrize("moment", ["_add_message", "_send_all", "_try", "_record", "_note_unsent"])
def test_a_sender_killed_at_any_moment_tells_all_under_the_same_id(
    lockbox: Told, moment: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def killed(*_: object) -> None:
        raise Killed

    noted(lockbox)
    with monkeypatch.context() as patch, pytest.raises(Killed):
        patch.setattr(alert_outbox, moment, killed)
        tell(lockbox.runtime, AT)
    tell(lockbox.runtime, AT + 2 * MINUTE)
    tell(lockbox.runtime, AT + 4 * MINUTE)
    assert len({mail["Message-ID"] for mail in lockbox.mailbox.mails}) == 1
    assert len({headers["webhook-id"] for headers, _ in lockbox.listener.calls}) == 1
    with lockbox.runtime.engine.connect() as connection:
        states = connection.execute(sa.text("select distinct state from alert_message")).scalars()
        assert list(states) == ["sent"]


def test_only_one_sender_is_at_work(lockbox: Told) -> None:
    with db.held(lockbox.runtime.engine, db.Lock.ALERT_SENDER):
        assert tell(lockbox.runtime, AT) == "another sender is at work"


def test_an_alert_of_long_ago_is_no_news(lockbox: Told) -> None:
    noted(lockbox)
    settled(lockbox, "silent_site", AT + HOUR)
    tell(lockbox.runtime, AT + 100 * HOUR)
    assert lockbox.mailbox.subjects == []


def test_a_next_step_names_verbs_that_there_are(lockbox: Told) -> None:
    with lockbox.runtime.engine.connect() as connection:
        steps = connection.execute(sa.text("select next_step from alert_kind")).scalars().all()
    named = {verb for step in steps for verb in re.findall(r"`([^`]+)`", step)}
    assert len(named) > 10
    for verb in named:
        command: Any = get_command(app)
        for word in verb.split():
            command = command.commands[word]


def test_every_kind_of_event_has_its_alert(lockbox: Told) -> None:
    kinds = "select k.kind from ops_event_kind as k left join alert_kind as a using (kind) where a.kind is null"
    with lockbox.runtime.engine.connect() as connection:
        assert list(connection.execute(sa.text(kinds)).scalars()) == []
