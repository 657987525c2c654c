"""What a phone makes of a check: it lies on a table, seen a little from the side, unevenly lit, in a 4:3 picture."""

from __future__ import annotations

from io import BytesIO

import cv2
import numpy as np
from PIL import Image

from lockbox.simulator.sheet import DPI, Gray, Rng, dice, gray

ASPECT = 4 / 3
FILLED = (0.72, 0.94)  # share of the picture's width that the check takes
ASIDE = 0.012  # of the check's width: how far perspective moves each corner
TURNED_DEG = 2.5
DARK_TABLE, LIGHT_TABLE = (25, 110), (120, 190)  # gray levels; paper is lighter
DARK_TABLES = 0.7  # share
UNEVEN = 0.25  # share of the light that the darkest corner lacks, at most
SHORT_TABLE = 0.08  # a check nearly as high as the picture leaves so much table, at least


def photograph(image: Image.Image, dpi: int, seed: int) -> Gray:
    """The picture of a drawn side (mode "L", 200 dpi) in which an inch of the check takes about `dpi` pixels."""
    rng = dice(seed, 7)
    paper = np.asarray(image)
    share = dpi / DPI
    width, height = paper.shape[1] * share, paper.shape[0] * share
    across = width / float(rng.uniform(*FILLED))
    down = max(across / ASPECT, height * (1 + 2 * SHORT_TABLE))
    size = (round(across), round(down))
    corners = _corners(width, height, size, rng)
    flat = np.array([[0, 0], [paper.shape[1], 0], [paper.shape[1], paper.shape[0]], [0, paper.shape[0]]], np.float32)
    matrix = cv2.getPerspectiveTransform(flat, corners)
    if share < 1:  # a lens blurs what falls between its pixels
        paper = gray(cv2.GaussianBlur(paper, (0, 0), 0.35 / share))
    laid = cv2.warpPerspective(paper, matrix, size, flags=cv2.INTER_LINEAR, borderValue=0)
    covered = cv2.warpPerspective(np.full(paper.shape, 255, np.uint8), matrix, size, flags=cv2.INTER_LINEAR)
    seen = np.where(covered > 127, laid, _table(size, rng))
    lit = seen * _light(size, rng) + rng.normal(0, float(rng.uniform(1, 4)), seen.shape)
    return gray(cv2.GaussianBlur(np.clip(lit, 0, 255).astype(np.uint8), (0, 0), float(rng.uniform(0.4, 0.7))))


def as_jpeg(seen: Gray, dpi: int | None, quality: int) -> bytes:
    """The picture's file; `dpi` is what it says, and None says nothing."""
    out = BytesIO()
    picture = Image.fromarray(seen)
    if dpi is None:
        picture.save(out, "JPEG", quality=quality)
    else:
        picture.save(out, "JPEG", quality=quality, dpi=(dpi, dpi))
    return out.getvalue()


def _corners(width: float, height: float, size: tuple[int, int], rng: Rng) -> Gray:
    """Where the check's corners are, clockwise from the top left."""
    turn = np.radians(float(rng.uniform(-TURNED_DEG, TURNED_DEG)))
    square = np.array([[-width, -height], [width, -height], [width, height], [-width, height]]) / 2
    turned = square @ np.array([[np.cos(turn), np.sin(turn)], [-np.sin(turn), np.cos(turn)]])
    moved = turned + rng.normal(0, ASIDE * width, (4, 2)).clip(-2 * ASIDE * width, 2 * ASIDE * width)
    room = np.maximum(0.0, (np.array(size) - np.ptp(moved, axis=0)) / 2)
    middle = np.array(size) / 2 - (moved.max(axis=0) + moved.min(axis=0)) / 2
    shift = rng.uniform(-0.6, 0.6, 2) * room
    return np.asarray(moved + middle + shift, np.float32)


def _table(size: tuple[int, int], rng: Rng) -> Gray:
    """A table top: one shade with streaks of grain."""
    shade = float(rng.uniform(*(DARK_TABLE if rng.random() < DARK_TABLES else LIGHT_TABLE)))
    coarse = rng.normal(0, 10, (size[1] // 6 + 2, size[0] // 60 + 2)).astype(np.float32)
    grain = cv2.resize(coarse, size, interpolation=cv2.INTER_CUBIC)
    return gray(np.clip(shade + grain, 0, 255))


def _light(size: tuple[int, int], rng: Rng) -> np.ndarray[tuple[int, int], np.dtype[np.float32]]:
    """How much light falls where: a slope over the picture."""
    lack = float(rng.uniform(0, UNEVEN))
    across, down = np.meshgrid(np.linspace(-0.5, 0.5, size[0]), np.linspace(-0.5, 0.5, size[1]))
    angle = float(rng.uniform(0, 2 * np.pi))
    return np.asarray(1 - lack / 2 + lack * (across * np.cos(angle) + down * np.sin(angle)) / 1.42, np.float32)
