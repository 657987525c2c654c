"""What the verbs about exceptions say of an item: in a line, in a table of candidates, in the words of its reasons."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from rich.box import SIMPLE
from rich.markup import escape
from rich.table import Column, Table

from lockbox.mail.reason import ABOUT, Reason
from lockbox.money import dollars

if TYPE_CHECKING:
    from reconciliation.exceptions.legal_review import RecordedReview
    from reconciliation.exceptions.resolution import OpenItem


def candidates(item: OpenItem) -> Table:
    """What the readers offer, the likeliest first: a person copies from here."""
    due, right = Column("owes now", justify="right"), Column("chance", justify="right")
    table = Table("candidate", Column("name", overflow="fold"), due, right, box=SIMPLE)
    for account in item.ranked.get("accounts", ()):
        chance = f"{account['probability']:.1%}"
        due_cents = account.get("due_cents")
        table.add_row(account["account_number"], escape(account.get("name", "")), dollars(due_cents or 0), chance)
    for amount in item.ranked.get("amounts", ()):
        table.add_row(dollars(amount["amount_cents"]), "", "", f"{amount['probability']:.1%}")
    return table


def facts_of(item: OpenItem, at: datetime) -> str:
    """One line about an item."""
    return f"{item.name}: {item.kind}, {amount_of(item)}, {state_of(item, at)}; {labels_of(item.reasons)}"


def review_words(review: RecordedReview) -> str:
    """What legal said of a check "paid in full"."""
    place = "the disputes address" if review.is_disputes_address else "not the disputes address"
    knew = f"{review.known_by} knew since {review.known_on}: {review.known_what}"
    return f"legal ({review.reviewer}) says {review.word}; came to {review.box}, {place}; {knew}"


def amount_of(item: OpenItem) -> str:
    """Its amount in dollars, or that nobody knows it."""
    return "not known" if item.amount_cents is None else dollars(item.amount_cents)


def state_of(item: OpenItem, at: datetime) -> str:
    """What it waits for, and who works on it."""
    state = {
        "review": "waits",
        "vault": f"in the vault until {item.hold_until}",
        "due": f"in the vault, due since {item.hold_until}",
    }[item.queue(at)]
    state += f", to be scanned again (pull list {item.rescan_no})" if item.rescan_no else ""
    if item.proposal_state:
        by = f"resolution {item.resolution_id} by {item.proposed_by}"
        return f"{by}: " + ("for a second person" if item.proposal_state == "proposed" else "ready")
    if item.worked_until is not None and item.worked_until > at:
        return f"{state}, {item.worked_by} works on it"
    return state


def labels_of(reasons: Sequence[str]) -> str:
    """What operators read of reasons."""
    return ", ".join(ABOUT[Reason(reason)].label for reason in reasons)
