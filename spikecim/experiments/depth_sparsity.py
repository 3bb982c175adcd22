"""Claim 2 of SPIRIT's authors: sparsity pays more with depth, against formal coding of the same network."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from spikecim.conversion.prepare import before_activation
from spikecim.conversion.registry import get_conversion
from spikecim.energy.baselines import FormalMac, formal_mac, formal_network
from spikecim.experiments.claims import (
    DATASET,
    Images,
    Subject,
    accuracy_of,
    banner,
    data_at_hand,
    subject,
    sums,
    why_not,
)
from spikecim.experiments.depth_rows import choose, depth_rows, growth, whole_window
from spikecim.explore.compare_chip import Rig, bounds_of, load_rig
from spikecim.explore.compare_run import Measured, run_chips
from spikecim.layered.network import SpikingNetwork
from spikecim.layered_build import LayeredChip, build_layers
from spikecim.models.blocks import Block, blocks
from spikecim.models.forward import Values, activate
from spikecim.models.model import AnnModel
from spikecim.progress import Stage, silent
from spikecim.results.claims import DepthPoint, DepthSparsity, Setting
from spikecim.version import __version__

NODE_NM = 130.0
DEPTHS = tuple(f"depth-{depth}" for depth in range(1, 6))
# Network, held-out images to choose on, test images.
FURTHER = (("mlp", 500, 2000), ("lenet", 250, 1000))
HELD_OUT = 5000
RULE = "relu-percentile"
WINDOWS = (2, 4, 6, 8, 12, 16, 32)
LARGEST_MARGIN = 4
# Fixed before any test image was run: points below what the same chip reads right in the whole window.
TOLERANCE = 1.0
OTHER_TOLERANCES = (0.25, 0.5, 2.0)


@dataclass(frozen=True, kw_only=True)
class DepthSparsityExperiment:
    """What to run, on what.

    Attributes
    ----------
    chip : str
        A chip of several cores.
    n_chips, seed : int
        Virtual chips. When a sample ends is chosen on held-out training images of the chip's twin with exact cells and
        neurons; the gains are that twin's too, so that they tell of spikes and not of one draw of cells.
    limit : int or None
        Only the first test images.
    further : bool
        The MLP and the LeNet-class network too.
    progress : callable(stage, done, total)
    """

    chip: str = "spirit_multi"
    dataset: str = DATASET
    n_chips: int = 3
    seed: int = 0
    limit: int | None = None
    further: bool = True
    progress: Stage = field(default=silent, repr=False)

    def run(self) -> DepthSparsity:
        """Run every network that is ready for the data."""
        rig, dataset = load_rig(self.chip), data_at_hand(self.dataset, progress=True)
        wanted = [(name, HELD_OUT, self.limit) for name in DEPTHS]
        if self.further:
            wanted += [(name, held, min(most, self.limit or most)) for name, held, most in FURTHER]
        skipped = {name: reason for name, *_ in wanted if (reason := why_not(name, dataset))}
        mac = formal_mac(NODE_NM, rig.chip.energy.supply.value)
        points, complete = {}, True
        for name, held_out, limit in wanted:
            if name in skipped:
                continue
            material = subject(name, dataset, held_out=held_out, limit=limit)
            complete = complete and (name not in DEPTHS or material.test.complete)
            points[name] = _Case(experiment=self, rig=rig, material=material, mac=mac).point()
        deep = tuple(points[name] for name in DEPTHS if name in points)
        n_images = deep[0].n_images if deep else 0
        comparable = dataset == DATASET and complete and len(deep) == len(DEPTHS)
        return DepthSparsity(
            rows=depth_rows(deep, TOLERANCE, comparable=comparable) if len(deep) > 1 else [],
            banner=banner(dataset, complete=complete, n_images=n_images),
            points=deep,
            further=tuple(points[name] for name, *_ in FURTHER if name in points),
            tolerance=TOLERANCE,
            others={tolerance: growth(deep, tolerance) for tolerance in (*OTHER_TOLERANCES, TOLERANCE)},
            equal=growth(deep, TOLERANCE, equal=True),
            skipped=skipped,
            facts={
                "version": __version__,
                "chip": rig.name,
                "chip_digest": rig.chip.digest(),
                "dataset": dataset,
                "images": str(n_images),
                "virtual_chips": str(self.n_chips),
                "conversion": RULE,
                "seed": str(self.seed),
            },
        )


@dataclass(frozen=True, kw_only=True)
class _Case:
    """One network."""

    experiment: DepthSparsityExperiment
    rig: Rig
    material: Subject
    mac: FormalMac

    def point(self) -> DepthPoint:
        """Choose the setting on held-out images, then run the test images."""
        model, test = self.material.model, self.material.test
        settings = self._settings()
        chosen, longest = choose(settings, TOLERANCE), whole_window(settings)
        network, full = self._convert(chosen.steps), self._convert(longest.steps)
        count = self.experiment.n_chips
        chips = [self._exact(network, chosen.margin), *(self._real(network, chosen.margin, k) for k in range(count))]
        runs = self._measure(chips, test, f"{len(test.labels):,} test images")
        [whole] = self._measure([self._exact(full, None)], test, "test images, whole window")
        end = -1 if chosen.margin is None else chosen.margin - 1
        exact, formal = runs[0], formal_network(model, self.mac)
        events = exact.ledger.actions.synaptic_events[end]
        return DepthPoint(
            network=model.name,
            n_images=len(test.labels),
            macs=formal.macs,
            bare_nj=_ends(formal.bare_pj),
            memory_nj=_ends(formal.with_memory_pj),
            active=active_share(model, test.values, formal.macs),
            ann=accuracy_of(sums(model, test.values).argmax(1), test.labels),
            quantised=accuracy_of(sums(network.quantised, test.values).argmax(1), test.labels),
            whole=float(whole.accuracy[-1]),
            settings=settings,
            chosen=chosen,
            accuracy=float(exact.accuracy[end]),
            core_nj=_nj(exact, "core", end),
            chip_nj=_nj(exact, "chip", end),
            events_per_mac=float(events.sum() / formal.macs.sum()),
            layer_events=events / formal.macs,
            spikes=_spikes(exact, end, chips[0]),
            chip_accuracy=np.array([run.accuracy[end] for run in runs[1:]]),
            chip_core_nj=np.array([_nj(run, "core", end) for run in runs[1:]]),
        )

    def _settings(self) -> tuple[Setting, ...]:
        """Every window, shown whole and with each margin, on held-out images."""
        held, settings = self.material.held_out, []
        for steps in WINDOWS:
            network = self._convert(steps)
            [whole] = self._measure([self._exact(network, None)], held, f"held-out images, {steps} steps")
            [early] = self._measure([self._exact(network, LARGEST_MARGIN)], held, f"held-out images, {steps} steps")
            settings.append(_setting(steps, None, whole, -1))
            settings += [_setting(steps, column + 1, early, column) for column in range(LARGEST_MARGIN)]
        return tuple(settings)

    def _convert(self, steps: int) -> SpikingNetwork:
        bounds = bounds_of(self.rig.chip, steps)
        return get_conversion(RULE)(self.material.model, self.material.calibration, bounds)

    def _exact(self, network: SpikingNetwork, margin: int | None) -> LayeredChip:
        return build_layers(self.rig.exact, network, self.experiment.seed, delta_s=margin)

    def _real(self, network: SpikingNetwork, margin: int | None, index: int) -> LayeredChip:
        return build_layers(self.rig.chip, network, self.experiment.seed, index, delta_s=margin)

    def _measure(self, chips: Sequence[LayeredChip], images: Images, stage: str) -> list[Measured]:
        what = f"{self.material.model.name}: {stage}"

        def tick(done: int, total: int) -> None:
            self.experiment.progress(what, done, total)

        return run_chips(chips, images.values, images.labels, tick=tick)


def _setting(steps: int, margin: int | None, run: Measured, end: int) -> Setting:
    return Setting(steps=steps, margin=margin, accuracy=float(run.accuracy[end]), core_nj=_nj(run, "core", end))


def _nj(run: Measured, scope: str, end: int) -> float:
    return float(run.ledger.per_sample(scope)[end]) / 1000


def _ends(pj: NDArray[np.float64]) -> tuple[float, float]:
    low, high = pj.sum(0) / 1000
    return float(low), float(high)


def _spikes(run: Measured, end: int, chip: LayeredChip) -> NDArray[np.float64]:
    """Spikes an image for each input line, then for each neuron of each layer."""
    actions, layers = run.ledger.actions, chip.program.layers
    sent = actions.input_words[end, 0] / chip.program.n_in
    return np.array([sent, *(actions.reset_packets[end] / [layer.n_out for layer in layers])])


def active_share(model: AnnModel, values: Values, macs: NDArray[np.int64]) -> float:
    """Share of all MACs whose input is not zero, on `values`; the zeros of padding are not told apart."""
    shares = []
    x = values[:1000]
    for block in blocks(model):
        shares.append(_nonzero(block, x))
        z = before_activation(block, x)
        x = activate(block.activation, z) if block.activation else z
    return float(np.dot(shares, macs) / macs.sum())


def _nonzero(block: Block, x: Values) -> float:
    """Share of the values that the block's weights meet, behind its pool, which are not zero."""
    height, width = block.pool
    if (height, width) == (1, 1):
        return float((x != 0).mean())
    n, rows, columns, channels = x.shape
    cut = x[:, : rows // height * height, : columns // width * width]
    pooled = cut.reshape(n, rows // height, height, columns // width, width, channels).any((2, 4))
    return float(pooled.mean())
