"""ONNX operators, each as the layer it is or as the shape it computes (onnx.ai operator schemas, opsets 7 to 25)."""

from __future__ import annotations

from collections.abc import Callable
from math import prod

import numpy as np

from spikecim.models.layers import Activation, Pair
from spikecim.models.onnx_sizes import SIZES
from spikecim.models.onnx_walk import BATCH, Op, Walk
from spikecim.models.pooling import Window, adaptive_pool, average_pool, max_pool

Read = Callable[[Walk, Op], None]


def read_op(walk: Walk, op: Op) -> None:
    """Append what `op` is to the chain.

    Raises
    ------
    ModelError
        If it is not supported, branches off, or does not fit.
    """
    if op.kind == "Constant":
        _constant(walk, op)
    elif op.kind in SIZES and (op.kind == "Shape" or any(name in walk.sizes for name in op.inputs)):
        walk.sizes[op.outputs[0]] = SIZES[op.kind](walk, op)
    elif op.kind == "Identity" and op.inputs[0] in walk.constants:
        walk.constants[op.outputs[0]] = walk.constants[op.inputs[0]]
    elif op.kind not in _LAYERS:
        raise walk.chain.unsupported(op.label, op.kind)
    else:
        data = [name for name in op.inputs if name and name not in walk.constants and name not in walk.sizes]
        if data != [walk.current]:
            raise walk.chain.error(
                op.label,
                f"{op.kind} takes {', '.join(map(repr, data)) or 'constants only'}, not just the values of the layer "
                f"before it ({walk.current!r}); branches are not supported",
            )
        _LAYERS[op.kind](walk, op)
        walk.current = op.outputs[0]
        walk.shapes[walk.current] = walk.chain.channels_first


def _constant(walk: Walk, op: Op) -> None:
    for key in ("value", "value_float", "value_floats", "value_int", "value_ints"):
        if op.values.get(key) is not None:
            walk.constants[op.outputs[0]] = np.asarray(op.values[key])
            return
    raise walk.chain.error(op.label, "constant without plain numbers")


def _gemm(walk: Walk, op: Op) -> None:
    weight, bias = walk.constant(op, 1, "the weight"), walk.optional(op, 2)
    if op.values.get("transA") or weight.ndim != 2 or op.inputs[0] != walk.current:
        raise walk.chain.error(op.label, "Gemm is supported as values @ weight only")
    rows = (weight if op.values.get("transB") else weight.T) * np.float32(op.values.get("alpha", 1.0))
    if bias is not None:
        if bias.size not in (1, len(rows)) or bias.shape[:-1] not in ((), (1,)):
            raise walk.chain.error(op.label, f"bias of shape {bias.shape} for {len(rows)} outputs")
        bias = np.broadcast_to(bias.reshape(-1), (len(rows),)) * np.float32(op.values.get("beta", 1.0))
    walk.chain.dense(op.label, rows, bias)


def _matmul(walk: Walk, op: Op) -> None:
    weight = walk.constant(op, 1, "the weight")
    if weight.ndim != 2:
        raise walk.chain.error(op.label, f"weight of shape {weight.shape}; a matrix is supported")
    walk.chain.dense(op.label, weight.T)


def _add(walk: Walk, op: Op) -> None:
    walk.chain.add_bias(op.label, walk.constant(op, 1 if op.inputs[0] == walk.current else 0, "one of the terms"))


def _convolution(walk: Walk, op: Op) -> None:
    weight = walk.constant(op, 1, "the weight")
    if weight.ndim != 4:
        raise walk.chain.error(op.label, f"weight of shape {weight.shape}; only 2-d convolutions are supported")
    stride = _pair(walk, op, "strides", (1, 1))
    walk.chain.convolution(
        op.label,
        weight,
        walk.optional(op, 2),
        stride=stride,
        padding=_padding(walk, op, (weight.shape[2], weight.shape[3]), stride),
        dilation=_pair(walk, op, "dilations", (1, 1)),
        groups=int(op.values.get("group", 1)),
    )


