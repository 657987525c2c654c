"""What letters are about: recognized even when misread, and not in letters about something else."""

from __future__ import annotations

import pytest

from ocr.fields.topic import find
from ocr.reading import Topic


@pytest.mark.parametrize(
    ("text", "topic"),
    [
        ("I filed for bankrupcty last week", Topic.BANKRUPTCY),
        ("protected under Chapter 7 of the code", Topic.BANKRUPTCY),
        ("I dispute this charge", Topic.DISPUTE),
        ("We do not owe what you ask for", Topic.DISPUTE),
        ("shows a late charge that\nI do not understard.", Topic.DISPUTE),
        ("I have moved. Please write to", Topic.NEW_ADDRESS),
        ("I have raved. Please send ry staterents to", Topic.NEW_ADDRESS),
        ("note our change of adress", Topic.NEW_ADDRESS),
    ],
)
def test_topics(text: str, topic: str) -> None:
    assert [candidate.value for candidate in find(text, 0.9, "text")] == [topic]


@pytest.mark.parametrize(
    "text",
    [
        "Enclosed is my check. By cashing it you agree that\nmy account is paid in full\nand nothing more is owed.",
        "I lost my job last month and cannot make\nthe next payment on time. Can the due date\nbe moved?",
        "Enclosed please find my check for this\nmonth's payment. Thank you.",
        "Re: account 4071938212",
        "",
    ],
)
def test_other_letters(text: str) -> None:
    assert find(text, 0.9, "text") == []


def test_badly_read_words_are_still_a_hint() -> None:
    [topic] = find("bankruptcy", 0.1, "text")
    assert 0.5 < topic.probability < find("bankruptcy", 0.9, "text")[0].probability
