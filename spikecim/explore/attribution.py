"""What costs the four points: Shapley values of fifteen causes, each alone, and all but one, over virtual chips.

Two games one after the other (`explore.shapley`): all coalitions of the design choices, from the network on paper to
the ideal spiking chip; then, for each virtual chip, the non-idealities of the hardware in one random order.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from spikecim.chips.spec import ChipSpec
from spikecim.explore.causes import DESIGN_CAUSES, HARDWARE_CAUSES, QUANTISATION, RATE_CODING, active_causes
from spikecim.explore.coalitions import ChipCoalitions
from spikecim.explore.fluid import Currents, fluid_limit, steady_currents
from spikecim.explore.population import check_n_chips
from spikecim.explore.shapley import marginals, members, order_of, prefixes, shapley_values
from spikecim.explore.tally import Counts, tally
from spikecim.network import Network
from spikecim.program import Program
from spikecim.progress import Stage, silent
from spikecim.results.attribution import CORRECT, SPIKES, Attribution, Player
from spikecim.spikes import SpikeTrains

Names = frozenset[str]
_NONE: Names = frozenset()
_HARDWARE = tuple(cause.name for cause in HARDWARE_CAUSES)


@dataclass(frozen=True, kw_only=True)
class Attributor:
    """What to attribute, on what.

    Attributes
    ----------
    chip : ChipSpec
    network : Network
        With its real weights; without them quantisation is no player, and the paper network has whole weights.
    values, labels : float64 (n_samples, n_in), int (n_samples,)
    age : float
        Seconds since programming.
    seed : int
    progress : callable(stage, done, total)
    """

    chip: ChipSpec
    network: Network
    values: NDArray[np.float64]
    labels: NDArray[np.integer]
    age: float
    seed: int = 0
    progress: Stage = field(default=silent, repr=False)

    def run(self, n_chips: int, facts: dict[str, str] | None = None) -> Attribution:
        """Run everything; an interrupt keeps whole chips done so far.

        Raises
        ------
        ParameterError
            If `n_chips` is below 1.
        """
        check_n_chips(n_chips)
        self._bench(0).program(_HARDWARE)  # a time that no law is stated for fails here
        trains = self.chip.rate_code().encode(self.values, self.seed)
        design = self._design(trains)
        names = self._design_names()
        chips = self._chips(trains, design[-1], n_chips)
        full, joined, alone, removed = (np.stack(parts) for parts in zip(*chips, strict=True))
        values = [
            shapley_values(len(names), [int(worth) for worth in design[:, metric]]) for metric in (CORRECT, SPIKES)
        ]
        return Attribution(
            players=self._players(names),
            n_images=len(self.labels),
            paper=design[0],
            ideal=design[-1],
            design_alone=np.stack([design[1 << number] for number in range(len(names))]),
            design_shapley=tuple(zip(*values, strict=True)),
            full=full,
            joined=joined.swapaxes(0, 1),
            alone=alone.swapaxes(0, 1),
            removed=removed.swapaxes(0, 1),
            requested=n_chips,
            facts=dict(facts or {}),
        )

    def _design_names(self) -> tuple[str, ...]:
        names = tuple(cause.name for cause in DESIGN_CAUSES)
        return names if self.network.real is not None else tuple(name for name in names if name != QUANTISATION)

    def _players(self, names: tuple[str, ...]) -> tuple[Player, ...]:
        active = active_causes(self.chip, self.age)
        return tuple(
            Player(name=c.name, title=c.title, design=c.name in names, active=c.name in names or c.name in active)
            for c in (*DESIGN_CAUSES, *HARDWARE_CAUSES)
            if c.name in names or c.name in _HARDWARE
        )

    def _design(self, trains: SpikeTrains) -> Counts:
        """Counts (2^n_design, 2) of every coalition of design choices on exact hardware; bit k: choice k is made."""
        names = self._design_names()
        bench = self._bench(0)
        ideal = bench.program(())
        absent = [frozenset(names) - {names[k] for k in members(mask)} for mask in range(2 ** len(names))]
        self.progress("design choices", 0, len(absent))
        counts = self._run(bench, [(ideal, gone) for gone in absent], trains)
        self.progress("design choices", len(absent), len(absent))
        return counts

    def _chips(self, trains: SpikeTrains, ideal: Counts, n_chips: int) -> list[tuple[Counts, Counts, Counts, Counts]]:
        done: list[tuple[Counts, Counts, Counts, Counts]] = []
        self.progress("virtual chips", 0, n_chips)
        try:
            for index in range(n_chips):
                done.append(self._chip(index, trains, ideal))
                self.progress("virtual chips", index + 1, n_chips)
        except KeyboardInterrupt:
            # Keep what is there; the caller sees fewer chips than requested.
            if not done:
                raise
        return done

    def _chip(self, index: int, trains: SpikeTrains, ideal: Counts) -> tuple[Counts, Counts, Counts, Counts]:
        """Counts of one chip: whole (2,), change by joining (n_hardware, 2), alone (n_hardware, 2), without (n, 2)."""
        bench, active = self._bench(index), active_causes(self.chip, self.age)
        order = order_of(len(_HARDWARE), index, self.seed)
        grown = [frozenset(_HARDWARE[player] for player in prefix) & active for prefix in prefixes(order)]
        singles = [frozenset({name}) & active for name in _HARDWARE]
        lacking = [active - {name} for name in _HARDWARE]
        # Sets that differ by a dummy player only are one program, run once; the empty one is the same on all chips.
        wanted = list(dict.fromkeys([active, *grown, *singles, *lacking]))
        jobs = [(bench.program(present), _NONE) for present in wanted if present]
        whole = jobs[0][0] if jobs else bench.program(_NONE)
        jobs += [(whole, frozenset({name})) for name in self._design_names()]
        counts = self._run(bench, jobs, trains)
        found = dict(zip([present for present in wanted if present], counts, strict=False)) | {_NONE: ideal}
        worths = np.stack([found[present] for present in grown])
        joined: Counts = np.stack([marginals(order, worths[:, metric]) for metric in (CORRECT, SPIKES)], axis=1)
        without = [*counts[len(jobs) - len(self._design_names()) :], *(found[present] for present in lacking)]
        return found[active], joined, np.stack([found[one] for one in singles]), np.stack(without)

    def _run(self, bench: ChipCoalitions, jobs: Sequence[tuple[Program, Names]], trains: SpikeTrains) -> Counts:
        """Counts (n_jobs, 2) of programs, each without the design choices named beside it."""
        programs = [bench.without_design(program, absent) for program, absent in jobs]
        steady = [number for number, (_, absent) in enumerate(jobs) if RATE_CODING in absent]
        spiking = [number for number in range(len(jobs)) if number not in set(steady)]
        counts = np.zeros((len(jobs), 2), np.int64)
        counts[spiking] = tally([programs[number] for number in spiking], trains, self.labels)
        for number in steady:
            fluid = fluid_limit(programs[number], self._currents)
            counts[number] = (fluid.winners == self.labels).sum(), np.rint(fluid.inputs.sum())
        return counts

    @cached_property
    def _currents(self) -> Currents:
        return steady_currents(self.chip.rate_code(), self.values)

    def _bench(self, index: int) -> ChipCoalitions:
        return ChipCoalitions(chip=self.chip, network=self.network, seed=self.seed, index=index, age=self.age)
