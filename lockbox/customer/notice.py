"""What a notice says, by kind, as email and as text message; and the key under which it is sent once."""

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
    """Why a customer is written to."""

    DUE_SOON = "due_soon"
    PAYMENT_POSTED = "payment_posted"
    PAYMENT_RETURNED = "payment_returned"
    LATE = "late"
    STATEMENT_READY = "statement_ready"
    LEASE_ENDS = "lease_ends"
    QUOTE_EXPIRED = "quote_expired"
    PAID_OFF = "paid_off"


class Channel(StrEnum):
    """How a customer is reached."""

    EMAIL = "email"
    TEXT = "text"


@dataclass(frozen=True, slots=True)
class Notice:
    """One thing to tell one customer, once. `facts` are JSON values: cents, ISO dates, text.

    due_soon: amount_cents, due_on · payment_posted: amount_cents, credited_on, unapplied_cents · payment_returned:
    amount_cents, fee_cents, returned_on · late: amount_cents, due_on · statement_ready: amount_cents, due_on ·
    lease_ends: ends_on, days, buyout_cents · quote_expired: amount_cents, good_through · paid_off: product,
    amount_cents, paid_on, refund_cents, release_on.
    """

    kind: Kind
    contract_id: int
    occasion: str  # what happened: a due date, a journal, a statement; unique in kind and contract
    account_number: str
    facts: Mapping[str, Any]

    @property
    def key(self) -> str:
        """32 hex digits that stand for this notice wherever it is sent; they tell nobody anything."""
        told = f"{self.kind}/{self.contract_id}/{self.occasion}"
        return hashlib.sha256(told.encode()).hexdigest()[:32]


@dataclass(frozen=True, slots=True)
class Message:
    """A notice ready to be sent. `key` is the same whenever it is made again."""

    key: str
    to: str
    subject: str
    text: str


def message(notice: Notice, channel: Channel, to: str, lender: str, contact: str) -> Message:
    """The message for a channel. Account numbers are cut to the last four digits: mail and phones are read by others.

    Raises:
        KeyError: the facts lack something that this kind tells.
    """
    account = f"account ending in {notice.account_number[-4:]}"
    subject, told, short = _WORDS[notice.kind](notice.facts)
    if channel is Channel.TEXT:
        return Message(notice.key, to, "", f"{lender}: {short} Acct {notice.account_number[-4:]}. Reply STOP to end.")
    text = (
        f"{told}\n\nThis is about your {account}.\n\nQuestions: {contact}\n{lender}\n\n"
        "We never ask for passwords or bank account numbers by email."
    )
    return Message(notice.key, to, f"{subject} ({account})", text)


def _due_soon(facts: Mapping[str, Any]) -> tuple[str, str, str]:
    amount, due_on = dollars(facts["amount_cents"]), date.fromisoformat(facts["due_on"])
    return (
        f"Your payment is due {long_date(due_on)}",
        f"Your payment of {amount} is due on {long_date(due_on)}. If it is already in the mail, thank you.\n\n"
        "Please write your account number on your check and send it with your coupon to the address on the coupon.",
        f"Payment of {amount} due {short_date(due_on)}.",
    )


def _payment_posted(facts: Mapping[str, Any]) -> tuple[str, str, str]:
    amount, day = dollars(facts["amount_cents"]), date.fromisoformat(facts["credited_on"])
    told = f"We received your payment of {amount} and credited it as of {long_date(day)}. Thank you."
    if facts["unapplied_cents"]:
        held = dollars(facts["unapplied_cents"])
        told += f"\n\n{held} of it is not applied yet; your statement shows what becomes of it."
    return (
        f"We received your payment of {amount}",
        told,
        f"Payment of {amount} credited {short_date(day)}. Thank you.",
    )


def _payment_returned(facts: Mapping[str, Any]) -> tuple[str, str, str]:
    amount, day = dollars(facts["amount_cents"]), date.fromisoformat(facts["returned_on"])
    told = (
        f"Your bank returned your payment of {amount} on {long_date(day)}. It is taken back from your account, "
        "and what it had paid is owed again."
    )
    if facts["fee_cents"]:
        told += f" A returned-check fee of {dollars(facts['fee_cents'])} was added."
    return ("Your bank returned a payment", told, f"Your payment of {amount} was returned by your bank.")


