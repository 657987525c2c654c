"""The bench of instructions: its papers, and how its table counts them."""

from __future__ import annotations

from lockbox.proving.instruction_bench import KINDS, plan, report
from lockbox.simulator.papers import CouponPaper


def test_as_many_ask_as_do_not() -> None:
    asked = plan(3, 7)
    assert [(paper.kind, paper.asks) for paper in asked] == [
        (kind, asks) for kind in KINDS for asks in (True, False)
    ] * 3
    assert {paper.paper.ticked for paper in asked if isinstance(paper.paper, CouponPaper) and paper.asks} == {True}
    assert asked == plan(3, 7)


def test_the_limits_part_what_is_followed_from_what_a_person_sees() -> None:
    memos = [paper for paper in plan(3, 7) if paper.kind == "memo"]
    text = report(memos, [0.7, 0.0, 0.69, 0.2, 0.19, 0.9], (200_000, 700_000))
    assert "| memo, asks | 3 | 1 | 1 | 1 |" in text
    assert "| memo, does not | 3 | 1 | 1 | 1 |" in text
