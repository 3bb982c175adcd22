"""First-order shares from any sample of designs: variance between the means of a factor's groups.

The correlation ratio (Pearson 1905; as a sensitivity index: Plischke, Borgonovo, Smith, Eur. J. Oper. Res. 226, 2013,
536-550), with squares over pairs of different designs and chips (`pairs`): plain group means would see structure in
noise. Parts of a range hide what varies within them: 1 / n_parts^2 of the variance of a straight line.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from spikecim.study.groups import Groups
from spikecim.study.pairs import Floats, over_both, over_chips

FEWEST_DESIGNS, MOST_PARTS, DESIGNS_A_PART = 20, 10, 6


def parts_for(n_designs: int) -> int:
    """Into how many parts a range is cut."""
    return max(3, min(MOST_PARTS, n_designs // DESIGNS_A_PART))


def indices(values: Floats, groups: Sequence[Groups], designs: Floats, chips: Floats) -> Floats:
    """Variance between designs, then the share of it that lies between the groups of each factor, (1 + d,).

    Parameters
    ----------
    values : float64 (n_designs, n_chips)
        Nothing missing.
    groups : sequence of Groups
        One for each factor.
    designs, chips : float64 (n_designs,), (n_chips,)
        Weights.
    """
    values = values - (designs @ values) / designs.sum()
    squared = over_both(values, designs, chips)
    variance = float(designs @ over_chips(values, values, chips)) / designs.sum() - squared
    between = [_between(values, group, designs, chips) - squared for group in groups]
    return np.append(variance, np.array(between) / variance)


def _between(values: Floats, group: Groups, designs: Floats, chips: Floats) -> float:
    """Mean square of the groups' means; groups with no pair of different designs do not count."""
    total = weight = 0.0
    for k in range(group.n):
        inside = group.place == k
        square = over_both(values[inside], designs[inside], chips)
        if np.isfinite(square):
            total += designs[inside].sum() * square
            weight += designs[inside].sum()
    return total / weight if weight else float("nan")
