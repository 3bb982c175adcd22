"""Age virtual chips: accuracy and spikes over time, temperature and reads, always on the same chips and spikes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from spikecim.build import VirtualChip, build
from spikecim.chips.spec import ChipSpec
from spikecim.devices.retention import ROOM_K
from spikecim.energy.actions import row_reads
from spikecim.engines.many import run_many
from spikecim.explore.population import check_n_chips
from spikecim.network import Network
from spikecim.progress import Tick
from spikecim.results.ageing import Ageing, Course
from spikecim.spikes import SpikeTrains
from spikecim.units import DAY, HOUR, MINUTE, YEAR, ZERO_C

TIMES = (1.0, MINUTE, HOUR, DAY, 30 * DAY, YEAR, 3 * YEAR, 10 * YEAR)
TEMPERATURES = (ROOM_K, 55.0 + ZERO_C, 85.0 + ZERO_C)
READS = (1e6, 1e7, 1e8, 3e8, 8e8, 1.5e9, 3e9, 5e9, 1e10)


@dataclass(frozen=True, kw_only=True)
class AgeingStudy:
    """What to age, and how far.

    Attributes
    ----------
    chip : ChipSpec
    network : Network
    n_chips, seed : int
    times : sequence of float
        Seconds since programming, each at every one of `temperatures` (kelvin).
    reads : sequence of float
        Reads of every row, without time passing.
    """

    chip: ChipSpec
    network: Network
    n_chips: int = 20
    seed: int = 0
    times: Sequence[float] = TIMES
    temperatures: Sequence[float] = TEMPERATURES
    reads: Sequence[float] = READS

    def run(self, trains: SpikeTrains, labels: NDArray[np.integer], progress: Tick | None = None) -> Ageing:
        """Run all chips at all ages on `trains`; an interrupt keeps the chips that are done.

        Raises
        ------
        ParameterError
            If an age lies outside the range that a law of the cell is stated for, or no chip is asked for.
        """
        check_n_chips(self.n_chips)
        points, busiest = [], 0.0
        try:
            for index in range(self.n_chips):
                ages = self._ages(build(self.chip, self.network, self.seed, index))
                found = run_many([chip.program for chip in ages], trains)
                busiest = max(busiest, float(row_reads(trains, found.inputs[0]).max()) / trains.n_samples)
                points.append(np.stack([(found.winners == labels).mean(1), found.inputs.mean(1)], axis=1))
                if progress is not None:
                    progress(index + 1, self.n_chips)
        except KeyboardInterrupt:
            if not points:
                raise
        return self._assemble(np.array(points), trains.n_samples, busiest)

    def _ages(self, fresh: VirtualChip) -> list[VirtualChip]:
        """The chip fresh, at every time of every temperature, and after every number of reads."""
        timed = [fresh.after(t, kelvin) for kelvin in self.temperatures for t in self.times]
        return [fresh, *timed, *(fresh.after(reads=count) for count in self.reads)]

    def _assemble(self, points: NDArray[np.float64], n_samples: int, busiest: float) -> Ageing:
        """`points` is (n_chips, n_ages, 2): accuracy and input spikes."""
        accuracy, spikes = np.moveaxis(points, 0, -1).transpose(1, 0, 2)
        n_times = len(self.times)
        starts = [1 + k * n_times for k in range(len(self.temperatures) + 1)]

        def course(kelvin: float, amounts: Sequence[float], start: int) -> Course:
            span = slice(start, start + len(amounts))
            return Course(kelvin=kelvin, amounts=np.array(amounts), accuracy=accuracy[span], input_spikes=spikes[span])

        timed = (course(kelvin, self.times, start) for kelvin, start in zip(self.temperatures, starts, strict=False))
        return Ageing(
            accuracy=accuracy[0],
            input_spikes=spikes[0],
            times=tuple(timed),
            reads=course(ROOM_K, self.reads, starts[-1]),
            n_samples=n_samples,
            row_reads_per_sample=busiest,
        )
