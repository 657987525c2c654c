"""Who gets alerts: a real mail server and a real webhook listener on this machine, and a lockbox that knows them."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes
from email.message import Message
from email.policy import default
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

from aiosmtpd.controller import Controller

from lockbox.runtime import Runtime, open_runtime
from tests.builders import ledger as make

SECRET = "a secret of the receiver, long enough"


@dataclass
class Mailbox:
    """What a mail server got; `answer` is what it says to the next recipients."""

    mails: list[Message] = field(default_factory=list)
    answer: str = "250 OK"

    async def handle_RCPT(self, _server: Any, _session: Any, envelope: Any, address: str, _options: Any) -> str:  # noqa: N802
        if self.answer.startswith("250"):
            envelope.rcpt_tos.append(address)
        return self.answer

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:  # noqa: N802
        self.mails.append(message_from_bytes(envelope.content, policy=default))
        return "250 OK"

    @property
    def subjects(self) -> list[str]:
        """The subject lines, in order."""
        return [str(mail["Subject"]).strip() for mail in self.mails]

    @property
    def texts(self) -> list[str]:
        """The bodies, in order."""
        return [str(mail.get_payload(decode=True), "utf-8") for mail in self.mails]  # type: ignore[arg-type]


@dataclass
class Listener:
    """What a webhook got, with its headers; `answer` is the status of the next ones, 0 hangs up."""

    calls: list[tuple[dict[str, str], str]] = field(default_factory=list)
    answer: int = 204

    @property
    def alerts(self) -> list[dict[str, Any]]:
        """All alerts of all calls."""
        return [alert for _, body in self.calls for alert in json.loads(body)["alerts"]]


@contextmanager
def mail_server(mailbox: Mailbox, port: int = 0) -> Iterator[str]:
    """A mail server; gives its URL."""
    if not port:
        with socket.create_server(("127.0.0.1", 0)) as free:
            port = free.getsockname()[1]
    controller = Controller(mailbox, hostname="127.0.0.1", port=port)
    controller.start()
    try:
        yield f"smtp://127.0.0.1:{port}"
    finally:
        controller.stop()


@contextmanager
def webhook(listener: Listener) -> Iterator[str]:
    """A web server that takes alerts; gives its URL."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"])).decode()
            listener.calls.append(({name.lower(): value for name, value in self.headers.items()}, body))
            if listener.answer == 0:  # takes it, and dies before it answers
                self.connection.close()
                return
            self.send_response(listener.answer)
            self.end_headers()

        def log_message(self, *_: Any) -> None:
            """Nothing on the screen."""

    server = HTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/alerts"
    finally:
        server.shutdown()
        server.server_close()


@dataclass
class Told:
    """A lockbox whose alerts reach a mailbox and a listener."""

    runtime: Runtime
    mailbox: Mailbox
    listener: Listener


@contextmanager
def told(runtime: Runtime) -> Iterator[Told]:
    """The reference lender's lockbox with both receivers running."""
    mailbox, listener = Mailbox(), Listener()
    with runtime.engine.begin() as connection:
        make.lender(connection)
    with mail_server(mailbox) as smtp_url, webhook(listener) as url:
        changes = {"smtp_url": smtp_url, "alert_webhook_url": url, "alert_webhook_secret": SECRET}
        yield Told(open_runtime(runtime.settings.model_copy(update=changes)), mailbox, listener)
