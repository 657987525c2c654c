"""Letters drawn as the simulator's payers write them: what would settle the debt is heard, and nothing else is."""

from __future__ import annotations

import os
from datetime import date
from random import Random

import pytest

from lockbox.simulator import wording
from lockbox.simulator.draw import draw_front
from lockbox.simulator.paper import LetterPaper, ScanManner
from lockbox.simulator.scan import scan
from ocr.reader import read_document
from ocr.reading import DocumentKind, Name, Reading

LETTERS = int(os.environ.get("LOCKBOX_TEST_LETTERS", "6"))  # of each kind; 150 take five minutes of one core
SEED = int(os.environ.get("LOCKBOX_TEST_SEED", "97701"))
ACCOUNT = "4071938212"


def letters(about: tuple[str, ...], by_hand: bool) -> list[Reading]:
    """As many letters, askew, a third of them upside-down, read."""
    rng, found = Random(f"{SEED} {about} {by_hand}"), []
    for _ in range(LETTERS):
        address = ("12 Oak St", "Dallas, TX 75201")
        lines = wording.letter(rng, rng.choice(about), "Maria Lopez", address, ACCOUNT, date(2026, 11, 12))
        manner = ScanManner(
            format=rng.choice(("g4", "jpeg")), skew_deg=rng.uniform(-1.5, 1.5), upside_down=rng.random() < 1 / 3
        )
        front = draw_front(LetterPaper(lines, by_hand=by_hand), rng.randrange(2**50))
        found.append(read_document(scan(front, manner, rng.randrange(2**50))))
    return found


@pytest.mark.parametrize("by_hand", [True, False])
def test_a_letter_that_would_settle_the_debt_is_heard(by_hand: bool) -> None:
    read = letters(("paid_in_full",), by_hand)
    heard = [one for one in read if any(phrase.probability >= 0.3 for phrase in one.candidates(Name.PHRASE))]
    assert (len(heard), {one.kind for one in read}) == (LETTERS, {DocumentKind.LETTER})


@pytest.mark.parametrize("by_hand", [True, False])
def test_other_letters_stop_nothing(by_hand: bool) -> None:
    read = letters(("address", "hardship", "question", "enclosed"), by_hand)
    assert [one.candidates(Name.PHRASE) for one in read] == [()] * LETTERS
