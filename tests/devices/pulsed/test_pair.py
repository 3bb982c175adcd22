"""Weights on single cells and on differential pairs, whole pulses by every rounding, row phases, threads."""

from __future__ import annotations

import numpy as np
import pytest

from spikecim.devices.pulsed.pair import WeightCells, Writing
from spikecim.errors import ParameterError
from tests.devices.pulsed import oracle
from tests.devices.pulsed.devices import device

KEY = np.uint64(99)
START = np.array([[-1.0, -0.4, 0.0], [0.3, 0.8, 1.0]], np.float32)


def weights(pairing: str, labels: tuple[float, float] = (4.0, -2.0), **values: float) -> WeightCells:
    cells = WeightCells(device(labels, **values), pairing, (2, 3), 1, "layer0")
    cells.program(START)
    return cells


@pytest.mark.parametrize("pairing", ["single", "pair"])
def test_programmed_weights_are_shown(pairing: str) -> None:
    np.testing.assert_allclose(weights(pairing).weights(), START, atol=2e-7)


def test_a_pair_is_alike_for_both_signs() -> None:
    """Push-pull: with any device the step up at w is the step down at -w."""
    both = [weights("pair") for _ in range(2)]
    both[1].program(-START)
    both[0].pulse(np.full((2, 3), 3, np.int16), 0)
    both[1].pulse(np.full((2, 3), -3, np.int16), 0)
    np.testing.assert_allclose(both[0].weights(), -both[1].weights(), atol=2e-7)


@pytest.mark.parametrize("pairing", ["single", "pair"])
def test_pulses_per_weight(pairing: str) -> None:
    """On a linear device, as many pulses as `per_weight` says move a weight by 1."""
    cells = WeightCells(device((0.0, 0.0), (60, 30)), pairing, (1, 2), 0)
    cells.program(np.array([[-0.5, 0.5]], np.float32))
    up, down = cells.per_weight
    cells.pulse(np.array([[round(up), -round(down)]], np.int16), 0)
    np.testing.assert_allclose(cells.weights(), [[0.5, -0.5]], atol=1e-6)


def test_weights_are_one_array() -> None:
    cells = weights("single")
    shown = cells.weights()
    cells.pulse(np.ones((2, 3), np.int16), 0)
    assert cells.weights() is shown
    np.testing.assert_allclose(shown, 2 * cells.plus.x - 1)


@pytest.mark.parametrize("rounding", ["stochastic", "nearest", "toward-zero"])
def test_whole_pulses_are_those_of_the_oracle(rounding: str) -> None:
    cells = WeightCells(device((0.0, 0.0), (100, 80)), "single", (31, 9), 0)
    wanted = np.random.default_rng(5).normal(size=(31, 9)).astype(np.float32)
    cells.write(wanted, 0.03, Writing(rounding=rounding), (KEY, 4))
    key = oracle.write_key(99, 4)
    n = [oracle.whole(0.03 * float(w), cells.per_weight, key, cell, rounding) for cell, w in enumerate(wanted.ravel())]
    np.testing.assert_array_equal(cells.writes.ravel(), np.abs(n))
    np.testing.assert_array_equal(np.sign(cells.weights().ravel().round(6)), np.sign(n))


def test_stochastic_rounding_keeps_the_mean() -> None:
    cells = WeightCells(device((0.0, 0.0), (100, 100)), "single", (100, 200), 0)
    cells.write(np.full((100, 200), 0.3 / 50, np.float32), 1.0, Writing(), (KEY, 0))
    share = float(cells.writes.mean())
    assert share == pytest.approx(0.3, abs=5 * np.sqrt(0.21 / 20_000))


def test_phases_and_slots_of_rows() -> None:
    """Row 0: up to 3 up, 1 down; row 1: nothing; row 2: 2 down. A pair drives both polarities in each of its rows."""
    wanted = np.array([[0.06, 0.02, -0.02], [0.0, 0.0, 0.0], [-0.04, -0.02, 0.0]], np.float32)
    single = WeightCells(device(), "single", (3, 3), 0)
    counts = single.write(wanted, 1.0, Writing(rounding="nearest"), (KEY, 0))
    assert counts.tolist() == [4, 4, 5, 3, 3 + 1 + 2, 0]
    pair = WeightCells(device(), "pair", (3, 3), 0)
    counts = pair.write(wanted, 1.0, Writing(rounding="nearest"), (KEY, 0))
    assert counts.tolist() == [8, 8, 10, 4, 2 * 3 + 2 * 2, 0]


