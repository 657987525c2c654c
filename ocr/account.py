"""The lender's account number, wherever on a document it stands, by hand or in print."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from math import log

from stdnum.iso7064 import mod_97_10

from ocr import ppocr
from ocr.lines import Line, says
from ocr.reading import Box, Candidate, FieldReading, Name, ranked

DIGITS = 10  # 8 and 2 check digits, ISO 7064 mod 97-10
# How much likelier a number whose check digits hold is to be meant than one where they do not: people copy nearly all
# numbers rightly, and of misread ones only 1 in 97 holds. Lower than that would give, so that a slip stays visible.
HOLDS = 100.0
LISTED = 20  # candidates kept: the contract master weighs them all
_LOOKALIKES = str.maketrans("OoQDlI|iZzSsbGBgq", "00001111225566899")
_START = r"(?<![A-Za-z])(?:[0-9|]|[OoQDlIiZzSsbGBgq](?![A-Za-z.]))"  # the O of "No. 12" starts no number
_RUN = re.compile(_START + r"[0-9OoQDlI|iZzSsbGBgq .\-]{8,16}")
_LABEL = re.compile(r"(?i)acc(?:oun)?t|loan|lease|contract|\ba/c|#|\bref|\bre\b|\bid\b|memo|\bfor\b")


def holds(number: str) -> bool:
    """Whether the check digits of an account number hold."""
    return len(number) == DIGITS and number.isdigit() and bool(mod_97_10.is_valid(number))


def read_account(lines: Iterable[Line], source: str = ppocr.SOURCE, not_these: Iterable[str] = ()) -> FieldReading:
    """Account numbers among lines, best first; also those whose check digits do not hold.

    `not_these` are numbers that mean something else: serial, bank account, routing number. Each candidate carries what
    the image alone says of it, for those who know which numbers there are.
    """
    others = {number for number in not_these if len(number) >= 6}
    found: list[Candidate] = []
    box: Box | None = None
    best = 0.0
    for line in lines:
        if says(line, "customer service", "telephone"):
            continue
        seen = numbers(line.text)
        for number, probability in believed(seen).items():
            if any(other in number or number in other for other in others):
                continue
            if probability > best:
                best, box = probability, line.box
            found.append(Candidate(number, probability, source, round(log(seen[number]), 2)))
    return FieldReading(Name.ACCOUNT_NUMBER, ranked(found, LISTED), box)


def candidates(text: ppocr.Text) -> dict[str, float]:
    """Numbers of 10 digits that a line may say, with probabilities in which the check digits have had their say."""
    return believed(numbers(text))


def numbers(text: ppocr.Text) -> dict[str, float]:
    """Numbers of 10 digits that a line may say, with what the image gives each."""
    if sum(char.isdigit() for char in text.value.translate(_LOOKALIKES)) < DIGITS - 2:
        return {}
    seen: dict[str, float] = {}
    for value, probability in text.likely(40):
        number = find(value)
        if number:
            seen[number] = seen.get(number, 0.0) + probability
    return seen


def believed(seen: Mapping[str, float]) -> dict[str, float]:
    """What the image says of numbers once their check digits are heard."""
    if not seen:
        return {}
    weights = {number: p * (HOLDS if holds(number) else 1.0) for number, p in seen.items()}
    rest = max(0.0, 1 - sum(seen.values()))
    whole = sum(weights.values()) + rest
    return {number: min(0.9995, weight / whole) for number, weight in weights.items() if weight / whole > 1e-4}


def find(text: str) -> str | None:
    """The 10 digits that a text holds as one number, lookalike letters among them forgiven; or None."""
    plain = _LABEL.split(text)[-1] if _LABEL.search(text) else text
    for part in (plain, text):
        for run in re.findall(
            r"(?<![A-Za-z])(?:[0-9|]|[OoQDlIiZzSsbGBgq](?![A-Za-z.]))[0-9OoQDlI|iZzSsbGBgq .\-]{8,16}", part
        ):
            if sum(char.isdigit() for char in run) < DIGITS - 2:
                continue
            if re.search(r"\d{5}-\d{4}\b", run):  # a ZIP code
                continue
            number = re.sub(r"[ .\-]", "", run).translate(_LOOKALIKES)
            phone = re.match(r"\d{3}[-. ]\d{3}[-. ]\d{4}$", run.strip())
            if len(number) == DIGITS and number.isdigit() and (not phone or holds(number)):
                return number
    return None
