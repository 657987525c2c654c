"""Trains the reader of lines of text: `python training/text.py --out ocr/models/text.onnx`, 75 minutes of two cores.

Needs PyTorch and onnx (training only), the fonts of tools/system_packages.sh and npm, which fetches more hands into
`--fonts`. The JSON beside the model says what it was trained on, with licenses, seed and figures on faces held out.
"""

from __future__ import annotations

import argparse
import json
import sys
from functools import cache, partial
from pathlib import Path

import cv2
import numpy as np
import torch
from torch import nn

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from ocr.nets.ctc import greedy, log_softmax  # noqa: E402
from ocr.nets.ppocr import ASCII  # noqa: E402
from training import fcn, hand_fonts, text_lines  # noqa: E402
from training.quantize import quantized  # noqa: E402

STORED, FRESH = 24_000, 0.4  # drawn lines kept to be used again, and the share of new ones
BATCH = 24
MEASURED, CHECKPOINT_LINES = 400, 100  # lines of each manner to measure on, at the end and while it trains
SHOWN = 60  # lines of each manner from which the quantized net takes its ranges
_WIDE = 128  # channels of the layers along the line


class TextNet(nn.Module):
    """Picture [n, 1, 40, width] to scores [n, frames, classes]; a frame is 4 columns and sees 140 of them."""

    def __init__(self, classes: int) -> None:
        super().__init__()
        self.layers = nn.Sequential(
            *fcn.block(1, 16, (3, 3), (2, 2)),
            *fcn.block(16, 32, (3, 3), (2, 2)),
            *fcn.block(32, 48, (3, 3)),
            *fcn.block(48, 64, (3, 3), (2, 1)),
            *fcn.block(64, 64, (3, 3)),
            *fcn.block(64, _WIDE, (5, 3), high=False),
            *_along(1),
            *_along(2),
            *_along(4),
            nn.Conv2d(_WIDE, classes, 1),
        )

    def forward(self, line: torch.Tensor) -> torch.Tensor:
        """Scores before the softmax."""
        return self.layers(line).squeeze(2).transpose(1, 2)


def _along(apart: int) -> list[nn.Module]:
    """A layer along the line: five frames, `apart` from each other."""
    layer = nn.Conv2d(_WIDE, _WIDE, (1, 5), padding=(0, 2 * apart), dilation=(1, apart), bias=False)
    return [layer, nn.BatchNorm2d(_WIDE), nn.ReLU()]


