"""Claim 1 of SPIRIT's authors: rate coding is equivalent to formal coding, given an ideal chip and a long window."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from spikecim.chips.loader import load_multi_chip
from spikecim.chips.multi_spec import MultiChipSpec
from spikecim.conversion.registry import get_conversion
from spikecim.engines.event import EventEngine
from spikecim.experiments.claims import (
    DATASET,
    PERCEPTRON,
    Subject,
    accuracy_of,
    banner,
    data_at_hand,
    subject,
    sums,
    why_not,
)
from spikecim.experiments.equivalence_rows import loss_row, otherwise_row
from spikecim.experiments.rows import Span
from spikecim.explore.compare_chip import bounds_of
from spikecim.explore.compare_run import chunk_size
from spikecim.layered.network import SpikingNetwork
from spikecim.layered_build import build_layers
from spikecim.models.forward import Values
from spikecim.progress import Stage, silent
from spikecim.results.claims import CloseCalls, RateEquivalence, WindowCurve
from spikecim.version import __version__

RELU_RULES = ("relu-max", "relu-percentile", "relu-percentile-hard", "threshold-balancing")
FIRST_WINDOW, CHOICE_STEPS = 4, 128
# The perceptron's close calls are followed to windows of up to this many steps.
FARTHEST = 2**16


@dataclass(frozen=True, kw_only=True)
class Case:
    """One network of the experiment.

    Attributes
    ----------
    name : str
    rules : tuple of str
        Conversions to choose from, on `held_out` training images.
    slices : int
        Cell groups of a weight.
    longest : int
        Longest window in steps.
    held_out : int
    tolerance : float
        Points the spiking network may lose.
    """

    name: str
    rules: tuple[str, ...]
    slices: int
    longest: int
    held_out: int
    tolerance: float


CASES = (
    Case(name=PERCEPTRON, rules=("spirit-tanh",), slices=1, longest=2048, held_out=1000, tolerance=0.0),
    Case(name="mlp", rules=RELU_RULES, slices=2, longest=512, held_out=1000, tolerance=0.2),
    Case(name="lenet", rules=RELU_RULES, slices=2, longest=256, held_out=256, tolerance=0.2),
)


@dataclass(frozen=True, kw_only=True)
class RateEquivalenceExperiment:
    """What to run, on what.

    Attributes
    ----------
    chip : str
        A chip of several cores without non-idealities.
    dataset : str
        MNIST; without it the perceptron alone runs on the embedded digits.
    limit : int or None
        Only the first test images.
    longest : int or None
        Shortens the longest windows.
    seed : int
    progress : callable(stage, done, total)
    """

    chip: str = "spirit_multi_ideal"
    dataset: str = DATASET
    limit: int | None = None
    longest: int | None = None
    seed: int = 0
    progress: Stage = field(default=silent, repr=False)

    def run(self) -> RateEquivalence:
        """Run every network that is ready for the data."""
        chip, dataset = load_multi_chip(self.chip), data_at_hand(self.dataset, progress=True)
        skipped = {case.name: reason for case in CASES if (reason := why_not(case.name, dataset))}
        curves, rows, close, complete, n_images = [], [], None, True, 0
        for case in CASES:
            if case.name in skipped:
                continue
            material = subject(case.name, dataset, held_out=case.held_out, limit=self.limit)
            run = _Run(chip=chip, case=case, material=material, seed=self.seed, progress=self.progress)
            longest = min(case.longest, self.longest or case.longest)
            curve, winners = run.curve(longest)
            curves.append(curve)
            complete, n_images = complete and material.test.complete, len(material.test.labels)
            comparable = dataset == DATASET and complete
            if case.name == PERCEPTRON:
                close = run.close_calls(curve, winners)
                rows.append(otherwise_row(close, comparable=comparable))
            rows.append(loss_row(curve, case.tolerance, case.slices, comparable=comparable))
        return RateEquivalence(
            rows=rows,
            banner=banner(dataset, complete=complete, n_images=n_images),
            curves=tuple(curves),
            close=close,
            skipped=skipped,
            facts={
                "version": __version__,
                "chip": chip.name,
                "chip_digest": chip.digest(),
                "dataset": dataset,
                "images": str(n_images),
                "seed": str(self.seed),
            },
        )


@dataclass(frozen=True, kw_only=True)
class _Run:
    """One network on the chip."""

    chip: MultiChipSpec
    case: Case
    material: Subject
    seed: int
    progress: Stage

    def curve(self, longest: int) -> tuple[WindowCurve, NDArray[np.int16]]:
        """The curve, and the winners (n_images,) after the longest window."""
        tried = self._try(min(CHOICE_STEPS, longest))
        rule = min(tried, key=lambda name: tried[name])
        network, test = self._convert(rule, longest), self.material.test
        steps = np.array([2**k for k in range(32) if FIRST_WINDOW <= 2**k < longest] + [longest])
        winners = self._winners(network, test.values, steps, f"{self.case.name}: {len(test.labels):,} test images")
        formal = sums(network.quantised, test.values).argmax(1)
        right, spoken = winners[:, -1] == test.labels, formal == test.labels
        return WindowCurve(
            network=self.case.name,
            conversion=rule,
            n_images=len(test.labels),
            steps=steps,
            accuracy=(winners == test.labels[:, None]).mean(0),
            otherwise=(winners != formal[:, None]).mean(0),
            ann=accuracy_of(sums(self.material.model, test.values).argmax(1), test.labels),
            quantised=accuracy_of(formal, test.labels),
            loss=_paired(right, spoken),
            tried=tried,
        ), winners[:, -1]

    def close_calls(self, curve: WindowCurve, winners: NDArray[np.int16]) -> CloseCalls:
        """Follow the images whose `winners` (n_images,) are not the ANN's to longer windows."""
        longest = int(curve.steps[-1])
        network, values = self._convert(curve.conversion, longest), self.material.test.values
        formal = sums(network.quantised, values).astype(np.float64)
        best = np.sort(formal, axis=1)
        lead = best[:, -1] - best[:, -2]
        left = np.flatnonzero(formal.argmax(1) != winners)
        largest = float(lead[left].max(initial=0.0)) * longest / network.layers[-1].rate_unit
        windows, counts = [longest], [len(left)]
        while counts[-1] and windows[-1] < FARTHEST:
            windows.append(2 * windows[-1])
            longer = self._convert(curve.conversion, windows[-1])
            ends = self._winners(longer, values[left], np.array([windows[-1]]), "perceptron: close calls")
            left = left[ends[:, 0] != formal[left].argmax(1)]
            counts.append(len(left))
        # Sums of 144 float32 products agree to a few units in the last place when they are equal on paper.
        ties = int((lead <= 1e-5 * np.abs(formal).max()).sum())
        return CloseCalls(steps=np.array(windows), otherwise=np.array(counts), largest_lead=largest, ties=ties)

    def _try(self, n_steps: int) -> dict[str, float]:
        """Share of held-out images decided otherwise than by the quantised ANN, for each rule."""
        held, tried = self.material.held_out, {}
        for rule in self.case.rules:
            network = self._convert(rule, n_steps)
            ends = self._winners(network, held.values, np.array([n_steps]), f"{self.case.name}: choosing a conversion")
            tried[rule] = float((ends[:, 0] != sums(network.quantised, held.values).argmax(1)).mean())
        return tried

    def _convert(self, rule: str, n_steps: int) -> SpikingNetwork:
        bounds = bounds_of(self.chip, n_steps, self.case.slices)
        return get_conversion(rule)(self.material.model, self.material.calibration, bounds)

    def _winners(
        self, network: SpikingNetwork, values: Values, steps: NDArray[np.int64], stage: str
    ) -> NDArray[np.int16]:
        """Decisions (n, n_windows) after `steps` and the ticks a spike needs to the last layer."""
        code, late = network.code, len(network.layers) - 1
        ticks = [min(int(count) * code.ticks_per_step + late, code.n_ticks) for count in steps[:-1]]
        chip = build_layers(self.chip, network, self.seed, checkpoints=tuple(ticks))
        size, tick = chunk_size(code, values[0].size, 1), self._tick(stage, len(values))
        found = []
        for start in range(0, len(values), size):
            part = values[start : start + size]
            trains = code.encode(part.reshape(len(part), -1), first_sample=start)
            found.append(EventEngine(keep_spikes=False).run_layers(chip.program, trains).checkpoint_winners)
            tick(start + len(part))
        return np.concatenate(found)

    def _tick(self, stage: str, total: int) -> Callable[[int], None]:
        self.progress(stage, 0, total)
        return lambda done: self.progress(stage, done, total)


def _paired(right: NDArray[np.bool_], before: NDArray[np.bool_]) -> Span:
    """Mean difference in points with its 90 % interval over images (normal, paired)."""
    difference = 100.0 * (right.astype(np.float64) - before)
    half = 1.645 * float(difference.std()) / np.sqrt(len(difference))
    middle = float(difference.mean())
    return middle - half, middle, middle + half
