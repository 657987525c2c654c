"""What a person has to look at, as cards: the check, why it stopped, and the candidates for account and amount."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from lockbox.errors import InputError
from lockbox.mail.reason import ABOUT, NOTES, Queue, Reason
from lockbox.money import last_four
from reconciliation.exceptions.thumbnail import Seen, data_uri

PICTURED = frozenset({"check", "other"})  # coupons and letters carry the customer's number all over
PICTURES_A_GROUP = 12
UNLIKELY = 0.005  # candidates below are noise, unless nothing better is there
PICTURES = 60  # in one report: it has to open quickly and print on a sane number of pages


@dataclass(frozen=True, slots=True)
class AccountCandidate:
    """A contract that could be meant."""

    account: str  # masked to its last four digits
    name: str
    probability: float
    due_cents: int | None


@dataclass(frozen=True, slots=True)
class Card:
    """One item."""

    item_id: int
    site_id: str
    batch_no: str
    sequence: int
    envelope_no: int
    kind: str
    outcome: str
    suspense_kind: str | None
    amount_cents: int | None
    reasons: tuple[str, ...]  # names, the weightiest first
    accounts: tuple[AccountCandidate, ...]
    amounts: tuple[tuple[int, float], ...]  # cents, probability
    payer: str
    unusable: str | None
    front_sha256: str | None
    seen: Seen

    @property
    def main_reason(self) -> str:
        """The one it is filed under."""
        return self.reasons[0] if self.reasons else ""

    @property
    def labels(self) -> tuple[str, ...]:
        """Reasons as operators know them."""
        return tuple(label_of(reason) for reason in self.reasons)


@dataclass(frozen=True, slots=True)
class Group:
    """Cards with one main reason. `pictures` holds data URIs of the first cards, by item."""

    queue: str
    reason: str
    label: str
    basis: str
    cards: tuple[Card, ...]
    pictures: Mapping[int, str]

    @property
    def pictured(self) -> tuple[Card, ...]:
        """Cards shown large."""
        return tuple(card for card in self.cards if card.item_id in self.pictures)

    @property
    def listed(self) -> tuple[Card, ...]:
        """Cards shown as a line."""
        return tuple(card for card in self.cards if card.item_id not in self.pictures)

    @property
    def cents(self) -> int:
        """Sum of the amounts known."""
        return sum(card.amount_cents or 0 for card in self.cards)


def group_cards(cards: Iterable[Card], load: Callable[[str], bytes]) -> tuple[Group, ...]:
    """Cards by queue and main reason, pictures for the first of each group; `load` gives an image by its hash."""
    filed = sorted(cards, key=lambda card: (*_weight(card.main_reason), card.site_id, card.batch_no, card.sequence))
    left, groups = PICTURES, []
    for reason, members in groupby(filed, key=lambda card: card.main_reason):
        every = tuple(members)
        wanted = [card for card in every if card.kind in PICTURED and card.front_sha256]
        pictures = _pictures(wanted[: min(PICTURES_A_GROUP, left)], load)
        left -= len(pictures)
        about = ABOUT.get(Reason(reason)) if reason in set(Reason) else None
        queue = str(about.queue) if about else str(Queue.PAYMENTS)
        groups.append(Group(queue, reason, label_of(reason), about.basis if about else "", every, pictures))
    return tuple(groups)


def card_of(row: Mapping[Any, Any]) -> Card:
    """A card from a row of reports/day_exceptions."""
    ranked = row["ranked"]
    return Card(
        **{name: row[name] for name in _PLAIN},
        reasons=tuple(sorted(row["reasons"], key=_weight)),
        accounts=tuple(_account(one) for one in _worth_showing(ranked.get("accounts", []))),
        amounts=tuple((one["amount_cents"], one["probability"]) for one in _worth_showing(ranked.get("amounts", []))),
        payer=(row["payer"] or "").split("\n")[0],
        seen=Seen(
            is_read=row["is_read"],
            rotation_deg=row["rotation_deg"],
            width_px=row["width_px"],
            dpi=row["dpi"],
            micr_box=row["micr_box"],
            hidden_boxes=(row["bank_account_box"],) if row["bank_account_box"] else (),
            masked_boxes=(row["account_number_box"],) if row["account_number_box"] else (),
        ),
    )


_PLAIN = (
    "item_id",
    "site_id",
    "batch_no",
    "sequence",
    "envelope_no",
    "kind",
    "outcome",
    "suspense_kind",
    "amount_cents",
    "unusable",
    "front_sha256",
)


def label_of(reason: str) -> str:
    """A reason as operators know it."""
    return ABOUT[Reason(reason)].label if reason in set(Reason) else reason.replace("_", " ").capitalize()


def _account(plain: Mapping[str, Any]) -> AccountCandidate:
    return AccountCandidate(
        last_four(plain["account_number"]), plain.get("name", ""), plain["probability"], plain.get("due_cents")
    )


def _worth_showing(candidates: Sequence[Mapping[str, Any]]) -> Sequence[Mapping[str, Any]]:
    """The best three, less those that nobody would choose."""
    return [one for place, one in enumerate(candidates[:3]) if place == 0 or one["probability"] >= UNLIKELY]


def _weight(reason: str) -> tuple[int, int]:
    """What the law or the lender says weighs more than what was hard to read, a mere note least; then their order."""
    order: Sequence[str] = list(Reason)
    if reason in NOTES:
        return (8, order.index(reason))
    if reason not in order:
        return (9, 0)
    about = ABOUT[Reason(reason)]
    queues = [Queue.DISPUTES, Queue.SPECIALISTS, Queue.PAYMENTS, Queue.CORRESPONDENCE]
    return (queues.index(about.queue) * 2 + (about.basis == "reading"), order.index(reason))


def _pictures(cards: Iterable[Card], load: Callable[[str], bytes]) -> dict[int, str]:
    found = {}
    for card in cards:
        try:
            picture = data_uri(load(card.front_sha256 or ""), card.seen)
        except InputError:  # gone from the store: the report says so by showing none
            picture = None
        if picture:
            found[card.item_id] = picture
    return found
