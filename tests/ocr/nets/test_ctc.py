"""Decoding the output of a CTC net, against sums over all paths; and which models are in use."""

from __future__ import annotations

from itertools import groupby, product
from pathlib import Path

import numpy as np
import pytest

from ocr.nets import ctc
from ocr.nets.ctc import beam, combined, greedy, log_softmax, scores, segments
from tests.oracles.ctc_forward import score

ALPHABET = "ab"


def _log_probs(rows: list[list[float]]) -> np.ndarray:
    return np.log(np.asarray(rows, np.float32))


def _all_paths(log_probs: np.ndarray) -> dict[str, float]:
    """Every text with its probability, by adding up every path."""
    total: dict[str, float] = {}
    for path in product(range(log_probs.shape[1]), repeat=len(log_probs)):
        text = "".join(ALPHABET[k - 1] for k, _ in groupby(path) if k)
        total[text] = total.get(text, 0.0) + float(np.exp(sum(log_probs[t, k] for t, k in enumerate(path))))
    return total


@pytest.fixture
def noisy() -> np.ndarray:
    return log_softmax(np.random.default_rng(3).normal(0, 1.2, (6, 3)))


def test_greedy_merges_repeats_and_drops_blanks() -> None:
    sure = {"-": [0.98, 0.01, 0.01], "a": [0.01, 0.98, 0.01], "b": [0.01, 0.01, 0.98]}
    chars = greedy(_log_probs([sure[char] for char in "-aa-ab-"]), ALPHABET)
    assert "".join(char.value for char in chars) == "aab"
    assert chars[0].frame == pytest.approx(1.5)
    assert all(char.probability == pytest.approx(0.98) for char in chars)


def test_score_is_the_sum_over_all_paths(noisy: np.ndarray) -> None:
    for text, probability in _all_paths(noisy).items():
        assert np.exp(score(noisy, text, ALPHABET)) == pytest.approx(probability, rel=1e-4)


def test_many_texts_score_as_each_alone(noisy: np.ndarray) -> None:
    blank = np.log(np.array([[1 - 2e-9, 1e-9, 1e-9]] * 4, np.float32))
    rows = np.concatenate((blank, noisy, blank, noisy[:3], blank))
    texts = ["a", "ab", "abba", "", "bb", "aabab"]
    assert scores(rows, texts, ALPHABET) == pytest.approx([score(rows, text, ALPHABET) for text in texts], abs=1e-3)
    assert scores(noisy[:2], ["abab"], ALPHABET) == [-np.inf]
    assert scores(noisy, [], ALPHABET) == []
    with pytest.raises(ValueError, match="'c' is not in the alphabet"):
        scores(noisy, ["ab", "acb"], ALPHABET)


def test_long_lines_of_unlikely_texts_score_as_each_alone() -> None:
    """Texts that are next to impossible in single frames must not underflow where all frames are multiplied."""
    rng = np.random.default_rng(5)
    rows = log_softmax(rng.normal(0, 2, (1600, 3)))
    texts = ["".join(rng.choice([*ALPHABET], size)) for size in (240, 440, 680, 684)]
    assert scores(rows, texts, ALPHABET) == pytest.approx([score(rows, text, ALPHABET) for text in texts], abs=1e-3)


def test_beam_ranks_as_the_sum_over_all_paths_does(noisy: np.ndarray) -> None:
    expected = sorted(_all_paths(noisy).items(), key=lambda option: -option[1])[:3]
    ranked = beam(noisy, ALPHABET)[:3]
    assert [text for text, _ in ranked] == [text for text, _ in expected]
    assert ranked[0][1] == pytest.approx(expected[0][1], rel=0.05)


def test_beam_prefers_many_paths_over_one() -> None:
    rows = _log_probs([[0.6, 0.4, 1e-9], [0.6, 0.4, 1e-9]])  # best path is blank, 0.36; "a" by three paths has 0.64
    assert greedy(rows, ALPHABET) == ()
    text, probability = beam(rows, ALPHABET)[0]
    assert text == "a"
    assert probability == pytest.approx(0.64, rel=1e-3)


def test_pieces_between_sure_blanks_multiply() -> None:
    blank, doubt = [1 - 2e-9, 1e-9, 1e-9], [1e-9, 0.7, 0.3]
    rows = _log_probs([blank, doubt, blank, blank, doubt, blank])
    parts = segments(rows, ALPHABET)
    assert [(part.start, part.end) for part in parts] == [(1, 2), (4, 5)]
    lines = {"".join(texts): probability for texts, probability in combined(parts)}
    assert lines["aa"] == pytest.approx(0.49, rel=1e-3)
    assert lines["ab"] == pytest.approx(lines["ba"], rel=1e-6)


def test_nothing_but_blank_reads_as_nothing() -> None:
    rows = _log_probs([[1 - 2e-9, 1e-9, 1e-9]] * 5)
    assert segments(rows, ALPHABET) == ()
    assert beam(rows, ALPHABET) == [("", 1.0)]


def test_models_of_another_folder_come_first_and_ours_fill_the_rest(tmp_path: Path) -> None:
    (tmp_path / "micr.json").write_text('{"version": "tried"}')
    ctc.use(tmp_path)
    try:
        assert ctc.folder() == tmp_path
        assert ctc.version_of("micr") == "tried"
        assert ctc.model_path("text.onnx") == ctc.MODELS / "text.onnx"
    finally:
        ctc.use(None)
    assert ctc.folder() == ctc.MODELS
    assert ctc.version_of("micr") != "tried"
    with pytest.raises(FileNotFoundError, match=r"run training/absent\.py"):
        ctc.load("absent")


def test_folding_sums_the_classes_that_mean_one_sign() -> None:
    probs = np.random.default_rng(4).random((300, 5), np.float32)
    matrix = np.array([[1, 0, 0], [0, 0, 1], [0, 0, 0.5], [1, 0, 0], [0.5, 0, 0.5]], np.float32)  # nothing means 1
    folded = ctc.Fold(matrix)(probs)
    assert folded.dtype == np.float32
    np.testing.assert_allclose(folded, probs @ matrix, rtol=1e-6)
