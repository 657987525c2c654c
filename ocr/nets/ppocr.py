"""PP-OCRv6: one line of print or handwriting in, its likely texts in plain ASCII out.

The network (Apache-2.0) comes in the wheel of `rapidocr`, whose own pipeline is not used: it is slower and knows
neither restricted alphabets nor second-best texts.
"""

from __future__ import annotations

import math
import string
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from ocr.image.prepare import Floats, Gray
from ocr.nets import ctc, ppocr_net
from ocr.nets.ppocr_net import FEATURES, LAST_CONVOLUTION, ROWS

SOURCE = "ppocr"
MODEL = "models/PP-OCRv6_rec_small.onnx"
HEIGHT_PX = 48
MAX_WIDTH_PX = 1600  # a line of 100 characters; what is wider is squeezed
MIN_WIDTH_PX = 48
LEAST_SIDE_PX = 3  # a smaller picture holds no sign
SQUEEZE = 0.7  # of the width of print
TRAINED_WIDTH_PX = 320
COLUMN_PX = 8  # of the scaled line, to a column of outputs
TAIL_PX = 16  # of neutral gray, as in its training: without it the last character is often misread
ASCII = "".join(chr(code) for code in range(32, 127))
DIGITS = string.digits
FIGURES = string.digits + ".,:$*/-=#xXnNoO_ "
TEMPERATURE = 1.0
LEAST = 1e-9  # probability of a sign that the network all but rules out
HALF_RANGE = 127.5  # gray levels: pictures go from -1 (black) to 1 (white)

# Signs outside ASCII that the network gives for what on a US check can only be an ASCII sign.
_TWINS = dict(
    zip(
        "，。：；（）＄￥×—–－一’‘“”·•！？／＃＊∗％＋ОХ",
        ",.:;()$$x----''\"\"..!?/#**%+OX",
        strict=True,
    )
)


@dataclass(frozen=True, slots=True)
class Text:
    """What one line says. `log_probs` [frames, 1 + len(ASCII)], class 0 the blank, for decoding under other rules."""

    value: str
    probability: float
    log_probs: Floats
    source: str = SOURCE  # which reader read it

    @property
    def clarity(self) -> float:
        """The probability per letter: long lines are less sure as a whole, but no less legible."""
        return float(self.probability ** (1 / max(1, len(self.value))))

    def among(self, alphabet: str, width: int = ctc.LINE_WIDTH) -> list[tuple[str, float]]:
        """The likeliest texts made of these characters only, with their probabilities, best first."""
        columns = [0, *(ASCII.index(char) + 1 for char in alphabet)]
        return ctc.beam(ctc.log_softmax(self.log_probs[:, columns]), alphabet, width)

    def likely(self, width: int = ctc.LINE_WIDTH) -> list[tuple[str, float]]:
        """The likeliest texts in all of ASCII, with their probabilities, best first."""
        return ctc.beam(self.log_probs, ASCII, width)


NOTHING = Text("", 1.0, np.zeros((1, len(ASCII) + 1), np.float32))


def read_line(line: Gray, careful: bool = False, printed: bool = False) -> Text:
    """The text of one line, uint8 [height, width], ink dark on light, with a little paper around it.

    `careful` pads short lines to the width that the network was trained on: 5 of 100 handwritten amounts more are read
    right, in two to three times the time. `printed` squeezes the line: print stays legible, and time grows with width.
    """
    if min(line.shape) < LEAST_SIDE_PX:
        return NOTHING
    scaled = _scaled(line, TRAINED_WIDTH_PX if careful else MIN_WIDTH_PX, SQUEEZE if printed else 1.0)
    return text_of(_model().run(scaled), SOURCE)


