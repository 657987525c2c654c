"""The bench of amounts in words: every way to end them, by hand and by machine, drawn, scanned, and read alone."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import product
from random import Random

from num2words import num2words

from lockbox.parallel import fresh
from lockbox.proving.curve import interval
from lockbox.proving.drawn_mail import Tell
from lockbox.proving.report import table
from lockbox.settings import Settings
from lockbox.simulator import stock
from lockbox.simulator.check_parts import printer, typed
from lockbox.simulator.endings import ENDINGS, said
from lockbox.simulator.hand import hand, wavy_rule, write
from lockbox.simulator.papers import ScanManner
from lockbox.simulator.scan import scan
from lockbox.simulator.sheet import Sheet, dice
from ocr.fields import lines, spelled, words
from ocr.image import decode
from ocr.layout import zones
from ocr.reading import Candidate, Field, FieldReading

MANNERS = ("hand", "print")
SIZE_PX = (1180, 190)  # the strip of a check that holds the line, at 200 dpi
RULE = (56.0, 1040.0, 112.0)  # from x, to x, baseline y
SURE, DOUBTED = 0.9, 0.3


@dataclass(frozen=True, slots=True)
class SpelledLine:
    """One line to draw: what it says, and how."""

    ending: str
    manner: str  # of MANNERS
    cents: int
    text: str
    seed: int


def bench_words(settings: Settings, count: int, seed: int, tell: Tell) -> str:
    """Draws and reads `count` lines of every ending and manner; the table as Markdown."""
    planned = plan(count, seed)
    best: list[Candidate | None] = []
    with fresh(settings.workers) as pool:
        for candidate in pool.map(read_line, planned, chunksize=8):
            best.append(candidate)
            tell("lines", len(best), len(planned))
    return report(planned, best)


def plan(count: int, seed: int) -> list[SpelledLine]:
    """`count` lines of every ending, by hand and by machine."""
    chance = Random(seed)
    return [
        _line(chance, ending, text, manner, seed + 1 + no)
        for no, (_, (ending, text), manner) in enumerate(product(range(count), ENDINGS, MANNERS))
    ]


def _line(chance: Random, ending: str, text: str, manner: str, seed: int) -> SpelledLine:
    dollars = int(10 ** chance.uniform(1.6, 3.7))
    rest = chance.randrange(1, 100) if "{" in text else 0
    in_words = str(num2words(dollars)).replace(" and ", " ").replace(",", "")
    whole = f"{in_words} {said(text, rest)}"
    cased = (whole.capitalize(), whole.capitalize(), whole.title().replace(" And ", " and "), whole.upper())
    return SpelledLine(ending, manner, 100 * dollars + rest, chance.choice(cased), seed)


def draw_line(line: SpelledLine) -> bytes:
    """The scanner's file; the same seed gives the same bytes."""
    rng, chance = dice(line.seed, 31), Random(line.seed)
    sheet = Sheet(stock.background(SIZE_PX, rng))
    look = printer(rng)
    sheet.rule(*RULE, 50)
    sheet.text(RULE[1] + 8, RULE[2], look.dollars, look.label)
    if line.manner == "hand":
        writer = hand(dice(line.seed, 32))
        x = RULE[0] + 6 + float(abs(rng.normal(0, 12)))
        end = write(sheet, line.text, writer, (x, RULE[2] - float(rng.normal(4, 3.5))), RULE[1] - x + 14, rng, 1.0)
        if rng.random() < 0.75:
            wavy_rule(sheet, end + 12, RULE[1], RULE[2] - 12, writer, rng)
    else:
        filled = line.text + chance.choice(("", "", "*" * 9, "-" * 7))
        sheet.fitted(RULE[0] + 8, RULE[2] - 7, filled, typed(rng), RULE[1] - RULE[0] - 10)
    manner = ScanManner("g4", 200) if chance.random() < 0.5 else ScanManner("jpeg", chance.choice((150, 200, 200)))
    return scan(sheet.image, manner, line.seed)


def read_line(line: SpelledLine) -> Candidate | None:
    """The likeliest amount of a line, read as on checks, but without figures that would suggest amounts."""
    picture = decode.decode(draw_line(line))
    page = zones.sheet(picture.gray, picture.dpi)
    texts = [lines.read(page, piece, page.height_px) for piece in page.pieces]
    reread = lines.second_reader(page)
    spoken = words.read_words(texts, reread)
    spelling = next((text for text in texts if text.box == spoken.box), None)
    return (
        spelled.weigh(spoken, spelling, FieldReading(Field.COURTESY_AMOUNT, ()), reread).best
        if spelling
        else spoken.best
    )


def report(planned: Sequence[SpelledLine], best: Iterable[Candidate | None]) -> str:
    """How many are read right, by ending and manner, and how surely."""
    pairs = list(zip(planned, best, strict=True))
    rows = [
        _row(f"{ending}, {manner}", [pair for pair in pairs if (pair[0].ending, pair[0].manner) == (ending, manner)])
        for (ending, _), manner in product(ENDINGS, MANNERS)
    ]
    rows += [_row(f"all, {manner}", [pair for pair in pairs if pair[0].manner == manner]) for manner in MANNERS]
    heads = ("ending", "lines", "right", "95 %", f"right, claimed under {DOUBTED:g}", f"wrong, claimed from {SURE:g}")
    return table(heads, rows) + "\n"


def _row(name: str, pairs: Sequence[tuple[SpelledLine, Candidate | None]]) -> list[str]:
    right = [best for line, best in pairs if best is not None and best.value == str(line.cents)]
    wrong = [best for line, best in pairs if best is not None and best.value != str(line.cents)]
    low, high = interval(len(right), len(pairs))
    doubted = sum(best.probability < DOUBTED for best in right)
    sure = sum(best.probability >= SURE for best in wrong)
    share = f"{len(right) / max(1, len(pairs)):.1%}"
    return [name, str(len(pairs)), share, f"{low:.0%} to {high:.0%}", str(doubted), str(sure)]
