"""Restrictive phrases: words by which a payer wants a payment to settle the whole debt."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from functools import cache
from pathlib import Path

from rapidfuzz import fuzz, process

from ocr.nets import wording
from ocr.nets.ppocr import Text
from ocr.reading import UNREAD_WRITING, Candidate, Topic

# The normal name, and how people put it. UCC 3-311 asks for a "conspicuous statement", not for certain words.
PHRASES: dict[str, tuple[str, ...]] = {
    "paid in full": ("paid in full", "pd in full", "paid full", "account paid in full"),
    "payment in full": (
        "payment in full",
        "full payment of account",
        "pymt in full",
        "full and final payment",
        "full final payment",
        "final payment in full",
    ),
    "full settlement": (
        "in full settlement",
        "full and final settlement",
        "settled in full",
        "settlement in full",
        "final settlement",
        "full and final",
        "full final",
    ),
    "full satisfaction": (
        "in full satisfaction",
        "full satisfaction of debt",
        "full and final satisfaction",
        "satisfaction in full",
        "settled in full satisfaction",
    ),
    "accord and satisfaction": ("accord and satisfaction",),
    "without prejudice": ("without prejudice", "under protest", "prejudice"),
}
# The abbreviations of those who know the law: paid in full; under protest or duress, all rights reserved (UCC 1-308,
# formerly 1-207); accord and satisfaction (3-311), tender of the whole (3-603); offer in compromise, settled in full.
_UCC, _MEMO = r"\b[uv]\W?[coeg]\W?[coeg]\W*", r"^\W*(?:for|memo)?\W*"
_NO_PLACE = r"\b(?!apt|ste|unit|bldg|lot|box|loan|acct|no|rm|fl)"  # nor a number; any other short word may be "UCC"
CODES = {
    "paid in full": re.compile(r"\bp\W?[i1l]\W?f\b", re.IGNORECASE),
    "without prejudice": re.compile(
        rf"(?:{_UCC}|{_NO_PLACE}\w{{2,4}}\W{{0,3}}(?=[1il]\W))[1il]\W{{0,3}}(?:[3s][08][8b]|207)\b|duress\b|{_MEMO}u\W?/\W?p\W*$",
        re.IGNORECASE,
    ),
    "accord and satisfaction": re.compile(rf"{_UCC}3\W{{0,3}}(?:311|603)\b|{_MEMO}a\W?/\W?s\W*$", re.IGNORECASE),
    "full settlement": re.compile(rf"{_MEMO}(?:o\W?[i1l]\W?c|s\W?[i1l]\W?f)\b", re.IGNORECASE),
}
# A line of one of these words alone says it as well, in English or Spanish.
ALONE = ("settled", "settlement", "satisfied", "discharged", "protest", "saldado", "saldada", "finiquito", "cancelado")
ALONE_ALIKE, ALONE_CHANCE = 87.0, 0.8  # percent of such a word ("Seattle" has 86); how likely it is meant so
# Words of these forms that stand on many checks: "payment for acct.", "car payment". One of the form's others must
# be there, too.
ORDINARY = {"payment", "pymt", "account", "of", "in", "and"}
# What payers write beside a last payment; a line that is as like one of these as a form settles nothing.
LAST_PAYMENTS = ("final payment", "final pmt", "final installment", "last payment", "last installment")
# Likeness in percent of a text to a form, misread letters forgiven.
WORD_ALIKE = 60.0  # of "full" two letters may be lost, or one misread
ALIKE = 82.0
LONG, LONG_ALIKE = 17, 74.0  # letters of a long form; no harmless text comes nearer to one than 65
READ = 0.97  # per letter: a line read better has no letters that were misread
HINT_ALIKE = 66.0  # below it, nobody would take the text for such a phrase
WHOLE_LETTERS = 6  # of a line that as a whole is a misread form: from `HINT_ALIKE` on it may be one
SHORTEST = 0.8  # share of a form's length that a text needs
FADING, LONG_FADING = 3, 2  # power of the likeness: a misread letter tells more against a short form
# Chances that a text in other words settles the debt.
HINT_CHANCE = 0.15  # from it on worth a second look, and worth reporting
LEAST_READ_FORM, LEAST_READ_WORDS = 0.6, 0.33  # counted at least of a form and of other words, however badly read
FEWEST_WORDS, FEWEST_LETTERS = 2, 8  # of a text in other words: shorter ones are emblems and noise
UNREAD_CHANCE = 0.35  # that what somebody wrote and nobody can read settles the debt: enough to have a person look
UNREAD, UNREAD_LETTERS = 0.5, 6  # per letter: a line of so many letters that every reader reads worse is not read
ENDORSEMENTS = (  # what stands on backs
    "fordepositonly",
    "endorsehere",
    "endorsecheckhere",
    "checkhereifmobiledeposit",
    "donotwritestamporsignbelowthisline",
    "reservedforfinancialinstitutionuse",
)
ENDORSED_ALIKE = 75.0
LABEL = re.compile(r"^(?:for|memo|re)\b\s*")  # printed before a memo line
FORM_PRINT = Path(__file__).with_name("form_print.txt")  # what printers put on checks, stubs, and coupons
PRINT_ALIKE = 88.0


def hinted(text: str) -> bool:
    """Whether a text may be a misread phrase, worth a second look."""
    plain = _plain(text)
    alike = (_likeness(form, plain) >= HINT_ALIKE for forms in PHRASES.values() for form in forms)
    coded = any(code.search(text) for code in CODES.values())
    return coded or _settles(text) >= HINT_CHANCE or any(alike)


def may_be_said(line: Text, *, in_any_words: bool) -> bool:
    """Whether a line says a phrase, or may be one misread. Read without doubt, it is what it says."""
    if line.clarity >= READ and not find([(line.value, line.clarity)], "", in_any_words=in_any_words):
        return False
    return hinted(line.value)


def find(texts: Iterable[tuple[str, float]], source: str, *, in_any_words: bool = True) -> list[Candidate]:
    """The phrases in texts that are so legible, letter by letter, by their normal names, surest first.

    How sure a text is as a whole does not count: a long one is hardly ever read without a mistake, and is understood.
    `in_any_words`: also other words that would settle the debt. Not for names, which may hold such words by chance.
    """
    chances: dict[str, float] = {}
    for text, clarity in texts:
        named = _named(text, max(clarity, LEAST_READ_FORM))
        if in_any_words:
            named = _nearly(text, max(clarity, LEAST_READ_FORM)) | named
        settles = _settles(text) * max(clarity, LEAST_READ_WORDS) if in_any_words else 0.0
        if settles >= HINT_CHANCE:
            surest = max(named, key=lambda name: named[name], default=Topic.SETTLES)
            named[surest] = max(named.get(surest, 0.0), settles)
        for name, chance in named.items():
            chances[name] = max(chances.get(name, 0.0), chance)
    by_chance = sorted(chances.items(), key=lambda phrase: -phrase[1])
    return [Candidate(name, round(chance, 4), source) for name, chance in by_chance]


def unread(readings: Sequence[Text]) -> list[Candidate]:
    """Writing that may settle the debt because no reader could read it: of several, all are at a loss."""
    many = [reading for reading in readings if sum(map(str.isalpha, reading.value)) >= UNREAD_LETTERS]
    is_lost = 1 < len(readings) == len(many) and all(reading.clarity < UNREAD for reading in many)
    return [Candidate(UNREAD_WRITING, UNREAD_CHANCE, readings[-1].source)] if is_lost else []


def is_endorsement(text: str) -> bool:
    """Whether a text is an endorsement, or the print around the place for one."""
    plain = "".join(re.findall(r"[a-z]", text.lower()))
    return any(fuzz.ratio(plain, endorsement) >= ENDORSED_ALIKE for endorsement in ENDORSEMENTS)


def is_form_print(text: str) -> bool:
    """Whether a text is what printers put on checks, stubs, and coupons."""
    plain = _plain(text)
    return process.extractOne(plain, _form_print(), scorer=fuzz.ratio, score_cutoff=PRINT_ALIKE) is not None


@cache
def _form_print() -> tuple[str, ...]:
    return tuple(_plain(text) for text in FORM_PRINT.read_text(encoding="utf-8").splitlines())


def _named(text: str, clarity: float) -> dict[str, float]:
    """The phrases whose forms or abbreviations a text has, by their normal names, with their chances."""
    plain = _plain(text)
    chances = {name: clarity for name, code in CODES.items() if code.search(text)}
    for name, forms in PHRASES.items():
        for form in forms:
            least, fading = (LONG_ALIKE, LONG_FADING) if len(form) >= LONG else (ALIKE, FADING)
            likeness = _likeness(form, plain)
            if likeness >= least:
                chances[name] = max(chances.get(name, 0.0), (likeness / 100) ** fading * clarity)
    return chances


def _nearly(text: str, clarity: float) -> dict[str, float]:
    """The phrases as which nothing but a whole line was misread, with their chances: "PAND W FULL"."""
    plain = LABEL.sub("", _plain(text))
    if len(plain.replace(" ", "")) < WHOLE_LETTERS:
        return {}
    alike = {name: max(_whole_likeness(form, plain) for form in forms) for name, forms in PHRASES.items()}
    least = max(HINT_ALIKE, *(fuzz.ratio(harmless, plain) for harmless in LAST_PAYMENTS))
    return {name: (percent / 100) ** LONG_FADING * clarity for name, percent in alike.items() if percent > least}


def _whole_likeness(form: str, text: str) -> float:
    """Percent by which a text is like a form and nothing more; 0 without any of the form's rare words."""
    return fuzz.ratio(form.replace(" ", ""), text.replace(" ", "")) if _has_rare_word(form, text) else 0.0


