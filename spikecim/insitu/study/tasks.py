"""What is to be trained next, as a function of what is trained: no order of work can change it.

Tuning: every rate with the tuning seeds, judged by mean validation accuracy; while the best rate stands at an end of
its list, a rate beyond that end is added. A rate that is best with few seeds may stand on a brink: it is confirmed with
more of them, and if another one is best then, that one too. Scoring: the best rate with seeds that tuning never saw.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np

from spikecim.insitu.study.spec import (
    MOST_EXTENDED,
    SCORING,
    SCORING_FROM,
    TUNING,
    DeviceChoice,
    InsituStudy,
    RuleChoice,
)


@dataclass(frozen=True, kw_only=True)
class Task:
    """One training.

    Attributes
    ----------
    phase : str
    device, rule : str
        Names of the study.
    rate : float
    step : int
        Place of the rate in its list; below 0 and above the last one: added.
    design : int
        Of the task in the journal, whatever its seed.
    place : int
        Which seed of the phase.
    seed : int
    """

    phase: str
    device: str
    rule: str
    rate: float
    step: int
    design: int
    place: int
    seed: int

    @property
    def key(self) -> tuple[int, int]:
        """Of the task in the journal."""
        return self.design, self.place

    @property
    def file(self) -> str:
        """Name of what is kept of it beside the journal."""
        return f"{self.design:05d}-{self.place:03d}"

    @property
    def label(self) -> str:
        """For people."""
        return f"{self.device}, {self.rule}, rate {self.rate:g}, seed {self.seed}"


# Validation accuracy of a finished task; NaN if it failed, None if it is not finished.
Known = Callable[[Task], float | None]


@dataclass(frozen=True, kw_only=True)
class Tuned:
    """What tuning of one device and rule says so far.

    Attributes
    ----------
    steps : tuple of int
        Rates tried or to be tried, rising.
    seeds : tuple of int
        With how many seeds, each.
    pending : tuple of Task
        Not finished; empty once the best rate is known.
    best : int or None
        Step of the best rate; None before it is known, and where every rate failed.
    edge : str
        ``"lowest"`` or ``"highest"`` if the best rate stands at that end of all that were tried.
    """

    steps: tuple[int, ...]
    seeds: tuple[int, ...]
    pending: tuple[Task, ...]
    best: int | None
    edge: str = ""


def cells_of(study: InsituStudy) -> Iterator[tuple[DeviceChoice, RuleChoice]]:
    """All pairs of device and rule, in the order of the table."""
    for device in study.devices:
        for rule in study.rules:
            yield device, rule


def rate_at(rule: RuleChoice, step: int) -> float:
    """The rate at `step`; beyond the ends by the ratio of the two rates next to that end, to three digits."""
    rates, last = rule.rates, len(rule.rates) - 1
    if 0 <= step <= last:
        return rates[step]
    if last == 0:
        raise ValueError("one rate alone has no next one")
    edge, ratio = (rates[0], rates[0] / rates[1]) if step < 0 else (rates[last], rates[last] / rates[last - 1])
    return float(f"{edge * ratio ** (-step if step < 0 else step - last):.3g}")


def task_of(study: InsituStudy, pair: tuple[DeviceChoice, RuleChoice], step: int, phase: str, place: int) -> Task:
    """The task of one device and rule (`pair`), rate and seed."""
    device, rule = pair
    cell = study.devices.index(device) * len(study.rules) + study.rules.index(rule)
    # Neither more seeds nor more added rates change the number of a task.
    widest = max(len(other.rates) for other in study.rules) + 2 * MOST_EXTENDED
    design = 2 * (cell * widest + step + MOST_EXTENDED) + (phase == SCORING)
    start = study.first + (SCORING_FROM if phase == SCORING else 0)
    rate = rate_at(rule, step)
    return Task(
        phase=phase,
        device=device.name,
        rule=rule.name,
        rate=rate,
        step=step,
        design=design,
        place=place,
        seed=start + place,
    )


def tuned(study: InsituStudy, pair: tuple[DeviceChoice, RuleChoice], known: Known) -> Tuned:
    """Tuning of one device and rule, as far as it is known."""
    last = len(pair[1].rates) - 1
    seeds = dict.fromkeys(range(last + 1), study.tuning)
    while True:
        steps = tuple(sorted(seeds))
        low, high = steps[0], steps[-1]
        tasks = [task_of(study, pair, step, TUNING, place) for step in steps for place in range(seeds[step])]
        pending = tuple(task for task in tasks if known(task) is None)
        counts = tuple(seeds[step] for step in steps)
        if pending:
            return Tuned(steps=steps, seeds=counts, pending=pending, best=None)
        means = [float(np.mean([_of(known(task)) for task in tasks if task.step == step])) for step in steps]
        best = _best(steps, means)
        if best is not None and best == high and low < high and high - last < study.extend:
            seeds[high + 1] = study.tuning
        elif best is not None and best == low and low < high and -low < study.extend:
            seeds[low - 1] = study.tuning
        elif best is not None and seeds[best] < study.confirming:
            seeds[best] = study.confirming
        else:
            edge = "" if best is None or low == high else {high: "highest", low: "lowest"}.get(best, "")
            return Tuned(steps=steps, seeds=counts, pending=(), best=best, edge=edge)


def _of(value: float | None) -> float:
    return math.nan if value is None else value


def _best(steps: tuple[int, ...], means: list[float]) -> int | None:
    """The step of highest mean; of equal ones the lowest rate, which writes least. A failed seed rules a rate out."""
    there = [(mean, -step) for step, mean in zip(steps, means, strict=True) if not math.isnan(mean)]
    return -max(there)[1] if there else None


def scoring(study: InsituStudy, pair: tuple[DeviceChoice, RuleChoice], step: int) -> tuple[Task, ...]:
    """Scoring of the rate at `step`."""
    return tuple(task_of(study, pair, step, SCORING, place) for place in range(study.scoring))


@dataclass(frozen=True, kw_only=True)
class Plan:
    """What is left.

    Attributes
    ----------
    pending : tuple of Task
        Those that can be begun now.
    done, total : int
        Finished tasks, and all that are known of: an added rate adds to them.
    """

    pending: tuple[Task, ...] = ()
    done: int = 0
    total: int = 0


def plan(study: InsituStudy, known: Known) -> Plan:
    """What is to be done now, tuning first; scoring begins for a device and rule once its rate is known."""
    first: list[Task] = []
    second: list[Task] = []
    done = total = 0
    for pair in cells_of(study):
        found = tuned(study, pair, known)
        first += found.pending
        n = sum(found.seeds)
        done, total = done + n - len(found.pending), total + n
        if found.best is not None:
            tasks = scoring(study, pair, found.best)
            left = [task for task in tasks if known(task) is None]
            second += left
            done += len(tasks) - len(left)
        if found.best is not None or found.pending:
            total += study.scoring
    return Plan(pending=(*first, *second), done=done, total=total)
