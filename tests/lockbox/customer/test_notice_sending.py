"""Sending: once, through real servers, within permitted hours, retried, and nothing lost in a crash."""

from __future__ import annotations

import json
import socket
import threading
from collections import Counter
from collections.abc import Iterator
from datetime import datetime, timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import pytest
import sqlalchemy as sa
from aiosmtpd.controller import Controller

from lockbox.customer.channels import Outcome, Smtp, TextGateway
from lockbox.customer.contacts import Consent, note_consent, note_wish, set_contact
from lockbox.customer.notice import Message
from lockbox.customer.notice_sending import send_notices
from lockbox.runtime import Runtime
from tests.builders import ledger as make
from tests.builders.statements import DAY, NEXT, after, pay, run_to, three_contracts

NOON = datetime.fromisoformat("2026-11-16T12:00:00-06:00")
NIGHT = datetime.fromisoformat("2026-11-16T23:00:00-06:00")
LENDER = "meridian"


class Mailbox:
    """What a mail server got; `answer` is what it says to the next messages."""

    def __init__(self) -> None:
        self.got: list[Any] = []
        self.answer = "250 OK"

    async def handle_RCPT(self, _server: Any, _session: Any, envelope: Any, address: str, _options: Any) -> str:  # noqa: N802
        if self.answer.startswith("250"):
            envelope.rcpt_tos.append(address)
        return self.answer

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:  # noqa: N802
        self.got.append(envelope)
        return "250 OK"


class Gateway(BaseHTTPRequestHandler):
    """A text gateway that keeps what it gets."""

    got: list[tuple[str, dict[str, str]]] = []  # noqa: RUF012
    answer = 202

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        Gateway.got.append((self.headers["Idempotency-Key"], body))
        if Gateway.answer == 0:  # takes it, and dies before it answers
            self.connection.close()
            return
        self.send_response(Gateway.answer)
        self.end_headers()

    def log_message(self, *_: Any) -> None:
        """Nothing on the screen."""


@pytest.fixture
def mailbox() -> Mailbox:
    return Mailbox()


@pytest.fixture
def smtp(mailbox: Mailbox) -> Iterator[str]:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    controller = Controller(mailbox, hostname="127.0.0.1", port=port)
    controller.start()
    yield f"smtp://127.0.0.1:{port}"
    controller.stop()


@pytest.fixture
def gateway() -> Iterator[str]:
    server = HTTPServer(("127.0.0.1", 0), Gateway)
    Gateway.got, Gateway.answer = [], 202
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/messages"
    server.shutdown()
    server.server_close()


@pytest.fixture
def customer(runtime: Runtime) -> tuple[int, int]:
    """(contract, customer) of one with an email address."""
    with runtime.engine.begin() as connection:
        make.lender(connection)
        contract_id = make.contract(connection, 1)
        customer_id = connection.execute(sa.text("select customer_id from contract")).scalar_one()
        set_contact(connection, customer_id, "email", "payer1@example.com", NOON - timedelta(days=9))
    return contract_id, customer_id


def plan(runtime: Runtime, contract_id: int, kind: str = "due_soon", occasion: str = "2026-11-21") -> None:
    facts = {"amount_cents": 41250, "due_on": "2026-11-21"}
    with runtime.engine.begin() as connection:
        connection.execute(
            sa.text("""
                insert into notice (contract_id, kind, occasion, facts, planned_at, send_until)
                values (:contract, :kind, :occasion, cast(:facts as jsonb), :at, :until) on conflict do nothing"""),
            {
                "contract": contract_id,
                "kind": kind,
                "occasion": occasion,
                "facts": json.dumps(facts),
                "at": NOON - timedelta(hours=20),
                "until": NOON + timedelta(days=4),
            },
        )


def states(runtime: Runtime) -> list[str]:
    with runtime.engine.connect() as connection:
        return list(connection.execute(sa.text("select state from notice_state order by notice_id")).scalars())


def events(runtime: Runtime) -> list[str]:
    with runtime.engine.connect() as connection:
        return list(connection.execute(sa.text("select message from ops_event order by event_id")).scalars())


def through(url: str) -> dict[str, Smtp]:
    return {"email": Smtp(url, "Meridian <service@meridian.example>")}


def test_a_notice_is_mailed_once(runtime: Runtime, customer: tuple[int, int], smtp: str, mailbox: Mailbox) -> None:
    for _ in range(2):
        plan(runtime, customer[0])
        send_notices(runtime, LENDER, NOON, through(smtp))
    (envelope,) = mailbox.got
    text = envelope.content.decode()
    assert envelope.rcpt_tos == ["payer1@example.com"]
    assert "Your payment of $412.50 is due on November 21, 2026" in text
    assert "Auto-Submitted: auto-generated" in text
    assert "10000001" not in text  # never a whole account number
    assert states(runtime) == ["sent"]


