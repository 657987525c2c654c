"""Fits how the readers of amounts are weighed: `python -m training.judge`, about a minute on one core.

Drawn amounts (of MNIST's test part, seeds and writers that no net was trained on) are read by both; the weights are
those under which the truth is likeliest. It prints, for each limit of the first reader's confidence, how many lines it
settles alone and how many of these wrongly: what its confidence is worth.
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

from ocr import amount, ctc, figure_head, figures, ppocr
from training import figure_lines, figure_rows

ROOT = Path(__file__).resolve().parents[1]
OURS = 2 / 3  # of the others' exponent, for the net of figures
LIMITS = (0.9, 0.95, 0.97, 0.98, 0.99, 0.995)
Chances = dict[int, float]
Read = tuple[int, Chances, Chances, Chances]  # truth; the net of figures, PP-OCR, the head on PP-OCR's features


def main() -> None:
    """Read, fit, write."""
    words = argparse.ArgumentParser(description=__doc__)
    words.add_argument("--out", type=Path, default=ROOT / "ocr" / "models" / "amount_judge.json")
    words.add_argument("--models", type=Path, help="a folder whose models are fitted instead of ours")
    words.add_argument("--lines", type=int, default=800)
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


def fitted(read: Sequence[Read]) -> amount.Weights:
    """The weights under which the truths are likeliest; a truth that no reader named counts as none.

    How they stand to each other is given: drawn lines flatter the nets that learnt from such. The net of figures, which
    knows nothing else, gets less than PP-OCR and the head on its features, which were made from real writing.
    """
    grid = product((0.15, 0.2, 0.3, 0.45, 0.6, 0.8), (1e-4, 1e-3, 3e-3, 1e-2, 3e-2, 0.1))
    return max(
        (amount.Weights(round(OURS * each, 3), each, each, none) for each, none in grid),
        key=lambda by: _likelihood(read, by),
    )


def _joint(one: Read, by: amount.Weights) -> Chances:
    _, first, other, head = one
    return amount.weighed([(first, by.first), (other, by.second), (head, by.head)], by.none)


def _likelihood(read: Sequence[Read], by: amount.Weights) -> float:
    total = 0.0
    for one in read:
        found = _joint(one, by)
        total += log(max(found.get(one[0], 1 - sum(found.values())), 1e-9))
    return total


def _read(count: int, seed: int) -> list[Read]:
    rng = np.random.default_rng(seed)
    read: list[Read] = []
    while len(read) < count:
        draw = figure_rows.line if rng.random() < 0.5 else figure_lines.amount_line
        gray, label = draw(rng, "t10k")
        meant = amount.parse(label)
        if meant:
            looks = [amount.meant(figures.read_figures(gray, one).likely(24)) for one in (1.0, figures.NARROW)]
            read.append((meant[0][0], amount.mean(*looks), *amount.second(gray)))
    return read


def _best(found: dict[int, float]) -> int | None:
    return max(found, key=lambda value: found[value], default=None)


def _share(right: Sequence[bool]) -> float:
    return round(sum(right) / max(1, len(right)), 4)


if __name__ == "__main__":
    main()
