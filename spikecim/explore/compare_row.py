"""One conversion on one chip: virtual chips, curves, layers, where the loss enters, images classed differently."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from spikecim.explore.compare_chip import Rig
from spikecim.explore.compare_curves import checkpoints_of, curve_of, wilson
from spikecim.explore.compare_layers import agreements
from spikecim.explore.compare_run import Measured, run_chips
from spikecim.layered.network import SpikingNetwork
from spikecim.layered_build import LayeredChip, build_layers
from spikecim.models.forward import Values
from spikecim.progress import Stage
from spikecim.results.comparison import ComparisonRow, Disagreement, LossStep
from spikecim.results.population import interval

MOST_SHOWN = 24  # disagreements kept


@dataclass(frozen=True, kw_only=True)
class Trial:
    """What every row is measured on.

    Attributes
    ----------
    images : float32 (n_samples, *input_shape) in [0, 1]
    labels : int (n_samples,)
    ann : int64 (n_samples,)
        Classes that the float ANN gives.
    delta_s : int or None
        Decision margin; None for the chip's own, 0 for none.
    n_chips, seed : int
    """

    images: Values
    labels: NDArray[np.integer]
    ann: NDArray[np.int64]
    delta_s: int | None
    n_chips: int
    seed: int


class RowMaker:
    """Measures one row."""

    def __init__(self, rig: Rig, network: SpikingNetwork, test: Trial, progress: Stage) -> None:
        self._rig, self._network, self._test, self._progress = rig, network, test, progress
        self._margin = margin_of(network, rig.chip.decision.delta_s.value if test.delta_s is None else test.delta_s)
        self._first = self._build(0)  # a network that does not fit the chip fails here

    def row(self, quantised: NDArray[np.integer]) -> ComparisonRow:
        """Measure; `quantised` (n_samples,) are the classes that the quantised ANN gives."""
        chips, found = self._population()
        at_end = np.array([one.accuracy[-1] for one in found])
        # The lower median, so that it is a chip.
        middle = int(np.argsort(at_end, kind="stable")[(len(found) - 1) // 2])
        full, exact, real_cells = self._twins(chips[middle], middle)
        median = found[middle]
        labels = self._test.labels
        correct_ann, correct_quantised = (float((seen == labels).mean()) for seen in (self._test.ann, quantised))
        low, high = self._interval(median, at_end)
        placed = self._first
        middles = {name: float(np.median([_costs(one)[name] for one in found])) for name in _costs(median)}
        accuracy = float(np.median(at_end))
        full_chip, full_run = full
        return ComparisonRow(
            conversion=self._network.conversion,
            chip=self._rig.name,
            accuracy=accuracy,
            accuracy_low=low,
            accuracy_high=high,
            n_chips=len(found),
            quantised_accuracy=correct_quantised,
            **middles,
            latency_s=middles["latency_ticks"] * self._rig.chip.tick_s,
            loss_vs_ann_pp=100 * (correct_ann - accuracy),
            steps=self._network.code.n_steps,
            ticks_per_step=self._network.code.ticks_per_step,
            slices=max(layer.slices for layer in self._network.layers),
            n_cells=sum(placed.n_cells),
            n_cores=placed.placement.n_cores,
            accuracy_per_chip=tuple(at_end.tolist()),
            checkpoints=curve_of(full_run),
            margins=curve_of(median) if self._margin else None,
            layers=agreements(full_chip, self._test.images, full_run),
            losses=_losses(correct_ann, correct_quantised, exact, real_cells, float(median.accuracy[-1])),
            disagreements=self._disagreements(median.winners),
            notes=self._notes(chips, middle, quantised, median, full_run),
        )

    def _build(self, index: int, which: str = "chip") -> LayeredChip:
        """Virtual chip `index` of the rig's chip or of one of its twins."""
        n_ticks = self._network.code.n_ticks
        return build_layers(
            getattr(self._rig, which),
            self._network,
            self._test.seed,
            index,
            delta_s=self._margin,
            checkpoints=() if self._margin else checkpoints_of(n_ticks),
        )

    def _population(self) -> tuple[Sequence[LayeredChip], Sequence[Measured]]:
        n_chips = self._test.n_chips if self._rig.varies else 1
        chips = [self._first, *(self._build(index) for index in range(1, n_chips))]
        return chips, self._run(chips, before=0)

    def _run(self, chips: Sequence[LayeredChip], before: int) -> list[Measured]:
        """Run `chips`, `before` of the row's runs being done."""
        n_images = len(self._test.labels)
        # After the population come the median chip's full window and its two twins.
        runs = self._test.n_chips + 3 if self._rig.varies else 2
        name = row_name(self._network.conversion, self._rig.name)

        def tick(done: int, total: int) -> None:
            self._progress(name, before * n_images + done, runs * n_images)

        return run_chips(chips, self._test.images, self._test.labels, tick=tick)

    def _twins(
        self, chip: LayeredChip, index: int
    ) -> tuple[tuple[LayeredChip, Measured], Measured | None, Measured | None]:
        """`chip`, number `index`, with every image shown to its end; its twins with exact cells or neurons."""
        checkpoints = checkpoints_of(self._network.code.n_ticks)
        full = replace(chip, program=chip.program.with_(delta_s=None, checkpoints=checkpoints))
        twins = [self._build(index, twin) for twin in ("exact", "real_cells")] if self._rig.varies else []
        found = self._run([full, *twins], before=self._test.n_chips if twins else 1)
        return (full, found[0]), *(found[1:] if twins else (None, None))

    def _interval(self, median: Measured, at_end: NDArray[np.float64]) -> tuple[float, float]:
        if len(at_end) == 1:
            low, high = wilson(median.correct, median.n_samples)
            return float(low[-1]), float(high[-1])
        low_, _, high_ = interval(at_end)
        return low_, high_

    def _disagreements(self, winners: NDArray[np.int16]) -> tuple[Disagreement, ...]:
        """Images that the ANN classes right and the chip wrong come first."""
        test = self._test
        differs = np.flatnonzero(winners != test.ann)
        lost = (test.ann[differs] == test.labels[differs]).astype(int)
        chosen = differs[np.argsort(-lost, kind="stable")][:MOST_SHOWN]
        return tuple(
            Disagreement(
                index=int(index),
                label=int(test.labels[index]),
                ann=int(test.ann[index]),
                snn=int(winners[index]),
                image=test.images[index],
            )
            for index in chosen
        )

    def _notes(
        self,
        chips: Sequence[LayeredChip],
        middle: int,
        quantised: NDArray[np.integer],
        median: Measured,
        full: Measured,
    ) -> dict[str, str]:
        differing = int((median.winners != self._test.ann).sum())
        return {
            **self._network.notes,
            "code": self._network.code.kind,
            "window_ticks": str(self._network.code.n_ticks),
            "delta_s": str(self._margin) if self._margin else "none, every image is shown to its end",
            "full_window_accuracy": f"{full.accuracy[-1]:.4f}",
            "decided_unlike_ann": str(differing),
            "full_window_unlike_quantised_ann": str(int((full.winners != quantised).sum())),
            "median_chip": str(middle),
            "unverified_cells": str(chips[middle].unverified),
            "programming_nj": f"{chips[middle].programming_j * 1e9:.4g}",
        }


