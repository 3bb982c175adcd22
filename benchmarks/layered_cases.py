"""Rows for networks of several layers: whole jobs, time against spike count, the same networks in other simulators."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial

from benchmarks.cases import Plan, extrapolated
from benchmarks.layered import CONVERSION, LONG_STEPS, SHARE, SPARE, Converted, converted, flat, shortest_window
from benchmarks.layered_peers import event_threads, layered_peer_rows
from benchmarks.timing import Row, Timing, measure
from spikecim.engines.layered_event import run_layered
from spikecim.errors import DataNotFoundError
from spikecim.explore.compare_run import run_chips
from spikecim.layered.program import LayeredProgram
from spikecim.layered_build import LayeredChip

# Seconds for 10,000 images on two idle cores.
JOB_TARGETS_S = {"mlp": 30.0, "lenet": 300.0}
PEER_STEPS = 64  # input steps of an image, the chip's own
# The window of the rows that show time against spikes; (slowdown, how many times the images). In the slowest a white
# pixel spikes 5 times; more images outweigh what a run costs before its first.
SCALE_STEPS, SLOWDOWNS = 512, ((1, 1), (10, 4), (100, 16))
WINDOWS = (5, 50, 500)


def layered_rows(plan: Plan, say: Callable[[str], None]) -> Iterator[Row]:
    """All rows of `plan.layered`, network by network."""
    for name in plan.layered:
        say(f"{name}: conversion, and its window on held-out training images ...")
        try:
            job = converted(name, plan.images, plan.held_out_images)
        except DataNotFoundError as error:
            say(f"{name} skipped: {error}")
            continue
        yield job_row(job, plan)
        yield from scale_rows(job, plan)
        images = plan.layered_peer_images // (1 if name == "mlp" else 4)
        yield from layered_peer_rows(job, PEER_STEPS, images, plan.layered_repeats, say)


def job_row(job: Converted, plan: Plan) -> Row:
    """From pixels to decisions, tallies and energy: what `spikecim compare` does for one conversion on one chip."""
    n, steps = len(job.labels), shortest_window(job)
    chip, long = job.at(steps), job.at(LONG_STEPS)
    timing = measure(partial(run_chips, [chip], job.images, job.labels), plan.layered_repeats)
    short, final = (run_chips([one], job.images, job.labels)[0].accuracy[-1] for one in (chip, long))
    return Row(
        name=f"{job.name}, {CONVERSION}, {steps} steps: {n:,} images",
        timing=timing.times(plan.images / n),
        images=plan.images,
        target_seconds=JOB_TARGETS_S.get(job.name),
        note=f"encoding and run; the fewest steps with {SHARE + SPARE:.1%} of the accuracy after {LONG_STEPS}, chosen "
        f"on {len(job.held_out):,} held-out training images; test accuracy {short:.2%}, which is {short / final:.2%} "
        f"of the {final:.2%} after {LONG_STEPS} steps" + extrapolated(n, plan.images, "images"),
    )


def scale_rows(job: Converted, plan: Plan) -> Iterator[Row]:
    """The same window and neurons, ever fewer spikes: pixels and biases come so many times more slowly."""
    chip, first = job.at(SCALE_STEPS), None
    for slowdown, more in SLOWDOWNS:
        timing, spikes, images = _scaled(job, chip, slowdown, (plan.scale_images * more, plan.layered_repeats))
        note = f"one thread; {1e9 * timing.cpu_seconds / spikes / images:,.0f} ns a spike"
        if first is None:
            found = [_scaled(job, job.at(w), 1, (plan.scale_images * 500 // w, plan.layered_repeats)) for w in WINDOWS]
            note += "; windows of " + ", ".join(
                f"{window} steps, {each:,.0f} spikes an image: {1e9 * seconds.cpu_seconds / each / n:,.0f} ns"
                for window, (seconds, each, n) in zip(WINDOWS, found, strict=True)
            )
        else:
            note += f"; pixels and biases {slowdown} times as slow"
        row = Row(
            name=f"event, {job.name}: {spikes:,.0f} spikes an image in {chip.program.n_ticks} ticks",
            timing=timing,
            images=images,
            against=first,
            by_cpu=True,
            note=note,
        )
        first = first or row
        yield row


def _scaled(job: Converted, chip: LayeredChip, slowdown: int, plan: tuple[int, int]) -> tuple[Timing, float, int]:
    """Time on one thread, spikes delivered for an image in all layers, and images."""
    program, (images, repeats) = slowed(chip.program, slowdown), plan
    trains = chip.network.code.encode(flat(job.images[:images]) / slowdown)
    run = partial(run_layered, program, trains, keep_output=False)
    with event_threads(1):
        timing = measure(run, repeats)
    spikes = run().margin_tallies[:, -1, :, 0].sum(1)
    return timing, float(spikes.mean()), len(spikes)


def slowed(program: LayeredProgram, slowdown: int) -> LayeredProgram:
    """The same layers, whose timers read the bias rows so many times more rarely."""
    layers = [
        replace(layer, pulses=tuple(replace(pulses, period=pulses.period * slowdown) for pulses in layer.pulses))
        for layer in program.layers
    ]
    return program.with_(layers=tuple(layers))
