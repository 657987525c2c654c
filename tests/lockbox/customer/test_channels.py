"""How messages go out: what a server's answer means, and an outbox that keeps each message once."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import pytest

from lockbox.customer.channels import DEFERRED, REFUSED, SENT, Outbox, Smtp, TextGateway, email
from lockbox.customer.notice import Message
from lockbox.errors import SettingsError

NOON = datetime.fromisoformat("2026-11-16T12:00:00-06:00")
SENDER = "Meridian Motor Credit <service@meridian.example>"
MESSAGE = Message("ab" * 16, "payer1@example.com", "Your payment is due", "Your payment of $412.50 is due.")


@pytest.mark.parametrize(
    ("code", "words", "state"),
    [
        (550, b"5.1.1 no such user", REFUSED),
        (552, "5.2.2 mailbox full", REFUSED),
        (550, b"no such user", REFUSED),  # without an enhanced code
        (554, b"5.7.1 relay access denied", DEFERRED),  # our fault, not the address's
        (451, b"4.3.0 try again later", DEFERRED),
    ],
)
def test_only_what_speaks_of_the_address_refuses_it(code: int, words: bytes | str, state: str) -> None:
    assert Smtp._answered(code, words).state == state


def test_settings_that_cannot_be_are_named() -> None:
    for url, sender in (("http://mail.example", SENDER), ("smtp://", SENDER), ("smtp://mail.example", "Meridian")):
        with pytest.raises(SettingsError, match=r"LOCKBOX_SMTP_URL|notice\.from"):
            Smtp(url, sender)
    with pytest.raises(SettingsError, match="LOCKBOX_TEXT_GATEWAY_URL"):
        TextGateway("ftp://gateway.example", "")


def test_the_same_notice_is_the_same_mail() -> None:
    mail = email(MESSAGE, SENDER, NOON)
    assert mail["Message-ID"] == f"<{MESSAGE.key}@meridian.example>"
    assert mail["Date"] == "Mon, 16 Nov 2026 12:00:00 -0600"
    assert (mail["To"], mail["Subject"]) == ("payer1@example.com", "Your payment is due")
    assert bytes(mail) == bytes(email(MESSAGE, SENDER, NOON))


def test_the_outbox_keeps_a_message_once(tmp_path: Path) -> None:
    outbox = Outbox(tmp_path / "email", SENDER)
    for text in ("Your payment of $412.50 is due.", "something else"):
        outcome = outbox.send(Message(MESSAGE.key, MESSAGE.to, MESSAGE.subject, text), NOON)
        assert outcome.state == SENT
    (path,) = (tmp_path / "email").iterdir()
    assert path.name == f"{MESSAGE.key}.eml"
    assert "Your payment of $412.50 is due." in path.read_text()


def test_an_address_that_no_header_can_carry_is_refused(tmp_path: Path) -> None:
    outcome = Outbox(tmp_path, SENDER).send(Message("k", "a@example.com\nBcc: b@example.com", "s", "t"), NOON)
    assert outcome.state == REFUSED
    assert list(tmp_path.iterdir()) == []


def test_an_outbox_that_cannot_be_written_defers(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    assert Outbox(tmp_path / "file" / "email", SENDER).send(MESSAGE, NOON).state == DEFERRED
