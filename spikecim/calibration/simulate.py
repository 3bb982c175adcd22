"""Simulated chips to fit the surrogate to: other chips in every design, so that no lottery is drawn twice."""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from spikecim.errors import ParameterError
from spikecim.progress import Stage, silent
from spikecim.results.journal import Journal
from spikecim.streams import stream
from spikecim.study.designs import Design, at_shares, shares_of
from spikecim.study.factors import Value
from spikecim.study.manifest import study_folder
from spikecim.study.point import Point
from spikecim.study.pool import Pool
from spikecim.study.spec import Study
from spikecim.study.sweep import run_points

FloatArray = NDArray[np.float64]
PURPOSE = "calibrate"
# Chips that are no part of any fit begin here.
FRESH = 1_000_000


@dataclass(frozen=True, kw_only=True)
class Simulated:
    """All simulated chips.

    Attributes
    ----------
    places : float64 (n_designs, n_parameters)
        In 0..1 of the bounds.
    found : float64 (n_designs, n_chips, n_figures)
    fresh_places, fresh : float64 (n_fresh, n_parameters), (n_fresh, n_figures)
        Chips drawn from the bounds, for a trial; one each.
    """

    places: FloatArray
    found: FloatArray
    fresh_places: FloatArray
    fresh: FloatArray


def simulate(study: Study, folder: Path, pool: Pool, n_fresh: int = 0, progress: Stage = silent) -> Simulated:
    """Run the designs of `study` and `n_fresh` chips drawn evenly from its bounds, or go on with them, in `folder`.

    Raises
    ------
    ParameterError
        If a chip of the designs cannot be simulated.
    ResultFileError
        If the folder holds the chips of another file; the difference is named.
    """
    places = shares_of(study)
    drawn = stream(study.seed, "calibration", "truth").random((n_fresh, len(study.factors)))
    fresh = at_shares(study.factors, drawn)
    designs = at_shares(study.factors, places)
    own = [
        Point(design=design, chip_index=design.number * study.n_chips + chip)
        for design in designs
        for chip in range(study.n_chips)
    ]
    # Numbers of fresh designs go on after those of the fit, in a row of their own.
    other = [fresh_point(design, FRESH + design.number) for design in fresh]
    with study_folder(study, folder, PURPOSE) as journal:
        for stage, points in (("designs", own), ("synthetic chips", other)):
            run_all(study, points, pool, journal, stage, progress)
        return Simulated(
            places=places,
            found=read(journal, own, study).reshape(len(designs), study.n_chips, -1),
            fresh_places=drawn,
            fresh=read(journal, other, study),
        )


def fresh_chips(
    study: Study, folder: Path, pool: Pool, values: tuple[Value, ...], n: int, progress: Stage = silent
) -> FloatArray:
    """Figures (n, n_figures) of `n` chips outside the fit at `values`, kept in `folder` too."""
    # The number goes with the values: another fit must not find the chips of this one.
    design = Design(number=10 * FRESH + zlib.crc32(repr(values).encode()), values=values)
    points = [Point(design=design, chip_index=2 * FRESH + index) for index in range(n)]
    with study_folder(study, folder, PURPOSE) as journal:
        run_all(study, points, pool, journal, "check", progress)
        return read(journal, points, study)


def fresh_point(design: Design, chip_index: int) -> Point:
    """A chip outside the fit; its design is numbered apart from those of the fit."""
    return Point(design=Design(number=FRESH + design.number, values=design.values), chip_index=chip_index)


def run_all(study: Study, points: Sequence[Point], pool: Pool, journal: Journal, stage: str, progress: Stage) -> None:
    """Run `points` that are not in the journal, and say how far it is."""
    if not points:
        return
    done = sum((point.design.number, point.chip_index) in journal for point in points)
    counter = iter(range(done + 1, len(points) + 1))
    progress(stage, done, len(points))
    run_points(study, points, pool, journal, lambda point, outcome: progress(stage, next(counter), len(points)))


def read(journal: Journal, points: Iterable[Point], study: Study) -> FloatArray:
    """Values (n_points, n_figures) of finished points."""
    rows = list(_rows(journal, points, study))
    return np.array(rows, np.float64).reshape(len(rows), len(study.metrics))


def _rows(journal: Journal, points: Iterable[Point], study: Study) -> Iterator[tuple[float, ...]]:
    for point in points:
        entry = journal.get(point.design.number, point.chip_index)
        assert entry is not None
        values = dict(zip((f.path for f in study.factors), point.design.values, strict=True))
        where = ", ".join(f"{f.path} {f.show(values[f.path])}" for f in study.factors)
        if entry.error:
            raise ParameterError(f"{study.name}: a chip at {where} cannot be run: {entry.error}; narrow the bounds")
        if not np.isfinite(entry.values).all():
            name = study.metrics[int(np.argmin(np.isfinite(entry.values)))]
            raise ParameterError(f"{study.name}: {name} of a chip at {where} is no number; narrow the bounds")
        yield entry.values
