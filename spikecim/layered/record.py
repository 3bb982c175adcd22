"""What an engine returns for a program of several layers."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from spikecim.spikes import SpikeRecord

# Last axis of the tallies: spikes brought to the layer, links they used, electrons through the cells those links read
# (less in a shorter read pulse; the layer's own pulses apart), positive and negative spikes the layer emitted.
TALLIES = ("delivered", "events", "electrons", "up", "down")


@dataclass(frozen=True, kw_only=True)
class LayerSpikes:
    """Spikes of one layer until each sample's end, flat, in order of sample, tick, neuron.

    Attributes
    ----------
    offsets : int64 (n_samples + 1,)
    ticks, neurons : int32 (n_spikes,)
    signs : int8 (n_spikes,)
    """

    offsets: NDArray[np.int64]
    ticks: NDArray[np.int32]
    neurons: NDArray[np.int32]
    signs: NDArray[np.int8]

    def samples(self) -> NDArray[np.int64]:
        """The sample each spike belongs to, (n_spikes,)."""
        return np.repeat(np.arange(len(self.offsets) - 1), np.diff(self.offsets))


@dataclass(frozen=True, kw_only=True)
class LayeredRecord:
    """Decisions and counts; all spikes only if they were asked for.

    Attributes
    ----------
    output : SpikeRecord
        Spikes of the last layer, decisions, residual charge.
    margin_tallies : int64 (n_samples, n_margins, n_layers, 5)
        `TALLIES` until the tick in which each margin was reached (the end of the window where it never was).
    checkpoint_winners : int16 (n_samples, n_checkpoints)
        Time-out decision after each checkpoint's ticks; a sample that ended before keeps its decision.
    checkpoint_tallies : int64 (n_samples, n_checkpoints, n_layers, 5)
        A sample that ended before keeps its last tallies.
    counts : tuple of int32 (n_samples, n_out), one for each layer, or None
        Positive minus negative spikes of each neuron.
    spikes : tuple of LayerSpikes, one for each layer, or None
    """

    output: SpikeRecord
    margin_tallies: NDArray[np.int64]
    checkpoint_winners: NDArray[np.int16]
    checkpoint_tallies: NDArray[np.int64]
    counts: tuple[NDArray[np.int32], ...] | None
    spikes: tuple[LayerSpikes, ...] | None

    @property
    def winners(self) -> NDArray[np.int16]:
        """The run's own decision, (n_samples,)."""
        return self.output.winners

    @property
    def tallies(self) -> NDArray[np.int64]:
        """Tallies until the run's own decision, (n_samples, n_layers, 5)."""
        return self.margin_tallies[:, -1]
