"""The parts of every check, wherever its printer put them: blocks, labeled lines, boxes, and their contents."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from lockbox.simulator import stock
from lockbox.simulator.hand import Hand, wavy_rule, write, write_amount
from lockbox.simulator.papers import CheckPaper
from lockbox.simulator.sheet import Rng, Sheet, Type
from lockbox.simulator.signature import sign

_FAMILIES = ("sans", "serif", "gothic", "bookman", "century", "palatino", "narrow")


_TYPED = (
    ("mono", "laser"),
    ("nimbus-mono-bold", "laser"),
    ("courier", "laser"),
    ("sans", "laser"),
    ("serif", "laser"),
    ("mono-bold", "laser"),
    ("courier-bold", "typewriter"),
    ("typewriter", "typewriter"),
    ("mono", "matrix"),
    ("mono", "matrix"),
    ("narrow", "laser"),
    ("palatino", "laser"),
)

RuledLine = tuple[float, float, float]  # from x, to x, baseline y, in px
Block = tuple[float, float, str]  # x, first baseline, anchor l, m or r
Box = tuple[float, float, float, float]  # left, top, right, bottom


@dataclass(frozen=True, slots=True)
class Places:
    """Where the parts of a check go, in px."""

    payer: Block
    bank: Block
    number: tuple[float, float]  # right end, baseline
    fraction: tuple[float, float]
    date: RuledLine
    payee: RuledLine
    courtesy: Box
    legal: RuledLine
    memo: RuledLine
    signature: RuledLine


@dataclass(frozen=True, slots=True)
class Print:
    """How a printer sets a check: typefaces, ink, and the wording of the labels."""

    body: Type
    bold: Type
    label: Type
    caps: bool
    payee_label: tuple[str, ...]
    memo_label: str
    date_label: str
    dollars: str
    boxed: bool


def printer(rng: Rng, scale: float = 1.0) -> Print:
    """Draws a printer's style; `scale` is for checks larger than personal ones."""
    family = _FAMILIES[int(rng.integers(len(_FAMILIES)))]
    label_family = family if rng.random() < 0.5 else ("sans", "narrow", "serif")[int(rng.integers(3))]
    gray, caps = int(rng.integers(20, 75)), bool(rng.random() < 0.6)
    payee = (("PAY TO THE", "ORDER OF"), ("Pay to the", "Order of"), ("PAY TO THE ORDER OF",), ("Pay to",))
    return Print(
        body=Type(family, round(float(rng.uniform(19, 23)) * scale), gray),
        bold=Type(f"{family}-bold", round(float(rng.uniform(23, 30)) * scale), gray),
        label=Type(label_family, round(float(rng.uniform(13, 18)) * scale), gray),
        caps=caps,
        payee_label=payee[int(rng.choice(4, p=[0.45, 0.35, 0.12, 0.08]))],
        memo_label=("MEMO", "FOR", "Memo", "For", "RE:")[int(rng.integers(5))],
        date_label="DATE" if caps else "Date",
        dollars=("DOLLARS", "Dollars", "DOLLARS")[int(rng.integers(3))],
        boxed=bool(rng.random() < 0.72),
    )


def typed(rng: Rng, size_px: int = 30) -> Type:
    """Draws the type in which a machine fills in a check."""
    face, machine = _TYPED[int(rng.integers(len(_TYPED)))]
    return Type(face, int(size_px * float(rng.uniform(0.9, 1.12))), int(rng.integers(15, 70)), machine)


def preprint(sheet: Sheet, paper: CheckPaper, look: Print, at: Places, rng: Rng) -> None:
    """Prints all that is on the check before the payer writes on it."""
    payer_block(sheet, paper.payer_lines, look, at.payer, rng)
    bank_block(sheet, paper.bank_name, look, at.bank, rng, sheet.width_px * (0.36 if at.bank[2] == "m" else 0.5))
    sheet.text(*at.number, paper.serial, replace(look.bold, gray=30), "r")
    sheet.text(*at.fraction, fraction_text(paper.routing), look.label.sized(0.9), "r")
    labeled_rule(sheet, at.date, look.date_label, look, below=bool(rng.random() < 0.3))
    payee_label(sheet, at.payee, look)
    courtesy_box(sheet, at.courtesy, look, paper.courtesy_text, rng)
    sheet.rule(at.legal[0], at.legal[1], at.legal[2], 50)
    end = sheet.text(at.legal[1] + 8, at.legal[2], look.dollars, look.label)
    if rng.random() < 0.5 and end + 20 < sheet.width_px:
        _padlock(sheet, end + 6, at.legal[2], rng)
    labeled_rule(sheet, at.memo, look.memo_label, look, below=False)
    signature_rule(sheet, at.signature, look, rng)