def _settles(text: str) -> float:
    """The chance that a text settles the debt in other words. Hardly a single word does, nor does an endorsement."""
    if process.extractOne(_plain(text), ALONE, scorer=fuzz.ratio, score_cutoff=ALONE_ALIKE):
        return ALONE_CHANCE
    words = re.findall(r"[a-z]{2,}", text.lower())
    if len(words) < FEWEST_WORDS or sum(map(len, words)) < FEWEST_LETTERS:
        return 0.0
    if is_endorsement(text) or is_form_print(text):
        return 0.0
    return wording.about(text).get(Topic.SETTLES, 0.0)


def _plain(text: str) -> str:
    return re.sub(r"[^a-z]+", " ", text.lower().replace("&", " and ")).strip()


def _likeness(form: str, text: str) -> float:
    """Percent by which some part of a text is like a form; 0 for a text without any of the form's rare words."""
    if len(text) < SHORTEST * len(form):
        return 0.0
    if not _has_rare_word(form, text):
        return 0.0
    tight, loose = form.replace(" ", ""), text.replace(" ", "")
    return float(max(fuzz.partial_ratio(form, text), fuzz.partial_ratio(tight, loose)))


def _has_rare_word(form: str, text: str) -> bool:
    loose = text.replace(" ", "")
    return any(fuzz.partial_ratio(word, loose) >= WORD_ALIKE for word in form.split() if word not in ORDINARY)
