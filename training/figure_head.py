"""Trains the head that reads figures off PP-OCR's features: `python -m training.figure_head`, about 20 minutes.

PP-OCRv6 (Apache-2.0, in the wheel of rapidocr) sees strokes well and was never told what US payers write in figures.
A small net on what its last convolution gives, trained on the drawn lines of training/figure_rows.py and
training/figure_lines.py, reads amounts in one run of PP-OCR together with PP-OCR's own reading. Of what its last layer
gives the net makes less: by then PP-OCR has made up its mind.
"""

from __future__ import annotations

import argparse
import json
from concurrent.futures import ProcessPoolExecutor
from functools import partial
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
ROWS = 0.65  # share of plain rows of digits
PART = 500  # lines drawn by a process at a time
WIDEST = 16.0  # widths to a height: longer lines are no amounts
BATCH = 48
PACE = 3e-3
HELD_OUT = 800
Feature = tuple[np.ndarray, str]  # [columns, ppocr.FEATURES] and what the line says


class Head(nn.Module):
    """Features [n, 1, ppocr.FEATURES, columns] to scores [n, columns, classes]."""

    def __init__(self, classes: int, wide: int = 112) -> None:
        super().__init__()
        self.layers = nn.Sequential(
            nn.Dropout(0.15),
            *_layer(1, wide, (ppocr.FEATURES, 1)),
            nn.Dropout(0.15),
            *_layer(wide, wide, (1, 5)),
            nn.Dropout(0.15),
            *_layer(wide, wide, (1, 5)),
            nn.Dropout(0.1),
            nn.Conv2d(wide, classes, 1),
        )

    def forward(self, columns: torch.Tensor) -> torch.Tensor:
        """Scores before the softmax."""
        scores: torch.Tensor = self.layers(columns).squeeze(2).transpose(1, 2)
        return scores


def _layer(inward: int, outward: int, side: tuple[int, int]) -> list[nn.Module]:
    convolution = nn.Conv2d(inward, outward, side, padding=(0, side[1] // 2), bias=False)
    return [convolution, nn.BatchNorm2d(outward), nn.ReLU()]


def main() -> None:
    """Draw, train, export, measure, write the figures."""
    words = argparse.ArgumentParser(description=__doc__)
    words.add_argument("--out", type=Path, default=ROOT / "ocr" / "models" / "figure_head.onnx")
    words.add_argument("--lines", type=int, default=24_000)
    words.add_argument("--steps", type=int, default=3600)
    words.add_argument("--seed", type=int, default=2711)
    words.add_argument("--processes", type=int, default=2)
    chosen = words.parse_args()
    kept = _features(chosen.lines, chosen.seed, "train", chosen.processes)
    held = _features(HELD_OUT, chosen.seed + 1_000_000, "t10k", chosen.processes)
    every = np.concatenate([columns for columns, _ in kept[:2000]]).astype(np.float32)
    mean, spread = every.mean(axis=0), every.std(axis=0) + 1e-3
    form = {
        "version": f"figure_head-{chosen.seed}-{chosen.steps}", "alphabet": figures.ALPHABET,
        "height_px": ppocr.FEATURES, "stride_px": 1, "mean": _short(mean), "spread": _short(spread),
    }  # fmt: skip
    net = fcn.trained(
        lambda rng: _sample(kept[int(rng.integers(len(kept)))], mean, spread),
        figures.ALPHABET,
        chosen.steps,
        chosen.seed,
        batch=BATCH,
        make=Head,
        stride_px=1,
        pace=PACE,
        averaged=True,
    )
    fcn.export(net, chosen.out, ppocr.FEATURES)
    samples = [_sample(one, mean, spread) for one in held]
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
            "real_amounts_digits_exact": _real_exact(net, mean, spread),
        },
    }  # fmt: skip
    chosen.out.with_suffix(".json").write_text(json.dumps(facts) + "\n")
    print(json.dumps({key: facts[key] for key in ("version", "temperature", "parameters", "figures")}, indent=1))


def _sample(feature: Feature, mean: np.ndarray, spread: np.ndarray) -> fcn.Sample:
    return figure_head.picture(feature[0], mean, spread), feature[1]


def _features(count: int, seed: int, part: str, processes: int) -> list[Feature]:
    seeds = range(seed, seed + -(-count // PART))
    with ProcessPoolExecutor(processes, get_context("spawn")) as pool:
        parts = pool.map(partial(_drawn, part), seeds)
        found: list[Feature] = []
        for at, one in enumerate(parts):
            found += one
            if at % 4 == 3:
                print(f"{len(found)} lines of {part}", flush=True)
    return found[:count]


def _drawn(part: str, seed: int) -> list[Feature]:
    cv2.setNumThreads(1)
    rng = np.random.default_rng(seed)
    found: list[Feature] = []
    while len(found) < PART:
        gray, text = figure_rows.line(rng, part) if rng.random() < ROWS else figure_lines.line(rng, part)
        if min(gray.shape) < 4 or gray.shape[1] > WIDEST * gray.shape[0] or not text:
            continue
        columns = ppocr.read_with_features(gray)[1]
        if len(columns) > len(text) + 2:
            found.append((columns.astype(np.float16), text))
    return found


def _short(values: np.ndarray) -> list[float]:
    return [round(float(one), 4) for one in values]


def _read(scores: np.ndarray) -> str:
    return "".join(char.value for char in greedy(log_softmax(scores), figures.ALPHABET))


def _share(right: list[bool]) -> float:
    return round(sum(right) / max(1, len(right)), 4)


def _real_exact(net: Any, mean: np.ndarray, spread: np.ndarray) -> float | None:
    lines = real_amounts()
    seen = [ppocr.read_with_features(gray)[1] for gray, _ in lines]
    read = [_read(fcn.scores_of(net, figure_head.picture(one, mean, spread))) for one in seen]
    right = ["".join(filter(str.isdigit, one)) == digits for one, (_, digits) in zip(read, lines, strict=True)]
    return _share(right) if lines else None


if __name__ == "__main__":
    main()
