"""Rows for sweeps: a thousand virtual chips, the sweep's own overhead, two workers against one, a large table."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np

from benchmarks.cases import Plan, extrapolated
from benchmarks.timing import Row, Timing, measure, resident_megabytes
from spikecim.results.sweep_table import SweepTable, load_table, write_table
from spikecim.study.cluster import ClusterPool, started
from spikecim.study.designs import designs_of
from spikecim.study.manifest import study_folder
from spikecim.study.point import Point, evaluate
from spikecim.study.pool import Outcome
from spikecim.study.reading import study_from
from spikecim.study.spec import Study
from spikecim.study.sweep import points_of, run_points

# What this project sets itself, on two idle cores.
CHIPS_TARGET_S, TABLE_TARGET_S, MEMORY_TARGET_MB = 150.0, 2.0, 1000.0
POINT_S, OVERHEAD_TARGET, SCALING_TARGET = 0.1, 0.05, 1.7


def sweep_rows(plan: Plan, say: Callable[[str], None]) -> Iterator[Row]:
    """All rows of sweeps; those on processes only if the plan has workers."""
    if plan.sweep_workers:
        say(f"a sweep over {plan.sweep_chips_run:,} virtual chips on {plan.sweep_workers} processes ...")
        yield chips_row(plan)
        yield overhead_row(plan)
        yield from scaling_rows(plan)
    yield table_row(plan)


def study_of(plan: Plan, chips: int, images: int) -> Study:
    """SPIRIT as it is, `chips` times."""
    base = {"data": plan.dataset, "split": "test", "images": images, "chips": chips}
    raw = {"schema": 1, "name": "bench", "base": base, "factors": {"decision.delta_s": [10]}}
    return study_from({**raw, "design": {"kind": "grid"}}, "bench")


def chips_row(plan: Plan) -> Row:
    """Virtual chips from the start of the processes to the last line of the journal; what memory a worker holds."""
    study, memory = study_of(plan, plan.sweep_chips_run, plan.images), []
    begun = time.perf_counter()
    with started(plan.sweep_workers, evaluate) as pool:
        _once(pool, study, 4 * plan.sweep_workers)
        ready = Timing(seconds=time.perf_counter() - begun, cpu_seconds=_cpu_s(pool))

        def recorded(done: int) -> None:
            if done in (study.n_chips // 4, study.n_chips):
                memory.append(max(pool.client.run(resident_megabytes).values()))

        ran = _once(pool, study, study.n_chips, recorded)
    more = plan.sweep_chips / plan.sweep_chips_run
    quarter, end = memory
    return Row(
        name=f"sweep: {plan.sweep_chips:,} virtual chips x {plan.images:,} images",
        timing=Timing(
            seconds=ready.seconds + ran.seconds * more, cpu_seconds=ready.cpu_seconds + ran.cpu_seconds * more
        ),
        images=plan.sweep_chips * plan.images,
        target_seconds=CHIPS_TARGET_S,
        peak_mb=end,
        note=f"{plan.sweep_workers} processes, with their start and first points ({ready.seconds:.1f} s); the largest "
        f"holds {quarter:.0f} MB after a quarter of the chips, {end:.0f} MB at the end (at most {MEMORY_TARGET_MB:g})"
        + extrapolated(plan.sweep_chips_run, plan.sweep_chips, "chips"),
    )


def overhead_row(plan: Plan) -> Row:
    """What a sweep adds to points that take 100 ms of a core."""
    n, workers = plan.sweep_points, plan.sweep_workers
    with started(workers, busy) as pool:
        _once(pool, study_of(plan, n, 10), 2 * workers)
        timing = _once(pool, study_of(plan, n, 10), n)
    bare, added = n * POINT_S / workers, timing.cpu_seconds / (n * POINT_S) - 1.0
    return Row(
        name=f"sweep: {n} points of {POINT_S * 1e3:g} ms",
        timing=timing,
        target_seconds=bare * (1.0 + OVERHEAD_TARGET),
        note=f"{workers} processes; {timing.seconds / bare - 1.0:.1%} more than the {bare:g} s of the points (at most "
        f"{OVERHEAD_TARGET:.0%}); all processes together use {added:.1%} more CPU than the points",
    )


def scaling_rows(plan: Plan) -> Iterator[Row]:
    """The same points on one worker and on all."""
    study, first = study_of(plan, plan.sweep_points, plan.images // 5), None
    for workers in (1, plan.sweep_workers):
        with started(workers, evaluate) as pool:
            _once(pool, study, 4 * workers)
            timing = _once(pool, study, study.n_chips)
        note = f"{plan.sweep_points} virtual chips, each on one thread"
        if first is not None:
            note += f"; {first.timing.seconds / timing.seconds:.2f} times as fast as one (at least {SCALING_TARGET:g})"
        row = Row(
            name=f"sweep: {workers} worker{'s' if workers > 1 else ''}",
            timing=timing,
            images=plan.sweep_points * (plan.images // 5),
            against=first,
            note=note,
        )
        first = first or row
        yield row


def table_row(plan: Plan) -> Row:
    """Opening a large table: all columns in memory, checksums tested."""
    n, draw = plan.table_rows, np.random.default_rng(0)
    table = SweepTable(
        study={},
        design=np.arange(n) // 20,
        chip=np.arange(n) % 20,
        factors={
            **{f"factor {k}": draw.random(n) for k in range(3)},
            "code": np.array(["unary-bipolar", "sign-magnitude"], object)[draw.integers(0, 2, n)],
        },
        metrics={f"metric {k}": draw.random(n) for k in range(6)},
        error=np.full(n, "", object),
    )
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "table.h5"
        write_table(table, path)
        timing, size = measure(lambda: load_table(path), plan.repeats), path.stat().st_size / 1e6
    note = f"13 columns, {size:.0f} MB"
    return Row(name=f"opening a table of {n:,} rows", timing=timing, target_seconds=TABLE_TARGET_S, note=note)


def busy(study: Study, point: Point) -> dict[str, float]:
    """100 ms of a core, whatever else the machine does."""
    until = time.thread_time() + POINT_S
    while time.thread_time() < until:
        pass
    return dict.fromkeys(study.metrics, 0.0)


def _once(pool: ClusterPool, study: Study, n_chips: int, recorded: Callable[[int], None] | None = None) -> Timing:
    """The first chips of a sweep, from point to line on disk; CPU time of this process and all workers."""
    with tempfile.TemporaryDirectory() as folder, study_folder(study, Path(folder)) as journal:

        def after(point: Point, outcome: Outcome) -> None:
            if recorded is not None:
                recorded(len(journal))

        used, begun = _cpu_s(pool), time.perf_counter()
        run_points(study, points_of(designs_of(study), n_chips), pool, journal, after)
        timing = Timing(seconds=time.perf_counter() - begun, cpu_seconds=_cpu_s(pool) - used)
        assert journal.n_failed == 0, journal.rows().error[0]
    return timing


def _cpu_s(pool: ClusterPool) -> float:
    """CPU seconds of this process and the workers until now."""
    return time.process_time() + sum(pool.client.run(time.process_time).values())
