"""Image quality flags: each fault raises its own flag and a good check raises none."""

from __future__ import annotations

from collections.abc import Callable

import cv2
import numpy as np
import pytest

from ocr.image.quality import flags
from ocr.reading import DocumentKind


def _check(width: int = 1200, height: int = 550, paper: int = 225) -> np.ndarray:
    page = np.full((height, width), paper, np.uint8)
    words = ("PAT MILLER 101", "PAY TO THE ORDER OF", "FOUR HUNDRED", "MEMO SIGNED")
    for row, text in enumerate(words):
        y = round(height * (0.15 + 0.2 * row))
        cv2.putText(page, text, (60, y), cv2.FONT_HERSHEY_SIMPLEX, 1.1, 30, 3, cv2.LINE_AA)
        cv2.putText(page, "412.50", (width - 260, y), cv2.FONT_HERSHEY_SIMPLEX, 1.1, 30, 3, cv2.LINE_AA)
    cv2.putText(page, "1234567890 " * 3, (60, height - 45), cv2.FONT_HERSHEY_SIMPLEX, 0.9, 20, 3, cv2.LINE_AA)
    return page


def _bitonal(page: np.ndarray) -> np.ndarray:
    return np.where(page > 128, 255, 0).astype(np.uint8)


def _faint(page: np.ndarray) -> np.ndarray:
    return (230 - (225 - page.astype(np.int16)) * 0.07).astype(np.uint8)


def _torn(page: np.ndarray) -> np.ndarray:
    out = page.copy()
    cv2.fillPoly(out, [np.array([[1200, 0], [1050, 0], [1200, 130]], np.int32)], 10)
    return out


def _torn_on_white(page: np.ndarray) -> np.ndarray:
    out = page.copy()
    cv2.fillPoly(out, [np.array([[0, 550], [150, 550], [0, 400]], np.int32)], 255)
    return out


def _speckled(page: np.ndarray) -> np.ndarray:
    flips = np.random.default_rng(1).random(page.shape) < 0.01
    return np.where(flips, 255 - page, page).astype(np.uint8)


def _half(page: np.ndarray) -> np.ndarray:
    out = page.copy()
    out[:, 500:] = 225
    return out


def _failed(page: np.ndarray, dpi: int = 200, skew_deg: float = 0.0) -> set[str]:
    return {flag.name for flag in flags(page, dpi, skew_deg) if flag.failed}


@pytest.mark.parametrize("page", [_check(), _bitonal(_check()), _check(1700, 700), _bitonal(_check(paper=255))])
def test_a_good_check_raises_nothing(page: np.ndarray) -> None:
    assert _failed(page) == set()


@pytest.mark.parametrize(
    ("fault", "name"),
    [
        (_faint, "too_light"),
        (lambda page: (page // 3).astype(np.uint8), "too_dark"),
        (lambda page: cv2.GaussianBlur(page, (0, 0), 3.5), "focus"),
        (_torn, "torn"),
        (_torn_on_white, "torn"),
        (_speckled, "noise"),
        (_half, "partial"),
        (lambda page: page[:, :1000], "undersized"),
        (lambda page: cv2.copyMakeBorder(page, 0, 0, 400, 400, cv2.BORDER_REPLICATE), "oversized"),
    ],
)
def test_each_fault_raises_its_flag(fault: Callable[[np.ndarray], np.ndarray], name: str) -> None:
    assert name in _failed(fault(_check()))


def test_bitonal_faults() -> None:
    assert "noise" in _failed(_speckled(_bitonal(_check())))
    assert "torn" in _failed(_torn(_bitonal(_check())))
    assert "too_light" in _failed(np.full((550, 1200), 255, np.uint8))


@pytest.mark.parametrize("skew", [6.0, -6.0])
def test_skew_is_judged_both_ways(skew: float) -> None:
    assert "skew" in _failed(_check(), skew_deg=skew)
    assert "skew" not in _failed(_check(), skew_deg=skew / 2)


def test_all_tests_of_record_54_are_reported_once_each() -> None:
    names = [flag.name for flag in flags(_check(), 200)]
    assert len(names) == len(set(names)) == 9


def test_letters_may_be_large_and_half_empty() -> None:
    page = np.asarray(cv2.copyMakeBorder(_check(1700, 700), 0, 1500, 0, 0, cv2.BORDER_REPLICATE), np.uint8)
    assert not {flag.name for flag in flags(page, 200, kind=DocumentKind.LETTER) if flag.failed}
    assert {"oversized", "partial"} <= _failed(page)