def read_with_features(line: Gray) -> tuple[Text, Floats]:
    """A line read with care, and the network's features of it: [2 columns to one of its outputs, ROWS x FEATURES].

    They are its last convolution's, before it asks which of 18,709 characters they may be: the line's upper, middle
    and lower third, one after the other. Only columns that hold the line are given. Other readers may get more from
    them than the text (`ocr.nets.figure_head`).
    """
    if min(line.shape) < LEAST_SIDE_PX:
        return NOTHING, np.zeros((0, ROWS * FEATURES), np.float32)
    log_probs, features = _model().run_deep(_scaled(line, TRAINED_WIDTH_PX, 1.0))
    inked = min(round(line.shape[1] * HEIGHT_PX / line.shape[0]), MAX_WIDTH_PX) + TAIL_PX
    return text_of(log_probs, SOURCE), features[: 2 * (math.ceil(inked / COLUMN_PX) + 1)]


def looks() -> int:
    """How many lines this process has read so far: a document that adds none took the fast path."""
    return _model().looks


@cache
def readers_version() -> str:
    """Which network this is."""
    return f"ppocrv6-{version('rapidocr')}"


class _Model:
    def __init__(self, path: Path) -> None:
        import onnxruntime

        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        options.log_severity_level = ctc.ERRORS_ONLY
        options.enable_mem_pattern = False  # it keeps a plan for every width of line ever seen
        network = ppocr_net.cut(path, ASCII, _TWINS)
        self._session: Any = onnxruntime.InferenceSession(network.onnx, options, providers=["CPUExecutionProvider"])
        self._name = self._session.get_outputs()[0].name
        self.looks = 0
        meaning = np.zeros((len(network.targets), len(ASCII) + 1), np.float32)
        meaning[np.arange(len(network.targets)), network.targets] = 1
        self._fold = ctc.Fold(meaning)

    def run(self, picture: Any) -> Floats:
        """Log-probabilities [columns, 1 + len(ASCII)] of one picture [height, width]; the blank first."""
        return self._plain(self._session.run([self._name], {"x": picture[None, None]})[0][0])

    def run_deep(self, picture: Any) -> tuple[Floats, Floats]:
        """The same, and the last convolution's features [2 x columns, ROWS x FEATURES]."""
        outputs, features = self._session.run([self._name, LAST_CONVOLUTION], {"x": picture[None, None]})
        by_column = np.ascontiguousarray(features[0].transpose(2, 1, 0))
        return self._plain(outputs[0]), by_column.reshape(features.shape[-1], -1)

    def _plain(self, probs: Floats) -> Floats:
        self.looks += 1
        return ctc.log_softmax(np.log(self._fold(probs) + LEAST) / TEMPERATURE)


@lru_cache(maxsize=1)
def _model() -> _Model:
    spec = find_spec("rapidocr")  # without running its imports, which are heavy
    if spec is None or not spec.submodule_search_locations:
        raise FileNotFoundError("the wheel of rapidocr, which carries the PP-OCRv6 network, is not installed")
    return _Model(Path(spec.submodule_search_locations[0]) / MODEL)


def _scaled(line: Gray, least_px: int, squeeze: float) -> Any:
    height, width = line.shape
    wide = min(max(round(width * squeeze * HEIGHT_PX / height), COLUMN_PX), MAX_WIDTH_PX)
    way = cv2.INTER_AREA if height > HEIGHT_PX else cv2.INTER_LINEAR
    small: Any = cv2.resize(line, (wide, HEIGHT_PX), interpolation=way)
    plane = np.zeros((HEIGHT_PX, max(least_px, math.ceil((wide + TAIL_PX) / COLUMN_PX) * COLUMN_PX)), np.float32)
    plane[:, :wide] = small.astype(np.float32) / HALF_RANGE - 1
    return plane


def text_of(log_probs: Floats, source: str) -> Text:
    """The likeliest text in a reader's output [frames, 1 + len(ASCII)], and how likely it is."""
    chars = ctc.greedy(log_probs, ASCII)
    value = "".join(char.value for char in chars).strip()
    probability = math.prod(char.probability for char in chars)
    return Text(value, probability, log_probs, source)
