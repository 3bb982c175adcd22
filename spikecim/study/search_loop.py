"""The loop of a search: propose a generation, evaluate it, tell it, until the budget or the designs are used up."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from spikecim.models.extras import needs
from spikecim.results.search_result import Trial
from spikecim.study.designs import Design
from spikecim.study.factors import Factor
from spikecim.study.front import hypervolume, nondominated
from spikecim.study.search_goals import Search
from spikecim.study.search_sampler import Asked, ask_generation, directions_of, quiet_optuna
from spikecim.study.search_space import distributions_of, params_of, values_of
from spikecim.study.search_statistics import Sample, value_of
from spikecim.study.search_store import GENERATION, SIZE, TrialStore

if TYPE_CHECKING:
    from optuna.trial import FrozenTrial

# Evaluates designs, in any order, and returns a sample of virtual chips for each, in the order given.
Evaluate = Callable[[Sequence[Design]], Sequence[Sample]]
_ERROR = "error"
# The box of the hypervolume reaches this much of its width beyond the worst point, so that the ends of a front count.
_MARGIN = 0.1


@dataclass(frozen=True, kw_only=True)
class Problem:
    """What to search: factors, goals, seed, and the accuracy from which a chip is good."""

    name: str
    factors: tuple[Factor, ...]
    search: Search
    seed: int
    good: float


def search_designs(problem: Problem, path: Path, evaluate: Evaluate) -> tuple[Trial, ...]:
    """Search until the budget is used up or no design is left; trials that `path` holds are not evaluated again.

    Raises
    ------
    MissingExtraError
        Without Optuna.
    ResultFileError
        If `path` is the file of another search.
    """
    with needs("search", "a design search"):
        import optuna  # noqa: F401
    search, factors = problem.search, problem.factors
    with quiet_optuna():
        store = TrialStore(path, problem.name, directions_of(search), distributions_of(factors))
        told = store.whole()
    while len(told) < search.trials:
        generation = told[-1].user_attrs[GENERATION] + 1 if told else 0
        asked = ask_generation(factors, search, problem.seed, told, generation)
        if not asked:
            break
        first = len(told)
        designs = [Design(number=first + place, values=item.values) for place, item in enumerate(asked)]
        samples = evaluate(designs)
        with quiet_optuna():
            trials = [_frozen(problem, a, s, (generation, len(asked))) for a, s in zip(asked, samples, strict=True)]
            store.append(first, trials)
        told = [*told, *trials]
    return tuple(_trial(problem, number, frozen) for number, frozen in enumerate(told))


def losses_of(search: Search, trials: Sequence[Trial]) -> NDArray[np.float64]:
    """Objectives of `trials` with less being better, (n_trials, n_objectives)."""
    sign = [-1.0 if objective.maximise else 1.0 for objective in search.objectives]
    return np.array([trial.objectives for trial in trials], np.float64).reshape(-1, len(sign)) * sign


def front_of(search: Search, trials: Sequence[Trial]) -> list[Trial]:
    """Trials that keep all constraints and that no other one beats, best in the first objective first."""
    feasible = [trial for trial in trials if trial.feasible]
    losses = losses_of(search, feasible)
    kept = np.flatnonzero(nondominated(losses))
    return [feasible[place] for place in sorted(kept, key=lambda place: (*losses[place], place))]


def growth_of(search: Search, trials: Sequence[Trial]) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """Share of the box that the front dominates after each generation, and the box's worst corner.

    The box reaches from the best to a tenth beyond the worst value seen of each objective, over feasible trials.
    """
    feasible = [trial for trial in trials if trial.feasible]
    if not feasible:
        return (), ()
    losses = losses_of(search, feasible)
    best, worst = losses.min(axis=0), losses.max(axis=0)
    width = np.where(worst > best, worst - best, 1.0)
    reference = worst + _MARGIN * width
    box = float(np.prod(reference - best))
    of = np.array([trial.generation for trial in feasible])
    shares = [hypervolume(losses[of <= g], reference) / box for g in range(trials[-1].generation + 1)]
    signs = [-1.0 if objective.maximise else 1.0 for objective in search.objectives]
    return tuple(shares), tuple(float(s * r) for s, r in zip(signs, reference, strict=True))


def _frozen(problem: Problem, asked: Asked, sample: Sample, place: tuple[int, int]) -> FrozenTrial:
    """A finished trial as Optuna keeps it."""
    from optuna.trial import TrialState, create_trial

    search = problem.search
    values = [value_of(o, sample, problem.good) for o in search.objectives] if not sample.error else []
    limits = [value_of(c, sample, problem.good) for c in search.constraints] if not sample.error else []
    error = sample.error or _not_finite(problem, [*values, *limits])
    marks = {GENERATION: place[0], SIZE: place[1], **({_ERROR: error} if error else {})}
    kept = {} if error else {c.text: c.violation(v) for c, v in zip(search.constraints, limits, strict=True)}
    return create_trial(
        state=TrialState.FAIL if error else TrialState.COMPLETE,
        values=None if error else values,
        params=params_of(problem.factors, asked.values),
        distributions=distributions_of(problem.factors),
        user_attrs=marks,
        system_attrs=asked.attrs,
        constraints=kept,
    )


def _not_finite(problem: Problem, values: Sequence[float]) -> str:
    targets = (*problem.search.objectives, *problem.search.constraints)
    odd = [target.label for target, value in zip(targets, values, strict=False) if not np.isfinite(value)]
    return f"{odd[0]} is not a number" if odd else ""


def _trial(problem: Problem, number: int, frozen: FrozenTrial) -> Trial:
    return Trial(
        number=number,
        generation=frozen.user_attrs[GENERATION],
        values=values_of(problem.factors, frozen.params),
        objectives=tuple(frozen.values or ()),
        violations=tuple(frozen.constraints.get(c.text, 0.0) for c in problem.search.constraints),
        error=frozen.user_attrs.get(_ERROR, ""),
    )
