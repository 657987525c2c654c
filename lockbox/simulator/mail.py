"""A day's mail before it is drawn: which envelope comes to which site in which batch, and what is in it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time
from hashlib import blake2b
from itertools import count
from math import ceil
from random import Random
from zoneinfo import ZoneInfo

from lockbox.contract.master import Master
from lockbox.simulator.envelope import Draft, Part, Writer
from lockbox.simulator.lender_terms import SiteTerms, Terms
from lockbox.simulator.papers import Paper, ScanManner
from lockbox.simulator.scenarios import EnvelopeMix, ScanMix, quotas
from lockbox.simulator.truth import TrueItem, Truth

OVERNIGHT_SHARE = 0.2
X9_SHARE = 0.08  # share of envelopes, each a check alone, that come as an image cash letter
BATCH_ENVELOPES = 30  # at most
AFTER_CUT_OFF = time(17, 20)  # of the overnight site's last batch: it counts for the next open day


@dataclass(frozen=True, slots=True)
class Document:
    """One document in its batch: what it is, how it is scanned, and from which seeds it is drawn."""

    paper: Paper
    manner: ScanManner
    draw_seed: int
    scan_seed: int
    truth: TrueItem


@dataclass(frozen=True, slots=True)
class Envelope:
    """The documents that came together."""

    envelope_no: int
    documents: tuple[Document, ...]


@dataclass(frozen=True, slots=True)
class Batch:
    """A stack as a site scanned it."""

    site_id: str
    box: str
    batch_no: str
    delivery: str  # "folder" or "x9"
    received_at: datetime
    envelopes: tuple[Envelope, ...]

    @property
    def documents(self) -> tuple[Document, ...]:
        """All documents in the order of their sequence."""
        return tuple(document for envelope in self.envelopes for document in envelope.documents)


@dataclass(frozen=True, slots=True)
class MailDay:
    """All that comes in on a business day."""

    business_date: date
    seed: int
    batches: tuple[Batch, ...]

    @property
    def truth(self) -> Truth:
        """The truth about every document."""
        items = tuple(document.truth for batch in self.batches for document in batch.documents)
        return Truth(self.business_date, self.seed, items)


def make_day(
    master: Master,
    seed: int,
    business_date: date,
    terms: Terms,
    envelopes: int = 200,
    mix: EnvelopeMix | None = None,
    scans: ScanMix | None = None,
) -> MailDay:
    """Plans a day's mail; pure: the same arguments give the same day. `seed` must be the master's own."""
    rng = Random(f"mail:{seed}:{business_date}")
    writer = Writer(master, seed, business_date, terms, mix or EnvelopeMix(), envelopes, rng)
    stories = quotas(envelopes)
    rng.shuffle(stories)
    mailings = [writer.write(story) for story in stories]
    stacks = _stacks(_sort_mail(rng, mailings, terms, envelopes), terms, business_date)
    batches = [_scan_stack(rng, stack, seed, business_date) for stack in stacks]
    return MailDay(business_date, seed, _with_troubles(rng, batches, scans or ScanMix()))


Mailing = tuple[Draft, ...]  # envelopes that belong together
Stream = tuple[str, str, str]  # which site ("regular" or "overnight"), P.O. box, delivery


@dataclass(frozen=True, slots=True)
class _Stack:
    """Envelopes scanned together, not numbered yet."""

    site: SiteTerms
    box: str
    delivery: str
    batch_no: str
    received_at: datetime
    mailings: tuple[Mailing, ...]


def _sort_mail(rng: Random, mailings: Sequence[Mailing], terms: Terms, envelopes: int) -> dict[Stream, list[Mailing]]:
    """The mailings of each stream."""
    streams: dict[Stream, list[Mailing]] = {}
    x9_room = round(envelopes * X9_SHARE)
    for mailing in mailings:
        draft = mailing[0]
        if len(draft.parts) == 1 and draft.parts[0].truth.kind == "check" and x9_room > 0:
            x9_room -= 1
            stream = ("overnight", terms.overnight.boxes[draft.product], "x9")
        elif draft.place == "overnight" or (draft.place == "" and rng.random() < OVERNIGHT_SHARE):
            stream = ("overnight", terms.overnight.boxes[draft.product], "folder")
        else:
            product = "loan" if draft.place == "wrong_box" else draft.product
            stream = ("regular", terms.regular.boxes[product], "folder")
        streams.setdefault(stream, []).append(mailing)
    return dict(sorted(streams.items()))


def _stacks(streams: Mapping[Stream, list[Mailing]], terms: Terms, day: date) -> list[_Stack]:
    """Stacks of equal height, numbered by site in the order in which they were scanned."""
    stacks = []
    counts: Counter[tuple[str, str]] = Counter()
    for (which, box, delivery), mailings in streams.items():
        site = terms.regular if which == "regular" else terms.overnight
        parts = ceil(len(mailings) / BATCH_ENVELOPES)
        for part in range(parts):
            counts[site.site_id, delivery] += 1
            number = counts[site.site_id, delivery] + (900 if delivery == "x9" else 0)
            is_late = which == "overnight" and delivery == "folder" and part == parts - 1 > 0
            scanned_at = AFTER_CUT_OFF if is_late else _scan_time(delivery, number)
            received_at = datetime.combine(day, scanned_at, ZoneInfo(site.time_zone))
            stacked = tuple(mailings[len(mailings) * part // parts : len(mailings) * (part + 1) // parts])
            batch_no = f"{site.site_id[0].upper()}{number:03d}"
            stacks.append(_Stack(site, box, delivery, batch_no, received_at, stacked))
    return stacks


def _scan_time(delivery: str, number: int) -> time:
    return time(6, 40) if delivery == "x9" else time(7 + number % 11, number * 17 % 60)


def _scan_stack(rng: Random, stack: _Stack, seed: int, day: date) -> Batch:
    """The stack as scanned: envelopes and documents numbered, every document with its seeds, in one file format."""
    drafts = [draft for mailing in stack.mailings for draft in mailing]
    sequences = count(1)
    envelopes = [
        Envelope(
            envelope_no,
            tuple(_scan_part(rng, stack, seed, day, part, envelope_no, next(sequences)) for part in draft.parts),
        )
        for envelope_no, draft in enumerate(drafts, start=1)
    ]
    return Batch(stack.site.site_id, stack.box, stack.batch_no, stack.delivery, stack.received_at, tuple(envelopes))


def _scan_part(
    rng: Random, stack: _Stack, seed: int, day: date, part: Part, envelope_no: int, sequence: int
) -> Document:
    truth = replace(
        part.truth,
        site_id=stack.site.site_id,
        batch_no=stack.batch_no,
        sequence=sequence,
        envelope_no=envelope_no,
    )
    manner = ScanManner(*_file_format(stack), skew_deg=round(max(-1.5, min(1.5, rng.gauss(0, 0.5))), 2))
    scan_seed = _seed(seed, day, f"{stack.batch_no}/{sequence}")
    return Document(part.paper, manner, _seed(seed, day, part.drawn_as), scan_seed, truth)


def _file_format(stack: _Stack) -> tuple[str, int]:
    """(format, dpi): every third folder is gray."""
    number = int(stack.batch_no[1:])
    if stack.delivery == "folder" and number % 3 == 2:
        return "jpeg", (200, 150)[number // 3 % 2]
    return "g4", 200


def _seed(*about: object) -> int:
    return int.from_bytes(blake2b(repr(about).encode(), digest_size=7).digest(), "big")


def _with_troubles(rng: Random, batches: Sequence[Batch], mix: ScanMix) -> tuple[Batch, ...]:
    """The batches after the scanner spoiled some documents."""
    troubles = _assign_troubles(rng, [document.truth.key for batch in batches for document in batch.documents], mix)

    def spoil(envelope: Envelope) -> Envelope:
        documents = tuple(_spoil(rng, document, troubles.get(document.truth.key)) for document in envelope.documents)
        return replace(envelope, documents=documents)

    return tuple(replace(batch, envelopes=tuple(map(spoil, batch.envelopes))) for batch in batches)


def _assign_troubles(rng: Random, keys: list[tuple[str, str, int]], mix: ScanMix) -> dict[tuple[str, str, int], str]:
    """What the scanner does to which document; never two things to one."""
    rng.shuffle(keys)
    troubles: dict[tuple[str, str, int], str] = {}
    for name in ScanMix.__slots__:
        quota = round(getattr(mix, name) * len(keys))
        if len(keys) > 60:
            quota = max(1, quota)
        troubles |= dict.fromkeys(keys[len(troubles) : len(troubles) + quota], name)
    return troubles


def _spoil(rng: Random, document: Document, trouble: str | None) -> Document:
    if trouble is None:
        return document
    manner = replace(
        document.manner,
        upside_down=trouble == "upside_down",
        torn=trouble == "torn",
        faint=trouble == "faint",
        speckle=round(rng.uniform(0.003, 0.015), 4) if trouble == "speckled" else 0.0,
        skew_deg=round(rng.choice([-1, 1]) * rng.uniform(2, 5), 2) if trouble == "skewed" else document.manner.skew_deg,
    )
    return replace(document, manner=manner, truth=replace(document.truth, troubles=(trouble,)))
