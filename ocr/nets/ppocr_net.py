"""The PP-OCRv6 network cut down to what is needed: plain signs, one plane of gray, and its features as well.

The file in the wheel stays as it is; the smaller network is made in memory, in a third of a second, once per process.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

LAST_CONVOLUTION = "p2o.pd_op.add.64.0"  # [1, FEATURES, ROWS, 2 x columns]
FEATURES, ROWS = 384, 3
_CLASSES = ("linear_8.w_0", "linear_8.b_0")  # the last layer: [120, classes] and [classes]
_CLASSES_AXIS = -1
_STEM = "conv2d_68.w_0"  # the first convolution: [48, 3 colors, 3, 3]


@dataclass(frozen=True, slots=True)
class Network:
    """An ONNX file, and of each of its outputs which sign it means: 0 the blank, k the k-th sign of the alphabet."""

    onnx: bytes
    targets: tuple[int, ...]


def cut(path: Path, alphabet: str, twins: Mapping[str, str]) -> Network:
    """The network for gray planes [1, 1, height, width] that knows only the alphabet and the signs that stand for it.

    It gives the probabilities of these signs and the features of its last convolution, the same as the whole network
    gives: 18,600 other signs take a sixth of its time, and two more planes of the same gray a fiftieth.

    Raises:
        ValueError: another network, with other names.
    """
    import onnx
    from onnx import numpy_helper

    model = onnx.load(str(path))
    weights = {tensor.name: tensor for tensor in model.graph.initializer}
    missing = {*_CLASSES, _STEM} - weights.keys()
    if missing:
        raise ValueError(f"{path.name} is not the network that is known: it has no {', '.join(sorted(missing))}")
    classes = int(weights[_CLASSES[1]].dims[0])
    sources, targets = _signs(_characters(model), classes, alphabet, twins)

    def change(name: str, values: Any) -> None:
        weights[name].CopyFrom(numpy_helper.from_array(np.ascontiguousarray(values), name))

    for name in _CLASSES:
        change(name, numpy_helper.to_array(weights[name]).take(sources, axis=_CLASSES_AXIS))
    change(_STEM, numpy_helper.to_array(weights[_STEM]).sum(axis=1, keepdims=True))
    graph = model.graph
    graph.input[0].type.tensor_type.shape.dim[1].dim_value = 1
    graph.output[0].type.tensor_type.shape.dim[2].dim_value = len(sources)
    del graph.value_info[:]  # shapes of the whole network
    graph.output.append(onnx.helper.make_empty_tensor_value_info(LAST_CONVOLUTION))
    return Network(model.SerializeToString(), tuple(targets))


def _characters(model: Any) -> list[str]:
    return next(str(entry.value) for entry in model.metadata_props if entry.key == "character").split("\n")


def _signs(
    characters: Sequence[str], outputs: int, alphabet: str, twins: Mapping[str, str]
) -> tuple[list[int], list[int]]:
    """The outputs that are kept, and what each means."""
    names = ["", *characters[: outputs - 2], " "]  # the blank first, the space last
    signs = {char: at for at, char in enumerate(alphabet, 1)}
    kept = [(at, 0 if at == 0 else signs.get(twins.get(name, name))) for at, name in enumerate(names)]
    return [at for at, sign in kept if sign is not None], [sign for _, sign in kept if sign is not None]
