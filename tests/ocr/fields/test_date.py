"""Dates as people write them."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import numpy as np
import pytest

from ocr.fields.date import _is_other_text, _likeliest_line, _Look, _second_look, candidates, joined, parse, read_date
from ocr.fields.date_figures import _forms
from ocr.fields.lines import TextLine
from ocr.image.prepare import Gray
from ocr.layout.piece import Piece
from ocr.layout.zones import Sheet
from ocr.nets import figures, text
from ocr.nets.ppocr import ASCII, Text
from ocr.reading import Box
from tests.builders.text_lines import by_hand, read_as, trimmed


def _likeliest(days: dict[str, float]) -> str | None:
    return max(days, key=lambda day: days[day], default=None)


@pytest.mark.parametrize(
    "text",
    [
        "11/13/26",
        "11-13-26",
        "11.13.2026",
        "11 / 13 / 2026",
        "Nov 13, 2026",
        "November 13, 2026",
        "Novewber 13 2026",
        "NOV. 13th, 26",
        "13 Nov 2026",
        "2026-11-13",
        "13/11/2026",
    ],
)
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
    days = joined({"2026-11-11": 0.5, "2026-01-11": 0.4}, {"2026-11-11": 0.6})
    assert _likeliest(days) == "2026-11-11"
    assert days["2026-11-11"] > 0.8
    assert sum(days.values()) < 1


def test_what_is_added_up_is_added_in_order_whatever_the_order_of_sets() -> None:
    """Sets of texts come in another order in every process, and sums of floats with them, to the last digit."""
    days = {f"2026-{month:02d}-11": 0.01 * month for month in range(1, 13)}
    later = dict(reversed(days.items()))
    assert list(joined(later, {})) == sorted(days)
    assert joined(later, {}) == joined(days, {})
    assert list(_forms(2026, 1, 2, full_year=True)) == [
        *(f"{month}/{day}/2026" for month in ("01",) for day in ("02",)),
        *("0V02/2026", "01/2/2026", "0V2/2026", "1/02/2026", "V02/2026", "1/2/2026", "V2/2026"),
    ]


def test_readers_that_differ_leave_doubt() -> None:
    assert max(joined({"2026-11-11": 0.9}, {"2026-01-11": 0.9}).values()) < 0.6


def test_a_short_month_taken_for_figures_is_read_by_the_second_reader() -> None:
    """A joined "Nov" is "87" to the first readers; then no width of its first sign speaks of November, either."""
    picture = by_hand("Nov 27, 2025")
    line = TextLine(Piece(Box(700, 84, 270, 52), None, (1,)), read_as("87 27 2025", 0.84), 0.84, 0.23, 0.26, 1.36)
    look = _second_look(_Look(line, picture, figures.read_figures(picture), {}, {"2025-01-27": 0.05}))
    assert _likeliest(look.days) == "2025-11-27"
    assert look.figures is None


def test_figures_that_read_like_letters_are_read_as_figures() -> None:
    """What the reader of text takes for a word, and no month fits, the net of figures is asked about."""
    picture = by_hand("11/13/26")
    piece = Piece(Box(0, 0, 200, 40), None, (1,))
    line = TextLine(piece, replace(read_as("MEI3/26"), probability=0.1), 0.8, 0.2, 0.2, 1.0)
    best = read_date([line], _page({piece: picture})).best
    assert best is not None
    assert best.value == "2026-11-13"


def test_the_word_date_counts_before_the_place() -> None:
    """A date in the corner is read as surely, but what stands beside the label is the check's."""
    labeled, label, corner = (
        Piece(Box(left_px, top_px, 200, 40), None, (mark,))
        for mark, (left_px, top_px) in enumerate(((900, 150), (680, 150), (900, 20)), 1)
    )
    written, printed = by_hand("10/13/26"), by_hand("12/25/26")
    lines = [
        TextLine(corner, read_as("12/25/26", 0.999), 0.8, 0.1, 0.2, 1.0),
        TextLine(label, read_as("DATE", 0.999), 0.6, 0.3, 0.1, 0.5),
        TextLine(labeled, read_as("10/13/26", 0.999), 0.8, 0.3, 0.2, 1.0),
    ]
    page = _page({labeled: written, corner: printed, label: written})
    best = read_date(lines, page).best
    assert best is not None
    assert best.value == "2026-10-13"
    best = read_date(lines[:2], page).best
    assert best is not None
    assert best.value == "2026-12-25"


def test_a_date_that_stands_by_no_label_counts_a_tenth_less() -> None:
    piece = Piece(Box(900, 20, 200, 40), None, (1,))
    line, page = TextLine(piece, read_as("10/13/26"), 0.8, 0.1, 0.2, 1.0), _page({piece: by_hand("10/13/26")})
    chance, look = _likeliest_line([line], [], page)
    assert look is not None
    assert chance == sum(look.days.values()) > 0.9
    assert _likeliest_line([], [line], page)[0] == pytest.approx(0.9 * chance)
    assert _likeliest_line([], [], page) == (0.0, None)


def test_the_checks_own_number_is_no_date() -> None:
    piece = Piece(Box(900, 20, 200, 40), None, (1,))
    line = TextLine(piece, read_as("12-25-26"), 0.8, 0.1, 0.2, 1.0)
    page = _page({piece: by_hand("12-25-26")})
    assert read_date([line], page).candidates
    assert not read_date([line], page, serial="122526").candidates


@pytest.mark.parametrize("written", ["November 8, 2026", "Sep 30, 2025", "Dec 1, 2026"])
def test_a_month_with_misread_letters_is_the_one_that_the_line_fits_best(written: str) -> None:
    """Six of the simulator's writers. Letter by letter some of these read "Novenba B, 2026"."""
    meant = parse(written)[0][0].isoformat()
    right = 0
    for seed in range(6):
        days = candidates(text.read_line(trimmed(by_hand(written, seed))))
        assert sum(days.values()) <= 1 + 1e-9
        right += _likeliest(days) == meant
    assert right >= 5


def test_a_name_and_a_number_are_no_date() -> None:
    assert max(candidates(text.read_line(by_hand("Meridian 13, 2026"))).values(), default=0.0) < 0.3


@pytest.mark.parametrize(
    ("value", "clarity", "is_other"),
    [
        ("Willie Lynch", 0.97, True),
        ("Brownburgh, TX 76401", 0.95, True),
        ("Willie Lynch", 0.6, False),
        ("Nov 8, 20", 0.97, False),
        ("779/26", 0.97, False),
    ],
)
def test_words_that_were_read_well_are_no_date(value: str, clarity: float, is_other: bool) -> None:
    read = Text(value, clarity ** len(value), np.zeros((1, 1 + len(ASCII)), np.float32))
    line = TextLine(Piece(Box(0, 0, 1, 1), None, (1,)), read, 0.6, 0.2, 0.15, 1.5)
    assert _is_other_text(line) == is_other


def test_one_long_word_before_figures_is_the_month_it_is_nearest_to_and_a_place_is_none() -> None:
    """Two of eight letters misread, surely: still February, and not undated, which would let a stale check pass."""
    days = candidates(read_as("Felnary 3, 2026", 0.999))
    assert _likeliest(days) == "2026-02-03"
    assert days["2026-02-03"] > 0.15
    assert max(candidates(read_as("South Stevenport, MO 63127", 0.999)).values(), default=0.0) < 0.01


def _page(images: dict[Piece, Gray]) -> Sheet:
    """A page of which only these pieces, cut out, are needed."""
    blank = np.full((500, 1200), 255, np.uint8)
    return Sheet(blank, blank, blank, [], 200, (), (*images,), images)
