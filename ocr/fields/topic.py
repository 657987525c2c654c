"""What a letter is about, as far as its words tell: a hint of who should read it first, never more."""

from __future__ import annotations

from ocr.nets import wording
from ocr.reading import Candidate, Topic

LIKELY = 0.3  # a letter goes to a person in any case; this says to whom first
TOPICS = (Topic.BANKRUPTCY, Topic.DISPUTE, Topic.NEW_ADDRESS)


def find(text: str, probability: float, source: str) -> list[Candidate]:
    """The topics of a text that was read with that probability, surest first."""
    said = wording.about(text)
    heard = sorted((one for one in TOPICS if said.get(one, 0.0) >= LIKELY), key=lambda one: -said[one])
    return [Candidate(one, round(said[one] * max(probability, 0.6), 4), source) for one in heard]
