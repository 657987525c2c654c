"""Amounts: figures, words and expectation together."""

from __future__ import annotations

from lockbox.amounts import weigh
from ocr.reading import Candidate


def cents(**values: float) -> list[Candidate]:
    return [Candidate(value.lstrip("c"), probability, "test") for value, probability in values.items()]


def test_an_expected_amount_makes_a_good_reading_sure() -> None:
    best = weigh(cents(c41250=0.9), [], {41250}).best
    assert best
    assert best.cents == 41250
    assert best.probability > 0.9999


def test_an_amount_nobody_expected_is_as_sure_as_its_reading() -> None:
    best = weigh(cents(c41250=0.9), [], {30000}).best
    assert best
    assert 0.85 < best.probability < 0.95


def test_words_that_agree_make_it_surer() -> None:
    alone = weigh(cents(c41250=0.9), [], set()).best
    both = weigh(cents(c41250=0.9), cents(c41250=0.9), set()).best
    assert alone
    assert both
    assert 1 - both.probability < (1 - alone.probability) / 10


def test_expectation_breaks_a_tie_but_does_not_invent() -> None:
    tie = weigh(cents(c41250=0.5, c41850=0.45), [], {41850}).best
    assert tie
    assert tie.cents == 41850
    clear = weigh(cents(c41250=0.98, c41850=0.001), [], {41850}).best
    assert clear
    assert clear.cents == 41250
    none = weigh(cents(c41250=0.9), [], {30000})
    assert [one.cents for one in none.ranked] == [41250]


def test_one_digit_off_what_is_due_is_doubted_and_what_is_due_listed() -> None:
    """A hand whose 7 is a 1 writes it so in figures and words: both readers are sure, alike, and wrong."""
    read = weigh(cents(c83415=0.9999), cents(c83415=0.6), {83475})
    assert read.best
    assert read.best.cents == 83415
    assert read.best.probability < 0.95
    assert read.ranked[1].cents == 83475
    assert sum(one.probability for one in read.ranked) <= 1 + 1e-9
    due = weigh(cents(c83475=0.9999), cents(c83475=0.6), {83475, 83415}).best
    assert due
    assert due.probability > 0.9999  # what is due itself is not doubted
    far = weigh(cents(c83415=0.9999), cents(c83415=0.6), {82475}).best
    assert far
    assert far.probability > 0.999


def test_words_that_say_another_amount_than_the_figures_are_found_out() -> None:
    """Clear words, words in doubt, and words that tell the two apart however little of them is legible."""
    assert weigh(cents(c35159=0.9999), cents(c36159=0.98), set()).differ
    assert weigh(cents(c35159=0.9999), cents(c36159=0.48), set()).differing > 0.001
    assert weigh(cents(c35159=0.65), cents(c36159=0.98), {36159}).differing > 0.01  # the figures are altered, say
    assert weigh(cents(c41250=0.95), cents(c41250=0.98, c42250=0.001), set()).differing < 0.001


def test_words_that_nobody_can_read_bear_out_only_what_is_due() -> None:
    assert weigh(cents(c41250=0.999), [], set()).differing >= 0.01
    assert weigh(cents(c41250=0.999), [], {41250}).differing < 0.001
    assert weigh(cents(c41250=0.999), cents(c30000=0.02), set()).differing > 0.001


def test_nothing_read_is_nothing_known() -> None:
    assert weigh([], [], {41250}).best is None
