"""The smaller network says of plain signs what the whole one says."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path

import cv2
import numpy as np
import onnxruntime
import pytest

from ocr.nets import ctc, ppocr, ppocr_net

WHEEL = Path(str(files("rapidocr"))) / ppocr.MODEL


def test_it_reads_plain_signs_as_the_whole_network_does() -> None:
    line = np.full((60, 400), 255, np.uint8)
    cv2.putText(line, "Pay $1,042.17", (10, 42), cv2.FONT_HERSHEY_SIMPLEX, 1.2, 0, 2)
    whole = onnxruntime.InferenceSession(WHEEL.read_bytes(), providers=["CPUExecutionProvider"])
    characters = whole.get_modelmeta().custom_metadata_map["character"].split("\n")
    picture = ppocr._scaled(line, ppocr.TRAINED_WIDTH_PX, 1.0)
    outputs = whole.run(None, {"x": np.repeat(picture[None], 3, axis=0)[None]})[0][0]
    names = ["", *characters[: outputs.shape[1] - 2], " "]

    seen, features = ppocr.read_with_features(line)

    plain = np.array([[*outputs[:, [0]].T[0]], *[outputs[:, names.index(char)] for char in ppocr.ASCII]]).T
    plain /= plain.sum(axis=1, keepdims=True)
    apart = np.abs(np.exp(seen.log_probs) - plain).max(axis=1)
    assert seen.value.replace(" ", "") == "Pay$1,042.17"
    assert np.median(apart) < 1e-4  # but for signs that stand for others
    assert features.shape[1] == ppocr_net.ROWS * ppocr_net.FEATURES


def test_another_network_is_refused() -> None:
    with pytest.raises(ValueError, match=r"text\.onnx is not the network that is known"):
        ppocr_net.cut(ctc.MODELS / "text.onnx", ppocr.ASCII, {})
