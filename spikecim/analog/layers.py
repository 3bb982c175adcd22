"""What every layer on arrays does: drive the word lines, multiply, convert each slice, tile and column, add up.

    y = sum over slices and row tiles of ADC(sum over rows of h(x) w) + bias

with h the DAC and I-V curve (`drive`), w the effective weights of the slice as the array holds them. Without an ADC the
sums fold into one weight and the layer costs what the plain one costs.
"""

from __future__ import annotations

import abc
from dataclasses import dataclass
from functools import cached_property
from typing import Protocol

from spikecim.analog.converters import convert_columns
from spikecim.analog.drive import drive
from spikecim.analog.reads import ReadNoise
from spikecim.analog.wiring import Wiring
from spikecim.errors import ConversionError
from spikecim.models.extras import needs

with needs("torch", "a network on analog arrays"):
    import torch
    from torch import Tensor, nn


@dataclass(frozen=True, kw_only=True)
class Held:
    """What the arrays of a layer hold.

    Attributes
    ----------
    slices : Tensor
        Effective weights (n_slices, n_out, n_in): n_in rows of one group; the slice factor is inside.
    read_variance : Tensor or None
        Variance of one read, same shape and unit squared.
    """

    slices: Tensor
    read_variance: Tensor | None = None

    @cached_property
    def folded(self) -> Tensor:
        """Slices added up, (n_out, n_in)."""
        return self.slices.sum(0)


class Sampler(Protocol):
    """What training puts into a layer: the weights of this step, and what its converters add."""

    def weights(self, layer: AnalogLayer) -> Tensor:
        """Weights (n_out, n_in), differentiable in those of the layer."""

    def converted(self, layer: AnalogLayer, seen: Tensor, weights: Tensor) -> Tensor:
        """Product of driven inputs and `weights`, converted."""


class Observer(Protocol):
    """What calibration puts into a layer; see `calibrate`."""

    def forward(self, layer: AnalogLayer, x: Tensor) -> Tensor:
        """Look at what passes; return the layer's product."""


