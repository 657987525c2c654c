"""The bench of scale: drawn checks at eight resolutions, each with the right, a wrong, and no stated resolution."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from io import BytesIO
from itertools import product
from pathlib import Path
from random import Random

from PIL import Image

from lockbox.contract.master import Customer
from lockbox.mail.amount_match import weigh
from lockbox.parallel import fresh
from lockbox.proving.curve import interval
from lockbox.proving.drawn_mail import Tell, read_sides
from lockbox.proving.report import table
from lockbox.settings import Settings
from lockbox.simulator import phrasing
from lockbox.simulator.check_face import micr_line
from lockbox.simulator.draw import draw_front
from lockbox.simulator.papers import CheckPaper, ScanManner
from lockbox.simulator.people import BANKS, bank_routing, make_customers
from lockbox.simulator.photo import as_jpeg, photograph
from lockbox.simulator.scan import scan
from lockbox.simulator.sheet import DPI as PAPER_DPI
from ocr.image.e13b import HEIGHT_MODULES, MODULE_IN, PITCH_IN
from ocr.reading import CheckKind, DocumentKind, Field, Reading

RESOLUTIONS = (75, 100, 120, 150, 200, 240, 300, 600)
STATED = ("right", "wrong", "none")
LOOKS = ("bitonal", "gray", "gray", "photo")  # every fourth picture is a photo
DAMAGED = ("cut", "broken")  # the paper ends inside the line, or an outermost character is partly gone
MOST_CUT = 2.5  # pitches
SAID = (72, 75, 96, 100, 150, 200, 240, 300, 400, 600)  # what files say
WRONG_BY = 1.3  # a stated resolution is wrong when it is so many times too high or too low
KINDS = (CheckKind.PERSONAL, CheckKind.PERSONAL, CheckKind.BUSINESS, CheckKind.CASHIERS, CheckKind.BILL_PAY)
MOST_SKEW_DEG = 2.0
SURE_MICR = 0.9  # of routing number and line: the reference policy deposits from them (post.min_micr_ppm)
SURE_AMOUNT = 0.999
PAPER_GRAY = 240


@dataclass(frozen=True, slots=True)
class Seen:
    """One check to draw, and the picture that is made of it."""

    paper: CheckPaper
    look: str  # of LOOKS or DAMAGED
    dpi: int
    upside_down: bool
    skew_deg: float
    wrong_dpi: int
    seed: int


@dataclass(frozen=True, slots=True)
class Outcome:
    """What one picture gave under one statement of its resolution."""

    look: str
    dpi: int
    stated: str  # of STATED
    is_check: bool
    micr_right: bool  # routing number and line as printed
    micr_sure: bool
    micr_chance: float
    amount_right: bool
    amount_sure: bool
    cpu_ms: float
    seed: int = 0


def bench_scale(settings: Settings, count: int, seed: int, folder: Path, tell: Tell) -> str:
    """Draws and reads `count` checks at each resolution, three times each; writes `scale.md` and `scale.json`."""
    seen = plan(count, seed)
    outcomes: list[Outcome] = []
    with fresh(settings.workers) as pool:
        for three in pool.map(read_three, seen, chunksize=2):
            outcomes += three
            tell("pictures", len(outcomes), len(STATED) * len(seen))
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "scale.json").write_text(json.dumps([asdict(outcome) for outcome in outcomes]))
    text = report(outcomes, seed)
    (folder / "scale.md").write_text(text, encoding="utf-8")
    return text


def plan(count: int, seed: int) -> list[Seen]:
    """`count` checks at each resolution, and a quarter as many whose MICR line is damaged at an end."""
    chance = Random(seed)
    people = [person for person, _ in make_customers(seed, 1, count)]
    looks = [*(LOOKS[no % len(LOOKS)] for no in range(count)), *(DAMAGED[no % 2] for no in range(count // 4))]
    seen: list[Seen] = []
    for dpi, (no, look) in product(RESOLUTIONS, enumerate(looks)):
        wrong = wrongly_stated(chance, dpi)
        paper = _check(chance, people[no % count], KINDS[no // len(LOOKS) % len(KINDS)])
        skew = chance.uniform(-MOST_SKEW_DEG, MOST_SKEW_DEG)
        seen.append(Seen(paper, look, dpi, chance.random() < 0.1, skew, wrong, seed + len(seen)))
    return seen


def wrongly_stated(chance: Random, dpi: int) -> int:
    """A resolution that files state, far from the right one."""
    return chance.choice([dots for dots in SAID if max(dots / dpi, dpi / dots) >= WRONG_BY])


def read_three(seen: Seen) -> list[Outcome]:
    """The same picture under the right, a wrong, and no stated resolution."""
    return [_outcome(seen, stated, data) for stated, data in pictures(seen).items()]


def pictures(seen: Seen) -> dict[str, bytes]:
    """The files, by what they say of their resolution."""
    front = draw_front(seen.paper, seen.seed)
    if seen.look in DAMAGED:
        front = damaged(front, seen)
    statements = {"right": seen.dpi, "wrong": seen.wrong_dpi, "none": None}
    if seen.look == "photo":
        shot = photograph(front, seen.dpi, seen.seed)
        return {stated: as_jpeg(shot, dpi, 85) for stated, dpi in statements.items()}
    manner = ScanManner("g4" if seen.look == "bitonal" else "jpeg", seen.dpi, seen.upside_down, seen.skew_deg)
    data = scan(front, manner, seen.seed)
    return {stated: data if stated == "right" else restated(data, dpi) for stated, dpi in statements.items()}


def damaged(front: Image.Image, seen: Seen) -> Image.Image:
    """The check without an end of its MICR line: the picture ends there, or a part of the character is gone."""
    chance = Random(seen.seed)
    text, last = micr_line(seen.paper)
    right = front.width - PAPER_DPI * (0.3125 + (last - 1) * PITCH_IN)
    at_left, pitch = chance.random() < 0.5, PAPER_DPI * PITCH_IN
    left = right - len(text) * pitch
    if seen.look == "cut":
        gone = chance.uniform(0.3, MOST_CUT) * pitch
        across = (round(left + gone), front.width) if at_left else (0, round(right - gone))
        return front.crop((across[0], 0, across[1], front.height))
    middle, high = front.height - 0.3125 * PAPER_DPI, HEIGHT_MODULES * MODULE_IN * PAPER_DPI
    top, bottom = chance.choice(((-0.6, -0.05), (0.05, 0.6), (-0.25, 0.25)))
    edge = left if at_left else right - pitch
    broken = front.copy()
    box = (round(edge - 2), round(middle + top * high), round(edge + pitch), round(middle + bottom * high))
    broken.paste(PAPER_GRAY, box)
    return broken


def restated(data: bytes, dpi: int | None) -> bytes:
    """The same pixels in a file that states another resolution, or none."""
    out = BytesIO()
    with Image.open(BytesIO(data)) as image:
        if image.mode == "1":
            plain = Image.frombytes("1", image.size, image.tobytes())
            plain.save(out, "TIFF", compression="group4", **({} if dpi is None else {"dpi": (dpi, dpi)}))
            return out.getvalue()
        image.load()
        image.info.pop("dpi", None)
        image.save(out, "PNG", compress_level=1, **({} if dpi is None else {"dpi": (dpi, dpi)}))
    return out.getvalue()


def _outcome(seen: Seen, stated: str, data: bytes) -> Outcome:
    timed = read_sides(data, None)
    reading = timed.reading
    line, routing = reading.best(Field.MICR_LINE), reading.best(Field.ROUTING)
    chance = min(line.probability, routing.probability) if line and routing else 0.0
    right = bool(line and routing) and is_right(seen.paper, reading)
    amount = weigh(reading.candidates(Field.COURTESY_AMOUNT), reading.candidates(Field.LEGAL_AMOUNT), ()).best
    return Outcome(
        seen.look,
        seen.dpi,
        stated,
        reading.kind is DocumentKind.CHECK,
        right,
        chance >= SURE_MICR,
        chance,
        bool(amount and amount.cents == seen.paper.amount_cents),
        bool(amount and amount.probability >= SURE_AMOUNT),
        timed.cpu_ms,
        seen.seed,
    )


def is_right(paper: CheckPaper, reading: Reading) -> bool:
    """Whether routing number and the line's characters are those printed; spaces follow from the pitch."""
    line, routing = reading.best(Field.MICR_LINE), reading.best(Field.ROUTING)
    if line is None or routing is None:
        return False
    return routing.value == paper.routing and line.value.replace(" ", "") == micr_line(paper)[0].replace(" ", "")


