"""Nets that compute in 8 bits: they read as before, and read the same on every processor."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import numpy_helper

from ocr.image.e13b import draw_line
from ocr.nets import ctc
from training.quantize import quantize

LINES = ("A570000018A123456789C1042", "A571660283A5760169066C8842", "C104211CA570415073A2238938C")


def _whole_numbers(path: Path) -> list[np.ndarray]:
    arrays = [numpy_helper.to_array(tensor) for tensor in onnx.load(str(path)).graph.initializer]
    return [array for array in arrays if array.dtype == np.int8 and array.ndim == 4]


def _line(text: str) -> np.ndarray:
    """A MICR line as its net takes it: digits 18 of 32 pixels high."""
    drawn = draw_line(text, 154)
    rows = np.flatnonzero((drawn < 128).any(axis=1))
    inked = (255 - drawn[rows[0] : rows[-1] + 1].astype(np.float32)) / 255
    whole = np.zeros((32, -(-inked.shape[1] // 4) * 4 + 8), np.float32)
    whole[7 : 7 + len(inked), 4 : 4 + inked.shape[1]] = inked[:25]
    return whole


def _read(model: Path, pictures: list[np.ndarray]) -> list[str]:
    ctc.use(model.parent)
    try:
        net = ctc.load(model.stem)
        lines = [ctc.greedy(net.log_probs(picture), net.alphabet) for picture in pictures]
    finally:
        ctc.use(None)
    return ["".join(char.value for char in line) for line in lines]


def test_a_quantized_net_reads_as_before_from_a_smaller_file(tmp_path: Path) -> None:
    small = tmp_path / "micr.onnx"
    for suffix in (".onnx", ".json"):
        shutil.copy(ctc.MODELS / f"micr{suffix}", small.with_suffix(suffix))
    pictures = [_line(text) for text in LINES]
    quantize(small, pictures)
    assert _read(small, pictures) == _read(ctc.MODELS / "micr.onnx", pictures) == list(LINES)
    assert small.stat().st_size < 0.5 * (ctc.MODELS / "micr.onnx").stat().st_size


@pytest.mark.parametrize("name", ["text", "figures"])
def test_weights_that_we_ship_in_8_bits_use_7(name: str) -> None:
    """With 8, sums of two products overflow on processors without VNNI, and these would read otherwise."""
    weights = _whole_numbers(ctc.MODELS / f"{name}.onnx")
    assert len(weights) > 5
    assert max(int(np.abs(array.astype(int)).max()) for array in weights) <= 64
    assert json.loads((ctc.MODELS / f"{name}.json").read_text())["figures_before_quantising"]
