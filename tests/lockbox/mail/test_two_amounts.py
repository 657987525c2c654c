"""Checks drawn, scanned and read: none whose words and figures differ is accepted, and nearly all others are."""

from __future__ import annotations

from random import Random

import pytest

from lockbox.lender.profile import read_profile
from lockbox.mail.amount_match import weigh
from lockbox.settings import ROOT
from lockbox.simulator import phrasing
from lockbox.simulator.draw import draw_front
from lockbox.simulator.papers import ScanManner
from lockbox.simulator.scan import scan
from ocr.reader import read_document
from ocr.reading import CheckKind, Field
from tests.builders import papers

PROFILE = read_profile(ROOT / "profiles" / "reference.toml")
MISREAD_PPM, DIFFER_PPM = (
    int(next(row["value"] for row in PROFILE["policy"] if row["rule"] == rule))
    for rule in ("post.max_misread_ppm", "stop.amounts_differ_ppm")
)
CHECKS = 24


def is_accepted(figures_cents: int, words_cents: int, due_cents: int, seed: int) -> bool:
    """Whether a handwritten check with these two amounts posts by itself, as far as its amount goes."""
    chance = Random(seed)
    paper = papers.check(
        amount_cents=figures_cents,
        courtesy_text=phrasing.figures(chance, figures_cents, CheckKind.PERSONAL),
        legal_text=phrasing.words(chance, words_cents, CheckKind.PERSONAL),
    )
    manner = ScanManner()
    reading = read_document(scan(draw_front(paper, seed), manner, seed))
    amounts = weigh(reading.candidates(Field.COURTESY_AMOUNT), reading.candidates(Field.LEGAL_AMOUNT), {due_cents})
    return (1 - amounts.right) * 1e6 <= MISREAD_PPM and amounts.differing * 1e6 <= DIFFER_PPM


@pytest.mark.thorough
def test_no_check_with_two_amounts_is_taken_whichever_of_them_is_due() -> None:
    """A slip of a digit or more, in the figures of every second check and in the words of the others."""
    for no in range(CHECKS):
        chance = Random(no)
        due = chance.randrange(15_000, 90_000)
        slip = due + chance.choice([-10_000, 10_000, 1_000, 2_000, 400, 7])
        figures, words = (slip, due) if no % 2 else (due, slip)
        assert not is_accepted(figures, words, due, 8_800 + no), (no, figures, words)


@pytest.mark.thorough
def test_nearly_all_others_are_accepted() -> None:
    accepted = 0
    for no in range(CHECKS):
        due = Random(no).randrange(15_000, 90_000)
        accepted += is_accepted(due, due, due, 8_800 + no)
    assert accepted >= 0.85 * CHECKS
