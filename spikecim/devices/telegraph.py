"""Random-telegraph noise: a share of the cells has a trap that switches its current between two levels.

The trap is a two-state Markov process: at Poisson times of rate 1 / tau its state is drawn anew, occupied with
probability p, which gives rates p / tau and (1 - p) / tau (Machlup 1954: a Lorentzian spectrum). tau is log-uniform.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

import numpy as np
from numpy.typing import NDArray

from spikecim.devices.flicker import Amplitude, Seconds
from spikecim.errors import ParameterError
from spikecim.parameters import Parameter, Quantity, Switched
from spikecim.streams import GOLDEN, mix64, name_key, stream

FloatArray = NDArray[np.float64]


class TelegraphSpec(Switched):
    """How many cells have a trap, how deep it cuts, and how slow it is."""

    trap_probability: Annotated[Parameter[float], Quantity("dimensionless", 0.0, 1.0)]
    amplitude_lrs: Amplitude
    amplitude_hrs: Amplitude
    fastest: Seconds
    slowest: Seconds

    def check(self) -> None:
        if self.fastest.value >= self.slowest.value:
            raise ParameterError(f"fastest {self.fastest.text()} must be below slowest {self.slowest.text()}")


@dataclass(frozen=True, kw_only=True)
class Traps:
    """The traps of one chip's cells, all arrays (...).

    Attributes
    ----------
    amplitude : float64
        Relative drop of the current while occupied; 0 without a trap.
    occupancy : float64
    constant : float64, seconds
    key : int
        Names the switching times.
    """

    amplitude: FloatArray
    occupancy: FloatArray
    constant: FloatArray
    key: int

    def occupied(self, seconds: float) -> NDArray[np.bool_]:
        """Which traps are occupied at `seconds`; the same question gives the same answer."""
        cell = np.arange(self.constant.size, dtype=np.uint64)
        constant, occupancy = self.constant.ravel(), self.occupancy.ravel()
        interval = np.floor(seconds / constant)
        limit = seconds / constant - interval
        state = np.zeros(constant.size, bool)
        pending = np.arange(constant.size)
        while len(pending):
            draw = _last_redraw(cell[pending], interval[pending], limit[pending], self.key)
            found = ~np.isnan(draw)
            state[pending[found]] = draw[found] < occupancy[pending[found]]
            pending = pending[~found]
            # No switching since the interval began: look into the one before.
            interval[pending] -= 1.0
            limit[pending] = 1.0
        return state.reshape(self.constant.shape)

    def frozen(self, seconds: float, corner: float) -> FloatArray:
        """Factor on the current (...) of traps slower than `corner` seconds, of mean 1 over time."""
        slow = self.constant > corner
        here = self.occupied(seconds)
        return 1.0 - np.where(slow, self.amplitude * (here - self.occupancy), 0.0)

    def fast_variance(self, corner: float) -> FloatArray:
        """Relative variance (...) of a read by traps faster than `corner` seconds."""
        variance = self.amplitude**2 * self.occupancy * (1.0 - self.occupancy)
        return np.where(self.constant > corner, 0.0, variance)


def draw_traps(spec: TelegraphSpec, low: NDArray[np.bool_], seed: int, *path: str | int) -> Traps:
    """Draw the traps of cells in LRS (`low`, (...)) and HRS."""
    has, place, occupancy = stream(seed, *path, "telegraph").random((3, *low.shape))
    amplitude = np.where(low, spec.amplitude_lrs.value, spec.amplitude_hrs.value)
    slow, fast = np.log(spec.slowest.value), np.log(spec.fastest.value)
    return Traps(
        amplitude=np.where(has < spec.trap_probability.value, amplitude, 0.0),
        occupancy=0.1 + 0.8 * occupancy,
        constant=np.exp(fast + (slow - fast) * place),
        key=name_key(seed, *path, "telegraph", "switching"),
    )


def _last_redraw(cell: NDArray[np.uint64], interval: FloatArray, limit: FloatArray, key: int) -> FloatArray:
    """Uniform draw that belongs to the last Poisson event (rate 1) before `limit` in an interval; NaN without one."""
    last = np.full(len(cell), np.nan)
    reached = np.zeros(len(cell))
    active = np.arange(len(cell))
    event = 0
    while len(active):
        gap, state = _uniforms(cell[active], interval[active], event, key)
        reached[active] -= np.log1p(-gap)
        came = reached[active] <= limit[active]
        last[active[came]] = state[came]
        active = active[came]
        event += 1
    return last


def _uniforms(cell: NDArray[np.uint64], interval: FloatArray, event: int, key: int) -> tuple[FloatArray, FloatArray]:
    """Two uniforms in [0, 1) named by (key, cell, interval, event)."""
    with np.errstate(over="ignore"):
        word = mix64(cell * np.uint64(GOLDEN) + np.uint64(key))
        word = mix64(word + interval.astype(np.int64).view(np.uint64) * np.uint64(GOLDEN))
        word = mix64(word + np.uint64(2 * event) * np.uint64(GOLDEN))
        other = mix64(word + np.uint64(GOLDEN))
    first, second = ((w >> np.uint64(11)).astype(np.float64) * 2.0**-53 for w in (word, other))
    return first, second
