"""Real sets: how readers are joined, and what is counted where the folder is available."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from lockbox.proving import real_sets
from lockbox.proving.real_sets import joined
from ocr.reading import Candidate
from tests.builders.paths import REAL_SAMPLES


def candidates(**values: float) -> tuple[Candidate, ...]:
    return tuple(Candidate(value.lstrip("v"), p, "x") for value, p in values.items())


def test_readers_that_agree_are_surer_together_and_one_that_differs_brings_doubt() -> None:
    reading = candidates(v12=0.8, v13=0.2)
    agreed = joined({"figures": reading, "ppocr": candidates(v12=0.9), "head": reading})[0]
    assert (agreed.value, agreed.probability > 0.75) == ("12", True)
    torn = joined({"figures": candidates(v12=0.8), "ppocr": candidates(v13=0.8), "head": ()})
    assert torn[0].probability < 0.6 < agreed.probability
    surer = joined({"figures": candidates(v12=0.55, v13=0.45), "ppocr": candidates(v13=0.98, v12=0.02), "head": ()})[0]
    assert surer.value == "13"
    assert joined({"figures": (), "ppocr": (), "head": ()}) == ()


def test_periods_that_separate_no_thousands_lower_a_reading() -> None:
    chances = real_sets.whole_amounts([("7.4290", 0.5), ("7.429", 0.3), ("10.000.-", 0.2), ("$74.29", 0.1), ("-", 0.1)])
    assert max(chances, key=chances.__getitem__) == "7429"
    assert chances["10000"] == 0.2
    assert chances["74290"] < 0.1
    assert set(chances) == {"7429", "74290", "10000"}


def test_no_folder_is_nothing_to_measure(tmp_path: Path) -> None:
    assert list(real_sets.read_all(tmp_path)) == []


@pytest.mark.skipif(not (REAL_SAMPLES / "courtesy_amounts").exists(), reason="the real sets are not here")
def test_every_picture_is_counted_as_labeled_and_as_corrected(monkeypatch: pytest.MonkeyPatch) -> None:
    """With a reader that reads nothing, so that only the counting is tested."""

    def blind(gray: np.ndarray) -> tuple[Candidate, ...]:
        assert gray.ndim == 2
        return ()

    monkeypatch.setattr(real_sets, "CROP_READERS", {"blind": blind})
    samples = list(real_sets.courtesy_amounts(REAL_SAMPLES / "courtesy_amounts"))
    assert len(samples) == 600
    assert not any(sample.judged.right for sample in samples)
    truths: dict[str, set[str]] = {}
    for sample in samples:
        truths.setdefault(sample.name, set()).add(sample.truth)
    assert {name for name, values in truths.items() if len(values) > 1} == set(real_sets.LABELS)
