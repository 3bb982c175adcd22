"""Nonlinearity label of a conductance curve, and the curvature a of G ~ 1 - exp(-n / (a P)) that it stands for.

On the unit square the label is the largest perpendicular distance between curve and diagonal, divided by 0.07. That
closed form replaces the table of 900 entries that the published simulators carry (NeuroSim, |NL| = 0.01 .. 9).
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike, NDArray

from spikecim.errors import ParameterError

LARGEST = 9.0
# A curve along the two sides of the square: its corner is sqrt(1/2) from the diagonal.
CEILING = math.sqrt(0.5) / 0.07
_UNIT = 0.07 * math.sqrt(2.0)
# Beyond this the curve is a parabola to 1e-9, and its label 1 / (8 a) in units of the diagonal.
_FLAT = 1e4
FloatArray = NDArray[np.float64]


def label_of(a: float) -> float:
    """Return the label |NL| of a curve 1 - exp(-x / a), x from 0 to 1; inf gives 0.

    Raises
    ------
    ParameterError
        If `a` is not above 0.
    """
    if not a > 0.0:
        raise ParameterError(f"curvature a is {a:g}; allowed: above 0 (inf is a straight line)")
    return float(_labels(np.asarray([a], np.float64))[0])


def curvature(label: float) -> float:
    """Return a(|NL|) of a nonlinearity label; inf for label 0.

    Raises
    ------
    ParameterError
        If the label is not a number within -9 .. 9.
    """
    check_label(label)
    return float(curvatures([label])[0])


def check_label(label: float) -> None:
    """Raise ParameterError unless `label` is a number within -9 .. 9."""
    if not abs(label) <= LARGEST:
        raise ParameterError(
            f"nonlinearity {label:g} is out of range; allowed -{LARGEST:g} .. {LARGEST:g}"
            f" (no curve can pass {CEILING:.1f}, the corner of the unit square)"
        )


def curvatures(labels: ArrayLike) -> FloatArray:
    """Return a(|NL|) of many labels (n,) within -9 .. 9: the label falls with a, so nested grids close in on it."""
    sizes = np.abs(np.asarray(labels, np.float64))
    low, high = np.full(sizes.shape, math.log(1e-3)), np.full(sizes.shape, math.log(2.0 * _FLAT))
    rows = np.arange(len(sizes))
    # 12 grids of 32 parts of a span of 17 end at the last bit of a float.
    for _ in range(12):
        grid = np.linspace(low, high, 33, axis=1)
        k = np.clip((_labels(np.exp(grid)) > sizes[:, None]).sum(axis=1) - 1, 0, 31)
        low, high = grid[rows, k], grid[rows, k + 1]
    with np.errstate(divide="ignore"):
        flat = 1.0 / (8.0 * sizes * _UNIT)
    return np.where(flat > _FLAT, flat, np.exp(0.5 * (low + high)))


def _labels(a: FloatArray) -> FloatArray:
    near = np.minimum(a, _FLAT)
    b = -1.0 / np.expm1(-1.0 / near)
    x = near * np.log(b / near)
    return np.where(a > _FLAT, 1.0 / (8.0 * a), -b * np.expm1(-x / near) - x) / _UNIT
