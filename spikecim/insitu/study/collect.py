"""From finished trainings to the table of a study."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from spikecim.insitu.study.devices import device_row
from spikecim.insitu.study.folder import Kept
from spikecim.insitu.study.spec import TUNING, DeviceChoice, InsituStudy, RuleChoice
from spikecim.insitu.study.statistics import CONFIDENCE, mean_interval, paired_gain
from spikecim.insitu.study.tasks import Task, Tuned, cells_of, rate_at, scoring, task_of, tuned
from spikecim.results.insitu_run import TrainingRun
from spikecim.results.insitu_table import (
    ArrayRow,
    CellResult,
    CurveRow,
    GainRow,
    InsituTable,
    MeanInterval,
    RateRow,
    SeedRow,
)
from spikecim.version import __version__

Pair = tuple[DeviceChoice, RuleChoice]


def table_of(study: InsituStudy, kept: Kept) -> InsituTable:
    """The table, once everything is finished."""
    cells = tuple(_cell(study, kept, pair) for pair in cells_of(study))
    tried = [error for cell in cells for error in _errors(cell)]
    return InsituTable(
        study=study.describe(),
        version=__version__,
        reference=study.reference,
        devices=tuple(device_row(device) for device in study.devices),
        cells=cells,
        gains=tuple(_gain(study, cells, pair) for pair in cells_of(study) if pair[1].name != study.reference),
        confidence_percent=CONFIDENCE,
        trainings=len(tried),
        failed=sum(tried),
    )


def _errors(cell: CellResult) -> list[bool]:
    """Whether it failed, for each training of a cell."""
    tuning = [seed is None for rate in cell.rates for seed in rate.seeds]
    return tuning + [bool(seed.error) for seed in cell.seeds]


def _cell(study: InsituStudy, kept: Kept, pair: Pair) -> CellResult:
    found = tuned(study, pair, kept.validation)
    rates = tuple(_rate(study, kept, pair, at) for at in zip(found.steps, found.seeds, strict=True))
    tasks = () if found.best is None else scoring(study, pair, found.best)
    runs = [None if kept.error(task) else kept.run(task) for task in tasks]
    there = [run for run in runs if run is not None]
    return CellResult(
        device=pair[0].name,
        rule=pair[1].name,
        rates=rates,
        best=None if found.best is None else rate_at(pair[1], found.best),
        edge=found.edge,
        seeds=tuple(_seed(kept, task, run) for task, run in zip(tasks, runs, strict=True)),
        test=mean_interval([100.0 * run.test for run in there]),
        validation=mean_interval([100.0 * run.validation for run in there]),
        pulses=float(np.mean([run.pulses / run.cells for run in there])) if there else None,
        curve=_curve(there),
        arrays=_arrays(there),
        trouble=_trouble(kept, found, rates, tasks),
    )


def _rate(study: InsituStudy, kept: Kept, pair: Pair, at: tuple[int, int]) -> RateRow:
    """The rate at a step, with so many seeds."""
    step, n_seeds = at
    tasks = [task_of(study, pair, step, TUNING, place) for place in range(n_seeds)]
    seeds = tuple(_percent(kept.validation(task)) for task in tasks)
    there = [seed for seed in seeds if seed is not None]
    return RateRow(
        rate=rate_at(pair[1], step),
        added=not 0 <= step < len(pair[1].rates),
        seeds=seeds,
        mean=float(np.mean(there)) if len(there) == len(seeds) else None,
        error=next((error for task in tasks if (error := kept.error(task))), ""),
    )


def _percent(share: float | None) -> float | None:
    return None if share is None or math.isnan(share) else 100.0 * share


def _seed(kept: Kept, task: Task, run: TrainingRun | None) -> SeedRow:
    if run is None:
        return SeedRow(seed=task.seed, error=kept.error(task))
    return SeedRow(
        seed=task.seed,
        test=_percent(run.test),
        validation=_percent(run.validation),
        train=_percent(run.curve[-1].train) if run.curve else None,
        pulses=run.pulses / run.cells,
        largest_writes=run.largest_writes,
    )


def _trouble(kept: Kept, found: Tuned, rates: Sequence[RateRow], tasks: Sequence[Task]) -> str:
    """What failed of a cell."""
    bad = [rate for rate in rates if rate.error]
    if found.best is None:
        return f"every rate failed, the last with: {bad[-1].error}"
    errors = [error for task in tasks if (error := kept.error(task))]
    parts = [f"rate {rate.rate:g} failed: {rate.error}" for rate in bad]
    parts += [f"{len(errors)} of {len(tasks)} seeds failed: {errors[0]}"] if errors else []
    return "; ".join(parts)


def _curve(runs: Sequence[TrainingRun]) -> tuple[CurveRow, ...]:
    """Epochs that all runs have."""
    rows = []
    for points in zip(*(run.curve for run in runs), strict=False):
        validation = _over([point.validation for point in points])
        if validation is not None:
            train = _over([point.train for point in points])
            rows.append(CurveRow(epoch=points[0].epoch, validation=validation, train=train))
    return tuple(rows)


def _over(shares: Sequence[float]) -> MeanInterval | None:
    return mean_interval([100.0 * share for share in shares if not math.isnan(share)])


def _arrays(runs: Sequence[TrainingRun]) -> tuple[ArrayRow, ...]:
    if not runs:
        return ()
    return tuple(_array(runs, place) for place in range(len(runs[0].layers)))


def _array(runs: Sequence[TrainingRun], place: int) -> ArrayRow:
    layers = [run.layers[place] for run in runs]
    first = layers[0]
    pulses = [(layer.pulses_up + layer.pulses_down) / layer.cells for layer in layers]
    steps = [run.steps for run in runs]
    moved = [layer.velocity_bits_moved / (layer.n_in * layer.n_out) for layer in layers]
    return ArrayRow(
        layer=first.name,
        cells=first.cells,
        pulses=float(np.mean(pulses)),
        pulses_per_step=float(np.mean([one / n for one, n in zip(pulses, steps, strict=True)])),
        largest_writes=max(layer.largest_writes for layer in layers),
        row_phases=float(np.mean([layer.row_phases for layer in layers])),
        velocity_bits=float(np.mean([one / n for one, n in zip(moved, steps, strict=True)])),
        clamped=max(layer.clamped for layer in layers),
        stuck=max(layer.stuck for layer in layers),
        dead=max(layer.dead for layer in layers),
    )


def _gain(study: InsituStudy, cells: Sequence[CellResult], pair: Pair) -> GainRow:
    by_name = {(cell.device, cell.rule): cell for cell in cells}
    one, other = by_name[pair[0].name, pair[1].name], by_name[pair[0].name, study.reference]
    gain = None
    if one.seeds and other.seeds:
        gain = paired_gain([seed.test for seed in one.seeds], [seed.test for seed in other.seeds])
    fewer = other.pulses / one.pulses if one.pulses and other.pulses is not None else None
    return GainRow(device=one.device, rule=one.rule, against=study.reference, gain=gain, fewer_pulses=fewer)
