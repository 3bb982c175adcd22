"""Which designs a study visits: grid, Latin hypercube (McKay 1979), Sobol sequence, Saltelli's design (2010)."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product

import numpy as np
from numpy.typing import NDArray

from spikecim.errors import ParameterError
from spikecim.streams import name_key
from spikecim.study.factors import Factor, Value
from spikecim.study.spec import Study

MOST_DESIGNS, MOST_POINTS = 1_000_000, 100_000_000


@dataclass(frozen=True, kw_only=True)
class Design:
    """One setting of all factors.

    Attributes
    ----------
    number : int
        Its place in the study.
    values : tuple
        One value for each factor, in the study's order.
    """

    number: int
    values: tuple[Value, ...]


def designs_of(study: Study) -> list[Design]:
    """All designs of `study`, in order.

    Raises
    ------
    ParameterError
        If there are more than `MOST_DESIGNS`, or more than `MOST_POINTS` with their chips.
    """
    _check_size(study)
    if study.kind == "grid":
        axes = [factor.levels(study.levels) for factor in study.factors]
        return [Design(number=number, values=values) for number, values in enumerate(product(*axes))]
    return at_shares(study.factors, shares_of(study))


def _check_size(study: Study) -> None:
    """Refuse what no memory holds, before anything is laid out."""
    n_factors = len(study.factors)
    sizes = {
        "grid": math.prod(factor.n_values or study.levels for factor in study.factors),
        "saltelli": study.points * (n_factors + 2),
    }
    size = sizes.get(study.kind, study.points)
    if size > MOST_DESIGNS or size * study.n_chips > MOST_POINTS:
        raise ParameterError(
            f"study {study.name!r}: {study.kind} has {size:,} designs of {study.n_chips:,} chips each; allowed are "
            f"{MOST_DESIGNS:,} designs and {MOST_POINTS:,} chips in all"
        )


def at_shares(factors: Sequence[Factor], shares: NDArray[np.float64]) -> list[Design]:
    """The designs at `shares` (n_designs, n_factors), each in [0, 1]."""
    return [
        Design(number=number, values=tuple(f.at(float(s)) for f, s in zip(factors, row, strict=True)))
        for number, row in enumerate(shares)
    ]


def shares_of(study: Study) -> NDArray[np.float64]:
    """Where in each factor's range the designs lie, (n_designs, n_factors); not for a grid."""
    from scipy.stats import qmc

    seed = np.random.default_rng(name_key(study.seed, "study", study.kind))
    n_factors = len(study.factors)
    if study.kind == "latin-hypercube":
        return np.asarray(qmc.LatinHypercube(n_factors, rng=seed).random(study.points))
    if study.kind == "sobol":
        # The balance of a Sobol sequence holds for powers of 2; any other length is a prefix of the next one.
        sequence = qmc.Sobol(n_factors, rng=seed).random_base2(max(0, (study.points - 1).bit_length()))
        return np.asarray(sequence[: study.points])
    return _saltelli(np.asarray(qmc.Sobol(2 * n_factors, rng=seed).random_base2(study.points.bit_length() - 1)))


def _saltelli(both: NDArray[np.float64]) -> NDArray[np.float64]:
    """A, B, then A with one column of B after the other: (n * (d + 2), d) from `both` (n, 2 d)."""
    first, second = np.split(both, 2, axis=1)
    mixed = []
    for column in range(first.shape[1]):
        block = first.copy()
        block[:, column] = second[:, column]
        mixed.append(block)
    return np.concatenate([first, second, *mixed])
