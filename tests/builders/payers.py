"""Payers' bank accounts as readings show them."""

from __future__ import annotations

from ocr.fields import micr
from ocr.reading import Candidate, DocumentKind, Reading

KEY = b"k" * 32


ROUTING = "570000019"


def line(text: str) -> Reading:
    return Reading(DocumentKind.CHECK, 0.99, micr.fields_of((Candidate(text, 0.99, "micr"),)), readers="test")
