"""One virtual chip of several cores, one converted network, one set of images: a run that can be kept."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from spikecim.chips.multi_spec import MultiChipSpec
from spikecim.conversion.registry import conversions_for
from spikecim.engines import get_engine
from spikecim.errors import ParameterError
from spikecim.explore.compare_chip import bounds_of
from spikecim.explore.compare_material import check_labels
from spikecim.explore.compare_row import margin_of
from spikecim.explore.compare_run import chunk_size
from spikecim.layered.record import TALLIES, LayeredRecord
from spikecim.layered.timer import Timer
from spikecim.layered_build import LayeredChip, build_layers
from spikecim.mapping.costs import sites_of
from spikecim.models.blocks import block_macs
from spikecim.models.forward import Values, forward
from spikecim.models.model import AnnModel
from spikecim.progress import Stage, silent
from spikecim.results.layered_run import LayeredRun, RunLayer
from spikecim.version import __version__

MOST_TALLIES = 2**26  # numbers that a run keeps: 512 MiB


@dataclass(frozen=True, kw_only=True)
class DeepScene:
    """What is run on what.

    Attributes
    ----------
    network : AnnModel
    calibration : float32 (n, *input_shape) in [0, 1]
        Training images.
    images : float32 (n_samples, *input_shape) in [0, 1]
    labels : int (n_samples,)
    dataset : str
    chip : MultiChipSpec
    conversion : str or None
        The first one that takes the network if None.
    chip_index, seed : int
        Which virtual chip.
    steps, slices, delta_s : int or None
        None for the chip's own; a `delta_s` of 0 shows every image to its end.
    engine, brian_target : str
        As for `engines.get_engine`.
    facts : dict of str
        Where network and images come from; settings of the run are added.
    """

    network: AnnModel
    calibration: Values
    images: Values
    labels: NDArray[np.integer]
    dataset: str
    chip: MultiChipSpec
    conversion: str | None = None
    chip_index: int = 0
    seed: int = 0
    steps: int | None = None
    slices: int | None = None
    delta_s: int | None = None
    engine: str = "event"
    brian_target: str = "numpy"
    facts: Mapping[str, str] = field(default_factory=dict)


def run_deep(scene: DeepScene, progress: Stage = silent) -> LayeredRun:
    """Convert, program one virtual chip, run all images.

    Raises
    ------
    ParameterError, ConversionError
        If a name is unknown, a number out of range, the network does not fit chip or conversion, or the run would keep
        more than `MOST_TALLIES` numbers.
    """
    check_labels(scene.network, scene.labels, scene.dataset)
    rule = conversions_for(scene.network, [scene.conversion] if scene.conversion else ())[0]
    progress(f"conversion {rule.name}", 0, 1)
    network = rule(scene.network, scene.calibration, bounds_of(scene.chip, scene.steps, scene.slices))
    margin = margin_of(network, scene.chip.decision.delta_s.value if scene.delta_s is None else scene.delta_s)
    built = build_layers(scene.chip, network, scene.seed, scene.chip_index, delta_s=margin)
    _check_size(built, len(scene.labels))
    records = list(_records(scene, built, progress))
    decisions = [record.output.decisions for record in records]
    return LayeredRun(
        chip=scene.chip,
        network=scene.network.name,
        conversion=rule.name,
        layers=run_layers_of(built, scene.network),
        delta_s=margin,
        n_ticks=built.program.n_ticks,
        labels=scene.labels.astype(np.int16),
        ann_winners=forward(scene.network, scene.images).argmax(1).astype(np.int16),
        winners=np.concatenate([table.winners for table in decisions]),
        reached=np.concatenate([table.reached for table in decisions]),
        durations=np.concatenate([table.durations for table in decisions]),
        tallies=np.concatenate([record.margin_tallies for record in records]),
        programming_nj=built.programming_j * 1e9,
        settings=_settings(scene, built),
    )


def run_layers_of(built: LayeredChip, network: AnnModel) -> tuple[RunLayer, ...]:
    """What the ledger needs of each layer; `network` is the ANN that `built` was converted from."""
    sites = sites_of(built.placement, [layer.slices for layer in built.network.layers])
    parts = zip(built.program.layers, built.network.layers, sites, built.n_cells, block_macs(network), strict=True)
    return tuple(
        RunLayer(
            name=program.name,
            n_in=program.n_in,
            n_out=program.n_out,
            cells_per_group=program.cells_per_group,
            n_cells=n_cells,
            n_weights=layer.n_weights,
            macs=macs,
            site=site,
            pulses=tuple(_timer(pulses) for pulses in program.pulses),
        )
        for program, layer, site, n_cells, macs in parts
    )


def _timer(pulses: Timer) -> Timer:
    """What is left of bias rows without their charge."""
    return Timer(
        start=pulses.start, period=pulses.period, stop=pulses.stop, cells=pulses.cells, electrons=pulses.electrons
    )


def _check_size(built: LayeredChip, n_samples: int) -> None:
    per_sample = built.program.n_margins * len(built.program.layers) * len(TALLIES)
    if n_samples * per_sample > MOST_TALLIES:
        raise ParameterError(
            f"a run keeps counts of every image, layer and margin: {n_samples} images at {built.program.n_margins} "
            f"margins are too many; at most {MOST_TALLIES // per_sample} images, or a smaller delta_s"
        )


def _records(scene: DeepScene, built: LayeredChip, progress: Stage) -> Iterator[LayeredRecord]:
    """Records of some images at a time, so that their spikes fit in memory."""
    engine, code, images = get_engine(scene.engine, scene.brian_target), built.network.code, scene.images
    total, stage = len(images), f"{scene.engine}, {len(images)} images"
    per_image = built.program.n_margins * len(built.program.layers) * len(TALLIES)
    size = chunk_size(code, images[0].size, per_image)
    for start in range(0, total, size):
        progress(stage, start, total)
        stop = min(start + size, total)
        trains = code.encode(images[start:stop].reshape(stop - start, -1), first_sample=start)
        yield engine.run_layers(built.program, trains)
    progress(stage, total, total)


def _settings(scene: DeepScene, built: LayeredChip) -> dict[str, str]:
    code, network = built.network.code, built.network
    return {
        "version": __version__,
        "seed": str(scene.seed),
        "chip_index": str(scene.chip_index),
        "engine": scene.engine,
        "chip_digest": scene.chip.digest(),
        "code": code.kind,
        "steps": str(code.n_steps),
        "ticks_per_step": str(code.ticks_per_step),
        "slices": str(max(layer.slices for layer in network.layers)),
        "cores": str(built.placement.n_cores),
        "unverified_cells": str(built.unverified),
        **scene.facts,
        **{f"conversion_{key}": value for key, value in network.notes.items()},
    }
