"""Measures Brian2 in this process alone and prints JSON: times after warm-up, and the peak memory of the block layout."""

from __future__ import annotations

import json
import statistics
import sys
from dataclasses import asdict

from benchmarks.cases import Plan, workload
from benchmarks.timing import Timing, measure, peak_megabytes
from spikecim.engines.brian import BrianEngine, build_network
from spikecim.program import Program
from spikecim.spikes import SpikeTrains


def main(plan: Plan) -> dict[str, object]:
    """Run both layouts on the plan's images."""
    import brian2

    run = workload(plan).run
    engine, trains = BrianEngine(target="numpy"), run.trains.window(0, plan.brian_images)
    blocks = measure(
        lambda: engine.run(run.program, trains),
        plan.brian_repeats,
        warm_up=lambda: engine.run(run.program, trains.window(0, 1)),
    )
    peak_mb = peak_megabytes()
    brian2.prefs.codegen.target = "numpy"
    images = [run.trains.window(s, s + 1) for s in range(plan.naive_images)]
    one_image(run.program, images[0])
    timings = [measure_once(run.program, image) for image in images]
    return {"blocks": asdict(blocks), "naive": asdict(_medians(timings)), "peak_mb": peak_mb}


def one_image(program: Program, image: SpikeTrains) -> None:
    """What a tutorial would do: a network for one image, run to the end of the window."""
    model = build_network(program, image)
    model.network.run(model.duration, namespace={})
