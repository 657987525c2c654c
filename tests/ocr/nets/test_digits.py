"""Runs of digits: cut out of a line and scored by all readers alike."""

from __future__ import annotations

import numpy as np
import pytest

from ocr.image.prepare import Floats
from ocr.nets import ctc
from ocr.nets.digits import DIGITS, lattice, numbers
from ocr.nets.ppocr import ASCII
from tests.oracles.ctc_forward import score


def line(text: str, alphabet: str = ASCII, doubts: dict[int, tuple[str, float]] | None = None) -> Floats:
    """A reader's output that says `text`, a blank after each sign; `doubts`: by place, a rival sign and its share."""
    rows = []
    for at, char in enumerate(text):
        row = np.full(len(alphabet) + 1, 1e-6)
        row[1 + alphabet.index(char)] = 1.0
        if doubts and at in doubts:
            rival, share = doubts[at]
            row[1 + alphabet.index(char)], row[1 + alphabet.index(rival)] = 1 - share, share
        blank = np.full(len(alphabet) + 1, 1e-6)
        blank[0] = 1.0
        rows += [row / row.sum(), blank / blank.sum()]
    return np.asarray(np.log(np.array(rows)), np.float32)


def likely(*outputs: Floats) -> dict[str, float]:
    return numbers([run for output in outputs if (run := lattice(output, ASCII)) is not None], 10)


def best(numbers: dict[str, float]) -> str:
    return max(numbers, key=lambda number: numbers[number])


@pytest.mark.parametrize(
    "text", ["4051236720", "Acct# 4051236720", "Loan 405-123 6720 thanks", "acct 405I23672O", "405/236720"]
)
def test_a_run_is_found_among_words_and_its_lookalikes_are_digits(text: str) -> None:
    assert best(likely(line(text))) == "4051236720"


@pytest.mark.parametrize("text", ["Dallas, TX 75265-0805", "11/16/2026", "auto loan", "No. 512367"])
def test_what_is_no_long_number_gives_no_run(text: str) -> None:
    assert lattice(line(text), ASCII) is None


def test_all_numbers_are_scored_at_once_as_one_by_one() -> None:
    rng = np.random.default_rng(3)
    output = ctc.log_softmax(rng.normal(0, 2, (60, 11)))
    output[20:30, 0] = 0.0  # a stretch that is blank for sure
    output[20:30, 1:] = -40.0
    values = ["4051236720", "1155599900", "40512367", "123456789012"]
    alone = [score(output, value, DIGITS) for value in values]
    assert ctc.scores(output, values, DIGITS) == pytest.approx(alone, abs=1e-3)


def test_readers_in_doubt_about_different_digits_agree_on_the_rest() -> None:
    first = line("4051236720", doubts={3: ("7", 0.6)})
    second = line("4051236720", doubts={7: ("1", 0.6)})
    assert best(likely(first)) == "4057236720"
    both = likely(first, second)
    assert best(both) == "4051236720"
    assert sum(np.exp(list(both.values()))) == pytest.approx(1.0, abs=0.01)


def test_a_number_of_another_length_takes_its_share() -> None:
    assert sum(np.exp(list(likely(line("40512367201")).values()))) < 0.01
