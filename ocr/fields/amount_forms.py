"""The grammar of amounts in figures: the forms that Americans write and print, and what each comes to in cents."""

from __future__ import annotations

import re
from collections.abc import Iterable
from math import exp

from ocr.nets import ctc, ppocr

MOST_CENTS = 10**9
WITHOUT_CENTS = 0.7  # "$412": people who mean whole dollars mostly write that they do
PLAIN_DIGITS = 4  # dollars of more digits mostly have a comma: without one, their point was lost
POINT_LOST_FROM_CENTS = 10_000  # "94" is $94: hardly anybody pays 94 cents; "412" may be $4.12
FEW = (WITHOUT_CENTS, 0.2)  # of few digits: how surely they are dollars, and how surely cents whose point was lost
MANY = (0.4, 0.5)  # the same of more digits
WIDTH = 24  # texts of a line that are considered
_WHOLE = r"(\d{1,3}(?:[, ]\d{3})+|\d{1,7})"
NO_CENTS = r"(?:xx|xX|Xx|XX|x|X|no|No|NO|nO|n0|oo|OO|--|=|00)"
_UNDER = r"(?:[1lI]?(?:00|oo|OO|xx|XX|x))"
_FORMS: tuple[tuple[re.Pattern[str], float], ...] = (
    (re.compile(rf"{_WHOLE} ?[.:] ?(\d\d)"), 1.0),
    (re.compile(rf"{_WHOLE}[ .,:\-?]*=?_(\d\d)/?{_UNDER}?[\-=]*"), 1.0),
    (re.compile(rf"{_WHOLE}[ .,:\-?]*=?_(?:{NO_CENTS}|-|0|n)/?{_UNDER}?[\-=]*"), 0.97),
    (re.compile(rf"{_WHOLE}[ .,:\-]*(\d\d) ?/ ?[1lI]?(?:00|oo|OO|0)"), 1.0),
    (re.compile(rf"{_WHOLE}[ .,:\-]*(?:and ?)?{NO_CENTS} ?/ ?(?:[1lI]?(?:00|oo|OO|xx|XX))?"), 0.97),
    (re.compile(rf"{_WHOLE} ?[.:,] ?[\-=_xX*]+"), 0.9),
    (re.compile(rf"{_WHOLE} ?[\-=_]+"), 0.85),
    (re.compile(rf"{_WHOLE} (\d\d)"), 0.8),
    (re.compile(r"(\d{1,6}),(\d\d)"), 0.8),
    (re.compile(rf"{_WHOLE}[.,:]?"), WITHOUT_CENTS),
)


def parse(text: str) -> list[tuple[int, float]]:
    """What figures come to: cents and how surely this form means that, best first; empty: no amount.

    Printers and careful people put `$`, stars and spaces around the figures so that nobody can add a digit. `_` begins
    cents over a stroke. Figures without cents may be whole dollars or have lost their point: both are given, and
    neither is sure.
    """
    plain = re.sub(r"^[\s$*#=_\-.,:?]+|[\s*#?]+$", "", text)
    plain = re.sub(r"\s+", " ", plain)
    for form, sure in _FORMS:
        match = form.fullmatch(plain)
        if match:
            amounts = _amounts([group for group in match.groups() if group is not None], sure)
            return [(cents, chance) for cents, chance in amounts if 0 < cents < MOST_CENTS]
    return []


def _amounts(groups: list[str], sure: float) -> list[tuple[int, float]]:
    """What the digits of a form come to: those of its dollars, then those of its cents, if any."""
    cents = int(re.sub(r"\D", "", groups[0])) * 100 + (int(groups[1]) if len(groups) > 1 else 0)
    if sure != WITHOUT_CENTS or cents < POINT_LOST_FROM_CENTS or not groups[0].isdigit():
        return [(cents, sure)]
    dollars, point_lost = MANY if len(groups[0]) > PLAIN_DIGITS else FEW
    readings = [(cents, dollars), (cents // 100, point_lost)]
    return sorted(readings, key=lambda reading: -reading[1])


def candidates(text: ppocr.Text, width: int = WIDTH) -> dict[int, float]:
    """Cents with their probabilities, for a line that is known to hold figures."""
    return meant(text.among(ppocr.FIGURES, width))


def meant(texts: Iterable[tuple[str, float]]) -> dict[int, float]:
    """What likely texts of a line of figures come to: cents with their probabilities."""
    chances: dict[int, float] = {}
    for text, probability in texts:
        for cents, sure in parse(text):
            chances[cents] = chances.get(cents, 0.0) + sure * probability
    return chances


def forms(cents: int) -> list[str]:
    """The usual ways to write an amount, in the signs of the net of figures."""
    whole, rest = divmod(cents, 100)
    plain = [f"{whole}.{rest:02d}", f"{whole}_{rest:02d}", f"{whole}{rest:02d}/100", f"{whole}.{rest:02d}/100"]
    plain += [f"{whole:,}.{rest:02d}", f"{whole:,}_{rest:02d}"] if whole > 999 else []
    plain += [] if rest else [f"{whole}xx/100", f"{whole}n0/100", f"{whole}_xx", f"{whole}_n0"]
    return [sign + form for form in plain for sign in ("", "$")]


def supported(text: ppocr.Text, spoken: Iterable[int]) -> dict[int, float]:
    """How likely the figures show what the words say, in any usual form, even where other readings are likelier."""
    columns = [0, *(ppocr.ASCII.index(char) + 1 for char in ppocr.FIGURES)]
    log_probs = ctc.log_softmax(text.log_probs[:, columns])
    spellings: list[tuple[int, str]] = []
    for cents in spoken:
        whole, rest = divmod(cents, 100)
        ways = [f"{whole}.{rest:02d}", f"{whole:,}.{rest:02d}", f"{whole} {rest:02d}/100", f"{whole}{rest:02d}/100"]
        ways += [f"{whole} {rest:02d}", f"{whole}xx/100", f"{whole}no/100"][: 1 if rest else 3]
        spellings += [(cents, sign + way) for way in dict.fromkeys(ways) for sign in ("", "$")]
    chances: dict[int, float] = {}
    scores = ctc.scores(log_probs, [way for _, way in spellings], ppocr.FIGURES)
    for (cents, _), score in zip(spellings, scores, strict=True):
        chances[cents] = min(1.0, chances.get(cents, 0.0) + exp(score))
    return chances
