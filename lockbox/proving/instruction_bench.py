"""The bench of instructions: drawn papers that ask for principal only, and as many that do not."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import product
from random import Random

from lockbox.parallel import fresh
from lockbox.proving.drawn_mail import Tell
from lockbox.proving.report import table
from lockbox.settings import Settings
from lockbox.simulator import instructions, letters, phrasing
from lockbox.simulator.draw import draw_front
from lockbox.simulator.papers import CheckPaper, CouponPaper, LetterPaper, Paper, ScanManner
from lockbox.simulator.people import make_customers
from lockbox.simulator.portfolio import with_check_digits
from lockbox.simulator.scan import scan
from ocr.fields.coupon import barcode_payload, compose
from ocr.reader import read_document
from ocr.reading import PRINCIPAL_ONLY, CheckKind, Field

FORMATS = (("g4", 200), ("jpeg", 200), ("jpeg", 150))
KINDS = ("memo", "letter", "box")
NAMES = ("Principal Bank", "Principal Life Ins", "principal & int", "interest only", "Municipal lot", "prin and int")
BANKS = ("Pecan Grove Bank", "First Prairie Bank", "Principal Bank of Plano")
MOST_SKEW_DEG = 2.0


@dataclass(frozen=True, slots=True)
class Asking:
    """One paper to draw, and whether it asks for principal only."""

    kind: str  # of KINDS
    asks: bool
    paper: Paper
    manner: ScanManner
    seed: int


def bench_instructions(settings: Settings, count: int, seed: int, limits_ppm: tuple[int, int], tell: Tell) -> str:
    """Draws and reads `count` papers of each kind that ask and as many that do not; the table as Markdown.

    `limits_ppm`: from the first on a person looks, from the second on it is followed.
    """
    asked = plan(count, seed)
    chances: list[float] = []
    with fresh(settings.workers) as pool:
        for chance in pool.map(read_chance, asked, chunksize=4):
            chances.append(chance)
            tell("papers", len(chances), len(asked))
    return report(asked, chances, limits_ppm)


def plan(count: int, seed: int) -> list[Asking]:
    """`count` papers of every kind that ask and as many that do not."""
    chance = Random(seed)
    people = [person for person, _ in make_customers(seed, 1, count)]
    asked: list[Asking] = []
    for no, (kind, asks) in product(range(count), product(KINDS, (True, False))):
        paper = _DRAWN[kind](chance, (people[no].name, *people[no].address_lines), asks)
        skew = chance.uniform(-MOST_SKEW_DEG, MOST_SKEW_DEG)
        manner = ScanManner(*FORMATS[no % len(FORMATS)], skew_deg=skew, upside_down=chance.random() < 0.1)
        asked.append(Asking(kind, asks, paper, manner, seed + len(asked)))
    return asked


def read_chance(asked: Asking) -> float:
    """The chance that the reader gives it of asking for principal only."""
    reading = read_document(scan(draw_front(asked.paper, asked.seed), asked.manner, asked.seed))
    chances = (
        candidate.probability
        for candidate in reading.candidates(Field.INSTRUCTION)
        if candidate.value == PRINCIPAL_ONLY
    )
    return max(chances, default=0.0)


def report(asked: Sequence[Asking], chances: Iterable[float], limits_ppm: tuple[int, int]) -> str:
    """How many are followed, looked at by a person, and passed over, by kind."""
    looked_at, followed = (limit / 1e6 for limit in limits_ppm)
    pairs = list(zip(asked, chances, strict=True))
    rows = []
    for kind, asks in product(KINDS, (True, False)):
        group = [chance for paper, chance in pairs if (paper.kind, paper.asks) == (kind, asks)]
        to_person = sum(looked_at <= chance < followed for chance in group)
        as_asked = sum(chance >= followed for chance in group)
        counts = (len(group), as_asked, to_person, len(group) - as_asked - to_person)
        rows.append([f"{kind}, {'asks' if asks else 'does not'}", *map(str, counts)])
    return table(("paper", "drawn", "followed", "to a person", "passed over"), rows) + "\n"


def _check(chance: Random, payer: tuple[str, ...], asks: bool) -> CheckPaper:
    cents = chance.randrange(20_000, 150_000)
    harmless = (chance.choice(NAMES), chance.choice(phrasing.HARMLESS), letters.memo(chance, ""))
    memo = chance.choice(instructions.MEMOS) if asks else chance.choice(harmless)
    return CheckPaper(
        kind=CheckKind.PERSONAL,
        payer_lines=payer,
        bank_name=chance.choice(BANKS),
        routing="571234565",
        bank_account=str(chance.randrange(10**8, 10**9)),
        serial=str(chance.randrange(101, 9_900)),
        payee="Meridian Motor Credit",
        amount_cents=cents,
        courtesy_text=phrasing.figures(chance, cents, CheckKind.PERSONAL),
        legal_text=phrasing.words(chance, cents, CheckKind.PERSONAL),
        date_text="3/14/26",
        memo_text=memo,
        signer=payer[0],
    )


def _letter(chance: Random, payer: tuple[str, ...], asks: bool) -> LetterPaper:
    number = with_check_digits(chance.randrange(10**8))
    about = "enclosed" if asks else chance.choice(("enclosed", "address", "hardship"))
    *lines, closing, name = phrasing.letter(chance, about, payer[0], payer[1:], number, date(2026, 3, 14))
    asked = (chance.choice(instructions.SENTENCES), "") if asks else ()
    return LetterPaper((*lines, *asked, closing, name), by_hand=chance.random() < 0.5)


def _coupon(chance: Random, payer: tuple[str, ...], asks: bool) -> CouponPaper:
    number, cents = with_check_digits(chance.randrange(10**8)), chance.randrange(20_000, 150_000)
    due_on = date(2026, 3, 1) + timedelta(chance.randrange(300))
    line = compose(number, cents, due_on)
    remit_to = ("Meridian Motor Credit", "P.O. Box 650805", "Dallas, TX 75265-0805")
    ticked = True if asks else chance.choice((False, None))
    return CouponPaper(number, cents, due_on, line, barcode_payload(line), payer, remit_to, ticked=ticked)


_DRAWN: dict[str, Callable[[Random, tuple[str, ...], bool], Paper]] = {
    "memo": _check,
    "letter": _letter,
    "box": _coupon,
}
