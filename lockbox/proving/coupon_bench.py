"""The coupon bench: drawn coupons with barcode, scan line or both, gray and bitonal, 100 and 200 dpi, skewed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from pathlib import Path
from random import Random

from lockbox.contract.master import Customer
from lockbox.parallel import fresh
from lockbox.proving.curve import interval
from lockbox.proving.drawn_mail import Tell, TimedReading, read_sides
from lockbox.proving.report import table
from lockbox.settings import Settings
from lockbox.simulator.draw import draw_front
from lockbox.simulator.papers import CouponPaper, ScanManner
from lockbox.simulator.people import make_customers
from lockbox.simulator.portfolio import with_check_digits
from lockbox.simulator.scan import scan
from ocr.fields.coupon import PREFIX, barcode_payload, compose
from ocr.reading import DocumentKind, Field

FORMATS = (("g4", 200), ("g4", 100), ("jpeg", 200), ("jpeg", 100))
MAKES = (  # symbology of the barcode, typeface of the scan line
    ("PDF417", "ocr-a"),
    ("PDF417", "ocr-b"),
    ("QRCode", ""),
    ("DataMatrix", ""),
    ("Code128", ""),
    ("PDF417", ""),
    ("", "ocr-a"),
    ("", "ocr-b"),
)
REMIT_TO = ("Meridian Motor Credit", "P.O. Box 650805", "Dallas, TX 75265-0805")
MOST_SKEW_DEG = 5.0
NAMES = (Field.COUPON_ACCOUNT, Field.COUPON_AMOUNT, Field.COUPON_DUE_ON)


@dataclass(frozen=True, slots=True)
class Coupon:
    """One coupon to draw and how it is scanned."""

    paper: CouponPaper
    manner: ScanManner
    seed: int

    @property
    def make(self) -> str:
        """What a machine can read on it."""
        parts = [self.paper.symbology] if self.paper.barcode else []
        return " and ".join([*parts, self.paper.scan_face.upper()] if self.paper.scan_line else parts)


def bench_coupons(settings: Settings, count: int, seed: int, folder: Path, tell: Tell) -> str:
    """Draws, reads, and judges; writes `coupons.md` and every unread coupon into the folder; returns the text."""
    coupons = plan(count, seed)
    readings: list[TimedReading] = []
    with fresh(settings.workers) as pool:
        for reading in pool.map(read_coupon, coupons, chunksize=4):
            readings.append(reading)
            tell("coupons", len(readings), count)
    folder.mkdir(parents=True, exist_ok=True)
    for coupon, read in zip(coupons, readings, strict=True):
        if not is_right(coupon, read):
            suffix = {"g4": "tif", "jpeg": "jpg"}[coupon.manner.format]
            (folder / f"coupon-{coupon.seed}.{suffix}").write_bytes(drawn(coupon))
    text = report(coupons, readings, seed)
    (folder / "coupons.md").write_text(text, encoding="utf-8")
    return text


def plan(count: int, seed: int) -> list[Coupon]:
    """`count` coupons, every make and format equally often."""
    chance = Random(seed)
    coupons = []
    for no, (person, _) in enumerate(make_customers(seed, 1, count)):
        paper = coupon_paper(chance, person, *MAKES[no % len(MAKES)])
        format_, dpi = FORMATS[no // len(MAKES) % len(FORMATS)]
        skew = chance.uniform(-MOST_SKEW_DEG, MOST_SKEW_DEG)
        manner = ScanManner(format_, dpi, chance.random() < 0.1, skew, speckle=chance.choice((0.0, 0.0, 0.002)))
        coupons.append(Coupon(paper, manner, seed + no))
    return coupons


def coupon_paper(chance: Random, person: Customer, symbology: str, face: str) -> CouponPaper:
    """A person's coupon with a barcode of that symbology, a scan line in that typeface; "" for none."""
    due_on = date(2026, 11, 1) + timedelta(chance.randrange(90))
    cents = chance.randrange(5_000, 250_000)
    number = with_check_digits(chance.randrange(10**8))
    line = compose(number, cents, due_on)
    paper = CouponPaper(
        number,
        cents,
        due_on,
        line if face else "",
        barcode_payload(line) if symbology else "",
        (person.name, *person.address_lines),
        REMIT_TO,
        f"{cents // 100}.{cents % 100:02d}" if chance.random() < 0.5 else None,
    )
    if symbology == "Code128":  # the longest of them: digits alone, two to a symbol
        paper = replace(paper, barcode=paper.barcode.removeprefix(PREFIX))
    return replace(paper, scan_face=face or paper.scan_face, symbology=symbology or paper.symbology)


