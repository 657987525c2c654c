"""What payers write in figures, in all its forms, and what a reader should see of it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

Rng = np.random.Generator
_LABELS = (
    "Acct",
    "acct#",
    "Acct. no.",
    "Loan",
    "LOAN",
    "loan",
    "Account",
    "ACCOUNT:",
    "Ref",
)
_MONTHS = (
    "Nov",
    "Dec.",
    "January",
    "Feb",
    "Mar",
    "April",
    "May",
    "June",
    "July",
    "August",
    "Sept",
    "Oct",
)
_WORDS = (
    *_LABELS,
    "No.",
    "For",
    "Date",
    *_MONTHS,
    "payment",
    "and",
    "DOLLARS",
    "Thirty",
    "hundred",
    "car",
    "Memo",
    "lease",
    "cents",
    "USD",
)


@dataclass(frozen=True)
class Text:
    """What is written: a line, then cents over a stroke with what is under it, then the rest."""

    line: str
    over: str = ""
    under: str = ""
    tail: str = ""

    @property
    def label(self) -> str:
        """What the reader should see."""
        over = f"_{_seen(self.over)}" if self.over else ""
        return re.sub(r"\?{2,}", "?", _seen(self.line) + over + _seen(self.tail))


def text(rng: Rng) -> Text:
    """An amount, a date, a number, only digits, or words, which are not figures."""
    choice = rng.random()
    if choice < 0.58:
        return amount(rng)
    if choice < 0.75:
        return Text(_date(rng))
    if choice < 0.86:
        return Text(_number(rng))
    if choice < 0.97:
        return Text(_digits(rng, int(rng.integers(1, 9))))
    return Text(" ".join(_pick(rng, *_WORDS) for _ in range(int(rng.integers(1, 4)))))


def few_digits(rng: Rng) -> Text:
    """One to five digits, sometimes with cents or a dollar sign."""
    digits = _digits(rng, int(rng.integers(1, 6)))
    if rng.random() < 0.3:
        digits = f"{digits}.{_digits(rng, 2)}"
    return Text(_pick(rng, "", "", "", "$", "*") + digits)


def amount(rng: Rng) -> Text:
    """A courtesy amount in any form that people and printers use."""
    size = int(rng.choice([1, 2, 3, 4, 5, 6, 7], p=[0.04, 0.13, 0.34, 0.24, 0.14, 0.09, 0.02]))
    whole = _digits(rng, size)
    whole = (str(int(rng.integers(1, 10))) + whole[1:]) if whole[0] == "0" else whole
    if size > 3 and rng.random() < 0.5:
        comma = _pick(rng, ",", ",", ",", ".", ".", " ")
        whole = f"{whole[:-3]}{comma}{whole[-3:]}"
    cents = _digits(rng, 2) if rng.random() < 0.7 else _pick(rng, "00", "50", "00", "11", "10", "01")
    front = (
        _pick(rng, "", "", "", "", "$", "$", "$ ", "**", "*", "***", "$**", "#", "=", "-") if rng.random() < 0.6 else ""
    )
    back = _pick(rng, "*", "**", "-", "=", "#", "/", "***", "--") if rng.random() < 0.14 else ""
    form = rng.random()
    if form < 0.36:
        point = "." if rng.random() < 0.93 else _pick(rng, ":", ",", "-")
        return Text(f"{front}{whole}{point}{cents}{back}")
    if form < 0.52:  # whole amounts, as written where cents are not used
        end = _pick(rng, "", "", "", ".", "-", ".-", ",-", "=", ".=", "--", "#", "*", "/", ".--")
        return Text(f"{front}{whole}{end}")
    none = _pick(rng, "xx", "xx", "XX", "no", "No", "00", "00", "oo", "x", "--", "NO")
    part = cents if rng.random() < 0.62 else none
    hundred = _pick(rng, "100", "100", "100", "100", "xx", "00", "X", "oo", "1oo") if rng.random() < 0.95 else ""
    joint = _pick(rng, " ", " ", "  ", "", "-", ".", " - ")
    if form < 0.7:
        return Text(f"{front}{whole}{joint}{part}/{hundred}{back}")
    joint = _pick(rng, "", "", "", ".", "-") if rng.random() < 0.5 else ""
    return Text(
        f"{front}{whole}{joint}", part, hundred if rng.random() < 0.7 else "", back if rng.random() < 0.2 else ""
    )


def _digits(rng: Rng, count: int) -> str:
    """Digits, with more ones, zeros and doubles than by chance, as in real amounts and dates."""
    kind = rng.random()
    weights = np.ones(10)
    if kind < 0.25:
        weights[[0, 1]] = 6
    elif kind < 0.4:
        weights[int(rng.integers(10))] = 12
    return "".join(rng.choice(list("0123456789"), p=weights / weights.sum(), size=count))


def _date(rng: Rng) -> str:
    month, day, year = int(rng.integers(1, 13)), int(rng.integers(1, 32)), int(rng.integers(0, 100))
    if rng.random() < 0.35:
        month, day = int(rng.choice([1, 7, 10, 11, 11, 12])), int(rng.choice([1, 10, 11, 11, 12, 17, 21, 31]))
    pad = rng.random() < 0.4
    full = f"{int(rng.choice([19, 20, 20, 20, 20]))}{year:02d}" if rng.random() < 0.35 else f"{year:02d}"
    full = f"'{full}" if rng.random() < 0.03 else full
    sign = _pick(rng, "/", "/", "/", "-", "-", ".")
    first, second = (f"{month:02d}", f"{day:02d}") if pad else (str(month), str(day))
    if rng.random() < 0.08:
        return f"{_pick(rng, *_MONTHS)} {second}{_pick(rng, ',', ', ', ' ')}{full}"
    if rng.random() < 0.04:
        return f"{first}{sign}{second}"
    return f"{first}{sign}{second}{sign}{full}"


def _number(rng: Rng) -> str:
    digits = _digits(rng, 10 if rng.random() < 0.75 else int(rng.integers(6, 13)))
    if rng.random() < 0.2:
        cuts = sorted({*rng.integers(2, len(digits) - 1, 2).tolist()})
        sign = _pick(rng, " ", "-", " ")
        if len(cuts) > 1 and rng.random() < 0.5:
            cuts = cuts[:1]
        digits = sign.join(digits[start:end] for start, end in pairwise([0, *cuts, len(digits)]))
    if rng.random() < 0.35:
        digits = f"{_pick(rng, *_LABELS, '#', '# ')} {digits}"
    return digits


def _pick(rng: Rng, *options: str) -> str:
    return options[int(rng.integers(len(options)))]


def _seen(text: str) -> str:
    """A written line in the reader's alphabet: a word is one ?, spaces are nothing."""
    words = re.split(r"([A-Za-z]+)", text)
    return "".join(_word(part) if at % 2 else re.sub(r"[ ']", "", part) for at, part in enumerate(words))


def _word(letters: str) -> str:
    return letters.lower().replace("o", "0") if letters.lower() in ("x", "xx", "no", "n", "o", "oo") else "?"