class AnalogLayer(nn.Module, abc.ABC):
    """A layer whose product is done by arrays; bias and everything else stay digital.

    Parameters
    ----------
    weight, bias : Tensor
        The very ones of the plain layer, so that tied weights stay tied.
    groups : int
    wiring : Wiring
    """

    bias: Tensor | None
    input_limit: Tensor
    input_low: Tensor
    column_limit: Tensor
    calibrated: Tensor

    def __init__(self, weight: Tensor, bias: Tensor | None, groups: int, wiring: Wiring) -> None:
        super().__init__()
        self.groups, self.wiring = groups, wiring
        self.weight, self.bias = weight, bias
        self.register_buffer("input_limit", torch.ones(()))
        self.register_buffer("input_low", torch.zeros(()))
        self.register_buffer("column_limit", torch.zeros(len(wiring.tiles), wiring.n_slices, len(weight)))
        self.register_buffer("calibrated", torch.tensor(False))
        self.held: Held | None = None
        self.reads: ReadNoise | None = None
        self.sampler: Sampler | None = None
        self.observer: Observer | None = None

    @property
    def signed(self) -> bool:
        """Whether the word lines are driven both ways: calibration saw inputs below 0."""
        return bool(self.input_low < 0.0)

    def matrix(self) -> Tensor:
        """Weights (n_out, n_in) of this layer, n_in rows of one group; differentiable."""
        return self.weight.flatten(1)

    @abc.abstractmethod
    def multiply(self, seen: Tensor, weight: Tensor) -> Tensor:
        """Product of driven inputs and `weight` (n_out, n_in), no bias."""

    @abc.abstractmethod
    def multiply_tile(self, seen: Tensor, tile: slice, slices: Tensor) -> Tensor:
        """Products (n_slices, ..., as `multiply`) of the rows `tile` with `slices` (n_slices, n_out, n_in)."""

    @abc.abstractmethod
    def per_column(self, values: Tensor, like: Tensor) -> Tensor:
        """`values` (..., n_out) so shaped that they broadcast against `like`, with n_slices in front or without."""

    @abc.abstractmethod
    def rows_of(self, sums: Tensor) -> Tensor:
        """Column sums of `multiply_tile` as rows (n, n_slices * n_out)."""

    @property
    def n_ranges(self) -> int:
        """Groups of converters that calibration looks at apart: one per row tile."""
        return len(self.wiring.tiles)

    def drive(self, x: Tensor) -> Tensor:
        """What the word lines make of `x`."""
        bits = self.wiring.input_bits
        if not bool(self.calibrated):
            if bits is not None or self.wiring.curve is not None:
                raise ConversionError(f"layer {self.wiring.label}: ranges are not calibrated; call calibrate first")
            return x
        return drive(x, self.input_limit, bits, self.signed, self.wiring.curve)

    def forward(self, x: Tensor) -> Tensor:
        """Any input the plain layer takes."""
        if self.observer is not None:
            made = self.observer.forward(self, x)
        elif self.sampler is not None:
            made = self.sampler.converted(self, self.drive(x), self.sampler.weights(self))
        else:
            made = self.read(self.drive(x))
        return made if self.bias is None else made + self.per_column(self.bias, made)

    def read(self, seen: Tensor) -> Tensor:
        """What the converters make of the arrays' currents for driven inputs `seen`, shifted and added."""
        held, bits = self.held, self.wiring.adc_bits
        if held is None:
            raise ConversionError(f"layer {self.wiring.label}: nothing is programmed; deploy the network first")
        if bits is None:
            made = self.multiply(seen, held.folded)
            if self.reads is not None and held.read_variance is not None:
                spread = self.multiply(seen.square(), held.read_variance.sum(0))
                made = made + self.reads.draw(spread[None], 0)[0]
                self.reads.advance(len(seen))
            return made
        return self.read_columns(seen, held.slices, held.read_variance, bits)

    def read_columns(self, seen: Tensor, slices: Tensor, variance: Tensor | None, bits: int) -> Tensor:
        """The same, each slice (n_slices, n_out, n_in), row tile and column converted on its own."""
        total: Tensor | None = None
        for number, tile in enumerate(self.wiring.tiles):
            sums = self.multiply_tile(seen, tile, slices)
            if self.reads is not None and variance is not None:
                sums = sums + self.reads.draw(self.multiply_tile(seen.square(), tile, variance), number)
            made = convert_columns(sums, self.per_column(self.column_limit[number], sums), bits).sum(0)
            total = made if total is None else total + made
        if self.reads is not None:
            self.reads.advance(len(seen))
        assert total is not None
        return total


class AnalogLinear(AnalogLayer):
    """`nn.Linear` on arrays: one row per input, one column per output (of each slice and polarity)."""

    @property
    def in_features(self) -> int:
        return int(self.weight.shape[1])

    @property
    def out_features(self) -> int:
        return int(self.weight.shape[0])

    def forward(self, x: Tensor) -> Tensor:
        """`x` (..., n_in); a single row without a sample axis is allowed."""
        return super().forward(x) if x.ndim > 1 else super().forward(x[None])[0]

    def multiply(self, seen: Tensor, weight: Tensor) -> Tensor:
        return nn.functional.linear(seen, weight)

    def multiply_tile(self, seen: Tensor, tile: slice, slices: Tensor) -> Tensor:
        n_slices, n_out, _ = slices.shape
        found = nn.functional.linear(seen[..., tile], slices[:, :, tile].flatten(0, 1))
        return found.unflatten(-1, (n_slices, n_out)).movedim(-2, 0)

    def per_column(self, values: Tensor, like: Tensor) -> Tensor:
        middle = (1,) * (like.ndim - values.ndim)
        return values.reshape(*values.shape[:-1], *middle, values.shape[-1])

    def rows_of(self, sums: Tensor) -> Tensor:
        return sums.flatten(1, -2).transpose(0, 1).flatten(1)
