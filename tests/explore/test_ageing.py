"""Ageing chips: each point is the chip aged that far, rows follow from it, and an interrupt keeps whole chips."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from spikecim.build import build
from spikecim.chips import load_chip
from spikecim.emulator import Emulator
from spikecim.energy.actions import row_reads
from spikecim.engines import get_engine
from spikecim.errors import ParameterError
from spikecim.experiments.ageing_rows import ageing_rows
from spikecim.experiments.material import material, network_for
from spikecim.explore.ageing import AgeingStudy
from spikecim.results.ageing import Ageing, Course

CHIP = load_chip("spirit")
TEST = material(CHIP, "digits", "test", limit=80)
NETWORK = network_for(CHIP, "digits")
TRAINS = CHIP.rate_code().encode(TEST.values, 0)


def study(**changes: Any) -> AgeingStudy:
    small = {"n_chips": 2, "times": (1.0, 3600.0), "temperatures": (298.15, 358.15), "reads": (1e6, 1e9, 1e10)}
    return AgeingStudy(**{"chip": CHIP, "network": NETWORK, **small, **changes})


@pytest.fixture(scope="module")
def found() -> Ageing:
    return study().run(TRAINS, TEST.labels)


def test_every_point_is_that_chip_aged_that_far(found: Ageing) -> None:
    chip = build(CHIP, NETWORK, 0, 1)
    for later, course, age in (
        (chip.after(3600.0), found.times[0], 1),
        (chip.after("1 h", "85 degC"), found.times[1], 1),
        (chip.after(reads=1e10), found.reads, 2),
    ):
        decisions = get_engine("event").run(later.program, TRAINS).decisions
        assert course.accuracy[age, 1] == (decisions.winners[:, -1] == TEST.labels).mean()
        assert course.input_spikes[age, 1] == decisions.inputs[:, -1].mean()
    assert found.reads.accuracy.shape == (3, 2)


def test_fresh_chips_are_the_emulators(found: Ageing) -> None:
    run = Emulator(chip=CHIP, network=NETWORK, chip_index=1).run(TEST.values, TEST.labels, trains=TRAINS)
    assert found.accuracy[1] == run.accuracy()
    counters = row_reads(run.trains, run.record.decisions.inputs[:, -1])
    assert counters.sum() == run.record.decisions.inputs[:, -1].sum()
    assert found.row_reads_per_sample >= counters.max() / len(TEST.labels)


def test_an_interrupt_keeps_whole_chips() -> None:
    def stop(done: int, total: int) -> None:
        if done == 1:
            raise KeyboardInterrupt

    assert study(n_chips=4).run(TRAINS, TEST.labels, stop).n_chips == 1


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"n_chips": 0}, "at least 1"),
        ({"times": (1e12,)}, "relaxation is stated for"),
        ({"temperatures": (900.0,)}, "retention is stated for"),
        ({"reads": (1e13,)}, "read disturb is stated for"),
    ],
)
def test_ages_outside_of_the_laws_are_refused(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(ParameterError, match=message):
        study(**changes).run(TRAINS, TEST.labels)


def ageing_of(lost: np.ndarray, amounts: np.ndarray) -> Ageing:
    """Two chips at 84 % that lose `lost` (n_ages, 2) over the reads, on 10,000 samples."""
    fresh = np.full(2, 0.84)
    course = Course(kelvin=298.15, amounts=amounts, accuracy=fresh - lost, input_spikes=np.full(lost.shape, 136.0))
    times = Course(
        kelvin=298.15, amounts=np.array([3600.0]), accuracy=fresh[None] - 0.01, input_spikes=np.full((1, 2), 136.0)
    )
    return Ageing(
        accuracy=fresh,
        input_spikes=np.full(2, 136.0),
        times=(times,),
        reads=course,
        n_samples=10_000,
        row_reads_per_sample=4.0,
    )


def test_reads_until_a_loss_shows_by_hand() -> None:
    amounts = np.array([1e8, 1e9, 1e10])
    # 84 % of 10,000: 1.645 sqrt(0.84 0.16 / 10,000) = 0.603 points.
    one = ageing_of(np.array([[0.0, 0.02], [0.0, 0.02], [0.01206, 0.02]]), amounts)
    assert one.visible() == pytest.approx(0.00603, rel=1e-3)
    # The first chip loses 0.603 points half way between 1e9 and 1e10; the second has lost it from the first point on.
    np.testing.assert_allclose(one.reads_until_visible(), [10**9.5, 1e8], rtol=1e-3)
    never = ageing_of(np.zeros((3, 2)), amounts)
    np.testing.assert_array_equal(never.reads_until_visible(), 1e10)


def test_rows_are_judged_as_bound_and_as_change() -> None:
    amounts = np.array([1e8, 1e9, 1e10])
    late, early = ageing_of(np.zeros((3, 2)), amounts), ageing_of(np.full((3, 2), 0.1), amounts)
    reads, change = ageing_rows(late, CHIP, comparable=True)
    assert (reads.id, reads.published, reads.verdict, reads.relation) == (
        "reads_without_disturb", 800e6, "reproduced", "at least",
    )  # fmt: skip
    assert ageing_rows(early, CHIP, comparable=True)[0].verdict == "off"
    assert (change.id, change.verdict) == ("accuracy_after_relaxation", "off")
    assert change.emulated == pytest.approx(-1.0)
    assert ageing_rows(late, CHIP, comparable=False)[0].verdict == "not comparable"
