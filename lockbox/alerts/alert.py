"""One alert and what it says: as email text and as the webhook's JSON, without anything personal."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from lockbox.telemetry import mask

OPENED, REMINDER, CLOSED = "opened", "reminder", "closed"
PHASES = {OPENED: "", REMINDER: "Still open: ", CLOSED: "Over: "}
COUNTED = {OPENED: "new", REMINDER: "still open", CLOSED: "over"}
UNTAKEN = "untaken"  # the kind of what lies in the inbox
SHOWN = 40  # alerts that one message spells out


@dataclass(frozen=True, slots=True)
class Alert:
    """What is to be told of an operations event: that it began, that it lasts, or that its cause is gone."""

    alert_id: int
    event_id: int
    phase: str
    kind: str
    topic: str  # failed, late, people, customers
    severity: str
    title: str
    scope: str
    message: str
    next_step: str
    closes_when: str
    is_plain: bool  # its message carries nothing personal
    since: datetime
    times: int = 1
    closed_at: datetime | None = None

    @property
    def place(self) -> str:
        """What it is about, with long numbers masked; of a customer or a contract only the event's number is told."""
        if self.topic == "customers":
            return f"event {self.event_id}"
        if self.kind == UNTAKEN:
            return f"{self.scope.partition('/')[0]}, event {self.event_id}"  # what follows is a name of anything
        return mask(self.scope)

    @property
    def said(self) -> str:
        """The event's message if it can carry nothing personal; else where it can be read."""
        return mask(self.message) if self.is_plain else f"The reason is in `events`, number {self.event_id}."


@dataclass(frozen=True, slots=True)
class Words:
    """A message ready to go out."""

    subject: str
    text: str
    payload: str  # JSON


def compose(alerts: Sequence[Alert], lender: str, zone: ZoneInfo) -> Words:
    """One message for one alert, or for several that come at once: new ones first, what is over last."""
    order = [*PHASES]
    ordered = sorted(alerts, key=lambda alert: (order.index(alert.phase), alert.severity, alert.alert_id))
    subject = _subject(ordered[0]) if len(ordered) == 1 else _counts(ordered)
    texts = [_text(alert, zone) for alert in ordered[:SHOWN]]
    if len(ordered) > SHOWN:
        texts.append(f"And {len(ordered) - SHOWN} more: `python -m lockbox status` lists all.")
    text = "\n\n".join([*texts, _FOOT.format(lender=lender)])
    return Words(f"[{lender}] {subject}", text, json.dumps(_payload(ordered, lender)))


_FOOT = (
    "--\n{lender}, lockbox operations. `python -m lockbox status` shows everything that is open;\n"
    "`python -m lockbox acknowledge NUMBER --by NAME` says that you take care of it, and ends the reminders."
)


def _subject(alert: Alert) -> str:
    return f"{PHASES[alert.phase]}{alert.title}: {alert.place}"


def _counts(alerts: Sequence[Alert]) -> str:
    counts = Counter(alert.phase for alert in alerts)
    return "Alerts: " + ", ".join(f"{counts[phase]} {word}" for phase, word in COUNTED.items() if counts[phase])


def _text(alert: Alert, zone: ZoneInfo) -> str:
    since = f"Since {_clock(alert.since, zone)}" + (
        f", {alert.times} times" if alert.times > 1 and alert.topic == "failed" else ""
    )
    if alert.phase == CLOSED and alert.closed_at is not None:
        return f"{_subject(alert)}\n{since}, over at {_clock(alert.closed_at, zone)} (event {alert.event_id})."
    return (
        f"{_subject(alert)} ({alert.severity})\n{alert.said}\n"
        f"What to do: {alert.next_step}\n"
        f"{since} (event {alert.event_id}); open until {alert.closes_when}."
    )


def _clock(at: datetime, zone: ZoneInfo) -> str:
    return f"{at.astimezone(zone):%Y-%m-%d %H:%M %Z}"


def _payload(alerts: Sequence[Alert], lender: str) -> dict[str, object]:
    return {
        "type": f"alert.{alerts[0].phase}" if len(alerts) == 1 else "alert.digest",
        "lender": lender,
        "alerts": [
            {
                "event": alert.event_id,
                "phase": alert.phase,
                "kind": alert.kind,
                "topic": alert.topic,
                "severity": alert.severity,
                "scope": alert.place,
                "title": alert.title,
                "text": alert.said,
                "next_step": alert.next_step,
                "since": alert.since.isoformat(),
                "times": alert.times,
                "closed_at": alert.closed_at.isoformat() if alert.closed_at else None,
            }
            for alert in alerts
        ],
    }
