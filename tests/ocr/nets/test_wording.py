"""What texts are about, in wordings that the model has not learned from."""

from __future__ import annotations

import json
from pathlib import Path
from random import Random

import numpy as np
import pytest

from lockbox.simulator.letters import BODIES_FILE, Body, bodies
from ocr.fields import phrase
from ocr.nets import ctc, wording
from ocr.nets.wording import about, features
from ocr.reading import Topic
from tests.builders.paths import ROOT

LIMIT, LETTER_LIMIT = 0.3, 0.2  # at which the reference policy holds checks, and those that a letter came with

MOST_PRINT = 0.11  # of the printed texts that were kept back
FORM_PRINT = Path(__file__).with_name("form_print.tsv")
BLIND = Path(__file__).with_name("letters.tsv")  # nobody looked at these while the model was made
SHARES = [  # file, label, memo lines, right alarms at least, false alarms at most
    (BODIES_FILE, Topic.SETTLES, False, 0.97, 0.17),
    (BODIES_FILE, Topic.SETTLES, True, 0.96, 0.07),
    (BODIES_FILE, Topic.BANKRUPTCY, False, 0.87, 0.04),
    (BODIES_FILE, Topic.DISPUTE, False, 0.73, 0.1),
    (BODIES_FILE, Topic.NEW_ADDRESS, False, 0.62, 0.05),
    (BLIND, Topic.SETTLES, False, 0.98, 0.12),
    (BLIND, Topic.SETTLES, True, 0.98, 0.07),
    (BLIND, Topic.BANKRUPTCY, False, 0.94, 0.03),
    (BLIND, Topic.DISPUTE, False, 0.86, 0.07),
    (BLIND, Topic.NEW_ADDRESS, False, 0.83, 0.03),
]


def shares(label: str, memos: bool, texts: list[tuple[Body, str]]) -> tuple[float, float]:
    """Of the texts that are about the label, how many raise an alarm; and of all that are not."""
    limit = LETTER_LIMIT if label == Topic.SETTLES and not memos else LIMIT
    alarms: dict[bool, list[bool]] = {True: [], False: []}
    for body, text in texts:
        if body.is_memo == memos:
            alarms[label in body.about].append(about(text).get(label, 0.0) >= limit)
    return sum(alarms[True]) / len(alarms[True]), sum(alarms[False]) / len(alarms[False])


@pytest.mark.parametrize(("file", "label", "memos", "least", "most"), SHARES)
def test_what_senders_mean_is_recognized_in_words_of_their_own(
    file: Path, label: str, memos: bool, least: float, most: float
) -> None:
    right, false = shares(label, memos, [(body, " ".join(body.lines)) for body in bodies(file)])
    assert right >= least
    assert false <= most


def misread(text: str, rng: Random) -> str:
    """One letter in twelve replaced, one in thirty lost."""
    luck = [rng.random() for _ in text]
    return "".join(
        char if p > 0.12 or char == " " else "" if p < 0.033 else chr(rng.randrange(97, 123))
        for char, p in zip(text, luck, strict=True)
    )


def test_misread_letters_are_mostly_recognized() -> None:
    rng = Random(3)
    right, false = shares(Topic.SETTLES, False, [(body, misread(" ".join(body.lines), rng)) for body in bodies()])
    assert right >= 0.9
    assert false <= 0.17


def test_words_count_without_case_and_marks_and_long_numbers_are_all_alike() -> None:
    assert features("Don't & won't", 1000).tolist() == features("dont and wont", 1000).tolist()
    assert features("loan 40512367", 1000).tolist() == features("loan 99999", 1000).tolist()
    assert features("loan 405", 1000).tolist() != features("loan 4051", 1000).tolist()
    assert len(features("pay", 1000)) == 1  # the word; it is too short for pieces


def test_no_text_that_it_learned_from_is_in_its_tests() -> None:
    learned = {body.lines for path in (ROOT / "training" / "letters").glob("*.tsv") for body in bodies(path)}
    assert len(learned) > 4000
    assert not learned & {body.lines for file in (BODIES_FILE, BLIND, FORM_PRINT) for body in bodies(file)}


def test_what_printers_put_on_paper_settles_nothing() -> None:
    """Half of a list of what stands on checks, stubs, coupons, and money orders; the other half was learned from."""
    printed = [" ".join(body.lines) for body in bodies(FORM_PRINT)]
    alarms = [text for text in printed if any(known.probability >= LIMIT for known in phrase.find([(text, 0.95)], "x"))]
    assert len(printed) > 300
    assert len(alarms) / len(printed) <= MOST_PRINT, alarms
    for text in ("Non-Negotiable", "ACCOUNT NO.", "remove this stub before cashing", "Details on back", "Test Item"):
        assert all(known.probability < LIMIT for known in phrase.find([(text, 0.95)], "x")), text


@pytest.mark.parametrize("text", ["", "12 / 34", "--", "a"])
def test_no_words_no_claim(text: str) -> None:
    assert about(text) == {}


def test_another_model_can_be_tried(tmp_path: Path) -> None:
    facts = {"version": "other", "step": [1.0] * 4, "scale": [1.0] * 4, "bias": [9.0] * 4}
    (tmp_path / "wording.json").write_text(json.dumps(facts))
    np.save(tmp_path / "wording.npy", np.zeros((16, 4), np.int8))
    ctc.use(tmp_path)
    try:
        assert about("any words at all")[Topic.SETTLES] > 0.99
        assert ctc.version_of(wording.MODEL) == "other"
    finally:
        ctc.use(None)
    assert about("any words at all")[Topic.SETTLES] < 0.99
