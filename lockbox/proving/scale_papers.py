"""Coupons without a barcode, and letters, at eight resolutions, each with the right, a wrong, and no stated one."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import product
from pathlib import Path
from random import Random

from rapidfuzz import fuzz

from lockbox.contract.master import Customer
from lockbox.parallel import fresh
from lockbox.proving.coupon_bench import Coupon, coupon_paper, is_misread, is_right
from lockbox.proving.curve import interval
from lockbox.proving.drawn_mail import Tell, TimedReading, read_sides
from lockbox.proving.report import table
from lockbox.proving.scale_bench import MOST_SKEW_DEG, RESOLUTIONS, STATED, restated, wrongly_stated
from lockbox.settings import Settings
from lockbox.simulator import phrasing
from lockbox.simulator.draw import draw_front
from lockbox.simulator.papers import CouponPaper, LetterPaper, ScanManner
from lockbox.simulator.people import make_customers
from lockbox.simulator.portfolio import with_check_digits
from lockbox.simulator.scan import scan
from ocr.reading import DocumentKind, Field

SORTS = ("coupon", "coupon", "letter by machine", "letter by hand")
FACES = ("ocr-a", "ocr-b")
ALIKE = 80.0  # percent of a letter's characters
SURE = 0.9
DAY = date(2026, 11, 14)


@dataclass(frozen=True, slots=True)
class Sheet:
    """One coupon or letter, and the picture that is made of it."""

    sort: str  # of SORTS
    paper: CouponPaper | LetterPaper
    account_number: str
    manner: ScanManner
    wrong_dpi: int
    seed: int


@dataclass(frozen=True, slots=True)
class Seen:
    """What one picture gave under one statement of its resolution."""

    sort: str
    dpi: int
    stated: str  # of STATED
    is_right: bool
    is_wrong: bool  # another account number, claimed at SURE or more
    cpu_ms: float


def bench_papers(settings: Settings, count: int, seed: int, folder: Path, tell: Tell) -> str:
    """Draws and reads `count` coupons and letters at each resolution, three times each; writes `papers.md`."""
    sheets = plan(count, seed)
    seen: list[Seen] = []
    with fresh(settings.workers) as pool:
        for three in pool.map(read_three, sheets, chunksize=2):
            seen += three
            tell("coupons and letters", len(seen), len(STATED) * len(sheets))
    folder.mkdir(parents=True, exist_ok=True)
    text = report(seen, seed)
    (folder / "papers.md").write_text(text, encoding="utf-8")
    return text


def plan(count: int, seed: int) -> list[Sheet]:
    """`count` papers at each resolution, half of them coupons."""
    chance = Random(seed)
    people = [person for person, _ in make_customers(seed, 1, count)]
    return [
        _sheet(chance, SORTS[no % len(SORTS)], people[no], dpi, seed + at)
        for at, (dpi, no) in enumerate(product(RESOLUTIONS, range(count)))
    ]


def _sheet(chance: Random, sort: str, person: Customer, dpi: int, seed: int) -> Sheet:
    skew = chance.uniform(-MOST_SKEW_DEG, MOST_SKEW_DEG)
    manner = ScanManner(chance.choice(("g4", "jpeg")), dpi, chance.random() < 0.1, skew)
    if sort == "coupon":
        paper = coupon_paper(chance, person, "", chance.choice(FACES))
        return Sheet(sort, paper, paper.account_number, manner, wrongly_stated(chance, dpi), seed)
    number = with_check_digits(chance.randrange(10**8))
    about = chance.choice(("address", "hardship", "question", "enclosed"))
    lines = phrasing.letter(chance, about, person.name, person.address_lines, number, DAY)
    return Sheet(sort, LetterPaper(lines, sort.endswith("hand")), number, manner, wrongly_stated(chance, dpi), seed)


def read_three(sheet: Sheet) -> list[Seen]:
    """The same picture under the right, a wrong, and no stated resolution."""
    data = scan(draw_front(sheet.paper, sheet.seed), sheet.manner, sheet.seed)
    said = {"right": sheet.manner.dpi, "wrong": sheet.wrong_dpi, "none": None}
    files = {stated: data if stated == "right" else restated(data, dpi) for stated, dpi in said.items()}
    return [_seen(sheet, stated, read_sides(file, None)) for stated, file in files.items()]


def _seen(sheet: Sheet, stated: str, timed: TimedReading) -> Seen:
    if isinstance(sheet.paper, CouponPaper):
        coupon = Coupon(sheet.paper, sheet.manner, sheet.seed)
        right, wrong = is_right(coupon, timed), is_misread(coupon, timed)
    else:
        right, wrong = _letter(sheet.paper, sheet.account_number, timed)
    return Seen(sheet.sort, sheet.manner.dpi, stated, right, wrong, timed.cpu_ms)


def _letter(paper: LetterPaper, account_number: str, timed: TimedReading) -> tuple[bool, bool]:
    """Whether it was taken for a letter and its account number and words came out right; and whether surely wrong."""
    number, words = timed.reading.best(Field.ACCOUNT_NUMBER), timed.reading.best(Field.TEXT)
    is_number = number is not None and number.value == account_number
    is_text = words is not None and fuzz.ratio(words.value, "\n".join(filter(None, paper.lines))) >= ALIKE
    is_surely_wrong = number is not None and not is_number and number.probability >= SURE
    return timed.reading.kind is DocumentKind.LETTER and is_number and is_text, is_surely_wrong


def report(seen: Iterable[Seen], seed: int) -> str:
    """The report, as Markdown."""
    known = list(seen)
    sorts = list(dict.fromkeys(SORTS))
    rows = [
        [
            sort,
            f"{dpi}",
            *(_share([s for s in known if (s.sort, s.dpi, s.stated) == (sort, dpi, how)]) for how in STATED),
        ]
        for sort, dpi in product(sorts, RESOLUTIONS)
    ]
    rows += [
        [sort, "all", *(_share([s for s in known if (s.sort, s.stated) == (sort, how)]) for how in STATED)]
        for sort in sorts
    ]
    wrong = sum(picture.is_wrong for picture in known)
    most = interval(wrong, len(known))[1]
    return (
        f"# Coupons without a barcode, and letters\n\nbench seed {seed}. Right: taken for what it is, with account "
        f"number, and amount and due date or {ALIKE:g} % of the words.\n\n"
        f"{table(('paper', 'dpi', *(f'{how} one stated' for how in STATED)), rows)}\n\n"
        f"Another account number, surely: {wrong} of {len(known):,} readings, at most {most:.1%}.\n"
    )


def _share(group: Sequence[Seen]) -> str:
    right = sum(picture.is_right for picture in group)
    low, high = interval(right, len(group))
    times = sorted(picture.cpu_ms for picture in group) or [0.0]
    return f"{right} of {len(group)} ({low:.0%} to {high:.0%}), {times[len(times) // 2]:.0f} ms"
