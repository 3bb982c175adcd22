"""Class "quantisation": converters with exactly 2^b (unsigned) or 2^b - 1 (signed) levels, clipped to a fixed range.

Signed codes run from -(2^(b-1) - 1) to 2^(b-1) - 1, so that 0 is a level and both ends are reached exactly.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from spikecim.errors import ParameterError, ShapeError

FloatArray = NDArray[np.float64]


def signed_steps(bits: int) -> int:
    """Top code of a signed converter: 2^(bits - 1) - 1."""
    if bits < 2:
        raise ParameterError(f"a signed converter of {bits} bit has one level only; give at least 2")
    return int(2 ** (bits - 1) - 1)


def unsigned_steps(bits: int) -> int:
    """Top code of an unsigned converter: 2^bits - 1."""
    if bits < 1:
        raise ParameterError(f"a converter of {bits} bits has one level only; give at least 1")
    return int(2**bits - 1)


def quantise_signed(x: ArrayLike, limit: ArrayLike, bits: int) -> FloatArray:
    """`x` (...) clipped to +-`limit` (broadcast, above 0) and rounded to the nearest of 2^bits - 1 levels."""
    steps = signed_steps(bits)
    step = _limit(limit) / steps
    return np.clip(np.rint(np.asarray(x, np.float64) / step), -steps, steps) * step


def quantise_unsigned(x: ArrayLike, limit: ArrayLike, bits: int) -> FloatArray:
    """`x` (...) clipped to 0 .. `limit` (broadcast, above 0) and rounded to the nearest of 2^bits levels."""
    steps = unsigned_steps(bits)
    step = _limit(limit) / steps
    return np.clip(np.rint(np.asarray(x, np.float64) / step), 0, steps) * step


@dataclass(frozen=True, kw_only=True)
class Adc:
    """The converters of one layer: a fixed range per slice and row tile, or finer (broadcast), and their bits.

    Attributes
    ----------
    limit : float64 (...)
        Largest |partial sum| that is told apart; broadcast against the partial sums.
    bits : int
    """

    limit: FloatArray
    bits: int

    def convert(self, partial: ArrayLike) -> FloatArray:
        """Partial sums clipped to the range and rounded to 2^bits - 1 levels."""
        return quantise_signed(partial, self.limit, self.bits)


def calibrated_range(partial: ArrayLike, axes: tuple[int, ...], coverage: float = 1.0) -> FloatArray:
    """Range of an ADC from calibration data: the `coverage` quantile of |partial sum| over `axes`, kept as length 1.

    A converter that saw nothing but 0 gets the range 1: any range converts 0 exactly.

    Raises
    ------
    ParameterError
        If the coverage is not in (0, 1], or a partial sum is not finite.
    """
    if not 0.0 < coverage <= 1.0:
        raise ParameterError(f"coverage {coverage!r}: must be above 0 and at most 1")
    size = np.abs(np.asarray(partial, np.float64))
    if not np.isfinite(size).all():
        raise ParameterError("ADC calibration: a partial sum is not a finite number; check the calibration inputs")
    top = np.quantile(size, coverage, axis=axes, keepdims=True) if coverage < 1.0 else size.max(axes, keepdims=True)
    return np.where(top > 0.0, top, 1.0)


def _limit(limit: ArrayLike) -> FloatArray:
    value = np.asarray(limit, np.float64)
    if not (np.isfinite(value) & (value > 0.0)).all():
        raise ShapeError("converter range: must be finite and above 0")
    return value
