"""What a payer asks to be done with the money: "principal only" on a check or in a letter, in whatever words."""

from __future__ import annotations

import re
from collections.abc import Iterable

from rapidfuzz import fuzz

from ocr.reading import PRINCIPAL_ONLY, Candidate

ALIKE, HINT_ALIKE = 78.0, 60.0  # percent of "principal" that a word must have to be it, and to be worth a second look
SHORTEST, LONGEST = 7, 11  # letters of a word that may be it
LEAST_READ = 0.85  # counted at least: that the words make sense together confirms them
ASKS, BARE, UNSURE = 0.97, 0.92, 0.5  # chances: words that ask for it; the word alone; the word among other words
DOUBTED = 0.45  # the most where a text complains, tells of the past, or says no
_P = "principal"
# Words with which the word is a name or an amount, and asks for nothing.
NAMES = re.compile(
    r"\b(?:bank|life|financial|group|insurance|trust|mutual|school|elementary|teacher|academy|office|realty|llc|inc|co"
    r"|corp|company|securities|funds|agent|place|owner|investigator|engineer|residence)\b"
)
INTEREST = re.compile(r"\bint(?:erest|rest|r|\b)", re.IGNORECASE)
BALANCE = re.compile(r"\b(?:and|of|wrong|unpaid|your|balance)\s+(?:the\s+)?@|@\s+(?:and|&|balance|amount|went|plus|\+)")
ASKING = re.compile(
    r"(?:\b(?:to|toward|towards|on|onto|against|for|at)\s+(?:the\s+|my\s+|my\s+loan\s+)?(?:loan\s+)?@"
    r"|@\s+on[l1i]y\b|\bon[l1i]y\s+(?:to\s+|the\s+)*@"
    r"|\b(?:extra|additional|addl|addtl|adl|add\s?l|added|more|xtra|curtail|reduce|lower|knock\s+down|pay\s+down)\b"
    r"(?:\s+[$0-9.,]+)?(?:\s+(?:the|my|loan|for|is|in))*\s+@"
    r"|@\s+(?:payment|pymt|pmt|pay|reduction|curtailment|paydown|please|pls)\b)"
)
SPLITS = re.compile(r"\b(?:apply|put|credit)\b|[0-9]\s*@")  # a sum of several, one of them principal
# Other words of a memo line that go well with it.
FILLERS = re.compile(
    r"\b(?:for|memo|re|the|my|all|is|it|this|please|pls|only|extra|xtra|additional|addl|addtl|add|more|to|towards?|on"
    r"|apply|applied|put|loan|car|auto|truck|payment|pymt|pmt|pay|reduction|down)\b"
)
DENIES = re.compile(r"\b(?:not|no|dont|never|isnt)\s+(?:\w+\s+){0,4}@")
PAST = re.compile(r"\b(?:paid|sent|went|was|were|did|didnt|had|been|instead|again|should have|stuck|last year)\b")
SPANISH = re.compile(
    r"\b(?:abono|abonar|abonen|pago|pagar|aplicar|apliquen|aplique|solo|extra|todo)\s+(?:\w+\s+)?al?\s+capital\b"
)
SPANISH_MEMO = re.compile(r"^\W*(?:for|memo|para)?\W*(?:solo\s+)?al?\s+capital\W*$")


def hinted(text: str) -> bool:
    """Whether a text may be a misread instruction, worth a second look."""
    return any(fuzz.ratio(_P, word) >= HINT_ALIKE for word in _words(text)) or "capital" in text.lower()


def find_in_line(texts: Iterable[tuple[str, float]], source: str) -> list[Candidate]:
    """The instruction of a line of a check, of which one or more readings are given with their probabilities."""
    return _candidates(((_memo_chance(text), probability) for text, probability in texts), source)


def find_in_letter(text: str, probability: float, source: str, *, is_plain: bool) -> list[Candidate]:
    """The instruction of a letter, sentence by sentence; `is_plain`: nobody disputes anything in it."""
    chances = [_sentence_chance(sentence) for sentence in re.split(r"[.;!?]+(?:\s|$)", text)]
    chance = max(chances, default=0.0)
    return _candidates([(chance if is_plain else min(chance, DOUBTED), probability)], source)


def _candidates(read: Iterable[tuple[float, float]], source: str) -> list[Candidate]:
    chance = max((chance * max(probability, LEAST_READ) for chance, probability in read), default=0.0)
    return [Candidate(PRINCIPAL_ONLY, round(chance, 4), source)] if chance > 0 else []


def _memo_chance(text: str) -> float:
    """The chance that a line asks for principal only."""
    plain, likeness = _marked(text)
    if SPANISH.search(plain) or SPANISH_MEMO.search(plain):
        return ASKS
    if "@" not in plain or NAMES.search(plain):
        return 0.0
    if DENIES.search(plain):
        return DOUBTED
    interest = INTEREST.search(plain)
    if interest and not re.search(r"\b(?:not|no)\s+(?:to\s+)?(?:the\s+)?int", plain):
        return 0.0
    if ASKING.search(plain):
        return ASKS * likeness
    is_bare = not re.search(r"[a-z]{2,}", FILLERS.sub("", plain))
    return (BARE if is_bare else UNSURE) * likeness


def _sentence_chance(sentence: str) -> float:
    """The chance that a sentence of a letter asks for principal only."""
    plain, likeness = _marked(sentence)
    if SPANISH.search(plain):
        return ASKS
    if "@" not in plain:
        return 0.0
    if not ASKING.search(plain):
        return DOUBTED if SPLITS.search(plain) else 0.0
    if BALANCE.search(plain):
        return DOUBTED
    return DOUBTED if PAST.search(plain) or DENIES.search(plain) else ASKS * likeness


def _marked(text: str) -> tuple[str, float]:
    """The text in plain letters with "@" for each "principal", and how alike the likest word is, 0 to 1."""
    plain = re.sub(r"['’]", "", text.lower().replace("&", " and ").replace("@", " "))
    plain = re.sub(r"[^a-z0-9$.+]+", " ", plain).strip()
    likest = 0.0
    marked = []
    for word in plain.split():
        likeness = _likeness(word)
        likest = max(likest, likeness)
        marked.append("@" if likeness >= ALIKE else word)
    return " ".join(marked), likest / 100


def _likeness(word: str) -> float:
    letters = re.sub(r"[^a-z01]", "", word).replace("0", "o").replace("1", "l")
    if letters in ("princ", "prin", "prncpl", "princpl"):
        return 90.0
    if not SHORTEST <= len(letters) <= LONGEST or letters.startswith("municip"):
        return 0.0
    return 97.0 if letters == "principle" else fuzz.ratio(_P, letters)


def _words(text: str) -> list[str]:
    return re.findall(r"[a-z01]{4,12}", text.lower())
