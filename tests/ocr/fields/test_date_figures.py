"""Dates in figures: of days that look alike, the one that is written."""

from __future__ import annotations

from datetime import date

import numpy as np
import pytest

from ocr.fields.date import candidates, parse
from ocr.fields.date_figures import begins_with_width, doubted, weighed
from ocr.image.prepare import Gray
from ocr.nets import figures, text
from tests.builders.text_lines import by_hand, read_as, trimmed


def _likeliest(days: dict[str, float]) -> str | None:
    return max(days, key=lambda day: days[day], default=None)


def _weighed(line: Gray) -> dict[str, float]:
    """The days of a line as our two readers see them."""
    seen, read = figures.read_figures(line), text.read_line(line)
    days = {day.isoformat(): p for value, p in seen.likely(24) for day, _ in parse(value)}
    return weighed((read, seen), {**days, **candidates(read)})


@pytest.mark.parametrize("written", ["11/11/26", "1/11/26", "11-1-2026", "11/16/26"])
def test_ones_and_strokes_are_told_apart(written: str) -> None:
    """Ten of the simulator's writers, whom the net never saw."""
    month, day, year = (int(part) for part in written.replace("-", "/").split("/"))
    meant = date(year % 100 + 2000, month, day).isoformat()
    lines = [trimmed(by_hand(written, seed, style=11)) for seed in range(10)]
    assert sum(_likeliest(_weighed(line)) == meant for line in lines) >= 8


@pytest.mark.parametrize(
    ("read", "month"),
    [("W/08/26", 11), ("N/08/26", 11), ("1V08/26", 11), ("11/1.8/26", 11), ("1/08/26", 1), ("V08/26", 1)],
)
def test_ones_run_into_one_sign_are_still_ones(read: str, month: int) -> None:
    """A November written quickly must not become a January ten months ago; and a January must stay one."""
    day = 18 if "1.8" in read else 8
    assert _likeliest(weighed([read_as(read)], {"2026-01-08": 0.5})) == f"2026-{month:02d}-{day:02d}"


def test_where_no_day_was_read_there_is_nothing_to_weigh() -> None:
    assert weighed([read_as("11/25/26")], {}) == {}


def test_a_stroke_too_faint_to_see_leaves_the_day_in_no_doubt() -> None:
    days = weighed([read_as("11-2526")] * 3, {"2026-11-25": 0.1, "2026-01-25": 0.1})
    assert days["2026-11-25"] > 0.9
    assert sum(weighed([read_as("1125")], {"2026-11-25": 0.1}).values()) < 0.5


def test_a_stroke_that_all_readers_take_for_a_7_leaves_a_day() -> None:
    assert weighed([read_as("1279/26")] * 2, {"2026-12-09": 0.5})["2026-12-09"] > 0.5
    assert _likeliest(weighed([read_as("12/7/26")] * 2, {"2026-12-09": 0.5})) == "2026-12-07"


def test_an_amount_is_no_date() -> None:
    for seed in range(6):
        assert sum(_weighed(by_hand("427.22", seed, style=22)).values()) < 0.5


def _bars(*lefts_px: int) -> Gray:
    """Upright strokes of 8 pixels where a line begins, and two more of the same pen farther on."""
    line = np.full((80, 300), 255, np.uint8)
    for left_px in (*lefts_px, 120, 200):
        line[10:70, left_px : left_px + 8] = 0
    return line


@pytest.mark.parametrize(("ones", "is_doubted"), [((40,), False), ((40, 47), True), ((40, 70), False)])
def test_a_january_that_begins_with_more_ink_than_one_1_has_may_be_november(
    ones: tuple[int, ...], is_doubted: bool
) -> None:
    """Two bold ones that touch are one mark, and every reader takes it for a 1."""
    read = {"2026-01-14": 0.99, "2026-11-14": 0.001}
    even = {"2026-01-14": 0.4955, "2026-11-14": 0.4955}
    assert doubted(read, _bars(*ones)) == (even if is_doubted else read)
    assert doubted({"2026-03-14": 0.99}, _bars(*ones)) == {"2026-03-14": 0.99}


def test_the_first_mark_is_measured_in_strokes_of_the_pen() -> None:
    assert begins_with_width(_bars(40)) == 1.0
    assert begins_with_width(_bars(40, 47)) == pytest.approx(15 / 8)
    assert begins_with_width(np.full((80, 300), 255, np.uint8)) == 0.0
