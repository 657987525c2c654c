"""Personal and business checks: all that the payer writes is on the check, and empty places stay empty."""

from __future__ import annotations

import numpy as np
import pytest

from lockbox.simulator.draw import draw_front
from lockbox.simulator.hand import hand
from lockbox.simulator.papers import CheckPaper
from lockbox.simulator.payer_check import business, personal
from lockbox.simulator.sheet import dice
from ocr.reading import CheckKind
from tests.builders import papers
from tests.builders.simulated import blank, ink, ink_columns, ink_rows, reversed_text, texts


def drawn(paper: CheckPaper, seed: int) -> bytes:
    if paper.kind is CheckKind.PERSONAL:
        sheet = blank(1200, 550)
        personal(sheet, paper, dice(seed), hand(dice(seed, 2)))
    else:
        sheet = blank(1700, 700)
        business(sheet, paper, dice(seed), hand(dice(seed, 2)))
    assert ink_columns(sheet)[0] >= 10
    assert ink_rows(sheet)[-1] < sheet.height_px - 10
    assert 0.005 < ink(sheet.image) < 0.1
    return sheet.image.tobytes()


@pytest.mark.parametrize("kind", [CheckKind.PERSONAL, CheckKind.BUSINESS])
@pytest.mark.parametrize("seed", range(6))
def test_every_text_of_the_payer_is_on_the_check(kind: CheckKind, seed: int) -> None:
    paper = papers.check(kind)
    picture = drawn(paper, seed)
    assert drawn(paper, seed) == picture
    for field in texts(paper):
        assert drawn(reversed_text(paper, field), seed) != picture, field


def test_unsigned_check_has_less_ink_than_the_same_check_signed() -> None:
    for seed in range(5):
        signed = np.asarray(draw_front(papers.check(), seed))
        blank = np.asarray(draw_front(papers.check(signer=None), seed))
        below = np.s_[330:440, 560:]
        assert (signed[below] < 130).sum() > (blank[below] < 130).sum() + 300


def test_empty_places_stay_empty() -> None:
    drawn = np.asarray(draw_front(papers.check(), 2))
    assert (np.asarray(draw_front(papers.check(memo_text=None), 2)) < 130).sum() < (drawn < 130).sum()
    assert (np.asarray(draw_front(papers.check(date_text=None), 2)) < 130).sum() < (drawn < 130).sum()
