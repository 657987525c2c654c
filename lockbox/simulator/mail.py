"""One day's mail before it is drawn: which envelope comes to which site in which batch, and what is in it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time
from hashlib import blake2b
from math import ceil
from random import Random
from zoneinfo import ZoneInfo

from lockbox.contract.master import Master
from lockbox.simulator.envelope import Draft, Writer
from lockbox.simulator.lender_terms import SiteTerms, Terms
from lockbox.simulator.papers import Paper, ScanManner
from lockbox.simulator.scenarios import EnvelopeMix, ScanMix, quotas
from lockbox.simulator.truth import TrueItem, Truth

OVERNIGHT_SHARE = 0.2
X9_SHARE = 0.08  # of all envelopes, checks without coupon or letter, delivered as image cash letter
BATCH_ENVELOPES = 30  # at most
AFTER_CUT_OFF = time(17, 20)  # couriers come late: the overnight site's last batch counts for the next open day


@dataclass(frozen=True, slots=True)
class Document:
    """One document in its place: what it is, how it is scanned, and from which seeds it is drawn."""

    paper: Paper
    manner: ScanManner
    draw_seed: int
    scan_seed: int
    truth: TrueItem


@dataclass(frozen=True, slots=True)
class Envelope:
    """What came together."""

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
        """What every document really is."""
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
    """The plan of a day's mail; pure: the same arguments give the same day. `seed` must be the master's own."""
    rng = Random(f"mail:{seed}:{business_date}")
    writer = Writer(master, seed, business_date, terms, mix or EnvelopeMix(), envelopes, rng)
    told = quotas(envelopes)
    rng.shuffle(told)
    mailings = [writer.write(story) for story in told]
    stacks = _stacks(_sorted_out(rng, mailings, terms, envelopes), terms, business_date)
    laid = [_laid(rng, stack, seed, business_date) for stack in stacks]
    return MailDay(business_date, seed, _troubled(rng, laid, scans or ScanMix()))


Mailing = tuple[Draft, ...]  # envelopes that belong together


@dataclass(frozen=True, slots=True)
class _Stack:
    """Envelopes scanned together, not numbered yet."""

    site: SiteTerms
    box: str
    delivery: str
    batch_no: str
    received_at: datetime
    mailings: tuple[Mailing, ...]


def _sorted_out(
    rng: Random, mailings: Sequence[Mailing], terms: Terms, envelopes: int
) -> dict[tuple[str, str, str], list[Mailing]]:
    """Site, box and delivery of each mailing."""
    sorted_out: dict[tuple[str, str, str], list[Mailing]] = {}
    room = round(envelopes * X9_SHARE)
    for mailing in mailings:
        draft = mailing[0]
        if len(draft.parts) == 1 and draft.parts[0].truth.kind == "check" and room > 0:
            room -= 1
            key = ("overnight", terms.overnight.boxes["loan"], "x9")
        elif draft.place == "overnight" or (draft.place == "" and rng.random() < OVERNIGHT_SHARE):
            key = ("overnight", terms.overnight.boxes[draft.product], "folder")
        else:
            product = "loan" if draft.place == "wrong_box" else draft.product
            key = ("regular", terms.regular.boxes[product], "folder")
        sorted_out.setdefault(key, []).append(mailing)
    return dict(sorted(sorted_out.items()))


def _stacks(sorted_out: Mapping[tuple[str, str, str], list[Mailing]], terms: Terms, day: date) -> list[_Stack]:
    """Stacks of equal height, numbered by site in the order in which they were scanned."""
    stacks = []
    counts: Counter[tuple[str, str]] = Counter()
    for (which, box, delivery), group in sorted_out.items():
        site = terms.regular if which == "regular" else terms.overnight
        parts = ceil(len(group) / BATCH_ENVELOPES)
        for part in range(parts):
            counts[site.site_id, delivery] += 1
            number = counts[site.site_id, delivery] + (900 if delivery == "x9" else 0)
            scanned = time(6, 40) if delivery == "x9" else time(7 + number % 11, number * 17 % 60)
            if which == "overnight" and delivery == "folder" and part == parts - 1 > 0:
                scanned = AFTER_CUT_OFF
            received_at = datetime.combine(day, scanned, ZoneInfo(site.time_zone))
            mine = tuple(group[len(group) * part // parts : len(group) * (part + 1) // parts])
            batch_no = f"{site.site_id[0].upper()}{number:03d}"
            stacks.append(_Stack(site, box, delivery, batch_no, received_at, mine))
    return stacks


def _laid(rng: Random, stack: _Stack, seed: int, day: date) -> Batch:
    """The stack as scanned: envelopes and documents numbered, each with its seeds, in the scanner's own format."""
    number = int(stack.batch_no[1:])
    format_, dpi = (
        ("jpeg", (200, 150)[number // 3 % 2]) if stack.delivery == "folder" and number % 3 == 2 else ("g4", 200)
    )
    envelopes = []
    sequence = 0
    for envelope_no, draft in enumerate((draft for mailing in stack.mailings for draft in mailing), start=1):
        documents = []
        for part in draft.parts:
            sequence += 1
            truth = replace(
                part.truth,
                site_id=stack.site.site_id,
                batch_no=stack.batch_no,
                sequence=sequence,
                envelope_no=envelope_no,
            )
            manner = ScanManner(format_, dpi, skew_deg=round(max(-1.5, min(1.5, rng.gauss(0, 0.5))), 2))
            draw_seed = _seed(seed, day, part.drawn_as)
            scan_seed = _seed(seed, day, f"{stack.batch_no}/{sequence}")
            documents.append(Document(part.paper, manner, draw_seed, scan_seed, truth))
        envelopes.append(Envelope(envelope_no, tuple(documents)))
    return Batch(stack.site.site_id, stack.box, stack.batch_no, stack.delivery, stack.received_at, tuple(envelopes))


def _seed(*about: object) -> int:
    return int.from_bytes(blake2b(repr(about).encode(), digest_size=7).digest(), "big")


def _troubled(rng: Random, batches: Sequence[Batch], mix: ScanMix) -> tuple[Batch, ...]:
    """What the scanner does to some documents; never two things to one."""
    places = [document.truth.key for batch in batches for document in batch.documents]
    rng.shuffle(places)
    done: dict[tuple[str, str, int], str] = {}
    for name in ScanMix.__slots__:
        wanted = getattr(mix, name) * len(places)
        done |= dict.fromkeys(
            places[len(done) : len(done) + (max(1, round(wanted)) if len(places) > 60 else round(wanted))], name
        )
    return tuple(
        replace(
            batch,
            envelopes=tuple(
                replace(one, documents=tuple(_trouble(rng, each, done.get(each.truth.key)) for each in one.documents))
                for one in batch.envelopes
            ),
        )
        for batch in batches
    )


def _trouble(rng: Random, document: Document, trouble: str | None) -> Document:
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
