"""The bench of amounts in words: its lines, one of them read, and how its table counts them."""

from __future__ import annotations

from lockbox.proving.words_bench import MANNERS, SpelledLine, draw_line, plan, read_line, report
from lockbox.simulator.endings import ENDINGS
from ocr.reading import Candidate


def test_every_ending_is_drawn_in_every_manner() -> None:
    lines = plan(2, 7)
    assert [(line.ending, line.manner) for line in lines] == [
        (ending, manner) for ending, _ in ENDINGS for manner in MANNERS
    ] * 2
    assert all((line.cents % 100 > 0) == ("{" in dict(ENDINGS)[line.ending]) for line in lines)
    assert lines == plan(2, 7)
    assert len({line.seed for line in lines}) == len(lines)


def test_a_line_is_read_without_figures_to_help() -> None:
    line = SpelledLine("and 25 cents", "print", 41225, "Four hundred twelve and 25 cents", 3)
    best = read_line(line)
    assert best is not None
    assert (best.value, best.probability > 0.5) == ("41225", True)
    assert draw_line(line) == draw_line(line)


def test_right_doubted_and_wrong_lines_are_counted() -> None:
    ending = ENDINGS[0][0]
    lines = [SpelledLine(ending, "hand", 41225, "", at) for at in range(4)]
    best = [Candidate("41225", 0.99, "x"), Candidate("41225", 0.2, "x"), Candidate("41200", 0.95, "x"), None]
    assert f"| {ending}, hand | 4 | 50.0% | 7% to 93% | 1 | 1 |" in report(lines, best)
