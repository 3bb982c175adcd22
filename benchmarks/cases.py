"""What is measured: the event engine and its lower bound, encoding, Brian2, a population of chips, the command line."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path

import numpy as np

from benchmarks.bound import add_delivered_rows
from benchmarks.timing import Row, Timing, measure, measure_command, once_command
from spikecim.build import build
from spikecim.chips import load_chip
from spikecim.chips.spec import ChipSpec
from spikecim.emulator import Emulator
from spikecim.engines.event import EventEngine
from spikecim.experiments.attribution import AttributionExperiment
from spikecim.experiments.material import material_or_fallback, network_for
from spikecim.explore.population import run_population
from spikecim.network import Network
from spikecim.results.run import RunResult

ROOT = Path(__file__).resolve().parents[1]
# Seconds this project sets itself, on two idle cores.
EVENT_TARGET_S, ENCODING_TARGET_S, BRIAN_TARGET_S = 0.025, 0.150, 10.0
POPULATION_TARGET_S, MAIN_JOB_TARGET_S, HELP_TARGET_S = 15.0, 60.0, 0.5
AGEING_TARGET_S, ATTRIBUTION_TARGET_S, REPORT_TARGET_MB = 0.050, 120.0, 6.0


@dataclass(frozen=True, kw_only=True)
class Plan:
    """How much is run; what is run on less than `images` or `chips` is scaled up, and its note says so."""

    dataset: str = "mnist"
    images: int = 10_000
    repeats: int = 9
    brian_images: int = 10_000
    brian_repeats: int = 3
    naive_images: int = 20
    chips: int = 100
    chips_run: int = 100
    peer_images: int = 1_000
    peer_repeats: int = 3
    layered: tuple[str, ...] = ("mlp", "lenet")
    layered_repeats: int = 3
    layered_peer_images: int = 256
    held_out_images: int = 2_000
    scale_images: int = 50
    sweep_workers: int = 2
    sweep_chips: int = 1_000
    sweep_chips_run: int = 1_000
    sweep_points: int = 200
    table_rows: int = 1_000_000
    aware_steps: int = 100
    crossbar_size: int = 512
    correction_arrays: int = 0  # 0: all
    insitu_images: int = 60_000  # 0: not measured
    deep_width: float = 1.0  # of VGG-8; 0: not measured


QUICK = Plan(
    repeats=3,
    brian_images=2_000,
    brian_repeats=1,
    naive_images=5,
    chips_run=10,
    peer_repeats=1,
    layered_repeats=1,
    layered_peer_images=128,
    scale_images=10,
    sweep_chips_run=40,
    sweep_points=60,
    aware_steps=20,
    correction_arrays=4,
    insitu_images=6_000,
    deep_width=0.25,
)


@dataclass(frozen=True, kw_only=True)
class Workload:
    """The images, their spikes, and the ideal chip's answer."""

    chip: ChipSpec
    network: Network
    run: RunResult
    note: str


def workload(plan: Plan) -> Workload:
    """Load and encode `plan.images` test images; fewer of them are tiled (each copy gets its own spike times)."""
    chip = load_chip("spirit-ideal")
    test = material_or_fallback(chip, plan.dataset, "test")
    network = network_for(chip, test.dataset)
    order = np.arange(plan.images) % len(test.labels)
    run = Emulator(chip=chip, network=network).run(test.values[order], test.labels[order])
    note = f"{plan.images:,} {test.dataset} test images"
    if plan.images > len(test.labels):
        note += f" ({len(test.labels)} of them, repeated)"
    if test.dataset != plan.dataset:
        note += f"; {plan.dataset} was not found"
    return Workload(chip=chip, network=network, run=run, note=note)


def event_rows(work: Workload, plan: Plan) -> list[Row]:
    """The least work any engine must do with these events, then the compiled engine: full record, decisions only."""
    run, n = work.run, work.run.n_samples
    events = int(run.record.delivered.sum())
    bound = Row(
        name="lower bound: add the weight rows",
        timing=measure(partial(add_delivered_rows, run, eight_at_once=True), plan.repeats),
        images=n,
        note=f"compiled, 16 int32 lanes, only the {events:,} delivered events, eight at a time; {work.note}",
    )
    plain = Row(
        name="lower bound, one row at a time",
        timing=measure(partial(add_delivered_rows, run, eight_at_once=False), plan.repeats),
        images=n,
        against=bound,
        note="the same sum, event by event, as an engine that must test after each one",
    )
    engines = {
        "event: SPIRIT, delta_s stop, trains given": EventEngine(),
        "event, decisions only": EventEngine(keep_spikes=False),
    }
    rows = [
        Row(
            name=name,
            timing=measure(partial(engine.run, run.program, run.trains), plan.repeats),
            images=n,
            against=bound,
            target_seconds=EVENT_TARGET_S,
            note=work.note,
        )
        for name, engine in engines.items()
    ]
    return [bound, plain, *rows]


