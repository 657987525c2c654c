"""Charts as inline SVG: no script, nothing loaded from elsewhere, and a text alternative for each."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from markupsafe import Markup, escape

INK, MUTED = "#1b2530", "#56626f"
SLOT_PX = 34  # room for two lines of text beside a node of a flow
NOTE_PX = 80  # room for the note behind a bar
LETTER_PX = 7.2  # of a bold letter at 13 px, on the wide side: a label must never be cut
PANEL_PX = 150  # beside a node in the middle of a flow, for its label: ribbons leave behind it


@dataclass(frozen=True, slots=True)
class Bar:
    """One bar, stacked from parts (color, value)."""

    label: str
    parts: tuple[tuple[str, float], ...]
    note: str  # behind the bar

    @property
    def value(self) -> float:
        """Length of the whole bar."""
        return sum(value for _, value in self.parts)


@dataclass(frozen=True, slots=True)
class Node:
    """One node of a flow."""

    key: str
    label: str
    note: str
    color: str


def bars(title: str, rows: Sequence[Bar], label_px: int = 190, width_px: int = 640) -> Markup:
    """Horizontal bars, one below the other, each with a label before it and a note behind it.

    Where a label is longer than `label_px`, the chart gets wider.
    """
    step, thick = 26, 16
    more_px = max(0, _label_px(row.label for row in rows) - label_px)
    label_px, width_px = label_px + more_px, width_px + more_px
    longest = max((row.value for row in rows), default=0.0) or 1.0
    room = width_px - label_px - NOTE_PX
    body = []
    for place, row in enumerate(rows):
        top = place * step + 4
        body.append(_text(label_px - 10, top + 12, row.label, "end", INK))
        left = float(label_px)
        for color, value in row.parts:
            wide = max(value / longest * room, 1.5 if value else 0.0)
            body.append(f'<rect x="{left:.1f}" y="{top}" width="{wide:.1f}" height="{thick}" fill="{color}"/>')
            left += wide
        body.append(_text(left + 8, top + 12, row.note, "start", MUTED))
    description = "; ".join(f"{row.label}: {row.note}" for row in rows)
    return _svg(title, description, width_px, len(rows) * step + 4, body)


def flow(title: str, columns: Sequence[Sequence[Node]], links: Mapping[tuple[str, str], float]) -> Markup:
    """Nodes in columns, joined by ribbons as thick as what flows; a node is as tall as what passes through it."""
    height_px, node_px = 260, 14
    first_px = max(110, _label_px(text for node in (columns[0] if columns else ()) for text in (node.label, node.note)))
    width_px = 870 + first_px
    sizes = {node.key: _through(node.key, links) for column in columns for node in column}
    full = max((sum(sizes[n.key] for n in column) for column in columns), default=0.0) or 1.0
    tallest = max(len(column) for column in columns) if columns else 1
    unit = (height_px - SLOT_PX * tallest) / full
    left_px = [first_px + place * 630 / max(1, len(columns) - 1) for place in range(len(columns))]
    tops: dict[str, float] = {}
    body: list[str] = []
    for column in columns:
        # Each node gets a slot: its own height and room for two lines of text.
        top = (height_px - sum(sizes[node.key] * unit + SLOT_PX for node in column)) / 2
        for node in column:
            tops[node.key] = top + SLOT_PX / 2
            top += sizes[node.key] * unit + SLOT_PX
    at = {node.key: left_px[place] for place, column in enumerate(columns) for node in column}
    # Ribbons leave behind the label of a node in the middle, so that nothing runs through its text.
    ends = {
        node.key: left_px[place] + node_px + (PANEL_PX if 0 < place < len(columns) - 1 else 0)
        for place, column in enumerate(columns)
        for node in column
    }
    colors = {node.key: node.color for column in columns for node in column}
    body += _ribbons(links, at, ends, tops, colors, unit)
    for place, column in enumerate(columns):
        for node in column:
            high = max(sizes[node.key] * unit, 2)
            x, y = at[node.key], tops[node.key]
            if ends[node.key] > x + node_px:
                body.append(_panel(x + node_px, y, ends[node.key], high, node.color))
            body.append(f'<rect x="{x:.1f}" y="{y:.1f}" width="{node_px}" height="{high:.1f}" fill="{node.color}"/>')
            side, anchor = (x - 10, "end") if place == 0 else (x + node_px + 10, "start")
            middle = y + high / 2
            body.append(_text(side, middle - 4, node.label, anchor, INK, bold=True))
            body.append(_text(side, middle + 11, node.note, anchor, MUTED))
    description = "; ".join(f"{node.label}: {node.note}" for column in columns for node in column)
    return _svg(title, description, width_px, height_px, body)


def _ribbons(
    links: Mapping[tuple[str, str], float],
    at: Mapping[str, float],
    ends: Mapping[str, float],
    tops: Mapping[str, float],
    colors: Mapping[str, str],
    unit: float,
) -> list[str]:
    leaving, arriving = dict(tops), dict(tops)
    paths = []
    for (source, target), value in links.items():
        if value <= 0:
            continue
        thick = max(value * unit, 1.0)
        x0, x1 = ends[source], at[target]
        y0, y1 = leaving[source], arriving[target]
        leaving[source], arriving[target] = y0 + value * unit, y1 + value * unit
        bend = (x0 + x1) / 2
        paths.append(
            f'<path d="M{x0:.1f} {y0:.1f}C{bend:.1f} {y0:.1f} {bend:.1f} {y1:.1f} {x1:.1f} {y1:.1f}'
            f'V{y1 + thick:.1f}C{bend:.1f} {y1 + thick:.1f} {bend:.1f} {y0 + thick:.1f} {x0:.1f} {y0 + thick:.1f}Z" '
            f'fill="{colors[target]}" fill-opacity=".28"/>'
        )
    return paths


def _panel(left: float, top: float, right: float, high: float, color: str) -> str:
    """The ground of a label: as high as its node, and as its two lines of text."""
    tall = max(high, SLOT_PX - 4)
    place = f'x="{left:.1f}" y="{top - (tall - high) / 2:.1f}" width="{right - left:.1f}" height="{tall:.1f}"'
    return f'<rect {place} fill="{color}" fill-opacity=".1"/>'


def _label_px(labels: Iterable[str]) -> int:
    """Room for the longest of these labels."""
    return round(max((len(label) for label in labels), default=0) * LETTER_PX) + 18


def _through(key: str, links: Mapping[tuple[str, str], float]) -> float:
    out = sum(value for (source, _), value in links.items() if source == key)
    into = sum(value for (_, target), value in links.items() if target == key)
    return max(out, into)


def _text(x: float, y: float, text: str, anchor: str, color: str, bold: bool = False) -> str:
    weight = ' font-weight="600"' if bold else ""
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" fill="{color}"{weight}>{escape(text)}</text>'


def _svg(title: str, description: str, width_px: int, height_px: float, body: Sequence[str]) -> Markup:
    return Markup(
        f'<svg role="img" aria-label="{escape(title)}. {escape(description)}" viewBox="0 0 {width_px} {height_px:.0f}" '
        f'style="max-width:{width_px}px" font-size="13" font-family="inherit">{"".join(body)}</svg>'
    )
