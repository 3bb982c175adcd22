"""A study's table as matrices, one row a design and one column a virtual chip, and what to do about missing points."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from spikecim.results.sweep_table import SweepTable
from spikecim.study.designs import Design
from spikecim.study.factors import Factor, Value
from spikecim.study.spec import Study


@dataclass(frozen=True, kw_only=True, eq=False)
class Matrix:
    """One metric of a study.

    Attributes
    ----------
    values : float64 (n_designs, n_chips)
        NaN where a point failed, was not run, or has no such number.
    """

    values: NDArray[np.float64]

    @property
    def known(self) -> NDArray[np.bool_]:
        """Where there is a number."""
        return np.isfinite(self.values)


@dataclass(frozen=True, kw_only=True, eq=False)
class Block:
    """The part of a matrix in which no number is missing.

    Attributes
    ----------
    values : float64 (n, m)
    designs : int64 (n,)
    chips : int64 (m,)
        Rows and columns of the whole matrix.
    """

    values: NDArray[np.float64]
    designs: NDArray[np.int64]
    chips: NDArray[np.int64]


def matrix_of(table: SweepTable, metric: str, shape: tuple[int, int]) -> Matrix:
    """The metric's matrix; `shape` is (n_designs, n_chips) of the study, points not run are NaN."""
    values = np.full(shape, math.nan)
    values[table.design, table.chip] = table.metrics[metric]
    values[~np.isfinite(values)] = math.nan
    return Matrix(values=values)


def block_of(matrix: Matrix) -> Block:
    """The largest complete block that is reached by dropping the design or chip that lacks most, one after the other.

    Between equals the design goes: chips are few, and the same in all designs.
    """
    known = matrix.known
    rows, columns = np.ones(known.shape[0], bool), np.ones(known.shape[1], bool)
    while (holes := ~known & rows[:, None] & columns).any():
        by_row, by_column = holes.sum(1) / columns.sum(), holes.sum(0) / rows.sum()
        if by_row.max() >= by_column.max():
            rows[by_row == by_row.max()] = False
        else:
            columns[by_column.argmax()] = False
    designs, chips = np.flatnonzero(rows), np.flatnonzero(columns)
    return Block(values=matrix.values[np.ix_(designs, chips)], designs=designs, chips=chips)


def shares_at(study: Study, designs: list[Design]) -> NDArray[np.float64]:
    """Where in each factor's range the designs lie, (n_designs, n_factors); the middle of its part for a level."""
    columns = zip(*(design.values for design in designs), strict=True)
    pairs = zip(study.factors, columns, strict=True)
    return np.array([[share_of(factor, value) for value in column] for factor, column in pairs]).T


def share_of(factor: Factor, value: Value) -> float:
    """The share of the range at which `factor` takes `value`: what `Factor.at` undoes."""
    n = factor.n_values
    if factor.listed:
        return (factor.values.index(value) + 0.5) / len(factor.values)
    number = float(value)
    if n is not None:
        return (round((number - factor.low) / factor.step) + 0.5) / n
    if factor.scale == "log":
        return math.log(number / factor.low) / math.log(factor.high / factor.low)
    return (number - factor.low) / (factor.high - factor.low)
