"""Readers of amounts weighed together."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from ocr.fields.amount_forms import meant
from ocr.fields.amount_judge import ALL_AGREED, judged, mean_chances, shown, weighed, weights, with_exponents
from ocr.image.prepare import Floats
from ocr.nets.figures import ALPHABET, Figures
from ocr.nets.ppocr import ASCII, NOTHING


def test_two_readers_that_agree_are_surer_than_each_and_one_alone_is_not_believed() -> None:
    both = weighed([({41250: 0.8, 47250: 0.1}, 1.0), ({41250: 0.7, 41850: 0.2}, 1.0)], 1e-3)
    assert max(both, key=lambda cents: both[cents]) == 41250
    assert both[41250] > 0.99
    torn = weighed([({41250: 0.9}, 1.0), ({47250: 0.9}, 1.0)], 1e-3)
    assert max(torn.values()) < 0.5
    assert sum(torn.values()) < 1


@pytest.mark.parametrize("claim", [0.05, 0.3, 0.9])
@pytest.mark.parametrize("alone", [0, 1, 2])
def test_a_reader_whom_nobody_confirms_is_not_believed_more_than_it_claims(claim: float, alone: int) -> None:
    chances: list[dict[int, float]] = [{}, {}, {}]
    chances[alone] = {41250: claim}
    assert weighed(with_exponents(*chances), weights().none)[41250] <= claim + 1e-12
    three = weighed(with_exponents({41250: 0.05}, {41250: 0.05}, {41250: 0.05}), weights().none)
    assert three[41250] < 0.5  # three that hardly see it


def test_two_looks_of_one_reader_count_half_each() -> None:
    assert mean_chances({41250: 0.8, 47250: 0.1}, {41250: 0.4}) == pytest.approx({41250: 0.6, 47250: 0.05})


def test_the_second_reader_is_asked_in_doubt_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[int] = []

    def second_readers(picture: np.ndarray, *_: object) -> tuple[dict[int, float], dict[int, float]]:
        asked.append(picture.size)
        return {41250: 0.9}, {41250: 0.9}

    monkeypatch.setattr("ocr.fields.amount_judge.second_readers", second_readers)
    page = np.full((40, 120), 255, np.uint8)
    sure = _figures("412.50", 0.001)
    assert judged(page, sure, NOTHING)[0][41250] > 0.97
    assert not asked
    doubtful, source = judged(page, _figures("412.50", 0.4), NOTHING)
    assert (len(asked), source) == (1, "figures+ppocr")
    missing, _ = judged(page, replace(sure, left_over=1.0), NOTHING)
    assert len(asked) == 2
    assert missing[41250] < 0.6 < doubtful[41250]


def test_it_is_not_asked_where_the_words_name_what_both_first_readers_see(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[int] = []

    def second_readers(picture: np.ndarray, *_: object) -> tuple[dict[int, float], dict[int, float]]:
        asked.append(picture.size)
        return {}, {}

    monkeypatch.setattr("ocr.fields.amount_judge.second_readers", second_readers)
    page, seen = np.full((40, 120), 255, np.uint8), _figures("412.50", 0.3)
    text = replace(NOTHING, value="412.50", log_probs=_text("412.50", 0.3), source="text")
    alone, (together, source) = meant(seen.likely(24))[41250], judged(page, seen, text, [41250, 47250])
    assert (asked, source) == ([], "figures+text")
    assert alone < 0.8 < ALL_AGREED <= together[41250]
    for spoken in ([], [47250, 41250]):  # no words, or words that name another amount first
        judged(page, seen, text, spoken)
        assert asked.pop()
    judged(page, seen, NOTHING, [41250])  # the reader of text sees nothing
    judged(page, replace(seen, left_over=1.0), text, [41250])  # and ink that no figure explains
    judged(page, _figures("412.50", 0.9), replace(text, log_probs=_text("412.50", 0.9)), [41250])  # all are in doubt
    assert len(asked) == 3


def test_amounts_in_words_are_looked_for_where_figures_name_others_first() -> None:
    """Cents over a scribble: the sign that the words call for is there, too weak to be named."""
    seen = _figures("269.00", 0.004)
    assert set(meant(seen.likely(24))) == {26900}
    chances = shown(seen, [26980, 26933])
    assert set(chances) == {26900, 26980}
    assert 1e-4 < chances[26980] < 0.01
    alone = weighed(with_exponents(chances, {26900: 0.9}, meant(seen.likely(24))), 1e-3)
    asked = weighed(with_exponents(chances, {26900: 0.9}, chances), 1e-3)
    assert asked[26980] > 2 * alone[26980]


def _figures(value: str, doubt: float) -> Figures:
    """A line read so, with that doubt."""
    return Figures(value, _log_probs(value, doubt, ALPHABET))


def _text(value: str, doubt: float) -> Floats:
    """The same as the reader of text gives it."""
    return _log_probs(value, doubt, ASCII)


def _log_probs(value: str, doubt: float, alphabet: str) -> Floats:
    rows = np.full((2 * len(value), len(alphabet) + 1), 1e-9)
    rows[:, 0] = 1.0
    for at, sign in enumerate(value):
        rows[2 * at] = 1e-9
        rows[2 * at, alphabet.index(sign) + 1] = 1 - doubt / len(value)
        rows[2 * at, alphabet.index("8") + 1] += doubt / len(value)
    log_probs: Floats = np.log(rows / rows.sum(axis=1, keepdims=True)).astype(np.float32)
    return log_probs
