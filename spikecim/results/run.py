"""The result of a run: a value that holds all it takes to replay it and to account for it."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from spikecim.chips.spec import ChipSpec
from spikecim.energy.actions import Actions, count_actions
from spikecim.energy.ledger import EnergyLedger, account
from spikecim.network import Network
from spikecim.program import Program
from spikecim.spikes import SpikeRecord, SpikeTrains


@dataclass(frozen=True, kw_only=True)
class RunResult:
    """One virtual chip, run on one set of images.

    Attributes
    ----------
    chip : ChipSpec
    network : Network
    program : Program
    trains : SpikeTrains
    record : SpikeRecord
    labels : int16 (n_samples,)
    values : float64 (n_samples, n_in)
        The encoded input values, for pictures.
    resistance : float64 (n_in, n_out, cells_per_weight), ohm
        The programmed cells.
    target : bool, same shape, True = LRS
    settings : dict of str
        seed, chip_index, engine, version, chip digest, data set and where it came from.
    """

    chip: ChipSpec
    network: Network
    program: Program
    trains: SpikeTrains
    record: SpikeRecord
    labels: NDArray[np.int16]
    values: NDArray[np.float64]
    resistance: NDArray[np.float64]
    target: NDArray[np.bool_]
    settings: dict[str, str] = field(default_factory=dict)

    @property
    def n_samples(self) -> int:
        return self.trains.n_samples

    def correct(self, delta_s: int | None = None) -> NDArray[np.bool_]:
        """Which samples are classified as labelled, (n_samples,), at the run's margin or at a smaller one."""
        return self.record.decisions.winners[:, self.program.margin_column(delta_s)] == self.labels

    def accuracy(self, delta_s: int | None = None) -> float:
        """Share of correct samples."""
        return float(self.correct(delta_s).mean())

    def input_spikes(self, delta_s: int | None = None) -> float:
        """Mean input spikes per sample until the decision."""
        return float(self.record.decisions.inputs[:, self.program.margin_column(delta_s)].mean())

    def actions(self, delta_s: int | None = None) -> Actions:
        """Counted actions, see `energy.actions`."""
        return count_actions(self.program, self.trains, self.record, delta_s)

    def ledger(self, delta_s: int | None = None, reading: str | None = None) -> EnergyLedger:
        """Energy in pJ, see `energy.ledger`."""
        return account(
            self.actions(delta_s),
            self.chip.energy,
            tick_s=self.program.tick_s,
            bits=self.chip.word_bits,
            n_out=self.program.n_out,
            reading=reading,
        )