def test_nobody_is_contacted_in_quiet_hours(
    runtime: Runtime, customer: tuple[int, int], smtp: str, mailbox: Mailbox
) -> None:
    plan(runtime, customer[0])
    assert "1 quiet hours" in send_notices(runtime, LENDER, NIGHT, through(smtp))
    early = NOON.replace(hour=8, minute=30)  # 7:30 in El Paso, and we know only the state
    assert "1 quiet hours" in send_notices(runtime, LENDER, early, through(smtp))
    assert mailbox.got == []
    send_notices(runtime, LENDER, NOON.replace(hour=9), through(smtp))
    assert len(mailbox.got) == 1


def test_a_deferred_message_is_tried_again_later_under_the_same_message_id(
    runtime: Runtime, customer: tuple[int, int], smtp: str, mailbox: Mailbox
) -> None:
    plan(runtime, customer[0])
    mailbox.answer = "451 4.3.0 try again later"
    assert "1 deferred" in send_notices(runtime, LENDER, NOON, through(smtp))
    mailbox.answer = "250 OK"
    assert "1 later" in send_notices(runtime, LENDER, NOON + timedelta(minutes=4), through(smtp))
    assert "1 sent" in send_notices(runtime, LENDER, NOON + timedelta(minutes=5), through(smtp))
    assert states(runtime) == ["sent"]
    assert events(runtime) == []


def test_a_message_that_is_always_deferred_is_given_up_and_shown(
    runtime: Runtime, customer: tuple[int, int], smtp: str, mailbox: Mailbox
) -> None:
    plan(runtime, customer[0])
    mailbox.answer = "451 4.3.0 try again later"
    at = NOON
    for minutes in (0, 5, 30, 120, 1440, 1440):
        at += timedelta(minutes=minutes)
        send_notices(runtime, LENDER, at, through(smtp))
    assert states(runtime) == ["expired"]
    assert "451 4.3.0 try again later" in events(runtime)[0]


def test_a_refused_address_is_set_aside_and_not_used_again(
    runtime: Runtime, customer: tuple[int, int], smtp: str, mailbox: Mailbox
) -> None:
    plan(runtime, customer[0])
    mailbox.answer = "550 5.1.1 no such user"
    send_notices(runtime, LENDER, NOON, through(smtp))
    mailbox.answer = "250 OK"
    plan(runtime, customer[0], occasion="2026-12-21")
    send_notices(runtime, LENDER, NOON, through(smtp))
    assert mailbox.got == []
    assert states(runtime) == ["refused", "unreachable"]
    assert "550 5.1.1 no such user" in events(runtime)[0]
    assert "no address that works" in events(runtime)[1]


def test_a_refusal_that_is_our_own_fault_leaves_the_address_alone(
    runtime: Runtime, customer: tuple[int, int], smtp: str, mailbox: Mailbox
) -> None:
    plan(runtime, customer[0])
    mailbox.answer = "554 5.7.1 relay access denied"
    assert "1 deferred" in send_notices(runtime, LENDER, NOON, through(smtp))
    assert states(runtime) == ["waiting"]


def test_a_server_that_is_down_costs_one_try_not_one_for_each(runtime: Runtime, customer: tuple[int, int]) -> None:
    for day in range(1, 6):
        plan(runtime, customer[0], occasion=f"2026-12-0{day}")
    summary = send_notices(runtime, LENDER, NOON, through("smtp://127.0.0.1:9"))
    assert "1 deferred" in summary
    assert "4 later" in summary


def test_a_crash_sends_mail_again_and_sets_a_text_aside(
    runtime: Runtime, customer: tuple[int, int], smtp: str, mailbox: Mailbox, gateway: str
) -> None:
    """Killed after the other side had it and before we recorded it."""

    class Killed(Exception):
        pass

    class Dying:
        def __init__(self, way: Any) -> None:
            self.way = way

        def send(self, message: Message, at: datetime) -> Outcome:
            self.way.send(message, at)
            raise Killed

        def close(self) -> None:
            self.way.close()

    with runtime.engine.begin() as connection:
        set_contact(connection, customer[1], "text", "+12145550100", NOON - timedelta(days=1))
        note_consent(
            connection, customer[1], Consent("text_messages", True, "2026-01", "web form"), NOON - timedelta(days=1)
        )
        note_wish(connection, customer[1], "late", "text", NOON - timedelta(days=1))
    plan(runtime, customer[0])
    with pytest.raises(Killed):
        send_notices(runtime, LENDER, NOON, {"email": Dying(through(smtp)["email"])})
    plan(runtime, customer[0], kind="late")
    with pytest.raises(Killed):
        send_notices(runtime, LENDER, NOON, {"text": Dying(TextGateway(gateway, ""))})
    for hours in (1, 2):
        ways = through(smtp) | {"text": TextGateway(gateway, "")}
        send_notices(runtime, LENDER, NOON + timedelta(hours=hours), ways)
    assert states(runtime) == ["sent", "uncertain"]
    assert len(Gateway.got) == 1
    first, second = (envelope.content.decode() for envelope in mailbox.got)
    ids = [next(line for line in mail.splitlines() if line.startswith("Message-ID")) for mail in (first, second)]
    assert ids[0] == ids[1]
    assert "it may have been sent" in events(runtime)[0]


