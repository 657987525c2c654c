"""The backs of checks: what settles the debt is heard there, level, turned, and whichever way the sheet was turned."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import replace
from random import Random

import numpy as np
import pytest

from lockbox.simulator.draw import draw_back, draw_front
from lockbox.simulator.letters import on_back
from lockbox.simulator.papers import ScanManner
from lockbox.simulator.scan import scan
from ocr.fields import back_side, lines
from ocr.image import decode
from ocr.image.prepare import Floats, turned
from ocr.layout import zones
from ocr.layout.piece import Piece
from ocr.nets import ctc, ppocr
from ocr.nets.ppocr import NOTHING
from ocr.reader import read_document
from ocr.reading import Box, Field
from tests.builders import papers

BACKS = int(os.environ.get("LOCKBOX_TEST_BACKS", "40"))
LIMIT = 0.3  # at which the reference policy holds checks
PLAIN = papers.check(memo_text=None)


def scanned(rows: Sequence[str], seed: int) -> bytes:
    rng = Random(seed)
    manner = ScanManner(format=rng.choice(("g4", "jpeg")), skew_deg=rng.uniform(-2, 2), speckle=rng.choice((0, 0.002)))
    return scan(draw_back(replace(PLAIN, back_lines=tuple(rows)), seed), manner, seed)


def is_heard(data: bytes, turn: int = 0) -> bool:
    picture = decode.decode(data, proof=False)
    back = back_side.read_back(turned(picture.gray, turn), picture.dpi)
    return any(phrase.probability >= LIMIT for phrase in back_side.phrases(back))


@pytest.mark.thorough
def test_what_settles_the_debt_is_heard_wherever_it_is_written() -> None:
    backs = [scanned(on_back(Random(seed)), seed) for seed in range(300, 300 + BACKS)]
    assert sum(map(is_heard, backs)) >= 0.75 * BACKS


@pytest.mark.parametrize("turn", [0, 90, 180, 270])
def test_a_sentence_over_several_rows_is_heard_whichever_way_up(turn: int) -> None:
    rows = ("By cashing this check", "you agree that I owe", "nothing more")
    assert is_heard(scanned(rows, 4), turn)


@pytest.mark.thorough
def test_rows_that_are_no_writing_are_left_out_of_a_sentence() -> None:
    """A smudge between two rows of a sentence would part its words."""
    rows = [row("paid", 0.9), row("~-=,", 0.2), row("in full", 0.9)]
    sentence, legibility = back_side._sentence(rows)
    assert sentence == "paid in full"
    assert legibility == pytest.approx(0.9**4)


def row(value: str, clarity: float) -> lines.TextLine:
    whole = Piece(Box(0, 0, 100, 20), None, (1,))
    read = replace(NOTHING, value=value, probability=clarity ** len(value))
    return lines.TextLine(whole, read, 0.5, 0.5, 0.1, 0.5)


@pytest.mark.parametrize(
    ("rows", "may_settle"),
    [
        ((("T1.125. 125 leve me", 0.56), ("be tha's the bargan.", 0.96)), True),  # as such backs were read
        ((("myeperes.", 0.54), ("said", 0.86), ("6 cashin", 0.97), ("from the ihdeloans", 0.56)), True),
        ((("thank you for all", 0.99), ("you did for us", 0.99)), False),  # understood: its words count
        ((("fon Jurion's car", 0.85),), False),  # a note
        ((("SO=YRE", 0.33), ("ersl s", 0.37), ("B EMET", 0.37), ("KEs.es", 0.35)), False),  # a pattern
    ],
)
def test_a_sentence_that_could_not_be_read_may_settle_the_debt(
    rows: Sequence[tuple[str, float]], may_settle: bool
) -> None:
    back = back_side.Back(unread=back_side._unread([row(*text) for text in rows]))
    heard = [phrase.probability >= LIMIT for phrase in back_side.phrases(back)]
    assert heard == ([True] if may_settle else [])


@pytest.mark.thorough
def test_ordinary_backs_say_nothing_and_cost_nothing() -> None:
    backs = [scanned((), seed) for seed in range(2 * BACKS)]
    assert not any(map(is_heard, backs))
    pictures = [decode.decode(back, proof=False) for back in backs]
    widest_in = [max(zones.large_ink_in(picture.gray, picture.dpi, back_side.TYPE_IN)) for picture in pictures]
    taken_apart = [width_in >= back_side.WIDE_IN for width_in in widest_in]
    assert sum(taken_apart) <= 0.6 * BACKS


@pytest.fixture
def runs(monkeypatch: pytest.MonkeyPatch) -> list[bytes]:
    """The picture of every run of a network, as they happen."""
    of_net = ctc.Net.log_probs
    seen: list[bytes] = []

    def counted(net: ctc.Net, picture: Floats) -> Floats:
        seen.append(picture.tobytes())
        return of_net(net, picture)

    monkeypatch.setattr(ctc.Net, "log_probs", counted)
    return seen


def test_a_back_on_which_nothing_is_written_costs_no_run_of_a_network(runs: list[bytes]) -> None:
    """But where a bitonal scan makes large marks of the paper's pattern, 6 of 20 here."""
    without_runs = 0
    for seed in range(20):
        runs.clear()
        looks = ppocr.looks()
        assert not is_heard(scanned((), seed))
        without_runs += not runs and ppocr.looks() == looks
    assert without_runs >= 14


def test_a_row_that_was_read_to_find_the_top_is_not_read_again(runs: list[bytes]) -> None:
    rows = ("By cashing this check", "you agree that I owe", "nothing more")
    repeated = []
    for turn in (0, 90, 180, 270):
        runs.clear()
        assert is_heard(scanned(rows, 4), turn)
        repeated.append(len(runs) - len(set(runs)))
    assert max(repeated) < len(rows)  # a speck looks the same both ways up


def test_the_back_counts_as_the_check_does() -> None:
    front = scan(draw_front(PLAIN, 7), ScanManner(), 7)
    assert read_document(front, scanned((), 5)).candidates(Field.PHRASE) == ()
    reading = read_document(front, scanned(("Paid in full",), 5))
    assert ("paid in full", "back") in [(phrase.value, phrase.source) for phrase in reading.candidates(Field.PHRASE)]


def test_the_scanners_bed_and_rules_are_no_writing() -> None:
    page = np.full((550, 1200), 240, np.uint8)
    page[:30, :] = page[:, :24] = 0
    page[300:303, 100:1100] = 30
    assert zones.large_ink_in(page, 200, back_side.TYPE_IN) == (0.0, 0.0)
