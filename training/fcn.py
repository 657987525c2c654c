"""A small fully-convolutional CTC reader: its layers, its training and its export, all of which need PyTorch."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from math import ceil, cos, pi
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import nn
from torch.optim import swa_utils

from lockbox.parallel import fresh

Sample = tuple[np.ndarray, str]  # float32 [height, width], ink 1, paper 0; and what it says
Scores = Callable[[np.ndarray], np.ndarray]  # of a picture [height, width]: [frames, classes], before the softmax

HEIGHT_PX = 32
STRIDE_PX = 4
HALVED_FROM = 1000  # values: smaller tensors are not worth it
POOLED, AHEAD = 8, 6  # batches that are drawn together, and how many such pools may wait
AVERAGE = 0.998  # of the weights' mean that the next step keeps
CONTINUED_PACE = 1.5e-3  # highest learning rate when training goes on from an exported net
DECAY = 1e-2  # of weights
WARM_UP = 200  # steps up to the highest learning rate
SET_ANEW = 96  # pictures from which norms are computed again
LOGGED_EVERY, CHECKPOINT_EVERY = 100, 500  # steps between lines of progress, and between checkpoints
SOFTENINGS = np.arange(0.6, 3.01, 0.1)  # temperatures to choose from


def block(
    inward: int, outward: int, side: tuple[int, int], stride: tuple[int, int] = (1, 1), high: bool = True
) -> list[nn.Module]:
    """A convolution, its norm and its bend. It keeps the width but for its stride, and if `high` the height, too."""
    padding = (side[0] // 2 if high else 0, side[1] // 2)
    return [
        nn.Conv2d(inward, outward, side, stride=stride, padding=padding, bias=False),
        nn.BatchNorm2d(outward),
        nn.ReLU(),
    ]


def trained(
    draw: Callable[[np.random.Generator], Sample],
    alphabet: str,
    steps: int,
    seed: int,
    make: Callable[[int], nn.Module],
    start: Path | None = None,
    batch: int = 24,
    on_checkpoint: Callable[[int, nn.Module], None] | None = None,
    stride_px: int = STRIDE_PX,
    pace: float = 4e-3,
    averaged: bool = False,
    minutes: float | None = None,
    drawn: Iterator[list[Sample]] | None = None,
) -> Any:
    """A net trained on `steps` batches of what `draw` makes; on one thread, so the same seed gives the same net.

    `make` builds the net for a number of classes. `start` is an exported net to go on from, at a lower pace.
    `on_checkpoint` is called at every 500th step with the net as it is then. A frame is `stride_px` columns; `pace` is
    the highest learning rate. If `averaged`, the result is the mean of the latest weights, and the rate falls as half a
    cosine to the last step, or to the end of so many `minutes` if that comes first: then the number of steps, and so
    the net, depends on the machine; the net's `steps` say how many it took. `drawn` are the batches if other processes
    draw them (`drawn_ahead`).
    """
    torch.manual_seed(seed)
    torch.set_num_threads(1)
    rng = np.random.default_rng(seed)
    net: Any = make(len(alphabet) + 1)
    net = net.to(memory_format=torch.channels_last)  # a fifth faster on one core
    if start is not None:
        _restore(net, start, stacked([draw(rng)[0] for _ in range(SET_ANEW)])[0])
    began = time.monotonic()

    def progress(step: int) -> float:
        spent = (time.monotonic() - began) / 60 / minutes if minutes else 0.0
        return max(step / steps, spent)

    optimizer, schedule = _paced(net, CONTINUED_PACE if start else pace, steps, progress if averaged else None)
    mean: Any = None
    if averaged:
        mean = swa_utils.AveragedModel(net, multi_avg_fn=swa_utils.get_ema_multi_avg_fn(AVERAGE), use_buffers=True)
    losses: list[float] = []
    for step, samples in enumerate(drawn or _batches(draw, rng, steps, batch)):
        loss = _loss(net, samples, alphabet, stride_px)
        _learn(net, loss, optimizer)
        schedule.step()
        if mean is not None:
            mean.update_parameters(net)
        losses.append(float(loss.detach()))
        if (step + 1) % LOGGED_EVERY == 0:
            print(f"step {step + 1}: loss {np.mean(losses):.4f}, {time.monotonic() - began:.0f} s", flush=True)
            losses = []
        if on_checkpoint is not None and (step + 1) % CHECKPOINT_EVERY == 0:
            on_checkpoint(step + 1, (mean.module if averaged else net).eval())
            net.train()
        if progress(step) >= 1:
            break
    result = mean.module if averaged else net
    result.steps = step + 1
    return result.eval()


def _paced(net: nn.Module, pace: float, steps: int, progress: Callable[[int], float] | None) -> tuple[Any, Any]:
    """The optimizer and the course of its learning rate: one cycle, or by `progress` (0 to 1) down to the end."""
    if progress is None:
        optimizer = torch.optim.AdamW(net.parameters(), lr=3e-3, weight_decay=DECAY)
        return optimizer, torch.optim.lr_scheduler.OneCycleLR(optimizer, pace, total_steps=steps, pct_start=0.15)
    optimizer = torch.optim.AdamW(net.parameters(), lr=pace, weight_decay=DECAY)
    return optimizer, torch.optim.lr_scheduler.LambdaLR(optimizer, lambda step: _ending(step, progress(step)))


def _learn(net: nn.Module, loss: torch.Tensor, optimizer: Any) -> None:
    """One step down the loss, its gradient clipped to length 1."""
    optimizer.zero_grad()
    loss.backward()
    nn.utils.clip_grad_norm_(net.parameters(), 1.0)
    optimizer.step()


def _loss(net: nn.Module, samples: Sequence[Sample], alphabet: str, stride_px: int) -> torch.Tensor:
    pictures, frames = stacked([picture for picture, _ in samples], stride_px)
    labels = torch.tensor([alphabet.index(char) + 1 for _, text in samples for char in text], dtype=torch.long)
    lengths = torch.tensor([len(text) for _, text in samples])
    scores = net(pictures.to(memory_format=torch.channels_last)).log_softmax(2).transpose(0, 1)
    return nn.CTCLoss(blank=0, zero_infinity=True)(scores, labels, frames, lengths)


def _ending(step: int, done: float) -> float:
    """Share of the highest learning rate: up over the first steps, then down as half a cosine over the share done."""
    return min((step + 1) / WARM_UP, 0.01 + 0.495 * (1 + cos(pi * min(1.0, done))))


def _restore(net: nn.Module, path: Path, pictures: torch.Tensor) -> None:
    """Puts back the weights of an exported net; its norms, folded into them, are computed again from `pictures`."""
    import onnx
    from onnx import numpy_helper

    graph = onnx.load(str(path)).graph
    arrays = {tensor.name: numpy_helper.to_array(tensor) for tensor in graph.initializer}
    for node in graph.node:
        if node.op_type == "DequantizeLinear" and node.input[0] in arrays:  # a quantized net
            whole, share = (arrays[name].astype(np.float32) for name in node.input[:2])
            arrays[node.output[0]] = whole * share.reshape(-1, *[1] * (whole.ndim - 1))
    stored = {name: torch.from_numpy(array.copy()) for name, array in arrays.items()}
    kept = [(stored[node.input[1]], stored[node.input[2]]) for node in graph.node if node.op_type == "Conv"]
    biases: list[torch.Tensor] = []

    def fill(layer: nn.Conv2d, _: Any) -> None:
        weight, bias = kept[len(biases)]
        layer.weight.copy_(weight)
        if layer.bias is not None:
            layer.bias.copy_(bias)
        biases.append(bias)

    def undo(norm: nn.BatchNorm2d, values: tuple[torch.Tensor]) -> None:
        mean, spread = values[0].mean((0, 2, 3)), values[0].var((0, 2, 3))
        norm.running_mean, norm.running_var = mean, spread
        norm.weight.copy_((spread + norm.eps).sqrt())
        norm.bias.copy_(biases[-1] + mean)

    hooks = [layer.register_forward_pre_hook(fill) for layer in net.modules() if isinstance(layer, nn.Conv2d)]
    hooks += [norm.register_forward_pre_hook(undo) for norm in net.modules() if isinstance(norm, nn.BatchNorm2d)]
    net.eval()
    with torch.no_grad():
        net(pictures)  # layers are met in the order in which they were written
    for hook in hooks:
        hook.remove()


def _batches(
    draw: Callable[[np.random.Generator], Sample], rng: np.random.Generator, steps: int, size: int
) -> Iterator[list[Sample]]:
    """Batches of samples of similar width: padding is wasted work."""
    for begin in range(0, steps, POOLED):
        count = min(POOLED, steps - begin)
        pool = sorted((draw(rng) for _ in range(size * count)), key=lambda sample: sample[0].shape[1])
        for which in rng.permutation(count):
            yield pool[which * size : (which + 1) * size]


def drawn_ahead(
    draw: Callable[[np.random.Generator, int], Sample], seed: int, steps: int, size: int, processes: int
) -> Iterator[list[Sample]]:
    """Batches as `_batches` makes them, drawn by other processes while the net learns; same seed, same batches.

    `draw` is also given how many lines came before.
    """
    part = partial(_pool, draw, seed, size)
    with fresh(processes) as pool:
        waiting: deque[Any] = deque()
        for number in range(ceil(steps / POOLED) + AHEAD):
            waiting.append(pool.submit(part, number))
            if len(waiting) > AHEAD:
                for batch in waiting.popleft().result():
                    yield [(np.float32(1 / 255) * picture, text) for picture, text in batch]


def _pool(
    draw: Callable[[np.random.Generator, int], Sample], seed: int, size: int, number: int
) -> list[list[tuple[np.ndarray, str]]]:
    """The batches of one pool, their pictures as uint8."""
    rng, count = np.random.default_rng((seed, number)), size * POOLED
    drawn = sorted((draw(rng, number * count + at) for at in range(count)), key=lambda sample: sample[0].shape[1])
    small = [(np.round(255 * picture).astype(np.uint8), text) for picture, text in drawn]
    return [small[at * size : (at + 1) * size] for at in rng.permutation(POOLED)]


def stacked(pictures: Sequence[np.ndarray], stride_px: int = STRIDE_PX) -> tuple[torch.Tensor, torch.Tensor]:
    """Pictures of one height, padded with paper to one width, and the frames that each fills."""
    widest = ceil(max(picture.shape[1] for picture in pictures) / STRIDE_PX) * STRIDE_PX
    padded = np.zeros((len(pictures), 1, pictures[0].shape[0], widest), np.float32)
    for row, picture in zip(padded, pictures, strict=True):
        row[0, :, : picture.shape[1]] = picture
    return torch.from_numpy(padded), torch.tensor([ceil(picture.shape[1] / stride_px) for picture in pictures])


def export(net: nn.Module, path: Path, height_px: int = HEIGHT_PX, halved: bool = False) -> None:
    """Writes the net as ONNX: input `line` [1, 1, height_px, width], output `scores` [1, frames, classes].

    `halved` keeps each weight in 16 bits; they are widened once, when the file is loaded.
    """
    net.eval()
    torch.onnx.export(
        net,
        (torch.zeros(1, 1, height_px, 400),),
        str(path),
        input_names=["line"],
        output_names=["scores"],
        dynamic_axes={"line": {3: "width"}, "scores": {1: "frames"}},
        opset_version=17,
        dynamo=False,
    )
    if halved:
        _halve(path)


def _halve(path: Path) -> None:
    import onnx
    from onnx import helper, numpy_helper

    model = onnx.load(str(path))
    graph = model.graph
    for tensor in [tensor for tensor in graph.initializer if numpy_helper.to_array(tensor).size >= HALVED_FROM]:
        wide = numpy_helper.to_array(tensor)
        if wide.dtype != np.float32:
            continue
        half = f"{tensor.name}.half"
        graph.initializer.remove(tensor)
        graph.initializer.append(numpy_helper.from_array(wide.astype(np.float16), half))
        widened = helper.make_node("Cast", [half], [tensor.name], to=onnx.TensorProto.FLOAT)
        graph.node.insert(0, widened)
    onnx.checker.check_model(model)
    onnx.save(model, str(path))


def exported(path: Path) -> Scores:
    """The scores that an exported net gives a picture."""
    from onnxruntime import InferenceSession

    session: Any = InferenceSession(str(path), providers=["CPUExecutionProvider"])
    return lambda picture: session.run(None, {"line": picture[None, None].astype(np.float32)})[0][0]


def scores_of(net: nn.Module, picture: np.ndarray) -> np.ndarray:
    """Scores [frames, classes] of one picture."""
    with torch.inference_mode():
        return net(torch.from_numpy(picture[None, None]))[0].numpy()


def temperature(scores: Sequence[np.ndarray], texts: Sequence[str], alphabet: str) -> float:
    """The softening under which lines held out of training are likeliest: it makes confidence honest."""
    loss_of = nn.CTCLoss(blank=0, zero_infinity=True, reduction="sum")

    def cost(softening: float) -> float:
        total = 0.0
        for line, text in zip(scores, texts, strict=True):
            log_probs = torch.from_numpy(line / softening).log_softmax(1)[:, None]
            label = torch.tensor([[alphabet.index(char) + 1 for char in text]], dtype=torch.long)
            total += float(loss_of(log_probs, label, torch.tensor([len(line)]), torch.tensor([len(text)])))
        return total

    return min(SOFTENINGS.tolist(), key=cost)
