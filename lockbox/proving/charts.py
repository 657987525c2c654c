"""Charts of operating curves and of reliability."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import ceil
from pathlib import Path

import matplotlib as mpl
from matplotlib.figure import Figure

from lockbox.proving.curve import RATES, Judged, Point, curve
from lockbox.proving.fitting import reliability

mpl.use("Agg")
COLUMNS = 4
LEAST = 3e-5  # where a rate of zero is drawn: the axis is logarithmic
INK, AFTER, BEFORE = "#1f4e79", "#1a7f37", "#c07000"


def operating_curves(judged: Mapping[str, Sequence[Judged]], title: str, path: Path) -> None:
    """One small chart for each name: accept rate over the share of misreads among the accepted, log scale.

    A picture of all limits; none is chosen from it.
    """
    named = {name: curve(claims) for name, claims in judged.items() if any(claim.expected for claim in claims)}
    figure, places = _grid(len(named), title)
    for (name, points), axes in zip(named.items(), places, strict=False):
        rates = [max(LEAST, point.misread_rate) for point in points[1:]]
        accepted = [100 * point.accept_rate for point in points[1:]]
        axes.plot(rates, accepted, color=INK, linewidth=1.2)
        axes.plot(rates[-1:], accepted[-1:], "o", color=INK, markersize=4, clip_on=False)
        for rate in RATES:
            axes.axvline(rate, color="#bbbbbb", linewidth=0.6, linestyle="--")
        axes.axvspan(LEAST / 1.3, _provable(points), color="#f0f0f0")
        axes.set_xscale("log")
        axes.set_xlim(LEAST / 1.3, 1)
        axes.set_ylim(0, 102)
        axes.set_title(f"{name}  (n = {points[0].expected:,})", fontsize=9)
    figure.supxlabel("misread among accepted (gray: fewer than this number can prove; left edge: none)", fontsize=9)
    figure.supylabel("accepted, % of what was to be read", fontsize=9)
    figure.savefig(path, dpi=110)


def reliability_diagrams(
    before: Mapping[str, Sequence[Judged]], after: Mapping[str, Sequence[Judged]], title: str, path: Path
) -> None:
    """Claimed probability against the share that was right, with 95 % intervals, before and after calibration.

    Both axes show the chance of being wrong on a log scale: probabilities from 0.9 to 0.9999 are what matters.
    """
    names = [name for name in before if sum(claim.probability is not None for claim in before[name]) >= 20]
    figure, places = _grid(len(names), title)
    for name, axes in zip(names, places, strict=False):
        axes.plot([LEAST, 1], [LEAST, 1], color="#999999", linewidth=0.8)
        for judged, color, label, shift in ((before, BEFORE, "claimed", 1.0), (after, AFTER, "calibrated", 1.06)):
            bins = reliability(judged[name])
            x = [max(LEAST, 1 - bin_.claimed) * shift for bin_ in bins]
            y = [max(LEAST, 1 - bin_.share) for bin_ in bins]
            low = [at - max(LEAST, 1 - bin_.range[1]) for at, bin_ in zip(y, bins, strict=True)]
            high = [max(LEAST, 1 - bin_.range[0]) - at for at, bin_ in zip(y, bins, strict=True)]
            axes.errorbar(x, y, [low, high], fmt="o", markersize=3, linewidth=0.8, color=color, label=label)
        axes.set_xscale("log")
        axes.set_yscale("log")
        axes.set_xlim(1.2, LEAST / 1.2)
        axes.set_ylim(1.2, LEAST / 1.2)
        count = sum(claim.probability is not None for claim in before[name])
        axes.set_title(f"{name}  (n = {count:,})", fontsize=9)
    if names:
        places[0].legend(fontsize=7)
    figure.supxlabel("claimed chance of being wrong (surer to the right)", fontsize=9)
    figure.supylabel("share that was wrong (better upwards; bottom of bar to 1: too few)", fontsize=9)
    figure.savefig(path, dpi=110)


def _provable(points: Sequence[Point]) -> float:
    """The misread rate below which this many accepted prove nothing."""
    return min(1.0, 3.0 / max(1, points[-1].accepted))


def _grid(count: int, title: str) -> tuple[Figure, list[mpl.axes.Axes]]:
    rows = max(1, ceil(count / COLUMNS))
    figure = Figure(figsize=(13, 2.7 * rows + 0.9), layout="constrained")
    figure.suptitle(title, fontsize=11)
    grid = figure.subplots(rows, COLUMNS, squeeze=False)
    places = [axes for row in grid for axes in row]
    for axes in places:
        axes.tick_params(labelsize=7)
    for axes in places[count:]:
        axes.set_visible(False)
    return figure, places
