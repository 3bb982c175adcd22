"""Which designs a search tries next: Optuna's NSGA-II or TPE, asked one generation at a time.

Every draw is seeded by the name of its generation and place, and Optuna's state is rebuilt from the trials told so
far. So neither a kill nor the number of workers can change what is proposed.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from spikecim.streams import name_key, stream
from spikecim.study.designs import at_shares
from spikecim.study.factors import Factor, Value
from spikecim.study.search_goals import Search
from spikecim.study.search_space import distributions_of, params_of, unseen, values_of

if TYPE_CHECKING:
    from optuna.samplers import BaseSampler
    from optuna.study import Study as OptunaStudy
    from optuna.trial import FrozenTrial

Direction = Literal["minimize", "maximize"]
# Draws for one place in a generation before a random design takes it, when all are known already.
ATTEMPTS = 12
# Distribution index of the polynomial mutation (Deb et al. 2002). Of 5, 10 and 20, 5 loses variety least often on ZDT1.
_ETA = 5.0


@dataclass(frozen=True, kw_only=True)
class Asked:
    """A design to try; `attrs` is what Optuna wants to find again with it."""

    values: tuple[Value, ...]
    attrs: dict[str, Any]


def ask_generation(
    factors: Sequence[Factor], search: Search, seed: int, told: Sequence[FrozenTrial], generation: int
) -> list[Asked]:
    """Return the designs of one generation, none of which was tried before; empty when there is no other design.

    The first generation is spread evenly (Sobol sequence).

    Parameters
    ----------
    told : sequence of FrozenTrial
        All trials of earlier generations.
    """
    seen = {values_of(factors, trial.params) for trial in told}
    size = min(search.population, search.trials - len(told))
    with quiet_optuna():
        study = _rebuilt(search, told)
        asked: list[Asked] = []
        starts = [] if told else _spread(factors, size, seed)
        for place in range(size):
            name = (seed, generation, place)
            start = starts[place] if starts and starts[place] not in seen else None
            found = _given(study, factors, start, search, name) if start else _ask(study, factors, search, name, seen)
            if found is None:
                break
            seen.add(found.values)
            asked.append(found)
    return asked


def directions_of(search: Search) -> list[Direction]:
    """Optuna's names of the directions."""
    return ["maximize" if objective.maximise else "minimize" for objective in search.objectives]


@contextmanager
def quiet_optuna() -> Iterator[None]:
    """Optuna's log and its notes on experimental operators off, for the time of the block."""
    import optuna

    level = optuna.logging.get_verbosity()
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", optuna.exceptions.ExperimentalWarning)
            yield
    finally:
        optuna.logging.set_verbosity(level)


def _rebuilt(search: Search, told: Sequence[FrozenTrial]) -> OptunaStudy:
    import optuna

    study = optuna.create_study(directions=directions_of(search))
    study.add_trials(told)
    return study


def _spread(factors: Sequence[Factor], n: int, seed: int) -> list[tuple[Value, ...]]:
    """`n` designs that cover the ranges evenly."""
    from scipy.stats import qmc

    sequence = qmc.Sobol(len(factors), rng=stream(seed, "search", "first"))
    shares = sequence.random_base2((n - 1).bit_length())[:n]
    return [design.values for design in at_shares(factors, shares)]


def _ask(
    study: OptunaStudy, factors: Sequence[Factor], search: Search, name: tuple[int, int, int], seen: set[Any]
) -> Asked | None:
    """One design: the sampler's, or a random one when the sampler comes up with known ones only."""
    from optuna.trial import TrialState

    space = distributions_of(factors)
    for attempt in range(ATTEMPTS):
        study.sampler = _sampler(search, name, attempt)
        trial = study.ask(space)
        values = values_of(factors, trial.params)
        if values not in seen:
            return Asked(values=values, attrs=_attrs(study, trial.number))
        study.tell(trial, state=TrialState.FAIL)
    other = unseen(factors, seen, stream(name[0], "search", *name[1:], "unseen"))
    return _given(study, factors, other, search, name) if other else None


def _given(
    study: OptunaStudy, factors: Sequence[Factor], values: tuple[Value, ...], search: Search, name: tuple[int, int, int]
) -> Asked:
    """A design of our own choice, made known to the sampler."""
    study.sampler = _sampler(search, name, ATTEMPTS)
    study.enqueue_trial(params_of(factors, values))
    trial = study.ask(distributions_of(factors))
    # NSGA-II counts a trial to its generation only when it was asked for it, which a given design does not do.
    _ = trial.relative_params
    return Asked(values=values, attrs=_attrs(study, trial.number))


def _attrs(study: OptunaStudy, number: int) -> dict[str, Any]:
    """What Optuna noted with a trial, but for how it was asked for."""
    attrs = study.get_trials(deepcopy=False)[number].system_attrs
    return {key: value for key, value in attrs.items() if key != "fixed_params"}


def _sampler(search: Search, name: tuple[int, int, int], attempt: int) -> BaseSampler:
    from optuna.samplers import NSGAIISampler, TPESampler
    from optuna.samplers.nsgaii import PolynomialMutation

    seed = name_key(name[0], "search", *name[1:], attempt) % 2**32
    if search.sampler == "tpe":
        return TPESampler(n_startup_trials=search.population, seed=seed)
    return NSGAIISampler(population_size=search.population, mutation=PolynomialMutation(eta=_ETA), seed=seed)
