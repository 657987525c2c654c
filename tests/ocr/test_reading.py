"""Readings: the best candidate of each field, one ranking, and JSON that comes back the same."""

from __future__ import annotations

import json

import pytest

from ocr.reading import (
    Box,
    Candidate,
    DocumentKind,
    Field,
    FieldReading,
    QualityFlag,
    Reading,
    from_json,
    ranked,
    to_json,
)

SURE, UNSURE = Candidate("41250", 0.9, "text"), Candidate("41256", 0.05, "text+ppocr", -7.5)
READING = Reading(
    kind=DocumentKind.CHECK,
    kind_probability=0.99,
    fields={
        Field.LEGAL_AMOUNT: FieldReading(Field.LEGAL_AMOUNT, (SURE, UNSURE), Box(10, 20, 300, 40), 12.5),
        Field.PAYEE: FieldReading(Field.PAYEE, ()),
    },
    rotation_deg=180,
    skew_deg=-1.25,
    width_px=1200,
    height_px=550,
    dpi=200,
    flags=(QualityFlag("skew", -1.25, False), QualityFlag("torn", 0.12, True)),
    problems=("back: the file is empty",),
    readers="lockbox-ocr-1",
)


def test_the_best_candidate_is_the_first_and_there_may_be_none() -> None:
    assert READING.best(Field.LEGAL_AMOUNT) == SURE
    assert READING.candidates(Field.LEGAL_AMOUNT) == (SURE, UNSURE)
    for missing in (Field.PAYEE, Field.DATE):  # looked for and not found, and never looked for
        assert READING.best(missing) is None
        assert READING.candidates(missing) == ()


def test_ranked_is_best_first_with_each_value_once_from_its_surest_source() -> None:
    candidates = [
        Candidate("b", 0.2, "text"),
        Candidate("a", 0.3, "text"),
        Candidate("b", 0.6, "ppocr"),
        Candidate("c", 0.3, "text"),
    ]
    assert ranked(candidates) == (candidates[2], candidates[1], candidates[3])  # equal ones in order of their values
    assert ranked(candidates, 2) == (candidates[2], candidates[1])
    assert ranked([]) == ()


def test_a_reading_comes_back_from_json() -> None:
    assert from_json(to_json(READING)) == READING
    assert from_json(json.loads(to_json(READING))) == READING  # as the database gives it


def test_json_names_kinds_and_fields_by_their_values() -> None:
    plain = json.loads(to_json(READING))
    assert plain["kind"] == "check"
    assert plain["fields"]["legal_amount"]["candidates"][0] == {
        "value": "41250",
        "probability": 0.9,
        "source": "text",
        "log_likelihood": None,
    }


@pytest.mark.parametrize(("text", "error"), [("{}", KeyError), ('{"kind": "cheque"}', ValueError)])
def test_other_json_is_refused(text: str, error: type[Exception]) -> None:
    with pytest.raises(error):
        from_json(text)
