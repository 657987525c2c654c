"""What a letter is about, as far as its words tell: a hint of who should read it first, never more."""

from __future__ import annotations

import re

from rapidfuzz import fuzz

from ocr.reading import Candidate

BANKRUPTCY, DISPUTE, NEW_ADDRESS = "bankruptcy", "dispute", "new address"
# How people put it. Each form is long or odd enough that no other words come near it.
TOPICS: dict[str, tuple[str, ...]] = {
    BANKRUPTCY: ("bankruptcy", "filed chapter 7", "under chapter 7", "filed chapter 13", "under chapter 13",
                 "automatic stay", "order for relief", "notice to creditors"),
    DISPUTE: ("i dispute", "we dispute", "disputed", "dispute the", "dispute this", "dispute of", "dispute over",
              "in dispute", "do not owe", "billing error", "charged in error", "never agreed to",
              "that i do not understand", "identity theft", "inaccurate information", "credit bureaus"),
    NEW_ADDRESS: ("have moved", "has moved", "i moved to", "am moving", "are moving", "new address",
                  "change of address", "address has changed", "changed my address", "my address is now",
                  "send my statements to"),
}  # fmt: skip
ALIKE = 84.0  # likeness at least, of 100: one letter in six or seven may be another


def find(text: str, probability: float, source: str) -> list[Candidate]:
    """The topics of a text that was read with that probability, surest first."""
    plain = re.sub(r"[^a-z0-9]+", " ", text.lower()).strip()
    found = {name: max(_likeness(form, plain) for form in forms) for name, forms in TOPICS.items()}
    heard = sorted((one for one in found.items() if one[1] >= ALIKE), key=lambda one: -one[1])
    return [Candidate(name, round(likeness / 100 * max(probability, 0.6), 4), source) for name, likeness in heard]


def _likeness(form: str, text: str) -> float:
    return float(fuzz.partial_ratio(form, text)) if len(text) >= len(form) else 0.0
