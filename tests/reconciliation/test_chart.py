"""Charts as SVG: bars in proportion, flows that add up, text escaped and repeated for those who cannot see them."""

from __future__ import annotations

import re

import pytest

from reconciliation.chart import Bar, Node, bars, flow


def test_bars_are_in_proportion_and_escape_their_words() -> None:
    svg = bars("Reasons", [Bar("a & b", (("#111", 2.0),), "2"), Bar("c", (("#111", 1.0),), "1")])
    wide = [float(value) for value in re.findall(r'<rect [^>]*width="([\d.]+)"', svg)]
    assert wide[0] == pytest.approx(2 * wide[1], abs=0.2)
    assert "a &amp; b" in svg
    assert 'aria-label="Reasons. a &amp; b: 2; c: 1"' in svg


def test_a_flow_keeps_what_goes_through() -> None:
    columns = [[Node("x", "X", "3", "#111")], [Node("y", "Y", "2", "#222"), Node("z", "Z", "1", "#333")]]
    svg = flow("Flow", columns, {("x", "y"): 2, ("x", "z"): 1})
    high = [float(value) for value in re.findall(r'<rect [^>]*height="([\d.]+)"', svg)]
    assert high[0] == pytest.approx(high[1] + high[2], abs=0.3)
    assert high[1] == pytest.approx(2 * high[2], abs=0.3)
    assert svg.count("<path") == 2


def test_a_bar_without_a_value_has_no_length() -> None:
    svg = bars("Reasons", [Bar("none", (("#111", 0.0),), "0")])
    assert re.findall(r'<rect [^>]*width="([\d.]+)"', svg) == ["0.0"]


def test_a_link_that_carries_nothing_is_not_drawn() -> None:
    svg = flow("Flow", [[Node("x", "X", "", "#111")], [Node("y", "Y", "", "#222")]], {("x", "y"): 0})
    assert "<path" not in svg


def test_a_long_label_gets_the_room_that_it_needs() -> None:
    """Nothing begins left of the picture, whatever a reason is called."""
    label = "The amount in words is another one than in figures, twice over"
    svg = bars("Reasons", [Bar(label, (("#111", 1.0),), "1")], label_px=100, width_px=400)
    end = float(re.findall(r'<text x="([\d.]+)" [^>]*text-anchor="end"', svg)[0])
    assert end > len(label) * 7
    assert float(re.findall(r'viewBox="0 0 (\d+)', svg)[0]) == 400 + end + 10 - 100
    site = flow(
        "Flow", [[Node("x", "Northern collection site", "", "#111")], [Node("y", "Y", "", "#222")]], {("x", "y"): 1}
    )
    assert float(re.findall(r'<text x="([\d.]+)"', site)[0]) > len("Northern collection site") * 7


def test_a_flow_leaves_a_node_in_the_middle_behind_its_label() -> None:
    columns = [[Node("x", "X", "", "#111")], [Node("y", "Y", "1", "#222")], [Node("z", "Z", "", "#333")]]
    svg = flow("Flow", columns, {("x", "y"): 1, ("y", "z"): 1})
    label = float(re.findall(r'<text x="([\d.]+)" [^>]*>Y<', svg)[0])
    begins = [float(x) for x in re.findall(r'<path d="M([\d.]+) ', svg)]
    assert begins[1] > label + 100
