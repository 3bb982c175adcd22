"""Profiles of the likelihood: how good the best fit still is with one parameter held (Venzon and Moolgavkar 1988).

Where the profile falls by half the 90 % quantile of chi-squared before an end of the bounds, the figures close that
end.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from spikecim.calibration.cloud import Cloud
from spikecim.calibration.evidence import Likelihood
from spikecim.results.calibration import ABOVE, BELOW, DETERMINED, DROP, OPEN

FloatArray = NDArray[np.float64]
N_GRID, _STARTS, _STEP = 33, 2, 1e-5
GRID: FloatArray = np.linspace(0.0, 1.0, N_GRID)


@dataclass(frozen=True, kw_only=True)
class Profiles:
    """Profiles of all parameters on `GRID`.

    Attributes
    ----------
    best : float64 (n_parameters,)
        Place of the largest likelihood.
    peak : float
        Its logarithm.
    free : float64 (n_parameters, N_GRID)
        How far the best log-likelihood falls when one parameter is held and all others are free.
    pairs : float64 (n_parameters, n_parameters, N_GRID)
        The same when only one other is free and the rest stay at `best`; on the diagonal: when none is.
    """

    best: FloatArray
    peak: float
    free: FloatArray
    pairs: FloatArray

    def verdict(self, parameter: int) -> str:
        """Which ends of the bounds are closed."""
        return verdict_of(*self.free[parameter][[0, -1]])


def verdict_of(fall_low: float, fall_high: float) -> str:
    """The verdict on a profile that falls by so much at the low and at the high end of the bounds."""
    closed = fall_low > DROP, fall_high > DROP
    return {(True, True): DETERMINED, (False, True): BELOW, (True, False): ABOVE, (False, False): OPEN}[closed]


def profiles_of(likelihood: Likelihood, cloud: Cloud) -> Profiles:
    """All profiles."""
    size = cloud.places.shape[1]
    best, peak = _climb(likelihood, cloud.places[np.argsort(cloud.logs)[-_STARTS:]], {})
    curves = np.empty((size, N_GRID))
    for parameter in range(size):
        curves[parameter] = _curve(likelihood, cloud, parameter, best)
        place = int(np.argmax(curves[parameter]))
        if curves[parameter][place] > peak:
            best, peak = _climb(likelihood, _held(cloud.places, cloud.logs, parameter, GRID[place])[:1], {})
            peak = max(peak, float(curves[parameter][place]))
    return Profiles(best=best, peak=peak, free=np.maximum(peak - curves, 0.0), pairs=_pairs(likelihood, best, peak))


def end_falls(likelihood: Likelihood, cloud: Cloud) -> FloatArray:
    """How far the profile falls at both ends of the bounds, (n_parameters, 2): all that a verdict takes."""
    size = cloud.places.shape[1]
    best, peak = _climb(likelihood, cloud.places[np.argsort(cloud.logs)[-_STARTS:]], {})
    ends = [[_top(likelihood, cloud, p, end, best)[1] for end in (0.0, 1.0)] for p in range(size)]
    return np.maximum(peak - np.array(ends), 0.0)


def conditional_best(likelihood: Likelihood, cloud: Cloud, held: Mapping[int, float]) -> FloatArray:
    """The best place (n_parameters,) with some parameters held."""
    order = np.argsort(cloud.logs)[::-1]
    starts = cloud.places[order[:_STARTS]].copy()
    for parameter, value in held.items():
        starts[:, parameter] = value
    return _climb(likelihood, starts, held)[0]


def _curve(likelihood: Likelihood, cloud: Cloud, parameter: int, best: FloatArray) -> FloatArray:
    """Largest log-likelihood at each value of `GRID`; each climb is tried again from where its neighbours ended."""
    tops = [_top(likelihood, cloud, parameter, float(value), best) for value in GRID]
    for order in (range(1, N_GRID), range(N_GRID - 2, -1, -1)):
        step = 1 if order[0] == 1 else -1
        for row in order:
            start = tops[row - step][0].copy()
            start[parameter] = GRID[row]
            if tops[row][1] < tops[row - step][1] - _STEP:
                again = _climb(likelihood, start[None], {parameter: float(GRID[row])})
                tops[row] = max(tops[row], again, key=lambda top: top[1])
    return np.array([peak for _, peak in tops])


def _top(
    likelihood: Likelihood, cloud: Cloud, parameter: int, value: float, best: FloatArray
) -> tuple[FloatArray, float]:
    """Best place with one parameter held, and its log-likelihood; climbs from the best place and good ones near."""
    starts = _held(cloud.places, cloud.logs, parameter, value)
    own = best.copy()
    own[parameter] = value
    return _climb(likelihood, np.vstack([starts, own]), {parameter: value})


def _held(places: FloatArray, logs: FloatArray, parameter: int, value: float) -> FloatArray:
    """Good places moved to where the parameter is held: those that were near."""
    near = np.argsort(np.abs(places[:, parameter] - value))[: max(64, len(places) // 32)]
    chosen = places[near[np.argsort(logs[near])[-_STARTS + 1 :]]].copy()
    chosen[:, parameter] = value
    return np.asarray(chosen)


def _climb(likelihood: Likelihood, starts: FloatArray, held: Mapping[int, float]) -> tuple[FloatArray, float]:
    """Best place and its log-likelihood, climbing from each of `starts` (n, n_parameters) within the bounds."""
    from scipy.optimize import minimize

    free = [p for p in range(starts.shape[1]) if p not in held]
    logs = likelihood.at(starts)
    top = int(np.argmax(logs))
    best, peak = starts[top], float(logs[top])
    if not free:
        return best, peak

    def downhill(x: FloatArray, around: FloatArray) -> tuple[float, FloatArray]:
        """Minus the log-likelihood and its slope by differences, one law for all of them."""
        steps = np.where(x > 0.5, -_STEP, _STEP)
        places = np.repeat(around[None], len(free) + 1, axis=0)
        places[:, free] = x
        for row, parameter in enumerate(free):
            places[row + 1, parameter] += steps[row]
        values = -likelihood.at(places)
        return float(values[0]), (values[1:] - values[0]) / steps

    for start in starts:
        bounds = [(0.0, 1.0)] * len(free)
        found = minimize(downhill, start[free], args=(start,), jac=True, method="L-BFGS-B", bounds=bounds)
        if -found.fun > peak:
            best, peak = start.copy(), float(-found.fun)
            best[free] = found.x
    return best, peak


def _pairs(likelihood: Likelihood, best: FloatArray, peak: float) -> FloatArray:
    """Falls on `GRID` around the best place with one other parameter free, or none."""
    size = len(best)
    falls = np.empty((size, size, N_GRID))
    for first in range(size):
        for second in range(size):
            columns = GRID if first != second else GRID[:1]
            places = np.tile(best, (N_GRID, len(columns), 1))
            places[:, :, first] = GRID[:, None]
            if first != second:
                places[:, :, second] = columns
                places = np.concatenate([places, _tiled(best, first)], axis=1)
            logs = likelihood.at(places.reshape(-1, size)).reshape(N_GRID, -1)
            falls[first, second] = np.maximum(peak - logs.max(1), 0.0)
    return falls


def _tiled(best: FloatArray, first: int) -> FloatArray:
    """The other parameter may also stay where it is."""
    places = np.tile(best, (N_GRID, 1, 1))
    places[:, 0, first] = GRID
    return places


def open_share(fall: FloatArray) -> float:
    """Share of the bounds where a curve (N_GRID,) has fallen by less than `DROP`, between grid points too."""
    fine = np.interp(np.linspace(0.0, 1.0, 2001), GRID, fall)
    return float((fine <= DROP).mean())
