"""Dates as people write them."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import numpy as np
import pytest

from lockbox.simulator.hand import hand, line_mask
from lockbox.simulator.sheet import dice
from ocr.fields import date_figures
from ocr.fields.date import _in_doubt, _says_else, _Seen, candidates, joined, parse, read_date
from ocr.fields.lines import TextLine
from ocr.layout.piece import Piece
from ocr.layout.zones import Sheet
from ocr.nets import figures, text
from ocr.nets.ppocr import ASCII, Text
from ocr.reading import Box


@pytest.mark.parametrize(
    "text",
    ["11/13/26", "11-13-26", "11.13.2026", "11 / 13 / 2026", "Nov 13, 2026", "November 13, 2026", "Novewber 13 2026",
     "NOV. 13th, 26", "13 Nov 2026", "2026-11-13", "13/11/2026"],
)  # fmt: skip
def test_usual_forms(text: str) -> None:
    assert parse(text)[0][0] == date(2026, 11, 13)


@pytest.mark.parametrize("text", ["", "13/13/26", "57-549/5729", "412.50", "11/31/26", "Meridian 13, 2026", "6931"])
def test_what_is_no_date_gives_none(text: str) -> None:
    assert parse(text) == []


def test_a_stroke_read_as_a_figure_is_unsure() -> None:
    assert parse("11/11726") == [(date(2026, 11, 11), 0.5)]
    assert parse("1279/26") == [(date(2026, 12, 9), 0.5)]
    assert parse("13/11/2026")[0][1] < parse("11/13/2026")[0][1]


@pytest.mark.parametrize("text", ["?11/13/26", "11/13/26", "11-13-2026", "?:11-13-26"])
def test_forms_as_the_net_of_figures_spells_them(text: str) -> None:
    assert parse(text)[0] == (date(2026, 11, 13), 1.0)


def test_readers_that_agree_outvote_one_that_is_sure_of_another_day() -> None:
    found = joined({"2026-11-11": 0.5, "2026-01-11": 0.4}, {"2026-11-11": 0.6})
    assert max(found, key=lambda day: found[day]) == "2026-11-11"
    assert found["2026-11-11"] > 0.8
    assert sum(found.values()) < 1


def test_readers_that_differ_leave_doubt() -> None:
    found = joined({"2026-11-11": 0.9}, {"2026-01-11": 0.9})
    assert max(found.values()) < 0.6


@pytest.mark.parametrize("text", ["11/11/26", "1/11/26", "11-1-2026", "11/16/26"])
def test_ones_and_strokes_are_told_apart(text: str) -> None:
    """Ten of the simulator's writers, whom the net never saw."""
    month, day, year = (int(part) for part in text.replace("-", "/").split("/"))
    meant = date(year % 100 + 2000, month, day).isoformat()
    right = 0
    for seed in range(10):
        rng = dice(seed, 11)
        mask, _, _ = line_mask(text, hand(rng), rng)
        rows = np.flatnonzero(mask.max(axis=1))
        found = _weighed(255 - mask[max(0, rows[0] - 5) : rows[-1] + 6])
        right += bool(found) and max(found, key=lambda one: found[one]) == meant
    assert right >= 8


@pytest.mark.parametrize(
    ("seen", "month"),
    [("W/08/26", 11), ("N/08/26", 11), ("1V08/26", 11), ("11/1.8/26", 11), ("1/08/26", 1), ("V08/26", 1)],
)
def test_ones_run_into_one_sign_are_still_ones(seen: str, month: int) -> None:
    """A November written quickly must not become a January ten months ago; and a January must stay one."""
    found = date_figures.weighed([_said(seen)], {"2026-01-08": 0.5})
    day = 18 if "1.8" in seen else 8
    assert max(found, key=lambda one: found[one]) == f"2026-{month:02d}-{day:02d}"


def test_a_stroke_too_faint_to_see_leaves_the_day_in_no_doubt() -> None:
    found = date_figures.weighed([_said("11-2526")] * 3, {"2026-11-25": 0.1, "2026-01-25": 0.1})
    assert found["2026-11-25"] > 0.9
    assert sum(date_figures.weighed([_said("1125")], {"2026-11-25": 0.1}).values()) < 0.5


def test_a_stroke_that_all_readers_take_for_a_7_leaves_a_day() -> None:
    found = date_figures.weighed([_said("1279/26")] * 2, {"2026-12-09": 0.5})
    assert found["2026-12-09"] > 0.5
    assert max(date_figures.weighed([_said("12/7/26")] * 2, {"2026-12-09": 0.5}).items(), key=lambda one: one[1])[
        0
    ] == ("2026-12-07")


def test_a_short_month_taken_for_figures_is_read_by_the_second_reader() -> None:
    """A joined "Nov" is "87" to the first readers; then no width of its first sign speaks of November, either."""
    picture = _drawn("Nov 27, 2025")
    line = TextLine(Piece(Box(700, 84, 270, 52), None, (1,)), _said("87 27 2025", 0.84), 0.84, 0.23, 0.26, 1.36)
    seen = _Seen(line, picture, figures.read_figures(picture), {}, {"2025-01-27": 0.05})
    assert max(_in_doubt(seen).found.items(), key=lambda one: one[1])[0] == "2025-11-27"
    assert _in_doubt(seen).figures is None


