"""Factors of a study as Optuna's distributions, and back; the only values that come out are those of `Factor`."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from itertools import product
from typing import TYPE_CHECKING, Any

import numpy as np

from spikecim.study.factors import Factor, Value

if TYPE_CHECKING:
    from optuna.distributions import BaseDistribution

# Spaces up to this size are searched to the last design; larger ones are not listed.
MOST_LISTED = 20_000


def distributions_of(factors: Sequence[Factor]) -> dict[str, BaseDistribution]:
    """One distribution a factor, by path; lists are categories."""
    return {factor.path: _distribution(factor) for factor in factors}


def values_of(factors: Sequence[Factor], params: Mapping[str, Any]) -> tuple[Value, ...]:
    """The design that Optuna's `params` stand for; a stepped range snaps to its grid."""
    return tuple(_value(factor, params[factor.path]) for factor in factors)


def size_of(factors: Sequence[Factor]) -> float:
    """How many designs there are; infinite with a continuous factor."""
    return math.prod(factor.n_values or math.inf for factor in factors)


def unseen(
    factors: Sequence[Factor], seen: set[tuple[Value, ...]], draw: np.random.Generator
) -> tuple[Value, ...] | None:
    """A random design that is not among `seen`; None when there is no other."""
    if len(seen) >= size_of(factors):
        return None
    if size_of(factors) <= MOST_LISTED:
        left = [values for values in product(*(factor.levels(0) for factor in factors)) if values not in seen]
        return left[int(draw.integers(len(left)))]
    while (found := tuple(factor.at(float(draw.random())) for factor in factors)) in seen:
        pass
    return found


def params_of(factors: Sequence[Factor], values: tuple[Value, ...]) -> dict[str, Value]:
    """A design as Optuna writes it."""
    return {factor.path: value for factor, value in zip(factors, values, strict=True)}


def _distribution(factor: Factor) -> BaseDistribution:
    from optuna.distributions import CategoricalDistribution, FloatDistribution, IntDistribution

    if factor.listed:
        return CategoricalDistribution(factor.values)
    if factor.unit == "count":
        return IntDistribution(round(factor.low), round(factor.high), step=round(factor.step))
    if factor.step:
        return FloatDistribution(factor.low, factor.high, step=factor.step)
    return FloatDistribution(factor.low, factor.high, log=factor.scale == "log")


def _value(factor: Factor, param: Any) -> Value:
    n = factor.n_values
    if factor.listed:
        return factor.values[factor.values.index(param)]
    if n is None:
        return float(min(max(param, factor.low), factor.high))
    place = min(max(round((param - factor.low) / factor.step), 0), n - 1)
    return factor.at((place + 0.5) / n)
