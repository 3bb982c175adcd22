"""What a design search is after: objectives, constraints, and the effort it may take."""

from __future__ import annotations

import math
from dataclasses import dataclass

from spikecim.study.metrics import metric_of

YIELD = "yield"
# What stands for a design: the middle chip, the mean chip, or the value that 19 of 20 chips reach.
STATISTICS = ("median", "mean", "worst-5-percent")
SAMPLERS = ("nsga2", "tpe")


@dataclass(frozen=True, kw_only=True)
class Target:
    """A number of a design: a statistic of one metric over its virtual chips.

    Attributes
    ----------
    metric : str
        A name from `study.metrics`, with or without ``@margin``, or ``"yield"``: the share of good chips.
    statistic : str
        One of `STATISTICS`; ``"share"`` for the yield.
    """

    metric: str
    statistic: str

    @property
    def source(self) -> str:
        """The metric it is computed from."""
        plain, at, margin = self.metric.partition("@")
        return f"accuracy{at}{margin}" if plain == YIELD else self.metric

    @property
    def share(self) -> bool:
        """Whether it lies between 0 and 1."""
        return self.source.partition("@")[0] == "accuracy"

    @property
    def label(self) -> str:
        """What a reader calls it."""
        plain, _, margin = self.metric.partition("@")
        name = YIELD if plain == YIELD else metric_of(self.metric).label
        how = {"mean": ", mean chip", "worst-5-percent": ", 19 of 20 chips"}.get(self.statistic, "")
        return f"{name}{f' at margin {margin}' if margin else ''}{how}"

    @property
    def unit(self) -> str:
        return "" if self.share else metric_of(self.source).unit


@dataclass(frozen=True, kw_only=True)
class Objective(Target):
    """What a search makes as large or as small as it can."""

    maximise: bool


@dataclass(frozen=True, kw_only=True)
class Constraint(Target):
    """What a design must keep: `at_least` <= value <= `at_most`, in the metric's unit."""

    at_least: float = -math.inf
    at_most: float = math.inf

    def violation(self, value: float) -> float:
        """How far outside `value` is, 0 when it is kept; relative to the limit, so that constraints add up."""
        limit = self.at_least if value < self.at_least else self.at_most
        outside = max(self.at_least - value, value - self.at_most, 0.0)
        return outside / abs(limit) if outside and limit else outside

    @property
    def text(self) -> str:
        parts = [f">= {self.at_least:g}"] if self.at_least > -math.inf else []
        parts += [f"<= {self.at_most:g}"] if self.at_most < math.inf else []
        unit = f" {self.unit}" if self.unit else ""
        return f"{self.label} {' and '.join(parts)}{unit}"


@dataclass(frozen=True, kw_only=True)
class Search:
    """How a study is searched.

    Attributes
    ----------
    objectives : tuple of Objective
    constraints : tuple of Constraint
    sampler : str
        ``"nsga2"`` (Deb et al. 2002) or ``"tpe"`` (Ozaki et al. 2022).
    trials : int
        Designs to evaluate, failed ones included.
    population : int
        Designs of one generation: proposed together, evaluated in parallel.
    final_chips, final_images : int
        Fresh chips and test images that judge the front; 0 images means all.
    """

    objectives: tuple[Objective, ...]
    constraints: tuple[Constraint, ...]
    sampler: str
    trials: int
    population: int
    final_chips: int
    final_images: int


def sources_of(search: Search) -> tuple[str, ...]:
    """The metrics that every virtual chip is measured for."""
    return tuple(dict.fromkeys(target.source for target in (*search.objectives, *search.constraints)))
