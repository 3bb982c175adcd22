"""Reproduction of the energy of training on the chip: VGG-8, naive against batch-accumulated dataflow, momentum.

Nothing of our table was fitted to the published figures; where a number was chosen for one, its row says calibrated.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from spikecim.energy.training import (
    INTERVAL,
    TrainingLedger,
    account_training,
    drawn_joules,
    training_draws,
    training_tornado,
)
from spikecim.energy.training_design import TrainingDesign
from spikecim.energy.training_events import PHASES, TrainingEvents, assumed_writes, count_events
from spikecim.energy.training_momentum import MomentumCost
from spikecim.energy.training_shapes import LayerShape, operations
from spikecim.energy.training_table import NODES, TrainingTable, shipped_table
from spikecim.experiments.insitu_accuracy import accuracy_points, accuracy_rows, pulses_for_vgg, reads_text
from spikecim.experiments.insitu_peer import peer_efficiency
from spikecim.experiments.insitu_published import (
    FORMULA_BATCH,
    FORMULA_BITS,
    FORMULA_DRAM_J,
    assumptions,
    implied_image_joules,
)
from spikecim.experiments.insitu_rows import energy_row
from spikecim.insitu.costs import vgg8_shapes
from spikecim.results.findings import Row
from spikecim.results.insitu_table import InsituTable
from spikecim.results.training_energy import BatchPoint, Span, TrainingEnergy, Way

WAYS: dict[str, tuple[str, dict[str, Any]]] = {
    "naive: gradient of each image to DRAM": ("naive", {"gradient_site": "dram"}),
    "summed in a buffer on the chip": ("in a buffer", {"gradient_site": "buffer"}),
    "summed in the gradient engine": ("in the engine", {"gradient_site": "engine"}),
    "the same, activations in buffers too": (
        "activations in, too",
        {"gradient_site": "engine", "activation_site": "buffer"},
    ),
}
BATCHES = (1, 2, 4, 8, 16, 32, 64, 128, 200, 256, 512, 1024)
# Pulses for each cell and update, where no training was counted: momentum at its best rate in our reference's pilot.
PILOT_PULSES, PILOT_TEXT = 0.01, "assumed, as an early pilot of momentum took"
Draws = Mapping[str, NDArray[np.float64]]


def reproduce(
    *, node: str, design: TrainingDesign, table: TrainingTable, draws: int, seed: int, study: InsituTable | None
) -> TrainingEnergy:
    """Energy rows, and accuracy rows from a finished study where there is one; its counted pulses are taken then.

    Raises
    ------
    ParameterError
        If node, design or table cannot be.
    """
    counted = None if study is None else pulses_for_vgg(study)
    pulses, source = counted or (PILOT_PULSES, PILOT_TEXT)
    found = InsituEnergyExperiment(
        node=node, design=design, table=table, pulses=pulses, pulses_source=source, draws=draws, seed=seed
    ).run()
    if study is None:
        return found
    facts = {
        **found.facts,
        "study": f"{study.study['name']} ({study.study['data']['name']})",
        "study_reads": reads_text(study.study) if "sizes" in study.study["network"] else "not priced",
    }
    accuracies = accuracy_points(study, table.at_node(node))
    return replace(found, rows=[*found.rows, *accuracy_rows(study)], accuracies=accuracies, facts=facts)


@dataclass(frozen=True, kw_only=True)
class InsituEnergyExperiment:
    """What is asked; `run` answers.

    Attributes
    ----------
    node : str
        nm, one of `training_table.NODES`.
    design : TrainingDesign
        Of the accumulating dataflow; the naive one differs in its gradient site only.
    table : TrainingTable
        At its own node.
    pulses : float
        For each cell and update.
    pulses_source : str
    draws, seed : int
    """

    node: str = "32"
    design: TrainingDesign = field(default_factory=TrainingDesign)
    table: TrainingTable = field(default_factory=shipped_table)
    pulses: float = PILOT_PULSES
    pulses_source: str = PILOT_TEXT
    draws: int = 10_000
    seed: int = 0

    def run(self) -> TrainingEnergy:
        """Count, multiply, draw, judge.

        Raises
        ------
        ParameterError
            If node, design or table cannot be.
        """
        layers, table = vgg8_shapes(), self.table.at_node(self.node)
        drawn = training_draws(table, self.draws, self.seed)
        naive, events = (self._events(layers, site) for site in ("dram", self.design.gradient_site))
        ledgers = {"naive": account_training(naive, table), "accumulated": account_training(events, table)}
        return TrainingEnergy(
            rows=self._rows(layers, ledgers, drawn),
            banner=None,
            assumptions=assumptions(self.design, self.node, events.writes.source),
            ledgers=ledgers,
            ways=tuple(way for node in NODES for way in self._ways(layers, node)),
            batches=tuple(self._batch(layers, table, batch) for batch in BATCHES),
            tornado=training_tornado(events, table),
            entries=table.entries(),
            sources=table.sources,
            facts=self._facts(table),
        )

    def _events(self, layers: Sequence[LayerShape], site: str) -> TrainingEvents:
        return self._counted(layers, replace(self.design, gradient_site=site))

    def _counted(self, layers: Sequence[LayerShape], design: TrainingDesign) -> TrainingEvents:
        writes = assumed_writes(layers, design, self.pulses)
        told = f"{self.pulses:.2g} pulses for each cell and update, {self.pulses_source}; every row selected twice"
        return count_events(layers, design, replace(writes, source=told))

    def _rows(self, layers: Sequence[LayerShape], ledgers: Mapping[str, TrainingLedger], drawn: Draws) -> list[Row]:
        naive, summed = ledgers["naive"], ledgers["accumulated"]
        spent = {name: drawn_joules(ledger.events, drawn) for name, ledger in ledgers.items()}
        at = f"{self.node} nm (the paper's node is not stated), batch {self.design.batch}"
        chosen = f"{at}; the naive dataflow is our explanation of this figure, so it counts as fitted"
        counted = float(operations(layers)) / 1e6
        gain = spent["naive"] / spent["accumulated"]
        return [
            energy_row("operations_per_image", "Operations, one image", (counted,) * 3, "counted from the layers"),
            energy_row("tops_per_watt", "Efficiency, accumulating", _tops(summed, spent["accumulated"]), at),
            energy_row("tops_per_watt_naive", "Efficiency, naive", _tops(naive, spent["naive"]), chosen, fitted=True),
            energy_row(
                "gain_over_naive",
                "Accumulating over naive",
                _around(naive.total_aj / summed.total_aj, gain),
                f"{chosen}; both with the same draws",
                fitted=True,
            ),
            *self._momentum_rows(layers, summed, drawn),
        ]

    def _momentum_rows(self, layers: Sequence[LayerShape], ledger: TrainingLedger, drawn: Draws) -> list[Row]:
        published_j = implied_image_joules(operations(layers))
        memory, full = (100.0 * cost.overhead(published_j) for cost in self._formula(layers, FORMULA_BATCH))
        told = f"{FORMULA_BITS} bits were chosen for this figure; B = {FORMULA_BATCH}, {1e6 * published_j:.0f} uJ"
        rows = [energy_row("momentum_formula", "Momentum, formula", (memory, full, full), told, fitted=True)]
        if self.design.momentum:
            span = _momentum_percent(ledger, drawn)
            told = f"our table, {self.design.velocity_bits} bits, batch {self.design.batch}, share of all else"
            rows.append(energy_row("momentum_table", "Momentum, our table", span, told))
        return rows

    def _formula(self, layers: Sequence[LayerShape], batch: int) -> tuple[MomentumCost, MomentumCost]:
        """Memory traffic alone, and with its arithmetic at the table's own node."""
        bare = MomentumCost(
            weights=sum(layer.weights for layer in layers),
            velocity_bits=FORMULA_BITS,
            batch=batch,
            dram_bit_j=FORMULA_DRAM_J,
        )
        numbers = self.table.training
        return bare, replace(bare, multiply_j=numbers.multiply.value, add_j=numbers.add.value)

    def _ways(self, layers: Sequence[LayerShape], node: str) -> list[Way]:
        table = self.table.at_node(node)
        drawn = training_draws(table, self.draws, self.seed)
        designs = {name: replace(self.design, **changes) for name, (_, changes) in WAYS.items()}
        events = {name: self._counted(layers, design) for name, design in designs.items()}
        ledgers = {name: account_training(found, table) for name, found in events.items()}
        spent = {name: drawn_joules(found, drawn) for name, found in events.items()}
        first = next(iter(WAYS))
        return [
            Way(
                name=name,
                short=WAYS[name][0],
                node=node,
                design=designs[name].as_dict(),
                microjoules=1e6 * ledger.joules,
                full=_tops(ledger, spent[name]),
                peak=ledger.efficiency().peak,
                gain=_around(ledgers[first].total_aj / ledger.total_aj, spent[first] / spent[name]),
            )
            for name, ledger in ledgers.items()
        ]

    def _batch(self, layers: Sequence[LayerShape], table: TrainingTable, batch: int) -> BatchPoint:
        ledgers = {}
        for site in ("dram", "buffer", "engine"):
            events = self._counted(layers, replace(self.design, batch=batch, gradient_site=site, momentum=True))
            ledgers[site] = account_training(events, table)
        ours = ledgers[self.design.gradient_site]
        momentum = ours.by_phase()["momentum"]
        return BatchPoint(
            batch=batch,
            full={site: ledger.efficiency().full for site, ledger in ledgers.items()},
            peer=peer_efficiency(layers, batch),
            momentum_percent=100.0 * momentum / (ours.total_aj - momentum),
            formula_percent=100.0 * self._formula(layers, batch)[0].overhead(implied_image_joules(operations(layers))),
        )

    def _facts(self, table: TrainingTable) -> dict[str, str]:
        return {
            "network": f"VGG-8, {sum(layer.weights for layer in vgg8_shapes()):,} weights",
            "node": f"{self.node} nm",
            "supply": f"{table.supply_v:g} V",
            "batch": str(self.design.batch),
            "gradient_site": self.design.gradient_site,
            "activation_site": self.design.activation_site,
            "draws": f"{self.draws:,}",
            "seed": str(self.seed),
        }


def _tops(ledger: TrainingLedger, joules: NDArray[np.float64]) -> Span:
    return _around(ledger.efficiency().full, ledger.operations / joules / 1e12)


def _around(middle: float, drawn: NDArray[np.float64]) -> Span:
    """The table's own value in the interval of the draws."""
    low, high = np.percentile(drawn, INTERVAL)
    return min(float(low), middle), middle, max(float(high), middle)


def _momentum_percent(ledger: TrainingLedger, drawn: Draws) -> Span:
    momentum = ledger.by_phase()["momentum"]
    rest = tuple(phase for phase in PHASES if phase != "momentum")
    spent = 100.0 * drawn_joules(ledger.events, drawn, ("momentum",)) / drawn_joules(ledger.events, drawn, rest)
    return _around(100.0 * momentum / (ledger.total_aj - momentum), spent)
