"""Mail that bounced: reports are understood, and the address, the notice and the paper follow."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from pathlib import Path

import sqlalchemy as sa

from lockbox.customer.bounces import bounces, take_bounces
from lockbox.customer.contacts import set_contact
from lockbox.customer.notice_sending import send_notices
from lockbox.runtime import Runtime
from tests.builders import ledger as make

NOON = datetime.fromisoformat("2026-11-16T12:00:00-06:00")
REPORT = """\
From: MAILER-DAEMON@mx.example.com
To: service@meridian.example
Subject: Undelivered Mail Returned to Sender
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary="b1"

--b1
Content-Type: text/plain

I'm sorry to have to inform you ...

--b1
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.example.com

Final-Recipient: rfc822; {recipient}
Action: {action}
Status: 5.1.1
Diagnostic-Code: smtp; 550 5.1.1 user unknown

--b1
Content-Type: {returned}

Message-ID: <{key}@meridian.example>
Subject: Your statement is ready

--b1--
"""


def report(
    key: str = "0" * 32,
    recipient: str = "payer1@example.com",
    action: str = "failed",
    returned: str = "text/rfc822-headers",
) -> bytes:
    return REPORT.format(key=key, recipient=recipient, action=action, returned=returned).encode()


def test_a_report_names_recipient_reason_and_notice() -> None:
    for returned in ("text/rfc822-headers", "message/rfc822"):
        (bounce,) = bounces(report("ab" * 16, returned=returned))
        assert (bounce.key, bounce.recipient) == ("ab" * 16, "payer1@example.com")
        assert "user unknown" in bounce.reason


def test_delays_and_other_mail_are_no_bounces() -> None:
    assert list(bounces(report(action="delayed"))) == []
    assert list(bounces(b"Subject: Out of office\n\nBack on Monday.")) == []
    assert list(bounces(b"\xff\xfe\x00 not mail at all")) == []


def test_a_bounced_address_is_not_used_again(runtime: Runtime, tmp_path: Path) -> None:
    with runtime.engine.begin() as connection:
        make.lender(connection)
        contract_id = make.contract(connection, 1)
        customer = connection.execute(sa.text("select customer_id from contract")).scalar_one()
        set_contact(connection, customer, "email", "Payer1@Example.com", NOON - timedelta(days=9))
        for occasion in ("2026-11-21", "2026-12-21"):
            connection.execute(
                sa.text("""
                    insert into notice (contract_id, kind, occasion, facts, planned_at, send_until)
                    values (:contract, 'due_soon', :occasion, cast(:facts as jsonb), :at, :until)"""),
                {
                    "contract": contract_id,
                    "occasion": occasion,
                    "at": NOON,
                    "until": NOON + timedelta(days=40),
                    "facts": json.dumps({"amount_cents": 1, "due_on": occasion}),
                },
            )
    send_notices(runtime, "meridian", NOON)
    keys = sorted(path.stem for path in (runtime.settings.outbox_path / "email").iterdir())
    (tmp_path / "1.eml").write_bytes(report(keys[0]))
    (tmp_path / "2.eml").write_bytes(report("f" * 32))
    later = NOON + timedelta(hours=1)
    assert take_bounces(runtime, tmp_path, later) == "1 bounced messages noted, 1 not ours"
    take_bounces(runtime, tmp_path, later)  # the same reports again change nothing
    with runtime.engine.connect() as connection:
        states = sorted(connection.execute(sa.text("select state from notice_state")).scalars())
        failing = connection.execute(sa.text("select failing from contact_in_use")).scalar_one()
        messages = (
            connection.execute(sa.text("select message from ops_event where kind like '%bounce'")).scalars().all()
        )
    assert states == ["bounced", "sent"]
    assert failing
    assert len(messages) == 2
    assert "mail came back: 5.1.1" in messages[0]
    with runtime.engine.begin() as connection:
        set_contact(connection, customer, "text", "2145550100", later)
        opened = sa.text("select kind from ops_event where closed_at is null order by 1")
        assert list(connection.execute(opened).scalars()) == ["bounce", "unknown_bounce"]
        set_contact(connection, customer, "email", "new@example.com", later)
        assert list(connection.execute(opened).scalars()) == ["unknown_bounce"]
