"""Anderson-Darling test against a law whose parameters came from the same readings.

Log-normal, independent readings: the tabulated p-value of D'Agostino and Stephens (Goodness-of-Fit Techniques, 1986,
table 4.9). Else a parametric bootstrap: data drawn from the fit are fitted again, and their statistics compared.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from scipy.special import ndtr

from spikecim.devices.measured.estimate import LOG_NORMAL, TAILED, FloatArray, Goodness, IntArray
from spikecim.devices.measured.tail import distribution, factors
from spikecim.devices.measured.tail_fit import fit_tail
from spikecim.streams import stream

# More readings would only make the test see what does not matter; and each bootstrap fits them all.
MOST_TESTED = 2000
_RESAMPLES = 199


def anderson_darling(u: FloatArray) -> float:
    """A^2 of values `u` (n,) that should be uniform on 0..1."""
    ordered = np.clip(np.sort(u), 1e-15, 1 - 1e-15)
    odd = 2 * np.arange(1, len(u) + 1) - 1
    return float(-len(u) - np.mean(odd * (np.log(ordered) + np.log1p(-ordered[::-1]))))


def judge_lognormal(y: FloatArray, cell: IntArray | None = None, share: float = 0.0, seed: int = 0) -> Goodness:
    """Test ln R `y` (n,) against a normal law; readings of one cell share `share` of their variance."""
    statistic = _lognormal_statistic(y)
    if cell is None:
        p_value, how = _stephens(statistic, len(y)), f"{len(y):,} readings, table for fitted parameters"
    else:
        p_value = _bootstrap(statistic, lambda rng: _lognormal_statistic(_scores(rng, cell, share)), seed)
        how = f"{len(y):,} readings, bootstrap of {_RESAMPLES}"
    return Goodness(law=LOG_NORMAL, statistic=statistic, p_value=p_value, n=len(y), how=how)


def judge_tail(
    y: FloatArray, theta: FloatArray, cell: IntArray | None = None, share: float = 0.0, seed: int = 0
) -> Goodness:
    """Test ln R `y` (n,) against the law with a tail that was fitted to it."""
    cells = np.arange(len(y)) if cell is None else cell
    if len(y) > MOST_TESTED:
        chosen = stream(seed, "device-fit", "tested").choice(len(y), MOST_TESTED, replace=False)
        y, cells = y[chosen], cells[chosen]

    def statistic(values: FloatArray) -> float:
        return anderson_darling(distribution(fit_tail(values, theta).theta, values))

    def drawn(rng: np.random.Generator) -> float:
        body = theta[0] + np.exp(theta[1]) * _scores(rng, cells, share)
        return statistic(body + factors(theta, *rng.random((2, len(y)))))

    found = statistic(y)
    how = f"{len(y):,} readings, bootstrap of {_RESAMPLES}"
    return Goodness(law=TAILED, statistic=found, p_value=_bootstrap(found, drawn, seed), n=len(y), how=how)


def _lognormal_statistic(y: FloatArray) -> float:
    return anderson_darling(ndtr((y - y.mean()) / y.std(ddof=1)))


def _scores(rng: np.random.Generator, cell: IntArray, share: float) -> FloatArray:
    """Standard normal numbers (n,), those of one cell correlated by `share`."""
    place = np.unique(cell, return_inverse=True)[1]
    of_cell = rng.standard_normal(int(place.max()) + 1)[place]
    return np.asarray(np.sqrt(share) * of_cell + np.sqrt(1.0 - share) * rng.standard_normal(len(cell)))


def _bootstrap(found: float, draw: Callable[[np.random.Generator], float], seed: int) -> float:
    rng = stream(seed, "device-fit", "goodness")
    as_bad = sum(draw(rng) >= found for _ in range(_RESAMPLES))
    return (1 + as_bad) / (1 + _RESAMPLES)


def _stephens(statistic: float, n: int) -> float:
    a = statistic * (1 + 0.75 / n + 2.25 / n**2)
    if a >= 0.6:
        # Beyond 10 the parabola would turn up again.
        top = min(a, 10.0)
        return float(np.exp(1.2937 - 5.709 * top + 0.0186 * top**2))
    if a > 0.34:
        return float(np.exp(0.9177 - 4.279 * a - 1.38 * a**2))
    if a > 0.2:
        return float(1 - np.exp(-8.318 + 42.796 * a - 59.938 * a**2))
    return float(1 - np.exp(-13.436 + 101.14 * a - 223.73 * a**2))