def report(outcomes: Sequence[Outcome], seed: int) -> str:
    """The report, as Markdown."""
    rows = []
    for dpi, stated in product(RESOLUTIONS, STATED):
        group = [o for o in outcomes if (o.dpi, o.stated) == (dpi, stated) and o.look not in DAMAGED]
        if group:
            rows.append([str(dpi), stated, *_figures(group)])
    for look, stated in product((*dict.fromkeys(LOOKS), *DAMAGED), STATED):
        rows.append([look, stated, *_figures([o for o in outcomes if (o.look, o.stated) == (look, stated)])])
    rows.append(["all whole", "", *_figures([outcome for outcome in outcomes if outcome.look not in DAMAGED])])
    heads = ("dpi", "stated", "pictures", "checks", "MICR exact", "95 %", "sure", "wrong and sure", "at most")
    return (
        "\n\n".join(
            [
                f"# Scale\n\nbench seed {seed}: drawn checks, a quarter bitonal, a half gray, a quarter photos; "
                f"the same pictures three times. Sure: routing number and line at {SURE_MICR:g} or more; an amount at "
                f"{SURE_AMOUNT:g} or more.",
                table((*heads, "amount right", "wrong and sure", "CPU ms"), rows),
            ]
        )
        + "\n"
    )


def _figures(group: Sequence[Outcome]) -> list[str]:
    count = len(group)

    def number(holds: Callable[[Outcome], bool]) -> int:
        return sum(holds(outcome) for outcome in group)

    exact = number(lambda outcome: outcome.micr_right)
    low, high = interval(exact, count)
    wrong = number(lambda outcome: outcome.micr_sure and not outcome.micr_right)
    times = sorted(outcome.cpu_ms for outcome in group) or [0.0]
    return [
        str(count),
        str(number(lambda outcome: outcome.is_check)),
        f"{exact / max(1, count):.1%}",
        f"{low:.1%} to {high:.1%}",
        str(number(lambda outcome: outcome.micr_sure)),
        str(wrong),
        f"{interval(wrong, count)[1]:.1%}",
        f"{number(lambda outcome: outcome.amount_right) / max(1, count):.1%}",
        str(number(lambda outcome: outcome.amount_sure and not outcome.amount_right)),
        f"{times[len(times) // 2]:.0f}",
    ]


def _check(chance: Random, payer: Customer, kind: CheckKind) -> CheckPaper:
    cents, bank = chance.randrange(5_000, 250_000), chance.randrange(len(BANKS))
    return CheckPaper(
        kind=kind,
        payer_lines=(payer.name, *payer.address_lines),
        bank_name=BANKS[bank],
        routing=bank_routing(bank),
        bank_account=str(chance.randrange(10**7, 10**10)),
        serial=str(chance.randrange(101, 9_900)),
        payee="Meridian Motor Credit",
        amount_cents=cents,
        courtesy_text=phrasing.figures(chance, cents, kind),
        legal_text=phrasing.words(chance, cents, kind),
        date_text="11/14/26",
        memo_text=chance.choice((None, str(chance.randrange(10**9, 10**10)))),
        signer=None if kind is CheckKind.BILL_PAY else payer.name,
    )
