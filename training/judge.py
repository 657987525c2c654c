"""Fits how the readers of amounts are weighed: `python -m training.judge`, some two minutes on one core.

All readers read drawn amounts in hands that none of our nets has met; the weights are those under which the truth is
likeliest on one half of the lines, and all figures are of the other half. On hands like those that it was trained on a
net is too sure of itself, most of all the net that knows only what we draw. For each limit of the first reader's
confidence the script prints how many lines it settles alone and how many of these are wrong: what its confidence is
worth.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from itertools import product
from math import log
from pathlib import Path
from typing import NamedTuple

import cv2
import numpy as np

from lockbox.proving.curve import halves, interval
from ocr.fields import amount_forms, amount_judge
from ocr.nets import ctc, figure_head, figures, ppocr
from training import figure_ink, figure_lines

ROOT = Path(__file__).resolve().parents[1]
EXPONENTS = (0.1, 0.15, 0.2, 0.3, 0.4, 0.5, 0.65, 0.8)
NONES = (1e-3, 3e-3, 1e-2, 3e-2, 0.1)
LIMITS = (0.9, 0.95, 0.97, 0.98, 0.99, 0.995)
LIKELY = 24  # texts of the first reader whose amounts count
Chances = dict[int, float]


class Read(NamedTuple):
    """A drawn amount in cents, and the chances that each reader gives to amounts."""

    truth: int
    first: Chances  # the net of figures
    second: Chances  # PP-OCR
    head: Chances  # the head on PP-OCR's features

    @property
    def voices(self) -> tuple[Chances, Chances, Chances]:
        """All readers' chances."""
        return self.first, self.second, self.head


def main() -> None:
    """Reads, fits, writes."""
    options = _options()
    cv2.setNumThreads(1)
    ctc.use(options.models)
    learned, lines = halves(_read(options.lines, options.seed))
    for limit in LIMITS:
        alone = [line for line in lines if max(line.first.values(), default=0.0) >= limit]
        wrong = sum(_best(line.first) != line.truth for line in alone)
        low, high = interval(wrong, len(alone))
        print(f"alone from {limit}: {len(alone) / len(lines):.3f} of lines, {wrong} of {len(alone)} wrong", end=", ")
        print(f"{low:.2%} to {high:.2%} (95 %)")
    weights = fitted(learned)
    joint = [_joint(line, weights) for line in lines]
    facts = {
        "version": f"amount_judge-{options.seed}-{options.lines}",
        "first": weights.first,
        "second": weights.second,
        "head": weights.head,
        "none": weights.none,
        "readers": [ctc.version_of(figures.MODEL), ppocr.readers_version(), ctc.version_of(figure_head.MODEL)],
        "lines": len(learned),
        "lines_kept": len(lines),
        "figures": {
            "first_exact": _share([_best(line.first) == line.truth for line in lines]),
            "second_exact": _share([_best(line.second) == line.truth for line in lines]),
            "head_exact": _share([_best(line.head) == line.truth for line in lines]),
            "joint_exact": _share([_best(chances) == line.truth for chances, line in zip(joint, lines, strict=True)]),
        },
    }
    options.out.write_text(json.dumps(facts, indent=1) + "\n")
    print(json.dumps(facts, indent=1))


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=ROOT / "ocr" / "models" / "amount_judge.json")
    parser.add_argument("--models", type=Path, help="a folder whose models are fitted instead of ours")
    parser.add_argument("--lines", type=int, default=1200)
    parser.add_argument("--seed", type=int, default=2611)
    return parser.parse_args()


def fitted(lines: Sequence[Read]) -> amount_judge.Weights:
    """The weights under which the truths are likeliest; a truth that no reader named counts as none."""
    most = max(len(_named(line)) for line in lines)
    logs = np.full((len(lines), most, 3), -np.inf)  # of what each reader gives each candidate, the truth first
    for row, line in zip(logs, lines, strict=True):
        for at, value in enumerate(_named(line)):
            row[at] = [log(chances.get(value, 0.0) + amount_judge.FLOOR) for chances in line.voices]
    known = np.array([any(line.truth in chances for chances in line.voices) for line in lines])
    best, likeliest = amount_judge.Weights(0, 0, 0, 1), -np.inf
    for exponents in product(EXPONENTS, repeat=3):
        scores = np.exp(logs @ np.array(exponents))
        for none in NONES:
            likelihood = np.log(np.where(known, scores[:, 0], none) / (scores.sum(axis=1) + none)).sum()
            if likelihood > likeliest:
                best, likeliest = amount_judge.Weights(*exponents, none), likelihood
    return best


def _named(line: Read) -> list[int]:
    """The candidates of a line, the truth first if any reader names it."""
    values = {value for chances in line.voices for value in chances}
    return sorted(values, key=lambda value: (value != line.truth, value))


def _joint(line: Read, by: amount_judge.Weights) -> Chances:
    return amount_judge.weighed([(line.first, by.first), (line.second, by.second), (line.head, by.head)], by.none)


def _read(count: int, seed: int) -> list[Read]:
    rng = np.random.default_rng(seed)
    lines: list[Read] = []
    while len(lines) < count:
        gray, label = figure_lines.amount_line(rng, "t10k", figure_ink.kept_faces())
        meant = amount_forms.parse(label)
        if meant:
            looks = [
                amount_forms.meant(figures.read_figures(gray, squeeze).likely(LIKELY))
                for squeeze in (1.0, figures.NARROW)
            ]
            lines.append(Read(meant[0][0], amount_judge.mean_chances(*looks), *amount_judge.second_readers(gray)))
    return lines


def _best(chances: Chances) -> int | None:
    return max(chances, key=lambda value: chances[value], default=None)


def _share(right: Sequence[bool]) -> float:
    return round(sum(right) / max(1, len(right)), 4)


if __name__ == "__main__":
    main()
