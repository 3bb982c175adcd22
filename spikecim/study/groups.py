"""Designs grouped by one factor: its levels, or parts of its range of equal width."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from spikecim.study.factors import Factor, Value
from spikecim.units import format_quantity

MOST_LEVELS = 12


@dataclass(frozen=True, kw_only=True, eq=False)
class Groups:
    """Which group of a factor each design belongs to.

    Attributes
    ----------
    place : int64 (n_designs,)
        Its group; groups without a design are left out.
    names : tuple of str
        For people.
    at : tuple
        The value of a level, the middle of a part.
    low, high : tuple
        Ends of a part; twice the value for a level.
    """

    place: NDArray[np.int64]
    names: tuple[str, ...]
    at: tuple[Value, ...]
    low: tuple[Value, ...]
    high: tuple[Value, ...]

    @property
    def n(self) -> int:
        return len(self.names)


def groups_of(factor: Factor, shares: NDArray[np.float64], n_parts: int, *, levels: bool = False) -> Groups:
    """Group designs by `factor`.

    Parameters
    ----------
    shares : float64 (n_designs,)
        Where in the factor's range each design lies.
    n_parts : int
        Parts of a range, as wide as each other on the factor's scale.
    levels : bool
        Take every value that occurs as a level (a grid).
    """
    n = factor.n_values
    if n is not None and (factor.listed or n <= MOST_LEVELS):
        return _by_level(tuple(factor.at((k + 0.5) / n) for k in range(n)), np.floor(shares * n), factor)
    if levels:
        found, place = np.unique(np.round(shares, 12), return_inverse=True)
        return _by_level(tuple(factor.at(float(share)) for share in found), place, factor)
    place = np.minimum(np.floor(shares * n_parts), n_parts - 1).astype(np.int64)
    used, place = np.unique(place, return_inverse=True)
    ends = [_ends(factor, k, n_parts) for k in used.tolist()]
    return Groups(
        place=place,
        names=tuple(_named(factor, low, high) for low, high in ends),
        at=tuple(factor.at((k + 0.5) / n_parts) for k in used.tolist()),
        low=tuple(low for low, _ in ends),
        high=tuple(high for _, high in ends),
    )


def _ends(factor: Factor, part: int, n_parts: int) -> tuple[Value, Value]:
    """First and last value of a part."""
    n = factor.n_values
    if n is None:
        return factor.at(part / n_parts), factor.at((part + 1) / n_parts)
    inside = [k for k in range(n) if int((k + 0.5) / n * n_parts) == part]
    return factor.at((inside[0] + 0.5) / n), factor.at((inside[-1] + 0.5) / n)


def _named(factor: Factor, low: Value, high: Value) -> str:
    first, last = (
        v if isinstance(v, str) or factor.unit == "count" else format_quantity(v, factor.unit, 3) for v in (low, high)
    )
    return str(first) if low == high else f"{first}–{last}"


def _by_level(values: tuple[Value, ...], place: NDArray[np.floating | np.integer], factor: Factor) -> Groups:
    used, place = np.unique(np.minimum(place, len(values) - 1).astype(np.int64), return_inverse=True)
    kept = tuple(values[k] for k in used.tolist())
    return Groups(place=place, names=tuple(factor.show(value) for value in kept), at=kept, low=kept, high=kept)
