"""What a further figure would tell before anyone measures it: expected information (Lindley 1956), on the surrogate.

Chips are drawn that the known figures allow, the further figure is drawn for each, given what it measured already, and
the posterior is worked out anew; widths and information are means over these chips.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from spikecim.calibration.cloud import EDGES, Cloud, resampled, weighted_quantiles
from spikecim.calibration.evidence import Evidence, Likelihood, gaussian
from spikecim.calibration.surrogate import Law
from spikecim.results.calibration import kept_share
from spikecim.streams import stream

FloatArray = NDArray[np.float64]
N_CHIPS, N_PLACES = 64, 4096
# A further figure is taken to be printed with three digits: off by a uniform draw of one unit of the third.
DIGITS = 3


@dataclass(frozen=True, kw_only=True)
class Expected:
    """Expected bits, and kept widths (n_parameters,)."""

    bits: float
    kept: FloatArray


def more_figures(
    likelihood: Likelihood, cloud: Cloud, columns: Sequence[int], noise: FloatArray, seed: int
) -> Expected:
    """What more figures of the same chips would tell.

    Parameters
    ----------
    columns : sequence of int
        Of the surrogate's figures.
    noise : float64 (n_columns, n_columns)
        Covariance of what measuring adds, on their scales.
    """
    places, law, logs = _thinned(likelihood, cloud)
    known = likelihood.evidence[0]
    both = [*known.columns, *columns]
    joint, split = law.of(both), len(known.columns)
    wide = np.zeros((len(both), len(both)))
    wide[:split, :split], wide[split:, split:] = known.noise, noise
    whole = Evidence(
        columns=both,
        values=np.zeros(len(both)),
        noise=wide,
        n_chips=known.n_chips,
        spread_of=[],
        spreads=np.zeros(0),
        spread_noise=np.zeros(0),
    )
    mean, covariance = whole.moments(joint, likelihood.logarithmic(both))
    # Given the known figures, the further ones are Gaussian again (conditional mean and covariance).
    gain = np.linalg.solve(covariance[:, :split, :split], covariance[:, :split, split:]).transpose(0, 2, 1)
    middle = mean[:, split:] + np.einsum("nij,nj->ni", gain, known.values - mean[:, :split])
    left = covariance[:, split:, split:] - gain @ covariance[:, :split, split:]
    left = 0.5 * (left + left.transpose(0, 2, 1))
    return _expected(places, logs, middle, left, stream(seed, "calibration", "further"))


def more_chips(likelihood: Likelihood, cloud: Cloud, n_chips: int, noise: FloatArray, seed: int) -> Expected:
    """What the same figures of `n_chips` more chips would tell, by their mean and their spread."""
    places, law, logs = _thinned(likelihood, cloud)
    columns = likelihood.evidence[0].columns
    own = law.of(columns)
    group = Evidence(
        columns=columns,
        values=np.zeros(len(columns)),
        noise=noise,
        n_chips=n_chips,
        spread_of=list(range(len(columns))),
        spreads=np.zeros(len(columns)),
        spread_noise=np.zeros(len(columns)),
    )
    mean, covariance = group.moments(own, likelihood.logarithmic(columns))
    spread, spread_covariance = group.spread_moments(own)
    size = len(columns)
    together = np.zeros((len(places), 2 * size, 2 * size))
    together[:, :size, :size], together[:, size:, size:] = covariance, spread_covariance
    # Spreads of figures that move as one are one number: a grain keeps their matrix a proper one.
    together[:, range(2 * size), range(2 * size)] += 1e-9
    drawn = stream(seed, "calibration", "chips")
    return _expected(places, logs, np.hstack([mean, spread]), together, drawn)


def _thinned(likelihood: Likelihood, cloud: Cloud) -> tuple[FloatArray, Law, FloatArray]:
    """Points of equal weight of the posterior, and how often each stands for others (logarithm)."""
    chosen, counts = np.unique(cloud.sample(N_PLACES), return_counts=True)
    return cloud.places[chosen], cloud.law.at(chosen), np.log(counts / counts.sum())


def _expected(
    places: FloatArray, logs: FloatArray, mean: FloatArray, covariance: FloatArray, drawn: np.random.Generator
) -> Expected:
    """Mean over chips drawn from the posterior of what their further figures leave of it."""
    chips = resampled(np.exp(logs), N_CHIPS)
    lower = np.linalg.cholesky(covariance)
    noise = drawn.standard_normal((N_CHIPS, mean.shape[1]))
    bits, kept = [], []
    for row, chip in enumerate(chips):
        seen = mean[chip] + lower[chip] @ noise[row]
        raw = logs + gaussian(seen, mean, covariance)
        weights = np.exp(raw - raw.max())
        weights /= weights.sum()
        there = weights > 0
        bits.append(float((weights[there] * (np.log(weights[there]) - logs[there])).sum() / np.log(2.0)))
        edges = np.array([weighted_quantiles(column, weights, EDGES) for column in places.T])
        kept.append([kept_share(low, high) for low, _, high in edges])
    return Expected(bits=float(np.mean(bits)), kept=np.mean(kept, axis=0))


def printed_sd(value: float) -> float:
    """Error of `value` when it is printed with `DIGITS` digits."""
    if value == 0:
        return 0.0
    unit = 10.0 ** (np.floor(np.log10(abs(value))) - DIGITS + 1)
    return float(unit / 12.0**0.5)
