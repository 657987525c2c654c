"""Memo lines with an account number by hand: drawn from a seed, and read."""

from __future__ import annotations

from dataclasses import replace

from lockbox.proving.account_lines import Written, draw_line, read_line

LINE = Written("4051236720", ("Maria Lopez", "12 Elm Street", "Plano, TX 75074"), 12)


def test_a_seed_gives_the_same_file_and_another_seed_another() -> None:
    assert draw_line(LINE) == draw_line(LINE)
    assert draw_line(LINE) != draw_line(replace(LINE, seed=13))


def test_a_strip_is_read_by_the_readers_of_checks() -> None:
    read = read_line(LINE)
    assert read.number.best
    assert read.number.best.value == "4051236720"
    assert read.payer.best
    assert read.payer.best.value.lower().startswith("maria lopez")
    assert read.cpu_ms > 0
