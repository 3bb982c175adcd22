"""Runs through several layers for tests: digits on a real chip, and hand-made programs on made-up places."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np

from spikecim.chips.loader import load_multi_chip
from spikecim.energy.layered import LayerSite
from spikecim.engines import get_engine
from spikecim.explore.deep_run import DeepScene, run_deep
from spikecim.layered import LayeredProgram
from spikecim.layered.timer import Timer
from spikecim.results.layered_run import LayeredRun, RunLayer
from spikecim.spikes import SpikeTrains
from tests.explore.networks import digits, digits_network


def deep_scene(n_images: int = 12, *, kind: str = "relu", chip: str = "spirit-multi", **changes: Any) -> DeepScene:
    """Two dense layers on the first digits, 16 steps."""
    test = digits("test", n_images)
    fields: dict[str, Any] = {
        "network": digits_network(kind),
        "calibration": digits("held-out").values,
        "images": test.values,
        "labels": test.labels,
        "dataset": "digits",
        "chip": load_multi_chip(chip),
        "steps": 16,
        "delta_s": 4,
        **changes,
    }
    return DeepScene(**fields)


@cache
def deep_run(conversion: str = "relu-max", delta_s: int = 4, **changes: Any) -> LayeredRun:
    """The run of `deep_scene`."""
    return run_deep(deep_scene(conversion=conversion, delta_s=delta_s, **changes))


def layered_run_of(program: LayeredProgram, trains: SpikeTrains) -> LayeredRun:
    """The run of a hand-made program, with made-up labels, cells and places."""
    rng = np.random.default_rng(program.n_in)
    record = get_engine("stepper").run_layers(program, trains)
    decisions, n = record.output.decisions, trains.n_samples
    return LayeredRun(
        chip=load_multi_chip("spirit-multi"),
        network="réseau",
        conversion="none",
        layers=tuple(
            RunLayer(
                name=layer.name,
                n_in=layer.n_in,
                n_out=layer.n_out,
                cells_per_group=layer.cells_per_group,
                n_cells=int(rng.integers(1, 1000)),
                n_weights=int(rng.integers(1, 100)),
                macs=int(rng.integers(1, 100)),
                site=LayerSite(
                    slices=int(rng.choice([1, 2, 4])),
                    words_per_spike=int(rng.integers(1, 4)),
                    cores=float(rng.choice([1 / 3, 0.5, 2.0])),
                ),
                pulses=tuple(
                    Timer(start=p.start, period=p.period, stop=p.stop, cells=p.cells, electrons=p.electrons)
                    for p in layer.pulses
                ),
            )
            for layer in program.layers
        ),
        delta_s=program.delta_s,
        n_ticks=program.n_ticks,
        labels=rng.integers(0, program.n_out, n).astype(np.int16),
        ann_winners=rng.integers(0, program.n_out, n).astype(np.int16),
        winners=decisions.winners,
        reached=decisions.reached,
        durations=decisions.durations,
        tallies=record.margin_tallies,
        programming_nj=float(rng.lognormal()),
        settings={"seed": "7", "data": "hand-made, µs"},
    )
