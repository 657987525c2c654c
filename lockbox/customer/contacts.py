"""What customers tell us: addresses, consents and wishes, each a new row in force from its instant on."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime

import sqlalchemy as sa

from lockbox.customer.notice import Kind
from lockbox.errors import InputError
from lockbox.ops_events import settle

CHANNELS = ("email", "text")
CONSENTS = ("electronic_statements", "text_messages")
ZIP_LINE = re.compile(r"\b[A-Z]{2}\s+\d{5}(-\d{4})?$")


@dataclass(frozen=True, slots=True)
class Consent:
    """A consent, or its withdrawal: which text was shown, and how (15 USC 7001(c))."""

    kind: str  # one of CONSENTS
    given: bool  # False: withdrawn
    version: str  # of the text that was shown
    shown: str  # "web form, link in a confirmation email followed"


def set_contact(connection: sa.Connection, customer_id: int, channel: str, address: str, at: datetime) -> int:
    """Sets the customer's address for a channel from an instant on; returns its id. Events about mail that came back
    from an earlier one are closed.

    Raises:
        InputError: the address cannot be one.
    """
    address = address.strip()
    if channel not in CHANNELS:
        raise InputError(f"{channel!r} is neither email nor text", field="channel")
    local, at_sign, domain = address.rpartition("@")
    email_fits = bool(at_sign and local and domain) and address.isprintable() and " " not in address
    phone_fits = address.removeprefix("+").isdigit() and 10 <= len(address.removeprefix("+")) <= 15
    if not (email_fits if channel == "email" else phone_fits):
        raise InputError(f"{address!r} is no address for {channel}", field="address")
    earlier = sa.text("select contact_id from contact where (customer_id, channel) = (:customer, :channel)")
    for contact_id in connection.execute(earlier, {"customer": customer_id, "channel": channel}).scalars():
        settle(connection, "bounce", f"contact/{contact_id}", at)
    return int(
        connection.execute(
            sa.text("""
                insert into contact (customer_id, channel, address, valid_from)
                values (:customer, :channel, :address, :at) returning contact_id"""),
            {"customer": customer_id, "channel": channel, "address": address, "at": at},
        ).scalar_one()
    )


def note_consent(connection: sa.Connection, customer_id: int, consent: Consent, at: datetime) -> None:
    """Notes a consent or its withdrawal.

    Raises:
        InputError: an unknown kind, or no version or manner of showing.
    """
    if consent.kind not in CONSENTS:
        raise InputError(f"{consent.kind!r} is none of {', '.join(CONSENTS)}", field="kind")
    if not consent.version.strip() or not consent.shown.strip():
        raise InputError("a consent needs the version of its text and how it was shown", field="version")
    connection.execute(
        sa.text("insert into consent values (:customer, :kind, :at, :given, :version, :shown)"),
        {"customer": customer_id, "at": at, **asdict(consent)},
    )


def note_wish(connection: sa.Connection, customer_id: int, kind: str, channel: str, at: datetime) -> None:
    """Notes the channel by which the customer wants a kind of notice, or "none".

    Raises:
        InputError: no such kind of notice, or no such channel.
    """
    if kind not in list(Kind):
        raise InputError(f"{kind!r} is none of {', '.join(Kind)}", field="kind")
    if channel not in (*CHANNELS, "none"):
        raise InputError(f"{channel!r} is none of email, text, none", field="channel")
    connection.execute(
        sa.text("insert into notice_wish values (:customer, :kind, :at, :channel)"),
        {"customer": customer_id, "kind": kind, "at": at, "channel": channel},
    )


def change_address(
    connection: sa.Connection, customer_id: int, lines: Sequence[str], since: date, item_id: int, by: str, at: datetime
) -> None:
    """Changes the customer's mail address as a letter says, from the day of its receipt on. Where a later letter has
    said otherwise already, that one stands.

    Raises:
        InputError: no street, or no last line with a state and ZIP code.
    """
    kept = address_lines(lines)
    connection.execute(
        sa.text("select change_address(:customer, :since, :address, :item, :by, :at)"),
        {"customer": customer_id, "since": since, "address": "\n".join(kept), "item": item_id, "by": by, "at": at},
    )


def address_lines(lines: Sequence[str]) -> list[str]:
    """A mail address as it is kept.

    Raises:
        InputError: no street, or no last line with a state and ZIP code.
    """
    kept = [" ".join(line.split()) for line in lines if line.strip()]
    if len(kept) < 2 or not ZIP_LINE.search(kept[-1]) or not all(line.isprintable() for line in kept):
        raise InputError("an address has a street, and a last line with state and ZIP code", field="address")
    return kept


def customer_of(connection: sa.Connection, lender_id: str, account_number: str) -> int:
    """The customer of a contract.

    Raises:
        InputError: no such account.
    """
    customer_id = connection.execute(
        sa.text("select customer_id from contract where (lender_id, account_number) = (:lender, :account)"),
        {"lender": lender_id, "account": account_number},
    ).scalar()
    if customer_id is None:
        raise InputError("no such account", record=account_number)
    return int(customer_id)
