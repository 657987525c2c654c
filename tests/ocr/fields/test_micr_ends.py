"""What speaks against the ends of a MICR line, and what that costs."""

from __future__ import annotations

import numpy as np
import pytest

from ocr.fields.micr_ends import MOST_INK, NAMES, UNSEEN, WHOLE, Ends, doubts, ends, kept, share
from ocr.nets.ctc import Char

PITCH, STRIDE = 19.2, 4
LINE = "A570000019A1234567890C10452"
PAGE = (-40.0, 480.0)  # the page ends outside the cut-out


def _picture(ink_left_px: int = 0, ink_right_px: int = 0) -> np.ndarray:
    """A cut-out with two characters at 100 and 300, and ink that wide a little beside each."""
    picture = np.zeros((32, 440), np.float32)
    picture[7:25, 94:106] = picture[7:25, 294:306] = 1
    picture[7:25, 82 - ink_left_px : 82] = picture[7:25, 318 : 318 + ink_right_px] = 1
    return picture


CHARS = (Char("0", 0.99, 25.0), Char("0", 0.99, 75.0))


def test_ink_beside_the_outermost_characters_is_measured() -> None:
    clean = ends(_picture(), CHARS, STRIDE, PITCH, PAGE)
    assert (clean.left_ink, clean.right_ink) == (0, 0)
    left = ends(_picture(ink_left_px=6), CHARS, STRIDE, PITCH, PAGE)
    right = ends(_picture(ink_right_px=6), CHARS, STRIDE, PITCH, PAGE)
    assert left.left_ink == pytest.approx(6 * 18 / (18 * PITCH), abs=0.03)
    assert (left.right_ink, right.left_ink) == (0, 0)
    assert right.right_ink == pytest.approx(left.left_ink)


def test_ink_between_two_characters_is_measured() -> None:
    picture = _picture()
    picture[7:25, 196:204] = 1  # a character that was overlooked
    assert ends(_picture(), CHARS, STRIDE, PITCH, PAGE).inner_ink == 0
    assert ends(picture, CHARS, STRIDE, PITCH, PAGE).inner_ink == pytest.approx(8 / PITCH, abs=0.02)


def test_the_nearer_edge_of_the_page_is_measured_in_pitches() -> None:
    wide = ends(_picture(), CHARS, STRIDE, PITCH, PAGE).clear_pitches
    assert wide == pytest.approx(4.7, abs=0.2)
    near = ends(_picture(), CHARS, STRIDE, PITCH, (-40.0, 320.0)).clear_pitches
    assert near == pytest.approx(0.6, abs=0.2)
    cut = ends(_picture()[:, :330], CHARS, STRIDE, PITCH, PAGE).clear_pitches
    assert cut == pytest.approx(1.1, abs=0.2)  # the page goes on, but nobody looked there


@pytest.mark.parametrize(
    ("line", "whole"),
    [
        (LINE, True),
        ("C10452C A570000019A 1234567890C", True),
        ("C10452C 4A570000019A 1234567890C B0000041250B", True),
        ("A570000019A 10452 1234567890C", True),
        ("10452C A570000019A 1234567890C", False),  # the symbol that opens is lost
        ("C10452C A570000019A 1234567890", False),  # the one that closes
        ("C570000019A 1234567890C", False),
        ("A570000019A 1234567890C B000004125", False),
    ],
)
def test_a_whole_line_opens_and_closes_its_fields(line: str, whole: bool) -> None:
    assert (WHOLE.fullmatch(line.replace(" ", "")) is not None) is whole
    assert doubts(UNSEEN, line, is_page=True)[-1] == (not whole)
    assert doubts(UNSEEN, line, is_page=False)[-1] == 0  # what was cut out by hand may be a part


def test_where_nothing_speaks_against_it_a_line_keeps_its_probability() -> None:
    assert kept(UNSEEN, LINE, is_page=True) == 1
    assert kept(Ends(clear_pitches=0.2), LINE, is_page=False) == 1


@pytest.mark.parametrize("seen", [Ends(right_ink=MOST_INK), Ends(clear_pitches=0.5)])
def test_every_doubt_costs_enough_to_be_unsure(seen: Ends) -> None:
    assert kept(seen, LINE, is_page=True) < 0.9
    assert kept(UNSEEN, LINE[:-6], is_page=True) < 0.1


def test_more_doubt_never_makes_a_line_surer() -> None:
    weights = dict.fromkeys(NAMES, -2.0) | {"none": 4.0}
    shares = [share((ink, 0, 0, 0, 0), weights) for ink in (0.0, 0.1, 0.3, 0.5)]
    assert shares == sorted(shares, reverse=True)
    assert shares[0] == 1
