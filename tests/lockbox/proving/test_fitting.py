"""Calibration: maps that make claims honest, and the file they are kept in."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from lockbox.proving.curve import Judged
from lockbox.proving.fitting import Fitted, fit, fit_all, judged_apart, log_loss, reliability, to_json
from ocr.nets import calibration, ctc
from ocr.nets.calibration import Map, honest, suffix
from ocr.reading import Candidate, DocumentKind, Field, FieldReading, Reading


def _overconfident(count: int, slope: float, shift: float) -> list[Judged]:
    """Claims whose truth follows another map: right with the probability that the map gives."""
    rng = np.random.default_rng(5)
    claims = 1 / (1 + np.exp(-rng.normal(2.5, 2.0, count)))
    return [Judged(float(p), bool(rng.random() < Map(slope, shift)(float(p)))) for p in claims]


def test_an_overconfident_reader_is_corrected_downward() -> None:
    claims = _overconfident(20_000, 0.5, -0.3)
    fitted = fit(claims)
    assert fitted.map.slope == pytest.approx(0.5, abs=0.05)
    assert fitted.map.shift == pytest.approx(-0.3, abs=0.08)
    assert fitted.loss_after < fitted.loss_before
    after = [replace(claim, probability=fitted.map(claim.probability or 0)) for claim in claims]
    assert log_loss(after) == pytest.approx(fitted.loss_after, abs=1e-4)
    for bin_ in reliability(after):
        if bin_.count > 200:
            assert bin_.share == pytest.approx(bin_.claimed, abs=0.03)


def test_a_map_is_judged_on_claims_that_it_was_not_fitted_to() -> None:
    """On one half every claim is right, on the other every one is wrong: each is judged by the other's map."""
    claims = [Judged(0.9, at % 2 == 0) for at in range(400)]
    apart = judged_apart({Field.PAYER: claims}, fit_all({Field.PAYER: claims}))[Field.PAYER]
    right, wrong = (
        [claim.probability or 0.0 for claim in apart if claim.right == is_right] for is_right in (True, False)
    )
    assert (len(right), len(wrong)) == (200, 200)
    assert max(right) < 0.1 < 0.9 < min(wrong)


def test_errors_without_warning_lower_the_surest_claims() -> None:
    """Every claim is 0.9999, one in fifty is wrong: no slope can express that, the lapse does."""
    lapsing = fit([Judged(0.9999, at % 50 > 0) for at in range(2000)]).map
    assert lapsing(0.9999) == pytest.approx(0.98, abs=0.003)
    never_wrong = fit([Judged(0.9999, True)] * 2000).map
    assert 0.999 < never_wrong(0.9999) < 0.9999  # 2,000 do not prove 1 in 10,000


def test_an_honest_reader_is_left_alone_and_a_few_claims_change_little() -> None:
    unchanged = fit(_overconfident(20_000, 1.0, 0.0)).map
    assert unchanged.slope == pytest.approx(1.0, abs=0.05)
    assert unchanged.shift == pytest.approx(0.0, abs=0.08)
    assert fit_all({"payer": _overconfident(60, 0.2, -2)}) == {}
    assert fit_all({"payer": [Judged(0.9, True)] * 500}) == {}  # never wrong: nothing to learn from
    few = fit([Judged(0.99, True)] * 120).map
    assert few(0.99) > 0.98


def test_hints_that_stop_a_check_keep_their_own_claims() -> None:
    claims = _overconfident(500, 0.5, 0.0)
    assert set(fit_all({"phrase": claims, "signature": claims, "payer": claims})) == {Field.PAYER}


@pytest.fixture
def models(tmp_path: Path) -> Iterator[Path]:
    """An empty folder in use as the folder of models."""
    ctc.use(tmp_path)
    yield tmp_path
    ctc.use(None)
    calibration.load.cache_clear()


def test_a_map_holds_for_the_readers_it_was_fitted_with_alone(models: Path) -> None:
    reading = Reading(
        DocumentKind.CHECK, 0.9, {Field.DATE: FieldReading(Field.DATE, (Candidate("2026-11-16", 0.99, "x"),))}
    )
    fitted = {Field.DATE: Fitted(Map(0.5, -1.0, 0.01), 500, 40, 0.4, 0.3)}
    (models / calibration.FILE).write_text(to_json(fitted, "readers 1", {"seed": 80_001}))
    best = honest(reading, "readers 1").best(Field.DATE)
    assert best is not None
    assert best.probability == pytest.approx(0.99 / (1 + math.exp(1.0) * (0.01 / 0.99) ** 0.5))
    assert honest(reading, "readers 2") == reading
    assert suffix("readers 1").startswith(" calibrated-")
    assert suffix("readers 2") == ""


def test_the_candidates_of_a_date_keep_their_odds() -> None:
    """The decision compares them with one another; a map of the best one alone would distort that."""
    known = calibration.load(ctc.MODELS)
    assert known is None or Field.DATE not in known.maps
    claims = [Judged(0.7, at % 10 > 0, True) for at in range(200)]
    assert set(fit_all({Field.DATE: claims, Field.PAYER: claims})) == {Field.PAYER}
