"""What a plastic run returns: output spikes, and every cell as learning left it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from spikecim.coding.decision import time_out_winner


@dataclass(frozen=True, kw_only=True)
class PlasticRecord:
    """Spikes of all samples, presented in sequence, and the cells after the last one.

    Attributes
    ----------
    offsets : int64 (n_samples + 1,)
    ticks : int32 (n_spikes,)
    neurons : int16 (n_spikes,)
    signs : int8 (n_spikes,)
        In order of tick, then neuron, within each sample.
    residual : int32 (n_samples, n_out)
        Membrane charge in electrons at the end of each sample.
    lrs : bool (n_in, n_out, 2, n_cells)
        Final states.
    writes : int64 (n_in, n_out, 2, n_cells)
        Writes of every cell, those before the run included.
    sets, resets : int64 (n_samples,)
        Cells that were SET and RESET in each sample.
    """

    offsets: NDArray[np.int64]
    ticks: NDArray[np.int32]
    neurons: NDArray[np.int16]
    signs: NDArray[np.int8]
    residual: NDArray[np.int32]
    lrs: NDArray[np.bool_]
    writes: NDArray[np.int64]
    sets: NDArray[np.int64]
    resets: NDArray[np.int64]

    @property
    def n_samples(self) -> int:
        return len(self.offsets) - 1

    def scores(self) -> NDArray[np.int64]:
        """Positive minus negative spikes of each neuron, (n_samples, n_out)."""
        scores = np.zeros(self.residual.shape, np.int64)
        samples = np.repeat(np.arange(self.n_samples), np.diff(self.offsets))
        np.add.at(scores, (samples, self.neurons), self.signs.astype(np.int64))
        return scores

    def winners(self) -> NDArray[np.int64]:
        """Best score at the end of the window; ties as in docs/semantics.md, point 7, (n_samples,)."""
        return time_out_winner(self.scores(), self.residual)
