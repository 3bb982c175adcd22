"""The front door: ``Emulator(chip, network, seed=...).run(images, labels)``."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from spikecim.build import VirtualChip, build
from spikecim.chips.spec import ChipSpec
from spikecim.coding.renewal import check_values
from spikecim.devices.ageing import FRESH, Past
from spikecim.engines import get_engine
from spikecim.errors import ShapeError
from spikecim.network import Network
from spikecim.results.run import RunResult
from spikecim.spikes import SpikeTrains
from spikecim.version import __version__


@dataclass(frozen=True, kw_only=True)
class Emulator:
    """A chip with a network on it.

    Attributes
    ----------
    chip : ChipSpec
    network : Network
    seed : int
        Names every random draw: cells, gains, offsets, input phases, read noise.
    chip_index : int
        Which virtual chip of the population.
    engine : str
        ``"event"``, ``"brian2"`` or ``"stepper"``.
    brian_target : str
        ``"numpy"``, ``"cython"`` or ``"cpp_standalone"``, for the Brian2 engine.
    past : Past
        Time, heat and reads between programming and the run.
    resistance : float64 (n_in, n_out, cells_per_weight), ohm, optional
        A measured cell map in place of drawn cells.
    cells : str
        What the result calls the cells: ``"drawn"``, or the file of the map.
    """

    chip: ChipSpec
    network: Network
    seed: int = 0
    chip_index: int = 0
    engine: str = "event"
    brian_target: str = "numpy"
    past: Past = FRESH
    resistance: NDArray[np.float64] | None = None
    cells: str = "drawn"

    def program(self) -> VirtualChip:
        """Draw and program the chip, and let it age."""
        fresh = build(self.chip, self.network, self.seed, self.chip_index, resistance=self.resistance)
        return fresh if self.past.fresh else fresh.at(self.past)

    def encode(self, values: NDArray[np.float64]) -> SpikeTrains:
        """Encode `values` (n_samples, n_in) in [-1, 1] with the chip's rate code."""
        return self.chip.rate_code().encode(values, self.seed)

    def run(
        self, values: NDArray[np.float64], labels: ArrayLike, *, trains: SpikeTrains | None = None, data: str = "given"
    ) -> RunResult:
        """Run `values` (n_samples, n_in) in [-1, 1] against `labels` (n_samples,).

        Parameters
        ----------
        trains : SpikeTrains, optional
            Ready spike trains instead of encoding `values` again.
        data : str
            Name and origin of the data, kept in the result.

        Raises
        ------
        ShapeError, DataError
            If values and labels do not fit the chip or each other.
        """
        values = np.atleast_2d(np.asarray(values, np.float64))
        truth = np.asarray(labels, np.int16)
        if truth.shape != (len(values),):
            raise ShapeError(f"labels: expected shape ({len(values)},), one for each sample, got {truth.shape}")
        check_values(values)
        if trains is not None and trains.n_samples != len(values):
            raise ShapeError(f"spike trains hold {trains.n_samples} samples, values {len(values)}; they must agree")
        if values.shape[1] != self.chip.geometry.n_in.value:
            raise ShapeError(
                f"values: chip {self.chip.name} takes {self.chip.geometry.n_in.value} inputs, got {values.shape[1]}"
            )
        chip = self.program()
        trains = self.encode(values) if trains is None else trains.check()
        record = get_engine(self.engine, self.brian_target).run(chip.program, trains)
        return RunResult(
            chip=self.chip,
            network=self.network,
            program=chip.program,
            trains=trains,
            record=record,
            labels=truth,
            values=values,
            resistance=chip.cells.resistance,
            target=chip.cells.target,
            settings={
                "version": __version__,
                "seed": str(self.seed),
                "chip_index": str(self.chip_index),
                "engine": self.engine,
                "chip_digest": self.chip.digest(),
                "data": data,
                "cells": self.cells,
                "unverified_cells": str(int((~chip.cells.verified).sum())),
                "programming_pulses": str(int(chip.cells.pulses.sum())),
                "programming_nj": f"{chip.programming_j * 1e9:.4g}",
                **_age(self.past),
            },
        )


def _age(past: Past) -> dict[str, str]:
    """Settings of a run on a chip that is not fresh."""
    if past.fresh:
        return {}
    return {
        "after_s": f"{past.seconds:g}",
        "heat": "; ".join(f"{seconds:g} s at {kelvin:g} K" for seconds, kelvin in past.heat),
        "reads_per_row": f"{np.max(past.reads):g}",
    }
