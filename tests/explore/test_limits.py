"""Arrays around a small network: the chips that build makes, the same cells everywhere, interrupts keep chips."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from spikecim.build import build
from spikecim.chips import load_chip
from spikecim.engines.event import EventEngine
from spikecim.errors import ParameterError
from spikecim.explore.limits import LimitScene, study_limits
from spikecim.network import network_from_array
from spikecim.results.limits import NO_WIRES

SIZE = {"geometry.n_in": 16, "geometry.n_out": 3, "geometry.image_side": 4}
CHIP = load_chip("spirit", SIZE)
NETWORK = network_from_array(np.random.default_rng(0).integers(-4, 5, (16, 3)), limit=4)
VALUES = np.random.default_rng(1).random((12, 16))
SCENE = LimitScene(
    chip=CHIP,
    network=NETWORK,
    trains=CHIP.rate_code().encode(VALUES, 0),
    labels=np.arange(12) % 3,
    ideal_accuracy=1.0,
    n_chips=2,
    ohms=(10.0,),
    curve_ohms=(3.0, 30.0),
    ratios=(8.0,),
    sides=(24, 40),
    trim="cells",
)


def test_every_array_is_run_once_on_the_same_chips() -> None:
    study = study_limits(SCENE)
    settings = [point.setting for point in study.points]
    assert len(settings) == len(set(settings))
    # Two ratios without wires; two kinds at (3, 10, 30 ohm) alone, and at 10 ohm in two sides at both ratios.
    assert len(settings) == 2 + 2 * (3 + 2 * 2)
    assert study.ratios == (8.0, 20.0)
    assert study.n_chips == 2 and not study.interrupted


@pytest.mark.parametrize(
    ("place", "changes"),
    [
        ((NO_WIRES, 0.0, 20.0, 0), {}),
        (("passive", 30.0, 20.0, 0), {"wires.row_segment": "30 ohm", "wires.column_segment": "30 ohm"}),
        (
            ("gated", 10.0, 8.0, 40),
            {
                "wires.kind": "gated",
                "wires.source_segment": "10 ohm",
                "wires.column_segment": "10 ohm",
                "wires.leak": "0.1 nS",
                "wires.rows": 40,
                "wires.columns": 40,
                "cell.hrs.median": "40 kohm",
                "cell.programming.hrs_min": "8 kohm",
            },
        ),
    ],
)
def test_a_point_is_the_chip_of_its_file(place: tuple[str, float, float, int], changes: dict[str, Any]) -> None:
    point = study_limits(SCENE).at(*place)
    chip = load_chip("spirit", {**SIZE, **changes})
    for index in range(2):
        record = EventEngine().run(build(chip, NETWORK, 0, index).program, SCENE.trains)
        assert point.accuracy[index] == (record.winners == SCENE.labels).mean()
        assert point.input_spikes[index] == record.decisions.inputs[:, -1].mean()


def test_a_chip_with_a_wires_table_keeps_its_kind_and_terminals() -> None:
    stated = load_chip("spirit", {**SIZE, "wires.kind": "gated", "wires.driver": "2 kohm"})
    study, free = study_limits(replace(SCENE, chip=stated)), study_limits(replace(SCENE, kinds=("gated",)))
    assert study.kinds == ("gated",)
    np.testing.assert_array_equal(study.bare(20.0).accuracy, free.bare(20.0).accuracy)
    slow, fast = (found.at("gated", 10.0, 20.0, 24) for found in (study, free))
    # A driver of 2 kohm leaves less current for each read.
    assert (slow.cell_pj / slow.input_spikes < fast.cell_pj / fast.input_spikes).all()


def test_wires_that_leave_nothing_are_survived() -> None:
    study = study_limits(replace(SCENE, trim="reads", ohms=(1e5,), kinds=("passive",), n_chips=1))
    assert study.at("passive", 1e5, 20.0, 40).accuracy[0] <= 0.7


def test_an_interrupt_keeps_whole_chips() -> None:
    def stop(_: str, done: int, __: int) -> None:
        if done == 1:
            raise KeyboardInterrupt

    study = study_limits(SCENE, stop)
    assert (study.n_chips, study.requested, study.interrupted) == (1, 2, True)
    np.testing.assert_array_equal(study.bare(20.0).accuracy, study_limits(SCENE).bare(20.0).accuracy[:1])


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"n_chips": 0}, "at least 1"),
        ({"ohms": ()}, "ohms must be a rising list"),
        ({"sides": (40, 24)}, "sides must be a rising list"),
        ({"ratios": (1.0, 5.0)}, "above 1"),
        ({"sides": (20, 40)}, "does not hold the network's 16 x 24 cells"),
    ],
)
def test_bad_input_is_one_line(changes: dict[str, Any], words: str) -> None:
    with pytest.raises(ParameterError, match=words):
        study_limits(replace(SCENE, **changes))
