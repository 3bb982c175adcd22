"""The canonical form a conversion reads: batch norms folded, dropout gone, one block per layer of neurons.

A block is [average pool] -> dense or convolution -> activation. Average pooling needs no neurons of its own: lines of
one window share a row, and the mean's divisor goes into the weights' scale.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from spikecim.errors import ShapeError
from spikecim.models.layers import Activation, AveragePool, BatchNorm, Convolution, Dense, Dropout, Layer, Shape
from spikecim.models.model import AnnModel, macs_of


@dataclass(frozen=True, kw_only=True)
class Block:
    """One layer of neurons.

    Attributes
    ----------
    linear : Dense or Convolution
    activation : Activation or None
        None only for the last block: its values are compared, not passed on.
    pool : (int, int)
        Window of the average pool before it; (1, 1) for none.
    in_shape : tuple of int
        What the block is given, before the pool.
    out_shape : tuple of int
    """

    linear: Dense | Convolution
    activation: Activation | None
    pool: tuple[int, int]
    in_shape: Shape
    out_shape: Shape

    @property
    def name(self) -> str:
        return self.linear.name


def blocks(model: AnnModel) -> tuple[Block, ...]:
    """Cut `model` into blocks.

    Raises
    ------
    ShapeError
        If the chain has an order that this form does not know; the message names the layer.
    """
    found: list[Block] = []
    shape, in_shape, pool, pooled = model.input_shape, model.input_shape, (1, 1), False
    for layer in fold(model).layers:
        after = layer.out_shape(shape)
        if isinstance(layer, AveragePool):
            if pooled:
                pool = (pool[0] * layer.size[0], pool[1] * layer.size[1])
            else:
                pool, pooled = layer.size, True
        elif isinstance(layer, Dense | Convolution):
            if found and found[-1].activation is None:
                raise ShapeError(
                    f"network {model.name}: no activation between {found[-1].name} and {layer.name}; "
                    "neurons cannot be left out: merge the two layers or put an activation between them"
                )
            found.append(Block(linear=layer, activation=None, pool=pool, in_shape=in_shape, out_shape=after))
            in_shape, pool, pooled = after, (1, 1), False
        elif isinstance(layer, Activation):
            if not found or found[-1].activation is not None or pooled:
                raise ShapeError(
                    f"network {model.name}: activation {layer.name} does not follow a dense layer or a convolution"
                )
            found[-1] = replace(found[-1], activation=layer)
        shape = after
    if not found or pooled:
        raise ShapeError(f"network {model.name}: must end in a dense layer or a convolution")
    return tuple(found)


def block_macs(model: AnnModel) -> tuple[int, ...]:
    """Multiply-accumulate operations of each dense layer and convolution, batch norms folded.

    Average pools and biases are not counted.
    """
    folded = fold(model)
    return tuple(
        macs_of(layer, shape)
        for layer, shape in zip(folded.layers, folded.shapes()[:-1], strict=True)
        if isinstance(layer, Dense | Convolution)
    )


def fold(model: AnnModel) -> AnnModel:
    """Return the same function without batch norm and dropout.

    Raises
    ------
    ShapeError
        If a batch norm does not directly follow a dense layer or a convolution (others cannot be folded exactly).
    """
    layers: list[Layer] = []
    for layer in model.layers:
        if isinstance(layer, Dropout):
            continue
        if isinstance(layer, BatchNorm):
            if not layers or not isinstance(layers[-1], Dense | Convolution):
                raise ShapeError(
                    f"network {model.name}: batch norm {layer.name} does not follow a dense layer or a convolution; "
                    "it cannot be folded"
                )
            last = layers[-1]
            layers[-1] = replace(
                last,
                weights=(last.weights * layer.scale).astype(np.float32),
                bias=(last.bias * layer.scale + layer.shift).astype(np.float32),
            )
        else:
            layers.append(layer)
    return replace(model, layers=tuple(layers))
