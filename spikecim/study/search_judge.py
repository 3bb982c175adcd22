"""Judging a Pareto front: fresh virtual chips on the search's images, then on test images, all with intervals.

The search picks designs that look good on its chips and images, so its own numbers are too good (optimism). The
fresh chips have indices that no study reaches, and the test images took no part in any choice.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from spikecim.results.search_result import FRESH, JUDGED, Estimate, FrontPoint, Setting, Trial
from spikecim.study.factors import Factor, Value
from spikecim.study.front import nondominated
from spikecim.study.search_goals import Objective
from spikecim.study.search_loop import Problem
from spikecim.study.search_statistics import Sample, draws_of, estimate_of, resampled, value_of

# Chips from here on are fresh: no study has so many.
FIRST_FRESH = 1_000_000
_MOST_TICKS = 8


def front_points(
    problem: Problem, front: Sequence[Trial], samples: Mapping[str, Sequence[Sample]]
) -> tuple[FrontPoint, ...]:
    """The front with an interval for every objective at every stage.

    Parameters
    ----------
    samples : dict of stage to sequence of Sample
        One sample for each trial of `front`; a stage that failed for a design gives NaN.
    """
    keeps = _keeps(problem, samples[JUDGED])
    return tuple(
        FrontPoint(
            design=trial.number,
            values=trial.values,
            shown=tuple(f.show(v) for f, v in zip(problem.factors, trial.values, strict=True)),
            places=tuple(place_of(f, v) for f, v in zip(problem.factors, trial.values, strict=True)),
            estimates={stage: _estimates(problem, found[place]) for stage, found in samples.items()},
            keeps=float(keeps[place]),
            violated=_violated(problem, samples[JUDGED][place]),
        )
        for place, trial in enumerate(front)
    )


def place_of(factor: Factor, value: Value) -> float:
    """Where `value` lies between the ends of its factor, 0 to 1; a single value lies in the middle."""
    if factor.listed:
        last = len(factor.values) - 1
        return factor.values.index(value) / last if last else 0.5
    at, low, high = float(value), factor.low, factor.high
    if factor.scale == "log":
        at, low, high = np.log(at), np.log(low), np.log(high)
    return float((at - low) / (high - low))


def setting_of(factor: Factor) -> Setting:
    """A factor for a reader: every value of a short list, else first, middle and last."""
    n = factor.n_values
    values = factor.levels(3) if n is None or n <= _MOST_TICKS else tuple(factor.at(share) for share in (0.0, 0.5, 1.0))
    ticks = tuple((place_of(factor, value), factor.show(value)) for value in values)
    return Setting(path=factor.path, unit=factor.unit, ticks=ticks)


def _estimates(problem: Problem, sample: Sample) -> tuple[Estimate, ...]:
    return tuple(estimate_of(objective, sample, problem.good) for objective in problem.search.objectives)


def _keeps(problem: Problem, samples: Sequence[Sample]) -> NDArray[np.float64]:
    """Share of draws of chips in which no other front point beats the point; 0 for one that failed."""
    shares, ran = np.zeros(len(samples)), [place for place, sample in enumerate(samples) if not sample.error]
    if not ran:
        return shares
    rows = draws_of(problem.seed, FRESH, len(next(iter(samples[ran[0]].metrics.values()))))
    drawn = np.array([[_loss(problem, o, samples[place], rows) for o in problem.search.objectives] for place in ran])
    shares[ran] = np.mean([nondominated(drawn[:, :, draw]) for draw in range(drawn.shape[2])], axis=0)
    return shares


def _loss(problem: Problem, objective: Objective, sample: Sample, rows: NDArray[np.int64]) -> NDArray[np.float64]:
    drawn = resampled(objective, sample, problem.good, rows)
    return -drawn if objective.maximise else drawn


def _violated(problem: Problem, sample: Sample) -> tuple[str, ...]:
    if sample.error:
        return (sample.error,)
    limits = problem.search.constraints
    return tuple(limit.text for limit in limits if limit.violation(value_of(limit, sample, problem.good)) > 0)
