"""The rows of SPIRIT's published table, each computed from results and judged by how its inputs were set."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.stats import norm

from spikecim.chips.spec import ChipSpec
from spikecim.energy.baselines import FormalMac
from spikecim.experiments.rows import Span, make_row
from spikecim.results.findings import Row, fitted_to
from spikecim.results.population import Population, interval
from spikecim.results.reproduction import Variant
from spikecim.results.run import RunResult


@dataclass(frozen=True, kw_only=True)
class RowMaker:
    """Makes the rows of one reproduction.

    Attributes
    ----------
    ideal, median : RunResult
    population : Population
    variants : sequence of Variant
    mac : FormalMac
    comparable : bool
        False on other data or another task than the published one: then no row is compared.
    """

    ideal: RunResult
    median: RunResult
    population: Population
    variants: Sequence[Variant]
    mac: FormalMac
    comparable: bool

    @property
    def chip(self) -> ChipSpec:
        return self.median.chip

    def rows(self) -> list[Row]:
        """All rows, in the order of the table."""
        cells = float(self.median.resistance.size)
        return [
            self._row("accuracy_ideal", "Accuracy, ideal simulation", _binomial(self.ideal), self._training()),
            self._row(
                "accuracy_chip",
                f"Accuracy, chip (median and 90 % interval of {self.population.n_chips} virtual chips)",
                _percent(interval(self.population.accuracy[:, -1])),
                f"cell preset {self.chip.cell.device} (proxy and assumed values), circuit mismatch assumed",
            ),
            self._row(
                "input_spikes_per_image",
                f"Input spikes per image at delta_s = {self.chip.decision.delta_s.value}",
                interval(self.population.input_spikes[:, -1]),
                "presentation window",
            ),
            self._row("cells", "RRAM cells", (cells, cells, cells), "counted in the array"),
            self._energy("core", "energy_core_per_event_pj", "core"),
            self._energy("chip", "energy_chip_per_event_pj", "with logic and link"),
            self._gain("energy_gain_formal", "8-bit MAC with its memory traffic", self.mac.with_memory_pj),
            self._gain("energy_gain_bare_mac", "bare 8-bit MAC", self.mac.bare_pj),
        ]

    def _row(self, id_: str, quantity: str, span: Span, how: str, *, fitted: Sequence[str] | None = None) -> Row:
        """`fitted` names calibrated parameters behind the row; by default those fitted to this very number."""
        behind = fitted_to(self.chip, id_) if fitted is None else fitted
        return make_row(id_, quantity, span, how, fitted=behind, comparable=self.comparable)

    def _training(self) -> str:
        given = [100 * variant.ideal_accuracy for variant in self.variants]
        text = f"training recipe assumed (network {self.ideal.network.name}), nothing fitted to this number"
        if len(given) < 2:
            return text
        return f"{text}; {len(given)} plausible recipes give {min(given):.1f} to {max(given):.1f} %"

    def _energy(self, scope: str, id_: str, what: str) -> Row:
        """Energy per what the chip file takes the published figure for: a synaptic event, or an input spike."""
        per_event = self.chip.energy.reading.value == "per-synaptic-event"
        energy = self.population.core_pj if scope == "core" else self.population.chip_pj
        events = self.population.synaptic_events / (1 if per_event else self.median.program.n_out)
        name = "synaptic event" if per_event else "input spike"
        part = "clamp and injector energy" if scope == "core" else "link energy"
        return self._row(id_, f"Energy per {name}, {what}", interval(energy / events), part)

    def _gain(self, id_: str, kind: str, cost_pj: tuple[float, float]) -> Row:
        """Energy of the formal-coded network over the core energy of an image, between two rules of scaling."""
        macs = self.median.program.n_in * self.median.program.n_out
        image_pj = float(np.median(self.population.core_pj))
        low, high = (macs * cost / image_pj for cost in cost_pj)
        behind = [
            path
            for name in ("energy_core_per_event_pj", "input_spikes_per_image")
            for path in fitted_to(self.chip, name)
        ]
        return self._row(
            id_,
            f"Energy gain over formal coding, {kind} at 130 nm",
            (low, float(np.sqrt(low * high)), high),
            "the interval spans two rules that scale the MAC from 45 nm, not chips",
            fitted=behind,
        )


def _binomial(run: RunResult) -> Span:
    """Wilson 90 % interval of the accuracy, in percent: what another draw of as many images could have given."""
    n, p, z = run.n_samples, run.accuracy(), float(norm.ppf(0.95))
    centre = (p + z**2 / (2 * n)) / (1 + z**2 / n)
    half = z * np.sqrt(p * (1 - p) / n + z**2 / (4 * n**2)) / (1 + z**2 / n)
    return 100 * float(centre - half), 100 * p, 100 * float(centre + half)


def _percent(values: Span) -> Span:
    low, middle, high = values
    return 100 * low, 100 * middle, 100 * high