def test_threshold_most_and_polarity() -> None:
    wanted = np.array([[0.06, 0.016, -0.4]], np.float32)
    for writing, n in (
        (Writing(rounding="nearest", threshold=1.0), [3, 0, -20]),
        (Writing(rounding="nearest", most=2), [2, 1, -2]),
        (Writing(rounding="nearest", only=1), [3, 1, 0]),
        (Writing(rounding="nearest", only=-1), [0, 0, -20]),
    ):
        cells = WeightCells(device(), "single", (1, 3), 0)
        cells.write(wanted, 1.0, writing, (KEY, 0))
        np.testing.assert_allclose(cells.weights(), [np.array(n) / 50], atol=1e-6)


def test_carry_owes_what_was_not_written() -> None:
    cells, carry = WeightCells(device(), "single", (1, 4), 0), np.zeros((1, 4), np.float32)
    wanted = np.array([[0.013, -0.013, 0.004, 0.2]], np.float32)
    asked = np.zeros((1, 4))
    for step in range(7):
        cells.write(wanted, 1.0, Writing(rounding="nearest", most=3), (KEY, step), carry=carry)
        asked += wanted
        np.testing.assert_allclose(cells.weights() + carry, asked, atol=1e-6)
    assert (np.abs(carry[0, :3]) <= 0.01 + 1e-6).all()


@pytest.mark.parametrize("pairing", ["single", "pair"])
def test_threads_change_nothing(pairing: str) -> None:
    runs = []
    for threads in (1, 2, 3):
        one = device((4.0, -4.0), **{"noise.cycle_to_cycle": 0.03, "spread.device_to_device": 0.4})
        cells = WeightCells(one, pairing, (101, 37), 8, "layer0")
        cells.threads, carry = threads, np.zeros((101, 37), np.float32)
        wanted = np.random.default_rng(2).normal(size=(101, 37)).astype(np.float32)
        counts = [cells.write(wanted, 0.02, Writing(), (KEY, step), carry=carry) for step in range(3)]
        runs.append((cells.state(), np.array(counts), carry, cells.weights().copy()))
    for other in runs[1:]:
        np.testing.assert_array_equal(runs[0][1], other[1])
        np.testing.assert_array_equal(runs[0][2], other[2])
        np.testing.assert_array_equal(runs[0][3], other[3])
        for key, value in runs[0][0].items():
            np.testing.assert_array_equal(value, other[0][key])


def test_both_sides_of_a_pair_follow_their_own_labels() -> None:
    """Cells of both sides differ: what `write` makes of them is what `pulse` does, cell by cell."""
    one = device((2.4, -4.88), **{"spread.device_to_device": 1.0})
    asked, pulsed = (WeightCells(one, "pair", (16, 15), 3, "layer0") for _ in range(2))
    n = np.full((16, 15), 3, np.int16)
    pulsed.pulse(n, 0)
    asked.write(n.astype(np.float32), 1.0 / asked.per_weight[0], Writing(rounding="nearest"), (KEY, 0))
    np.testing.assert_array_equal(asked.plus.x, pulsed.plus.x)
    np.testing.assert_array_equal(asked.minus.x, pulsed.minus.x)


def test_state_of_a_pair_is_restored() -> None:
    first, second = weights("pair"), weights("pair")
    first.pulse(np.ones((2, 3), np.int16), 0)
    second.restore(first.state())
    np.testing.assert_array_equal(first.weights(), second.weights())
    np.testing.assert_array_equal(first.writes, second.writes)


def test_unknown_pairing() -> None:
    with pytest.raises(ParameterError, match="pairing 'pairs' is unknown; did you mean 'pair'"):
        WeightCells(device(), "pairs", (2, 2), 0)


def test_one_compiled_signature_serves_all() -> None:
    """Compiling takes seconds: no call of another type may start it again."""
    from spikecim.devices.pulsed.pulse_kernel import write_rows

    for pairing in ("single", "pair"):
        cells = weights(pairing, **{"noise.cycle_to_cycle": 0.01, "spread.device_to_device": 0.2})
        cells.pulse(np.ones((2, 3), np.int16), 0)
        cells.write(START, 1, Writing(), (KEY, 0), carry=np.zeros((2, 3), np.float32))
    assert len(write_rows.signatures) == 1
