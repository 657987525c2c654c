"""Items for review as cards: the check, why it stopped, and the candidates for account and amount."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from lockbox.errors import InputError, Unavailable
from lockbox.mail.reason import ABOUT, NOTES, Queue, Reason
from lockbox.money import last_four
from reconciliation.exceptions.thumbnail import ImageLayout, data_uri

PICTURED = frozenset({"check", "other"})  # coupons and letters show the customer's number in many places
PICTURES_PER_GROUP = 12
UNLIKELY = 0.005  # candidates below this are noise, unless there is nothing better
PICTURES = 60  # per report: it has to open quickly and print on a reasonable number of pages


@dataclass(frozen=True, slots=True)
class AccountCandidate:
    """A contract that the payment may be for."""

    account: str  # masked to its last four digits
    name: str
    probability: float
    due_cents: int | None


@dataclass(frozen=True, slots=True)
class Card:
    """One item, with what a person needs to decide it."""

    item_id: int
    site_id: str
    batch_no: str
    sequence: int
    envelope_no: int
    kind: str
    outcome: str
    suspense_kind: str | None
    amount_cents: int | None
    reasons: tuple[str, ...]  # codes, the most important first
    accounts: tuple[AccountCandidate, ...]
    amounts: tuple[tuple[int, float], ...]  # cents, probability
    payer: str
    unusable: str | None
    front_sha256: str | None
    layout: ImageLayout

    @property
    def main_reason(self) -> str:
        """The reason that it is filed under."""
        return self.reasons[0] if self.reasons else ""

    @property
    def labels(self) -> tuple[str, ...]:
        """Reasons as operators know them."""
        return tuple(label_of(reason) for reason in self.reasons)


@dataclass(frozen=True, slots=True)
class Group:
    """Cards with one main reason. `pictures` has data URIs of the first cards, by item."""

    queue: str
    reason: str
    label: str
    basis: str
    cards: tuple[Card, ...]
    pictures: Mapping[int, str]

    @property
    def pictured(self) -> tuple[Card, ...]:
        """Cards shown with a picture."""
        return tuple(card for card in self.cards if card.item_id in self.pictures)

    @property
    def listed(self) -> tuple[Card, ...]:
        """Cards shown as a row."""
        return tuple(card for card in self.cards if card.item_id not in self.pictures)

    @property
    def cents(self) -> int:
        """Sum of the known amounts."""
        return sum(card.amount_cents or 0 for card in self.cards)


def group_cards(cards: Iterable[Card], load: Callable[[str], bytes]) -> tuple[Group, ...]:
    """Cards by queue and main reason, pictures for the first of each group; `load` gives an image by its hash."""
    filed = sorted(cards, key=lambda card: (*_weight(card.main_reason), card.site_id, card.batch_no, card.sequence))
    pictures_left, groups = PICTURES, []
    for reason, members in groupby(filed, key=lambda card: card.main_reason):
        cards_of_reason = tuple(members)
        candidates = [card for card in cards_of_reason if card.kind in PICTURED and card.front_sha256]
        pictures = _pictures(candidates[: min(PICTURES_PER_GROUP, pictures_left)], load)
        pictures_left -= len(pictures)
        about = ABOUT.get(Reason(reason)) if reason in set(Reason) else None
        queue = str(about.queue) if about else str(Queue.PAYMENTS)
        groups.append(Group(queue, reason, label_of(reason), about.basis if about else "", cards_of_reason, pictures))
    return tuple(groups)


def card_of(row: Mapping[Any, Any]) -> Card:
    """A card from a row of reports/day_exceptions."""
    ranked = row["ranked"]
    return Card(
        **{name: row[name] for name in _COPIED_FIELDS},
        reasons=tuple(sorted(row["reasons"], key=_weight)),
        accounts=tuple(_account(candidate) for candidate in _likely(ranked.get("accounts", []))),
        amounts=tuple(
            (candidate["amount_cents"], candidate["probability"]) for candidate in _likely(ranked.get("amounts", []))
        ),
        payer=(row["payer"] or "").split("\n")[0],
        layout=ImageLayout(
            is_read=row["is_read"],
            rotation_deg=row["rotation_deg"],
            width_px=row["width_px"],
            dpi=row["dpi"],
            micr_box=row["micr_box"],
            hidden_boxes=(row["bank_account_box"],) if row["bank_account_box"] else (),
            masked_boxes=(row["account_number_box"],) if row["account_number_box"] else (),
        ),
    )


_COPIED_FIELDS = (
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


def _account(candidate: Mapping[str, Any]) -> AccountCandidate:
    return AccountCandidate(
        last_four(candidate["account_number"]),
        candidate.get("name", ""),
        candidate["probability"],
        candidate.get("due_cents"),
    )


def _likely(candidates: Sequence[Mapping[str, Any]]) -> Sequence[Mapping[str, Any]]:
    """The best three, without those that nobody would choose."""
    return [
        candidate
        for place, candidate in enumerate(candidates[:3])
        if place == 0 or candidate["probability"] >= UNLIKELY
    ]


def _weight(reason: str) -> tuple[int, int]:
    """Reasons by law or the lender's rules come before reading problems, notes come last; then in listed order."""
    order: Sequence[str] = list(Reason)
    if reason in NOTES:
        return (8, order.index(reason))
    if reason not in order:
        return (9, 0)
    about = ABOUT[Reason(reason)]
    queues = [Queue.DISPUTES, Queue.SPECIALISTS, Queue.PAYMENTS, Queue.CORRESPONDENCE]
    return (queues.index(about.queue) * 2 + (about.basis == "reading"), order.index(reason))


def _pictures(cards: Iterable[Card], load: Callable[[str], bytes]) -> dict[int, str]:
    pictures = {}
    for card in cards:
        try:
            picture = data_uri(load(card.front_sha256 or ""), card.layout)
        except (InputError, Unavailable, OSError):  # missing, or the store is away: the report shows no picture
            picture = None
        if picture:
            pictures[card.item_id] = picture
    return pictures
