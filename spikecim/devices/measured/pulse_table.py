"""Measured steps as a table: mean and spread of a pulse by state, free of any curve."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from spikecim.devices.measured.estimate import Estimate, FloatArray, IntArray
from spikecim.devices.measured.pulse_fit import PulseFit
from spikecim.devices.measured.pulse_trains import DIRECTIONS
from spikecim.errors import DataError

FEWEST_STATES, MOST_STATES = 5, 65
_LEAST, _PRECISION = 40, 0.2
# Weight of the second differences beside the data: it only joins states that were hardly visited.
_STIFF = 1e-3
_LONGEST, _ROUNDS = 16, 3


@dataclass(frozen=True, kw_only=True)
class StepTable:
    """Steps in shares of the working window at equally spaced states; float64 (n_states,).

    Attributes
    ----------
    up, down : float64
        Mean signed steps.
    up_sd, down_sd : float64
        Spread from pulse to pulse, the noise of reads taken out.
    visits : (up, down), float64 (n_states,)
        Measured steps near each state.
    window : (g_min, g_max)
        Where the trains of both directions start; no curve enters.
    """

    up: FloatArray
    up_sd: FloatArray
    down: FloatArray
    down_sd: FloatArray
    visits: tuple[FloatArray, FloatArray]
    window: tuple[Estimate, Estimate]


def step_table(fit: PulseFit) -> StepTable:
    """Table of the trains of `fit`.

    Raises
    ------
    DataError
        If readings are several pulses apart, or too few for a table.
    """
    window = fit.up.g_min, fit.down.g_max
    low, high = (one.value for one in window)
    sides, n_states = (fit.trains.up, fit.trains.down), MOST_STATES
    for name, side in zip(DIRECTIONS, sides, strict=True):
        if side.stride != 1:
            raise DataError(f"{fit.trains.file}: {name}: a table needs a reading after every pulse, not {side.stride}")
        needed, steps = _steps_a_state(fit, side.pulses), side.conductance[:, 1:].size
        n_states = min(n_states, steps // needed)
        if n_states < FEWEST_STATES:
            raise DataError(
                f"{fit.trains.file}: {name}: {steps:,} steps are too few for a table; with this noise at least"
                f" {FEWEST_STATES * needed:,}"
            )
    read = 0.0 if fit.read.low == 0.0 else fit.read.value
    # As many earlier reads as blur the state less than the noise of as many pulses.
    look_back = 0 if read == 0.0 else int(np.clip(read / max(fit.noise.value, 1e-9), 1, _LONGEST))
    found = [_steps((side.conductance - low) / (high - low), n_states, read, look_back) for side in sides]
    (up, up_sd, seen_up), (down, down_sd, seen_down) = found
    return StepTable(up=up, up_sd=up_sd, down=down, down_sd=down_sd, visits=(seen_up, seen_down), window=window)


def _steps_a_state(fit: PulseFit, pulses: int) -> int:
    """Steps that tell the mean step of a state to a fifth: the mean step is 1 / pulses of the window."""
    square = fit.noise.value**2 + 2.0 * fit.read.value**2
    return max(_LEAST, int(square * (pulses / _PRECISION) ** 2))


def _steps(state: FloatArray, n_states: int, read: float, look_back: int) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Mean step, its spread, and steps seen, by state (n_states,), from trains of states (n_trains, n_readings).

    With `look_back` the state before a step is told by so many reads before its own first one, whose noise is then not
    in the step too: that would feign steps towards the middle.
    """
    mean, step = np.zeros(n_states), np.diff(state, axis=1)[:, look_back:].ravel()
    for _ in range(_ROUNDS if look_back else 1):
        start = _start(state, mean, look_back)
        place = start * (n_states - 1)
        below = np.minimum(place.astype(np.int64), n_states - 2)
        share = place - below
        mean = _joined(below, share, step, n_states)
    square = (step - (1.0 - share) * mean[below] - share * mean[below + 1]) ** 2
    variance = _joined(below, share, square, n_states) - 2.0 * read**2
    visits = np.bincount(below, 1.0 - share, n_states) + np.bincount(below + 1, share, n_states)
    return mean, np.asarray(np.sqrt(np.maximum(variance, 0.0))), visits.astype(np.float64)


def _start(state: FloatArray, mean: FloatArray, look_back: int) -> FloatArray:
    """State before each step, flat: its own reading, or the mean of earlier ones carried on by the `mean` steps."""
    if look_back == 0:
        return np.clip(state[:, :-1], 0.0, 1.0).ravel()
    total = np.cumsum(np.pad(state, ((0, 0), (1, 0))), axis=1)
    earlier = (total[:, look_back:-2] - total[:, : -look_back - 2]) / look_back
    moved = np.interp(earlier, np.linspace(0.0, 1.0, len(mean)), mean)
    return np.clip(earlier + 0.5 * (look_back + 1) * moved, 0.0, 1.0).ravel()


def _joined(below: IntArray, share: FloatArray, value: FloatArray, n: int) -> FloatArray:
    """Least squares of `value` by straight lines between `n` states (hat functions), hardly visited states joined."""
    places = (below, below + 1)
    weights = (1.0 - share, share)
    normal, right = np.zeros((n, n)), np.zeros(n)
    for one, weight in zip(places, weights, strict=True):
        right += np.bincount(one, weight * value, n)
        for other, second in zip(places, weights, strict=True):
            np.add.at(normal, (one, other), weight * second)
    bend = np.diff(np.eye(n), 2, axis=0)
    return np.asarray(np.linalg.solve(normal + _STIFF * len(value) / n * bend.T @ bend, right))