def _late(facts: Mapping[str, Any]) -> tuple[str, str, str]:
    amount, due_on = dollars(facts["amount_cents"]), date.fromisoformat(facts["due_on"])
    return (
        "A payment is past due",
        f"We have not received {amount} that was due by {long_date(due_on)}. If it is in the mail, thank you. If you "
        "cannot pay now, please call us: we would like to find a way with you.",
        f"{amount} is past due since {short_date(due_on)}. Please call us if you need help.",
    )


def _statement_ready(facts: Mapping[str, Any]) -> tuple[str, str, str]:
    amount, due_on = dollars(facts["amount_cents"]), date.fromisoformat(facts["due_on"])
    return (
        "Your statement is ready",
        f"Your new statement is ready. Amount due: {amount}, by {long_date(due_on)}.\n\n"
        "You get it electronically because you agreed to; you can withdraw that, or ask for a paper copy, at any time.",
        f"Statement ready: {amount} due {short_date(due_on)}.",
    )


def _lease_ends(facts: Mapping[str, Any]) -> tuple[str, str, str]:
    ends_on, days = date.fromisoformat(facts["ends_on"]), facts["days"]
    return (
        f"Your lease ends in {days} days",
        f"Your lease ends on {long_date(ends_on)}, in {days} days. You can:\n\n"
        f"  - buy the vehicle: {dollars(facts['buyout_cents'])} as of today, a payoff letter has the exact amount;\n"
        "  - return it: please have it inspected; excess mileage and wear are charged as your lease says;\n"
        "  - ask to go on from month to month.\n\nPlease tell us what you would like.",
        f"Your lease ends {short_date(ends_on)}. Call us about buying, returning or extending.",
    )


def _quote_expired(facts: Mapping[str, Any]) -> tuple[str, str, str]:
    amount, until = dollars(facts["amount_cents"]), date.fromisoformat(facts["good_through"])
    return (
        "Your payoff quote has run out",
        f"Your payoff quote of {amount} was good through {long_date(until)}, and we have not posted a payment for it. "
        "If we received your payment by that day, it counts: you need not do anything.\n\n"
        "Otherwise please ask us for a new quote before you pay: interest has been added since.",
        f"Your payoff quote of {amount} ran out {short_date(until)}. Call us for a new one.",
    )


def _paid_off(facts: Mapping[str, Any]) -> tuple[str, str, str]:
    amount, day = dollars(facts["amount_cents"]), date.fromisoformat(facts["paid_on"])
    release_on = date.fromisoformat(facts["release_on"])
    loan = facts["product"] == "loan"
    told = f"Thank you. With your payment of {amount}, credited as of {long_date(day)}, "
    told += (
        "your loan is paid off: nothing is owed any more."
        if loan
        else "the vehicle is yours: nothing is owed any more."
    )
    if facts["refund_cents"]:
        told += f"\n\nYou paid {dollars(facts['refund_cents'])} more than was owed. We send it back to you."
    told += (
        f"\n\nWe release our lien no later than {long_date(release_on)}."
        if loan
        else f"\n\nWe send the title no later than {long_date(release_on)}."
    )
    end = "Your loan is paid off" if loan else "You bought your vehicle"
    return (end, told, f"{end}. Thank you. {'Lien release' if loan else 'Title'} by {short_date(release_on)}.")


_WORDS = {
    Kind.DUE_SOON: _due_soon,
    Kind.PAYMENT_POSTED: _payment_posted,
    Kind.PAYMENT_RETURNED: _payment_returned,
    Kind.LATE: _late,
    Kind.STATEMENT_READY: _statement_ready,
    Kind.LEASE_ENDS: _lease_ends,
    Kind.QUOTE_EXPIRED: _quote_expired,
    Kind.PAID_OFF: _paid_off,
}
