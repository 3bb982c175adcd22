"""From a study and its table to all that is told of it."""

from __future__ import annotations

from collections import Counter

import numpy as np

from spikecim.errors import ParameterError
from spikecim.results.sweep_parts import Effect, Shares, Spread
from spikecim.results.sweep_report import YIELD, FactorInfo, MetricInfo, SweepReport
from spikecim.results.sweep_table import SweepTable
from spikecim.study.designs import designs_of
from spikecim.study.effects import Grouped, main_effects
from spikecim.study.factors import SPECIAL, Factor
from spikecim.study.groups import groups_of
from spikecim.study.matrix import Matrix, block_of, matrix_of, shares_at
from spikecim.study.metrics import metric_of
from spikecim.study.pairs import Floats
from spikecim.study.report_rows import design_rows, yield_map
from spikecim.study.saltelli import rows_of
from spikecim.study.shares import Sample, shares_of
from spikecim.study.spec import Study
from spikecim.study.spread import spread_of
from spikecim.study.yields import accuracy_of
from spikecim.version import __version__

MOST_PARTS, DESIGNS_A_PART = 8, 6


def report_of(study: Study, table: SweepTable) -> SweepReport:
    """Effects, shares, spread and yield of a finished or unfinished sweep.

    Raises
    ------
    ParameterError
        If the table is of another study or no point of it is done.
    """
    designs = designs_of(study)
    shape = (len(designs), study.n_chips)
    _check(study, table, shape)
    shares = shares_at(study, designs)
    matrices = {name: matrix_of(table, name, shape) for name in study.metrics}
    chosen = accuracy_of(study.metrics)
    grouped = _grouped(study, shares)
    parts = [_of_metric(study, name, matrix, shares, grouped) for name, matrix in matrices.items()]
    good = _good(matrices[chosen], study.good_accuracy) if chosen else None
    effects = [effect for found, _, _ in parts for effect in found]
    effects += main_effects(YIELD.name, good, grouped, study.seed) if good else []
    told = tuple(shares_ for _, shares_, _ in parts)
    failed = Counter(str(error) for error in table.error if error)
    return SweepReport(
        study=study.describe(),
        name=study.name,
        title=study.title,
        kind=study.kind,
        version=__version__,
        metrics=tuple(_metric_info(name) for name in study.metrics),
        factors=tuple(_factor_info(factor) for factor in study.factors),
        n_designs=shape[0],
        n_chips=shape[1],
        n_done=int(table.done.sum()),
        n_failed=table.n_failed,
        n_missing=shape[0] * shape[1] - len(table),
        errors=tuple(failed.most_common()),
        good_accuracy=study.good_accuracy,
        yield_metric=chosen,
        designs=design_rows(study, designs, table, matrices, good),
        effects=tuple(effects),
        shares=told,
        spreads=tuple(spread for _, _, spread in parts),
        yield_map=yield_map(study, good, shares, next((s for s in told if s.metric == chosen), None)) if good else None,
    )


def _check(study: Study, table: SweepTable, shape: tuple[int, int]) -> None:
    if not table.done.any():
        raise ParameterError(f"study {study.name!r}: no point is done; there is nothing to report")
    fits = len(table) == 0 or (table.design.max() < shape[0] and table.chip.max() < shape[1])
    if not fits or set(study.metrics) - set(table.metrics):
        raise ParameterError(f"study {study.name!r}: the table is of another study; give the one it was run with")


def _of_metric(
    study: Study, name: str, matrix: Matrix, shares: Floats, grouped: Grouped
) -> tuple[list[Effect], Shares, Spread]:
    block = block_of(matrix)
    sample = Sample(study=study, metric=name, block=block, shares=shares)
    return main_effects(name, matrix, grouped, study.seed), shares_of(sample), spread_of(study, name, block)


def _grouped(study: Study, shares: Floats) -> Grouped:
    """Levels of a grid; else parts of a range, few enough for several designs in each."""
    grid, n = study.kind == "grid", len(shares)
    saltelli = study.kind == "saltelli"
    free = n // (len(study.factors) + 2) if saltelli else n
    parts = max(2, min(MOST_PARTS, free // DESIGNS_A_PART))
    cluster = None if grid else np.arange(n)
    if saltelli:
        rows = rows_of(n, len(study.factors))
        cluster = np.empty(n, np.int64)
        cluster[rows] = np.arange(len(rows))[:, None]
    return Grouped(
        paths=tuple(factor.path for factor in study.factors),
        groups=tuple(groups_of(f, shares[:, k], parts, levels=grid) for k, f in enumerate(study.factors)),
        cluster=cluster,
    )


def _good(accuracy: Matrix, wanted: float) -> Matrix:
    """1 where a chip reads well enough, 0 where not."""
    return Matrix(values=np.where(accuracy.known, accuracy.values >= wanted, np.nan))


def _metric_info(name: str) -> MetricInfo:
    metric, margin = metric_of(name), name.partition("@")[2]
    label = f"{metric.label} at margin {margin}" if margin else metric.label
    return MetricInfo(name=name, label=label, unit=metric.unit, better=metric.better)


def _factor_info(factor: Factor) -> FactorInfo:
    return FactorInfo(
        path=factor.path,
        unit=factor.unit,
        numeric=not factor.listed,
        scale=factor.scale,
        text=SPECIAL[factor.path][1] if factor.path in SPECIAL else "",
    )
