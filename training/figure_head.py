"""Trains the head that reads figures off PP-OCR's features: `python -m training.figure_head`, about 20 minutes.

PP-OCRv6 (Apache-2.0, in the wheel of rapidocr) sees strokes well and was never told what US payers write in figures.
Its last layer is linear: 120 of its scores, chosen so that they are as independent as can be, hold all that it knows of
a column of the picture. A small net on these, trained on the drawn lines of training/figure_rows.py and
training/figure_lines.py, reads amounts in one run of PP-OCR together with PP-OCR's own reading.
"""

from __future__ import annotations

import argparse
import json
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from importlib.util import find_spec
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import torch
from torch import nn

from ocr import figure_head, figures, ppocr
from ocr.ctc import greedy, log_softmax
from training import fcn, figure_lines, figure_rows
from training.figures import real_amounts

ROOT = Path(__file__).resolve().parents[1]
FEATURES = 120
ROWS = 0.4  # share of plain rows of digits
PART = 500  # lines drawn by a process at a time
WIDEST = 16.0  # widths to a height: longer lines are no amounts
BATCH = 48
HELD_OUT = 800
Feature = tuple[np.ndarray, str]  # [columns, FEATURES] and what the line says


class Head(nn.Module):
    """Features [n, 1, FEATURES, columns] to scores [n, columns, classes]; each column of PP-OCR's stands twice."""

    def __init__(self, classes: int, wide: int = 112) -> None:
        super().__init__()
        self.layers = nn.Sequential(
            nn.Dropout(0.1),
            nn.Conv2d(1, wide, (FEATURES, 5), padding=(0, 2), bias=False),
            nn.BatchNorm2d(wide),
            nn.ReLU(),
            nn.Dropout(0.15),
            nn.Conv2d(wide, wide, (1, 5), padding=(0, 2), bias=False),
            nn.BatchNorm2d(wide),
            nn.ReLU(),
            nn.Dropout(0.1),
            nn.Conv2d(wide, classes, 1),
        )

    def forward(self, columns: torch.Tensor) -> torch.Tensor:
        """Scores before the softmax."""
        scores: torch.Tensor = self.layers(columns).squeeze(2).transpose(1, 2)
        return scores


def main() -> None:
    """Draw, train, export, measure, write the figures."""
    words = argparse.ArgumentParser(description=__doc__)
    words.add_argument("--out", type=Path, default=ROOT / "ocr" / "models" / "figure_head.onnx")
    words.add_argument("--lines", type=int, default=24_000)
    words.add_argument("--steps", type=int, default=9000)
    words.add_argument("--seed", type=int, default=2711)
    words.add_argument("--processes", type=int, default=2)
    chosen = words.parse_args()
    outputs = independent_outputs()
    kept = _features(outputs, chosen.lines, chosen.seed, "train", chosen.processes)
    held = _features(outputs, HELD_OUT, chosen.seed + 1_000_000, "t10k", chosen.processes)
    every = np.concatenate([columns for columns, _ in kept[:2000]]).astype(np.float32)
    mean, spread = every.mean(axis=0), every.std(axis=0) + 1e-3
    form = {
        "version": f"figure_head-{chosen.seed}-{chosen.steps}", "alphabet": figures.ALPHABET, "height_px": FEATURES,
        "stride_px": 1, "outputs": outputs, "mean": _short(mean), "spread": _short(spread),
    }  # fmt: skip
    lines = [(figure_head.picture(columns, mean, spread), text) for columns, text in kept]
    net = fcn.trained(
        lambda rng: lines[int(rng.integers(len(lines)))],
        figures.ALPHABET,
        chosen.steps,
        chosen.seed,
        batch=BATCH,
        make=Head,
        stride_px=1,
    )
    fcn.export(net, chosen.out, FEATURES)
    samples = [(figure_head.picture(columns, mean, spread), text) for columns, text in held]
    scores = [fcn.scores_of(net, picture) for picture, _ in samples]
    texts = [text for _, text in samples]
    facts = {
        **form,
        "temperature": round(fcn.temperature(scores, texts, figures.ALPHABET), 2),
        "parameters": sum(one.numel() for one in net.parameters()),
        "seed": chosen.seed, "steps": chosen.steps, "lines": len(kept), "torch": torch.__version__,
        "data": {
            "features": f"{ppocr.readers_version()}, Apache-2.0, wheel of rapidocr; not changed",
            "lines": "drawn by training/figure_rows.py and training/figure_lines.py, as for `figures`",
            "real_amounts": "none: ORAND-CAR-A is measured on only",
        },
        "figures": {
            "drawn_kept_out_exact": _share([_read(one) == text for one, text in zip(scores, texts, strict=True)]),
            "real_amounts_digits_exact": _real_exact(net, outputs, mean, spread),
        },
    }  # fmt: skip
    chosen.out.with_suffix(".json").write_text(json.dumps(facts) + "\n")
    print(json.dumps({key: facts[key] for key in ("version", "temperature", "parameters", "figures")}, indent=1))


