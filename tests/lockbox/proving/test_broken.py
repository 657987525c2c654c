"""Broken, hostile and strange images: a small sample of what `make fuzz` reads."""

from __future__ import annotations

import time
from itertools import islice

import pytest

from lockbox.proving import broken
from lockbox.proving.broken import Case, CaseResult, Outcome, cases, describe, note, read

COUNT = 44


@pytest.mark.thorough
def test_each_is_a_reading_with_a_reason() -> None:
    outcome = Outcome()
    for case in cases(seed=7, count=COUNT):
        note(outcome, case, read(case))
    assert sum(tally.count for tally in outcome.tallies.values()) == COUNT
    assert [kind for kind, tally in outcome.tallies.items() if tally.silent] == []
    assert [problem for tally in outcome.tallies.values() for problem in tally.stumbled] == []
    assert outcome.tallies["truncated"].refused >= 3
    assert outcome.tallies["odd form"].refused <= 2  # 16 bits, CMYK and palettes are read


@pytest.mark.thorough
def test_the_same_seed_gives_the_same_images() -> None:
    first = list(islice(cases(7, 11), 11))
    assert first == list(islice(cases(7, 11), 11))
    assert [case.front for case in first] != [case.front for case in islice(cases(8, 11), 11)]


def test_a_refusal_without_a_reason_or_too_much_memory_is_not_sound() -> None:
    outcome = Outcome()
    note(outcome, Case("x", b""), CaseResult("other", ("front: empty",), False, 1.0, 100.0))
    assert outcome.is_sound
    note(outcome, Case("x", b""), CaseResult("other", (" ",), False, 1.0, 100.0))
    assert not outcome.is_sound
    large = Outcome(peak_mib=2000.0)
    assert not large.is_sound


def _hangs_or_dies(case: Case) -> CaseResult:
    if case.front == b"hang":
        time.sleep(60)
    if case.front == b"die":
        import os

        os._exit(9)
    return CaseResult("other", ("front: fine",), False, 1.0, 1.0)


@pytest.mark.thorough
def test_a_crash_and_a_hang_are_reported_and_the_rest_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    made = [Case("a", b"die"), Case("b", b"hang"), Case("c", b"fine")]
    monkeypatch.setattr(broken, "cases", lambda _seed, _count: iter(made))
    monkeypatch.setattr(broken, "read", _hangs_or_dies)
    monkeypatch.setattr(broken, "HANG_S", 6.0)
    outcome = broken.fuzz(1, 3, lambda _done: None)
    assert (len(outcome.crashed), len(outcome.hung), outcome.tallies["c"].count) == (1, 1, 1)
    assert "1 crashed, 1 hung" in describe(outcome)
    assert not outcome.is_sound
