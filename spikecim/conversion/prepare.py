"""First half of every conversion: blocks, whole weights within the chip's bounds, and the quantised ANN they make."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from spikecim.conversion.calibrated import quantise_block
from spikecim.conversion.quantise import at_scale
from spikecim.errors import ConversionError
from spikecim.layered.network import largest_weight
from spikecim.models.blocks import Block, blocks, fold
from spikecim.models.forward import Values, activate, apply_layer
from spikecim.models.layers import AveragePool, Convolution, Dense
from spikecim.models.model import AnnModel

MOST_IMAGES = 512  # statistics over more images cost memory and change nothing


@dataclass(frozen=True, kw_only=True)
class Bounds:
    """What the chip allows and how long a sample may last.

    Attributes
    ----------
    levels : int
        Largest weight of one cell group; SPIRIT's four cells a side give -4..4.
    slices : int
        Cell groups a weight may be spread over.
    words_per_tick : int
        Words the input link brings; 1 is SPIRIT's serial link, the number of lines or more a parallel one.
    n_steps : int
        T: steps for which the input is shown.
    rail : float
        Charge a membrane holds, in thresholds, either side of rest.
    refractory_ticks : int
        Shortest refractory period of the neurons: no step is shorter, or rates would saturate below one.
    """

    levels: int = 4
    slices: int = 1
    words_per_tick: int = 1
    n_steps: int = 64
    rail: float = 2.0
    refractory_ticks: int = 0

    def __post_init__(self) -> None:
        if min(self.levels, self.slices, self.words_per_tick, self.n_steps) < 1 or not self.rail > 0:
            raise ConversionError("bounds: levels, slices, words per tick and steps must be at least 1, rail above 0")

    @property
    def largest(self) -> int:
        """Largest whole weight."""
        return largest_weight(self.levels, self.slices)


class Rule(Protocol):
    """What `prepare` must know of a conversion."""

    @property
    def name(self) -> str: ...
    @property
    def paper(self) -> str: ...
    @property
    def needs(self) -> str: ...
    @property
    def fixed_scale(self) -> bool: ...


@dataclass(frozen=True, kw_only=True)
class Prepared:
    """A network whose weights are whole numbers, waiting for its neurons.

    Attributes
    ----------
    rule : Rule
    blocks : tuple of Block
        With the weights ``scale * whole``.
    weights : tuple of int32 arrays
        Whole weights, shaped as the block's own.
    scales : tuple of float64 (n_channels,)
        Real weight of one unit, for each output channel.
    quantised : AnnModel
    images : float32 (n, *input_shape)
        Calibration images, at most `MOST_IMAGES`, spread over those that were given.
    bounds : Bounds
    notes : dict of str
    """

    rule: Rule
    blocks: tuple[Block, ...]
    weights: tuple[NDArray[np.int32], ...]
    scales: tuple[NDArray[np.float64], ...]
    quantised: AnnModel
    images: Values
    bounds: Bounds
    notes: dict[str, str]

    def values(self) -> Iterator[Values]:
        """Yield the calibration values of each block before its activation, (n, *out_shape)."""
        x = self.images
        for block in self.blocks:
            z = before_activation(block, x)
            yield z
            x = activate(block.activation, z) if block.activation else z


def before_activation(block: Block, x: Values) -> Values:
    """What the block's dense layer or convolution makes of `x` (n, *in_shape)."""
    return apply_layer(block.linear, block_input(block, x))


def block_input(block: Block, x: Values) -> Values:
    """What the block's dense layer or convolution is given for `x` (n, *in_shape): pooled, flat if it is dense."""
    if block.pool != (1, 1):
        x = apply_layer(AveragePool(size=block.pool), x)
    return x.reshape(len(x), -1) if isinstance(block.linear, Dense) else x


def prepare(rule: Rule, model: AnnModel, images: Values, bounds: Bounds) -> Prepared:
    """Quantise every block of `model`."""
    rows = np.linspace(0, len(images) - 1, min(len(images), MOST_IMAGES)).round().astype(np.int64)
    found, weights, scales, clipped = [], [], [], 0
    x = images[rows]
    for block in blocks(model):
        if rule.fixed_scale and block.activation is not None:
            whole, scale, linear = _by_slope(block, block.activation.slope, bounds.largest)
            clipped += int((np.abs(block.linear.weights) > scale * (bounds.largest + 0.5)).sum())
        else:
            whole, scale, linear = quantise_block(block.linear, block_input(block, x), bounds.largest)
        quantised = replace(block, linear=linear)
        found.append(quantised)
        weights.append(whole)
        scales.append(scale)
        z = before_activation(quantised, x)
        x = activate(block.activation, z) if block.activation else z
    notes = {
        "paper": rule.paper,
        "calibration_images": str(len(rows)),
        "largest_weight": str(bounds.largest),
        "slices": str(bounds.slices),
    }
    if rule.needs:
        notes["needs"] = rule.needs
    if clipped:
        notes["clipped_weights"] = str(clipped)
    return Prepared(
        rule=rule,
        blocks=tuple(found),
        weights=tuple(weights),
        scales=tuple(scales),
        quantised=_with_linear(model, [block.linear for block in found]),
        images=images[rows],
        bounds=bounds,
        notes=notes,
    )


def _by_slope(
    block: Block, slope: float, largest: int
) -> tuple[NDArray[np.int32], NDArray[np.float64], Dense | Convolution]:
    """Full weight = one threshold keeps the activation's argument: the scale follows from its slope."""
    scale = np.full(block.linear.weights.shape[-1], 1.0 / (slope * largest))
    whole = at_scale(block.linear.weights, scale, largest)
    return whole, scale, replace(block.linear, weights=(whole * scale).astype(np.float32))


def _with_linear(model: AnnModel, linear: list[Dense | Convolution]) -> AnnModel:
    """`model`, folded, with other dense layers and convolutions, in order."""
    folded, rest = fold(model), iter(linear)
    layers = tuple(next(rest) if isinstance(layer, Dense | Convolution) else layer for layer in folded.layers)
    return replace(folded, layers=layers, name=f"{model.name}-quantised")
