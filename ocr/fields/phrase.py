"""Restrictive phrases: words by which a payer would make a payment settle the whole debt."""

from __future__ import annotations

import re
from collections.abc import Iterable

from rapidfuzz import fuzz

from ocr.nets import wording
from ocr.reading import Candidate, Topic

# What it is called, and how people put it. UCC 3-311 asks for a "conspicuous statement", not for certain words.
PHRASES: dict[str, tuple[str, ...]] = {
    "paid in full": ("paid in full", "pd in full", "paid full", "account paid in full"),
    "payment in full": ("payment in full", "full payment of account", "pymt in full", "full and final payment",
                        "final payment in full"),
    "full settlement": ("in full settlement", "full and final settlement", "settled in full", "settlement in full",
                        "final settlement", "full and final", "full final"),
    "full satisfaction": ("in full satisfaction", "full satisfaction of debt", "full and final satisfaction",
                          "satisfaction in full", "settled in full satisfaction"),
    "accord and satisfaction": ("accord and satisfaction",),
    "without prejudice": ("without prejudice", "under protest", "prejudice"),
}  # fmt: skip
# What those who know the law write short: paid in full; under protest or duress, with all rights (UCC 1-308, 1-207
# before); accord and satisfaction (3-311), tender of the whole (3-603).
_UCC, _MEMO = r"\b[uv]\W?[coeg]\W?[coeg]\W*", r"^\W*(?:for|memo)?\W*"
CODES = {
    "paid in full": re.compile(r"\bp\W?[i1l]\W?f\b", re.IGNORECASE),
    "without prejudice": re.compile(
        rf"{_UCC}[1il]\W{{0,3}}(?:[3s]0[8b]|207)\b|\bduress\b|{_MEMO}u\W?/\W?p\W*$", re.IGNORECASE
    ),
    "accord and satisfaction": re.compile(rf"{_UCC}3\W{{0,3}}(?:311|603)\b|{_MEMO}a\W?/\W?s\W*$", re.IGNORECASE),
}
# Words of these forms that stand on many checks: "payment for acct.", "car payment". One of the others must be there.
ORDINARY = {"payment", "pymt", "account", "of", "in", "and"}
SEEN = 60.0  # likeness: of "full" two letters may be lost, or one be another
AT_LEAST, LONG, AT_LEAST_LONG = 82.0, 17, 74.0  # of long forms nothing else comes nearer than 65
HINT_WORDS = 0.15  # of wordings: worth a second look, and worth telling
UNSURE = 0.33  # a wording counts that much at least, however badly it was read
FEWEST_WORDS, FEWEST_LETTERS = 2, 8  # of a text in words of its own: shorter ones are emblems and noise
# What stands on backs, and from which likeness a text is that.
ENDORSEMENTS = ("fordepositonly", "endorsehere", "endorsecheckhere", "checkhereifmobiledeposit",
                "donotwritestamporsignbelowthisline", "reservedforfinancialinstitutionuse")  # fmt: skip
ENDORSED = 75.0
HINT = 66.0  # of the likeness: below, nobody would take it for such a phrase


def hinted(text: str) -> bool:
    """Whether a text may be such a phrase misread: worth a second look."""
    plain = _plain(text)
    alike = (_likeness(form, plain) >= HINT for forms in PHRASES.values() for form in forms)
    coded = any(code.search(text) for code in CODES.values())
    return coded or _settles(text) >= HINT_WORDS or any(alike)


def find(texts: Iterable[tuple[str, float]], source: str, *, in_any_words: bool = True) -> list[Candidate]:
    """The phrases in texts that were read with these probabilities, by their normal names, surest first.

    `in_any_words`: whatever would settle the debt, too. Names are better not looked at so.
    """
    found: dict[str, float] = {}
    for text, probability in texts:
        said = _named(text, max(probability, 0.6))
        words = _settles(text) * max(probability, UNSURE) if in_any_words else 0.0
        if words >= HINT_WORDS:
            name = max(said, key=lambda one: said[one], default=Topic.SETTLES)
            said[name] = max(said.get(name, 0.0), words)
        for name, sure in said.items():
            found[name] = max(found.get(name, 0.0), sure)
    return [Candidate(name, round(p, 4), source) for name, p in sorted(found.items(), key=lambda one: -one[1])]


def is_endorsement(text: str) -> bool:
    """Whether it is what stands on many backs: an endorsement, or print around the place for it."""
    plain = "".join(re.findall(r"[a-z]", text.lower()))
    return any(fuzz.ratio(plain, one) >= ENDORSED for one in ENDORSEMENTS)


def _named(text: str, probability: float) -> dict[str, float]:
    """The phrases by their normal names, where a text is all but sure to have one: the reader may doubt letters."""
    plain = _plain(text)
    found = {name: probability for name, code in CODES.items() if code.search(text)}
    for name, forms in PHRASES.items():
        for form in forms:
            long, likeness = len(form) >= LONG, _likeness(form, plain)
            if likeness >= (AT_LEAST_LONG if long else AT_LEAST):
                found[name] = max(found.get(name, 0.0), (likeness / 100) ** (2 if long else 3) * probability)
    return found


def _settles(text: str) -> float:
    """How likely a text says so in any other words. One word alone says nothing, nor does an endorsement."""
    words = re.findall(r"[a-z]{2,}", text.lower())
    if len(words) < FEWEST_WORDS or sum(map(len, words)) < FEWEST_LETTERS:
        return 0.0
    if is_endorsement(text):
        return 0.0
    return wording.about(text).get(Topic.SETTLES, 0.0)


def _plain(text: str) -> str:
    return re.sub(r"[^a-z]+", " ", text.lower().replace("&", " and ")).strip()


def _likeness(form: str, text: str) -> float:
    if len(text) < 0.8 * len(form):
        return 0.0
    tight, loose = form.replace(" ", ""), text.replace(" ", "")
    if not any(fuzz.partial_ratio(word, loose) >= SEEN for word in form.split() if word not in ORDINARY):
        return 0.0
    return float(max(fuzz.partial_ratio(form, text), fuzz.partial_ratio(tight, loose)))