def independent_outputs() -> list[int]:
    """As many of PP-OCR's outputs as its last layer has inputs: their weights, against the blank's, span them all.

    Chosen one after the other, each the one that those before it explain least (QR with column pivoting).
    """
    import onnx
    from onnx import numpy_helper

    spec = find_spec("rapidocr")
    assert spec is not None
    assert spec.submodule_search_locations is not None
    graph = onnx.load(str(Path(spec.submodule_search_locations[0]) / ppocr.MODEL)).graph
    last = next(node for node in reversed(graph.node) if node.op_type == "MatMul")
    weights = next(numpy_helper.to_array(one) for one in graph.initializer if one.name == last.input[1])
    rest = weights.astype(np.float64) - weights[:, :1]
    chosen: list[int] = []
    for _ in range(FEATURES):
        sizes = (rest**2).sum(axis=0)
        chosen.append(int(sizes.argmax()))
        way = rest[:, chosen[-1]] / np.sqrt(sizes[chosen[-1]])
        rest -= np.outer(way, way @ rest)
    return chosen


def _features(outputs: list[int], count: int, seed: int, part: str, processes: int) -> list[Feature]:
    seeds = range(seed, seed + -(-count // PART))
    with ProcessPoolExecutor(processes, get_context("spawn")) as pool:
        parts = pool.map(partial(_drawn, outputs, part), seeds)
        found: list[Feature] = []
        for at, one in enumerate(parts):
            found += one
            if at % 4 == 3:
                print(f"{len(found)} lines of {part}", flush=True)
    return found[:count]


def _drawn(outputs: list[int], part: str, seed: int) -> list[Feature]:
    cv2.setNumThreads(1)
    rng = np.random.default_rng(seed)
    found: list[Feature] = []
    while len(found) < PART:
        gray, text = figure_rows.line(rng, part) if rng.random() < ROWS else figure_lines.line(rng, part)
        if min(gray.shape) < 4 or gray.shape[1] > WIDEST * gray.shape[0] or not text:
            continue
        columns = figure_head.columns(ppocr.read_with_outputs(gray)[1], outputs)
        if 2 * len(columns) > len(text) + 2:
            found.append((columns.astype(np.float16), text))
    return found


def _short(values: np.ndarray) -> list[float]:
    return [round(float(one), 4) for one in values]


def _read(scores: np.ndarray) -> str:
    return "".join(char.value for char in greedy(log_softmax(scores), figures.ALPHABET))


def _share(right: list[bool]) -> float:
    return round(sum(right) / max(1, len(right)), 4)


def _real_exact(net: Any, outputs: list[int], mean: np.ndarray, spread: np.ndarray) -> float | None:
    lines = real_amounts()
    seen = [figure_head.columns(ppocr.read_with_outputs(gray)[1], outputs) for gray, _ in lines]
    read = [_read(fcn.scores_of(net, figure_head.picture(one, mean, spread))) for one in seen]
    right = ["".join(filter(str.isdigit, one)) == digits for one, (_, digits) in zip(read, lines, strict=True)]
    return _share(right) if lines else None


if __name__ == "__main__":
    main()
