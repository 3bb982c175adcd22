"""Multi-level cells in time: power-law drift of each cell, then a random walk in log time; closed forms beside."""

from __future__ import annotations

import math
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from spikecim.devices.level_spec import LevelRelaxation, MultiLevelSpec, PowerDrift
from spikecim.errors import ParameterError
from spikecim.parameters import switched_on
from spikecim.streams import stream
from spikecim.units import YEAR

FloatArray = NDArray[np.float64]


def aged_conductance(
    spec: MultiLevelSpec, conductance: FloatArray, target: FloatArray, seconds: float, seed: int, *path: str | int
) -> FloatArray:
    """Conductance (...) in S of free cells `seconds` after programming; `target` (S) tells their state.

    Raises
    ------
    ParameterError
        Beyond the horizon of a law.
    """
    window = spec.window.g_max.value - spec.window.g_min.value
    state = (target - spec.window.g_min.value) / window
    drift, walk = switched_on(spec.drift), switched_on(spec.relaxation)
    result = conductance
    if drift is not None:
        result = result * _drift_factor(drift, state, seconds, seed, *path)
    if walk is not None:
        _check_time(seconds, walk.horizon.value, "relaxation")
        profile = np.interp(state, walk.states.value, walk.profile.value)
        step = relaxed_shift(walk, seconds) + _walk(walk, seconds, state.shape, seed, *path)
        result = np.maximum(0.0, result + window * profile * step)
    return result


def relaxed_shift(law: LevelRelaxation, seconds: float) -> float:
    """Mean change after `seconds`, as a share of the window, at profile 1."""
    return _read(law.times.value, law.shift.value, seconds)


def relaxed_spread(law: LevelRelaxation, seconds: float) -> float:
    """Standard deviation of the change after `seconds`, as a share of the window, at profile 1."""
    return math.sqrt(max(0.0, _read(law.times.value, tuple(s * s for s in law.spread.value), seconds)))


def _drift_factor(law: PowerDrift, state: FloatArray, seconds: float, seed: int, *path: str | int) -> FloatArray:
    _check_time(seconds, law.horizon.value, "drift")
    logtime = math.log1p(seconds / law.reference_time.value)
    mean = np.interp(state, law.states.value, law.exponent.value)
    sd = np.interp(state, law.states.value, law.exponent_spread.value)
    exponent = np.maximum(0.0, mean + sd * stream(seed, *path, "drift").standard_normal(state.shape))
    return np.asarray(np.exp(-exponent * logtime))


def _walk(law: LevelRelaxation, seconds: float, shape: tuple[int, ...], seed: int, *path: str | int) -> FloatArray:
    """One path per cell, Brownian from listed time to listed time, so that two times of one chip belong together."""
    squares = [0.0, *(s * s for s in law.spread.value), relaxed_spread(law, law.horizon.value) ** 2]
    now = relaxed_spread(law, seconds) ** 2
    total = np.zeros(shape)
    for place, (start, stop) in enumerate(pairwise(squares)):
        if now <= start or stop <= start:
            continue
        part = min(1.0, (now - start) / (stop - start))
        steps = stream(seed, *path, "relaxation", place)
        total += part * math.sqrt(stop - start) * steps.standard_normal(shape)
        if part < 1.0:
            # The way within a step: a Brownian bridge, of no weight at its ends.
            total += math.sqrt(part * (1.0 - part) * (stop - start)) * steps.standard_normal(shape)
    return total


def _read(times: tuple[float, ...], values: tuple[float, ...], seconds: float) -> float:
    """Linear in log t between the listed times and on along the last stretch; linear in t before the first."""
    if seconds <= times[0]:
        return values[0] * seconds / times[0]
    if len(times) == 1:
        return values[0]
    place = int(np.clip(np.searchsorted(times, seconds), 1, len(times) - 1))
    part = math.log(seconds / times[place - 1]) / math.log(times[place] / times[place - 1])
    return values[place - 1] + part * (values[place] - values[place - 1])


def _check_time(seconds: float, horizon: float, law: str) -> None:
    if seconds > horizon:
        raise ParameterError(
            f"{seconds:g} s after programming: {law} is stated for 0 .. {horizon:g} s ({horizon / YEAR:.3g} years); "
            "choose a time within it"
        )