def drawn(coupon: Coupon) -> bytes:
    """The scanner's file."""
    return scan(draw_front(coupon.paper, coupon.seed), coupon.manner, coupon.seed)


def read_coupon(coupon: Coupon) -> TimedReading:
    """The coupon drawn, scanned, and read."""
    return read_sides(drawn(coupon), None)


def is_right(coupon: Coupon, timed: TimedReading) -> bool:
    """Whether it was taken for a coupon, and account, amount and date came out right."""
    paper, reading = coupon.paper, timed.reading
    true = (paper.account_number, str(paper.amount_due_cents), paper.due_on.isoformat())
    values = tuple(best.value if (best := reading.best(name)) else "" for name in NAMES)
    return reading.kind is DocumentKind.COUPON and values == true


def is_misread(coupon: Coupon, timed: TimedReading) -> bool:
    """Whether another account came out."""
    best = timed.reading.best(Field.COUPON_ACCOUNT)
    return best is not None and best.value != coupon.paper.account_number


def report(coupons: Sequence[Coupon], readings: Sequence[TimedReading], seed: int) -> str:
    """The report, as Markdown."""
    pairs = list(zip(coupons, readings, strict=True))
    rows = []
    for make in dict.fromkeys(coupon.make for coupon in coupons):
        rows.append([make, *_shares([(coupon, read) for coupon, read in pairs if coupon.make == make])])
    rows.append(["all", *_shares(pairs)])
    right = sum(is_right(coupon, read) for coupon, read in pairs)
    low, high = interval(right, len(pairs))
    times = sorted(read.cpu_ms for _, read in pairs)
    misread = sum(is_misread(coupon, read) for coupon, read in pairs)
    kinds = Counter(str(read.reading.kind) for coupon, read in pairs if not is_right(coupon, read))
    parts = [
        f"# Coupons\n\nbench seed {seed}, {len(pairs):,} coupons, skewed up to {MOST_SKEW_DEG:g} degrees either way, a "
        "tenth of them upside-down, a third speckled. Right: taken for a coupon, with account, amount and due date.",
        table(("printed", *_formats(), "all"), rows),
        f"Right {right:,} of {len(pairs):,}: {right / len(pairs):.2%} ({low:.2%} to {high:.2%}). Another account came "
        f"out {misread} times. CPU: {times[len(times) // 2]:.0f} ms, 95 % under {times[int(0.95 * len(times))]:.0f}.",
        "Not right, taken for: " + (", ".join(f"{kind} {n}" for kind, n in kinds.items()) or "none") + ".",
    ]
    return "\n\n".join(parts) + "\n"


def _formats() -> list[str]:
    return [f"{'bitonal' if format_ == 'g4' else 'gray'} {dpi}" for format_, dpi in FORMATS]


def _format(coupon: Coupon) -> str:
    return f"{'bitonal' if coupon.manner.format == 'g4' else 'gray'} {coupon.manner.dpi}"


def _shares(pairs: Sequence[tuple[Coupon, TimedReading]]) -> list[str]:
    """How many were read by scanner format, and in all."""
    by_format = [[pair for pair in pairs if _format(pair[0]) == name] for name in _formats()]
    return [f"{sum(is_right(coupon, read) for coupon, read in group)}/{len(group)}" for group in (*by_format, pairs)]
