"""A small comparison of weight codes with made-up numbers: chips read what the test says, nothing is run."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from spikecim.arrays.codes import CODES
from spikecim.chips import load_chip
from spikecim.explore.code_settings import jobs_of
from spikecim.results.codes import CellSetting, ChipRows, CodeFacts, CodePoint, CodeStudy, GroupPoint

NOMINAL = CellSetting(stuck_lrs=0.002, stuck_hrs=0.002, hrs_sigma=1.0)
Accuracy = Callable[[str, CellSetting], float]


def rows(accuracy: float, n_chips: int, shape: Sequence[float] = ()) -> ChipRows:
    """Chips around `accuracy`; `shape` adds the same pattern to every point, so that it cancels in pairs."""
    pattern = np.resize(np.array(shape or np.linspace(-0.01, 0.01, n_chips)), n_chips)
    some = np.ones(n_chips)
    return ChipRows(
        accuracy=accuracy + pattern,
        input_spikes=137 * some,
        cell_pj=700 * some,
        core_pj=4900 * some,
        programming_nj=500 * some,
    )


def made_up(accuracy: Accuracy, n_chips: int = 8, points: int | None = None, groups: int = 3) -> CodeStudy:
    """A study of all codes in which a point reads `accuracy(code, setting)`; only the first `points` were run."""
    jobs = list(jobs_of(load_chip("spirit"), tuple(CODES), (0.0, 0.05), (0.0, 1.5)))
    sizes = [(levels, rows(0.8 + 0.01 * levels, n_chips)) for levels in range(1, groups + 1)]
    return CodeStudy(
        n_images=100,
        n_chips=n_chips,
        seed=0,
        levels=4,
        formal_accuracy=0.881,
        ideal_accuracy=0.88,
        yield_within=0.03,
        nominal=NOMINAL,
        codes=tuple(
            CodeFacts(
                name=name,
                cells_per_weight=code(levels=4).cells_per_weight,
                n_cells=1440 * code(levels=4).cells_per_weight,
                error_per_stuck=4.0,
                worst_single_fault=1.0,
            )
            for name, code in CODES.items()
        ),
        points=tuple(
            CodePoint(code=code, setting=setting, chips=rows(accuracy(code, setting), n_chips))
            for code, setting in jobs[:points]
        ),
        requested=n_chips,
        groups=tuple(
            GroupPoint(levels=levels, n_cells=2880 * levels, formal_accuracy=0.88, chips=chips)
            for levels, chips in sizes
        ),
        facts={"chip": "spirit", "dataset": "made up"},
    )
