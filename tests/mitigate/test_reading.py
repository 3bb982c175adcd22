"""Study files: defaults, and every fault as one line that says what, where and what is allowed."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from spikecim.arrays.analog.classes import CLASSES
from spikecim.errors import ParameterError
from spikecim.mitigate.analog_plan import retraining_of, schedule_of
from spikecim.mitigate.reading import study_from
from spikecim.mitigate.shipped import find_study, shipped_studies
from spikecim.mitigate.spec import ALL
from tests.mitigate.fake import fake_study, raw_study

BAD = {
    "a key": ({"chips": {"cuont": 3}}, "unknown key 'chips.cuont'; did you mean 'count'?"),
    "a table": ({"wire": {}}, "unknown key 'wire'; did you mean 'wires'?"),
    "no table": ({"wires": 3}, "[wires] must be a table, got 3"),
    "a kind": ({"kind": "digital"}, "kind: 'digital' is unknown"),
    "a table of the other kind": ({"kind": "spirit", "wires": {}}, '[wires] has no place in a study of kind "spirit"'),
    "schema": ({"schema": 2}, "schema is 2; this spikecim reads schema = 1"),
    "no name": ({"name": " "}, "name is missing"),
    "no network": ({"network": {}}, "network.name is missing"),
    "images": ({"network": {"name": "x", "images": 1}}, "network.images: 1 is out of range"),
    "a number for text": ({"network": {"name": 3}}, "network.name must be a text, got 3"),
    "true for a number": ({"chips": {"count": True}}, "chips.count must be a whole number, got True"),
    "a class": ({"errors": {"classes": ["stuk"]}}, "errors.classes: 'stuk' is unknown; did you mean 'stuck'?"),
    "no class": ({"errors": {"classes": []}}, "errors.classes is empty"),
    "a cure": ({"cures": {"stuck": ["remaps"]}}, "cures.stuck: 'remaps' is unknown; did you mean 'remap'?"),
    "a cure twice": ({"cures": {"stuck": ["remap+retrain", "retrain + remap"]}}, "'retrain+remap' is there twice"),
    "a cure of no error": (
        {"errors": {"classes": ["wires"]}, "cures": {"stuck": ["remap"]}},
        "cures.stuck has cures, but the study has no errors 'stuck'",
    ),
    "no unit": ({"wires": {"row_segment": 1}}, "wires.row_segment must be a text, got 1"),
    "a wrong unit": ({"wires": {"row_segment": "1 V"}}, "wires.row_segment: "),
    "a negative resistance": ({"wires": {"driver": "-1 ohm"}}, "wires.driver is '-1 ohm'; it cannot be negative"),
    "an infinite resistance": ({"wires": {"driver": "inf ohm"}}, "expected a finite quantity"),
    "no rows": ({"array": {"rows": 0}}, "array.rows: 0 is out of range"),
    "a schedule": ({"retraining": {"order": "backwards"}}, "'backwards' is unknown"),
    "a schedule of no error": ({"retraining": {"for": {"stuk": {}}}}, "retraining.for.stuk'; did you mean 'stuck'?"),
    "no schedules": ({"retraining": {"for": 3}}, "[retraining.for] must hold a table for each condition, got 3"),
    "an own schedule": (
        {"retraining": {"for": {"stuck": {"order": "backwards"}}}},
        "[retraining.for.stuck] schedule.order: 'backwards' is unknown",
    ),
    "an own rate": ({"retraining": {"for": {"all": {"rate": -1.0}}}}, "retraining.for.all.rate is -1.0"),
    "a rate": ({"retraining": {"rate": -1.0}}, "retraining.rate is -1.0; it must be positive"),
    "words of several lines": ({"why": {"stuck": "a\nb"}}, "why.stuck must be a text of one line"),
}


@pytest.mark.parametrize("case", BAD)
def test_a_bad_study_is_one_line(case: str) -> None:
    change, expected = BAD[case]
    with pytest.raises(ParameterError) as caught:
        study_from(raw_study(**change), "fake.toml")
    text = str(caught.value)
    assert text.startswith("fake.toml: ") and expected in text and "\n" not in text


def test_defaults_are_written_out() -> None:
    told = fake_study().describe()
    assert told["wires"]["row_segment"] == "1 ohm" and told["array"]["rows"] == 128
    assert told["cures"]["stuck"] == ["retrain", "remap"] and told["retraining"]["epochs"] >= 1
    assert set(told["cures"]) == {*CLASSES, ALL}
    assert study_from({key: told[key] for key in told}, "again").digest() == fake_study().digest()


def test_words_and_the_number_of_chips_do_not_make_another_study() -> None:
    assert fake_study().digest() != fake_study(network={"name": "lenet", "images": 100}).digest()
    assert fake_study().digest() == fake_study(title="other", why={}).digest()


def test_cures_say_what_they_need() -> None:
    with_map, remapped = fake_study(cures={"all": ["retrain+map-correction", "remap"]}).cures[ALL]
    assert with_map.retrains and with_map.corrections == ("map-correction",) and not remapped.retrains
    assert "wire resistances" in with_map.needs and "training images" in with_map.needs


def test_a_condition_may_have_its_own_schedule() -> None:
    study = fake_study(retraining={"epochs": 7, "sigmas": 2.5, "for": {"stuck": {"sigmas": 0.0, "train_samples": 9}}})
    common, own = schedule_of(study, "wires"), schedule_of(study, "stuck")
    assert (common.epochs, common.sigmas, own.epochs, own.sigmas) == (7, 2.5, 7, 0.0)
    assert retraining_of(study, "stuck")["train_samples"] == 9 and retraining_of(study, "")["train_samples"] == 0
    # Read back from what a result keeps; a study without such tables is told as before.
    assert study_from(study.describe(), "again").digest() == study.digest()
    assert "for" not in fake_study().describe()["retraining"]


def test_without_wires_the_default_cure_of_all_is_to_retrain() -> None:
    study = fake_study(errors={"classes": ["fluctuation", "stuck"]}, cures={})
    assert [cure.name for cure in study.cures[ALL]] == ["retrain"]


def test_one_class_is_not_together_with_itself() -> None:
    study = fake_study(errors={"classes": ["wires"]}, cures={})
    assert [condition.name for condition in study.conditions] == ["wires"]


@pytest.mark.parametrize("name", shipped_studies())
def test_shipped_studies_are_whole(name: str) -> None:
    study = find_study(name)
    assert study.name == name and study.chips >= 20
    alone = {"cnn-wires": ("wires",), "cnn-bits": ("quantisation",)}
    if name in alone:
        assert study.classes == alone[name]
    else:
        assert study.classes == CLASSES and study.together
    # Every class says how strong it is and why, and has a cure.
    assert set(study.why) == {condition.name for condition in study.conditions}
    bare = {condition.name for condition in study.conditions if not study.cures[condition.name]}
    assert not bare


def test_chips_and_images_can_be_given() -> None:
    name = next(iter(shipped_studies()))
    small = find_study(name, chips=2, images=7)
    assert (small.chips, small.images, small.blocks) == (2, 7, 7)


def test_an_unknown_study_names_the_shipped_ones(tmp_path: Path) -> None:
    with pytest.raises(ParameterError, match="did you mean 'flash-lenet'"):
        find_study("flash-lennet")
    bad: Any = tmp_path / "x.toml"
    bad.write_text("schema = [")
    with pytest.raises(ParameterError, match="is not valid TOML"):
        find_study(str(bad))
