"""Reproduce SPIRIT's published table on MNIST: ideal chip, a population of virtual chips, energy, engine check."""

from __future__ import annotations

import time
from dataclasses import dataclass, field, replace

import numpy as np

from spikecim.chips import load_chip
from spikecim.chips.ideal import ideal_twin
from spikecim.chips.spec import ChipSpec
from spikecim.conversion.perceptron import METHODS
from spikecim.emulator import Emulator
from spikecim.energy.baselines import formal_mac
from spikecim.engines import get_engine
from spikecim.experiments.material import Material, material_or_fallback, network_for, provenance
from spikecim.experiments.published import TASK
from spikecim.experiments.spirit_rows import RowMaker
from spikecim.experiments.studies import StudiesExperiment, study_rows
from spikecim.explore.population import run_population
from spikecim.network import Network
from spikecim.progress import Stage, silent
from spikecim.results.population import Population
from spikecim.results.replay import replay
from spikecim.results.reproduction import EngineCheck, MarginCurve, Reproduction, Variant
from spikecim.results.run import RunResult
from spikecim.results.studies import Studies
from spikecim.spikes import SpikeTrains
from spikecim.training.perceptron import accuracy

NODE_NM = 130.0
LARGEST_MARGIN = 20


@dataclass(frozen=True, kw_only=True)
class SpiritExperiment:
    """What to reproduce, on what.

    Attributes
    ----------
    chip : str
        Chip name or file; its ideal twin is the same chip with exact cells and neurons.
    dataset : str
    n_chips : int
        Virtual chips.
    seed : int
    limit : int or None
        Only the first images of the test set (then nothing is comparable with a published number).
    check_engine : str or None
        Second engine that runs all images again; None skips the check.
    studies : bool
        Ageing, weight codes under faults and attribution too.
    progress : callable(stage, done, total)
    """

    chip: str = "spirit"
    dataset: str = "mnist"
    n_chips: int = 100
    seed: int = 0
    limit: int | None = None
    check_engine: str | None = "brian2"
    studies: bool = False
    progress: Stage = field(default=silent, repr=False)

    def run(self) -> Reproduction:
        """Run everything; an interrupt in population or studies keeps what is done so far and skips what follows."""
        clock = _Clock()
        chip, ideal_chip = load_chip(self.chip), ideal_twin(self.chip)
        self.progress("data", 0, 1)
        test = material_or_fallback(chip, self.dataset, "test", limit=self.limit, progress=True)
        network = network_for(chip, test.dataset)
        self.progress("ideal chip", 0, 1)
        ideal = Emulator(chip=ideal_chip, network=network, seed=self.seed).run(
            test.values, test.labels, data=f"{test.dataset} {test.split} ({test.origin})"
        )
        clock.lap("ideal")
        population = self._population(chip, network, ideal, test)
        clock.lap("population")
        median = self._one(chip, network, test, ideal, population.median_chip())
        whole = population.n_chips == population.requested
        variants = self._variants(chip, ideal_chip, test, ideal, population) if whole else []
        clock.lap("variants")
        check = self._check(median) if whole else None
        clock.lap("engine_check")
        why_not = banner(chip, test)
        wanted = whole and self.studies
        studies = self._studies(chip, network, test, ideal.trains, comparable=why_not is None) if wanted else None
        clock.lap("studies")
        mac = formal_mac(NODE_NM, chip.energy.supply.value)
        rows = RowMaker(
            ideal=ideal, median=median, population=population, variants=variants, mac=mac, comparable=why_not is None
        ).rows()
        if studies is not None:
            rows += study_rows(studies, chip, comparable=why_not is None)
        return Reproduction(
            rows=rows,
            banner=why_not,
            ideal=ideal,
            median=median,
            population=population,
            curves={"ideal": margin_curve(ideal), "median chip": margin_curve(median)},
            variants=variants,
            check=check,
            mac=mac,
            studies=studies,
            facts=self._facts(chip, test, clock),
        )

    def _population(self, chip: ChipSpec, network: Network, ideal: RunResult, test: Material) -> Population:
        return run_population(
            chip,
            network,
            ideal.trains,
            test.labels,
            n_chips=self.n_chips,
            seed=self.seed,
            progress=lambda done, total: self.progress("virtual chips", done, total),
        )

    def _variants(
        self, chip: ChipSpec, ideal_chip: ChipSpec, test: Material, ideal: RunResult, population: Population
    ) -> list[Variant]:
        """The same chip with weights trained in other plausible ways: how much of the table hangs on that choice."""
        rows = []
        for number, method in enumerate(METHODS):
            self.progress("training variants", number, len(METHODS))
            network = network_for(chip, test.dataset, method)
            run = self._one(ideal_chip, network, test, ideal)
            on_chip = self._one(chip, network, test, ideal, population.median_chip())
            rows.append(
                Variant(
                    network=network.name,
                    formal_accuracy=accuracy(network.weights, test.values, test.labels),
                    ideal_accuracy=run.accuracy(),
                    chip_accuracy=on_chip.accuracy(),
                    input_spikes=run.input_spikes(),
                )
            )
        return rows

    def _one(self, chip: ChipSpec, network: Network, test: Material, ideal: RunResult, index: int = 0) -> RunResult:
        emulator = Emulator(chip=chip, network=network, seed=self.seed, chip_index=index)
        return emulator.run(test.values, test.labels, trains=ideal.trains, data=ideal.settings["data"])

    def _check(self, run: RunResult) -> EngineCheck | None:
        if self.check_engine is None:
            return None
        self.progress(f"{self.check_engine} on all images", 0, 1)
        again = replay(run, self.check_engine)
        return EngineCheck(
            engines=("event", self.check_engine),
            samples=run.n_samples,
            spikes=again.spikes_compared,
            differing=again.spikes_differing,
            identical=again.identical,
            seconds=again.seconds,
        )

    def _studies(
        self, chip: ChipSpec, network: Network, test: Material, trains: SpikeTrains, *, comparable: bool
    ) -> Studies:
        experiment = StudiesExperiment(
            chip_file=self.chip,
            n_chips=self.n_chips,
            seed=self.seed,
            limit=self.limit,
            comparable=comparable,
            progress=self.progress,
        )
        return experiment.run(chip, network, test, trains)

    def _facts(self, chip: ChipSpec, test: Material, clock: _Clock) -> dict[str, str]:
        return {
            **provenance(chip, self.chip, test),
            "origin": test.origin,
            "images": str(len(test.labels)),
            "virtual_chips": str(self.n_chips),
            "seed": str(self.seed),
            **{f"seconds_{name}": f"{seconds:.1f}" for name, seconds in clock.laps.items()},
            "seconds_total": f"{sum(clock.laps.values()):.1f}",
        }


