"""Dates as people write them."""

from __future__ import annotations

from datetime import date

import pytest

from ocr.date import parse


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
    assert parse("13/11/2026")[0][1] < parse("11/13/2026")[0][1]