def handwrite(sheet: Sheet, paper: CheckPaper, at: Places, look: Print, writer: Hand, rng: Rng) -> None:
    """Writes what the payer writes, on or a little above the lines."""

    def line(text: str | None, place: RuledLine, indent: float, size: float = 1.0) -> float:
        lift = float(rng.normal(4, 3.5))
        x = place[0] + indent + float(abs(rng.normal(0, 12)))
        return write(sheet, text, writer, (x, place[2] - lift), place[1] - x + 14, rng, size) if text else x

    line(paper.date_text, at.date, look.label.width_px(look.date_label) + 8, 0.92)
    line(paper.payee, at.payee, label_width(look) + 12)
    end = line(paper.legal_text, at.legal, 6)
    if rng.random() < 0.75:
        wavy_rule(sheet, end + 12, at.legal[1] - float(rng.uniform(0, 12)), at.legal[2] - 12, writer, rng)
    line(paper.memo_text, at.memo, look.label.width_px(look.memo_label) + 10, 0.86)
    left, top, right, bottom = at.courtesy
    own_sign = paper.courtesy_text.startswith("$")
    indent = 6 if own_sign else look.bold.width_px("$") * 0.4 + 6
    lift = (bottom - top) * float(rng.uniform(0.12, 0.34))
    write_amount(sheet, paper.courtesy_text, writer, (left + indent, bottom - lift), right - left - indent + 16, rng)
    if paper.signer:
        x = at.signature[0] + float(rng.uniform(6, 60))
        sign(sheet, paper.signer, writer, (x, at.signature[2] - float(rng.normal(5, 4))), at.signature[1] - x, rng)


def type_in(sheet: Sheet, paper: CheckPaper, at: Places, look: Print, machine: Type, rng: Rng) -> None:
    """Prints what a computer fills in."""
    x = at.date[0] + look.label.width_px(look.date_label) + 14
    sheet.fitted(x, at.date[2] - 6, paper.date_text or "", machine, at.date[1] - x)
    x = at.payee[0] + label_width(look) + 20
    sheet.fitted(x, at.payee[2] - 7, paper.payee, machine, at.payee[1] - x)
    left, top, right, bottom = at.courtesy
    sheet.fitted(left + 30, bottom - (bottom - top) * 0.26, paper.courtesy_text, machine, right - left - 36)
    words = paper.legal_text
    if rng.random() < 0.6:
        filler = "*" if rng.random() < 0.8 else "-"
        room = at.legal[1] - at.legal[0] - machine.width_px(words) - 20
        words += filler * max(0, min(60, int(room / machine.width_px(filler))))
    sheet.fitted(at.legal[0] + 8, at.legal[2] - 7, words, machine, at.legal[1] - at.legal[0] - 10)
    if paper.memo_text:
        x = at.memo[0] + look.label.width_px(look.memo_label) + 14
        sheet.fitted(x, at.memo[2] - 6, paper.memo_text, machine.sized(0.85), at.memo[1] - x)


def payer_block(sheet: Sheet, texts: Sequence[str], look: Print, at: Block, rng: Rng) -> None:
    """Prints the payer's name, larger, and address."""
    if not texts:
        return
    name = look.bold.sized(float(rng.uniform(0.85, 1.05)))
    if rng.random() < 0.08:
        name = replace(name, face="chancery", size_px=round(name.size_px * 1.2))
    first = texts[0].upper() if look.caps and rng.random() < 0.6 else texts[0]
    sheet.fitted(at[0], at[1], first, name, sheet.width_px * 0.34, at[2])
    sheet.lines(at[0], at[1] + look.body.size_px * 1.2, tuple(texts[1:]), look.body, 1.16, at[2])


def bank_block(sheet: Sheet, name: str, look: Print, at: Block, rng: Rng, room_px: float = 620) -> None:
    """Prints the bank's name, usually with its emblem, sometimes with a line of small print below."""
    x, y, anchor = at
    kind = look.bold.sized(float(rng.uniform(0.9, 1.1)))
    shown = name.upper() if rng.random() < 0.3 else name
    kind = kind.sized(min(1.0, room_px / (kind.width_px(shown) + kind.size_px * 2)))
    if rng.random() < 0.65:
        size = round(kind.size_px * float(rng.uniform(1.1, 1.7)))
        left = x if anchor == "l" else x - kind.width_px(shown) / (2 if anchor == "m" else 1) - size - 8
        stock.bank_emblem(sheet, left, y + 5, size, rng)
        x += size + 8 if anchor == "l" else 0
    sheet.text(x, y, shown, kind, anchor)
    if rng.random() < 0.4:
        below = ("Member FDIC", "www.bank.example", "Customer service 800-555-0142", "MAIN OFFICE")[
            int(rng.integers(4))
        ]
        sheet.text(x, y + 19, below, look.label.sized(0.85), anchor)


def payee_label(sheet: Sheet, at: RuledLine, look: Print) -> None:
    """Prints "pay to the order of" and the line for the payee after it."""
    step = look.label.size_px * 1.05
    first = at[2] - step * (len(look.payee_label) - 1)
    sheet.lines(at[0], first, look.payee_label, look.label, 1.05)
    sheet.rule(at[0] + label_width(look) + 6, at[1], at[2] + 1, 50)


