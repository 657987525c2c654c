"""What an alert says: what it is, what to do next, and nothing personal."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from zoneinfo import ZoneInfo

from lockbox.alerts.alert import CLOSED, SHOWN, Alert, compose
from tests.builders import ledger as make

ZONE = ZoneInfo("America/Chicago")
LATE = Alert(
    alert_id=1,
    event_id=7,
    phase="opened",
    kind="late",
    topic="late",
    severity="warning",
    title="Mail was not fully processed by the cut-off",
    scope="dallas/2026-11-16",
    message="past the 17:00 CST cut-off; not posted: D002",
    next_step="Look at status.",
    closes_when="nothing of the site day is late",
    is_plain=True,
    since=make.EVENING,
)


def test_an_alert_says_where_what_since_when_and_what_to_do() -> None:
    words = compose([LATE], "Meridian", ZONE)
    assert words.subject == "[Meridian] Mail was not fully processed by the cut-off: dallas/2026-11-16"
    assert "past the 17:00 CST cut-off; not posted: D002\nWhat to do: Look at status." in words.text
    assert "Since 2026-11-16 19:00 CST (event 7); open until nothing of the site day is late." in words.text
    (alert,) = json.loads(words.payload)["alerts"]
    assert (alert["event"], alert["phase"], alert["next_step"]) == (7, "opened", "Look at status.")


def test_the_closing_message_says_since_when_and_until_when() -> None:
    over = replace(LATE, phase=CLOSED, closed_at=make.EVENING + timedelta(hours=1))
    words = compose([over], "Meridian", ZONE)
    assert words.subject == "[Meridian] Over: Mail was not fully processed by the cut-off: dallas/2026-11-16"
    assert "Since 2026-11-16 19:00 CST, over at 2026-11-16 20:00 CST (event 7)." in words.text
    assert json.loads(words.payload)["type"] == "alert.closed"


def test_nothing_personal_leaves_in_an_alert() -> None:
    failed = replace(LATE, is_plain=False, message="row 3: JANE DOE, account 4990362202", scope="dallas/2026-11-16/B1")
    customer = replace(LATE, is_plain=False, topic="customers", scope="contract/4990362202", message="JANE DOE")
    numbered = replace(LATE, message="not posted: 4990362202")
    stray = replace(LATE, is_plain=False, kind="untaken", scope="dallas/2026-11-16/JANE DOE 4990362202.pdf")
    words = compose([failed, customer, numbered, stray], "Meridian", ZONE)
    for text in (words.subject, words.text, words.payload):
        assert "JANE" not in text
        assert "499036" not in text
    assert "The reason is in `events`, number 7." in words.text


def test_many_at_once_are_one_message_that_counts_them() -> None:
    over = replace(LATE, phase=CLOSED, closed_at=make.EVENING)
    words = compose([over, *(replace(LATE, alert_id=no) for no in range(SHOWN + 2))], "Meridian", ZONE)
    assert words.subject == f"[Meridian] Alerts: {SHOWN + 2} new, 1 over"
    assert "And 3 more" in words.text
    assert json.loads(words.payload)["type"] == "alert.digest"
    assert len(json.loads(words.payload)["alerts"]) == SHOWN + 3
