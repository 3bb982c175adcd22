"""A finished search made by hand: four objectives' worth of odd values for pages and tables."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from spikecim.results.search_result import (
    FRESH,
    JUDGED,
    SEARCHED,
    Estimate,
    FrontPoint,
    Goal,
    SearchResult,
    Setting,
    Trial,
)

ACCURACY = Goal(
    metric="accuracy", statistic="median", label="accuracy", unit="", maximise=True, share=True, bounded_from=6
)
ENERGY = Goal(
    metric="core_nj", statistic="median", label="core energy", unit="nJ", maximise=False, share=False, bounded_from=6
)
CELLS = Goal(
    metric="cells", statistic="median", label="RRAM cells", unit="cells", maximise=False, share=False, bounded_from=1
)
SETTINGS = (
    Setting(path="decision.delta_s", unit="count", ticks=((0.0, "1"), (0.5, "6"), (1.0, "12"))),
    Setting(path="synapse.code", unit="choice", ticks=((0.0, "plain"), (1.0, "<signed>"))),
)


def spread(value: float, half: float) -> Estimate:
    return Estimate(value=value, low=value - half, high=value + half)


def point(design: int, accuracy: float, energy: float, cells: float, **changes: Any) -> FrontPoint:
    """Fresh chips take a point of accuracy, test images another two."""
    fixed = spread(cells, 0.0)
    found = FrontPoint(
        design=design,
        values=(design, "<signed>"),
        shown=(str(design), "<signed>"),
        places=(design / 12, 1.0),
        estimates={
            SEARCHED: (spread(accuracy, 0.02), spread(energy, 0.1), fixed),
            FRESH: (spread(accuracy - 0.01, 0.02), spread(energy, 0.1), fixed),
            JUDGED: (spread(accuracy - 0.03, 0.02), spread(1.1 * energy, 0.1), fixed),
        },
        keeps=0.9,
        violated=(),
    )
    return replace(found, **changes)


def search_result(**changes: Any) -> SearchResult:
    trials = tuple(
        Trial(number=n, generation=n // 4, values=(n, "<signed>"), objectives=(0.7 + n / 50, 0.5 + n, 1000.0 * (n + 1)))
        for n in range(8)
    )
    found = SearchResult(
        name="small",
        title="A <small> search",
        goals=(ACCURACY, ENERGY, CELLS),
        settings=SETTINGS,
        constraints=("accuracy >= 0.5",),
        trials=(*trials, Trial(number=8, generation=2, values=(9, "plain"), error="virtual chip 0: <too hot>")),
        front=(
            point(7, 0.84, 7.5, 8000.0),
            point(3, 0.76, 3.5, 4000.0, keeps=0.2),
            point(0, 0.70, 0.5, 1000.0, violated=("accuracy >= 0.5",)),
        ),
        growth=(0.5, 0.8, 0.8),
        reference=(0.68, 8.2, 8700.0),
        n_chips=4,
        final_chips=8,
        n_images=100,
        final_images=10_000,
        exhausted=False,
        facts={"seed": "0", "base chip": "spirit (abc)"},
    )
    return replace(found, **changes)