def _padding(walk: Walk, op: Op, kernel: Pair, stride: Pair) -> tuple[Pair, Pair]:
    auto = op.values.get("auto_pad", "NOTSET")
    if auto == "VALID":
        return ((0, 0), (0, 0))
    if auto in ("SAME_UPPER", "SAME_LOWER"):
        sides = []
        for length, size, step in zip(walk.chain.shape[:2], kernel, stride, strict=True):
            total = max((-(-length // step) - 1) * step + size - length, 0)
            half = total // 2
            sides.append((half, total - half) if auto == "SAME_UPPER" else (total - half, half))
        return (sides[0], sides[1])
    pads = op.values.get("pads") or (0, 0, 0, 0)
    if auto != "NOTSET" or len(pads) != 4:
        raise walk.chain.error(op.label, f"padding {auto} {tuple(pads)} is not supported")
    return ((int(pads[0]), int(pads[2])), (int(pads[1]), int(pads[3])))


def _window(walk: Walk, op: Op) -> Window:
    if op.values.get("auto_pad", "NOTSET") not in ("NOTSET", "VALID"):
        raise walk.chain.error(op.label, "pooling with padding is not supported")
    return Window(
        size=_pair(walk, op, "kernel_shape", None),
        stride=_pair(walk, op, "strides", (1, 1)),
        padding=max(map(abs, op.values.get("pads") or (0,))),
        dilation=max(_pair(walk, op, "dilations", (1, 1))),
        ceil=bool(op.values.get("ceil_mode", 0)),
    )


def _pair(walk: Walk, op: Op, key: str, default: Pair | None) -> Pair:
    numbers = op.values.get(key) or default
    if not isinstance(numbers, tuple) or len(numbers) != 2:
        raise walk.chain.error(op.label, f"{key} must be two numbers")
    return (int(numbers[0]), int(numbers[1]))


def _batch_norm(walk: Walk, op: Op) -> None:
    if op.values.get("training_mode") or op.values.get("spatial", 1) != 1:
        raise walk.chain.error(op.label, "batch norm in training mode; export the network in evaluation mode")
    names = ("scale", "shift", "mean", "variance")
    gamma, beta, mean, variance = (
        walk.constant(op, place, what).astype(np.float64) for place, what in enumerate(names, start=1)
    )
    if not gamma.shape == beta.shape == mean.shape == variance.shape or (variance < 0).any():
        raise walk.chain.error(op.label, "batch norm whose parameters do not fit each other")
    scale = gamma / np.sqrt(variance + float(op.values.get("epsilon", 1e-5)))
    walk.chain.batch_norm(op.label, scale, beta - mean * scale)


def _clip(walk: Walk, op: Op) -> None:
    if walk.opset < 11:
        low, high = op.values.get("min"), op.values.get("max")
    else:
        low, high = walk.optional(op, 1), walk.optional(op, 2)
    if any(bound is not None and np.size(bound) != 1 for bound in (low, high)):
        raise walk.chain.error(op.label, "clipping bounds must be single numbers")
    # PyTorch writes the largest float for "no bound".
    limit = float(np.finfo(np.float32).max)
    bounds = [None if bound is None else float(np.ravel(bound)[0]) for bound in (low, high)]
    walk.chain.clip(op.label, *(None if bound is None or abs(bound) >= limit else bound for bound in bounds))


def _mean(walk: Walk, op: Op) -> None:
    axes = op.values.get("axes") or walk.optional(op, 1)
    if len(walk.chain.shape) != 3 or axes is None or {int(axis) % 4 for axis in axes} != {2, 3}:
        raise walk.chain.error(op.label, "ReduceMean is supported over height and width, axes (2, 3), only")
    adaptive_pool(walk.chain, op.label, (1, 1))
    if not op.values.get("keepdims", 1):
        walk.chain.flatten(op.label)


def _flatten(walk: Walk, op: Op) -> None:
    axis, rank = int(op.values.get("axis", 1)), len(walk.chain.shape) + 1
    if axis not in (1, 1 - rank):
        raise walk.chain.error(op.label, f"flatten from axis {axis}; only 1 is supported")
    walk.chain.flatten(op.label)


def _squeeze(walk: Walk, op: Op) -> None:
    axes = op.values.get("axes") or walk.optional(op, 1)
    if len(walk.chain.shape) != 3 or axes is None or {int(axis) % 4 for axis in axes} != {2, 3}:
        raise walk.chain.error(op.label, "Squeeze is supported for height and width, axes (2, 3), only")
    if walk.chain.shape[:2] != (1, 1):
        raise walk.chain.error(op.label, f"Squeeze of {walk.chain.shape[:2]} positions; only of one")
    walk.chain.flatten(op.label)


def _reshape(walk: Walk, op: Op) -> None:
    """Understood if all it does is flatten."""
    wanted, count = walk.size(op, 1), prod(walk.chain.shape)
    wanted = wanted if isinstance(wanted, list) else [wanted]
    first = {BATCH, -1, 0, walk.batch} - ({0} if op.values.get("allowzero") else set())
    if len(wanted) != 2 or wanted[0] not in first or wanted[1] not in (-1, count) or wanted == [-1, -1]:
        raise walk.chain.error(op.label, f"reshape to {wanted}; only (batch, {count}), a flatten, is supported")
    walk.chain.flatten(op.label)


def _dropout(walk: Walk, op: Op) -> None:
    mode = walk.optional(op, 2)
    if mode is not None and mode.any():
        raise walk.chain.error(op.label, "dropout in training mode; export the network in evaluation mode")
    walk.chain.dropout(op.label)


_LAYERS: dict[str, Read] = {
    "Gemm": _gemm,
    "MatMul": _matmul,
    "Add": _add,
    "Conv": _convolution,
    "BatchNormalization": _batch_norm,
    "Relu": lambda walk, op: walk.chain.clip(op.label, 0.0, None),
    "Clip": _clip,
    "Tanh": lambda walk, op: walk.chain.activation(op.label, Activation(kind="tanh")),
    "AveragePool": lambda walk, op: average_pool(walk.chain, op.label, _window(walk, op)),
    "MaxPool": lambda walk, op: max_pool(walk.chain, op.label, _window(walk, op)),
    "GlobalAveragePool": lambda walk, op: adaptive_pool(walk.chain, op.label, (1, 1)),
    "ReduceMean": _mean,
    "Flatten": _flatten,
    "Squeeze": _squeeze,
    "Reshape": _reshape,
    "Dropout": _dropout,
    "Identity": lambda walk, op: None,
}
