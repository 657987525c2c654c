"""Trains the head that reads figures off PP-OCR's features: `python -m training.figure_head`, over an hour of one core.

PP-OCRv6 (Apache-2.0, in the wheel of rapidocr) sees strokes well and was never told what US payers write in figures.
Small nets on what its last convolution gives, trained on the drawn lines of training/figure_rows.py and
training/figure_lines.py, read amounts in one run of PP-OCR together with PP-OCR's own reading. Of what its last layer
gives they make less: by then PP-OCR has made up its mind. Nets of several builds and seeds err in different places:
the mean of their chances, which is one ONNX file, is right more often than any of them.
"""

from __future__ import annotations

import argparse
import json
import pickle
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from functools import partial
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
ROWS, AMOUNTS = 0.45, 0.25  # shares of plain rows of digits, and of amounts as they stand on US checks
BOXED, BOXED_SHARE = "boxed-", 0.2  # lines beside those, with the printed box around the figures
PART = 500  # lines drawn by a process at a time
WIDEST = 16.0  # widths to a height: longer lines are no amounts
BATCH = 48
PACE = 3e-3
BENT = 0.7  # share of lines changed once more when they are learnt from
LEAST = 1e-7  # a chance whose logarithm is still a number
HELD_OUT = 800
Feature = tuple[np.ndarray, str]  # [columns, figure_head.HEIGHT] and what the line says


@dataclass(frozen=True, slots=True)
class Build:
    """What members of the head differ in, beside their seeds."""

    wide: int
    dropped: float  # of the features, while it learns
    thirds: bool = True  # it sees where in the line's height a feature stands; else the mean of the three


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
    """The members' chances, their mean, as scores."""

    def __init__(self, members: Sequence[nn.Module]) -> None:
        super().__init__()
        self.members = nn.ModuleList(members)

    def forward(self, columns: torch.Tensor) -> torch.Tensor:
        """As of a member."""
        chances = [one(columns).softmax(2) for one in self.members]
        mean: torch.Tensor = sum(chances[1:], chances[0]) / len(chances)
        return (mean + LEAST).log()


def main() -> None:
    """Draw, train, export, measure, write the figures."""
    words = argparse.ArgumentParser(description=__doc__)
    words.add_argument("--out", type=Path, default=ROOT / "ocr" / "models" / "figure_head.onnx")
    words.add_argument("--lines", type=int, default=24_000)
    words.add_argument("--steps", type=int, default=2600)
    words.add_argument("--seed", type=int, default=7000)
    words.add_argument("--members", type=int, default=len(BUILDS))
    words.add_argument("--processes", type=int, default=2)
    words.add_argument("--keep", type=Path, help="a folder for what was drawn and learnt, to go on from")
    chosen = words.parse_args()
    kept = _features(chosen.lines, chosen.seed, "train", chosen.processes, chosen.keep)
    held = _features(HELD_OUT, chosen.seed + 1_000_000, "t10k", chosen.processes, chosen.keep)
    boxed = round(chosen.lines * BOXED_SHARE)
    kept += _features(boxed, chosen.seed + 500, f"{BOXED}train", chosen.processes, chosen.keep)
    every = np.concatenate([columns for columns, _ in kept[:1000]]).astype(np.float32)
    form = every.mean(axis=0), every.std(axis=0) + np.float32(1e-3)
    members = [
        _member(at, build, kept, form, chosen.seed + at, chosen.steps, chosen.keep)
        for at, build in enumerate(BUILDS[: chosen.members])
    ]
    net = Head(members).eval()
    fcn.export(net, chosen.out, figure_head.HEIGHT, halved=True)
    scores = [fcn.scores_of(net, figure_head.picture(columns)) for columns, _ in held]
    texts = [text for _, text in held]
    alone = [[_read(fcn.scores_of(one, figure_head.picture(columns))) for columns, _ in held] for one in members]
    facts = {
        "version": f"figure_head-{chosen.seed}-{chosen.steps}x{len(members)}",
        "alphabet": figures.ALPHABET,
        "height_px": figure_head.HEIGHT,
        "stride_px": 1,
        "temperature": round(fcn.temperature(scores, texts, figures.ALPHABET), 2),
        "members": [asdict(one) for one in BUILDS[: len(members)]],
        "parameters": sum(one.numel() for one in net.parameters()),
        "seed": chosen.seed,
        "steps": chosen.steps,
        "lines": len(kept),
        "torch": torch.__version__,
        "data": {
            "features": f"{ppocr.readers_version()}, Apache-2.0, wheel of rapidocr; not changed",
            "lines": "drawn by training/figure_rows.py and training/figure_lines.py, as for `figures`",
            "real_amounts": "none: ORAND-CAR-A is measured on only",
        },
        "figures": {
            "drawn_kept_out_exact": _exact([_read(one) for one in scores], texts),
            "members_alone": [_exact(one, texts) for one in alone],
            "real_amounts_digits_exact": _real_exact(net),
        },
    }
    chosen.out.with_suffix(".json").write_text(json.dumps(facts, indent=1) + "\n")
    print(json.dumps({key: facts[key] for key in ("version", "temperature", "parameters", "figures")}, indent=1))


def _member(
    at: int,
    build: Build,
    lines: Sequence[Feature],
    form: tuple[np.ndarray, np.ndarray],
    seed: int,
    steps: int,
    keep: Path | None,
) -> nn.Module:
    """One net, trained, or taken from the folder where an earlier run left it."""
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
    """A line's features as the net gets them; most times a little wider or narrower, stronger or fainter."""
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
    seeds = range(seed, seed + -(-count // PART))
    with fresh(processes) as pool:
        parts = pool.map(partial(_kept, keep, part), seeds)
        found: list[Feature] = []
        for at, one in enumerate(parts):
            found += one
            if at % 4 == 3:
                print(f"{len(found)} lines of {part}", flush=True)
    return found[:count]


def _kept(keep: Path | None, part: str, seed: int) -> list[Feature]:
    """What `_drawn` gives, from the folder where an earlier run left it."""
    if keep is None:
        return _drawn(part, seed)
    path = keep / f"{part}-{seed}.pickle"
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(pickle.dumps(_drawn(part, seed), protocol=5))
    found: list[Feature] = pickle.loads(path.read_bytes())  # our own
    return found


def _drawn(part: str, seed: int) -> list[Feature]:
    cv2.setNumThreads(1)
    rng = np.random.default_rng(seed)
    found: list[Feature] = []
    while len(found) < PART:
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
            found.append((columns.astype(np.float16), text))
    return found


def _read(scores: np.ndarray) -> str:
    return "".join(char.value for char in greedy(log_softmax(scores), figures.ALPHABET))


def _exact(read: Sequence[str], texts: Sequence[str]) -> float:
    return round(sum(one == text for one, text in zip(read, texts, strict=True)) / max(1, len(texts)), 4)


def _real_exact(net: Any) -> float | None:
    lines = real_amounts()
    seen = [ppocr.read_with_features(gray)[1] for gray, _ in lines]
    read = ["".join(filter(str.isdigit, _read(fcn.scores_of(net, figure_head.picture(one))))) for one in seen]
    return _exact(read, [digits for _, digits in lines]) if lines else None


if __name__ == "__main__":
    main()
