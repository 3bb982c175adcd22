"""Shares of the variance between designs: the estimator that fits the study's design, with bootstrap intervals."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import combinations

import numpy as np

from spikecim.results.sweep_parts import Estimate, Pair, Shares
from spikecim.study import anova, given_data, saltelli, surrogate
from spikecim.study.groups import groups_of
from spikecim.study.matrix import Block
from spikecim.study.pairs import Floats
from spikecim.study.resample import Sampled, percentiles
from spikecim.study.spec import Study

ALONE_AND_MORE = "all that holds both factors: T_i + T_j - T_ij (Liu and Owen 2006)"
_METHODS = {
    "saltelli": "Sobol indices, of two estimators the one with the narrower interval (first order: Saltelli 2010, "
    "Janon 2014; total: Jansen 1999, or Saltelli of all other factors); designs and chips drawn anew",
    "grid": "functional analysis of variance of the full grid, every level counting alike; chips drawn anew",
    "given": "first order from the means within each factor's groups (correlation ratio); designs and chips drawn anew",
}
_CORRECTED = "; squares over pairs of different chips"

# Share of draws that must find designs to differ at all.
LEAST_SURE = 0.9

Estimator = Callable[[Floats, Floats], Floats]


@dataclass(frozen=True, kw_only=True, eq=False)
class Sample:
    """A metric's complete block and where its designs lie.

    Attributes
    ----------
    study : Study
    metric : str
    block : Block
    shares : float64 (n_designs, n_factors)
        Of all designs of the study.
    """

    study: Study
    metric: str
    block: Block
    shares: Floats

    @property
    def paths(self) -> list[str]:
        return [factor.path for factor in self.study.factors]

    @property
    def n_chips(self) -> int:
        return len(self.block.chips)


def shares_of(sample: Sample) -> Shares:
    """Whose variance between designs it is; `refused` says why where the numbers can not tell."""
    values, n_all = sample.block.values, len(sample.shares)
    if len(values) < 2:
        return _refused(sample, f"{len(values)} of {n_all} designs have enough chips; two or more are needed")
    if np.ptp(values.mean(axis=1)) <= 1e-12 * max(abs(float(values.mean())), 1e-300):
        return _refused(sample, "it is the same in all designs")
    if sample.study.kind == "saltelli":
        return _saltelli(sample)
    if sample.study.kind == "grid" and len(values) == n_all:
        return _grid(sample)
    return _given(sample)


def _saltelli(sample: Sample) -> Shares:
    rows = saltelli.rows_of(len(sample.shares), len(sample.paths))
    place = np.full(len(sample.shares), -1)
    place[sample.block.designs] = np.arange(len(sample.block.designs))
    # A base point counts only with all of its designs.
    whole = rows[(place[rows] >= 0).all(axis=1)]
    if len(whole) < 4:
        return _refused(sample, f"{len(whole)} of {len(rows)} base points are complete; four or more are needed")
    values = sample.block.values[place[whole]]
    found, drawn, refused = _estimated(sample, len(whole), lambda w, v: saltelli.indices(values, w, v))
    if refused:
        return _refused(sample, refused)
    d, told = len(sample.paths), _estimates(found, drawn)
    by_one_way, by_another = told[: 2 * d], told[2 * d : 4 * d]
    return _with_pairs(sample, whole.size, _sharper(by_one_way, by_another) + told[4 * d :])


def _grid(sample: Sample) -> Shares:
    sizes = [len(np.unique(np.round(column, 12))) for column in sample.shares.T]
    values = sample.block.values.reshape(*sizes, sample.n_chips)
    found, drawn, refused = _estimated(sample, 0, lambda _, v: anova.indices(values, v))
    return _refused(sample, refused) if refused else _with_pairs(sample, len(sample.shares), _estimates(found, drawn))


def _with_pairs(sample: Sample, n_designs: int, told: list[Estimate]) -> Shares:
    """`told`: first order, total, pairs."""
    d, kind = len(sample.paths), sample.study.kind
    return Shares(
        metric=sample.metric,
        method=_METHODS[kind] + (_CORRECTED if sample.n_chips > 1 else ""),
        n_designs=n_designs,
        n_chips=sample.n_chips,
        refused="",
        first=dict(zip(sample.paths, told[:d], strict=True)),
        total=dict(zip(sample.paths, told[d : 2 * d], strict=True)),
        pairs=_pairs(sample, told[2 * d :]),
        pairs_method="this pair alone" if kind == "grid" else ALONE_AND_MORE,
        pairs_refused="",
        q2=float("nan"),
    )


def _given(sample: Sample) -> Shares:
    study, block, n = sample.study, sample.block, len(sample.block.designs)
    if n < given_data.FEWEST_DESIGNS:
        return _refused(sample, f"{n} complete designs are too few; give {given_data.FEWEST_DESIGNS} or more")
    shares, grid = sample.shares[block.designs], study.kind == "grid"
    parts = given_data.parts_for(n)
    groups = [groups_of(f, shares[:, k], parts, levels=grid) for k, f in enumerate(study.factors)]
    found, drawn, refused = _estimated(sample, n, lambda w, v: given_data.indices(block.values, groups, w, v))
    if refused:
        return _refused(sample, refused)
    total, pairs, why, q2 = _by_surrogate(sample, shares)
    return Shares(
        metric=sample.metric,
        method=_METHODS["given"] + (_CORRECTED if sample.n_chips > 1 else ""),
        n_designs=n,
        n_chips=sample.n_chips,
        refused="",
        first=dict(zip(sample.paths, _estimates(found, drawn), strict=True)),
        total=total,
        pairs=pairs,
        pairs_method="second-order polynomial through the designs' means",
        pairs_refused=why,
        q2=q2,
    )


def _by_surrogate(sample: Sample, shares: Floats) -> tuple[dict[str, Estimate], tuple[Pair, ...], str, float]:
    """Total shares and pairs, or why there are none, and the fit's Q2."""
    factors, n, d = sample.study.factors, len(shares), len(sample.paths)
    terms = surrogate.n_terms(factors)
    if n < surrogate.DESIGNS_A_TERM * terms:
        return {}, (), f"{n} designs are too few for a polynomial of {terms} terms", float("nan")
    fit = surrogate.fit(factors, shares, sample.block.values.mean(axis=1))
    if fit.q2 < surrogate.LEAST_Q2:
        why = f"the polynomial explains {100 * max(0.0, fit.q2):.0f} % of the variance of designs it has not seen"
        return {}, (), f"{why}; {100 * surrogate.LEAST_Q2:.0f} % are asked for", fit.q2
    found, drawn = fit.variances(d, sample.study.seed)
    estimates = _estimates(found / found[0], drawn / found[0])[1 + d :]
    return dict(zip(sample.paths, estimates[:d], strict=True)), _pairs(sample, estimates[d:]), "", fit.q2


