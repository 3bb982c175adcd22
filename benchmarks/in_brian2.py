"""Measures Brian2 in this process alone; prints JSON: times after warm-up, and the peak memory of the block layout."""

from __future__ import annotations

import json
import sys
from dataclasses import asdict
from functools import partial

from benchmarks.cases import Plan, workload
from benchmarks.timing import measure, medians, once, peak_megabytes
from spikecim.engines.brian import BrianEngine, build_network
from spikecim.program import Program
from spikecim.spikes import SpikeTrains


def measure_brian(plan: Plan) -> dict[str, object]:
    """Time `plan.brian_images` images as blocks, and one image as the median of `plan.naive_images`."""
    import brian2

    run = workload(plan).run
    program, trains, engine = run.program, run.trains, BrianEngine(target="numpy")
    blocks = measure(
        partial(engine.run, program, trains.window(0, plan.brian_images)),
        plan.brian_repeats,
        warm_up=partial(engine.run, program, trains.window(0, 1)),
    )
    peak_mb = peak_megabytes()
    brian2.prefs.codegen.target = "numpy"
    run_one_image(program, trains.window(0, 1))
    naive = [once(partial(run_one_image, program, trains.window(s, s + 1))) for s in range(plan.naive_images)]
    return {"blocks": asdict(blocks), "naive": asdict(medians(naive)), "peak_mb": peak_mb}


def run_one_image(program: Program, image: SpikeTrains) -> None:
    """What a tutorial would do: a network for one image, run to the end of the window."""
    model = build_network(program, image)
    model.network.run(model.duration, namespace={})


if __name__ == "__main__":
    sys.stdout.write(json.dumps(measure_brian(Plan(**json.loads(sys.argv[1])))))