def label_width(look: Print) -> float:
    """Width of the payee label in px."""
    return max(look.label.width_px(text) for text in look.payee_label)


def labeled_rule(sheet: Sheet, at: RuledLine, label: str, look: Print, below: bool) -> None:
    """Prints a line with its label before it or below it."""
    x0, x1, y = at
    if below:
        sheet.rule(x0, x1, y + 1, 50)
        sheet.text((x0 + x1) / 2, y + look.label.size_px + 2, label, look.label.sized(0.9), "m")
        return
    x = sheet.text(x0, y, label, look.label)
    sheet.rule(x + 5, x1, y + 1, 50)


def courtesy_box(sheet: Sheet, box: Box, look: Print, text: str, rng: Rng) -> None:
    """Prints the box for the amount in figures, and a dollar sign unless the text brings its own."""
    left, top, right, bottom = box
    if look.boxed:
        width_px = int(rng.integers(1, 3))
        fill = int(rng.integers(236, 254)) if rng.random() < 0.5 else None
        sheet.box(left, top, right, bottom, 50, width_px, fill)
    else:
        sheet.rule(left, right, bottom, 50)
    if not text.startswith("$"):
        kind = replace(look.bold, size_px=round((bottom - top) * 0.62))
        sheet.text(left - 4 if look.boxed else left + 8, bottom - (bottom - top) * 0.2, "$", kind, "r")


def signature_rule(sheet: Sheet, at: RuledLine, look: Print, rng: Rng) -> None:
    """Prints the signature line, plain or in microprint."""
    x0, x1, y = at
    if rng.random() < 0.3:  # microprint instead of a line
        stock.pantograph(sheet, "AUTHORIZEDSIGNATURE", (int(x0), round(y) - 2, int(x1) - 14, round(y) + 1), 70, 4)
    else:
        sheet.rule(x0, x1 - (18 if rng.random() < 0.6 else 0), y, 50)
    if rng.random() < 0.7:
        sheet.text(x1, y + 3, "MP", Type("sans", 9, 60), "r")
    if sheet.width_px > 1300 and rng.random() < 0.7:
        sheet.text((x0 + x1) / 2, y + 19, "AUTHORIZED SIGNATURE", look.label.sized(0.8), "m")


def fraction_text(routing: str) -> str:
    """The routing number as a fraction: city and bank over the Federal Reserve prefix."""
    return f"{int(routing[0:2])}-{int(routing[4:8])}/{int(routing[:4])}"


def moved(at: Places, rng: Rng) -> Places:
    """The same layout as a different printer sets it: every part shifted by a few pixels."""

    def line(place: RuledLine) -> RuledLine:
        dx, dy, longer = rng.normal(0, (4, 2.5, 5))
        return place[0] + float(dx), place[1] + float(longer), place[2] + float(dy)

    def block(place: Block) -> Block:
        dx, dy = rng.normal(0, (6, 4))
        return place[0] + float(dx), place[1] + float(dy), place[2]

    left, top, right, bottom = at.courtesy
    dx, dy, number_dx, number_dy = (float(move) for move in rng.normal(0, 4, 4))
    return Places(
        payer=block(at.payer),
        bank=block(at.bank),
        number=(at.number[0] + number_dx, at.number[1] + number_dy),
        fraction=(at.fraction[0] + number_dx, at.fraction[1] + number_dy),
        date=line(at.date),
        payee=line(at.payee),
        courtesy=(left + dx, top + dy, right + dx, bottom + dy),
        legal=line(at.legal),
        memo=line(at.memo),
        signature=line(at.signature),
    )


def scaled(at: Places, sx: float, sy: float) -> Places:
    """The layout on larger paper."""

    def line(place: RuledLine) -> RuledLine:
        return place[0] * sx, place[1] * sx, place[2] * sy

    left, top, right, bottom = at.courtesy
    return Places(
        payer=(at.payer[0] * sx, at.payer[1] * sy, at.payer[2]),
        bank=(at.bank[0] * sx, at.bank[1] * sy, at.bank[2]),
        number=(at.number[0] * sx, at.number[1] * sy),
        fraction=(at.fraction[0] * sx, at.fraction[1] * sy),
        date=line(at.date),
        payee=line(at.payee),
        courtesy=(left * sx, top * sy, right * sx, bottom * sy),
        legal=line(at.legal),
        memo=line(at.memo),
        signature=line(at.signature),
    )


def _padlock(sheet: Sheet, x: float, y: float, rng: Rng) -> None:
    sheet.draw.arc((x + 3, y - 18, x + 13, y - 4), 180, 360, fill=90, width=2)
    sheet.box(x, y - 11, x + 16, y, 90, 1, fill=140)
    if rng.random() < 0.6:
        sheet.lines(x + 20, y - 9, ("Details", "on Back"), Type("sans", 9, 90), 1.05)
