"""Velocity of one layer in memory: blended once an update, its words counted, its exponent shared by the layer."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

FloatMatrix = NDArray[np.float32]


class Velocity:
    """v = gamma v + (1 - gamma) g, of `bits` bits a word (0: 32-bit floats).

    A short word counts units of 2^e / 2^(bits - 1), where 2^e is the power of two above the largest |g| lately; what a
    word cannot hold is rounded up or down at random, else a velocity below one unit would never grow.
    """

    def __init__(self, shape: tuple[int, int], gamma: float, bits: int, key: int) -> None:
        self.gamma, self.bits = gamma, bits
        self.v: FloatMatrix = np.zeros(shape, np.float32)
        self._key = np.uint64(key)

    def blend(self, gradient: FloatMatrix, peak: float, step: int) -> float:
        """Take in a gradient (n_in, n_out) whose layer has `peak` as largest |g| lately; returns the largest |v|."""
        from spikecim.insitu.rules.velocity_kernel import blend

        flat = self.v.reshape(-1)
        word = (self._unit(peak), float(2 ** (max(self.bits, 2) - 1) - 1), self._key, np.int64(step))
        top = blend(gradient.reshape(-1), flat, flat.view(np.int32), self.gamma, word)
        return float(np.array([top], np.int32).view(np.float32)[0])

    def clear(self) -> None:
        """Set all to zero."""
        self.v[...] = 0.0

    @property
    def word_bits(self) -> int:
        """Bits of one word in memory."""
        return self.bits or 32

    def _unit(self, peak: float) -> float:
        if self.bits == 0 or peak == 0.0:
            return 0.0
        return float(math.ldexp(1.0, math.ceil(math.log2(peak)) - self.bits + 1))
