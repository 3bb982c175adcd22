"""Problems with a known front, searched without a chip: metrics are formulas of the factors."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import product

import numpy as np
from numpy.typing import NDArray

from spikecim.results.search_result import Trial
from spikecim.study.designs import Design
from spikecim.study.factors import Factor, Value
from spikecim.study.front import hypervolume
from spikecim.study.search_goals import Constraint, Objective, Search
from spikecim.study.search_loop import Problem, losses_of
from spikecim.study.search_statistics import Sample

Formula = Callable[[tuple[Value, ...]], tuple[float, float]]
LOW, COST = "core_nj", "time_us"
CORNER = np.array([1.1, 1.1])


def problem(
    factors: Sequence[Factor],
    trials: int,
    *,
    seed: int = 0,
    sampler: str = "nsga2",
    population: int = 20,
    constraints: tuple[Constraint, ...] = (),
) -> Problem:
    search = Search(
        objectives=tuple(Objective(metric=m, statistic="mean", maximise=False) for m in (LOW, COST)),
        constraints=constraints,
        sampler=sampler,
        trials=trials,
        population=population,
        final_chips=1,
        final_images=1,
    )
    return Problem(name="known", factors=tuple(factors), search=search, seed=seed, good=0.5)


class Counted:
    """Evaluates a formula and counts how often each design was asked for."""

    def __init__(self, formula: Formula, fails: Callable[[tuple[Value, ...]], bool] = lambda values: False) -> None:
        self.formula, self.fails = formula, fails
        self.asked: list[tuple[Value, ...]] = []

    def __call__(self, designs: Sequence[Design]) -> list[Sample]:
        self.asked += [design.values for design in designs]
        return [self._sample(design.values) for design in designs]

    def _sample(self, values: tuple[Value, ...]) -> Sample:
        if self.fails(values):
            return Sample(error="virtual chip 0: too hot")
        first, second = self.formula(values)
        return Sample(metrics={LOW: np.array([first]), COST: np.array([second])})


def unit_factors(n: int) -> list[Factor]:
    return [Factor(path=f"x{place}", unit="dimensionless", low=0.0, high=1.0) for place in range(n)]


def zdt1(values: tuple[Value, ...]) -> tuple[float, float]:
    """Zitzler, Deb & Thiele 2000: the front is 1 - sqrt(f1), reached where all but the first are zero."""
    first, *rest = (float(value) for value in values)
    g = 1.0 + 9.0 * float(np.mean(rest))
    return first, g * (1.0 - np.sqrt(first / g))


def zdt1_volume() -> float:
    """Between the front and `CORNER`: the integral of 1.1 - (1 - sqrt(x)) over 0..1, and the strip beyond 1."""
    return 0.1 + 2.0 / 3.0 + 0.1 * CORNER[1]


MIXED = [
    Factor(path="cells", unit="count", low=1, high=12, step=1),
    Factor(path="copies", unit="count", values=(1, 2, 3, 5)),
    Factor(path="code", unit="choice", values=("plain", "signed", "voting")),
    Factor(path="margin", unit="count", low=1, high=10, step=1),
]


def mixed(values: tuple[Value, ...]) -> tuple[float, float]:
    """A chip of formulas: more cells, copies and margin cost energy and lose errors; codes trade one for the other."""
    cells, copies, code, margin = values
    loss = {"plain": 1.0, "signed": 0.8, "voting": 0.45}[str(code)]
    price = {"plain": 1.0, "signed": 1.25, "voting": 2.4}[str(code)]
    error = loss / (float(cells) ** 0.7 * (1 + 0.3 * np.log(float(copies)))) + 0.6 / float(margin)
    cost = price * float(cells) * float(copies) / 60 + float(margin) / 20
    return float(error / 1.6), float(cost / 3)


def mixed_designs() -> list[tuple[Value, ...]]:
    return list(product(*(factor.levels(0) for factor in MIXED)))


def volume(losses: NDArray[np.float64]) -> float:
    return hypervolume(losses, CORNER)


def volume_of(own: Problem, trials: Sequence[Trial]) -> float:
    return volume(losses_of(own.search, [trial for trial in trials if trial.feasible]))
