"""Mail that bounced: delivery status reports (RFC 3464), and what follows for the address, the notice, the paper."""

from __future__ import annotations

import email
import email.policy
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from email.message import EmailMessage
from pathlib import Path

from lockbox import db, telemetry
from lockbox.customer.notice import Kind, Notice
from lockbox.ops_events import note_alone
from lockbox.runtime import Runtime

_KEY = re.compile(r"<([0-9a-f]{32})@")


@dataclass(frozen=True, slots=True)
class Bounce:
    """A message of ours that did not reach a recipient."""

    key: str  # of the notice
    recipient: str
    reason: str


def take_bounces(runtime: Runtime, folder: Path, as_of: datetime) -> str:
    """Takes in the reports in a folder (*.eml). An address that bounced is not used again; a statement whose notice
    bounced is printed. Each report is taken once; one that names no notice of ours becomes an event.
    """
    taken = unknown = 0
    for path in sorted(folder.glob("*.eml")):
        for bounce in bounces(path.read_bytes()):
            if _note(runtime, bounce, as_of):
                taken += 1
            else:
                unknown += 1
                message = f"returned mail that matches none of our notices: {bounce.reason}"
                note_alone(runtime.engine, "warning", "unknown_bounce", path.name, message, as_of)
    telemetry.log.info("bounces", taken=taken, unknown=unknown)
    return f"{taken} bounced messages noted, {unknown} not ours"


def bounces(raw: bytes) -> Iterator[Bounce]:
    """The permanent failures in a report; nothing for other mail or for delays."""
    report = email.message_from_bytes(raw, policy=email.policy.default)
    key = _key_of(report)
    if key is None:
        return
    for part in report.walk():
        if part.get_content_type() != "message/delivery-status":
            continue
        for block in part.get_payload():
            if not isinstance(block, EmailMessage) or str(block.get("Action", "")).strip().lower() != "failed":
                continue
            recipient = str(block.get("Final-Recipient", "")).partition(";")[2].strip()
            why = f"{block.get('Status', '')} {str(block.get('Diagnostic-Code', '')).partition(';')[2].strip()}"
            yield Bounce(key, recipient, why.strip())


def _key_of(report: EmailMessage) -> str | None:
    """The key in the Message-ID of the mail that bounced, which is a part of its own."""
    for part in report.walk():
        if part.get_content_type() in ("message/rfc822", "text/rfc822-headers"):
            message_id = _KEY.search(str(part))
            if message_id:
                return message_id.group(1)
    return None


def _note(runtime: Runtime, bounce: Bounce, as_of: datetime) -> bool:
    with runtime.engine.begin() as connection:
        rows = db.rows(connection, "notices/sent_to", address=bounce.recipient)
        for row in rows:
            notice = Notice(Kind(row["kind"]), row["contract_id"], row["occasion"], row["account_number"], row["facts"])
            if notice.key != bounce.key:
                continue
            values = {**row, "as_of": as_of, "reason": bounce.reason[:500]}
            for name in ("bounced_notice", "bounced_contact", "bounced_statement"):
                connection.execute(db.query(f"notices/{name}"), values)
            return True
    return False
