"""How messages go out: through SMTP, a text gateway over HTTP, or an outbox folder while there is neither."""

from __future__ import annotations

import re
import smtplib
import ssl
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from email.message import EmailMessage
from email.utils import format_datetime
from pathlib import Path
from typing import Protocol
from urllib.parse import unquote, urlsplit

import httpx

from lockbox.customer.notice import Message
from lockbox.errors import SettingsError
from lockbox.files import write_whole

SENT, DEFERRED, REFUSED, UNCERTAIN = "sent", "deferred", "refused", "uncertain"
TIMEOUT_S = 30.0


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one try.

    "sent": the next system has it. "deferred": it does not, try again later. "refused": it never will, the address is
    at fault. "uncertain": it may have it, and sending again could reach the customer twice.
    """

    state: str
    detail: str = ""
    stop: bool = False  # the transport itself is down: there is no use in trying more messages now


class Transport(Protocol):
    """Carries the messages of one channel."""

    def send(self, message: Message, at: datetime) -> Outcome:
        """Hands a message over; never raises for what the other side answers or does."""

    def close(self) -> None:
        """Closes what was opened."""


class Smtp:
    """Email through a mail server, `smtp://[user:password@]host[:port]` or `smtps://`; one connection for all.

    At least once: a connection that breaks after the message went out defers it, and it goes out again under the same
    Message-ID, by which mail systems know it.
    """

    def __init__(self, url: str, sender: str) -> None:
        parts = urlsplit(url)
        if parts.scheme not in ("smtp", "smtps") or not parts.hostname:
            raise SettingsError(f"LOCKBOX_SMTP_URL: not smtp:// or smtps:// with a host: {parts.scheme}://…")
        if "@" not in sender:
            raise SettingsError(f"notice.from: not an email address: {sender!r}")
        self._parts, self._sender = parts, sender
        self._open: smtplib.SMTP | None = None

    def send(self, message: Message, at: datetime) -> Outcome:
        try:
            self._connection().send_message(email(message, self._sender, at))
        except smtplib.SMTPRecipientsRefused as refused:
            code, words = next(iter(refused.recipients.values()))
            return self._answered(code, words)
        except smtplib.SMTPResponseException as answer:
            if isinstance(answer, smtplib.SMTPDataError):
                return self._answered(answer.smtp_code, answer.smtp_error)
            self.close()  # the server accepts nothing from us now, whoever the recipient is
            return Outcome(DEFERRED, f"{answer.smtp_code} {_text(answer.smtp_error)}", stop=True)
        except (smtplib.SMTPException, OSError) as error:
            self.close()
            return Outcome(DEFERRED, f"{type(error).__name__}: {error}", stop=True)
        except ValueError as error:  # an address that no header can carry
            return Outcome(REFUSED, str(error))
        return Outcome(SENT)

    def close(self) -> None:
        if self._open is not None:
            with suppress(smtplib.SMTPException, OSError):
                self._open.quit()
            self._open = None

    def _connection(self) -> smtplib.SMTP:
        if self._open is None:
            host, port = str(self._parts.hostname), self._parts.port
            server: smtplib.SMTP
            if self._parts.scheme == "smtps":
                server = smtplib.SMTP_SSL(host, port or 465, timeout=TIMEOUT_S, context=ssl.create_default_context())
            else:
                server = smtplib.SMTP(host, port or 25, timeout=TIMEOUT_S)
                server.ehlo_or_helo_if_needed()
                if server.has_extn("starttls"):
                    server.starttls(context=ssl.create_default_context())
            if self._parts.username:
                server.login(unquote(self._parts.username), unquote(self._parts.password or ""))
            self._open = server
        return self._open

    @staticmethod
    def _answered(code: int, words: bytes | str) -> Outcome:
        """5yz means never, but only the classes 5.1 and 5.2 (RFC 3463) are about the address; 5.7 may be our fault."""
        reply = _text(words)
        enhanced = re.search(r"\b5\.(\d)\.\d+", reply)
        never = 500 <= code < 600 and (enhanced is None or enhanced.group(1) in "12")
        return Outcome(REFUSED if never else DEFERRED, f"{code} {reply}")


class TextGateway:
    """Text messages through a gateway: POST {"id", "to", "text"} with the message's key as Idempotency-Key.

    At most once: a call whose answer is lost is uncertain and not made again; a gateway may or may not honor the key.
    """

    def __init__(self, url: str, token: str) -> None:
        if urlsplit(url).scheme not in ("http", "https"):
            raise SettingsError("LOCKBOX_TEXT_GATEWAY_URL: not http:// or https://")
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        self._url = url
        self._client = httpx.Client(timeout=TIMEOUT_S, headers=headers, trust_env=False)

    def send(self, message: Message, at: datetime) -> Outcome:  # noqa: ARG002 (the gateway has a clock)
        body = {"id": message.key, "to": message.to, "text": message.text}
        try:
            answer = self._client.post(self._url, json=body, headers={"Idempotency-Key": message.key})
        except (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout) as error:
            return Outcome(DEFERRED, f"{type(error).__name__}: {error}", stop=True)  # nothing went out
        except httpx.HTTPError as error:
            return Outcome(UNCERTAIN, f"{type(error).__name__}: {error}")
        reply = f"{answer.status_code} {answer.text[:200]}".strip()
        if answer.is_success:
            return Outcome(SENT, reply)
        if answer.status_code in (400, 410, 422):
            return Outcome(REFUSED, reply)
        if (
            400 <= answer.status_code < 500 or answer.status_code == 503
        ):  # our key or our rate, not the customer's number
            return Outcome(DEFERRED, reply, stop=True)
        return Outcome(UNCERTAIN, reply)

    def close(self) -> None:
        self._client.close()


class Outbox:
    """A folder that keeps each message as a file named by its key; a message that is there is not written again."""

    def __init__(self, folder: Path, sender: str) -> None:
        self._folder, self._sender, self._is_tidy = folder, sender, False

    def send(self, message: Message, at: datetime) -> Outcome:
        path = self._folder / f"{message.key}.eml"
        try:
            self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            if not path.exists():
                write_whole(path, bytes(email(message, self._sender, at)), tidy=not self._is_tidy)
                self._is_tidy = True  # once is enough: the folder may be large
        except ValueError as error:
            return Outcome(REFUSED, str(error))
        except OSError as error:
            return Outcome(DEFERRED, str(error))
        return Outcome(SENT, str(path))

    def close(self) -> None:
        """Nothing is open."""


def email(message: Message, sender: str, at: datetime) -> EmailMessage:
    """The message as mail; its Message-ID comes from the notice, so that the same notice is the same mail.

    Raises:
        ValueError: an address or subject that no header can carry.
    """
    mail = EmailMessage()
    mail["From"] = sender
    mail["To"] = message.to
    mail["Subject"] = message.subject or "Text message"
    mail["Date"] = format_datetime(at)
    mail["Message-ID"] = f"<{message.key}@{sender.rpartition('@')[2].rstrip('>')}>"
    mail["Auto-Submitted"] = "auto-generated"
    mail.set_content(message.text)
    return mail


def _text(words: bytes | str) -> str:
    return (words.decode(errors="replace") if isinstance(words, bytes) else words)[:200]
