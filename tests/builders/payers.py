"""Payers' bank accounts as read from MICR lines."""

from __future__ import annotations

from ocr.fields import micr
from ocr.reading import Candidate, DocumentKind, Reading

KEY = b"k" * 32
ROUTING = "570000019"


def line(text: str) -> Reading:
    """A check whose MICR line was read as this text."""
    return Reading(DocumentKind.CHECK, 0.99, micr.fields_of((Candidate(text, 0.99, "micr"),)), readers="test")
