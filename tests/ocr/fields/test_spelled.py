"""The words of an amount compared with their picture: the ink tells similar amounts apart."""

from __future__ import annotations

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from num2words import num2words

from ocr.fields import spelled, words
from ocr.fields.lines import TextLine
from ocr.fields.spelled import Form
from ocr.layout.piece import Piece
from ocr.nets import text
from ocr.reading import Box, Candidate, Field, FieldReading
from tests.builders.text_lines import by_hand, trimmed

HANDS = 6


def _line(written: str, seed: int = 0) -> TextLine:
    """A line by one of the simulator's writers."""
    read = text.read_line(trimmed(by_hand(written, seed, 11)))
    return TextLine(Piece(Box(0, 0, 1, 1), None, (1,)), read, 0.4, 0.5, 0.2, 4.0)


def _amounts(name: Field, *cents: int) -> FieldReading:
    return FieldReading(name, tuple(Candidate(str(amount), 0.5 / (at + 1), "test") for at, amount in enumerate(cents)))


def _weighed(line: TextLine, words: tuple[int, ...], figures: tuple[int, ...]) -> dict[int, float]:
    legal = spelled.weigh(_amounts(Field.LEGAL_AMOUNT, *words), line, _amounts(Field.COURTESY_AMOUNT, *figures))
    return {int(candidate.value): candidate.probability for candidate in legal.candidates}


def _best(chances: dict[int, float]) -> int:
    return max(chances, key=lambda cents: chances[cents])


@settings(max_examples=60, deadline=None)
@given(st.integers(1, 999_999))
def test_numbers_are_spelled_as_num2words_spells_them(number: int) -> None:
    assert spelled.words(number) == re.sub(r" and |[^a-z]", "", str(num2words(number)))


def test_forms_of_one_amount() -> None:
    assert spelled.spelling(41250, Form()) == "fourhundredtwelveand50/100"
    plain = Form("pay", "&", no_cents="no/100", tail="dollars", hundreds=True)
    assert spelled.spelling(120000, plain) == "paytwelvehundred&no/100dollars"
    assert spelled.spelling(120000, Form(no_cents="")) == "onethousandtwohundred"
    assert spelled.spelling(10006, Form(over=spelled.CENTS, no_cents="nocents")) == "onehundredand6cents"
    assert spelled.spelling(10000, Form(over=spelled.CENTS, no_cents="nocents")) == "onehundredandnocents"
    assert spelled.spelling(10006, Form(over=spelled.CENTS, no_cents="00cents")) == "onehundredand06cents"
    assert spelled.spelling(10025, Form(over=spelled.SPOKEN)) == "onehundredandtwentyfivecents"
    assert spelled.spelling(10000, Form(no_cents="", tail="dollarseven")) == "onehundreddollarseven"


@pytest.mark.parametrize(
    ("ending", "cents"),
    [
        ("and 25 cents", 25),
        ("dollars and 25 cents", 25),
        ("and twenty-five cents", 25),
        ("and 25/xx", 25),
        ("and 0/100", 0),
        ("and zero/100", 0),
        ("and zero cents", 0),
        ("dollars and no cents", 0),
        ("dollars even", 0),
        ("dollars only", 0),
        ("dollars exactly", 0),
    ],
)
def test_every_way_to_end_an_amount_is_known(ending: str, cents: int) -> None:
    """By hand, with nothing but the line itself to go by."""
    by_hand = []
    for seed in range(HANDS):
        line = _line(f"Three hundred sixty-one {ending}", seed)
        read = tuple(words.parse(line.value)) or (36100,)
        by_hand.append(_weighed(line, read, ()))
    sure = [chances for chances in by_hand if chances.get(36100 + cents, 0.0) > 0.5]
    assert len(sure) >= HANDS - 2


