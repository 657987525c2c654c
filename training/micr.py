"""Trains the MICR reader: `python training/micr.py --out ocr/models/micr.onnx`, about 12 minutes on one core.

Needs PyTorch and onnx (training only). Uses the labeled lines of a folder if it exists, and always drawn lines; the
JSON beside the model says which, with licenses, seed and figures on lines that were held out of training.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

import numpy as np
import torch
from torch import nn

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from ocr.image.e13b import ALPHABET  # noqa: E402
from ocr.nets.ctc import greedy, log_softmax  # noqa: E402
from training import fcn, micr_lines  # noqa: E402

REAL_LINES = ROOT.parent / "shared" / "data" / "micr_lines"
REAL_SHARE, FOREIGN_SHARE = 0.35, 0.08  # of the lines that it learns from
HELD_SHARE = 0.25  # of the real lines, to measure on
DRAWN, FOREIGN = 500, 300  # drawn lines and other print to measure on


class Net(nn.Module):
    """Picture [n, 1, 32, width] to scores [n, frames, classes]; a frame is 4 columns."""

    def __init__(self, classes: int, wide: int = 64) -> None:
        super().__init__()
        self.layers = nn.Sequential(
            *fcn.block(1, 16, (3, 3), (2, 2)),
            *fcn.block(16, 24, (3, 3), (2, 2)),
            *fcn.block(24, 32, (3, 3)),
            *fcn.block(32, 48, (3, 3), (2, 1)),
            *fcn.block(48, 48, (3, 3)),
            *fcn.block(48, wide, (4, 3), high=False),
            *fcn.block(wide, wide, (1, 3)),
            nn.Conv2d(wide, classes, 1),
        )

    def forward(self, line: torch.Tensor) -> torch.Tensor:
        """Scores before the softmax."""
        scores: torch.Tensor = self.layers(line).squeeze(2).transpose(1, 2)
        return scores


def main() -> None:
    """Trains, exports, measures, writes the model's facts."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=ROOT / "ocr" / "models" / "micr.onnx")
    parser.add_argument("--real", type=Path, default=REAL_LINES, help="folder of labeled real lines")
    parser.add_argument("--steps", type=int, default=2400)
    parser.add_argument("--seed", type=int, default=1122)
    parser.add_argument("--start", type=Path, help="an exported net to go on from")
    options = parser.parse_args()
    train, held = micr_lines.split(micr_lines.real_lines(options.real), HELD_SHARE, options.seed)
    print(f"real lines: {len(train)} to train on, {len(held)} kept out" if train else "no real lines, only drawn ones")
    net = fcn.trained(
        lambda rng: _sample(rng, train),
        ALPHABET,
        options.steps,
        options.seed,
        Net,
        options.start,
        on_checkpoint=lambda step, now: print(f"step {step}: {_share(now, held)} of real lines kept out", flush=True),
    )
    fcn.export(net, options.out)
    facts = _facts(net, train, held, options.seed, options.steps)
    if options.start:
        facts["continued_from"] = json.loads(options.start.with_suffix(".json").read_text())["version"]
    options.out.with_suffix(".json").write_text(json.dumps(facts, indent=1) + "\n")
    print(json.dumps(facts, indent=1))


def _sample(rng: np.random.Generator, train: list[micr_lines.RealLine]) -> fcn.Sample:
    choice = rng.random()
    if choice < FOREIGN_SHARE:
        return micr_lines.foreign(rng)
    if train and choice < FOREIGN_SHARE + REAL_SHARE:
        return micr_lines.augmented(rng, train[int(rng.integers(len(train)))])
    return micr_lines.drawn(rng)


def _facts(
    net: nn.Module, train: list[micr_lines.RealLine], held: list[micr_lines.RealLine], seed: int, steps: int
) -> dict[str, object]:
    rng = np.random.default_rng(seed + 1)
    drawn = [micr_lines.drawn(rng) for _ in range(DRAWN)]
    foreign = [micr_lines.foreign(rng) for _ in range(FOREIGN)]
    real = [(micr_lines.plain(line), line.label) for line in held]
    judged = real or drawn
    scores = [fcn.scores_of(net, picture) for picture, _ in judged]
    softening = fcn.temperature(scores, [text for _, text in judged], ALPHABET)
    for line, seen in zip(held, scores, strict=False):
        read = _read(seen)
        if read != line.label:
            print(f"missed {line.file} group {line.group}: {line.label} read {read}")
    return {
        "version": f"micr-{seed}-{steps}",
        "alphabet": ALPHABET,
        "height_px": fcn.HEIGHT_PX,
        "stride_px": fcn.STRIDE_PX,
        "char_px": micr_lines.CHAR_PX,
        "temperature": round(softening, 2),
        "parameters": sum(weights.numel() for weights in net.parameters()),
        "seed": seed,
        "steps": steps,
        "torch": torch.__version__,
        "data": {
            "drawn": "ocr/image/e13b.py, shapes of ANSI X9.27 E-13B (facts); made by training/micr_lines.py",
            "other_print": f"{len(micr_lines._fonts())} installed fonts, only as what must not be read",
            "real": "tesseractMICR, DoubangoTelecom, BSD-3-Clause, labels corrected" if train else "none",
            "real_lines_trained_on": len(train),
            "real_lines_kept_out": len(held),
            "groups_kept_out": sorted({line.group for line in held}),
        },
        "figures": {
            "real_kept_out_exact": _exact(real, scores) if real else None,
            "drawn_exact": _exact(drawn, [fcn.scores_of(net, picture) for picture, _ in drawn]),
            "other_print_left_unread": _exact(foreign, [fcn.scores_of(net, picture) for picture, _ in foreign]),
        },
    }


def _share(net: nn.Module, lines: list[micr_lines.RealLine]) -> float | None:
    samples = [(micr_lines.plain(line), line.label) for line in lines]
    return _exact(samples, [fcn.scores_of(net, picture) for picture, _ in samples]) if samples else None


def _read(scores: np.ndarray) -> str:
    return "".join(char.value for char in greedy(log_softmax(scores), ALPHABET))


def _exact(samples: list[fcn.Sample], scores: list[np.ndarray]) -> float:
    return round(sum(_read(seen) == text for seen, (_, text) in zip(scores, samples, strict=True)) / len(samples), 4)


if __name__ == "__main__":
    main()
