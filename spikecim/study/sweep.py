"""A sweep: every virtual chip of every design, computed once, whatever happens in between."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from spikecim.errors import OutputError
from spikecim.progress import Stage, silent
from spikecim.results.journal import Entry, Journal
from spikecim.results.sweep_table import SweepTable, write_table
from spikecim.study.designs import Design, designs_of
from spikecim.study.factors import Factor
from spikecim.study.faults import FirstFaults
from spikecim.study.manifest import TABLE, study_folder
from spikecim.study.point import Point
from spikecim.study.pool import Outcome, Pool
from spikecim.study.spec import Study

Recorded = Callable[[Point, Outcome], None]
# The table is renewed while the sweep goes on: not more often than this, and for at most 2 % of the time.
_RENEW_S, _RENEW_SHARE = 30.0, 0.02


def points_of(designs: Iterable[Design], n_chips: int) -> Iterator[Point]:
    """All points of `designs`, design by design."""
    return (Point(design=design, chip_index=chip) for design in designs for chip in range(n_chips))


def run_points(
    study: Study, points: Iterable[Point], pool: Pool, journal: Journal, recorded: Recorded | None = None
) -> None:
    """Compute all `points` that are not in `journal` yet, and record each as it comes.

    Parameters
    ----------
    points : iterable of Point
        May be lazy: the next one is asked for when the pool has room for it.
    recorded : callable(point, outcome), optional
        Called after each point that was computed and recorded.

    Raises
    ------
    ClusterError, OutputError
        What was recorded until then stays.
    FaultError
        If none of the first points comes through, for reasons that are no design's; they are not recorded.
    """

    def record(point: Point, outcome: Outcome) -> None:
        values = () if outcome.metrics is None else tuple(outcome.metrics[name] for name in journal.columns)
        journal.add(Entry(design=point.design.number, chip=point.chip_index, values=values, error=outcome.error))
        if recorded is not None:
            recorded(point, outcome)

    faults = FirstFaults(wary=journal.n_failed == len(journal))
    todo = (point for point in points if (point.design.number, point.chip_index) not in journal)
    for point, outcome in pool.run(study, todo):
        for pair in faults.passed(point, outcome):
            record(*pair)
    for pair in faults.rest():
        record(*pair)


def run_sweep(study: Study, out: Path, pool: Pool, progress: Stage = silent, *, again: bool = False) -> SweepTable:
    """Run or go on with the sweep of `study` in the folder `out`; return its table, which is also written there.

    Parameters
    ----------
    again : bool
        Compute points again that failed.

    Raises
    ------
    KeyboardInterrupt, ClusterError, OutputError
        The folder then holds all that was finished, in journal and table; the same call goes on.
    ResultFileError
        If the folder holds something else; the differences are named.
    """
    designs = designs_of(study)
    with study_folder(study, out) as journal:
        if again:
            journal.forget_failed()
        total, renewal = len(designs) * study.n_chips, _Renewal()

        def write() -> SweepTable:
            table = table_of(study, designs, journal)
            write_table(table, out / TABLE)
            return table

        def recorded(point: Point, outcome: Outcome) -> None:
            progress("points", len(journal), total)
            renewal.perhaps(write)

        progress("points", len(journal), total)
        try:
            run_points(study, points_of(designs, study.n_chips), pool, journal, recorded)
        except BaseException:
            # The journal has it all; a table that cannot be written now is written by the next run.
            with suppress(OutputError):
                write()
            raise
        return write()


class _Renewal:
    """Decides when to renew the table of a sweep that goes on."""

    def __init__(self) -> None:
        self._next = time.monotonic() + _RENEW_S

    def perhaps(self, write: Callable[[], object]) -> None:
        """Call `write` if it is time."""
        begun = time.monotonic()
        if begun < self._next:
            return
        write()
        took = time.monotonic() - begun
        self._next = begun + max(_RENEW_S, took / _RENEW_SHARE)


def table_of(study: Study, designs: Sequence[Design], journal: Journal) -> SweepTable:
    """The table of all finished points of `designs`, sorted by design and chip; other points are left out."""
    rows = journal.rows()
    order = sorted(range(len(designs)), key=lambda index: designs[index].number)
    numbers = np.array([designs[index].number for index in order], np.int64)
    known = np.isin(rows.design, numbers)
    place = np.searchsorted(numbers, rows.design[known])
    values = [designs[index].values for index in order]
    return SweepTable(
        study=study.describe(),
        design=rows.design[known],
        chip=rows.chip[known],
        factors={
            factor.path: _column(factor, [value[column] for value in values])[place]
            for column, factor in enumerate(study.factors)
        },
        metrics={name: rows.values[known, column] for column, name in enumerate(journal.columns)},
        error=rows.error[known],
    )


def _column(factor: Factor, values: list[Any]) -> NDArray[Any]:
    kinds = {"count": np.int64, "choice": np.object_}
    return np.array(values, kinds.get(factor.unit, np.float64))
