"""A tiny torch network on real arrays: all classes, retrained and corrected, through the whole command."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

pytest.importorskip("torch")

from spikecim.errors import ParameterError, TrainingError
from spikecim.mitigate import analog_subject
from spikecim.mitigate.analog_blocks import blocks_of, count, first, small
from spikecim.mitigate.analog_subject import AnalogSubject
from spikecim.mitigate.run import run_mitigation
from spikecim.mitigate.spec import MitigationStudy
from spikecim.reports.mitigation_files import write_mitigation
from tests.mitigate.fake import fake_study
from tests.mitigate.tiny import TinyTask, points


def tiny_study(**tables: Any) -> MitigationStudy:
    return fake_study(
        **{
            "network": {"name": "tiny", "images": 200, "blocks": 10},
            "array": {"rows": 8, "columns": 8, "weight_bits": 4, "input_bits": 5, "adc_bits": 5},
            "wires": {"row_segment": "150 ohm", "column_segment": "150 ohm"},
            "chips": {"count": 3, "seed": 1},
            "cures": {
                "quantisation": [],
                "stuck": ["remap+polarity+cell-choice"],
                "nonlinearity": [],
                "all": ["retrain+map-correction"],
            },
            "retraining": {"epochs": 1, "rate": 0.002, "chips": 1},
            **tables,
        }
    )


@pytest.fixture
def tiny(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(analog_subject, "task_of", lambda study: TinyTask())


@pytest.mark.usefixtures("tiny")
def test_the_whole_study(tmp_path: Path) -> None:
    study = tiny_study()
    found = run_mitigation(study, AnalogSubject(study, tmp_path), tmp_path)
    by_name = {condition.name: condition for condition in found.conditions}
    # With every class off the arrays compute what the network computes.
    assert found.ideal == found.algorithm > 80
    wires = by_name["wires"].cures[0]
    before, after = by_name["wires"].layers[0], wires.layers[0]
    assert before.worst_drop is not None and before.worst_drop > 1
    assert before.residual is not None and after.residual is not None and after.residual < 0.05 * before.residual
    assert (before.kind, before.tiles) == ("Linear", 2 * 1 * 1 * 2)  # polarities, slices, row tiles, column tiles
    assert before.utilisation == pytest.approx(100 * 6 * 16 / (8 * 8 * 2))
    assert by_name["wires"].alike and not by_name["stuck"].alike
    together = by_name["all"].cures[0]
    assert together.trained_against == ("quantisation", "fluctuation", "stuck", "nonlinearity")
    weights = {path.name for path in (tmp_path / "weights").iterdir()}
    assert weights == {"fluctuation", "fluctuation-nonlinearity-quantisation-stuck"}
    write_mitigation(found, tmp_path)
    assert len(json.loads((tmp_path / "mitigation.json").read_text())["conditions"]) == 6
    again = AnalogSubject(study, tmp_path)
    condition, cure = study.conditions[-1], study.cures["all"][0]
    assert 100 * again.after(condition, cure, 2).blocks.mean() == pytest.approx(together.chips[2])


@pytest.mark.usefixtures("tiny")
@pytest.mark.parametrize(
    ("tables", "words"),
    [
        ({"cures": {"stuck": ["map-correction"]}}, "map-correction has no effect without wires errors"),
        ({"cures": {"wires": ["remap"]}}, "remap has no effect without stuck errors; allowed here: retrain, map-corr"),
        ({"cures": {"quantisation": ["cell-choice"]}}, "cell-choice has no effect without stuck errors"),
        ({"cures": {"stuck": ["remap+spare-columns"]}}, "correction.spare_columns is 0"),
        ({"correction": {"lost_share": 2.0}}, "lost_share must be from 0 to below 1"),
    ],
)
def test_a_cure_that_cannot_be_is_named_before_anything_runs(tmp_path: Path, tables: Any, words: str) -> None:
    with pytest.raises(ParameterError, match="cures") as caught:
        AnalogSubject(tiny_study(**tables), tmp_path)
    assert words in str(caught.value) and not list(tmp_path.iterdir())


def test_a_network_that_only_sounds_like_the_transformer_is_unknown(tmp_path: Path) -> None:
    with pytest.raises(ParameterError, match="transformer-mode"):
        AnalogSubject(fake_study(network={"name": "transformer-mode"}), tmp_path)


@pytest.mark.usefixtures("tiny")
def test_a_class_without_effect_is_named_before_anything_runs(tmp_path: Path) -> None:
    with pytest.raises(ParameterError, match="wires has no effect"):
        AnalogSubject(tiny_study(wires={"row_segment": "0 ohm", "column_segment": "0 ohm"}), tmp_path)


def test_a_loss_that_is_no_number_ends_the_training_in_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(analog_subject, "task_of", lambda study: TinyTask(loss_factor=float("nan")))
    study = tiny_study()
    subject = AnalogSubject(study, tmp_path)
    with pytest.raises(TrainingError) as caught:
        subject.prepare(study.conditions[1], study.cures["fluctuation"][0], lambda done, total: None)
    assert "\n" not in str(caught.value)


def test_blocks_hold_all_samples_once() -> None:
    values, labels = points("test", 103)
    given = [((values[:60],), labels[:60]), ((values[60:],), labels[60:])]
    blocks = blocks_of(given, 10, 103)
    sizes = [count(block) for block in blocks]
    assert sum(sizes) == 103 and max(sizes) - min(sizes) == 1
    assert np.array_equal(np.concatenate([block[0][1].numpy() for block in blocks]), labels.numpy())
    assert count(first(given, 70)) == 70 and count(first(given, 500)) == 103
    pieces = small(given, 32)
    assert max(len(wanted) for _, wanted in pieces) == 32 and count(pieces) == 103
    for side in (lambda batch: batch[0][0], lambda batch: batch[1]):
        assert np.array_equal(*(np.concatenate([side(batch) for batch in parts]) for parts in (pieces, given)))
    with pytest.raises(ParameterError, match=r"104 are asked for, but the test split .* has 103; give --images 103"):
        blocks_of(given, 10, 104)
