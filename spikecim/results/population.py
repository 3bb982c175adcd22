"""What a population of virtual chips did: one row a chip, one column a decision margin."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

LOW, HIGH = 5.0, 95.0  # percentiles of the 90 % interval over chips


@dataclass(frozen=True, kw_only=True)
class Population:
    """Results of chips 0..n_chips-1 on one set of samples.

    Attributes
    ----------
    accuracy, input_spikes, output_spikes : float64 (n_chips, n_margins)
        Share correct, mean input and output spikes per sample, at every margin (column c: delta_s = c + 1).
    core_pj, chip_pj : float64 (n_chips,)
        Mean energy per sample at the chip's own margin.
    synaptic_events : float64 (n_chips,)
        Mean per sample at the chip's own margin.
    unverified_cells, programming_nj : float64 (n_chips,)
    requested : int
        Chips asked for; fewer rows mean that the run was interrupted.
    """

    accuracy: NDArray[np.float64]
    input_spikes: NDArray[np.float64]
    output_spikes: NDArray[np.float64]
    core_pj: NDArray[np.float64]
    chip_pj: NDArray[np.float64]
    synaptic_events: NDArray[np.float64]
    unverified_cells: NDArray[np.float64]
    programming_nj: NDArray[np.float64]
    requested: int

    @property
    def n_chips(self) -> int:
        return len(self.accuracy)

    def median_chip(self) -> int:
        """Index of the chip whose accuracy at the last margin is the (lower) median."""
        order = np.argsort(self.accuracy[:, -1], kind="stable")
        return int(order[(self.n_chips - 1) // 2])


def interval(values: NDArray[np.float64]) -> tuple[float, float, float]:
    """(5th percentile, median, 95th percentile) of `values` (n,)."""
    low, middle, high = np.percentile(values, [LOW, 50.0, HIGH])
    return float(low), float(middle), float(high)
