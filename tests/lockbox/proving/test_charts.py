"""Charts of curves and of reliability: one small chart for each name that has something to show."""

from __future__ import annotations

from pathlib import Path

import pytest
from PIL import Image

from lockbox.proving.charts import operating_curves, reliability_diagrams
from lockbox.proving.curve import Judged

CLAIMS = [Judged(0.99, True)] * 30 + [Judged(0.8, False)] * 10


def height_px(path: Path) -> int:
    with Image.open(path) as picture:
        return picture.height


@pytest.mark.thorough
def test_a_fifth_curve_begins_a_second_row(tmp_path: Path) -> None:
    one_row, two_rows = tmp_path / "one.png", tmp_path / "two.png"
    operating_curves({f"field {no}": CLAIMS for no in range(4)}, "Four", one_row)
    operating_curves({f"field {no}": CLAIMS for no in range(5)}, "Five", two_rows)
    assert height_px(two_rows) > 1.5 * height_px(one_row)


@pytest.mark.thorough
def test_a_field_that_was_never_expected_has_no_curve(tmp_path: Path) -> None:
    empty = {f"field {no}": [Judged(0.9, False, expected=False)] for no in range(5)}
    operating_curves(empty | {"date": CLAIMS}, "One", tmp_path / "one.png")
    operating_curves({"date": CLAIMS}, "One", tmp_path / "same.png")
    assert (tmp_path / "one.png").read_bytes() == (tmp_path / "same.png").read_bytes()


def test_reliability_is_drawn_for_names_with_enough_claims(tmp_path: Path) -> None:
    few, many = {"date": CLAIMS[:5]}, {"date": CLAIMS}
    reliability_diagrams(few, few, "Reliability", tmp_path / "few.png")
    reliability_diagrams(many, many, "Reliability", tmp_path / "many.png")
    assert (tmp_path / "many.png").stat().st_size > (tmp_path / "few.png").stat().st_size
