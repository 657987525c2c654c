"""What a letter is about, judged by its words: a hint to who should read it first, never more."""

from __future__ import annotations

from ocr.nets import wording
from ocr.reading import Candidate, Topic

LIKELY = 0.3  # low, as a person reads every letter anyway; a topic only says who reads it first
LEAST_READ = 0.6  # counted at least: misread letters hide few words that tell a topic
TOPICS = (Topic.BANKRUPTCY, Topic.DISPUTE, Topic.NEW_ADDRESS)


def find(text: str, probability: float, source: str) -> list[Candidate]:
    """The topics of a text that was read with that probability, surest first."""
    chances = wording.about(text)
    likely = sorted((topic for topic in TOPICS if chances.get(topic, 0.0) >= LIKELY), key=lambda topic: -chances[topic])
    read = max(probability, LEAST_READ)
    return [Candidate(topic, round(chances[topic] * read, 4), source) for topic in likely]
