"""The coupon bench: drawn coupons with barcode, scan line or both, gray and bitonal, 100 and 200 dpi, askew."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from pathlib import Path
from random import Random

from lockbox.parallel import fresh
from lockbox.proving.curve import interval
from lockbox.proving.drawn_mail import Seen, Tell, read_sides
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
MAKES = (("PDF417", "ocr-a"), ("PDF417", "ocr-b"), ("QRCode", ""), ("DataMatrix", ""), ("Code128", ""),
         ("PDF417", ""), ("", "ocr-a"), ("", "ocr-b"))  # fmt: skip
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
    """Draws, reads and judges; writes `coupons.md` and every coupon not read into the folder; gives the text."""
    coupons = plan(count, seed)
    seen: list[Seen] = []
    with fresh(settings.workers) as pool:
        for one in pool.map(_read, coupons, chunksize=4):
            seen.append(one)
            tell("coupons", len(seen), count)
    folder.mkdir(parents=True, exist_ok=True)
    for coupon, read in zip(coupons, seen, strict=True):
        if not is_right(coupon, read):
            suffix = {"g4": "tif", "jpeg": "jpg"}[coupon.manner.format]
            (folder / f"coupon-{coupon.seed}.{suffix}").write_bytes(drawn(coupon))
    text = report(coupons, seen, seed)
    (folder / "coupons.md").write_text(text, encoding="utf-8")
    return text


def plan(count: int, seed: int) -> list[Coupon]:
    """So many coupons, every make and format as often."""
    chance = Random(seed)
    people = make_customers(seed, 1, count)
    made = []
    for no, (person, _) in enumerate(people):
        symbology, face = MAKES[no % len(MAKES)]
        format_, dpi = FORMATS[no // len(MAKES) % len(FORMATS)]
        due_on = date(2026, 11, 1) + timedelta(chance.randrange(90))
        cents = chance.randrange(5_000, 250_000)
        number = with_check_digits(chance.randrange(10**8))
        line = compose(number, cents, due_on)
        paper = CouponPaper(
            number, cents, due_on, line if face else "", barcode_payload(line) if symbology else "",
            (person.name, *person.address_lines), ("Meridian Motor Credit", "P.O. Box 650805", "Dallas, TX 75265-0805"),
            f"{cents // 100}.{cents % 100:02d}" if chance.random() < 0.5 else None,
        )  # fmt: skip
        if symbology == "Code128":  # the longest of them: digits alone, two to a sign
            paper = replace(paper, barcode=paper.barcode.removeprefix(PREFIX))
        paper = replace(paper, scan_face=face or paper.scan_face, symbology=symbology or paper.symbology)
        skew = chance.uniform(-MOST_SKEW_DEG, MOST_SKEW_DEG)
        manner = ScanManner(format_, dpi, chance.random() < 0.1, skew, speckle=chance.choice((0.0, 0.0, 0.002)))
        made.append(Coupon(paper, manner, seed + no))
    return made


def drawn(coupon: Coupon) -> bytes:
    """The scanner's file."""
    return scan(draw_front(coupon.paper, coupon.seed), coupon.manner, coupon.seed)


def _read(coupon: Coupon) -> Seen:
    return read_sides(drawn(coupon), None)


def is_right(coupon: Coupon, seen: Seen) -> bool:
    """Whether it was taken for a coupon, and account, amount and date came out right."""
    paper, reading = coupon.paper, seen.reading
    true = (paper.account_number, str(paper.amount_due_cents), paper.due_on.isoformat())
    found = tuple(best.value if (best := reading.best(name)) else "" for name in NAMES)
    return reading.kind is DocumentKind.COUPON and found == true


def is_misread(coupon: Coupon, seen: Seen) -> bool:
    """Whether another account came out."""
    best = seen.reading.best(Field.COUPON_ACCOUNT)
    return best is not None and best.value != coupon.paper.account_number


def report(coupons: Sequence[Coupon], seen: Sequence[Seen], seed: int) -> str:
    """The report, as Markdown."""
    pairs = list(zip(coupons, seen, strict=True))
    rows = []
    for make in dict.fromkeys(one.make for one in coupons):
        mine = [(one, read) for one, read in pairs if one.make == make]
        rows.append([make, *(_share([p for p in mine if _format(p[0]) == name]) for name in _formats()), _share(mine)])
    rows.append(["all", *(_share([p for p in pairs if _format(p[0]) == name]) for name in _formats()), _share(pairs)])
    right = sum(is_right(one, read) for one, read in pairs)
    low, high = interval(right, len(pairs))
    times = sorted(read.cpu_ms for _, read in pairs)
    kinds = Counter(str(read.reading.kind) for one, read in pairs if not is_right(one, read))
    return "\n\n".join([
        f"# Coupons\n\nbench seed {seed}, {len(pairs):,} coupons, skewed up to {MOST_SKEW_DEG:g} degrees either way, a "
        "tenth of them upside-down, a third speckled. Right: taken for a coupon, with account, amount and due date.",
        table(("printed", *_formats(), "all"), rows),
        f"Right {right:,} of {len(pairs):,}: {right / len(pairs):.2%} ({low:.2%} to {high:.2%}). Another account came "
        f"out {sum(is_misread(one, read) for one, read in pairs)} times. CPU: {times[len(times) // 2]:.0f} ms, 95 % "
        f"under {times[int(0.95 * len(times))]:.0f}.",
        "Not right, taken for: " + (", ".join(f"{kind} {n}" for kind, n in kinds.items()) or "none") + ".",
    ]) + "\n"  # fmt: skip


def _formats() -> list[str]:
    return [f"{'bitonal' if format_ == 'g4' else 'gray'} {dpi}" for format_, dpi in FORMATS]


def _format(one: Coupon) -> str:
    return f"{'bitonal' if one.manner.format == 'g4' else 'gray'} {one.manner.dpi}"


def _share(pairs: Sequence[tuple[Coupon, Seen]]) -> str:
    return f"{sum(is_right(one, read) for one, read in pairs)}/{len(pairs)}"
