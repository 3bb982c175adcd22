"""What a chip will measure, as a function of the parameters: a Gaussian law fitted to simulated chips.

Each figure is fitted given those before it, which gives a proper law of all of them together at every place (modified
Cholesky decomposition, Pourahmadi, Biometrika 86, 1999). Figures that move together leave a small remainder, and the
fit of that remainder is as sharp as the remainder is small.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from spikecim.calibration.polynomials import left_out_fit, log_variance, n_terms, terms
from spikecim.calibration.scale import Scale

FloatArray = NDArray[np.float64]
# Degrees tried for a mean, as long as there are two designs for each term.
HIGHEST = 5


@dataclass(frozen=True, kw_only=True)
class Link:
    """One figure given those before it.

    Attributes
    ----------
    degree : int
        Of the mean; chosen by foretelling left-out designs.
    mean : float64 (n_terms,)
    follow : float64 (n_before, 1 + n_parameters)
        How much of each remainder before it the figure takes up, linear in the parameters.
    log_variance : float64 (n_variance_terms,)
        Of its own remainder, foretelling error included.
    lack : float
        Variance of what the polynomial misses, the same for all chips of a design; a part of the remainder's.
    error : float
        Root mean square of the left-out remainder.
    chips : float
        The same within designs: what no better polynomial would take away.
    """

    degree: int
    mean: FloatArray
    follow: FloatArray
    log_variance: FloatArray
    lack: float
    error: float
    chips: float


@dataclass(frozen=True, kw_only=True)
class Law:
    """Mean and covariance of the figures at `n` places, on their scales.

    Attributes
    ----------
    mean : float64 (n, n_figures)
    chips : float64 (n, n_figures, n_figures)
        Covariance of one chip around the mean of all chips.
    lack : float64 (n, n_figures, n_figures)
        Covariance of the surrogate's own error, which more chips do not take away.
    """

    mean: FloatArray
    chips: FloatArray
    lack: FloatArray

    def of(self, columns: list[int]) -> Law:
        """The same of some figures."""
        square = np.ix_(range(len(self.mean)), columns, columns)
        return Law(mean=self.mean[:, columns], chips=self.chips[square], lack=self.lack[square])

    def at(self, chosen: NDArray[np.integer]) -> Law:
        """The same at some places."""
        return Law(mean=self.mean[chosen], chips=self.chips[chosen], lack=self.lack[chosen])


@dataclass(frozen=True, kw_only=True)
class Surrogate:
    """The law at any place.

    Attributes
    ----------
    names : tuple of str
    scales : tuple of Scale
    links : tuple of Link
    variance_degree : int
    explained : tuple of float
        Share of the variance of design means that the fit foretells for a design left out, chip scatter taken off.
    reached : float64 (n_figures, 2)
        Smallest and largest value of all simulated chips.
    """

    names: tuple[str, ...]
    scales: tuple[Scale, ...]
    links: tuple[Link, ...]
    variance_degree: int
    explained: tuple[float, ...]
    reached: FloatArray

    @property
    def n_parameters(self) -> int:
        return int(self.links[0].follow.shape[1]) - 1

    def columns(self, names: tuple[str, ...]) -> list[int]:
        """Where figures stand."""
        return [self.names.index(name) for name in names]

    def law(self, places: FloatArray) -> Law:
        """The law at `places` (n, n_parameters) in 0..1."""
        basis = terms(places, max(link.degree for link in self.links))
        linear, spread = terms(places, 1), terms(places, self.variance_degree)
        n, size = len(places), len(self.links)
        mean, lower = np.empty((n, size)), np.zeros((n, size, size))
        variance, lack = np.empty((n, size)), np.empty((n, size))
        for row, link in enumerate(self.links):
            mean[:, row] = basis[:, : len(link.mean)] @ link.mean
            lower[:, row, :row] = linear @ link.follow.T
            lower[:, row, row] = 1.0
            whole = np.exp(np.clip(spread @ link.log_variance, -70.0, 70.0))
            # The error of the fit is a part of the whole, and never more than nearly all of it.
            lack[:, row] = np.minimum(link.lack, 0.9 * whole)
            variance[:, row] = whole - lack[:, row]
        turned = lower.transpose(0, 2, 1)
        return Law(mean=mean, chips=(lower * variance[:, None]) @ turned, lack=(lower * lack[:, None]) @ turned)


def fit_surrogate(
    places: FloatArray, found: FloatArray, names: tuple[str, ...], scales: tuple[Scale, ...]
) -> Surrogate:
    """Fit the law of `found` (n_designs, n_chips, n_figures) at `places` (n_designs, n_parameters)."""
    n_designs, n_chips, size = found.shape
    scaled = np.stack([scale.of(found[..., column]) for column, scale in enumerate(scales)], axis=-1)
    degree = 2 if n_designs * (n_chips - 1) >= 12 * n_terms(places.shape[1], 2) else 1
    before = np.zeros((n_designs * n_chips, 0))
    links: list[Link] = []
    for column in range(size):
        link, remainder = _fit_link(places, scaled[..., column], before, degree)
        links.append(link)
        before = np.hstack([before, remainder[:, None]])
    return Surrogate(
        names=names,
        scales=scales,
        links=tuple(links),
        variance_degree=degree,
        explained=tuple(_explained(places, scaled[..., column]) for column in range(size)),
        reached=np.stack([found.min((0, 1)), found.max((0, 1))], axis=1),
    )


def _fit_link(places: FloatArray, own: FloatArray, before: FloatArray, degree: int) -> tuple[Link, FloatArray]:
    """One figure `own` (n_designs, n_chips) given remainders `before`; the degree that foretells best."""
    found = [_try_link(places, own, before, top, degree) for top in _degrees(places)]
    _, link, remainder = min(found, key=lambda entry: entry[0])
    return link, remainder


def _degrees(places: FloatArray) -> list[int]:
    return [d for d in range(1, HIGHEST + 1) if d == 1 or 2 * n_terms(places.shape[1], d) <= len(places)]


def _try_link(
    places: FloatArray, own: FloatArray, before: FloatArray, top: int, degree: int
) -> tuple[float, Link, FloatArray]:
    """Minus the logarithm of the likelihood of left-out chips, the link of degree `top`, and its remainders."""
    n_chips = own.shape[1]
    everyone = np.repeat(places, n_chips, axis=0)
    size = np.maximum(before.std(0), 1e-30)
    taken = ((before / size)[:, :, None] * terms(everyone, 1)[:, None, :]).reshape(len(everyone), -1)
    basis, spread = np.hstack([terms(everyone, top), taken]), terms(places, degree)
    weights = np.ones(own.size)
    # The second round weighs chips by what the first one learned of their scatter.
    for _ in range(2):
        coefficients, residual, left = left_out_fit(basis, own.reshape(-1), weights, n_chips)
        logs = log_variance(spread, (left.reshape(own.shape) ** 2).mean(1))
        level = np.repeat(spread @ logs, n_chips)
        weights = np.exp(np.clip(level.mean() - level, -6.0, 6.0))
    score = float((left**2 * np.exp(-level) + level).mean())
    within = float(residual.reshape(own.shape).var(1, ddof=1).mean())
    n_mean = n_terms(places.shape[1], top)
    link = Link(
        degree=top,
        mean=coefficients[:n_mean],
        follow=coefficients[n_mean:].reshape(before.shape[1], 1 + places.shape[1]) / size[:, None],
        log_variance=logs,
        lack=max(float((left**2).mean()) - within, 0.0),
        error=float(np.sqrt((left**2).mean())),
        chips=float(np.sqrt(within)),
    )
    return score, link, residual


def _explained(places: FloatArray, own: FloatArray) -> float:
    """Of the variance of design means that is not chip scatter, the share foretold for designs left out."""
    means, noise = own.mean(1), float(own.var(1, ddof=1).mean()) / own.shape[1]
    errors = []
    for top in _degrees(places):
        _, _, left = left_out_fit(terms(places, top), means, np.ones(len(means)), 1)
        errors.append(float((left**2).mean()))
    truly = float(means.var()) - noise
    return float(np.clip(1.0 - (min(errors) - noise) / truly, 0.0, 1.0)) if truly > 0 else 0.0
