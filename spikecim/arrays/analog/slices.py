"""Bit slices: the magnitude of a weight in base 2^s digits, one cell each, and the exact variance of their sum.

Digit k of s_k bits at offset o_k has conductance g_min + digit (g_max - g_min) / (2^s_k - 1), and the weight factor
(2^s_k - 1) 2^o_k integer steps per window: lower slices hold s bits, the top one what is left, over the full window.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from spikecim.arrays.analog.quantisation import signed_steps
from spikecim.errors import ParameterError

FloatArray = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class Slicing:
    """How magnitudes lie over cells, lowest digit first.

    Attributes
    ----------
    digit_bits : tuple of int
        Bits of each slice; empty for one continuous cell.
    step : float
        Weight of one integer step; for a continuous cell the weight of the whole window.
    """

    digit_bits: tuple[int, ...]
    step: float

    @property
    def n_slices(self) -> int:
        return max(1, len(self.digit_bits))

    @property
    def tops(self) -> tuple[int, ...]:
        """Largest digit of each slice."""
        return tuple(2**bits - 1 for bits in self.digit_bits) or (1,)

    @property
    def factors(self) -> FloatArray:
        """Weight (n_slices,) that a cell over its whole window stands for."""
        offsets = np.cumsum([0, *self.digit_bits[:-1]])
        return self.step * np.asarray(self.tops) * 2.0**offsets

    def split(self, magnitude: NDArray[np.float64]) -> FloatArray:
        """States (n_slices, ...) in 0 .. 1 of the cells that hold `magnitude` (...) in weight units."""
        if not self.digit_bits:
            return np.minimum(magnitude / self.step, 1.0)[None]
        code = np.rint(magnitude / self.step).astype(np.int64)
        states = []
        for bits, top in zip(self.digit_bits, self.tops, strict=True):
            states.append((code & top) / top)
            code >>= bits
        return np.asarray(states)

    def join(self, states: ArrayLike) -> FloatArray:
        """Weight units (...) of the states (n_slices, ...)."""
        return np.asarray(np.tensordot(self.factors, np.asarray(states), 1))


def digit_bits(magnitude_bits: int, cell_bits: int) -> tuple[int, ...]:
    """Bits of each slice, lowest first: `cell_bits` each, the top slice what is left."""
    if magnitude_bits < 1 or cell_bits < 1:
        raise ParameterError(f"{magnitude_bits} bits over cells of {cell_bits}: both must be at least 1")
    full, rest = divmod(magnitude_bits, cell_bits)
    return (cell_bits,) * full + ((rest,) if rest else ())


def sliced(limit: float, weight_bits: int, cell_bits: int) -> Slicing:
    """Slicing of signed weights up to `limit` with 2^weight_bits - 1 levels."""
    return Slicing(digit_bits=digit_bits(weight_bits - 1, cell_bits), step=limit / signed_steps(weight_bits))


def continuous(limit: float) -> Slicing:
    """One cell of any conductance in its window: no weight quantisation."""
    return Slicing(digit_bits=(), step=limit)


def slice_variance(bits: int, cell_bits: int) -> float:
    """Variance of a `bits` magnitude over slices, in (integer step)^2 per variance of a cell relative to its window.

    Sum of (2^s_k - 1)^2 4^o_k; for whole slices (4^bits - 1)(2^s - 1) / (2^s + 1). A weight has two polarities: twice.
    """
    widths = digit_bits(bits, cell_bits)
    offsets = np.cumsum([0, *widths[:-1]])
    return float(sum((2**width - 1) ** 2 * 4**offset for width, offset in zip(widths, offsets.tolist(), strict=True)))
