"""A study run on a fake subject: what is measured, what a Ctrl-C leaves, what goes on."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from spikecim.errors import ResultFileError
from spikecim.mitigate.run import jobs_of, run_mitigation
from spikecim.mitigate.spec import Condition
from spikecim.mitigate.subject import Measured
from spikecim.results.mitigation_data import chip_rows, layer_rows, mitigation_json, score_rows
from tests.mitigate.fake import ALGORITHM, BACK, IDEAL, LOSS, FakeSubject, fake_study


def test_every_class_alone_and_all_together(tmp_path: Path) -> None:
    study = fake_study()
    subject = FakeSubject(study)
    ticks: list[tuple[str, int, int]] = []
    found = run_mitigation(study, subject, tmp_path, lambda *tick: ticks.append(tick))
    assert (found.algorithm, found.ideal) == pytest.approx((100 * ALGORITHM, 100 * IDEAL))
    for condition in found.conditions:
        assert condition.before.value == pytest.approx(100 * (IDEAL - LOSS[condition.name]), abs=5.1)
        assert condition.ratio.value == pytest.approx(condition.before.value / ALGORITHM)
        for cure in condition.cures:
            if LOSS[condition.name]:
                assert cure.recovered is not None
                assert cure.recovered.value == pytest.approx(100 * BACK[cure.name])
            else:
                assert cure.recovered is None and cure.undefined
    assert [cure.name for cure in found.conditions[2].cures] == ["retrain", "remap"]
    assert found.conditions[2].cures[1].trained_against == ()
    total = 2 + len(jobs_of(study)) * study.chips
    assert ticks[-1] == ("fake", total, total)
    # Nothing of a class without chance is measured more than twice.
    chips = [chip for name, _, chip in subject.measured if name == "wires"]
    assert chips == [0, 1, 0, 1] and sum(name == "stuck" for name, _, _ in subject.measured) == 3 * study.chips


def test_before_and_after_are_the_same_chips(tmp_path: Path) -> None:
    found = run_mitigation(fake_study(), FakeSubject(fake_study()), tmp_path)
    stuck = found.conditions[2]
    kept = (np.array(stuck.cures[1].chips) - 100 * IDEAL) / (np.array(stuck.chips) - 100 * IDEAL)
    assert np.ptp(stuck.chips) > 1 and kept == pytest.approx(1 - BACK["remap"])


@pytest.mark.parametrize("after", [0, 3, 17, 40])
def test_what_ctrl_c_leaves_is_kept_and_the_same_call_goes_on(tmp_path: Path, after: int) -> None:
    study = fake_study()
    stopped = FakeSubject(study, stop_after=after)
    with pytest.raises(KeyboardInterrupt):
        run_mitigation(study, stopped, tmp_path / "cut")
    rest = FakeSubject(study)
    found = run_mitigation(study, rest, tmp_path / "cut")
    assert not set(stopped.measured) & set(rest.measured)
    assert found == run_mitigation(study, FakeSubject(study), tmp_path / "whole")
    nothing = FakeSubject(study)
    assert run_mitigation(study, nothing, tmp_path / "cut") == found
    assert nothing.measured == [] and nothing.prepared == []


def test_more_chips_go_on_with_those_there_are(tmp_path: Path) -> None:
    run_mitigation(fake_study(chips={"count": 4, "seed": 3}), FakeSubject(fake_study()), tmp_path)
    more = FakeSubject(fake_study())
    found = run_mitigation(fake_study(), more, tmp_path)
    assert {chip for _, _, chip in more.measured} == {4, 5} and len(found.conditions[0].chips) == 6
    fewer = run_mitigation(fake_study(chips={"count": 2, "seed": 3}), more, tmp_path)
    assert len(fewer.conditions[0].chips) == 2


def test_a_folder_of_another_study_is_refused_and_the_difference_named(tmp_path: Path) -> None:
    study = fake_study()
    run_mitigation(study, FakeSubject(study), tmp_path)
    with pytest.raises(ResultFileError, match=r"network\.images was 200, is 100"):
        run_mitigation(fake_study(network={"name": "lenet", "images": 100}), FakeSubject(study), tmp_path)
    run_mitigation(replace(study, title="another"), FakeSubject(study), tmp_path)
    (tmp_path / "study.json").write_text("{}")
    with pytest.raises(ResultFileError, match="is no study of the kind spikecim-mitigation"):
        run_mitigation(study, FakeSubject(study), tmp_path)


def test_chips_that_should_be_alike_and_are_not_are_all_measured(tmp_path: Path) -> None:
    class Wrong(FakeSubject):
        def alike(self, condition: Condition) -> bool:
            return True

    study = fake_study()
    subject = Wrong(study)
    run_mitigation(study, subject, tmp_path)
    assert [chip for name, cure, chip in subject.measured if (name, cure) == ("stuck", "")] == list(range(6))


def test_accuracies_that_are_no_numbers_are_refused(tmp_path: Path) -> None:
    class Broken(FakeSubject):
        def before(self, condition: Condition, chip: int) -> Measured:
            return Measured(blocks=np.full(self.study.blocks, np.nan))

    with pytest.raises(ResultFileError, match=r"quantisation\.before, chip 0"):
        run_mitigation(fake_study(), Broken(fake_study()), tmp_path)


def test_a_lost_file_of_layers_is_one_line(tmp_path: Path) -> None:
    study = fake_study()
    run_mitigation(study, FakeSubject(study), tmp_path)
    (tmp_path / "layers" / "wires.before.json").write_text("[{")
    with pytest.raises(ResultFileError, match=r"wires\.before\.json: cannot be read"):
        run_mitigation(study, FakeSubject(study), tmp_path)


def test_result_as_data(tmp_path: Path) -> None:
    found = run_mitigation(fake_study(), FakeSubject(fake_study()), tmp_path)
    data = json.loads(json.dumps(mitigation_json(found), allow_nan=False))
    assert data["conditions"][2]["cures"][0]["name"] == "retrain" and data["study"]["wires"]["row_segment"] == "1 ohm"
    rows = score_rows(found)
    assert len(rows) == 7 and {row["errors"] for row in rows} == set(LOSS)
    assert rows[0]["recovered"] == "" and rows[0]["undefined"]
    assert len(chip_rows(found)) == (6 + 7) * 6 and len(layer_rows(found)) == 13
