"""What customers tell us: kept as new rows, refused when it cannot be, and taken from the verb."""

from __future__ import annotations

from datetime import datetime

import pytest
import sqlalchemy as sa

from lockbox.customer import service
from lockbox.customer.contacts import Consent, customer_of, note_consent, note_wish, set_contact
from lockbox.errors import InputError
from lockbox.runtime import Runtime
from tests.builders import command_line
from tests.builders import ledger as make

NOON = datetime.fromisoformat("2026-11-16T12:00:00-06:00")


@pytest.fixture
def account(runtime: Runtime) -> str:
    with runtime.engine.begin() as connection:
        make.lender(connection)
        make.contract(connection)
        return str(connection.execute(sa.text("select account_number from contract")).scalar_one())


def wishes(runtime: Runtime) -> dict[str, str]:
    with runtime.engine.connect() as connection:
        rows = connection.execute(sa.text("select kind, channel from notice_wish order by at, kind"))
        return {row.kind: row.channel for row in rows}


@pytest.mark.parametrize(
    ("channel", "address"),
    [("email", "payer.example.com"), ("email", "pay er@example.com"), ("text", "5550100"), ("fax", "+12145550100")],
)
def test_an_address_that_cannot_be_one_is_refused(runtime: Runtime, channel: str, address: str) -> None:
    with runtime.engine.begin() as connection, pytest.raises(InputError):
        set_contact(connection, 1, channel, address, NOON)


def test_the_newest_address_is_in_use(runtime: Runtime, account: str) -> None:
    with runtime.engine.begin() as connection:
        customer = customer_of(connection, "meridian", account)
        for day, address in ((10, "old@example.com"), (12, "new@example.com")):
            set_contact(connection, customer, "email", address, NOON.replace(day=day))
        assert connection.execute(sa.text("select address from contact_in_use")).scalar_one() == "new@example.com"
        with pytest.raises(InputError, match="record 123: no such account"):
            customer_of(connection, "meridian", "123")


@pytest.mark.parametrize(
    "consent",
    [
        Consent("cookies", True, "2026-01", "web form"),
        Consent("text_messages", True, " ", "web form"),
        Consent("text_messages", True, "2026-01", ""),
    ],
)
def test_a_consent_needs_its_kind_version_and_manner(runtime: Runtime, consent: Consent) -> None:
    with runtime.engine.begin() as connection, pytest.raises(InputError):
        note_consent(connection, 1, consent, NOON)


@pytest.mark.parametrize(("kind", "channel"), [("lateness", "text"), ("late", "fax")])
def test_a_wish_names_a_kind_of_notice_and_a_channel(runtime: Runtime, kind: str, channel: str) -> None:
    with runtime.engine.begin() as connection, pytest.raises(InputError, match="is none of"):
        note_wish(connection, 1, kind, channel, NOON)


def test_the_verb_takes_wishes_for_several_kinds(runtime: Runtime, account: str) -> None:
    words = ("contact", account, "--wish", "late=text", "--wish", "due_soon=none")
    assert command_line.verb(runtime.settings, *words).stdout == "recorded\n"
    assert wishes(runtime) == {"late": "text", "due_soon": "none"}
    malformed = command_line.verb(runtime.settings, "contact", account, "--wish", "late")
    assert (malformed.returncode, "KIND=CHANNEL" in malformed.stderr) == (2, True)


def test_all_or_nothing_is_noted(runtime: Runtime, account: str) -> None:
    with pytest.raises(InputError, match="'lat' is none of due_soon"):
        service.note(runtime, account, NOON, {"email": "payer@example.com"}, wishes={"late": "none", "lat": "text"})
    assert wishes(runtime) == {}
    with runtime.engine.connect() as connection:
        assert connection.execute(sa.text("select count(*) from contact")).scalar_one() == 0
