"""What a notice says, by kind, as an email and as a text message; and the key under which it is sent once."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Any

from lockbox.customer.statement import long_date, short_date
from lockbox.money import dollars


class Kind(StrEnum):
    """Why a customer gets a notice."""

    DUE_SOON = "due_soon"
    PAYMENT_POSTED = "payment_posted"
    PAYMENT_RETURNED = "payment_returned"
    LATE = "late"
    STATEMENT_READY = "statement_ready"
    LEASE_ENDS = "lease_ends"
    QUOTE_EXPIRED = "quote_expired"
    PAID_OFF = "paid_off"
    REFUND_ISSUED = "refund_issued"


class Channel(StrEnum):
    """How a customer is reached."""

    EMAIL = "email"
    TEXT = "text"


@dataclass(frozen=True, slots=True)
class Notice:
    """One message to one customer, sent once. `facts` are JSON values: cents, ISO dates, text.

    due_soon: amount_cents, due_on · payment_posted: amount_cents, credited_on, unapplied_cents · payment_returned:
    amount_cents, fee_cents, returned_on · late: amount_cents, due_on · statement_ready: amount_cents, due_on ·
    lease_ends: ends_on, days, buyout_cents · quote_expired: amount_cents, good_through · paid_off: product,
    amount_cents, paid_on, refund_cents, release_on · refund_issued: amount_cents, method, issued_on.
    """

    kind: Kind
    contract_id: int
    occasion: str  # the event: a due date, a journal, a statement; unique within kind and contract
    account_number: str
    facts: Mapping[str, Any]

    @property
    def key(self) -> str:
        """32 hex digits that name this notice wherever it is sent, and reveal nothing about it."""
        name = f"{self.kind}/{self.contract_id}/{self.occasion}"
        return hashlib.sha256(name.encode()).hexdigest()[:32]


@dataclass(frozen=True, slots=True)
class Message:
    """A notice ready to be sent. `key` is the same every time it is made."""

    key: str
    to: str
    subject: str
    text: str


def message(notice: Notice, channel: Channel, to: str, lender: str, contact: str) -> Message:
    """The message for a channel. Account numbers are cut to the last four digits: others may read mail and phones.

    Raises:
        KeyError: the facts lack something that this kind of notice says.
    """
    account = f"account ending in {notice.account_number[-4:]}"
    subject, body, short = _WORDS[notice.kind](notice.facts)
    if channel is Channel.TEXT:
        return Message(
            notice.key, to, "", f"{lender}: {short} Acct {notice.account_number[-4:]}. Reply STOP to opt out."
        )
    text = (
        f"{body}\n\nThis message is about your {account}.\n\nQuestions: {contact}\n{lender}\n\n"
        "We will never ask for your password or bank account number by email."
    )
    return Message(notice.key, to, f"{subject} ({account})", text)


def _due_soon(facts: Mapping[str, Any]) -> tuple[str, str, str]:
    amount, due_on = dollars(facts["amount_cents"]), date.fromisoformat(facts["due_on"])
    return (
        f"Your payment is due {long_date(due_on)}",
        f"Your payment of {amount} is due on {long_date(due_on)}. If you have already mailed it, thank you.\n\n"
        "Please write your account number on your check and mail it with your coupon to the address on the coupon.",
        f"Payment of {amount} due {short_date(due_on)}.",
    )


def _payment_posted(facts: Mapping[str, Any]) -> tuple[str, str, str]:
    amount, day = dollars(facts["amount_cents"]), date.fromisoformat(facts["credited_on"])
    body = f"We received your payment of {amount} and credited it as of {long_date(day)}. Thank you."
    if facts["unapplied_cents"]:
        held = dollars(facts["unapplied_cents"])
        body += f"\n\n{held} of it has not been applied yet. Your next statement will show how we applied it."
    return (
        f"We received your payment of {amount}",
        body,
        f"Payment of {amount} credited {short_date(day)}. Thank you.",
    )


def _payment_returned(facts: Mapping[str, Any]) -> tuple[str, str, str]:
    amount, day = dollars(facts["amount_cents"]), date.fromisoformat(facts["returned_on"])
    body = (
        f"Your bank returned your payment of {amount} on {long_date(day)}. "
        "We reversed the payment, and this amount is due again."
    )
    if facts["fee_cents"]:
        body += f" We added a returned-check fee of {dollars(facts['fee_cents'])} to your account."
    return ("Your bank returned your payment", body, f"Your bank returned your payment of {amount}. It is due again.")


def _late(facts: Mapping[str, Any]) -> tuple[str, str, str]:
    amount, due_on = dollars(facts["amount_cents"]), date.fromisoformat(facts["due_on"])
    return (
        "Your payment is past due",
        f"We have not received {amount} that was due by {long_date(due_on)}. If you have already mailed your payment, "
        "thank you. If you cannot pay now, please call us. We want to help.",
        f"{amount} was due by {short_date(due_on)} and is past due. Please call us if you need help.",
    )


def _statement_ready(facts: Mapping[str, Any]) -> tuple[str, str, str]:
    amount, due_on = dollars(facts["amount_cents"]), date.fromisoformat(facts["due_on"])
    return (
        "Your statement is ready",
        f"Your new statement is ready. You owe {amount} by {long_date(due_on)}.\n\n"
        "You receive your statements electronically because you agreed to. You can withdraw your consent or ask for a "
        "paper copy at any time.",
        f"Statement ready: {amount} due {short_date(due_on)}.",
    )


def _lease_ends(facts: Mapping[str, Any]) -> tuple[str, str, str]:
    ends_on, days = date.fromisoformat(facts["ends_on"]), facts["days"]
    return (
        f"Your lease ends in {days} days",
        f"Your lease ends on {long_date(ends_on)}, in {days} days. Your options are:\n\n"
        f"  - Buy the vehicle: {dollars(facts['buyout_cents'])} as of today. Ask us for a payoff letter with the exact "
        "amount.\n"
        "  - Return the vehicle: please have it inspected first. Your lease sets the charges for excess mileage and "
        "wear.\n"
        "  - Extend the lease month to month.\n\nPlease tell us what you would like to do.",
        f"Your lease ends {short_date(ends_on)}. Call us to buy, return, or extend.",
    )


def _quote_expired(facts: Mapping[str, Any]) -> tuple[str, str, str]:
    amount, until = dollars(facts["amount_cents"]), date.fromisoformat(facts["good_through"])
    return (
        "Your payoff quote has expired",
        f"Your payoff quote of {amount} was good through {long_date(until)}, and we have not posted a payment for it. "
        "If we received your payment by that date, the quote still applies and you do not need to do anything."
        "\n\nOtherwise, please ask us for a new quote before you pay, because the amount may have changed.",
        f"Your payoff quote of {amount} expired {short_date(until)}. Call us for a new quote.",
    )


def _paid_off(facts: Mapping[str, Any]) -> tuple[str, str, str]:
    amount, day = dollars(facts["amount_cents"]), date.fromisoformat(facts["paid_on"])
    release_on = date.fromisoformat(facts["release_on"])
    loan = facts["product"] == "loan"
    body = f"Thank you. With your payment of {amount}, credited as of {long_date(day)}, "
    body += "your loan is paid off. You owe nothing more." if loan else "the vehicle is yours. You owe nothing more."
    if facts["refund_cents"]:
        body += f"\n\nYou paid {dollars(facts['refund_cents'])} more than you owed. We will refund it to you."
    body += (
        f"\n\nWe will release our lien no later than {long_date(release_on)}."
        if loan
        else f"\n\nWe will send you the title no later than {long_date(release_on)}."
    )
    end = "Your loan is paid off" if loan else "You bought your vehicle"
    return (end, body, f"{end}. Thank you. {'Lien release' if loan else 'Title'} by {short_date(release_on)}.")


def _refund_issued(facts: Mapping[str, Any]) -> tuple[str, str, str]:
    amount, day = dollars(facts["amount_cents"]), date.fromisoformat(facts["issued_on"])
    way = "by check to your address" if facts["method"] == "check" else "to your bank account"
    return (
        f"Your refund of {amount} is on its way",
        f"On {long_date(day)} we sent you a refund of {amount} {way}. If it has not reached you within two weeks, "
        "please call us.",
        f"Refund of {amount} sent {short_date(day)}.",
    )


_WORDS = {
    Kind.DUE_SOON: _due_soon,
    Kind.PAYMENT_POSTED: _payment_posted,
    Kind.PAYMENT_RETURNED: _payment_returned,
    Kind.LATE: _late,
    Kind.STATEMENT_READY: _statement_ready,
    Kind.LEASE_ENDS: _lease_ends,
    Kind.QUOTE_EXPIRED: _quote_expired,
    Kind.PAID_OFF: _paid_off,
    Kind.REFUND_ISSUED: _refund_issued,
}
