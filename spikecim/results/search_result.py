"""What a design search found: every trial, the Pareto front as searched and as judged afresh, its growth."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

# Where an objective's value comes from: virtual chips and images of the search; fresh chips on the same images;
# fresh chips on test images.
SEARCHED, FRESH, JUDGED = "search", "fresh chips", "fresh chips, test images"
STAGES = (SEARCHED, FRESH, JUDGED)


@dataclass(frozen=True, kw_only=True)
class Goal:
    """One objective as a reader sees it.

    Attributes
    ----------
    metric, statistic, label, unit : str
        A share has no unit and is shown in percent.
    maximise, share : bool
    bounded_from : int
        Number of virtual chips from which its interval has two ends.
    """

    metric: str
    statistic: str
    label: str
    unit: str
    maximise: bool
    share: bool
    bounded_from: int


@dataclass(frozen=True, kw_only=True)
class Setting:
    """One factor as a reader sees it: its path, unit, and some of its values with their places, 0 first and 1 last."""

    path: str
    unit: str
    ticks: tuple[tuple[float, str], ...]


@dataclass(frozen=True, kw_only=True)
class Trial:
    """One design that was tried.

    Attributes
    ----------
    number, generation : int
    values : tuple
        One for each factor, in SI units.
    objectives : tuple of float
        Empty if a virtual chip failed.
    violations : tuple of float
        How far outside each constraint, 0 when kept.
    error : str
        Why it failed.
    """

    number: int
    generation: int
    values: tuple[float | int | str, ...]
    objectives: tuple[float, ...] = ()
    violations: tuple[float, ...] = ()
    error: str = ""

    @property
    def feasible(self) -> bool:
        """Whether it ran and kept every constraint."""
        return not self.error and not any(self.violations)


@dataclass(frozen=True, kw_only=True)
class Estimate:
    """A statistic over virtual chips with its 95 % interval; an end that so few chips cannot give is infinite: open."""

    value: float
    low: float
    high: float

    @property
    def low_open(self) -> bool:
        """Whether nothing is known of how low it may be."""
        return self.low == -math.inf

    @property
    def high_open(self) -> bool:
        """Whether nothing is known of how high it may be."""
        return self.high == math.inf


@dataclass(frozen=True, kw_only=True)
class FrontPoint:
    """A design that no other one of the search beats.

    Attributes
    ----------
    design : int
        Number of its trial.
    values : tuple
        Of the factors, in SI units.
    shown : tuple of str
        The same for people.
    places : tuple of float
        Where each value lies between the ends of its factor, 0 to 1.
    estimates : dict of stage to tuple of Estimate
        One for each objective, at each of `STAGES`.
    keeps : float
        Share of bootstrap draws of fresh chips and test images in which no other front point beats it.
    violated : tuple of str
        Constraints that it breaks on fresh chips and test images.
    """

    design: int
    values: tuple[float | int | str, ...]
    shown: tuple[str, ...]
    places: tuple[float, ...]
    estimates: Mapping[str, tuple[Estimate, ...]]
    keeps: float
    violated: tuple[str, ...]

    def optimism(self, goal: int) -> float:
        """How much better the search saw objective `goal` than fresh chips on the same images do; signed."""
        return self.estimates[SEARCHED][goal].value - self.estimates[FRESH][goal].value


@dataclass(frozen=True, kw_only=True)
class SearchResult:
    """One finished search.

    Attributes
    ----------
    name, title : str
    goals : tuple of Goal
    settings : tuple of Setting
    constraints : tuple of str
    trials : tuple of Trial
    front : tuple of FrontPoint
        In order of the first objective, best first.
    growth : tuple of float
        Share of the box between the best and the worst seen that the front dominates, after each generation.
    reference : tuple of float
        The box's worst corner, in units of the objectives.
    n_chips, final_chips : int
    n_images, final_images : int
    exhausted : bool
        Whether the search ended because every design there is had been tried.
    facts : dict
        Settings and digests for a reader who wants to repeat it.
    """

    name: str
    title: str
    goals: tuple[Goal, ...]
    settings: tuple[Setting, ...]
    constraints: tuple[str, ...]
    trials: tuple[Trial, ...]
    front: tuple[FrontPoint, ...]
    growth: tuple[float, ...]
    reference: tuple[float, ...]
    n_chips: int
    final_chips: int
    n_images: int
    final_images: int
    exhausted: bool
    facts: Mapping[str, str]

    @property
    def n_failed(self) -> int:
        """Trials with an error."""
        return sum(bool(trial.error) for trial in self.trials)

    @property
    def n_feasible(self) -> int:
        """Trials that kept every constraint."""
        return sum(trial.feasible for trial in self.trials)
