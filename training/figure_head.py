"""Trains the head that reads figures from PP-OCR's features: `python -m training.figure_head`, an hour of one core.

PP-OCRv6 (Apache-2.0, in the wheel of rapidocr) sees strokes well and never learned what US payers write in figures.
Small nets on what its last convolution gives, trained on the drawn lines of training/figure_rows.py and
training/figure_lines.py, read amounts in one run of PP-OCR together with PP-OCR's own reading. Its last layer is of
less use to them: by then PP-OCR has decided. Nets of several builds and seeds err in different places: the mean of
their chances, which is one ONNX file, is right more often than any of them.
"""

from __future__ import annotations

import argparse
import json
import pickle
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from functools import partial
from math import ceil
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import torch
from torch import nn

from lockbox.parallel import fresh
from ocr.nets import figure_head, figures, ppocr, ppocr_net
from ocr.nets.ctc import greedy, log_softmax
from training import fcn, figure_lines, figure_rows
from training.figures import real_amounts

ROOT = Path(__file__).resolve().parents[1]
ROWS, AMOUNTS = 0.45, 0.25  # shares of plain rows of digits, and of amounts as US checks have them
BOXED, BOXED_SHARE = "boxed-", 0.2  # lines in addition to those, with the printed box around the figures
PART = 500  # lines that a process draws at a time
WIDEST = 16.0  # times its height: longer lines are no amounts
BATCH = 48
PACE = 3e-3
BENT = 0.7  # share of lines changed once more when the net learns from them
LEAST = 1e-7  # a chance whose logarithm is still a number
HELD_OUT = 800  # lines to measure on
NORMED = 1000  # lines from which the mean and spread of features are taken
Feature = tuple[np.ndarray, str]  # [columns, figure_head.HEIGHT] and what the line says


@dataclass(frozen=True, slots=True)
class Build:
    """What members of the head differ in, apart from their seeds."""

    wide: int
    dropped: float  # of the features, while it learns
    thirds: bool = True  # whether it sees where in the line's height a feature stands, or the mean of the three


BUILDS = (Build(112, 0.15), Build(112, 0.15, thirds=False), Build(96, 0.25))


class Member(nn.Module):
    """Features [n, 1, figure_head.HEIGHT, columns] to scores [n, columns, classes]."""

    def __init__(self, classes: int, build: Build, mean: np.ndarray, spread: np.ndarray) -> None:
        super().__init__()
        self.thirds = build.thirds
        self.register_buffer("mean", torch.from_numpy(mean)[:, None])
        self.register_buffer("spread", torch.from_numpy(spread)[:, None])
        wide, height = build.wide, figure_head.HEIGHT if build.thirds else ppocr_net.FEATURES
        self.layers = nn.Sequential(
            nn.Dropout(build.dropped),
            *fcn.block(1, wide, (height, 1), high=False),
            nn.Dropout(build.dropped),
            *fcn.block(wide, wide, (1, 5)),
            nn.Dropout(build.dropped),
            *fcn.block(wide, wide, (1, 5)),
            nn.Dropout(0.1),
            nn.Conv2d(wide, classes, 1),
        )

    def forward(self, columns: torch.Tensor) -> torch.Tensor:
        """Scores before the softmax."""
        even = (columns - self.mean) / self.spread
        if not self.thirds:
            upper, middle, lower = even.split(ppocr_net.FEATURES, dim=2)
            even = (upper + middle + lower) / 3
        scores: torch.Tensor = self.layers(even).squeeze(2).transpose(1, 2)
        return scores


class Head(nn.Module):
    """The mean of the members' chances, as scores."""

    def __init__(self, members: Sequence[nn.Module]) -> None:
        super().__init__()
        self.members = nn.ModuleList(members)

    def forward(self, columns: torch.Tensor) -> torch.Tensor:
        """The same as for a member."""
        chances = [member(columns).softmax(2) for member in self.members]
        mean: torch.Tensor = sum(chances[1:], chances[0]) / len(chances)
        return (mean + LEAST).log()


def main() -> None:
    """Draws, trains, exports, measures, writes the model's facts."""
    options = _options()
    lines = _features(options.lines, options.seed, "train", options.processes, options.keep)
    held = _features(HELD_OUT, options.seed + 1_000_000, "t10k", options.processes, options.keep)
    boxed = round(options.lines * BOXED_SHARE)
    lines += _features(boxed, options.seed + 500, f"{BOXED}train", options.processes, options.keep)
    columns = np.concatenate([columns for columns, _ in lines[:NORMED]]).astype(np.float32)
    form = columns.mean(axis=0), columns.std(axis=0) + np.float32(1e-3)
    members = [
        _member(at, build, lines, form, options.seed + at, options.steps, options.keep)
        for at, build in enumerate(BUILDS[: options.members])
    ]
    net = Head(members).eval()
    fcn.export(net, options.out, figure_head.HEIGHT, halved=True)
    facts = _facts(net, members, held, len(lines), options.seed, options.steps)
    options.out.with_suffix(".json").write_text(json.dumps(facts, indent=1) + "\n")
    print(json.dumps({key: facts[key] for key in ("version", "temperature", "parameters", "figures")}, indent=1))


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=ROOT / "ocr" / "models" / "figure_head.onnx")
    parser.add_argument("--lines", type=int, default=24_000)
    parser.add_argument("--steps", type=int, default=2600)
    parser.add_argument("--seed", type=int, default=7000)
    parser.add_argument("--members", type=int, default=len(BUILDS))
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--keep", type=Path, help="a folder for what was drawn and learned, to go on from")
    return parser.parse_args()


