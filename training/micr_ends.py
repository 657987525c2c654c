"""Fits what doubts of a MICR line's wholeness are worth: `python -m training.micr_ends`, some minutes on one core.

Drawn checks, whole and with a cut or broken end, and the real lines that the net was trained on teach the weights;
checks of another seed and the real lines kept out show what they do.
"""

from __future__ import annotations

import argparse
import csv
import json
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from lockbox.proving import scale_bench
from lockbox.proving.real_sets import MICR_LABELS
from lockbox.simulator.check_face import micr_line
from ocr.fields import micr, micr_ends
from ocr.image import decode, paper
from ocr.nets import ctc

ROOT = Path(__file__).resolve().parents[1]
REAL = ROOT.parent / "shared" / "data" / "micr_lines"
SURE = 0.9
PULL, STEPS = 0.1, 100
MISLABELED = {"reallife_cgi_1212994310-0.tif", "reallife_cgi_1212995628-0.tif"}  # the picture shows what was read
Floats = NDArray[np.float64]


class Line(NamedTuple):
    """One line: what the net claims for it, what speaks against it, and whether its ends are right."""

    claim: float
    doubts: tuple[float, ...]
    right: bool


def main() -> None:
    """Reads, fits, writes."""
    options = _options()
    cv2.setNumThreads(1)
    fitted_on = [*drawn(options.seed, options.checks), *real(kept_out=False, folder=options.real)]
    weights = fitted(fitted_on)
    sets = {
        "fitted": fitted_on,
        "drawn, another seed": list(drawn(options.seed + 1_000, options.checks)),
        "real lines kept out": list(real(kept_out=True, folder=options.real)),
    }
    facts = {
        "version": f"micr_ends-{options.seed}-{options.checks}",
        "weights": weights,
        "reader": ctc.version_of(micr.MODEL),
        "lines": len(fitted_on),
        "figures": {name: _figures(lines, weights) for name, lines in sets.items() if lines},
    }
    options.out.write_text(json.dumps(facts, indent=1) + "\n")
    print(json.dumps(facts, indent=1))


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=ROOT / "ocr" / "models" / micr_ends.FILE)
    parser.add_argument(
        "--checks", type=int, default=24, help="whole ones at each resolution, and as many damaged ones"
    )
    parser.add_argument("--seed", type=int, default=71_001)
    parser.add_argument("--real", type=Path, default=REAL, help="folder of real lines; without it drawn ones alone")
    return parser.parse_args()


def drawn(seed: int, count: int) -> Iterator[Line]:
    """Checks at all resolutions, as many damaged as whole."""
    whole = [seen for seen in scale_bench.plan(count, seed) if seen.look not in scale_bench.DAMAGED]
    looks = scale_bench.DAMAGED
    hurt = [replace(seen, look=looks[at % len(looks)], seed=seen.seed + 500_000) for at, seen in enumerate(whole)]
    for seen in [*whole, *hurt]:
        gray = decode.decode(scale_bench.pictures(seen)["right"]).gray
        flat = paper.flat_check(gray) if seen.look == "photo" else None
        line = micr.page_line(flat.gray if flat else gray, seen.dpi)
        if line is not None and line.candidates:
            yield _line(line, micr_line(seen.paper)[0], is_page=True)


def real(*, kept_out: bool, folder: Path) -> Iterator[Line]:
    """Real lines, those of the net's training or those kept out of it; none without their folder."""
    held = set(json.loads((ctc.MODELS / "micr.json").read_text())["data"]["groups_kept_out"])
    if not (folder / "labels.csv").exists():
        return
    with (folder / "labels.csv").open(newline="") as rows:
        for row in csv.DictReader(rows):
            if (row["group"] in held) is kept_out and row["file"] not in MISLABELED:
                line = micr.cut_line(np.asarray(Image.open(folder / row["file"]).convert("L"), np.uint8))
                if line.candidates:
                    yield _line(line, MICR_LABELS.get(row["file"], row["label"]), is_page=False)


def _line(line: micr.MicrLine, truth: str, *, is_page: bool) -> Line:
    best, plain = line.candidates[0], truth.replace(" ", "")
    value = best.value.replace(" ", "")
    return Line(best.probability, micr_ends.doubts(line.ends, best.value, is_page), value == plain)


def fitted(lines: Sequence[Line]) -> dict[str, float]:
    """The weights that make the lines likeliest, by Newton's method, pulled a little toward 0."""
    x = np.array([[*line.doubts, 1.0] for line in lines])
    y = np.array([line.right for line in lines], float)
    pull = np.array([PULL] * len(micr_ends.NAMES) + [0.0])
    weights: Floats = np.zeros(x.shape[1])
    for _ in range(STEPS):
        p = 1 / (1 + np.exp(-x @ weights))
        slope = x.T @ (p - y) + pull * weights
        curvature = x.T @ (x * (p * (1 - p))[:, None]) + np.diag(pull) + 1e-9 * np.eye(x.shape[1])
        step = np.linalg.solve(curvature, slope)
        weights = weights - step * min(1.0, 2.0 / float(np.abs(step).max() + 1e-12))
        if float(np.abs(step).max()) < 1e-9:
            break
    least = np.minimum(weights[:-1], 0.0)  # no doubt makes a line surer
    return {
        **{name: round(float(weight), 3) for name, weight in zip(micr_ends.NAMES, least, strict=True)},
        "none": round(float(weights[-1]), 3),
    }


def _figures(lines: Sequence[Line], weights: dict[str, float]) -> dict[str, int]:
    """How many lines are sure before and after, and how many of these are wrong."""
    kept = [micr_ends.share(line.doubts, weights) for line in lines]
    before = [line for line in lines if line.claim >= SURE]
    after = [line for line, share in zip(lines, kept, strict=True) if share * line.claim >= SURE]
    return {
        "lines": len(lines),
        "sure_before": len(before),
        "wrong_before": sum(not line.right for line in before),
        "sure_after": len(after),
        "wrong_after": sum(not line.right for line in after),
    }


if __name__ == "__main__":
    main()
