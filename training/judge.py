"""Fits how the readers of amounts are weighed: `python -m training.judge`, some two minutes on one core.

Drawn amounts, in hands that none of our nets has met, are read by all; the weights are those under which the truth is
likeliest. On hands like those it was trained on a net flatters itself: the one that knows what we draw and nothing else
most of all. It prints, for each limit of the first reader's confidence, how many lines it settles alone and how many of
these wrongly: what its confidence is worth.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from itertools import product
from math import log
from pathlib import Path

import cv2
import numpy as np

from ocr.fields import amount_forms, amount_judge
from ocr.nets import ctc, figure_head, figures, ppocr
from training import figure_ink, figure_lines

ROOT = Path(__file__).resolve().parents[1]
EXPONENTS = (0.1, 0.15, 0.2, 0.3, 0.4, 0.5, 0.65, 0.8)
NONES = (1e-3, 3e-3, 1e-2, 3e-2, 0.1)
LIMITS = (0.9, 0.95, 0.97, 0.98, 0.99, 0.995)
Chances = dict[int, float]
Read = tuple[int, Chances, Chances, Chances]  # truth; the net of figures, PP-OCR, the head on PP-OCR's features


def main() -> None:
    """Read, fit, write."""
    words = argparse.ArgumentParser(description=__doc__)
    words.add_argument("--out", type=Path, default=ROOT / "ocr" / "models" / "amount_judge.json")
    words.add_argument("--models", type=Path, help="a folder whose models are fitted instead of ours")
    words.add_argument("--lines", type=int, default=1200)
    words.add_argument("--seed", type=int, default=2611)
    chosen = words.parse_args()
    cv2.setNumThreads(1)
    ctc.use(chosen.models)
    read = _read(chosen.lines, chosen.seed)
    for limit in LIMITS:
        alone = [one for one in read if max(one[1].values(), default=0.0) >= limit]
        wrong = sum(_best(first) != truth for truth, first, *_ in alone)
        print(f"alone from {limit}: {len(alone) / len(read):.3f} of lines, {wrong} of {len(alone)} wrong")
    by = fitted(read)
    joint = [_joint(one, by) for one in read]
    facts = {
        "version": f"amount_judge-{chosen.seed}-{chosen.lines}",
        "first": by.first,
        "second": by.second,
        "head": by.head,
        "none": by.none,
        "readers": [ctc.version_of(figures.MODEL), ppocr.readers_version(), ctc.version_of(figure_head.MODEL)],
        "lines": len(read),
        "figures": {
            "first_exact": _share([_best(one[1]) == one[0] for one in read]),
            "second_exact": _share([_best(one[2]) == one[0] for one in read]),
            "head_exact": _share([_best(one[3]) == one[0] for one in read]),
            "joint_exact": _share([_best(found) == one[0] for found, one in zip(joint, read, strict=True)]),
        },
    }
    chosen.out.write_text(json.dumps(facts, indent=1) + "\n")
    print(json.dumps(facts, indent=1))


def fitted(read: Sequence[Read]) -> amount_judge.Weights:
    """The weights under which the truths are likeliest; a truth that no reader named counts as none."""
    most = max(len(_named(one)) for one in read)
    logs = np.full((len(read), most, 3), -np.inf)  # of what each reader gives each candidate, the truth first
    for row, one in zip(logs, read, strict=True):
        for at, value in enumerate(_named(one)):
            row[at] = [log(found.get(value, 0.0) + amount_judge.FLOOR) for found in one[1:]]
    known = np.array([any(one[0] in found for found in one[1:]) for one in read])
    best, likeliest = amount_judge.Weights(0, 0, 0, 1), -np.inf
    for exponents in product(EXPONENTS, repeat=3):
        scores = np.exp(logs @ np.array(exponents))
        for none in NONES:
            likelihood = np.log(np.where(known, scores[:, 0], none) / (scores.sum(axis=1) + none)).sum()
            if likelihood > likeliest:
                best, likeliest = amount_judge.Weights(*exponents, none), likelihood
    return best


def _named(one: Read) -> list[int]:
    """The candidates of a line, the truth first where any reader names it."""
    truth, *voices = one
    values = {value for found in voices for value in found}
    return sorted(values, key=lambda value: (value != truth, value))


def _joint(one: Read, by: amount_judge.Weights) -> Chances:
    _, first, other, head = one
    return amount_judge.weighed([(first, by.first), (other, by.second), (head, by.head)], by.none)


def _read(count: int, seed: int) -> list[Read]:
    rng = np.random.default_rng(seed)
    read: list[Read] = []
    while len(read) < count:
        gray, label = figure_lines.amount_line(rng, "t10k", figure_ink.kept_faces())
        meant = amount_forms.parse(label)
        if meant:
            looks = [amount_forms.meant(figures.read_figures(gray, one).likely(24)) for one in (1.0, figures.NARROW)]
            read.append((meant[0][0], amount_judge.mean_chances(*looks), *amount_judge.second_readers(gray)))
    return read


def _best(found: dict[int, float]) -> int | None:
    return max(found, key=lambda value: found[value], default=None)


def _share(right: Sequence[bool]) -> float:
    return round(sum(right) / max(1, len(right)), 4)


if __name__ == "__main__":
    main()
