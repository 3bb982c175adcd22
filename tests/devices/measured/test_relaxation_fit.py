"""Relaxation tables from levels over time: cells aged by a known law give it back within the intervals."""

from __future__ import annotations

import functools
from collections import Counter

import numpy as np
import pytest
from numpy.typing import NDArray

from spikecim.chips import load_device
from spikecim.devices.measured.relaxation_fit import FloatArray, fit_relaxation
from spikecim.devices.measured.table import Readings
from spikecim.devices.relaxation import RelaxationSpec, draw_relaxation
from spikecim.errors import DataError
from tests.devices.measured.samples import chance_range

TIMES = (0.0, 1e-2, 1.0, 3600.0, 1e5)
TRIALS = 60


@functools.cache
def law() -> RelaxationSpec:
    """The nominal law, the same for every level of a state."""
    relaxation = load_device("nominal").relaxation
    assert relaxation is not None
    level = relaxation.hrs.state_exponent
    return relaxation.model_copy(update={"lrs": relaxation.lrs.model_copy(update={"state_exponent": level})})


def followed(seed: int, n_cells: int, *, low: bool, times: tuple[float, ...] = TIMES) -> Readings:
    """Readings at `times` of cells that relax by `law`."""
    start = np.full(n_cells, 5e3 if low else 1e5)
    walk = draw_relaxation(law(), start, np.full(n_cells, low), seed, "followed")
    ohm = [start * np.exp(walk.log_shift(time)) if time else start for time in times]
    return readings(np.array(ohm), times)


def readings(ohm: FloatArray, times: tuple[float, ...]) -> Readings:
    cell: NDArray[np.int64] = np.tile(np.arange(ohm.shape[1]), len(times))
    return Readings(resistance=ohm.ravel(), cell=cell, time=np.repeat(times, ohm.shape[1]))


@pytest.mark.slow
@pytest.mark.parametrize("state", ["lrs", "hrs"])
def test_intervals_cover_the_law_in_90_of_100_trials(state: str) -> None:
    low, high = chance_range(TRIALS)
    truth = law().lrs if state == "lrs" else law().hrs
    counts: Counter[str] = Counter()
    for seed in range(TRIALS):
        fit = fit_relaxation(followed(seed, 500, low=state == "lrs"), state, "cells.csv", seed)
        for place, (drift, spread) in enumerate(zip(fit.drift, fit.spread, strict=True)):
            counts[f"drift {place}"] += drift.holds(truth.drift.value[place])
            counts[f"spread {place}"] += spread.holds(truth.spread.value[place])
        counts["tail"] += fit.tail.holds(truth.tail.value)
    shares = {name: 100 * count / TRIALS for name, count in counts.items()}
    tail = shares.pop("tail")
    assert {name: share for name, share in shares.items() if not low <= share <= high} == {}
    # A tail of 0 lies at the end of its range: the interval can only miss it from above, 5 times in 100.
    assert low <= tail <= (high if state == "lrs" else 100)


def test_changes_count_from_the_first_reading() -> None:
    late = followed(1, 200, low=False, times=(1.0, 3600.0, 1e5))
    fit = fit_relaxation(late, "hrs", "cells.csv")
    assert (fit.start, fit.times.tolist()) == (1.0, [3600.0, 1e5])
    assert len(fit.drift) == len(fit.spread) == 2


def test_a_spread_that_falls_is_pooled() -> None:
    rng = np.random.default_rng(2)
    change = np.array([0.0, 0.1, 0.3, 0.2])[:, None] * rng.standard_normal(400)
    fit = fit_relaxation(readings(5e3 * np.exp(-change), (0.0, 1.0, 10.0, 100.0)), "lrs", "cells.csv")
    values = [one.value for one in fit.spread]
    assert fit.pooled
    assert values == sorted(values)
    assert values[1] == values[2] == pytest.approx(np.sqrt((0.3**2 + 0.2**2) / 2), rel=0.2)
    assert all(one.low <= one.value <= one.high for one in fit.spread)


@pytest.mark.parametrize(
    ("times", "n_cells", "words"),
    [((0.0,), 40, "one time only"), ((0.0, 1.0), 29, "29 cells are too few")],
)
def test_too_little_to_tell_relaxation(times: tuple[float, ...], n_cells: int, words: str) -> None:
    with pytest.raises(DataError, match=words):
        fit_relaxation(followed(3, n_cells, low=True, times=times), "lrs", "cells.csv")


def test_a_cell_without_its_first_reading_is_refused_and_a_later_gap_is_not() -> None:
    whole = followed(4, 60, low=True)
    assert whole.cell is not None and whole.time is not None
    for gap, fine in ((0, False), (len(whole.resistance) - 1, True)):
        kept = np.arange(len(whole.resistance)) != gap
        part = Readings(resistance=whole.resistance[kept], cell=whole.cell[kept], time=whole.time[kept])
        if fine:
            assert len(fit_relaxation(part, "lrs", "cells.csv").times) == 4
        else:
            with pytest.raises(DataError, match="1 cells have no reading at 0 s"):
                fit_relaxation(part, "lrs", "cells.csv")
