"""A design search of a study: searched on validation images, its Pareto front judged on fresh chips and test images."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import numpy as np

from spikecim.errors import ParameterError
from spikecim.files import make_folder
from spikecim.progress import Stage, silent
from spikecim.results.journal import Journal
from spikecim.results.search_result import FRESH, JUDGED, SEARCHED, FrontPoint, Goal, SearchResult, Trial
from spikecim.study.designs import Design
from spikecim.study.manifest import study_folder
from spikecim.study.point import Point, images_for
from spikecim.study.pool import Pool
from spikecim.study.search_goals import Objective, Search, sources_of
from spikecim.study.search_judge import FIRST_FRESH, front_points, setting_of
from spikecim.study.search_loop import Problem, front_of, growth_of, search_designs
from spikecim.study.search_space import size_of
from spikecim.study.search_spec import read_search
from spikecim.study.search_statistics import Sample, bounded_from
from spikecim.study.spec import Study
from spikecim.study.sweep import run_points

PURPOSE, TRIALS = "explore", "trials.jsonl"
# Where the front is judged, inside the folder of the search.
FOLDERS = {FRESH: "fresh-chips", JUDGED: "fresh-chips-test-images"}


@dataclass(frozen=True, kw_only=True)
class Bench:
    """Where designs are measured: some virtual chips of a study, computed on a pool and kept in a journal."""

    study: Study
    pool: Pool
    journal: Journal
    chips: range

    def measure(self, designs: Sequence[Design], recorded: Callable[..., None] | None = None) -> list[Sample]:
        """A sample for each design; only what the journal lacks is computed."""
        points = (Point(design=design, chip_index=chip) for design in designs for chip in self.chips)
        run_points(self.study, points, self.pool, self.journal, recorded)
        return [self._sample(design) for design in designs]

    def _sample(self, design: Design) -> Sample:
        entries = [self.journal.get(design.number, chip) for chip in self.chips]
        for chip, entry in zip(self.chips, entries, strict=True):
            if entry is None or entry.error:
                return Sample(error=f"virtual chip {chip}: {entry.error if entry else 'not computed'}")
        table = np.array([entry.values for entry in entries if entry is not None])
        return Sample(metrics=dict(zip(self.journal.columns, table.T, strict=True)))


def run_search(study: Study, out: Path, pool: Pool, progress: Stage = silent) -> SearchResult:
    """Run or go on with the search of `study` in the folder `out`.

    Raises
    ------
    ParameterError
        If the ``[search]`` table cannot be, the study is one of test images, or no design keeps the constraints.
    MissingExtraError
        Without Optuna.
    ResultFileError, OutputError, ClusterError
        See `study_folder` and `run_points`; what was finished stays, and the same call goes on.
    """
    search = read_search(study)
    study = replace(study, metrics=tuple(dict.fromkeys((*study.metrics, *sources_of(search)))))
    problem = Problem(name=study.name, factors=study.factors, search=search, seed=study.seed, good=study.good_accuracy)
    with study_folder(study, out, PURPOSE) as journal:
        bench = Bench(study=study, pool=pool, journal=journal, chips=range(study.n_chips))
        trials = _searched(problem, out, bench, progress)
        front = front_of(search, trials)
        if not front:
            raise ParameterError(_none_kept(study, search, trials))
        designs = [Design(number=trial.number, values=trial.values) for trial in front]
        samples = {SEARCHED: bench.measure(designs)}
    for stage, folder in FOLDERS.items():
        judge = _judge(study, search, stage)
        samples[stage] = _judged(judge, out / folder, pool, designs, partial(progress, stage))
    return _result(study, problem, trials, front_points(problem, front, samples))


def _searched(problem: Problem, out: Path, bench: Bench, progress: Stage) -> tuple[Trial, ...]:
    """All trials; the bar counts points."""
    total = round(min(problem.search.trials, size_of(problem.factors))) * len(bench.chips)

    def recorded(*_: object) -> None:
        progress("search", len(bench.journal), total)

    recorded()
    return search_designs(problem, out / TRIALS, lambda designs: bench.measure(designs, recorded))


def _judge(study: Study, search: Search, stage: str) -> Study:
    """The study as the front is judged: as many fresh chips as asked for, at last with test images."""
    if stage == FRESH:
        return replace(study, n_chips=search.final_chips)
    return replace(study, n_chips=search.final_chips, split="test", images=search.final_images)


def _judged(
    study: Study, folder: Path, pool: Pool, designs: Sequence[Design], progress: Callable[[int, int], None]
) -> list[Sample]:
    make_folder(folder)
    with study_folder(study, folder, PURPOSE) as journal:
        chips = range(FIRST_FRESH, FIRST_FRESH + study.n_chips)
        bench = Bench(study=study, pool=pool, journal=journal, chips=chips)
        total = len(designs) * len(chips)
        progress(len(journal), total)
        return bench.measure(designs, lambda *_: progress(len(journal), total))


def _none_kept(study: Study, search: Search, trials: Sequence[Trial]) -> str:
    """One line on why there is no front."""
    ran = [trial for trial in trials if not trial.error]
    if not ran:
        return f"study {study.name!r}: all {len(trials)} designs failed; the first with: {trials[0].error}"
    closest = min(ran, key=lambda trial: sum(trial.violations))
    broken = ", ".join(c.text for c, v in zip(search.constraints, closest.violations, strict=True) if v)
    return (
        f"study {study.name!r}: none of {len(trials)} designs keeps all constraints; the closest, design "
        f"{closest.number}, breaks {broken}; loosen it, widen the factors or give more trials"
    )


def _result(study: Study, problem: Problem, trials: tuple[Trial, ...], front: tuple[FrontPoint, ...]) -> SearchResult:
    search, chip = problem.search, study.base_chip()
    shares, reference = growth_of(search, trials)
    judge = _judge(study, search, JUDGED)
    return SearchResult(
        name=study.name,
        title=study.title or study.name,
        goals=tuple(_goal(objective) for objective in search.objectives),
        settings=tuple(setting_of(factor) for factor in study.factors),
        constraints=tuple(limit.text for limit in search.constraints),
        trials=trials,
        front=front,
        growth=shares,
        reference=reference,
        n_chips=study.n_chips,
        final_chips=search.final_chips,
        n_images=len(images_for(study, chip).labels),
        final_images=len(images_for(judge, chip).labels),
        exhausted=len(trials) < search.trials,
        facts=_facts(study, search),
    )


def _goal(objective: Objective) -> Goal:
    return Goal(
        metric=objective.metric,
        statistic=objective.statistic,
        label=objective.label,
        unit=objective.unit,
        maximise=objective.maximise,
        share=objective.share,
        bounded_from=bounded_from(objective),
    )


def _facts(study: Study, search: Search) -> dict[str, str]:
    return {
        "study": study.name,
        "study digest": study.digest(),
        "base chip": f"{study.chip} ({study.chip_digest})",
        "set for all designs": ", ".join(f"{path} = {value}" for path, value in study.overrides) or "nothing",
        "network": study.network or "the one that belongs to data, chip and levels",
        "data": study.data,
        "images of the search": f"the first {study.images:,} of the validation images, in the order of the data set"
        if study.images
        else "all validation images",
        "good chip": f"accuracy of {100 * study.good_accuracy:g} % or more",
        "sampler": f"{search.sampler}, {search.trials} trials, generations of {search.population}",
        "seed": str(study.seed),
    }
