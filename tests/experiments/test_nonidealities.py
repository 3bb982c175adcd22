"""The published marks of hardware errors: which score is compared, by which cure, and when it is judged."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from spikecim.errors import ParameterError
from spikecim.experiments.nonidealities import FLASH, known_study, rows_of
from spikecim.mitigate.run import run_mitigation
from spikecim.results.mitigation import Mitigation
from tests.mitigate.fake import FakeSubject, fake_study


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> Mitigation:
    study = fake_study()
    return run_mitigation(study, FakeSubject(study), Path(tmp_path_factory.mktemp("marks")) / "out")


def test_two_scores_are_two_kinds_of_rows(found: Mitigation) -> None:
    rows = {row.id: row for row in rows_of(found)}
    together = next(one for one in found.conditions if one.name == "all")
    assert rows["accuracy_ratio"].emulated == together.ratio.value
    assert rows["accuracy_ratio_cured"].emulated == together.cures[0].ratio.value
    recovered = together.cures[0].recovered
    assert recovered is not None
    assert rows["recovered_all"].emulated == recovered.value
    assert {row.published for key, row in rows.items() if key.startswith("recovered")} == {95.0}


def test_only_lenet_on_flash_is_judged(found: Mitigation) -> None:
    assert {row.verdict for row in rows_of(found)} == {"not comparable"}
    flash = replace(found, study={**found.study, "name": FLASH})
    judged = {row.id: row for row in rows_of(flash) if row.verdict != "not comparable"}
    assert set(judged) == {"accuracy_ratio", "accuracy_ratio_cured"}
    for row in judged.values():
        assert row.verdict == ("reproduced" if row.emulated >= 99.55 else "off")


def test_a_condition_that_lost_nothing_has_no_row(found: Mitigation) -> None:
    whole = [replace(one, cures=tuple(replace(cure, recovered=None) for cure in one.cures)) for one in found.conditions]
    rows = rows_of(replace(found, conditions=tuple(whole)))
    assert [row.id for row in rows] == ["accuracy_ratio", "accuracy_ratio_cured"]


def test_an_unknown_name_is_one_line() -> None:
    with pytest.raises(ParameterError, match=r"'flash-lenett' is unknown; did you mean 'flash-lenet'"):
        known_study("flash-lenett")
