"""Nets that count in 8 bits: they read as before, and read the same on every processor."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import numpy_helper

from lockbox.simulator.sheet import Sheet, Type
from ocr import ctc, figures
from training.quantise import quantise

AMOUNTS = ("$412.50", "1,034.17", "88.06", "730.99")


def _whole_numbers(path: Path) -> list[np.ndarray]:
    arrays = [numpy_helper.to_array(one) for one in onnx.load(str(path)).graph.initializer]
    return [one for one in arrays if one.dtype == np.int8 and one.ndim == 4]


def _line(text: str) -> np.ndarray:
    sheet = Sheet(np.full((60, 420), 255, np.uint8))
    sheet.text(20, 44, text, Type("sans", 36))
    return figures.picture(np.asarray(sheet.image, np.uint8))


def _read(model: Path, pictures: list[np.ndarray]) -> list[str]:
    ctc.use(model.parent)
    try:
        net = ctc.load(model.stem)
        said = [ctc.greedy(net.log_probs(one), net.alphabet) for one in pictures]
    finally:
        ctc.use(None)
    return ["".join(char.value for char in one) for one in said]


def test_a_quantised_net_reads_as_before_from_a_smaller_file(tmp_path: Path) -> None:
    small = tmp_path / "figures.onnx"
    for suffix in (".onnx", ".json"):
        shutil.copy(ctc.MODELS / f"figures{suffix}", small.with_suffix(suffix))
    pictures = [_line(one) for one in AMOUNTS]
    quantise(small, pictures)
    assert _read(small, pictures) == _read(ctc.MODELS / "figures.onnx", pictures) == list(AMOUNTS)
    assert small.stat().st_size < 0.5 * (ctc.MODELS / "figures.onnx").stat().st_size


@pytest.mark.parametrize("name", ["text"])
def test_weights_that_we_ship_in_8_bits_use_7(name: str) -> None:
    """With 8, sums of two products overflow on processors without VNNI, and these would read otherwise."""
    weights = _whole_numbers(ctc.MODELS / f"{name}.onnx")
    assert len(weights) > 5
    assert max(int(np.abs(one.astype(int)).max()) for one in weights) <= 64
    assert json.loads((ctc.MODELS / f"{name}.json").read_text())["figures_before_quantising"]
