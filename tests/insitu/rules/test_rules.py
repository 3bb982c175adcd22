"""Every rule against a case worked out by hand on a linear device of 100 pulses (one pulse moves a weight by 0.02)."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

from spikecim.devices.pulsed.device import PulsedDevice
from spikecim.devices.pulsed.library import load_pulsed
from spikecim.errors import ParameterError
from spikecim.insitu.layer import LearningLayer, make_layer
from spikecim.insitu.rules.spec import UpdateSpec
from tests.devices.pulsed.devices import device

PULSE = 0.02
LINEAR = device()


def layer(
    start: Any, rule: str, device: PulsedDevice = LINEAR, pairing: str = "single", **values: Any
) -> LearningLayer:
    return make_layer(np.asarray(start, np.float32), device, pairing, UpdateSpec(rule=rule, **values), 1.0, 1, "layer0")


def gradient(*rows: list[float]) -> np.ndarray:
    return np.array(rows, np.float32)


def test_sgd_by_hand() -> None:
    """Norm 4: u = (1, -0.5, 0.1), wanted -0.1 u = 5 pulses down, 2.5 up (nearest: 3), 0.5 down (1)."""
    one = layer(np.zeros((1, 3)), "sgd", rate=0.1, rounding="nearest")
    one.update(gradient([4.0, -2.0, 0.44]), 0)
    np.testing.assert_allclose(one.weights(), [[-5 * PULSE, 3 * PULSE, -PULSE]], atol=1e-6)
    counts = one.counts
    assert (counts.pulses_up, counts.pulses_down, counts.cells_written) == (3, 6, 3)
    assert (counts.row_phases, counts.row_slots, counts.velocity_bits_moved) == (2, 8, 0)
    assert (counts.largest_writes, counts.mean_writes) == (5, 3.0)


def test_rate_factor_and_power_of_two() -> None:
    """The power of two nearest to 3 is 4 (in the logarithm): u = 0.75; half the rate leaves 0.0375 = 1.875 pulses."""
    one = layer([[0.0]], "sgd", rate=0.1, rounding="nearest", normalise="power-of-two")
    one.update(gradient([-3.0]), 0, rate_factor=0.5)
    np.testing.assert_allclose(one.weights(), [[2 * PULSE]], atol=1e-6)


def test_momentum_by_hand() -> None:
    """gamma 0.5. v = (0.5, -0.5), then (0.25, 0.25), normalised to 1; the rate 0.4 becomes 0.2, 10 pulses."""
    one = layer(np.zeros((1, 2)), "momentum", rate=0.4, gamma=0.5, rounding="nearest")
    one.update(gradient([1.0, -1.0]), 0)
    np.testing.assert_allclose(one.weights(), [[-0.2, 0.2]], atol=1e-6)
    one.update(gradient([0.0, 1.0]), 1)
    np.testing.assert_allclose(one.weights(), [[-0.4, 0.0]], atol=1e-6)
    counts = one.counts
    assert (counts.velocity_words_read, counts.velocity_words_written) == (4, 4)
    assert counts.velocity_bits_moved == 2 * 4 * 32


def test_momentum_over_the_raw_gradient_makes_smaller_steps() -> None:
    """Norm 1 of raw gradients: v = 0.5, then 0.25 - 0.5 = -0.25; steps 0.1 down, 0.05 up."""
    one = layer([[0.0]], "momentum", rate=0.2, gamma=0.5, rounding="nearest", normalise="gradient", norm_memory=1.0)
    one.update(gradient([1.0]), 0)
    one.update(gradient([-1.0]), 1)
    # 2.5 pulses are rounded up.
    np.testing.assert_allclose(one.weights(), [[-5 * PULSE + 3 * PULSE]], atol=1e-6)


def test_rescaled_momentum_drifts_as_far_as_sgd() -> None:
    """Under a constant gradient, 200 updates at gamma 0.9 go 1 / 10 as far as unscaled ones: 0.2 against 2."""
    ends = []
    for rescale in ("auto", "none"):
        one = layer([[1.0]], "momentum", rate=0.01, gamma=0.9, rescale=rescale, rounding="stochastic")
        for step in range(200):
            one.update(gradient([1.0]), step)
        ends.append(1.0 - float(one.weights()[0, 0]))
    # 200 updates of 0.05 pulses each: binomial.
    assert ends[0] == pytest.approx(0.2, abs=5 * PULSE * math.sqrt(200 * 0.05 * 0.95))
    assert ends[1] == pytest.approx(2.0, abs=5 * PULSE * math.sqrt(200 * 0.5 * 0.5))


def test_reset_at_the_end_of_an_epoch() -> None:
    for reset, second in (("epoch", -0.2), ("never", 0.0)):
        one = layer([[0.0]], "momentum", rate=0.4, gamma=0.5, rounding="nearest", normalise="gradient", reset=reset)
        one.update(gradient([-1.0]), 0)
        one.end_epoch()
        before = float(one.weights()[0, 0])
        one.update(gradient([1.0]), 1)
        # v = 0.5 after a reset, 0.5 - 0.25 otherwise.
        assert float(one.weights()[0, 0]) - before == pytest.approx(-0.2 if second else -0.1, abs=1e-6)


def test_short_velocities_keep_the_mean_and_the_range() -> None:
    n = 20_000
    one = layer(np.zeros((1, n)), "momentum", rate=0.0, gamma=0.9, velocity_bits=4, norm_memory=1.0)
    steep = np.full((1, n), 0.37, np.float32)
    steep[0, 0] = 1.0
    for step in range(3):
        one.update(steep, step)
    v = one.state()["velocity"]
    # Exponent of 1: units of 1 / 8, within 7 of them.
    np.testing.assert_array_equal(v * 8, np.rint(v * 8))
    assert np.abs(v).max() <= 7 / 8
    expected = 0.37 * (1 - 0.9**3)
    assert v[0, 1:].mean() == pytest.approx(expected, abs=5 * 0.125 / math.sqrt(n))
    assert one.counts.velocity_bits_moved == 3 * 2 * n * 4


def test_residual_carries_what_nearest_rounding_leaves() -> None:
    """0.3 pulses an update: nearest alone never writes, the carry does three times in ten, and nothing is lost."""
    start = np.zeros((1, 2))
    alone = layer(start, "sgd", rate=0.3 * PULSE, rounding="nearest")
    carried = layer(start, "residual", rate=0.3 * PULSE)
    for step in range(100):
        for one in (alone, carried):
            one.update(gradient([1.0, -1.0]), step)
        owed = carried.state()["carry"]
        asked = 0.3 * PULSE * (step + 1)
        np.testing.assert_allclose(carried.weights() + owed, [[-asked, asked]], atol=2e-6)
        assert np.abs(owed).max() <= 0.5 * PULSE + 1e-6
    np.testing.assert_array_equal(alone.weights(), start)
    assert carried.counts.pulses_up == 30
    assert carried.counts.velocity_words_read == 200


def test_mixed_precision_writes_whole_pulses_only() -> None:
    """0.4 pulses an update add up; at 1.2 one leaves, 0.2 stays. The norm is the largest gradient so far."""
    one = layer([[0.0]], "mixed-precision", rate=0.4 * PULSE, norm_memory=1.0)
    ends = []
    for step in range(5):
        one.update(gradient([-5.0]), step)
        ends.append(round(float(one.weights()[0, 0]) / PULSE))
    assert ends == [0, 0, 1, 1, 2]
    one.update(gradient([2.5]), 5)
    # 0.0 carried, minus 0.2 pulses: nothing leaves.
    assert float(one.state()["carry"][0, 0]) == pytest.approx(-0.2 * PULSE, abs=1e-6)


def test_threshold_drops_small_changes() -> None:
    one = layer(np.zeros((1, 2)), "sgd", rate=0.1, rounding="nearest", threshold=2.0)
    one.update(gradient([1.0, 0.3]), 0)
    np.testing.assert_allclose(one.weights(), [[-5 * PULSE, 0.0]], atol=1e-6)


def test_alternate_phases_write_one_polarity_a_time() -> None:
    one = layer(np.zeros((1, 2)), "residual", rate=0.1, phases="alternate")
    one.update(gradient([1.0, -1.0]), 0)
    np.testing.assert_allclose(one.weights(), [[0.0, 5 * PULSE]], atol=1e-6)
    one.update(gradient([1.0, -1.0]), 1)
    # What was owed since the first update comes with the second.
    np.testing.assert_allclose(one.weights(), [[-10 * PULSE, 5 * PULSE]], atol=1e-6)
    assert one.counts.row_phases == 2
    with pytest.raises(ParameterError, match="phases alternate: a pair needs both"):
        layer([[0.0]], "sgd", pairing="pair", phases="alternate")


def test_v21_takes_the_pulse_as_a_chance_of_one_weight_step() -> None:
    """v = 0.125, u = 1, rate 0.2: 10 pulses of 0.02, and a fifth of the cells fall by one step of 1 / 16."""
    n = 20_000
    one = layer(np.zeros((1, n)), "v2.1", rate=0.2, gamma=0.9)
    one.update(np.full((1, n), 1.25, np.float32), 0)
    moved = one.weights()
    assert set(np.unique(np.round(moved, 6)).tolist()) == {-0.0625, 0.0}
    assert (moved < 0).mean() == pytest.approx(0.2, abs=5 * math.sqrt(0.16 / n))
    with pytest.raises(ParameterError, match=r"v2\.1: its weights are single cells"):
        layer([[0.0]], "v2.1", pairing="pair", gamma=0.9)


def test_v21_needs_a_curve() -> None:
    """A table has no curve whose step could be a chance: it would be plain nearest rounding under another name."""
    with pytest.raises(ParameterError, match=r"update rule v2\.1: .* a table of measured steps; use") as caught:
        layer([[0.0]], "v2.1", device=load_pulsed("rram-hfo2-table"), gamma=0.9)
    assert "\n" not in str(caught.value)
    layer([[0.0]], "sgd", device=load_pulsed("rram-hfo2-table"))


def test_v21_noise_only_where_the_weight_moved() -> None:
    n = 20_000
    noisy = device(**{"noise.cycle_to_cycle": 0.003})
    one = layer(np.zeros((1, n)), "v2.1", device=noisy, rate=0.2, gamma=0.9)
    one.update(np.full((1, n), 1.25, np.float32), 0)
    moved = one.weights()[one.weights() != 0.0].astype(np.float64)
    assert moved.size / n == pytest.approx(0.2, abs=5 * math.sqrt(0.16 / n))
    assert (moved + 0.0625).std() == pytest.approx(0.006, rel=5 / math.sqrt(2 * moved.size))


def test_tiki_taka_transfers_rows_in_turn() -> None:
    """Rate 0.5 on a unit gradient: fast weights -0.5. Transfer 0.2 of it = 0.1, 5 pulses, of row 0, then row 1."""
    symmetric = device((0.01, -0.01))
    one = layer(
        np.zeros((2, 2)),
        "tiki-taka",
        device=symmetric,
        rate=0.5,
        transfer_rate=0.2,
        transfer_every=2,
        rounding="nearest",
    )
    one.update(gradient([1.0, 1.0], [-1.0, -1.0]), 0)
    np.testing.assert_array_equal(one.weights(), np.zeros((2, 2)))
    one.update(gradient([1e-9, 1e-9], [1e-9, 1e-9]), 1)
    np.testing.assert_allclose(one.weights(), [[-0.1, -0.1], [0.0, 0.0]], atol=2e-3)
    one.update(gradient([1e-9, 1e-9], [1e-9, 1e-9]), 2)
    one.update(gradient([1e-9, 1e-9], [1e-9, 1e-9]), 3)
    np.testing.assert_allclose(one.weights(), [[-0.1, -0.1], [0.1, 0.1]], atol=2e-3)
    assert one.counts.transfers == 2
    with pytest.raises(ParameterError, match="no symmetric point"):
        layer(np.zeros((2, 2)), "tiki-taka", device=LINEAR)


def quadratic(rule: str, **values: Any) -> tuple[float, float]:
    """Mean and its 5-sigma error of 400 copies of w in 0.5 (w - 0.5)^2 under gradients with noise 1.

    The device pulls towards 0.
    """
    one = layer(np.zeros((1, 400)), rule, device=device((4.0, -4.0), (64, 64)), normalise="none", **values)
    noise = np.random.default_rng(0)
    for step in range(1000):
        one.update(one.weights() - np.float32(0.5) + noise.normal(size=(1, 400)).astype(np.float32), step)
    return float(one.weights().mean()), 5 * float(one.weights().std()) / math.sqrt(400)


def test_tiki_taka_comes_near_the_minimum_where_sgd_stalls() -> None:
    """SGD stops where the pull of noisy pulses to the symmetric point 0 meets the gradient: half way.

    Tiki-Taka goes on; with a carry its slow cells are not pulsed to and fro.
    """
    sgd, wide = quadratic("sgd", rate=0.03)
    carried, narrower = quadratic("tiki-taka", rate=0.03, transfer_rate=0.005, transfer_carry=True)
    assert sgd + wide < 0.35
    assert abs(carried - 0.5) + narrower < (0.5 - sgd - wide) / 2
