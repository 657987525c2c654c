"""The statement bench on three statements."""

from __future__ import annotations

from lockbox.proving.statement_bench import bench_statements
from lockbox.settings import Settings


def test_pdfs_are_timed_alone_and_in_a_print_file(settings: Settings) -> None:
    table = bench_statements(settings.profile, 3, 2)
    what, ms, rate, size = ([str(cell) for cell in column.cells] for column in table.columns)
    assert what == ["statements, one PDF each", "statements in a print file"]
    assert all(float(cell) > 0 for cell in ms)
    assert all(float(cell) > 0 for cell in rate)
    assert all(int(cell.replace(",", "")) > 1_000 for cell in size)
