"""Restrictive phrases: found though misspelt, and not where they are not."""

from __future__ import annotations

import pytest

from ocr.phrase import find


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("PAID IN FULL", "paid in full"),
        ("Paid in fuII", "paid in full"),
        ("pd in full", "paid in full"),
        ("Payment in full", "payment in full"),
        ("Full & final payment", "payment in full"),
        ("in full and final settlement of my account", "full settlement"),
        ("In full satisfaction", "full satisfaction"),
        ("accord & satisfaction", "accord and satisfaction"),
    ],
)
def test_phrases_by_their_normal_name(text: str, name: str) -> None:
    assert name in [one.value for one in find([(text, 0.9)], "ppocr")]


@pytest.mark.parametrize("text", ["car payment", "Nov payment", "thank you", "loan pmt", "Fullerton Bank", ""])
def test_harmless_words(text: str) -> None:
    assert find([(text, 0.9)], "ppocr") == []
