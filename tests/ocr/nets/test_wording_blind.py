"""What texts are about, in wordings that nothing has learnt from."""

from __future__ import annotations

import json
from pathlib import Path
from random import Random

import numpy as np
import pytest

from lockbox.simulator.letters import BODIES_FILE, Body, bodies
from ocr.nets import ctc, wording
from ocr.nets.wording import about
from ocr.reading import Topic
from tests.builders.paths import ROOT

LIMIT, LETTER_LIMIT = 0.3, 0.2  # at which the reference policy holds checks, and those that a letter came with

BLIND = Path(__file__).with_name("letters.tsv")  # nobody looked at these while the model was made
SHARES = [  # file, label, memo lines, heard at least, others heard at most
    (BODIES_FILE, Topic.SETTLES, False, 0.97, 0.17),
    (BODIES_FILE, Topic.SETTLES, True, 0.96, 0.07),
    (BODIES_FILE, Topic.BANKRUPTCY, False, 0.88, 0.04),
    (BODIES_FILE, Topic.DISPUTE, False, 0.74, 0.1),
    (BODIES_FILE, Topic.NEW_ADDRESS, False, 0.62, 0.05),
    (BLIND, Topic.SETTLES, False, 0.98, 0.12),
    (BLIND, Topic.SETTLES, True, 0.98, 0.07),
    (BLIND, Topic.BANKRUPTCY, False, 0.94, 0.03),
    (BLIND, Topic.DISPUTE, False, 0.86, 0.07),
    (BLIND, Topic.NEW_ADDRESS, False, 0.83, 0.03),
]


def shares(label: str, memos: bool, texts: list[tuple[Body, str]]) -> tuple[float, float]:
    limit = LETTER_LIMIT if label == Topic.SETTLES and not memos else LIMIT
    said = [(label in one.about, about(text).get(label, 0.0) >= limit) for one, text in texts if one.is_memo == memos]
    heard, falsely = ([got for meant, got in said if meant is so] for so in (True, False))
    return sum(heard) / len(heard), sum(falsely) / len(falsely)


@pytest.mark.parametrize(("file", "label", "memos", "least", "most"), SHARES)
def test_what_senders_mean_is_heard_in_words_of_their_own(
    file: Path, label: str, memos: bool, least: float, most: float
) -> None:
    heard, falsely = shares(label, memos, [(one, " ".join(one.lines)) for one in bodies(file)])
    assert heard >= least
    assert falsely <= most


def misread(text: str, rng: Random) -> str:
    """One letter in twelve another, one in thirty lost."""
    luck = [rng.random() for _ in text]
    read = [one if p > 0.12 or one == " " else "" if p < 0.033 else chr(rng.randrange(97, 123))
            for one, p in zip(text, luck, strict=True)]  # fmt: skip
    return "".join(read)


def test_misread_letters_are_heard_mostly() -> None:
    rng = Random(3)
    heard, falsely = shares(Topic.SETTLES, False, [(one, misread(" ".join(one.lines), rng)) for one in bodies()])
    assert heard >= 0.9
    assert falsely <= 0.17


def test_nothing_learnt_is_in_what_it_is_proved_on() -> None:
    learnt = {one.lines for path in (ROOT / "training" / "letters").glob("*.tsv") for one in bodies(path)}
    assert len(learnt) > 4000
    assert not learnt & {one.lines for file in (BODIES_FILE, BLIND) for one in bodies(file)}


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
