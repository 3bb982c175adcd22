"""From the shapes of a block to the wiring of a layer and the route of its lines; average pools cost no neuron."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from spikecim.layered.wiring import ConvolutionWiring, DenseWiring
from spikecim.models.blocks import Block
from spikecim.models.layers import Convolution


def wiring_of(block: Block) -> DenseWiring | ConvolutionWiring:
    """Wiring of the block's dense layer or convolution, behind its pool."""
    linear = block.linear
    if isinstance(linear, Convolution):
        height, width = pooled_size(block)
        return ConvolutionWiring(
            in_shape=(height, width, block.in_shape[2]),
            kernel=(linear.weights.shape[0], linear.weights.shape[1]),
            c_out=linear.weights.shape[3],
            stride=linear.stride,
            padding=linear.padding,
            groups=linear.groups,
        )
    return DenseWiring(n_rows=linear.weights.shape[0], n_out=linear.weights.shape[1])


def route_of(block: Block) -> NDArray[np.int32]:
    """Row of each incoming line, int32 (n_in,); -1 for lines that the pool drops."""
    n_lines = int(np.prod(block.in_shape))
    if block.pool == (1, 1):
        return np.arange(n_lines, dtype=np.int32)
    height, width = pooled_size(block)
    y, x, channel = np.unravel_index(np.arange(n_lines), block.in_shape)
    y, x = y // block.pool[0], x // block.pool[1]
    row = (y * width + x) * block.in_shape[2] + channel
    return np.where((y < height) & (x < width), row, -1).astype(np.int32)


def pooled_size(block: Block) -> tuple[int, int]:
    """Height and width behind the pool."""
    return block.in_shape[0] // block.pool[0], block.in_shape[1] // block.pool[1]


def window_of(block: Block) -> int:
    """Lines of one pooling window: each spike counts for one of so many."""
    return block.pool[0] * block.pool[1]
