"""One row a design, and the yield over the two factors that move the accuracy most."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import numpy as np

from spikecim.results.sweep_parts import Estimate, Shares
from spikecim.results.sweep_report import DesignRow, YieldMap
from spikecim.results.sweep_table import SweepTable
from spikecim.study.designs import Design
from spikecim.study.groups import groups_of
from spikecim.study.matrix import Matrix
from spikecim.study.pairs import Floats
from spikecim.study.spec import Study
from spikecim.study.yields import picked, wilson

MAP_PARTS, DESIGNS_A_FIELD = 5, 3


def design_rows(
    study: Study, designs: Sequence[Design], table: SweepTable, matrices: Mapping[str, Matrix], good: Matrix | None
) -> tuple[DesignRow, ...]:
    """All designs with their chips counted: done, failed, not run."""
    n = len(designs)
    done = np.bincount(table.design[table.done], minlength=n)
    failed = np.bincount(table.design[~table.done], minlength=n)
    middles = {name: _middles(matrix) for name, matrix in matrices.items()}
    among = int(good.known.any(axis=1).sum()) if good else 0
    rows = []
    for k, design in enumerate(designs):
        chips = good.values[k][good.known[k]] if good else np.zeros(0)
        rows.append(
            DesignRow(
                number=design.number,
                values=design.values,
                texts=tuple(f.show(v) for f, v in zip(study.factors, design.values, strict=True)),
                done=int(done[k]),
                failed=int(failed[k]),
                missing=study.n_chips - int(done[k] + failed[k]),
                middle={name: Estimate(value=m[1], low=m[0], high=m[2]) for name, m in _row(middles, k)},
                good=int(chips.sum()),
                share=wilson(int(chips.sum()), len(chips)),
                picked=picked(int(chips.sum()), len(chips), among),
            )
        )
    return tuple(rows)


def _middles(matrix: Matrix) -> Floats:
    """5 %, median and 95 % over chips, (3, n_designs); NaN for a design without a number."""
    found = np.full((3, len(matrix.values)), np.nan)
    some = matrix.known.any(axis=1)
    if some.any():
        found[:, some] = np.nanpercentile(matrix.values[some], [5.0, 50.0, 95.0], axis=1)
    return found


def _row(middles: Mapping[str, Floats], k: int) -> list[tuple[str, list[float]]]:
    return [(name, found[:, k].tolist()) for name, found in middles.items()]


def yield_map(study: Study, good: Matrix, shares: Floats, told: Shares | None) -> YieldMap | None:
    """Yield over the two factors that move the accuracy most; None with one factor."""
    if len(study.factors) < 2:
        return None
    paths = [factor.path for factor in study.factors]
    leading = [*(told.leading if told else []), *paths]
    down, across = (paths.index(path) for path in list(dict.fromkeys(leading))[1::-1])
    grid = study.kind == "grid"
    parts = max(2, min(MAP_PARTS, math.isqrt(len(shares) // DESIGNS_A_FIELD)))
    rows, columns = (groups_of(study.factors[k], shares[:, k], parts, levels=grid) for k in (down, across))
    place = rows.place * columns.n + columns.place
    size = rows.n * columns.n
    points = np.bincount(place, good.known.sum(1), size).reshape(rows.n, columns.n)
    hits = np.bincount(place, np.nansum(good.values, axis=1), size).reshape(rows.n, columns.n)
    share = np.divide(hits, points, out=np.full(points.shape, np.nan), where=points > 0)
    return YieldMap(
        row_factor=paths[down],
        column_factor=paths[across],
        rows=rows.names,
        columns=columns.names,
        share=tuple(tuple(row) for row in share.tolist()),
        points=tuple(tuple(int(n) for n in row) for row in points.tolist()),
    )
