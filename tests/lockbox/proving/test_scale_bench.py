"""Checks at eight resolutions, whatever the file says of them, photos among them: read, or unsure."""

from __future__ import annotations

import os
from collections import Counter
from dataclasses import replace

import pytest

from lockbox.proving.scale_bench import (
    DAMAGED,
    LOOKS,
    RESOLUTIONS,
    STATED,
    WRONG_BY,
    Outcome,
    pictures,
    plan,
    read_three,
    report,
)
from ocr.image.decode import decode
from ocr.reader import read_document

COUNT = int(os.environ.get("LOCKBOX_TEST_SCALES", "1"))  # four checks of it at each resolution
SEEN = plan(4 * COUNT, 60_002)


def test_every_resolution_has_every_look_and_a_statement_that_is_far_off() -> None:
    counts = Counter((seen.dpi, seen.look) for seen in plan(8, 60_002))
    assert all(counts[dpi, look] == 2 * LOOKS.count(look) for dpi in RESOLUTIONS for look in LOOKS)
    assert all(counts[dpi, look] == 1 for dpi in RESOLUTIONS for look in DAMAGED)
    assert all(max(seen.wrong_dpi / seen.dpi, seen.dpi / seen.wrong_dpi) >= WRONG_BY for seen in SEEN)


def test_the_files_differ_in_what_they_say_alone() -> None:
    seen = next(seen for seen in SEEN if seen.dpi == 150 and seen.look == "gray")
    stated = {name: decode(data) for name, data in pictures(replace(seen, wrong_dpi=300)).items()}
    assert (stated["right"].dpi, stated["wrong"].dpi, stated["none"].dpi_stated) == (150, 300, False)
    assert {picture.gray.shape for picture in stated.values()} == {stated["right"].gray.shape}


@pytest.mark.thorough
@pytest.mark.parametrize("dpi", RESOLUTIONS)
def test_checks_are_read_whatever_their_files_say(dpi: int) -> None:
    chosen = [seen for seen in SEEN if seen.dpi == dpi and seen.look not in DAMAGED]
    if COUNT == 1:  # one scan and the photo: the bench counts more
        chosen = chosen[2:]
    outcomes = [outcome for seen in chosen for outcome in read_three(seen)]
    assert {outcome.stated for outcome in outcomes} == set(STATED)
    assert all(outcome.is_check for outcome in outcomes)
    assert not [outcome for outcome in outcomes if outcome.micr_sure and not outcome.micr_right]
    assert sum(outcome.micr_right for outcome in outcomes) >= 0.95 * len(outcomes)


def test_a_check_of_a_wrong_scale_says_so() -> None:
    seen = next(seen for seen in SEEN if seen.dpi == 200 and seen.look == "gray")
    reading = read_document(pictures(replace(seen, wrong_dpi=96 * 4))["wrong"])
    assert reading.dpi == pytest.approx(200, rel=0.05)
    assert any("by the pitch of the MICR line" in problem for problem in reading.problems)


def test_the_report_counts_what_was_sure_and_wrong() -> None:
    right = Outcome("gray", 100, "none", True, True, True, 0.97, True, True, 50.0)
    wrong = replace(right, micr_right=False)
    text = report([right] * 3 + [wrong], 1)
    assert "| 100 | none | 4 | 4 | 75.0% | 19.4% to 99.4% | 4 | 1 |" in text
