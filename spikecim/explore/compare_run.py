"""Runs virtual chips on all images, chunk by chunk: decisions of every image, and sums of what it cost.

Counts are added as whole numbers of any size, so no figure depends on the chunk, the jobs or the order of work.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from spikecim.coding.steps import StepCode
from spikecim.energy.layered import STANDING, LayeredActions, LayeredLedger, account_layers, count_layer_actions
from spikecim.engines.layered_event import run_layered
from spikecim.layered.record import LayeredRecord
from spikecim.layered_build import LayeredChip
from spikecim.mapping.costs import sites_of
from spikecim.models.forward import Values

_MOST_IMAGES, _FEWEST_IMAGES = 500, 16
_REQUESTS = 2e7  # lines times steps of one chunk: bounds the memory that its spikes take
_TALLIES = 2e7


@dataclass(frozen=True, kw_only=True)
class Measured:
    """What one virtual chip did on n_samples images, at n_points margins or checkpoints.

    Attributes
    ----------
    axis : int64 (n_points,)
        Margins 1..delta_s, or checkpoints in ticks.
    winners : int16 (n_samples,)
        At the last point.
    correct, late : int64 (n_points,)
        Images classed right; images whose margin was not reached (0 for checkpoints).
    ledger : LayeredLedger
        Means of one image, (n_points, n_layers): points take the place of samples.
    """

    axis: NDArray[np.int64]
    winners: NDArray[np.int16]
    correct: NDArray[np.int64]
    late: NDArray[np.int64]
    ledger: LayeredLedger

    @property
    def n_samples(self) -> int:
        return len(self.winners)

    @property
    def accuracy(self) -> NDArray[np.float64]:
        """Share of correct images, (n_points,)."""
        return self.correct / self.n_samples


def run_chips(
    chips: Sequence[LayeredChip],
    images: Values,
    labels: NDArray[np.integer],
    *,
    chunk: int | None = None,
    tick: Callable[[int, int], None] | None = None,
) -> list[Measured]:
    """Run chips that hold the same network on the same input spikes.

    Parameters
    ----------
    chips : sequence of LayeredChip
        A program with a decision margin is measured at all margins, one without at its checkpoints.
    images : float32 (n_samples, *input_shape) in [0, 1]
    chunk : int or None
        Images at a time; None keeps memory within bounds.
    tick : callable(done, total), optional
    """
    code, sums = chips[0].network.code, [_Sums(chip) for chip in chips]
    size = chunk or chunk_size(code, images[0].size, max(_entries(chip) for chip in chips))
    total = len(images) * len(chips)
    for start in range(0, len(images), size):
        stop = min(start + size, len(images))
        trains = code.encode(images[start:stop].reshape(stop - start, -1), first_sample=start)
        for number, own in enumerate(sums):
            own.add(run_layered(own.chip.program, trains, keep_output=False), labels[start:stop])
            if tick is not None:
                tick(start * len(chips) + (stop - start) * (number + 1), total)
    return [own.measured() for own in sums]


def chunk_size(code: StepCode, n_in: int, entries: int) -> int:
    """Images at a time so that neither their spikes nor their tallies take much memory."""
    fit = min(_REQUESTS / (n_in * code.n_steps), _TALLIES / entries)
    return int(np.clip(fit, _FEWEST_IMAGES, _MOST_IMAGES))


def _entries(chip: LayeredChip) -> int:
    return (chip.program.n_margins + len(chip.program.checkpoints)) * len(chip.program.layers) * 5


class _Sums:
    """Sums over the images so far; whole numbers of any size."""

    def __init__(self, chip: LayeredChip) -> None:
        self.chip = chip
        self._sites = sites_of(chip.placement, [layer.slices for layer in chip.network.layers])
        self._winners: list[NDArray[np.int16]] = []
        self._correct: NDArray[np.int64] | int = 0
        self._late: NDArray[np.int64] | int = 0
        self._actions: dict[str, Any] = {}

    def add(self, record: LayeredRecord, labels: NDArray[np.integer]) -> None:
        """Add one chunk."""
        winners, late, tallies, ticks = self._points(record)
        n, n_points = ticks.shape
        flat = tallies.reshape(n * n_points, *tallies.shape[2:])
        actions = count_layer_actions(self.chip.program, flat, ticks.reshape(-1), self._sites)
        for name, counts in vars(actions).items():
            if name not in STANDING:
                whole = counts.reshape(n, n_points, *counts.shape[1:]).sum(0).astype(object)
                self._actions[name] = self._actions.get(name, 0) + whole
        self._winners.append(winners[:, -1])
        self._correct = self._correct + (winners == labels[:, None]).sum(0)
        self._late = self._late + late.sum(0)

    def _points(
        self, record: LayeredRecord
    ) -> tuple[NDArray[np.int16], NDArray[np.bool_], NDArray[np.int64], NDArray[np.int64]]:
        """Winners, lateness, tallies and ticks of each image at each point."""
        decisions = record.output.decisions
        if self.chip.program.delta_s is not None:
            return decisions.winners, ~decisions.reached, record.margin_tallies, decisions.durations.astype(np.int64)
        ends = decisions.durations[:, -1:].astype(np.int64)
        ticks = np.minimum(np.array(self.chip.program.checkpoints, np.int64), ends)
        winners = record.checkpoint_winners
        return winners, np.zeros(winners.shape, bool), record.checkpoint_tallies, ticks

    def measured(self) -> Measured:
        """Means over all images."""
        program, winners = self.chip.program, np.concatenate(self._winners)
        means: dict[str, Any] = {name: (sums / len(winners)).astype(float) for name, sums in self._actions.items()}
        spec = self.chip.chip
        margins = program.delta_s is not None
        axis = np.arange(1, program.n_margins + 1) if margins else np.array(program.checkpoints)
        return Measured(
            axis=axis.astype(np.int64),
            winners=winners,
            correct=np.asarray(self._correct, np.int64),
            late=np.asarray(self._late, np.int64),
            ledger=account_layers(
                LayeredActions(
                    **means,
                    cores=np.array([site.cores for site in self._sites]),
                    neurons=np.array([layer.n_out for layer in program.layers]),
                ),
                spec.energy,
                core_word=spec.energy.core_word.value,
                static_neuron=spec.energy.static_neuron.value,
                tick_s=spec.tick_s,
                bits=(spec.link.input_bits.value, spec.link.output_bits.value),
            ),
        )
