"""SPIRIT as a subject, on the digits that are always there: classes, cell choice, retraining, and what is refused."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from spikecim.arrays.analog.classes import CLASSES
from spikecim.build import VirtualChip
from spikecim.chips import load_chip
from spikecim.chips.classes import with_classes
from spikecim.engines.event import EventEngine
from spikecim.errors import ParameterError
from spikecim.experiments.material import material
from spikecim.explore.classes import build_with_classes
from spikecim.mitigate.run import run_mitigation
from spikecim.mitigate.spec import Cure, MitigationStudy
from spikecim.mitigate.spirit_subject import SpiritSubject, chosen
from spikecim.mitigate.subjects import open_subject
from spikecim.network import Network
from spikecim.training.ready import load_network, save_network
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
    assert by_name["all"].cures[0].trained_against == CLASSES
    assert [path.name for path in (tmp_path / "weights").iterdir()] == ["-".join(sorted(CLASSES)) + ".npz"]
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


def felt_error(made: VirtualChip, weights: NDArray[np.int8]) -> float:
    return float(np.sqrt(((made.effective_weights() - weights) ** 2).mean()))


def test_chosen_cells_make_up_for_the_gains_of_the_injectors(network: Path, tmp_path: Path) -> None:
    gains = {"injectors.gain_mismatch_rel": 0.3}
    told = spirit_study(network, chip={"data": "digits", "set": {**SET, **gains}})
    subject = SpiritSubject(told, tmp_path)
    made = subject.built(subject.network, frozenset({"quantisation", "fluctuation"}), 0)
    weights = subject.network.weights
    after = chosen(made, weights)
    assert np.ptp(made.trim.gains) > 0.3
    # Chosen as if all gains were 1, the error stays.
    assert felt_error(after, weights) < 0.75 * felt_error(made, weights)


def test_chosen_cells_make_up_for_wires_and_bent_cells(network: Path, tmp_path: Path) -> None:
    # Lossy wires and bent cells alone: cells read as if each were alone would all stay as they are. Large weights have
    # no cells in reserve, so most of the error stays too.
    lossy = {**SET, "wires.column_segment": "150 ohm", "injectors.trim": "reads"}
    subject = SpiritSubject(spirit_study(network, chip={"data": "digits", "set": lossy}), tmp_path)
    made = subject.built(subject.network, frozenset({"quantisation", "nonlinearity", "wires"}), 0)
    weights = subject.network.weights
    after = chosen(made, weights)
    assert (after.cells.target != made.cells.target).any()
    assert felt_error(after, weights) < 0.95 * felt_error(made, weights)


def test_a_chip_that_is_known_is_trained_for_alone(network: Path, tmp_path: Path) -> None:
    pytest.importorskip("torch")
    none: dict[str, list[str]] = {name: [] for name in CLASSES}
    study = spirit_study(network, cures={**none, "all": ["chip-retrain"]})
    subject = SpiritSubject(study, tmp_path)
    condition, cure = study.conditions[-1], study.cures["all"][0]
    subject.prepare(condition, cure, lambda done, total: None)
    found = [subject.after(condition, cure, chip).blocks for chip in (0, 1)]
    weights = sorted((tmp_path / "weights").iterdir())
    assert [path.name.split(".")[1] for path in weights] == ["chip0", "chip1", "npz"]
    own = [load_network(path).weights for path in weights]
    assert not np.array_equal(own[0], own[1]) and not np.array_equal(own[0], own[2])
    # Read again, nothing is trained.
    again = SpiritSubject(study, tmp_path)
    again._train = lambda *_: pytest.fail("trained twice")  # type: ignore[method-assign]
    assert np.array_equal(again.after(condition, cure, 0).blocks, found[0])
    assert subject.trained_against(condition, cure) == frozenset(CLASSES) and "stuck cells" in subject.needs(cure)


def test_retraining_for_a_chip_is_refused_for_analog_studies(tmp_path: Path) -> None:
    with pytest.raises(ParameterError, match=r"cures\.stuck: 'chip-retrain' is for studies of kind spirit"):
        open_subject(fake_study(cures={"stuck": ["chip-retrain"]}), tmp_path)


def test_without_quantisation_training_and_its_judge_see_what_the_study_measures(network: Path) -> None:
    torch = pytest.importorskip("torch")
    from spikecim.analog.spirit_chips import ideal_table
    from spikecim.analog.spirit_layer import felt
    from spikecim.analog.spirit_score import score

    chip, real = load_chip("spirit"), load_network(network)
    assert real.real is not None
    charge = torch.from_numpy(ideal_table(chip).charge[0])
    assert np.allclose(felt(torch.from_numpy(real.real), charge, rounded=False), real.real, atol=1e-6)
    test = material(chip, "digits", "test", limit=100)
    trains = chip.rate_code().encode(test.values, 1)
    errors = frozenset({"fluctuation", "stuck"})
    given = {"chips": range(1), "seed": 3, "seconds": 3600.0}
    found = score(with_classes(chip, errors), real, trains, test.labels, rounded=False, **given)  # type: ignore[arg-type]
    made = build_with_classes(chip, real, errors, 3, 0, after_s=3600.0)
    record = EventEngine(keep_spikes=False).run(made.program, trains)
    winners = record.decisions.winners[:, made.program.margin_column(chip.decision.delta_s.value)]
    assert found.accuracy[0] == (winners == test.labels).mean()
    rounded = score(with_classes(chip, errors), real, trains, test.labels, **given)  # type: ignore[arg-type]
    assert rounded.inputs[0] != found.inputs[0]


def test_a_cure_tells_what_must_be_known(network: Path, tmp_path: Path) -> None:
    subject = SpiritSubject(spirit_study(network), tmp_path)
    needs = subject.needs(Cure(parts=("cell-choice",)))
    assert all(word in needs for word in ("every cell", "gains of the injectors", "wires"))


@pytest.mark.parametrize(
    ("tables", "words"),
    [
        ({"cures": {"stuck": ["remap"]}}, "cures.stuck: 'remap' is no cure of a spiking chip"),
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