def encoding_row(work: Workload, plan: Plan) -> Row:
    """From pixel values to spikes that have passed the link."""
    code, values = work.chip.rate_code(), work.run.values
    timing = measure(partial(code.encode, values, 0), plan.repeats)
    note = f"{work.run.trains.n_spikes:,} spikes for the whole window of {work.run.trains.n_ticks} ticks"
    return Row(name="encoding", timing=timing, images=work.run.n_samples, target_seconds=ENCODING_TARGET_S, note=note)


def brian_rows(work: Workload, plan: Plan, event: Row) -> list[Row]:
    """Brian2 in a process of its own, so that its peak memory can be told from everybody else's."""
    command = [sys.executable, "-W", "ignore", "-m", "benchmarks.in_brian2", json.dumps(asdict(plan))]
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True, cwd=ROOT)
    found = json.loads(done.stdout)
    n = work.run.n_samples
    blocks = Row(
        name="brian2, numpy target, blocks of 1000",
        timing=Timing(**found["blocks"]).times(n / plan.brian_images),
        images=n,
        against=event,
        peak_mb=found["peak_mb"],
        target_seconds=BRIAN_TARGET_S,
        note=f"peak memory {found['peak_mb']:.0f} MB{extrapolated(plan.brian_images, n, 'images')}",
    )
    naive = Row(
        name="brian2, one run per image",
        timing=Timing(**found["naive"]).times(n),
        images=n,
        against=blocks,
        note="network built anew for each image, run to the end of the window"
        + extrapolated(plan.naive_images, n, "images (their median)"),
    )
    return [blocks, naive]


def population_row(work: Workload, plan: Plan) -> Row:
    """Virtual chips with spread and read noise, from drawing the cells to the energy."""
    chip, run = load_chip("spirit"), work.run
    several = partial(run_population, chip, work.network, run.trains, run.labels)
    timing = measure(partial(several, n_chips=plan.chips_run), 1, warm_up=partial(several, n_chips=1))
    return Row(
        name=f"{plan.chips} virtual chips x {run.n_samples:,} images",
        timing=timing.times(plan.chips / plan.chips_run),
        images=plan.chips * run.n_samples,
        target_seconds=POPULATION_TARGET_S,
        note="from drawing the cells to the energy; read noise on" + extrapolated(plan.chips_run, plan.chips, "chips"),
    )


def ageing_row(work: Workload, plan: Plan) -> Row:
    """One programmed chip, each of 50 ages from 10 ms to 10 years turned into a program."""
    fresh = build(load_chip("spirit"), work.network, 0)
    ages = np.geomspace(1e-2, 3.15e8, 50)
    timing = measure(lambda: [fresh.after(float(age)) for age in ages], plan.repeats)
    note = f"{fresh.cells.resistance.size:,} cells, relaxation and heat; drawn once, before the first of them"
    return Row(name="ageing one chip over 50 times", timing=timing, target_seconds=AGEING_TARGET_S, note=note)


def attribution_row(work: Workload, plan: Plan) -> Row:
    """Fifteen causes: alone, all but one, Shapley; on a chip with a leak, so that all of them act."""
    experiment = partial(
        AttributionExperiment, dataset=plan.dataset, limit=plan.images, overrides={"neuron.leak_current": "1 pA"}
    )
    timing = measure(experiment(n_chips=plan.chips_run).run, 1, warm_up=experiment(n_chips=1, limit=100).run)
    return Row(
        name=f"attribution: 15 causes x {plan.chips} chips",
        timing=timing.times(plan.chips / plan.chips_run),
        images=plan.chips * plan.images,
        target_seconds=ATTRIBUTION_TARGET_S,
        note=f"with data and network; {work.note}" + extrapolated(plan.chips_run, plan.chips, "chips"),
    )


def main_job_rows(work: Workload, plan: Plan) -> list[Row]:
    """`spikecim reproduce spirit` as a user types it, compiled code in its cache: the table alone, and all of it."""
    rows = []
    for name, words, target in (
        ("the main job without studies", ["--no-studies"], MAIN_JOB_TARGET_S),
        ("the whole main job", [], None),
    ):
        with tempfile.TemporaryDirectory() as folder:
            given = ["--data", plan.dataset, "--images", str(plan.images), "--chips", str(plan.chips_run), *words]
            command = [sys.executable, "-m", "spikecim", "reproduce", "spirit", *given, "--quiet", "--out", folder]
            timing = once_command(command)
            size = (Path(folder) / "report.html").stat().st_size / 1e6
        note = f"{plan.chips_run} virtual chips, Brian2 check of all images; report of {size:.1f} MB"
        note += "" if words else f" (at most {REPORT_TARGET_MB:g})"
        rows.append(Row(name=name, timing=timing, target_seconds=target, note=f"{note}; {work.note}"))
    return rows


def help_row() -> Row:
    """How long a newcomer waits for the first answer."""
    command = [sys.executable, "-m", "spikecim", "--help"]
    return Row(name="spikecim --help", timing=measure_command(command, 5), target_seconds=HELP_TARGET_S)


def extrapolated(ran: int, all_: int, what: str) -> str:
    """What a note says of a row that is scaled up; nothing if all was run."""
    return f"; extrapolated from {ran:,} {what}" if ran < all_ else ""
