"""The delta rule on spike counts (Widrow, Hoff 1960), with one stochastic SET or RESET of a binary cell as its step.

A batch of images is presented and the host counts spikes: n_i of input line i, s_j (positive minus negative) of neuron
j. With T spikes for an output of 1 and the neuron's own clipped line h_sat, the error of neuron j is

    e_j = t_j T - clip(s_j, -T, T),    t_j = +1 for the labelled class, else -1,

0 where |e_j| is within a dead zone. The votes v_ij = sum over the batch of n_i e_j are whole numbers; group (i, j) is
written with probability min(1, rate |v_ij| / (batch T^2)), by one cell (binary stochastic synapses: Senn and Fusi,
Phys. Rev. E 71, 061907, 2005). To raise a weight a cell of the inhibitory side that is in LRS is RESET; if there is
none, a cell of the excitatory side is SET; to lower it, the same with sides swapped. So cells of one side only are in
LRS, as after programming.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from spikecim.errors import ParameterError

Chosen = tuple[NDArray[np.int64], NDArray[np.bool_]]


@dataclass(frozen=True, kw_only=True)
class DeltaRule:
    """How the host turns spike counts into writes.

    Attributes
    ----------
    rate : float
        Probability of a write of a group whose mean vote is the largest that a line at full scale and an error of half
        the way can give.
    target : int
        Spikes T of an output of 1: those of a full-scale input line in one window.
    dead_zone : int
        Spikes of error for which nothing is written.
    falling : bool
        The rate falls linearly to zero over the learning.
    """

    rate: float
    target: int
    dead_zone: int = 0
    falling: bool = True

    def __post_init__(self) -> None:
        if not (math.isfinite(self.rate) and self.rate >= 0):
            raise ParameterError(f"rate {self.rate}: must be 0 or more")
        if self.target < 1 or not 0 <= self.dead_zone < 2 * self.target:
            raise ParameterError(
                f"target {self.target}, dead zone {self.dead_zone}: target must be 1 spike or more, the dead zone "
                "from 0 to less than twice the target"
            )

    def rate_at(self, part: float) -> float:
        """The rate when `part` of the learning, 0 to 1, is over."""
        return self.rate * (1.0 - part) if self.falling else self.rate

    def errors(self, scores: NDArray[np.int64], labels: NDArray[np.integer]) -> NDArray[np.int64]:
        """e_j in spikes (batch, n_out) of `scores` (batch, n_out), net output spikes."""
        wanted = np.where(labels[:, None] == np.arange(scores.shape[1]), self.target, -self.target)
        found = wanted - np.clip(scores, -self.target, self.target)
        return np.where(np.abs(found) <= self.dead_zone, 0, found)

    def votes(
        self, inputs: NDArray[np.int64], scores: NDArray[np.int64], labels: NDArray[np.integer]
    ) -> NDArray[np.float64]:
        """v_ij (n_in, n_out), whole numbers, from `inputs` (batch, n_in) spikes and `scores` (batch, n_out)."""
        # Products of whole numbers: exact in float64, in any order of summation.
        return inputs.T.astype(np.float64) @ self.errors(scores, labels).astype(np.float64)


def choose_cells(
    change: NDArray[np.float64],
    lrs: NDArray[np.bool_],
    free: NDArray[np.bool_],
    draws: np.random.Generator,
) -> Chosen:
    """Which cell of which group is written, and whether it is SET.

    Parameters
    ----------
    change : float64 (n_in, n_out)
        Probability of one step, with the sign of the step; beyond 1 it is 1.
    lrs : bool (n_in, n_out, 2 * levels)
        State of the cells, excitatory side first.
    free : bool (n_in, n_out, 2 * levels)
        Cells that may be written.

    Returns
    -------
    int64 (n,)
        Flat places of cells, rising.
    bool (n,)
        True for SET.
    """
    step = np.sign(change) * (draws.random(change.shape) < np.abs(change))
    # A tie between cells is broken by lot, so that wear spreads over the group.
    lot = draws.random(lrs.shape)
    at = np.nonzero(step)
    up, levels = step[at] > 0, lrs.shape[-1] // 2
    excitatory = np.arange(2 * levels) < levels
    grows = excitatory[None] == up[:, None]
    low, may, lot = lrs[at], free[at], lot[at]
    first, second = ~grows & low & may, grows & ~low & may
    cell = np.argmax(np.where(first, 2.0 + lot, np.where(second, 1.0 + lot, 0.0)), axis=1)
    rows = np.arange(len(cell))
    kept = (first | second)[rows, cell]
    flat = np.ravel_multi_index((at[0], at[1], cell), lrs.shape)[kept]
    return flat.astype(np.int64), ~low[rows, cell][kept]
