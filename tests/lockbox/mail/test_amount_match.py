"""Amounts: figures, words and expected amounts together."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lockbox.mail.amount_match import Amounts, error_of, is_one_digit_apart, lost_its_beginning, lost_its_cents, weigh
from ocr.reading import Candidate

ALIKE = st.sampled_from([99, 100, 1_250, 14_250, 20_000, 41_200, 41_250, 41_520, 4_125_000])
READ = st.dictionaries(ALIKE, st.sampled_from([0.0, 1e-9, 1e-4, 0.01, 0.2, 0.5, 0.9, 0.9999]), max_size=3)


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
    assert [amount.cents for amount in none.ranked] == [41250]


def test_one_digit_off_what_is_due_is_doubted_and_what_is_due_listed() -> None:
    """A writer whose 7 is a 1 writes it so in figures and words: both readers are sure, agree, and are wrong."""
    slip = weigh(cents(c83415=0.9999), cents(c83415=0.6), {83475})
    assert slip.best
    assert slip.best.cents == 83415
    assert slip.best.probability < 0.95
    assert slip.ranked[1].cents == 83475
    assert sum(amount.probability for amount in slip.ranked) <= 1 + 1e-9
    due = weigh(cents(c83475=0.9999), cents(c83475=0.6), {83475, 83415}).best
    assert due
    assert due.probability > 0.9999  # what is due itself is not doubted
    twice = weigh(cents(c49900=0.886, c49909=0.081), cents(c49900=0.832, c49990=0.122, c49999=0.018), {49999}).best
    assert twice
    assert twice.probability < 0.998  # both 9s of the cents were read as 0
    lost = weigh(cents(c62400=0.9), cents(c62400=0.9), {62468})
    assert lost.best
    assert lost.best.probability < 0.998  # raised cents not seen
    assert lost.ranked[1].cents == 62468
    clear = weigh(cents(c62400=0.9999), cents(c62400=0.999), {62468}).best
    assert clear
    assert clear.probability > 0.999  # some payers do drop the cents
    far = weigh(cents(c83415=0.9999), cents(c83415=0.6), {82475}).best
    assert far
    assert far.probability > 0.999


def test_the_end_of_what_is_expected_is_doubted() -> None:
    """The last letters of the words ran into the first figures: both were read without their first digits."""
    torn = weigh(cents(c982=0.6, c98200=0.004), cents(c70000=0.78, c982=0.16), {39491, 78982})
    assert torn.best
    assert torn.best.cents == 982
    assert torn.best.probability < 0.6
    assert torn.ranked[1].cents == 78982
    clear = weigh(cents(c982=0.6, c98200=0.004), cents(c70000=0.78, c982=0.16), {39491, 78983}).best
    assert clear
    assert clear.probability > 0.99


def test_words_of_another_amount_than_the_figures_are_noticed() -> None:
    """Clear words, doubtful words, and words that tell the two apart although little of them is legible."""
    assert weigh(cents(c35159=0.9999), cents(c36159=0.98), set()).differ
    assert weigh(cents(c35159=0.9999), cents(c36159=0.48), set()).differing > 0.001
    assert weigh(cents(c35159=0.65), cents(c36159=0.98), {36159}).differing > 0.01  # the figures may be altered
    assert weigh(cents(c41250=0.95), cents(c41250=0.98, c42250=0.001), set()).differing < 0.001


def test_words_that_are_what_is_posted_are_not_overruled() -> None:
    """Figures read one digit off, words surely and as due: one amount or two, the words' is right (UCC 3-114)."""
    words = weigh(cents(c38121=0.971, c38721=0.022), cents(c38721=0.98), {38721})
    assert words.best
    assert (words.best.cents, 0.001 < words.differing < 0.01) == (38721, True)
    assert words.overruled < 1e-5
    assert words.right > 0.9999
    figures = weigh(cents(c38721=0.97), cents(c38121=0.6, c38721=0.02), {38721})
    assert figures.best
    assert (figures.best.cents, figures.overruled == figures.differing > 0.001) == (38721, True)


def test_illegible_words_confirm_only_what_is_due() -> None:
    assert weigh(cents(c41250=0.999), [], set()).differing > 0.009
    assert weigh(cents(c41250=0.999), [], {41250}).differing < 0.001
    assert weigh(cents(c41250=0.999), cents(c30000=0.02), set()).differing > 0.001


def test_nothing_read_is_nothing_known() -> None:
    assert weigh([], [], {41250}).best is None


def test_words_as_due_outweigh_figures_that_readers_confuse_with_it() -> None:
    """Cents not seen, a mark read as a digit: readers do that, payers do not. Payers write a wrong digit."""
    lost = weigh(cents(c118600=0.45), cents(c118654=0.98), {118654})
    assert lost.best
    assert (lost.best.cents, lost.best.probability > 0.999, lost.differing < 0.001) == (118654, True, True)
    gained = weigh(cents(c132066=0.4, c32066=0.03), cents(c32066=0.98), {32066})
    assert gained.best
    assert (gained.best.cents, gained.differing < 0.001) == (32066, True)
    slip = weigh(cents(c69577=0.99), cents(c49577=0.99), {49577})
    assert (slip.best and slip.best.cents, slip.differing > 0.5) == (49577, True)