def row_name(conversion: str, chip: str) -> str:
    """What progress calls a row."""
    return f"{conversion}, {chip}"


def margin_of(network: SpikingNetwork, delta_s: int) -> int | None:
    """The decision margin that the last layer of `network` can reach; None shows every image to its end.

    Neurons of a latency code spike once: the first spike decides. A silent layer is read by its charge at the end.
    """
    last = network.layers[-1]
    if delta_s == 0 or last.window == "silent":
        return None
    return 1 if last.phase is not None else delta_s


def _costs(found: Measured) -> dict[str, float]:
    """Means of one image at the last point, by the names that `ComparisonRow` gives them."""
    curve = curve_of(found)
    names = {
        "input_spikes_per_image": curve.input_spikes,
        "spikes_per_image": curve.spikes,
        "synaptic_events_per_image": curve.events,
        "energy_core_nj": curve.core_nj,
        "energy_chip_nj": curve.chip_nj,
        "latency_ticks": curve.ticks,
        "time_out": curve.time_out,
    }
    return {name: float(values[-1]) for name, values in names.items()}


def _losses(
    ann: float, quantised: float, exact: Measured | None, real_cells: Measured | None, chip: float
) -> tuple[LossStep, ...]:
    """From the ANN to the median chip; what is exact already adds no step of its own."""
    steps = [LossStep(name="float ANN", accuracy=ann), LossStep(name="quantised weights", accuracy=quantised)]
    if exact is None or real_cells is None:
        return (*steps, LossStep(name="spikes (chip is exact)", accuracy=chip))
    return (
        *steps,
        LossStep(name="spikes, on exact cells and neurons", accuracy=float(exact.accuracy[-1])),
        LossStep(name="real cells", accuracy=float(real_cells.accuracy[-1])),
        LossStep(name="real neurons and injectors", accuracy=chip),
    )