def _facts(
    net: nn.Module, members: Sequence[nn.Module], held: Sequence[Feature], lines: int, seed: int, steps: int
) -> dict[str, object]:
    scores = [fcn.scores_of(net, figure_head.picture(columns)) for columns, _ in held]
    texts = [text for _, text in held]
    alone = [[_read(fcn.scores_of(member, figure_head.picture(columns))) for columns, _ in held] for member in members]
    return {
        "version": f"figure_head-{seed}-{steps}x{len(members)}",
        "alphabet": figures.ALPHABET,
        "height_px": figure_head.HEIGHT,
        "stride_px": 1,
        "temperature": round(fcn.temperature(scores, texts, figures.ALPHABET), 2),
        "members": [asdict(build) for build in BUILDS[: len(members)]],
        "parameters": sum(weights.numel() for weights in net.parameters()),
        "seed": seed,
        "steps": steps,
        "lines": lines,
        "torch": torch.__version__,
        "data": {
            "features": f"{ppocr.readers_version()}, Apache-2.0, wheel of rapidocr; not changed",
            "lines": "drawn by training/figure_rows.py and training/figure_lines.py, as for `figures`",
            "real_amounts": "none: ORAND-CAR-A is measured on only",
        },
        "figures": {
            "drawn_kept_out_exact": _exact([_read(line) for line in scores], texts),
            "members_alone": [_exact(read, texts) for read in alone],
            "real_amounts_digits_exact": _real_exact(net),
        },
    }


def _member(
    at: int,
    build: Build,
    lines: Sequence[Feature],
    form: tuple[np.ndarray, np.ndarray],
    seed: int,
    steps: int,
    keep: Path | None,
) -> nn.Module:
    """One net, trained, or taken from the folder in which an earlier run left it."""
    path = keep / f"member-{at}-{seed}-{steps}.pt" if keep else None
    if path and path.exists():
        known: nn.Module = Member(len(figures.ALPHABET) + 1, build, *form)
        known.load_state_dict(torch.load(path))
        return known.eval()
    print(f"member {at + 1}: {build}", flush=True)
    net: nn.Module = fcn.trained(
        lambda rng: _sample(rng, *lines[int(rng.integers(len(lines)))]),
        figures.ALPHABET,
        steps,
        seed,
        lambda classes: Member(classes, build, *form),
        batch=BATCH,
        stride_px=1,
        pace=PACE,
        averaged=True,
    )
    if path:
        torch.save(net.state_dict(), path)
    return net


def _sample(rng: np.random.Generator, columns: np.ndarray, text: str) -> fcn.Sample:
    """A line's features as the net gets them; mostly a little wider or narrower, stronger or fainter."""
    seen = figure_head.picture(columns)
    if rng.random() > BENT:
        return seen, text
    count = seen.shape[1]
    wide = max(len(text) + 3, round(count * float(rng.uniform(0.88, 1.14))))
    places = np.linspace(0, count - 1, wide)
    left = np.floor(places).astype(int)
    share = (places - left).astype(np.float32)
    bent = seen[:, left] * (1 - share) + seen[:, np.minimum(left + 1, count - 1)] * share
    return bent * np.float32(rng.uniform(0.85, 1.15)), text


def _features(count: int, seed: int, part: str, processes: int, keep: Path | None) -> list[Feature]:
    seeds = range(seed, seed + ceil(count / PART))
    with fresh(processes) as pool:
        parts = pool.map(partial(_kept, keep, part), seeds)
        lines: list[Feature] = []
        for at, drawn in enumerate(parts):
            lines += drawn
            if at % 4 == 3:
                print(f"{len(lines)} lines of {part}", flush=True)
    return lines[:count]


def _kept(keep: Path | None, part: str, seed: int) -> list[Feature]:
    """What `_drawn` gives, from the folder in which an earlier run left it."""
    if keep is None:
        return _drawn(part, seed)
    path = keep / f"{part}-{seed}.pickle"
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(pickle.dumps(_drawn(part, seed), protocol=5))
    lines: list[Feature] = pickle.loads(path.read_bytes())  # written by ourselves
    return lines


def _drawn(part: str, seed: int) -> list[Feature]:
    cv2.setNumThreads(1)
    rng = np.random.default_rng(seed)
    lines: list[Feature] = []
    while len(lines) < PART:
        kind = rng.random()
        if part.startswith(BOXED):
            gray, text = figure_lines.boxed_line(rng, part.removeprefix(BOXED))
        elif kind < ROWS:
            gray, text = figure_rows.line(rng, part)
        elif kind < ROWS + AMOUNTS:
            gray, text = figure_lines.amount_line(rng, part)
        else:
            gray, text = figure_lines.line(rng, part)
        if min(gray.shape) < 4 or gray.shape[1] > WIDEST * gray.shape[0] or not text:
            continue
        columns = ppocr.read_with_features(gray)[1]
        if len(columns) > len(text) + 2:
            lines.append((columns.astype(np.float16), text))
    return lines


def _read(scores: np.ndarray) -> str:
    return "".join(char.value for char in greedy(log_softmax(scores), figures.ALPHABET))


def _exact(read: Sequence[str], texts: Sequence[str]) -> float:
    return round(sum(value == text for value, text in zip(read, texts, strict=True)) / max(1, len(texts)), 4)


def _real_exact(net: Any) -> float | None:
    lines = real_amounts()
    features = [ppocr.read_with_features(gray)[1] for gray, _ in lines]
    read = ["".join(filter(str.isdigit, _read(fcn.scores_of(net, figure_head.picture(seen))))) for seen in features]
    return _exact(read, [digits for _, digits in lines]) if lines else None


if __name__ == "__main__":
    main()
