"""Squares without noise: means of products over pairs of different chips, or different designs, or both.

A square of a mean over chips holds the chance in which chips were drawn; the product of two different chips does not
(U-statistics: Hoeffding, Ann. Math. Stat. 19, 1948, 293-325). Weights are the multiplicities of a bootstrap, in which
two draws of one chip are no pair. One chip alone can not be corrected: its squares are taken as they are.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


def over_chips(first: Floats, second: Floats, chips: Floats) -> Floats:
    """Mean of first * second over pairs of different chips, (...); arguments (..., n_chips), weights (n_chips,)."""
    if len(chips) == 1:
        return np.asarray((first * second)[..., 0])
    total = chips.sum()
    same = (first * second) @ chips**2
    return np.asarray(((first @ chips) * (second @ chips) - same) / (total**2 - (chips**2).sum()))


def over_designs(values: Floats, designs: Floats) -> Floats:
    """Mean of y * y' over pairs of different designs for each chip, (n_chips,); `values` (n_designs, n_chips)."""
    total = designs.sum()
    same = designs**2 @ values**2
    return np.asarray(((designs @ values) ** 2 - same) / (total**2 - (designs**2).sum()))


def over_both(values: Floats, designs: Floats, chips: Floats) -> float:
    """Mean of y * y' over pairs that differ in design and chip; NaN if there are none. One chip: in design."""
    pairs = designs.sum() ** 2 - (designs**2).sum()
    if pairs <= 0:
        return float("nan")
    if len(chips) == 1:
        return float(over_designs(values, designs)[0])
    by_design, by_chip = values @ chips, designs @ values
    total = (designs @ by_design) ** 2 - designs**2 @ by_design**2 - chips**2 @ by_chip**2
    total += designs**2 @ values**2 @ chips**2
    return float(total / (pairs * (chips.sum() ** 2 - (chips**2).sum())))