@pytest.mark.parametrize(("figures", "words"), [("41250", "1250"), ("1250", "41250"), ("4125000", "41250")])
def test_a_digit_more_or_less_that_both_show_surely_is_an_altered_check(figures: str, words: str) -> None:
    """Readers lose the first digit, but then they are not that sure of the rest."""
    in_figures, in_words = ([Candidate(digits, 0.98, "test")] for digits in (figures, words))
    assert weigh(in_figures, in_words, {41250}).differing > 0.01


def test_figures_as_due_outweigh_words_whose_cents_are_hard_to_read() -> None:
    due = weigh(cents(c67522=0.986), cents(c67509=0.7, c67500=0.13, c67522=0.03), {67522})
    assert due.best
    assert (due.best.cents, due.differing < 0.001) == (67522, True)
    slip = weigh(cents(c67522=0.986), cents(c67822=0.9, c67522=0.001), {67522})
    assert slip.differing > 0.1


def test_who_does_not_pay_what_is_due_pays_whole_dollars() -> None:
    best = weigh(cents(c43850=0.45, c43800=0.45), [], set()).best
    assert best
    assert (best.cents, best.probability) == (43800, 0.45)  # chosen, and no surer than it was read


def test_words_alone_are_no_surer_than_they_claim() -> None:
    best = weigh([], cents(c500000=0.244), ()).best
    assert best
    assert (best.cents, best.probability) == (500000, 0.244)


def test_what_is_due_does_not_make_a_weak_reading_sure() -> None:
    """Of every hundred such readings three in four show another amount: that one of them is due is no proof."""
    for figures, words in (([], cents(c500000=0.244)), (cents(c500000=0.244), [])):
        best = weigh(figures, words, {500000}).best
        assert best
        assert 0.244 < best.probability < 0.9


SOURCE = READ.filter(lambda read: any(read.values()))


def weighed(figures: dict[int, float], words: dict[int, float], expected: set[int]) -> Amounts:
    in_figures, in_words = (
        [Candidate(str(read), p, "test") for read, p in source.items()] for source in (figures, words)
    )
    return weigh(in_figures, in_words, expected)


def chance(amounts: Amounts, amount: int) -> float:
    """How sure an amount is; 0 where it is not listed."""
    return next((known.probability for known in amounts.ranked if known.cents == amount), 0.0)


@settings(max_examples=400)
@given(SOURCE, st.booleans())
def test_one_source_is_never_surer_than_it_claims(read: dict[int, float], by_words: bool) -> None:
    alone = weighed({}, read, set()) if by_words else weighed(read, {}, set())
    for amount, claim in read.items():
        assert chance(alone, amount) <= claim + 1e-12


@settings(max_examples=400)
@given(SOURCE, SOURCE, st.sets(ALIKE, max_size=2), st.booleans())
def test_a_source_that_agrees_never_lowers_and_one_that_does_not_never_raises(
    read: dict[int, float], other: dict[int, float], expected: set[int], by_words: bool
) -> None:
    """What is taken, whatever else each of them lists, whichever is the figures, whatever is due."""
    joint = weighed(other, read, expected) if by_words else weighed(read, other, expected)
    alone = weighed({}, read, expected) if by_words else weighed(read, {}, expected)
    assert joint.best
    named = other.get(joint.best.cents, 0.0)
    if named and named == max(other.values()):
        assert joint.best.probability >= chance(alone, joint.best.cents) - 1e-12
    if not named:
        assert joint.best.probability <= chance(alone, joint.best.cents) + 1e-12


@settings(max_examples=400)
@given(SOURCE, SOURCE)
def test_what_is_due_never_makes_it_itself_less_sure(figures: dict[int, float], words: dict[int, float]) -> None:
    best = weighed(figures, words, set()).best
    assert best
    assert chance(weighed(figures, words, {best.cents}), best.cents) >= best.probability - 1e-12


@given(READ, READ, st.sets(ALIKE, max_size=2))
def test_whatever_was_read_chances_are_chances(
    figures: dict[int, float], words: dict[int, float], expected: set[int]
) -> None:
    in_figures, in_words = (
        [Candidate(str(amount), probability, "test") for amount, probability in read.items()]
        for read in (figures, words)
    )
    amounts = weigh(in_figures, in_words, expected)
    assert 0 <= amounts.overruled <= amounts.differing + 1e-9 <= 1 + 1e-6
    assert 0 <= amounts.right <= 1 + 1e-9


@pytest.mark.parametrize(
    ("meant", "became", "kind"),
    [
        (41_250, 41_200, "cents_lost"),
        (41_250, 41_258, "cents"),
        (41_250, 41_350, "digit"),
        (41_250, 14_250, "swapped"),
        (41_250, 4_125_000, "point_lost"),
        (41_250, 1_250, "first_lost"),
        (1_250, 41_250, "first_gained"),
        (41_250, 4_150, "lost"),
        (41_250, 98_765, "other"),
    ],
)
def test_kinds_of_errors(meant: int, became: int, kind: str) -> None:
    assert error_of(meant, became)[0] == kind


def test_amounts_that_look_alike() -> None:
    assert is_one_digit_apart(83_475, 83_415)
    assert is_one_digit_apart(49_999, 40_000)  # every 9 read as a 0
    assert not is_one_digit_apart(83_475, 83_519)
    assert lost_its_cents(62_468, 62_400)
    assert not lost_its_cents(62_400, 62_400)
    assert lost_its_beginning(78_982, 982)
    assert not lost_its_beginning(78_983, 982)
