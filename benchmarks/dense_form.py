"""A layered program as PyTorch layers: the same charges and biases as floats, in units of the threshold.

Only for what an exact chip with a rate code has: one threshold in a layer, no ramp, a bias in every step. A network of
L layers sees T steps in T + L - 1 ticks, for a spike needs one tick to the next layer; here layers follow each other
within a step, so T steps are T ticks, and the last layer's spikes are the same, one by one.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from spikecim.layered.program import NEVER, LayeredProgram, LayerProgram
from spikecim.layered.wiring import ConvolutionWiring, DenseWiring
from spikecim.spikes import SpikeTrains

Shape = tuple[int, int, int]  # height, width, channels


@dataclass(frozen=True, kw_only=True)
class Stage:
    """One layer: `linear` turns spikes (n, *shape), channels first, into charge, bias included; threshold 1.

    `signed` tells that the neuron has a second threshold, -1.
    """

    linear: Any
    signed: bool


def dense_form(program: LayeredProgram, input_shape: Shape) -> list[Stage]:
    """The layers of `program`, whose input lines are an image of `input_shape`."""
    stages, shape = [], input_shape
    for layer in program.layers:
        stages.append(Stage(linear=_linear(layer, shape), signed=bool((layer.threshold_down != NEVER).all())))
        shape = layer.wiring.out_shape if isinstance(layer.wiring, ConvolutionWiring) else (1, 1, layer.n_out)
    return stages


def dense_input(trains: SpikeTrains, shape: Shape, n_steps: int) -> Any:
    """0/1 tensor (n_steps, n_samples, channels, height, width)."""
    import torch

    dense = np.zeros((n_steps, trains.n_samples, trains.n_in), np.float32)
    dense[trains.ticks, trains.samples(), trains.lines] = trains.signs
    images = dense.reshape(n_steps, trains.n_samples, *shape).transpose(0, 1, 4, 2, 3)
    return torch.from_numpy(np.ascontiguousarray(images))


def _linear(layer: LayerProgram, shape: Shape) -> Any:
    """Average pool if lines share rows, then the convolution or the dense layer."""
    import torch
    from torch import nn

    threshold = _one_threshold(layer)
    pool = _pool(layer, shape)
    # A pool's mean times the lines of its window is the sum that reaches a row.
    weights = layer.charge[0].astype(np.float64) * (pool[0] * pool[1]) / threshold
    bias = _bias(layer) / threshold
    before: list[Any] = [nn.AvgPool2d(pool)] if pool != (1, 1) else []
    wiring = layer.wiring
    if isinstance(wiring, ConvolutionWiring):
        (top, bottom), (left, right) = wiring.padding
        if any(wiring.padding[0]) or any(wiring.padding[1]):
            before.append(nn.ZeroPad2d((left, right, top, bottom)))
        made: Any = nn.Conv2d(
            wiring.in_shape[2], wiring.c_out, wiring.kernel, stride=wiring.stride, groups=wiring.groups
        )
        kernel = weights.reshape(*wiring.kernel, wiring.c_group, wiring.c_out).transpose(3, 2, 0, 1)
        bias = bias[: wiring.c_out]
    else:
        rows = (shape[0] // pool[0], shape[1] // pool[1], shape[2])
        by_place = weights.reshape(*rows, wiring.n_out).transpose(3, 2, 0, 1)
        kernel = by_place.reshape(wiring.n_out, -1)
        before.append(nn.Flatten())
        made = nn.Linear(kernel.shape[1], kernel.shape[0])
    with torch.no_grad():
        made.weight.copy_(torch.from_numpy(np.ascontiguousarray(kernel)))
        made.bias.copy_(torch.from_numpy(bias))
    return nn.Sequential(*before, made)


def _one_threshold(layer: LayerProgram) -> int:
    threshold = int(layer.threshold_up[0])
    exact = (layer.threshold_up == threshold).all() and (layer.reset_up == threshold).all()
    plain = not layer.initial.any() and not layer.leak.any() and layer.ramp is None and layer.refractory_ticks <= 1
    if not (exact and plain and not layer.noisy and isinstance(layer.wiring, DenseWiring | ConvolutionWiring)):
        raise ValueError(f"layer {layer.name} is not one of an exact chip with a rate code")
    return threshold


def _pool(layer: LayerProgram, shape: Shape) -> tuple[int, int]:
    """Window of the average pool that the route stands for."""
    if layer.n_in == layer.wiring.n_rows:
        return (1, 1)
    row = layer.route.reshape(shape)[:, :, 0]
    along = int((row[0] == row[0, 0]).sum()), int((row[:, 0] == row[0, 0]).sum())
    return along[1], along[0]


def _bias(layer: LayerProgram) -> NDArray[np.float64]:
    """What every step brings to each neuron."""
    if any(pulses.period != 1 for pulses in layer.pulses):
        raise ValueError(f"layer {layer.name}: a step of the code must be one tick")
    return sum((pulses.charge.astype(np.float64) for pulses in layer.pulses), np.zeros(layer.n_out))