def main() -> None:
    """Trains, exports, measures, writes the model's facts."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=ROOT / "ocr" / "models" / "text.onnx")
    parser.add_argument("--fonts", type=Path, default=Path.home() / ".cache" / "lockbox-training" / "fonts")
    parser.add_argument("--steps", type=int, default=20_000)
    parser.add_argument("--seed", type=int, default=1911)
    parser.add_argument("--start", type=Path, help="an exported net to go on from")
    parser.add_argument("--minutes", type=float, help="end after so long, with fewer steps")
    options = parser.parse_args()
    cv2.setNumThreads(1)
    faces = hand_fonts.faces(options.fonts)
    text_lines.add_hands(faces)

    def keep(step: int, net: nn.Module) -> None:
        fcn.export(net, options.out, text_lines.HEIGHT_PX)
        _write(options.out, _facts(fcn.exported(options.out), faces, options.seed, step, CHECKPOINT_LINES))

    net = fcn.trained(
        lambda rng: _sampled(options.fonts, rng, 0),
        ASCII,
        options.steps,
        options.seed,
        TextNet,
        options.start,
        on_checkpoint=keep,
        averaged=True,
        minutes=options.minutes,
        drawn=fcn.drawn_ahead(partial(_sampled, options.fonts), options.seed, options.steps, BATCH, processes=1),
    )
    fcn.export(net, options.out, text_lines.HEIGHT_PX)
    finish(options.out, faces, options.seed, net.steps, options.start)


def finish(out: Path, faces: list[hand_fonts.Face], seed: int, steps: int, start: Path | None) -> None:
    """Quantizes the exported net, and writes its figures from before and after."""
    shown = [text_lines.plain(line) for group in _held(seed + 2, SHOWN).values() for line, _ in group]
    facts = quantized(out, shown, lambda: _facts(fcn.exported(out), faces, seed, steps, MEASURED))
    if start:
        facts["continued_from"] = json.loads(start.with_suffix(".json").read_text())["version"]
    _write(out, facts)


@cache
def _store(fonts: Path) -> text_lines.Store:
    text_lines.add_hands(hand_fonts.faces(fonts))
    return text_lines.Store(STORED, FRESH)


def _sampled(fonts: Path, rng: np.random.Generator, _: int) -> fcn.Sample:
    """A line to train on, in a process that draws."""
    return _store(fonts).sample(rng)


@cache
def _held(seed: int, count: int) -> dict[str, list[tuple[np.ndarray, str]]]:
    """Lines to measure on: so many of each manner, in faces that it was trained on and in others."""
    rng = np.random.default_rng(seed)
    return {
        manner + ("_kept_out_faces" if held else ""): [text_lines.drawn(rng, held, manner) for _ in range(count)]
        for manner in ("hand", "print")
        for held in (False, True)
    }


def _write(out: Path, facts: dict[str, object]) -> None:
    out.with_suffix(".json").write_text(json.dumps(facts, indent=1) + "\n")
    print(json.dumps(facts["figures"]), flush=True)


def _facts(net: fcn.Scores, faces: list[hand_fonts.Face], seed: int, steps: int, count: int) -> dict[str, object]:
    scored = {
        name: [(net(text_lines.plain(line)), text) for line, text in lines]
        for name, lines in _held(seed + 1, count).items()
    }
    fitting = [
        (scores, text)
        for name in ("hand", "hand_kept_out_faces", "print")
        for scores, text in scored[name]
        if text_lines.fits(text, fcn.STRIDE_PX * len(scores))
    ]
    softening = fcn.temperature([scores for scores, _ in fitting], [text for _, text in fitting], ASCII)
    return {
        "version": f"text-{seed}-{steps}",
        "alphabet": ASCII,
        "height_px": text_lines.HEIGHT_PX,
        "stride_px": fcn.STRIDE_PX,
        "temperature": round(softening, 2),
        "parameters": sum(weights.numel() for weights in TextNet(len(ASCII) + 1).parameters()),
        "seed": seed,
        "steps": steps,
        "torch": torch.__version__,
        "data": {
            "drawn": "training/text_lines.py: print and handwriting on drawn stock, scanned, cut out as read",
            "words": "training/text_words.py; names of Faker (MIT), number words of num2words (LGPL)",
            "print": "Debian fonts named in lockbox/simulator/fonts.py",
            "hands": "18 Debian faces named there, and @fontsource packages of the npm registry: "
            + ", ".join(f"{face.name} ({face.license})" for face in faces),
            "faces_kept_out": [*text_lines.HELD_HANDS, *text_lines.HELD_PRINT],
        },
        "figures": {name: _figures(lines) for name, lines in scored.items()},
    }


def _figures(lines: list[tuple[np.ndarray, str]]) -> dict[str, float]:
    """The share of lines read exactly, and of characters read wrongly."""
    from rapidfuzz.distance import Levenshtein

    read = [("".join(char.value for char in greedy(log_softmax(seen), ASCII)).strip(), text) for seen, text in lines]
    wrong = sum(Levenshtein.distance(value, text) for value, text in read)
    return {
        "lines": len(lines),
        "exact": round(sum(value == text for value, text in read) / len(read), 4),
        "wrong_characters": round(wrong / sum(len(text) for _, text in read), 4),
    }


if __name__ == "__main__":
    main()
