"""Relaxation of measured cells: drift and spread of ln G since the first reading, and how heavy the tails are.

Mean and standard deviation at each time, intervals by bootstrap of whole cells; the tail: restless.py. Of a change of
kurtosis 3 exp(4 tail^2) the logarithm of the spread has variance (kurtosis - 1) / 4n for many cells.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from spikecim.devices.measured.estimate import LEVEL, Estimate, FloatArray
from spikecim.devices.measured.restless import restlessness
from spikecim.devices.measured.table import FEWEST, Readings
from spikecim.errors import DataError
from spikecim.streams import stream

_RESAMPLES = 500


@dataclass(frozen=True, kw_only=True)
class RelaxationFit:
    """Change of ln G of one state since the reading at `start` seconds.

    Attributes
    ----------
    start : float
    times : float64 (n_times,)
        Seconds after programming, later than `start`.
    drift, spread : tuple of Estimate (n_times,)
        Spread never falls with time: where it did, neighbours are pooled.
    tail : Estimate
    pooled : bool
        Whether the measured spread fell somewhere.
    change : float64 (n_times, n_cells)
        The measured changes, NaN where a cell was not read.
    """

    start: float
    times: FloatArray
    drift: tuple[Estimate, ...]
    spread: tuple[Estimate, ...]
    tail: Estimate
    pooled: bool
    change: FloatArray


def first_readings(readings: Readings) -> FloatArray:
    """Resistance (n_cells,) at the first time."""
    assert readings.time is not None
    return readings.resistance[readings.time == readings.time.min()]


def fit_relaxation(readings: Readings, state: str, path: str, seed: int = 0) -> RelaxationFit:
    """Fit the change of ln G over time of `readings`; `state` and `path` are for messages.

    Raises
    ------
    DataError
        If there is one time only, too few cells at a time, or a cell without its first reading.
    """
    times, log_g = _by_time(readings, state, path)
    change = log_g[1:] - log_g[0]
    drift, spread = _moments(change, np.ones((1, change.shape[1])))
    weights = _resampled_weights(change.shape[1], seed)
    drifts, spreads = _moments(change, weights)
    n = np.isfinite(change).sum(1)
    rising, tail = _never_falling(spread[:, 0], n), restlessness(change)
    implied = np.sqrt((3.0 * np.exp(4.0 * tail.value**2) - 1.0) / (4.0 * n))
    return RelaxationFit(
        start=float(times[0]),
        times=times[1:],
        drift=tuple(_around(value, again) for value, again in zip(drift[:, 0], drifts, strict=True)),
        spread=tuple(
            _on_log_scale(value, raw, again, error)
            for value, raw, again, error in zip(rising, spread[:, 0], spreads, implied, strict=True)
        ),
        tail=tail,
        pooled=bool((rising != spread[:, 0]).any()),
        change=change,
    )


def _by_time(readings: Readings, state: str, path: str) -> tuple[FloatArray, FloatArray]:
    """Times (n,) and ln G (n, n_cells)."""
    assert readings.cell is not None and readings.time is not None
    times, place = np.unique(readings.time, return_inverse=True)
    told = f"{path}: {state.upper()}"
    if len(times) < 2:
        raise DataError(f"{told} was read at one time only; leave out the column of times, or bring later readings")
    if len(times) > 1000:
        raise DataError(f"{told} was read at {len(times):,} different times; round them to at most 1,000 common ones")
    log_g = np.full((len(times), int(readings.cell.max()) + 1), np.nan)
    log_g[place, readings.cell] = -np.log(readings.resistance)
    for time, row in zip(times, log_g, strict=True):
        if np.isfinite(row).sum() < FEWEST:
            raise DataError(
                f"{told} at {time:g} s: {np.isfinite(row).sum()} cells are too few; at least {FEWEST} are needed at "
                "each time (round times to common ones)"
            )
    missing = np.flatnonzero(np.isnan(log_g[0]))
    if missing.size:
        raise DataError(
            f"{told}: {missing.size} cells have no reading at {times[0]:g} s, from which changes are counted; leave "
            "them out"
        )
    return times, log_g


def _resampled_weights(n_cells: int, seed: int) -> FloatArray:
    """How often each bootstrap draws each cell: (n_resamples, n_cells)."""
    source = stream(seed, "device-fit", "relaxation")
    return source.multinomial(n_cells, np.full(n_cells, 1.0 / n_cells), size=_RESAMPLES).astype(np.float64)


def _moments(change: FloatArray, weights: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Mean and standard deviation (n_times, n_weights) of the changes, each cell counted by its weight."""
    seen = np.isfinite(change)
    values = np.where(seen, change, 0.0)
    count = seen @ weights.T
    mean = values @ weights.T / count
    variance = (values**2) @ weights.T / count - mean**2
    return mean, np.sqrt(np.maximum(variance, 0.0) * count / (count - 1))


def _never_falling(spread: FloatArray, n: FloatArray) -> FloatArray:
    """Nearest variances that never fall (pool adjacent violators), as spreads."""
    blocks: list[list[float]] = []
    for value, weight in zip(spread**2, n, strict=True):
        blocks.append([float(value), float(weight), 1.0])
        while len(blocks) > 1 and blocks[-2][0] > blocks[-1][0]:
            (v1, w1, k1), (v2, w2, k2) = blocks[-2:]
            blocks[-2:] = [[(v1 * w1 + v2 * w2) / (w1 + w2), w1 + w2, k1 + k2]]
    pooled = np.concatenate([np.full(int(k), v) for v, _, k in blocks])
    return np.where(np.isclose(pooled, spread**2, rtol=1e-12), spread, np.sqrt(pooled))


def _around(value: float, again: FloatArray) -> Estimate:
    half = _quantile(again) * float(again.std(ddof=1))
    return Estimate(value=float(value), low=float(value - half), high=float(value + half), how="bootstrap of cells")


def _on_log_scale(value: float, raw: float, again: FloatArray, implied: float) -> Estimate:
    """Interval of a spread, whose logarithm is in error by `implied` if the tail is right.

    A bootstrap sees too little of a heavy tail, the formula more than so many cells show: a third of the way covers
    the truth 90 times in 100 (tests).
    """
    how = "bootstrap of cells, widened a third of the way to what the tail implies"
    if raw == 0:
        return Estimate(value=float(value), low=0.0, high=float(value), how=how)
    seen = float(np.log(np.maximum(again, 1e-300)).std(ddof=1))
    half = _quantile(again) * max(seen, (2.0 * seen + implied) / 3.0)
    low, high = float(min(value, raw * np.exp(-half))), float(max(value, raw * np.exp(half)))
    return Estimate(value=float(value), low=low, high=high, how=how)


def _quantile(again: FloatArray) -> float:
    from scipy.special import stdtrit

    return float(stdtrit(len(again) - 1, (1 + LEVEL) / 2))
