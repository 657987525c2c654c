"""Calibration: what a map does to claims, and the file that maps are kept in."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from pathlib import Path

import pytest

from ocr.nets import calibration, ctc
from ocr.nets.calibration import NEAR, Map, honest, load, logit, mapped, suffix
from ocr.reader import readers_version
from ocr.reading import Candidate, DocumentKind, Field, FieldReading, Reading

DATE = FieldReading(Field.DATE, (Candidate("2026-11-16", 0.99, "x"),))
PAYER = FieldReading(Field.PAYER, (Candidate("Jordan Miller", 0.99, "x"),))
READING = Reading(DocumentKind.CHECK, 0.9, {Field.DATE: DATE, Field.PAYER: PAYER})


@pytest.fixture
def models(tmp_path: Path) -> Iterator[Path]:
    """An empty folder of models in use."""
    ctc.use(tmp_path)
    yield tmp_path
    ctc.use(None)
    load.cache_clear()


def test_slope_and_shift_change_the_odds_and_the_lapse_caps_the_claim() -> None:
    assert Map()(0.7) == pytest.approx(0.7)
    assert Map(shift=math.log(3))(0.5) == pytest.approx(0.75)
    assert Map(slope=2.0)(0.75) == pytest.approx(0.9)  # odds of 3 squared
    assert Map(lapse=0.02)(0.5) == pytest.approx(0.49)
    assert Map(lapse=0.02)(1.0) < 0.98


def test_certainty_has_finite_odds() -> None:
    assert logit(0.5) == 0.0
    assert logit(1.0) == pytest.approx(math.log((1 - NEAR) / NEAR))
    assert logit(0.0) == pytest.approx(-logit(1.0))


def test_candidates_keep_their_order_and_stay_within_one() -> None:
    field = FieldReading(Field.PAYER, tuple(Candidate(str(at), p, "x") for at, p in enumerate((0.6, 0.3, 0.1))))
    raised = mapped(field, Map(shift=3.0))
    chances = [candidate.probability for candidate in raised.candidates]
    assert chances == sorted(chances, reverse=True)
    assert sum(chances) <= 1 + 1e-9
    assert chances[0] == pytest.approx(Map(shift=3.0)(0.6))
    assert mapped(FieldReading(Field.DATE, ()), Map(shift=3.0)).candidates == ()


def test_a_map_holds_only_for_the_readers_that_it_was_fitted_with(models: Path) -> None:
    facts = {
        "version": "calibrated-1",
        "readers": "readers 1",
        "fields": {"date": {"slope": 0.5, "shift": -1.0, "lapse": 0.01}},
    }
    (models / calibration.FILE).write_text(json.dumps(facts))
    calibrated = honest(READING, "readers 1")
    best = calibrated.best(Field.DATE)
    assert best is not None
    assert best.probability == pytest.approx(0.99 / (1 + math.exp(1.0) * (0.01 / 0.99) ** 0.5))
    assert calibrated.fields[Field.PAYER] == PAYER  # it has no map
    assert honest(READING, "readers 2") == READING
    assert suffix("readers 1") == " calibrated-1"
    assert suffix("readers 2") == ""


def test_without_a_file_claims_stay_as_they_are(models: Path) -> None:
    assert load(models) is None
    assert honest(READING, "any") == READING


def test_a_file_that_is_no_calibration_is_refused(models: Path) -> None:
    (models / calibration.FILE).write_text(json.dumps({"fields": {"date": {}}}))
    with pytest.raises(ValueError, match="no calibration"):
        suffix("any")
    assert ctc.load("micr").alphabet  # our own models are still used where the folder has none


def test_our_calibration_is_for_our_readers() -> None:
    """After a change of readers or networks: `make calibrate`, or remove the file."""
    known = load(ctc.MODELS)
    assert known is None or known.readers == readers_version()
