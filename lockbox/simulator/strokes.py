"""How people form figures with a pen: for every figure and sign, several shapes with the path of the pen.

Paths are points in a cell of height 1 (0 top, 1 baseline) and of the shape's own width. A point given twice is a
sharp turn, all others are rounded.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import numpy.typing as npt

Path = npt.NDArray[np.float32]  # points x 2


@dataclass(frozen=True, slots=True)
class Shape:
    """One way to write a figure: its width as a share of its height, and the paths of the pen."""

    width: float
    paths: tuple[Path, ...]


def shapes_of(sign: str) -> tuple[Shape, ...]:
    """All known shapes of a sign; empty when it has none."""
    return _shapes().get(sign, ())


def smooth(path: Path, steps: int = 6) -> Path:
    """The path as a smooth line (Catmull-Rom) through its points; a point given twice stays a corner."""
    if len(path) < 3:
        return path
    padded = np.concatenate([path[:1], path, path[-1:]])
    p0, p1, p2, p3 = (padded[i : len(path) - 1 + i, None, :] for i in range(4))
    t = _STEPS[steps]
    curve = 0.5 * (2 * p1 + (p2 - p0) * t + (2 * p0 - 5 * p1 + 4 * p2 - p3) * t**2 + (3 * p1 - p0 - 3 * p2 + p3) * t**3)
    return np.concatenate([curve.reshape(-1, 2), path[-1:]]).astype(np.float32)


_STEPS = {n: np.linspace(0, 1, n, endpoint=False, dtype=np.float32)[None, :, None] for n in (4, 6, 10)}

# sign: shapes (width, "path | path ..."); a path is "x,y x,y ..." in hundredths of the width and of the height
_WRITTEN: Mapping[str, tuple[tuple[float, str], ...]] = {
    "0": (
        (0.62, "50,2 16,18 4,58 28,97 70,93 95,52 78,12 46,3"),
        (0.58, "62,4 24,10 3,52 20,94 58,98 92,66 90,20 60,2 40,8"),
        (0.70, "40,6 6,40 18,90 62,99 97,60 80,10 44,2 30,10"),
        (0.55, "70,10 40,0 8,30 10,80 45,100 85,80 92,30 66,4"),
    ),
    "1": (
        (0.20, "55,0 50,50 45,100"),
        (0.36, "8,26 62,0 62,0 56,50 54,100"),
        (0.16, "60,2 40,98"),
        (0.50, "10,24 52,2 52,2 50,98 | 8,99 94,97"),
    ),
    "2": (
        (0.62, "8,26 30,3 68,4 84,28 52,64 5,98 5,98 50,95 97,97"),
        (0.66, "12,22 40,1 80,20 62,58 22,96 4,90 22,80 56,95 98,90"),
        (0.58, "10,16 50,0 88,18 70,52 6,97 6,97 96,96"),
        (0.64, "6,30 22,6 60,0 86,22 60,60 8,94 8,94 40,86 70,98 98,92"),
    ),
    "3": (
        (0.56, "12,12 50,0 82,18 44,45 44,45 88,64 62,97 6,90"),
        (0.56, "10,4 84,3 84,3 40,42 40,42 88,62 70,96 6,92"),
        (0.60, "14,10 60,0 78,24 40,46 36,48 44,46 90,70 50,100 4,86"),
        (0.54, "6,16 40,0 80,14 66,40 34,46 34,46 80,52 92,78 50,100 8,94"),
    ),
    "4": (
        (0.62, "22,3 10,56 10,56 94,54 | 74,8 68,100"),
        (0.64, "66,0 4,66 4,66 98,63 | 66,0 66,0 62,100"),
        (0.60, "20,6 16,50 40,56 92,44 | 80,2 64,100"),
        (0.66, "16,0 12,48 12,48 88,50 | 84,0 84,0 78,100"),
    ),
    "5": (
        (0.58, "26,4 16,44 16,44 56,36 90,64 62,97 4,90 | 26,5 92,2"),
        (0.56, "92,4 26,5 26,5 18,42 18,42 62,40 86,68 52,98 4,90"),
        (0.60, "30,8 18,46 50,40 88,62 66,94 28,100 6,90 | 28,8 98,0"),
        (0.54, "88,0 30,6 20,40 60,38 88,66 60,96 8,92"),
    ),
    "6": (
        (0.56, "74,2 28,32 8,74 38,100 84,82 66,55 14,68"),
        (0.52, "60,0 16,40 10,86 46,100 88,78 60,56 18,76"),
        (0.60, "84,6 40,16 6,62 26,98 76,94 84,64 44,54 12,76"),
    ),
    "7": (
        (0.58, "6,6 90,4 90,4 56,48 36,100"),
        (0.60, "4,10 40,4 94,6 94,6 62,50 50,100 | 30,50 86,46"),
        (0.58, "4,22 8,4 8,4 92,3 92,3 50,60 40,100"),
        (0.54, "6,4 60,8 96,2 70,40 40,98"),
    ),
    "8": (
        (0.56, "78,14 42,0 18,20 52,46 88,76 46,100 12,78 50,48 80,22 70,8"),
        (0.54, "50,46 16,24 50,0 84,22 50,46 10,74 48,100 92,74 52,47"),
        (0.58, "90,8 50,2 16,22 46,44 84,66 70,98 20,96 14,70 60,44 92,10"),
    ),
    "9": (
        (0.56, "84,18 46,2 10,26 42,50 84,16 84,16 80,60 72,100"),
        (0.58, "84,16 44,0 8,26 40,50 82,22 84,60 50,98 12,92"),
        (0.52, "78,10 30,4 10,36 50,46 86,10 86,10 76,100"),
        (0.60, "90,24 60,0 14,12 14,42 56,46 88,20 70,70 44,100"),
    ),
    "$": (
        (0.56, "88,18 46,6 14,26 50,48 88,72 50,94 8,80 | 54,-8 48,110"),
        (0.60, "84,22 50,8 16,24 48,48 86,70 54,92 10,82 | 40,-6 36,108 | 64,-8 58,106"),
        (0.54, "92,12 36,10 16,34 84,64 70,92 6,88 | 56,-10 46,108"),
    ),
    ".": ((0.14, "20,95 60,99"), (0.14, "20,93 60,98 40,99"), (0.14, "20,92 70,100")),
    ",": ((0.16, "60,92 60,104 20,116"), (0.16, "70,90 30,116")),
    "/": ((0.46, "98,-4 4,106"), (0.40, "94,0 50,54 2,104")),
    "-": ((0.44, "4,56 96,54"), (0.36, "4,52 50,56 98,50")),
    "#": ((0.66, "40,4 26,98 | 76,2 62,98 | 8,36 98,32 | 2,66 92,64"),),
    "*": ((0.40, "50,6 50,50 | 10,18 90,40 | 90,16 12,42"),),
    "=": ((0.46, "4,44 96,42 | 4,64 96,63"),),
    "x": ((0.44, "6,46 94,98 | 92,45 4,100"), (0.46, "4,50 40,52 60,96 96,92 | 90,46 8,101")),
    ":": ((0.12, "40,50 60,52 | 40,92 60,95"),),
}


@lru_cache(maxsize=1)
def _shapes() -> Mapping[str, tuple[Shape, ...]]:
    return {
        sign: tuple(Shape(width, _paths(width, text)) for width, text in shapes) for sign, shapes in _WRITTEN.items()
    }


def _paths(width: float, text: str) -> tuple[Path, ...]:
    scale = np.array([width / 100, 0.01], np.float32)
    return tuple(
        np.array([[float(n) for n in point.split(",")] for point in path.split()], np.float32) * scale
        for path in text.split("|")
    )
