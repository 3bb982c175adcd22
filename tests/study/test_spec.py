"""Study files: defaults written out, one digest for one study, every fault as one line."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from spikecim.errors import ParameterError
from spikecim.study.reading import read_study, study_from
from tests.study.studies import raw, study


def test_defaults_are_written_out_and_titles_do_not_count() -> None:
    told = study().describe()
    assert told["base"]["chip"] == "spirit"
    assert told["base"]["split"] == "validation"
    assert told["design"] == {"kind": "sobol", "points": 4, "levels": 5}
    assert study(title="Other words").digest() == study().digest()


@pytest.mark.parametrize(
    "changes",
    [
        {"base": {"data": "digits", "images": 41, "chips": 2}},
        {"base": {"data": "digits", "images": 40, "chips": 2, "set": {"neuron.refractory": "3 us"}}},
        {"factors": {"decision.delta_s": [4, 10]}},
        {"design": {"kind": "sobol", "points": 8}},
        {"metrics": {"report": ["accuracy"]}},
    ],
)
def test_what_moves_a_result_moves_the_digest(changes: dict[str, Any]) -> None:
    assert study(**changes).digest() != study().digest()


def test_a_study_is_a_key_of_caches() -> None:
    assert study() == study()
    assert hash(study()) == hash(study())


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"schema": 2}, "schema is 2"),
        ({"schema": None}, "schema is None"),
        ({"name": ""}, "name is missing"),
        ({"name": 1.5}, "name must be a text of one line"),
        ({"name": "two\nlines"}, "name must be a text of one line"),
        ({"facters": {}}, "did you mean 'factors'"),
        ({"factors": {}}, "[factors] is empty"),
        ({"base": {"chip": "spirt"}}, "did you mean 'spirit'"),
        ({"base": {"chip": 3}}, "base.chip must be a text"),
        ({"base": {"image": 3}}, "did you mean 'images'"),
        ({"base": {"data": "mnits"}}, "did you mean 'mnist'"),
        ({"base": {"split": "train"}}, "allowed: validation, test"),
        ({"base": {"chips": 0}}, "base.chips: 0 is out of range"),
        ({"base": {"set": {"neuron.refractori": "3 us"}}}, "did you mean 'refractory'"),
        ({"base": {"set": {"decision.delta_s": 5}}}, "is a factor and set in base.set"),
        ({"base": 3}, "[base] must be a table"),
        ({"factors": {"synapse.code": ["nope"]}}, "'nope' is not one of unary-bipolar"),
        ({"factors": {"decision.delta_s": [-3]}}, "-3 is out of range"),
        ({"factors": {"cell.hrs.sigma_ln": {"low": -1.0, "high": 1.0}}}, "-1.0 is out of range"),
        ({"factors": {"weights.levels": [2, 4], "synapse.levels": [2, 4]}}, "keep one"),
        ({"design": {"kind": "sobul"}}, "did you mean 'sobol'"),
        ({"design": {"kind": "saltelli", "points": 12}}, "power of 2"),
        ({"design": {"points": 2.5}}, "design.points must be a whole number"),
        ({"metrics": {"report": ["acuracy"]}}, "did you mean 'accuracy'"),
        ({"metrics": {"report": ["accuracy@11"]}}, "margin after @ must be 1 .. 10"),
        ({"metrics": {"report": []}}, "must be a list of names"),
        ({"metrics": {"good_accuracy": 84}}, "not a share"),
    ],
)
def test_a_fault_is_one_line(changes: dict[str, Any], told: str) -> None:
    with pytest.raises(ParameterError) as failure:
        study_from(raw(**changes), "study.toml")
    assert told in str(failure.value)
    assert str(failure.value).startswith("study.toml")
    assert "\n" not in str(failure.value)


def test_files_that_are_none(tmp_path: Path) -> None:
    with pytest.raises(ParameterError, match="cannot be read"):
        read_study(tmp_path / "absent.toml")
    marked = tmp_path / "marked.toml"
    marked.write_text("\ufeffname = 'x'", encoding="utf-8")  # as some editors save it
    with pytest.raises(ParameterError, match="schema is missing"):
        read_study(marked)
    broken = tmp_path / "broken.toml"
    broken.write_text("name = [", encoding="utf-8")
    with pytest.raises(ParameterError, match="not valid TOML"):
        read_study(broken)