@pytest.mark.parametrize(("answer", "state"), [(202, "sent"), (422, "refused"), (503, "waiting"), (0, "uncertain")])
def test_a_text_goes_out_once_whatever_the_gateway_says(
    runtime: Runtime, customer: tuple[int, int], gateway: str, answer: int, state: str
) -> None:
    with runtime.engine.begin() as connection:
        set_contact(connection, customer[1], "text", "+12145550100", NOON - timedelta(days=1))
        note_consent(
            connection, customer[1], Consent("text_messages", True, "2026-01", "web form"), NOON - timedelta(days=1)
        )
        note_wish(connection, customer[1], "due_soon", "text", NOON - timedelta(days=1))
    plan(runtime, customer[0])
    Gateway.answer = answer
    send_notices(runtime, LENDER, NOON, {"text": TextGateway(gateway, "secret")})
    send_notices(runtime, LENDER, NOON, {"text": TextGateway(gateway, "secret")})
    ((key, body),) = Gateway.got
    assert key == body["id"]
    assert body["text"].startswith("Meridian Motor Credit: Payment of $412.50 due 11/21/2026.")
    assert len(body["text"]) <= 160
    assert states(runtime) == [state]


def test_no_text_without_consent_and_none_after_its_withdrawal(runtime: Runtime, customer: tuple[int, int]) -> None:
    with runtime.engine.begin() as connection:
        set_contact(connection, customer[1], "text", "+12145550100", NOON - timedelta(days=1))
        note_wish(connection, customer[1], "due_soon", "text", NOON - timedelta(days=1))
        note_consent(connection, customer[1], Consent("text_messages", True, "1", "web form"), NOON - timedelta(days=5))
        note_consent(
            connection, customer[1], Consent("text_messages", False, "1", "STOP by text"), NOON - timedelta(days=4)
        )
    plan(runtime, customer[0])
    send_notices(runtime, LENDER, NOON)
    outbox = runtime.settings.outbox_path
    assert len(list((outbox / "email").iterdir())) == 1
    assert not (outbox / "text").exists()


def test_a_customer_who_wants_none_gets_none_except_for_statements(runtime: Runtime, customer: tuple[int, int]) -> None:
    with runtime.engine.begin() as connection:
        for kind in ("due_soon", "statement_ready"):
            note_wish(connection, customer[1], kind, "none", NOON - timedelta(days=1))
    plan(runtime, customer[0])
    plan(runtime, customer[0], kind="statement_ready")
    send_notices(runtime, LENDER, NOON)
    assert states(runtime) == ["unwanted", "sent"]
    assert events(runtime) == []


def test_a_stale_notice_is_not_sent(runtime: Runtime, customer: tuple[int, int], smtp: str, mailbox: Mailbox) -> None:
    plan(runtime, customer[0])
    send_notices(runtime, LENDER, NOON + timedelta(days=5), through(smtp))
    assert mailbox.got == []
    assert states(runtime) == ["expired"]


def test_two_senders_at_once_send_once(
    runtime: Runtime, customer: tuple[int, int], smtp: str, mailbox: Mailbox
) -> None:
    plan(runtime, customer[0])
    with runtime.engine.connect() as rival:
        rival.execute(sa.text("select pg_advisory_lock(4714)"))
        assert send_notices(runtime, LENDER, NOON, through(smtp)) == "another sender is at work"
    assert mailbox.got == []


def test_notices_are_planned_once_by_what_happened(runtime: Runtime) -> None:
    contract_id, *_ = three_contracts(runtime)
    with runtime.engine.begin() as connection:
        for customer_id in connection.execute(sa.text("select customer_id from customer")).scalars().all():
            set_contact(connection, customer_id, "email", f"c{customer_id}@example.com", after(DAY))
    pay(runtime, contract_id, 5_000, DAY)
    due_soon = NEXT - timedelta(5)
    for day in (DAY, DAY, due_soon, due_soon):  # each once, however often its night is followed up
        run_to(runtime, day)
    with runtime.engine.connect() as connection:
        rows = connection.execute(sa.text("select kind, facts from notice order by notice_id")).all()
    facts = {row.kind: row.facts for row in rows}
    assert Counter(row.kind for row in rows)["due_soon"] == 3
    assert Counter(row.kind for row in rows)["payment_posted"] == 1
    assert facts["payment_posted"]["amount_cents"] == 5_000
