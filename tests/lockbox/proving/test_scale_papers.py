"""Coupons and letters at every resolution: the plan, one of each read, and how the table counts them."""

from __future__ import annotations

from collections import Counter

from lockbox.proving.scale_bench import RESOLUTIONS, STATED, WRONG_BY
from lockbox.proving.scale_papers import SORTS, Seen, plan, read_three, report

SHEETS = plan(4, 60_003)


def test_every_resolution_has_every_sort() -> None:
    counts = Counter((sheet.manner.dpi, sheet.sort) for sheet in SHEETS)
    assert counts == Counter({(dpi, sort): SORTS.count(sort) for dpi in RESOLUTIONS for sort in set(SORTS)})
    for sheet in SHEETS:
        assert max(sheet.wrong_dpi / sheet.manner.dpi, sheet.manner.dpi / sheet.wrong_dpi) >= WRONG_BY


def test_a_coupon_is_read_under_any_statement() -> None:
    seen = read_three(next(sheet for sheet in SHEETS if (sheet.sort, sheet.manner.dpi) == ("coupon", 150)))
    assert [picture.stated for picture in seen] == list(STATED)
    assert all(picture.is_right and not picture.is_wrong for picture in seen)


def test_right_and_surely_wrong_are_counted() -> None:
    seen = [Seen("coupon", 75, "wrong", at > 0, at == 0, 5.0) for at in range(4)]
    text = report(seen, 1)
    assert "| coupon | 75 | 0 of 0 (0% to 100%), 0 ms | 3 of 4 (19% to 99%), 5 ms |" in text
    assert "surely: 1 of 4 readings" in text
