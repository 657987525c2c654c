"""Slices of a great count: kept, loaded, and added up with what all of them prove."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from lockbox.errors import InputError
from lockbox.proving.slices import Slice, added, load, processor, save

DAY = Slice(99_001, 1_000, 900, 870, 880, 0, 1, "readers-1", "a processor, AVX2")


def test_counts_come_back_and_are_added_up(tmp_path: Path) -> None:
    save(DAY, tmp_path)
    assert load(tmp_path) == DAY
    text = added([load(tmp_path), replace(DAY, seed=99_002, straight=855, posted=865, misread=1)])
    assert "| 99001 | 1,000 | 900 | 96.67% | 95.3% to 97.7% | 880 | 0 | 0.340% | 1 |" in text
    assert "| all | 2,000 | 1,800 | 95.83% | 94.8% to 96.7% | 1,745 | 1 | 0.272% | 2 |" in text
    assert "Readers: readers-1. Processor: a processor, AVX2." in text


def test_other_readers_among_the_slices_are_named() -> None:
    assert "Readers: readers-1; readers-2." in added([DAY, replace(DAY, seed=99_002, readers="readers-2")])


def test_a_day_counts_once_and_a_folder_without_counts_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="same seed"):
        added([DAY, DAY])
    with pytest.raises(InputError, match="no counts"):
        load(tmp_path)
    (tmp_path / "counts.json").write_text("{}")
    with pytest.raises(InputError, match="no counts"):
        load(tmp_path)


@pytest.mark.parametrize(
    ("flags", "name"),
    [
        ("sse avx2 avx512f avx512_vnni", "AVX-512 VNNI (8-bit instructions)"),
        ("avx2 avx_vnni", "AVX-VNNI (8-bit instructions)"),
        ("avx2 fma", "AVX2"),
        ("sse", "no AVX2"),
    ],
)
def test_the_processor_is_named_with_its_instructions(flags: str, name: str, tmp_path: Path) -> None:
    info = tmp_path / "cpuinfo"
    info.write_text(f"model name\t: AMD EPYC\nflags\t\t: {flags}\n")
    assert processor(info) == f"AMD EPYC, {name}"
    assert processor(tmp_path / "absent").endswith("no AVX2")
