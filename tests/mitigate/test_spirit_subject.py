"""SPIRIT as a subject, on the digits that are always there: classes, cell choice, retraining, and what is refused."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from spikecim.arrays.analog.classes import CLASSES
from spikecim.chips import load_chip
from spikecim.errors import ParameterError
from spikecim.experiments.material import material
from spikecim.mitigate.run import run_mitigation
from spikecim.mitigate.spec import MitigationStudy
from spikecim.mitigate.spirit_subject import SpiritSubject, chosen
from spikecim.network import Network
from spikecim.training.ready import save_network
from tests.mitigate.fake import fake_study

SET = {
    "cell.iv.v0": "0.1 V",
    "cell.iv.voltage": "0.2 V",
    "wires.kind": "gated",
    "wires.column_segment": "20 ohm",
    "cell.stuck_lrs": 0.01,
}


@pytest.fixture(scope="module")
def network(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A perceptron of the digits by least squares, rounded."""
    train = material(load_chip("spirit"), "digits", "train")
    wanted = np.where(train.labels[:, None] == np.arange(10), 1.0, -1.0)
    ridge = train.values.T @ train.values + 5.0 * np.eye(144)
    real = np.linalg.solve(ridge, train.values.T @ wanted)
    real = (np.clip(real / np.quantile(np.abs(real), 0.98), -1.1, 1.1) * 4).astype(np.float32)
    path = tmp_path_factory.mktemp("network") / "digits.npz"
    save_network(Network(weights=np.clip(np.rint(real), -4, 4).astype(np.int8), name="digits", real=real), path)
    return path


def spirit_study(network: Path, **tables: Any) -> MitigationStudy:
    return fake_study(
        **{
            "kind": "spirit",
            "network": {"name": str(network), "images": 100, "blocks": 10},
            "chip": {"data": "digits", "set": SET},
            "chips": {"count": 2, "seed": 1},
            "cures": {
                "quantisation": [],
                "fluctuation": ["cell-choice"],
                "stuck": [],
                "nonlinearity": [],
                "wires": [],
                "all": ["retrain"],
            },
            "retraining": {"steps": 20, "checks": 1, "chips": 2, "images": 50},
            **tables,
        }
    )


def test_the_whole_study(network: Path, tmp_path: Path) -> None:
    pytest.importorskip("torch")
    study = spirit_study(network)
    found = run_mitigation(study, SpiritSubject(study, tmp_path), tmp_path)
    by_name = {condition.name: condition for condition in found.conditions}
    assert found.algorithm > 80 and found.ideal > 80
    assert by_name["quantisation"].alike and not by_name["fluctuation"].alike
    assert "every cell" in by_name["fluctuation"].cures[0].needs
    assert by_name["all"].cures[0].trained_against == ("quantisation", "fluctuation", "stuck")
    assert [path.name for path in (tmp_path / "weights").iterdir()] == ["fluctuation-quantisation-stuck.npz"]
    # Every class moves something.
    assert len({condition.chips for condition in found.conditions}) > 3


def test_chosen_cells_feel_more_like_the_weights(network: Path, tmp_path: Path) -> None:
    study = spirit_study(network)
    subject = SpiritSubject(study, tmp_path)
    errors = frozenset({"quantisation", "fluctuation", "stuck"})
    made = subject.built(subject.network, errors, 0)
    weights = subject.network.weights
    plain, after = (
        float(np.sqrt(((chip.effective_weights() - weights) ** 2).mean())) for chip in (made, chosen(made, weights))
    )
    assert after < 0.8 * plain
    # The chip itself is as it was, and what a chip without quantisation injects beside its cells stays.
    condition, cure = study.conditions[1], study.cures["fluctuation"][0]
    assert np.array_equal(subject.before(condition, 0).blocks, subject.before(condition, 0).blocks)
    without = subject.built(subject.network, condition.errors, 0)
    beside = without.program.charge - without.reads.charge
    again = chosen(without, weights)
    assert beside.any() and np.array_equal(again.program.charge - again.reads.charge, beside)
    assert subject.after(condition, cure, 0).blocks.shape == (10,)


@pytest.mark.parametrize(
    ("tables", "words"),
    [
        ({"cures": {"stuck": ["remap"]}}, "cures.stuck: 'remap' is no cure of a spiking chip"),
        ({"cures": {"wires": ["retrain"]}}, "training of a spiking layer does not see"),
        ({"chip": {"data": "digits"}}, "error class nonlinearity: without effect on chip spirit"),
        ({"chip": {"data": "digits", "set": {"cell.typo": 1}}}, "cell.typo"),
    ],
)
def test_what_a_spiking_chip_cannot_is_one_line(
    network: Path, tmp_path: Path, tables: dict[str, Any], words: str
) -> None:
    none: dict[str, list[str]] = {name: [] for name in (*CLASSES, "all")}
    given = {**tables, "cures": {**none, **tables.get("cures", {})}}
    with pytest.raises(ParameterError) as caught:
        SpiritSubject(spirit_study(network, **given), tmp_path)
    assert words in str(caught.value) and "\n" not in str(caught.value)
