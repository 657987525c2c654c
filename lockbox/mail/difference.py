"""One difference between what a site declared and what was captured, and the words for it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby, pairwise

from lockbox.money import dollars
from lockbox.scopes import BatchScope

UNITS = {  # kind of difference: one piece, several
    "documents": ("document", "documents"),
    "envelopes": ("envelope", "envelopes"),
    "images": ("image", "images"),
    "unannounced": ("batch not on the manifest", "batches not on the manifest"),
    "undeclared": ("batch with nothing to compare with", "batches with nothing to compare with"),
    "unlisted": ("image file that no index lists", "image files that no index lists"),
    "control": ("control that does not hold", "controls that do not hold"),
    "refused": ("delivery refused", "deliveries refused"),
    "manifest": ("manifest that has not arrived", "manifests that have not arrived"),
}
COUNTED = {"documents": "captured", "envelopes": "captured", "images": "usable", "cents": "carried by its checks"}
SOURCES = {("batch",): "declared", ("manifest",): "announced", ("batch", "manifest"): "declared and announced"}
MAX_RANGES = 8  # of missing sequences, in one text
MAX_LISTED = 10  # differences spelled out in one message


@dataclass(frozen=True, slots=True)
class Difference:
    """Declared and counted are pieces, or cents; `declared` is None where nobody said how much was sent."""

    scope: BatchScope
    kind: str  # documents, envelopes, images, cents, or one of the others in UNITS
    declared: int | None
    counted: int
    text: str = ""  # what operators read; "" while it is not on record
    record: str = ""  # the file, or its record, that it is about, where one is
    sources: tuple[str, ...] = ()  # who declared: "batch", "manifest", or both
    difference_id: int | None = None  # None: not on record yet
    accepted_by: str | None = None
    reason: str = ""  # of the person who accepted it
    settled: int = 0  # pieces or cents that came in later batches ...
    settled_by: tuple[str, ...] = ()  # ... these

    @property
    def missing(self) -> int:
        """Declared and not counted; negative: more than declared."""
        return (self.declared or 0) - self.counted

    @property
    def left(self) -> int:
        """What is missing without what came later; of a settled difference all that was missing."""
        return self.missing if self.is_settled or self.missing < 0 else self.missing - self.settled

    @property
    def is_settled(self) -> bool:
        """Whether all that was missing came later."""
        return 0 < self.missing <= self.settled

    @property
    def is_accepted(self) -> bool:
        """Whether a person accepted it, with these numbers."""
        return self.accepted_by is not None and not self.is_settled

    @property
    def is_open(self) -> bool:
        """Whether it still waits for a person, or for what is missing."""
        return self.accepted_by is None and not self.is_settled


def describe(difference: Difference, sequences: Sequence[int] = (), cause: str = "") -> str:
    """The difference in words.

    `sequences` are the captured ones of its batch; `cause` is why a delivery was refused, or a control does not hold.
    """
    batch, counted = f"batch {difference.scope.batch_no}", difference.counted
    match difference.kind:
        case "manifest":
            return "the site's manifest has not arrived: a batch that never came would not be missed"
        case "unannounced":
            return f"{batch}: {_pieces('documents', counted)} captured, and the manifest does not list the batch"
        case "undeclared":
            captured = f"{_pieces('documents', counted)} captured"
            return f"{batch}: {captured}, and nobody says how many were sent: nothing to compare with"
        case "unlisted":
            return f"{batch}: {difference.record} came, and no row of its index lists it"
        case "control":
            return f"{batch}: {cause}: {_pieces('documents', counted)} {'waits' if counted == 1 else 'wait'}"
        case "refused":
            return f"{batch}: a delivery was refused: {cause}"
    declared = f"{_pieces(difference.kind, difference.declared or 0)} {SOURCES[difference.sources]}"
    is_whole = cause and difference.kind == "documents"  # once is enough
    if not counted and difference.kind != "cents":
        return f"{batch}: {declared}, none {COUNTED[difference.kind]}{f'; refused: {cause}' if is_whole else ''}"
    gaps = _gaps(difference, sequences) if difference.kind == "documents" else ""
    shown = dollars(counted) if difference.kind == "cents" else str(counted)
    return f"{batch}: {declared}, {shown} {COUNTED[difference.kind]}: {_off(difference)}{gaps}"


def _pieces(kind: str, count: int) -> str:
    return dollars(count) if kind == "cents" else f"{count:,} {UNITS[kind][count != 1]}"


def _off(difference: Difference) -> str:
    is_money, missing = difference.kind == "cents", difference.missing
    amount = dollars(abs(missing)) if is_money else f"{abs(missing):,}"
    return f"{amount} {'missing' if missing > 0 else 'too much' if is_money else 'too many'}"


def _gaps(difference: Difference, sequences: Sequence[int]) -> str:
    """The sequences that no captured document has, if that explains what is missing."""
    last = max(difference.declared or 0, *sequences, 0)
    captured = sorted({0, last + 1, *sequences})  # a count may be anything: gaps are taken from what is there
    gaps = [(before + 1, after - 1) for before, after in pairwise(captured) if before + 1 < after]
    absent = sum(end - start + 1 for start, end in gaps)
    if difference.missing <= 0 or absent != difference.missing:
        return ""
    ranges = [str(start) if start == end else f"{start} to {end}" for start, end in gaps]
    shown = ", ".join(ranges[:MAX_RANGES]) + (", ..." if len(ranges) > MAX_RANGES else "")
    return f" ({'sequence' if absent == 1 else 'sequences'} {shown})"


def headline(differences: Iterable[Difference]) -> str:
    """How much is missing or too many, all together: "4 documents, 4 envelopes and 8 images missing".

    What the batch and the manifest both miss is the same paper: the larger number counts.
    """
    missing: dict[tuple[BatchScope, str], int] = {}
    over: dict[tuple[BatchScope, str], int] = {}
    others: dict[str, int] = {}
    for difference in differences:
        key = difference.scope, difference.kind
        if difference.kind not in COUNTED:
            others[difference.kind] = others.get(difference.kind, 0) + 1
        elif difference.left > 0:
            missing[key] = max(missing.get(key, 0), difference.left)
        else:
            over[key] = max(over.get(key, 0), -difference.left)
    parts = [_sum(missing, "missing"), _sum(over, "too many")]
    parts += [_pieces(kind, others[kind]) for kind in UNITS if kind in others]
    return "; ".join(part for part in parts if part)


def _sum(amounts: dict[tuple[BatchScope, str], int], word: str) -> str:
    by_kind = {kind: sum(n for (_, of), n in amounts.items() if of == kind) for kind in COUNTED}
    shown = [_pieces(kind, count) for kind, count in by_kind.items() if count]
    listed = " and ".join([", ".join(shown[:-1]), shown[-1]]) if len(shown) > 1 else "".join(shown)
    return f"{listed} {word}" if listed else ""


def accepted_words(differences: Iterable[Difference]) -> str:
    """ "3 documents missing, accepted by M. Ruiz: shredded in the jam" for all that was accepted; "" for nothing."""
    accepted = sorted((d for d in differences if d.is_accepted), key=lambda d: (d.accepted_by or "", d.reason))
    groups = groupby(accepted, key=lambda difference: (difference.accepted_by, difference.reason))
    return "; ".join(f"{headline(members)}, accepted by {who}: {reason}" for (who, reason), members in groups)


def settled_words(differences: Iterable[Difference]) -> str:
    """ "4 documents missing, found later in dallas/2026-11-25/M002" for all that was found; "" for nothing."""
    settled = sorted((d for d in differences if d.is_settled), key=lambda d: d.settled_by)
    groups = groupby(settled, key=lambda difference: difference.settled_by)
    return "; ".join(f"{headline(members)}, found later in {', '.join(batches)}" for batches, members in groups)


def open_words(differences: Iterable[Difference]) -> str:
    """ "4 documents missing (batch M001: ...)" for all that is open; "" for nothing."""
    still_open = [difference for difference in differences if difference.is_open]
    texts = "; ".join(difference.text for difference in still_open[:MAX_LISTED])
    more = f"; and {len(still_open) - MAX_LISTED} more" if len(still_open) > MAX_LISTED else ""
    return f"{headline(still_open)} ({texts}{more})" if still_open else ""


def explained_words(differences: Sequence[Difference]) -> str:
    """ "3 documents missing, accepted by M. Ruiz: shredded" for all that is accepted or found; "" for nothing."""
    return "; ".join(words for words in (accepted_words(differences), settled_words(differences)) if words)


def close_words(differences: Sequence[Difference]) -> str:
    """How a site day closed: in balance, with open differences, or with what a person accepted."""
    if words := open_words(differences):
        return f"closed with open differences: {words}"
    words = explained_words(differences)
    return f"closed; ties, {words}" if words else "closed in balance"