def _estimated(sample: Sample, clusters: int, estimate: Estimator) -> tuple[Floats, Floats, str]:
    """Variance and shares, their draws (n, k), and why they tell nothing if the variance may as well be 0."""
    sampled = Sampled(clusters=clusters, chips=sample.n_chips, seed=sample.study.seed, name=f"{sample.metric}/shares")
    with np.errstate(divide="ignore", invalid="ignore"):
        found = estimate(np.ones(clusters), np.ones(sample.n_chips))
        drawn = np.array([estimate(w, v) for w, v in sampled.draws()]).reshape(-1, len(found))
    some = drawn[:, 0] > 0
    if not found[0] > 0 or (len(drawn) and some.mean() < LEAST_SURE):
        return found, drawn, "designs differ no more than so few chips make them differ by chance"
    return found[1:], drawn[some, 1:], ""


def _pairs(sample: Sample, estimates: list[Estimate]) -> tuple[Pair, ...]:
    pairs = combinations(sample.paths, 2)
    return tuple(Pair(first=a, second=b, share=share) for (a, b), share in zip(pairs, estimates, strict=True))


def _estimates(found: Floats, drawn: Floats) -> list[Estimate]:
    """Each of `found` (k,) with the 90 % interval of its draws (n, k)."""
    ends = zip(found, *percentiles(drawn), strict=True)
    return [Estimate(value=float(value), low=float(low), high=float(high)) for value, low, high in ends]


def _sharper(one: list[Estimate], other: list[Estimate]) -> list[Estimate]:
    """Of two estimates of the same things those with the narrower interval."""
    return [b if b.high - b.low < a.high - a.low else a for a, b in zip(one, other, strict=True)]


def _refused(sample: Sample, why: str) -> Shares:
    return Shares(
        metric=sample.metric,
        method="",
        n_designs=len(sample.block.designs),
        n_chips=sample.n_chips,
        refused=why,
        first={},
        total={},
        pairs=(),
        pairs_method="",
        pairs_refused=why,
        q2=float("nan"),
    )
