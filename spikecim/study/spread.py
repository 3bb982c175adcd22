"""Whose variance it is: the designs', the chips' alike in all designs, or chips that answer to designs differently.

Two-way random effects y = mean + design + chip + both (Searle, Casella, McCulloch, Variance Components, 1992, ch. 4):
the mean of the designs is corrected for the chance in which few chips were drawn. Intervals: `squares`.
"""

from __future__ import annotations

import numpy as np

from spikecim.results.sweep_parts import Estimate, Spread
from spikecim.streams import stream
from spikecim.study.matrix import Block
from spikecim.study.pairs import Floats, over_both, over_chips, over_designs
from spikecim.study.resample import percentiles
from spikecim.study.spec import Study
from spikecim.study.squares import Table


def components(values: Floats, designs: Floats, chips: Floats, *, fixed: bool) -> Floats:
    """Variances of design, chip, and both together, (3,).

    Parameters
    ----------
    values : float64 (n_designs, n_chips)
        Nothing missing.
    designs, chips : float64 (n_designs,), (n_chips,)
        Weights.
    fixed : bool
        The designs are all there are (a grid), not a sample.

    Notes
    -----
    One chip has no spread: all variance is the design's, the others are NaN.
    """
    values = values - values.mean()  # keeps digits
    weights = designs / designs.sum()
    by_design = float(weights @ over_chips(values, values, chips))
    if fixed:
        mean = weights @ values
        neither = float(over_chips(mean, mean, chips))
        by_chip = float(mean**2 @ chips / chips.sum())
    else:
        neither = over_both(values, designs, chips)
        by_chip = float(over_designs(values, designs) @ chips / chips.sum())
    if len(chips) == 1:
        return np.array([by_design - neither, np.nan, np.nan])
    both = float(weights @ values**2 @ chips / chips.sum())
    return np.array([by_design - neither, by_chip - neither, both - by_design - by_chip + neither])


def spread_of(study: Study, metric: str, block: Block) -> Spread:
    """Shares of design, chip and both in the variance of `metric`."""
    values = block.values
    saltelli, grid = study.kind == "saltelli", study.kind == "grid"
    if saltelli:
        # Only A and B are designs drawn apart from each other.
        n_all = 2 * study.points
        values = values[block.designs < n_all]
    n, m = values.shape
    if n < 2 or m < 2:
        return _no_spread(metric, (n, m), f"{n} complete designs of {m} chips; two or more of each are needed")
    if np.ptp(values) <= 1e-12 * abs(float(values.mean())):
        return _no_spread(metric, (n, m), "it is the same at all points")
    found = components(values, np.ones(n), np.ones(m), fixed=grid)
    drawn = Table.of(values).drawn(stream(study.seed, "spread", metric), fixed=grid)
    total = found.sum()
    low, high = percentiles(drawn / drawn.sum(axis=1, keepdims=True))
    sd = np.sqrt(np.maximum(0.0, drawn[:, 1:].sum(axis=1)))
    ends = percentiles(sd)
    shares = [
        Estimate(value=float(f / total), low=float(a), high=float(b)) for f, a, b in zip(found, low, high, strict=True)
    ]
    return Spread(
        metric=metric,
        sd=float(np.sqrt(total)),
        design=shares[0],
        chip=shares[1],
        both=shares[2],
        chip_sd=Estimate(value=float(np.sqrt(max(0.0, found[1:].sum()))), low=float(ends[0]), high=float(ends[1])),
        n_designs=n,
        n_chips=m,
        refused="",
    )


def _no_spread(metric: str, shape: tuple[int, int], why: str) -> Spread:
    none = Estimate(value=float("nan"), low=float("nan"), high=float("nan"))
    return Spread(
        metric=metric,
        sd=float("nan"),
        design=none,
        chip=none,
        both=none,
        chip_sd=none,
        n_designs=shape[0],
        n_chips=shape[1],
        refused=why,
    )