def test_figures_that_read_like_letters_are_read_as_figures() -> None:
    """What the reader of text takes for a word, and no month fits, the net of figures is asked about."""
    picture = _drawn("11/13/26")
    piece = Piece(Box(0, 0, 200, 40), None, (1,))
    line = TextLine(piece, replace(_said("MEI3/26"), probability=0.1), 0.8, 0.2, 0.2, 1.0)
    page = Sheet(picture, picture, picture, [], 200, (), (piece,), {piece: picture})
    found = read_date([line], page).best
    assert found is not None
    assert found.value == "2026-11-13"


def test_an_amount_is_no_date() -> None:
    for seed in range(6):
        rng = dice(seed, 22)
        mask, _, _ = line_mask("427.22", hand(rng), rng)
        assert sum(_weighed(255 - mask).values()) < 0.5


@pytest.mark.parametrize("written", ["November 8, 2026", "Sep 30, 2025", "Dec 1, 2026"])
def test_a_month_with_misread_letters_is_the_one_that_the_line_fits_best(written: str) -> None:
    """Six of the simulator's writers. Letter by letter some of these read "Novenba B, 2026"."""
    meant = parse(written)[0][0].isoformat()
    right = 0
    for seed in range(6):
        rng = dice(seed, 12)
        mask, _, _ = line_mask(written, hand(rng), rng)
        rows = np.flatnonzero(mask.max(axis=1))
        found = candidates(text.read_line(255 - mask[max(0, rows[0] - 5) : rows[-1] + 6]))
        assert sum(found.values()) <= 1 + 1e-9
        right += bool(found) and max(found, key=lambda one: found[one]) == meant
    assert right >= 5


def test_a_name_and_a_number_are_no_date() -> None:
    assert max(candidates(text.read_line(_drawn("Meridian 13, 2026"))).values(), default=0.0) < 0.3


def _weighed(picture: np.ndarray) -> dict[str, float]:
    seen, read = figures.read_figures(picture), text.read_line(picture)
    days = {day.isoformat(): p for said, p in seen.likely(24) for day, _ in parse(said)}
    return date_figures.weighed((read, seen), {**days, **candidates(read)})


def _said(value: str, sure: float = 0.97) -> Text:
    """A reader's output that says this, a frame of paper between two signs."""
    probs = np.full((2 * len(value) + 1, 1 + len(ASCII)), (1 - sure) / len(ASCII))
    probs[::2, 0] = sure
    for at, char in enumerate(value):
        probs[2 * at + 1, ASCII.index(char) + 1] = sure
    return Text(value, sure, np.log(probs).astype(np.float32))


def _drawn(written: str) -> np.ndarray:
    rng = dice(5, 12)
    mask, _, _ = line_mask(written, hand(rng), rng)
    return np.asarray(255 - mask, np.uint8)


@pytest.mark.parametrize(("ones", "doubt"), [((40,), False), ((40, 47), True), ((40, 70), False)])
def test_a_january_that_begins_with_more_ink_than_one_1_has_may_be_november(ones: tuple[int, ...], doubt: bool) -> None:
    """Two bold ones that touch are one mark, and every reader takes it for a 1."""
    line = np.full((80, 300), 255, np.uint8)
    for left in ones:
        line[10:70, left : left + 8] = 0
    line[10:70, 120:128] = line[10:70, 200:208] = 0
    found = date_figures.doubted({"2026-01-14": 0.99, "2026-11-14": 0.001}, line)
    assert found == (
        {"2026-01-14": 0.4955, "2026-11-14": 0.4955} if doubt else {"2026-01-14": 0.99, "2026-11-14": 0.001}
    )
    assert date_figures.doubted({"2026-03-14": 0.99}, line) == {"2026-03-14": 0.99}


@pytest.mark.parametrize(
    ("value", "clarity", "says_else"),
    [("Willie Lynch", 0.97, True), ("Brownburgh, TX 76401", 0.95, True), ("Willie Lynch", 0.6, False),
     ("Nov 8, 20", 0.97, False), ("779/26", 0.97, False)],
)  # fmt: skip
def test_words_that_were_read_well_are_no_date(value: str, clarity: float, says_else: bool) -> None:
    read = Text(value, clarity ** len(value), np.zeros((1, 1 + len(ASCII)), np.float32))
    line = TextLine(Piece(Box(0, 0, 1, 1), None, (1,)), read, 0.6, 0.2, 0.15, 1.5)
    assert _says_else(line) == says_else


def test_one_long_word_before_figures_is_the_month_it_is_nearest_to_and_a_place_is_none() -> None:
    """Two of eight letters misread, surely: still February, and not undated, which would let a stale check pass."""
    found = candidates(_said("Felnary 3, 2026", 0.999))
    assert max(found, key=lambda one: found[one]) == "2026-02-03"
    assert found["2026-02-03"] > 0.15
    assert max(candidates(_said("South Stevenport, MO 63127", 0.999)).values(), default=0.0) < 0.01
