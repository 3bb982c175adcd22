"""The pulse law of one cell: a pulse is an affine step of its state, with neither logarithm nor NaN.

x = (G - g_min) / (g_max - g_min) of the working window. Up: x' = q x + d. Down, in y = 1 - x: y' = q y + d. With
q = exp(-1 / A) and d = (1 - q) / (1 - q^P), P pulses lead from one end of the window to the other; q = 1 is linear.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

import numpy as np
from numpy.typing import ArrayLike, NDArray

from spikecim.devices.pulsed.nonlinearity import curvatures
from spikecim.errors import ParameterError

if TYPE_CHECKING:
    from spikecim.devices.pulsed.spec import PulsedSpec

FloatArray = NDArray[np.float64]


class Law(Protocol):
    """What cells and reports ask of a pulse law: the closed one here, or a table of measured steps (lookup.py)."""

    def step_up(self, x: ArrayLike) -> FloatArray: ...

    def step_down(self, x: ArrayLike) -> FloatArray: ...

    def after(self, x: ArrayLike, n: ArrayLike) -> FloatArray: ...

    @property
    def symmetric_point(self) -> float: ...

    @property
    def pull(self) -> float: ...

    @property
    def crossings(self) -> tuple[float, float]:
        """Pulses (up, down) from one end of the working window to the other, without noise, not rounded."""
        ...


@dataclass(frozen=True, kw_only=True)
class Affine:
    """One direction: a pulse takes u to q u + d, where u grows from 0 to 1; clipped at 1.

    Attributes
    ----------
    q, d : float
        Factor and step. q < 1 concave (large steps first), 1 linear, q > 1 convex.
    pulses : int
        Pulses from one end of this direction's own window to the other.
    crossing : float
        Pulses from 0 to 1 of the working window, not rounded: `pulses` if both windows are the same.
    """

    q: float
    d: float
    pulses: int
    crossing: float

    def step(self, u: ArrayLike) -> FloatArray:
        """Size of one step from `u` (...), before any clipping."""
        return (self.q - 1.0) * np.asarray(u, np.float64) + self.d

    def after(self, u: ArrayLike, n: ArrayLike) -> FloatArray:
        """State after `n` (...) pulses >= 0 from `u` (...), within [0, 1]."""
        n = np.asarray(n, np.float64)
        if self.q == 1.0:
            moved = np.asarray(u, np.float64) + self.d * n
        else:
            grown = np.expm1(n * math.log(self.q))
            moved = (grown + 1.0) * np.asarray(u, np.float64) + self.d * grown / (self.q - 1.0)
        return np.clip(moved, 0.0, 1.0)


@dataclass(frozen=True, kw_only=True)
class PulseLaw:
    """Both directions of a cell: `up` acts on x, `down` on 1 - x."""

    up: Affine
    down: Affine

    def step_up(self, x: ArrayLike) -> FloatArray:
        """How far one potentiating pulse moves x (...), not clipped."""
        return self.up.step(x)

    def step_down(self, x: ArrayLike) -> FloatArray:
        """How far one depressing pulse moves x (...), as a positive number, not clipped."""
        return self.down.step(1.0 - np.asarray(x, np.float64))

    def after(self, x: ArrayLike, n: ArrayLike) -> FloatArray:
        """State after `n` (...) pulses from `x` (...): n > 0 potentiation, n < 0 depression."""
        x, n = np.asarray(x, np.float64), np.asarray(n)
        down = 1.0 - self.down.after(1.0 - x, np.maximum(-n, 0))
        return np.where(n > 0, self.up.after(x, np.maximum(n, 0)), np.where(n < 0, down, x))

    @property
    def crossings(self) -> tuple[float, float]:
        """Pulses (up, down) from one end of the working window to the other, not rounded."""
        return self.up.crossing, self.down.crossing

    @property
    def symmetric_point(self) -> float:
        """State x where a step up is as large as a step down; NaN if there is none in the window (or everywhere)."""
        # (q_u - 1) x + d_u = (q_d - 1) (1 - x) + d_d, read as difference = a0 + a1 x.
        a0 = self.up.d - self.down.d + 1.0 - self.down.q
        a1 = self.up.q + self.down.q - 2.0
        point = -a0 / a1 if abs(a1) > 1e-12 else math.nan
        return point if 0.0 <= point <= 1.0 else math.nan

    @property
    def pull(self) -> float:
        """Share of the distance to the symmetric point that one pulse up and one down take: 1 - q_u q_d.

        0 for a linear or a retracing device; below 0 the pair drives the state away.
        """
        return 1.0 - self.up.q * self.down.q


def law_of(spec: PulsedSpec) -> PulseLaw:
    """Return the law of a spec of kind ``curve``, in states of its working window.

    Raises
    ------
    ParameterError
        If the spec is a table, which has no such law.
    """
    up, down = spec.potentiation, spec.depression
    if up.nonlinearity is None or up.pulses is None or down.nonlinearity is None or down.pulses is None:
        raise ParameterError(f"device {spec.name}: a table of steps has no nonlinearity; use its lookup law")
    steps = affine_arrays(spec, np.array([up.nonlinearity.value]), np.array([down.nonlinearity.value]))
    q_up, d_up, q_down, d_down = (float(step[0]) for step in steps)
    windows = _own_windows(spec)
    across = _crossing(up.nonlinearity.value, up.pulses.value, windows[0])
    back = _crossing(-down.nonlinearity.value, down.pulses.value, windows[1])
    return PulseLaw(
        up=Affine(q=q_up, d=d_up, pulses=up.pulses.value, crossing=across),
        down=Affine(q=q_down, d=d_down, pulses=down.pulses.value, crossing=back),
    )


def affine_arrays(
    spec: PulsedSpec, up: FloatArray, down: FloatArray
) -> tuple[FloatArray, FloatArray, FloatArray, FloatArray]:
    """(q up, d up, q down, d down) of the spec with other labels (n,), in units of the working window."""
    one, two = spec.potentiation.pulses, spec.depression.pulses
    assert one is not None and two is not None
    windows = _own_windows(spec)
    # A label below 0 makes depression concave in 1 - x.
    return *_unit_steps(up, one.value, windows[0]), *_unit_steps(-down, two.value, windows[1])


def _own_windows(spec: PulsedSpec) -> tuple[tuple[float, float], tuple[float, float]]:
    """(start, width) of each direction's own window in units of the working one; that of depression in 1 - x."""
    (low, high), up, down = spec.window, spec.potentiation, spec.depression
    width = high - low
    return (
        ((up.g_min.value - low) / width, (up.g_max.value - up.g_min.value) / width),
        ((high - down.g_max.value) / width, (down.g_max.value - down.g_min.value) / width),
    )


def _crossing(label: float, pulses: int, window: tuple[float, float]) -> float:
    """Pulses from 0 to 1 of the working window: the difference of their places on the own curve."""
    first, last = -window[0] / window[1], (1.0 - window[0]) / window[1]
    a = float(curvatures([label])[0])
    if math.isinf(a):
        return pulses * (last - first)
    if label < 0.0:
        # A convex curve is a concave one backwards.
        first, last = 1.0 - last, 1.0 - first
    beyond = 1.0 / math.expm1(1.0 / a)
    return pulses * a * math.log((1.0 - first + beyond) / (1.0 - last + beyond))


def _unit_steps(labels: FloatArray, pulses: int, window: tuple[float, float]) -> tuple[FloatArray, FloatArray]:
    """(q, d) of curves over an own window (start, width); label > 0 concave, < 0 convex, 0 linear."""
    full = -np.sign(labels) / curvatures(labels)
    rate = full / pulses
    with np.errstate(invalid="ignore"):
        step = np.where(full == 0.0, 1.0 / pulses, np.expm1(rate) / np.expm1(full))
    return np.exp(rate), window[1] * step - window[0] * np.expm1(rate)
