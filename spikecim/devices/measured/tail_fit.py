"""Maximum likelihood of the law with a tail, and intervals from the profile of the likelihood.

Where cells were cycled, readings of one cell hang together: the likelihood ratio of each parameter is then measured
against its cluster-robust variance instead of chi^2 (composite likelihood: Varin, Reid, Firth, Statistica Sinica 2011).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.optimize import minimize
from scipy.special import chdtri, expit, logit, stdtrit

from spikecim.devices.measured.estimate import LEVEL, Estimate, FloatArray, IntArray
from spikecim.devices.measured.lognormal import grouped
from spikecim.devices.measured.share import cell_share, enough_for_share
from spikecim.devices.measured.tail import LOWER, UPPER, log_density, share_of_tail

NAMES = ("median", "sigma_ln", "tail_probability", "tail_low_factor", "tail_high_factor")
# Starts are tried on so many readings, evenly taken from the sorted ones.
_TRIED = 4000
_STEPS = 40


@dataclass(frozen=True, kw_only=True)
class TailFit:
    """The best parameters.

    Attributes
    ----------
    theta : float64 (5,)
        mu, ln sigma, logit p, and the logarithms of the tail's ends.
    log_likelihood : float
    """

    theta: FloatArray
    log_likelihood: float


def fit_tail(y: FloatArray, start: FloatArray | None = None) -> TailFit:
    """Most likely parameters for ln R `y` (n,), from `start` or from several."""
    if start is None:
        few = np.sort(y)[:: max(1, len(y) // _TRIED)]
        start = min((_climb(few, one, rough=True) for one in _starts(few)), key=lambda found: found[1])[0]
    theta, loss = _climb(y, start)
    if theta[3] > theta[4]:
        theta[[3, 4]] = theta[[4, 3]]
    return TailFit(theta=theta, log_likelihood=-loss)


def tail_estimates(fit: TailFit, y: FloatArray, cell: IntArray | None = None) -> dict[str, Estimate]:
    """The parameters of `fit` as a device file names them, each with its profile interval."""
    info = information(fit.theta, y)
    groups = len(y) if cell is None else len(np.unique(cell))
    reach = float(stdtrit(groups - 1, (1 + LEVEL) / 2)) ** 2
    excess = np.ones(5) if cell is None else _excess(fit.theta, y, cell, info)
    excess[3:] *= _sharpness(fit.theta, len(y))
    how = "profile likelihood" if cell is None else "profile likelihood, scaled to clusters of readings of one cell"
    back = (np.exp, np.exp, expit, np.exp, np.exp)
    found = {}
    for place, (name, original) in enumerate(zip(NAMES, back, strict=True)):
        ends = [_profile_end(fit, y, info, place, sign * np.sqrt(reach * excess[place])) for sign in (-1, 1)]
        low, value, high = (float(original(number)) for number in (ends[0], fit.theta[place], ends[1]))
        found[name] = Estimate(value=value, low=low, high=high, how=how)
    return found


def information(theta: FloatArray, y: FloatArray) -> FloatArray:
    """Observed information (5, 5): minus the second derivatives of the log-likelihood."""
    step = 1e-4
    rows = [log_density(theta + step * e, y)[1].sum(0) - log_density(theta - step * e, y)[1].sum(0) for e in np.eye(5)]
    raw = -np.array(rows) / (2 * step)
    values, vectors = np.linalg.eigh((raw + raw.T) / 2)
    # A flat direction still needs a scale to walk along it.
    return np.asarray((vectors * np.maximum(values, 1e-4 * len(y) ** 0.5)) @ vectors.T)


def _sharpness(theta: FloatArray, n: int) -> float:
    """How much farther the profile of a tail's end must reach than chi^2 with one degree of freedom says.

    A sharp end of a uniform law is not regular: its likelihood ratio is chi^2 with two degrees. Here sigma blurs the
    end, the more so the more readings `m` of the tail lie within one sigma of it: two degrees at 0, one at infinity.
    """
    width = max(abs(float(theta[4] - theta[3])), 1e-12)
    m = n * float(expit(theta[2])) * min(1.0, float(np.exp(theta[1])) / width)
    one, two = (float(chdtri(degrees, 1.0 - LEVEL)) for degrees in (1, 2))
    return 1.0 + (two / one - 1.0) / (1.0 + m)


def _excess(theta: FloatArray, y: FloatArray, cell: IntArray, info: FloatArray) -> FloatArray:
    """Variance of each parameter (5,) over that of independent readings.

    The robust variance is told low where few cells decide; for the body, what its cell share implies is the floor.
    """
    kept = share_of_tail(theta, y) < 0.5
    groups = grouped(y[kept], cell[kept])
    share = cell_share([groups]).value if enough_for_share([groups]) else 0.0
    more = groups.harmonic - 1.0
    implied = np.array([1.0 + more * share, 1.0 + more * share**2, 1.0, 1.0, 1.0])
    return np.maximum(robust_ratio(theta, y, cell, info)[0], implied)


def robust_ratio(theta: FloatArray, y: FloatArray, cell: IntArray, info: FloatArray) -> tuple[FloatArray, float]:
    """Cluster-robust over plain variance of each parameter (5,), and the effective number of parameters."""
    place = np.unique(cell, return_inverse=True)[1]
    scores = log_density(theta, y)[1]
    by_cell = np.stack([np.bincount(place, column) for column in scores.T], axis=-1)
    plain = np.linalg.inv(info)
    robust = plain @ (by_cell.T @ by_cell) @ plain
    return np.diag(robust) / np.diag(plain), float(np.trace(by_cell.T @ by_cell @ plain))


def _climb(y: FloatArray, start: FloatArray, *, rough: bool = False) -> tuple[FloatArray, float]:
    """Best parameters from `start` and their loss, in steps of the size that each parameter has."""
    sigma = np.exp(start[1])
    scale = np.array([sigma / 3, 0.3, 1.0, sigma, sigma]) / np.sqrt(len(y))

    def loss(x: FloatArray) -> tuple[float, FloatArray]:
        value, slope = _held(start + scale * x, y)
        return value, scale * slope

    options = {"maxiter": 25, "gtol": 1e-1} if rough else {"gtol": 1e-4}
    found = minimize(loss, np.zeros(5), jac=True, method="BFGS", options=options)
    return np.clip(start + scale * found.x, LOWER, UPPER), float(found.fun)


def _held(theta: FloatArray, y: FloatArray) -> tuple[float, FloatArray]:
    """Loss and slope with `theta` held inside its bounds."""
    inside = np.clip(theta, LOWER, UPPER)
    value, slope = _loss(inside, y)
    return value, np.where(inside == theta, slope, 0.0)


def _loss(theta: FloatArray, y: FloatArray) -> tuple[float, FloatArray]:
    logs, scores = log_density(theta, y)
    return -float(logs.sum()), -scores.sum(0)


def _starts(y: FloatArray) -> list[FloatArray]:
    mu = float(np.median(y))
    sigma = max(float(np.diff(np.quantile(y, [0.16, 0.84]))[0]) / 2, 1e-3)
    down, up = min(y[0] - mu, -sigma), max(y[-1] - mu, sigma)
    ends = ((2 * sigma, max(up, 3 * sigma)), (up / 2, up), (min(down, -3 * sigma), -2 * sigma), (down, up))
    return [np.array([mu, np.log(sigma), logit(p), *pair]) for p in (0.01, 0.1) for pair in ends]


def _profile_end(fit: TailFit, y: FloatArray, info: FloatArray, place: int, root: float) -> float:
    """Where the signed root of the likelihood ratio of one parameter reaches `root`, or the end of its range."""
    others = np.delete(np.arange(5), place)
    inner = np.linalg.inv(info[np.ix_(others, others)])
    drift, scale = -inner @ info[others, place], np.linalg.cholesky(inner)
    limit = float((UPPER if root > 0 else LOWER)[place] - fit.theta[place])
    error = 1.0 / np.sqrt(info[place, place] + info[place, others] @ drift)
    step, (inside, at_inside), (outside, at_outside) = root * error, (0.0, 0.0), (limit, np.inf)
    for _ in range(_STEPS):
        step = step if abs(step) < abs(limit) else limit
        best = _profile(fit, y, place, step, (others, drift, scale))
        got = np.sqrt(max(0.0, 2.0 * (fit.log_likelihood - best))) / abs(root)
        if step == limit and got < 1:
            break
        if abs(got - 1.0) < 0.005:
            break
        if got < 1:
            inside, at_inside = step, got
        else:
            outside, at_outside = step, got
        step = _between_ends(inside, at_inside, outside, at_outside)
    return float(fit.theta[place] + step)


def _between_ends(inside: float, at_inside: float, outside: float, at_outside: float) -> float:
    """Next step: the secant between the ends, kept off them; with no outer point yet, on along the line."""
    if np.isinf(at_outside):
        further = inside / at_inside * 1.02 if at_inside > 0.2 else 3 * inside
        return further if abs(further) < abs(outside) else outside
    part = (1.0 - at_inside) / (at_outside - at_inside)
    return inside + min(max(part, 0.05), 0.95) * (outside - inside)


def _profile(
    fit: TailFit, y: FloatArray, place: int, step: float, frame: tuple[IntArray, FloatArray, FloatArray]
) -> float:
    """Largest log-likelihood with one parameter held `step` away from its best value."""
    others, drift, scale = frame
    theta = fit.theta.copy()
    theta[place] += step

    def loss(x: FloatArray) -> tuple[float, FloatArray]:
        theta[others] = fit.theta[others] + drift * step + scale @ x
        value, slope = _held(theta, y)
        return value, scale.T @ slope[others]

    return -float(minimize(loss, np.zeros(4), jac=True, method="BFGS", options={"gtol": 1e-3}).fun)
