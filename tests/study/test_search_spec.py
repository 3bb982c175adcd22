"""The [search] table: what it means when it is right, and one line for every way in which it can be wrong."""

from __future__ import annotations

import math
from typing import Any

import pytest

from spikecim.errors import ParameterError
from spikecim.study.search_goals import Constraint, Objective, sources_of
from spikecim.study.search_spec import read_search
from tests.study.studies import SMALL, study

GOOD: dict[str, Any] = {"objectives": ["accuracy", "core_nj"], "trials": 12, "population": 4}


def read(**changes: Any) -> Any:
    return read_search(study(search={**GOOD, **changes}))


def test_defaults_are_the_metrics_own_directions() -> None:
    search = read()
    assert search.objectives == (
        Objective(metric="accuracy", statistic="median", maximise=True),
        Objective(metric="core_nj", statistic="median", maximise=False),
    )
    assert (search.sampler, search.trials, search.population, search.final_chips) == ("nsga2", 12, 4, 40)


def test_an_objective_says_statistic_and_direction() -> None:
    wanted = [{"metric": "input_spikes_sd", "direction": "maximise"}, {"metric": "accuracy@3", "statistic": "mean"}]
    search = read(objectives=wanted, statistic="worst-5-percent")
    assert search.objectives == (
        Objective(metric="input_spikes_sd", statistic="worst-5-percent", maximise=True),
        Objective(metric="accuracy@3", statistic="mean", maximise=True),
    )
    assert search.objectives[1].label == "accuracy at margin 3, mean chip"


def test_the_yield_is_read_from_the_accuracy() -> None:
    search = read(objectives=["yield@4", "cells"])
    assert sources_of(search) == ("accuracy@4", "cells")
    assert search.objectives[0].share


def test_constraints_on_one_metric_are_one() -> None:
    wanted = ["accuracy >= 0.5", "core_nj<=9", {"metric": "accuracy", "at_most": 0.9, "at_least": 0.6}]
    search = read(constraints=wanted)
    assert search.constraints == (
        Constraint(metric="accuracy", statistic="median", at_least=0.6, at_most=0.9),
        Constraint(metric="core_nj", statistic="median", at_most=9.0),
    )
    limit = search.constraints[0]
    assert [limit.violation(value) for value in (0.6, 0.9, 0.3)] == [0.0, 0.0, pytest.approx(0.5)]
    assert limit.violation(1.0) == pytest.approx(1 / 9)
    assert limit.text == "accuracy >= 0.6 and <= 0.9"


def test_a_limit_of_zero_can_be_broken() -> None:
    limit = Constraint(metric="unverified_cells", statistic="median", at_most=0.0)
    assert (limit.violation(3.0), limit.violation(0.0)) == (3.0, 0.0)
    assert limit.at_least == -math.inf


def test_test_images_are_refused() -> None:
    own = study(base={**SMALL["base"], "split": "test"}, search=GOOD)
    with pytest.raises(ParameterError, match=r'base\.split is "test".*give "validation"'):
        read_search(own)


def test_a_study_without_a_table_is_told_what_to_write() -> None:
    with pytest.raises(ParameterError, match=r'\[search\] is missing; give at least objectives = \["accuracy"'):
        read_search(study())


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"objectiv": 1}, "unknown key 'objectiv'; did you mean 'objectives'?"),
        ({"objectives": []}, "a list of 1 to 4 metrics"),
        ({"objectives": "accuracy"}, "a list of 1 to 4 metrics"),
        ({"objectives": ["acuracy"]}, "'acuracy' is no metric; did you mean 'accuracy'?"),
        ({"objectives": ["yeild"]}, "did you mean 'yield'?"),
        ({"objectives": [3]}, "expected a metric"),
        ({"objectives": [{"statistic": "mean"}]}, "metric is missing"),
        ({"objectives": ["accuracy@77"]}, "a margin after @ must be 1 .. 10"),
        ({"objectives": ["accuracy", "accuracy"]}, "names an objective twice"),
        ({"objectives": ["input_spikes_sd"]}, "is neither good nor bad; give a direction"),
        ({"objectives": [{"metric": "cells", "direction": "down"}]}, "direction: 'down' is unknown"),
        ({"objectives": [{"metric": "cells", "aim": 1}]}, "unknown key 'aim'"),
        ({"objectives": [{"metric": "yield", "statistic": "mean"}]}, "leave its statistic out"),
        ({"statistic": "mode"}, "search.statistic: 'mode' is unknown"),
        ({"sampler": "nsga3"}, "did you mean 'nsga2'?"),
        ({"trials": 1}, "search.trials is 1; allowed 2 .. 1000000"),
        ({"trials": True}, "search.trials is True"),
        ({"population": 50}, "search.population is 50, more than search.trials (12)"),
        ({"final_chips": 0}, "search.final_chips is 0"),
        ({"constraints": "accuracy > 1"}, "expected a list like"),
        ({"constraints": ["accuracy > 0.5"]}, 'write it as "accuracy >= 0.8"'),
        ({"constraints": ["accuracy >= good"]}, "'good' is no number"),
        ({"constraints": ["accuracy >= nan"]}, "expected a number, got nan"),
        ({"constraints": [{"metric": "accuracy"}]}, "has no limit; give at_least, at_most or both"),
        ({"constraints": ["accuracy >= 0.9", "accuracy <= 0.5"]}, "accuracy >= 0.9 and <= 0.5 contradict each other"),
        ({"constraints": ["accuracy >= 84"]}, "is a share between 0 and 1"),
        ({"constraints": ["yield <= -1"]}, "is a share between 0 and 1"),
    ],
)
def test_every_fault_is_one_line(changes: dict[str, Any], words: str) -> None:
    with pytest.raises(ParameterError) as caught:
        read(**changes)
    assert words in str(caught.value)
    assert str(caught.value).startswith("study 'small': ")
    assert "\n" not in str(caught.value)
