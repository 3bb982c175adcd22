"""The ledger of one trained image: events times table, whole attojoules, so that parts sum to the total exactly.

Efficiency is 2 MACs (three passes, no error pass of the first layer) over the energy of everything. A "peak" figure
leaves out interconnect, buffers and DRAM; it is given beside the full one only.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from spikecim.energy.sensitivity import Bar, tornado
from spikecim.energy.terms import PICO, Term
from spikecim.energy.training_events import PHASES, TrainingEvents
from spikecim.energy.training_shapes import operations
from spikecim.energy.training_table import TrainingTable
from spikecim.energy.training_terms import NOT_IN_PEAK, PARTS, training_terms
from spikecim.energy.uncertainty import draw_entries, spread
from spikecim.errors import ParameterError

ATTO = 10**18
_ATTO_PER_PICO = 1e6
# Beyond this a float64 no longer holds every whole attojoule (9 mJ for one phase, part and layer of one image).
_EXACT = 2.0**53
INTERVAL = (5.0, 95.0)


@dataclass(frozen=True, kw_only=True)
class Efficiency:
    """Tera-operations per joule: of everything, and without interconnect, buffers and DRAM."""

    full: float
    peak: float


@dataclass(frozen=True, kw_only=True)
class TrainingLedger:
    """Energy of one trained image.

    Attributes
    ----------
    cells : mapping of (phase, part) to tuple of int
        Attojoules by layer; whole numbers, so any grouping sums to `total_aj` exactly.
    operations : int
        Of one trained image.
    events : TrainingEvents
    """

    cells: Mapping[tuple[str, str], tuple[int, ...]]
    operations: int
    events: TrainingEvents

    @property
    def total_aj(self) -> int:
        """Attojoules of everything."""
        return sum(sum(layers) for layers in self.cells.values())

    @property
    def joules(self) -> float:
        """Joules of one trained image."""
        return self.total_aj / ATTO

    def by_phase(self) -> dict[str, int]:
        """Attojoules of each phase; those of `PHASES` that happened."""
        return {phase: self._sum(0, phase) for phase in PHASES if any(key[0] == phase for key in self.cells)}

    def by_part(self) -> dict[str, int]:
        """Attojoules of each part; those of `PARTS` that happened."""
        return {part: self._sum(1, part) for part in PARTS if any(key[1] == part for key in self.cells)}

    def by_layer(self) -> dict[str, int]:
        """Attojoules of each layer."""
        names = [layer.name for layer in self.events.layers]
        return {name: sum(layers[k] for layers in self.cells.values()) for k, name in enumerate(names)}

    def seven(self) -> dict[str, int]:
        """Attojoules of seven parts: the five phases without memory traffic, all buffers, all DRAM."""
        memory = ("buffer", "dram")
        found = dict.fromkeys(self.by_phase(), 0) | {"buffers": 0, "dram": 0}
        for (phase, part), layers in self.cells.items():
            found[{"buffer": "buffers", "dram": "dram"}[part] if part in memory else phase] += sum(layers)
        return found

    def efficiency(self) -> Efficiency:
        """Full and peak tera-operations per joule.

        Raises
        ------
        ParameterError
            If the table makes everything free.
        """
        spent = self.total_aj
        peak = spent - sum(sum(layers) for (_, part), layers in self.cells.items() if part in NOT_IN_PEAK)
        if not peak > 0:
            raise ParameterError("energy of training: the table makes training free; give it numbers above 0")
        scale = self.operations * (ATTO / 1e12)
        return Efficiency(full=scale / spent, peak=scale / peak)

    def _sum(self, which: int, name: str) -> int:
        return sum(sum(layers) for key, layers in self.cells.items() if key[which] == name)


def account_training(events: TrainingEvents, table: TrainingTable) -> TrainingLedger:
    """Multiply the counts of one trained image by the table.

    Raises
    ------
    ParameterError
        If one entry of the ledger is too large to be exact (9 mJ).
    """
    values = {entry.path: entry.value for entry in table.entries()}
    cells: dict[tuple[str, str], tuple[int, ...]] = {}
    for term in training_terms(events):
        phase, part = term.part.split("/")
        before = cells.get((phase, part), (0,) * term.counts.shape[1])
        cells[phase, part] = tuple(a + b for a, b in zip(before, _whole(term, values), strict=True))
    return TrainingLedger(cells=cells, operations=operations(events.layers), events=events)


def _whole(term: Term, values: Mapping[str, float]) -> list[int]:
    attojoules = term.pj(values)[0] * _ATTO_PER_PICO
    if not (attojoules < _EXACT).all():
        raise ParameterError(f"energy of training: {term.part} takes over 9 mJ an image in one layer; check the table")
    return [int(each) for each in np.rint(attojoules)]


def training_tornado(events: TrainingEvents, table: TrainingTable) -> tuple[Bar, ...]:
    """Every number of the table over its range, one at a time, longest bar first; pJ of one trained image."""
    terms = training_terms(events)
    return tornado(terms, table.entries(), _parts(terms))


def training_draws(table: TrainingTable, n: int, seed: int) -> dict[str, NDArray[np.float64]]:
    """`n` draws of every number over its range, by path; the same seed gives the same draws for every design."""
    return draw_entries(table.entries(), n, seed)


def drawn_joules(
    events: TrainingEvents, draws: Mapping[str, NDArray[np.float64]], phases: Sequence[str] = PHASES
) -> NDArray[np.float64]:
    """Joules of one trained image for every draw (n,), in `phases` only."""
    terms = training_terms(events)
    return spread(terms, draws, tuple(part for part in _parts(terms) if part.split("/")[0] in phases)) / PICO


def _parts(terms: Sequence[Term]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(term.part for term in terms))
