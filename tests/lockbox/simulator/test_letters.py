"""Bodies of letters and memo lines: read from their file, and drawn by topic."""

from __future__ import annotations

from pathlib import Path
from random import Random

import pytest

from lockbox.simulator.letters import (
    BACK_ROW_LETTERS,
    MEMO_LETTERS,
    ON_BACK_LETTERS,
    Body,
    bodies,
    letter_body,
    memo,
    on_back,
)
from ocr.reading import Topic


def test_a_file_is_read_by_its_columns(tmp_path: Path) -> None:
    path = tmp_path / "letters.tsv"
    path.write_text('letter\tdispute,new address\tI "moved". / The fee is wrong.\nmemo\t-\tthank you\n')
    assert bodies(path) == (
        Body(frozenset({"dispute", "new address"}), ('I "moved".', "The fee is wrong."), is_memo=False),
        Body(frozenset(), ("thank you",), is_memo=True),
    )


def test_every_body_has_known_topics_and_memo_lines_are_single() -> None:
    topics = {str(topic) for topic in Topic}
    assert len(bodies()) > 500
    assert all(body.about <= topics and all(body.lines) for body in bodies())
    assert all(len(body.lines) == 1 for body in bodies() if body.is_memo)


@pytest.mark.parametrize("topic", ["", *Topic])
def test_a_body_is_about_its_topic_alone(topic: str) -> None:
    about = {body.lines: body.about for body in bodies() if not body.is_memo}
    for seed in range(30):
        assert about[letter_body(Random(seed), topic)] == ({topic} if topic else frozenset())


@pytest.mark.parametrize("topic", ["", Topic.SETTLES])
def test_a_memo_line_fits_on_a_check(topic: str) -> None:
    lines = {memo(Random(seed), topic) for seed in range(60)}
    assert len(lines) > 20
    assert all(len(line) <= MEMO_LETTERS for line in lines)


def test_a_phrase_on_the_back_is_wrapped_into_short_rows() -> None:
    settling = {" ".join(body.lines) for body in bodies() if body.about == {Topic.SETTLES}}
    for seed in range(60):
        rows = on_back(Random(seed))
        assert 1 <= len(rows) <= 5
        assert all(len(row) <= BACK_ROW_LETTERS for row in rows)
        assert len(" ".join(rows)) <= ON_BACK_LETTERS
        assert " ".join(rows) in settling
