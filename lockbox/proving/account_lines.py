"""Account numbers in memo lines as payers write them, drawn, scanned, and read: the material of the account bench."""

from __future__ import annotations

import time
from dataclasses import dataclass
from random import Random

from lockbox.simulator import stock
from lockbox.simulator.check_parts import labeled_rule, payer_block, printer
from lockbox.simulator.hand import hand, write
from lockbox.simulator.papers import ScanManner
from lockbox.simulator.phrasing import written_number
from lockbox.simulator.scan import scan
from lockbox.simulator.sheet import Sheet, dice
from ocr.fields import account, lines, party
from ocr.image import decode
from ocr.layout import zones
from ocr.reading import FieldReading

SIZE_PX = (860, 330)  # the upper left and the lower left of a personal check at 200 dpi, without what is between them
PAYER = (60.0, 56.0, "l")
RULE = (56.0, 560.0, 262.0)  # from x, to x, baseline y of the memo line
NO_SERIAL = "0"  # the strip has no check number that could be mistaken for a line of the block
SMALLER = 0.86  # people write memos smaller than the rest, as in `simulator/check_parts.py`


@dataclass(frozen=True, slots=True)
class Written:
    """What to write: the number by hand, the payer's printed name and address, and whose hand (a seed)."""

    number: str
    payer_lines: tuple[str, ...]
    seed: int


@dataclass(frozen=True, slots=True)
class LineRead:
    """What the readers read, and their CPU time."""

    number: FieldReading
    payer: FieldReading
    cpu_ms: float


def draw_line(what: Written) -> bytes:
    """The scanner's file; the same seed gives the same bytes."""
    rng, chance = dice(what.seed, 21), Random(what.seed)
    sheet = Sheet(stock.background(SIZE_PX, rng))
    look, who = printer(rng), hand(dice(what.seed, 22))
    payer_block(sheet, what.payer_lines, look, PAYER, rng)
    labeled_rule(sheet, RULE, look.memo_label, look, below=False)
    x = RULE[0] + look.label.width_px(look.memo_label) + 10 + float(abs(rng.normal(0, 12)))
    y = RULE[2] - float(rng.normal(4, 3.5))
    write(sheet, written_number(chance, what.number), who, (x, y), RULE[1] - x + 14, rng, SMALLER)
    return scan(sheet.image, _manner(chance), what.seed)


def _manner(chance: Random) -> ScanManner:
    """As in the mail, but level: the MICR line levels a check before anything else is read."""
    speckle = chance.choice((0.0, 0.0, 0.0, 0.001, 0.003))
    if chance.random() < 0.5:
        return ScanManner("g4", 200, speckle=speckle, faint=chance.random() < 0.012)
    return ScanManner("jpeg", chance.choice((150, 200, 200)), speckle=speckle / 4, faint=chance.random() < 0.012)


def read_line(what: Written) -> LineRead:
    """Draws the line and reads it with the readers that read checks."""
    picture = decode.decode(draw_line(what))
    begun = time.process_time()
    page = zones.sheet(picture.gray, picture.dpi)
    read_lines = [lines.read(page, piece, page.height_px) for piece in page.pieces]
    reread = lines.second_reader(page)
    payer = party.read_payer(read_lines, picture.dpi, NO_SERIAL, reread)
    rest = [line for line in read_lines if line.box != payer.box]
    number = account.read_account(rest, page, reread)
    return LineRead(number, payer, (time.process_time() - begun) * 1000)