def margin_curve(run: RunResult, largest: int = LARGEST_MARGIN) -> MarginCurve:
    """Run once to the largest margin and read all smaller ones from it."""
    program = run.program.with_(delta_s=max(largest, run.program.delta_s or 1))
    record = get_engine("event").run(program, run.trains)
    wide = replace(run, program=program, record=record)
    margins = np.arange(1, program.n_margins + 1)
    return MarginCurve(
        delta_s=margins,
        accuracy=np.array([wide.accuracy(int(m)) for m in margins]),
        input_spikes=np.array([wide.input_spikes(int(m)) for m in margins]),
        core_nj=np.array([wide.ledger(int(m)).per_sample("core").mean() / 1000.0 for m in margins]),
    )


def banner(chip: ChipSpec, test: Material) -> str | None:
    """Why nothing can be compared with a published number, or None when everything can."""
    nothing = "no row can be compared with a published number."
    if test.dataset != "mnist" or not test.complete:
        what = f"{len(test.labels)} images of {test.dataset} {test.split}"
        return f"Run on {what}, not on MNIST's 10,000 test images: {nothing}"
    task = (chip.geometry.n_in.value, chip.geometry.n_out.value, chip.decision.delta_s.value)
    if task != TASK:
        return f"Chip {chip.name} has inputs, neurons, delta_s = {task}, SPIRIT {TASK}: {nothing}"
    return None


class _Clock:
    """Seconds of each stage."""

    def __init__(self) -> None:
        self.laps: dict[str, float] = {}
        self._last = time.perf_counter()

    def lap(self, name: str) -> None:
        """Close a stage."""
        now = time.perf_counter()
        self.laps[name], self._last = now - self._last, now