@pytest.mark.parametrize(("ending", "cents"), [("and 56 cents", 56), ("and 94 cents", 94), ("and 82 cents", 82)])
def test_cents_that_could_not_be_read_are_looked_for_in_the_ink(ending: str, cents: int) -> None:
    """Both of their digits may differ from what was read, and "56 cents" from "six cents"."""
    by_hand = [_weighed(_line(f"One hundred forty-nine {ending}", seed), (14900, 14906), ()) for seed in range(HANDS)]
    assert sum(_best(chances) == 14900 + cents for chances in by_hand) >= HANDS - 1


def test_no_cents_over_a_hundred_may_look_like_one_cent() -> None:
    by_hand = [_weighed(_line("Eight hundred eighty-two and 0/100", seed), (88201,), ()) for seed in range(HANDS)]
    assert sum(chances.get(88201, 0.0) < 0.6 for chances in by_hand) == HANDS


def test_even_dollars_and_seven_dollars_are_told_apart() -> None:
    for written, cents in (("Four hundred even", 40000), ("Four hundred seven and no/100", 40700)):
        assert _best(_weighed(_line(written, 1), (40000, 40700), ())) == cents


def test_near_misses_are_one_word_or_one_digit_away() -> None:
    near = spelled.near_misses(83475)
    assert {83415, 83479, 82475, 73475, 83075, 84475} <= near
    assert not {83475, 83411, 72475} & near


@pytest.mark.parametrize(
    ("written", "meant", "figures"),
    [
        ("Five hundred fifty-two and 30/100", 55230, 54230),
        ("Three hundred sixty-one and 59/100", 36159, 35159),
        ("Eight Hundred Ninety & 12/100", 89012, 81912),
    ],
)
def test_the_ink_decides_between_what_was_read_and_what_the_figures_say(written: str, meant: int, figures: int) -> None:
    """The figures say another amount, but only suggest what to try."""
    by_hand = [_weighed(_line(written, seed), (figures, meant), (figures,)) for seed in range(HANDS)]
    assert sum(_best(chances) == meant for chances in by_hand) >= HANDS - 1
    assert sum(chances.get(figures, 0.0) < 0.05 for chances in by_hand) >= HANDS - 1


def test_the_figures_bring_in_an_amount_that_was_not_read() -> None:
    line = _line("Six hundred eighty-one and 27/100", 1)
    assert _best(_weighed(line, (30040,), ())) != 68127
    assert _best(_weighed(line, (30040,), (68127,))) == 68127


def test_a_line_that_spells_none_of_the_amounts_makes_none_likely() -> None:
    assert sum(_weighed(_line("Meridian Motor Credit", 2), (41250,), (41250,)).values()) < 0.3


def test_words_without_their_cents_are_doubtful() -> None:
    """The second row of a long amount may be lost."""
    line = _line("One thousand two hundred", 3)
    assert max(_weighed(line, (120000,), (122700,)).values()) < 0.6


def test_a_label_printed_before_the_words_does_not_count() -> None:
    chances = _weighed(_line("PAY EXACTLY Two hundred ten and 00/100 dollars"), (21000,), (21000,))
    assert chances[21000] > 0.8


@pytest.mark.parametrize(
    ("figures", "sure", "asked"), [(25_093, 0.95, False), (25_093, 0.5, True), (25_098, 0.95, True)]
)
def test_no_second_look_where_sure_figures_say_what_the_words_likely_say(
    figures: int, sure: float, asked: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    line = _line("Two hundred fifty and 93/100", 1)
    monkeypatch.setattr(spelled, "CLEAR_GAP", 99.0)  # always in doubt
    looks: list[TextLine] = []

    def again(line: TextLine) -> TextLine:
        looks.append(line)
        return line

    courtesy = FieldReading(Field.COURTESY_AMOUNT, (Candidate(str(figures), sure, "test"),))
    legal = spelled.weigh(_amounts(Field.LEGAL_AMOUNT, 25_093), line, courtesy, again)

    assert legal.candidates[0].value == "25093"
    assert bool(looks) == asked
