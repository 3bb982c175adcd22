"""Device-to-device spread: labels drawn per cell and direction, on a grid of 0.01: two bytes a cell and side.

A class holds (q up, d up, q down, d down) of one label; in a table of steps it holds a factor on the step instead.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from spikecim.devices.pulsed.law import affine_arrays, law_of
from spikecim.devices.pulsed.nonlinearity import LARGEST
from spikecim.devices.pulsed.spec import PulsedSpec
from spikecim.streams import stream

FloatArray = NDArray[np.float64]
Kinds = NDArray[np.uint16]
_GRID = 0.01
_N = 2 * round(LARGEST / _GRID) + 1
# Factors on tabulated steps: 0 .. 9 on the same number of classes.
_GAIN_GRID = LARGEST / (_N - 1)


def draw_classes(spec: PulsedSpec, shape: tuple[int, ...], seed: int, *path: str | int) -> tuple[FloatArray, Kinds]:
    """Return the classes (n, 4) and the class of each cell and direction (cells, 2), one row for all without spread."""
    if spec.spread.device_to_device.value == 0.0:
        return _typical(spec), np.zeros((1, 2), np.uint16)
    drawn = spec.spread.device_to_device.value * _draws(spec, math.prod(shape), seed, *path)
    if spec.kind == "table":
        gains = np.arange(_N) * _GAIN_GRID
        ones = np.ones(_N)
        return np.stack([ones, gains, ones, gains], axis=1), _nearest((1.0 + drawn) / _GAIN_GRID)
    assert spec.potentiation.nonlinearity is not None and spec.depression.nonlinearity is not None
    labels = np.array([spec.potentiation.nonlinearity.value, spec.depression.nonlinearity.value])
    used, kinds = _dense(_nearest((labels + drawn + LARGEST) / _GRID))
    grid = np.linspace(-LARGEST, LARGEST, _N)[used]
    return np.stack(affine_arrays(spec, grid, grid), axis=1), kinds


def _typical(spec: PulsedSpec) -> FloatArray:
    if spec.kind == "table":
        return np.ones((1, 4))
    law = law_of(spec)
    return np.array([[law.up.q, law.up.d, law.down.q, law.down.d]])


def _draws(spec: PulsedSpec, n: int, seed: int, *path: str | int) -> FloatArray:
    """Correlated normal draws (n, 2) for up and down."""
    both = stream(seed, *path, "device to device").standard_normal((n, 2))
    rho = spec.spread.correlation.value
    both[:, 1] = rho * both[:, 0] + math.sqrt(1.0 - rho * rho) * both[:, 1]
    return both


def _nearest(places: FloatArray) -> Kinds:
    """Nearest class; beyond the last one (labels beyond +-9) the last one. A second row keeps one cell an array."""
    kinds = np.clip(np.rint(places), 0, _N - 1).astype(np.uint16)
    return kinds if len(kinds) > 1 else np.concatenate([kinds, kinds])


def _dense(kinds: Kinds) -> tuple[NDArray[np.intp], Kinds]:
    """The classes in use, and `kinds` numbered among them: a curve costs more than a cell."""
    used = np.zeros(_N, bool)
    used[kinds] = True
    places = (np.cumsum(used) - 1).astype(np.uint16)
    return np.flatnonzero(used), places[kinds]
