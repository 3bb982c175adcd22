"""A learning layer from outside: bad input, zero gradients, exact resume of every rule, order of work."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from spikecim.errors import ParameterError, ResultFileError, ShapeError, TrainingError
from spikecim.insitu.layer import LearningLayer, make_layer
from spikecim.insitu.rules.registry import RULES
from spikecim.insitu.rules.spec import UpdateSpec
from tests.devices.pulsed.devices import device

NOISY = device((4.0, -4.0), (64, 64), **{"noise.cycle_to_cycle": 0.02, "spread.device_to_device": 0.3})
START = np.random.default_rng(0).uniform(-0.5, 0.5, (12, 7)).astype(np.float32)


def spec(rule: str) -> UpdateSpec:
    usual = {
        "momentum": {"gamma": 0.9, "velocity_bits": 13},
        "v2.1": {"gamma": 0.9},
        "tiki-taka": {"transfer_carry": True},
    }
    more: dict[str, Any] = usual.get(rule, {})
    return UpdateSpec(rule=rule, rate=0.3, **more)


def layer(rule: str = "sgd", weights: np.ndarray = START, pairing: str = "single") -> LearningLayer:
    return make_layer(weights, NOISY, pairing, spec(rule), 0.5, 3, "layer0")


def gradient(step: int) -> np.ndarray:
    return np.random.default_rng(step).normal(size=(12, 7)).astype(np.float32)


@pytest.mark.parametrize("rule", RULES)
def test_resume_is_exact(rule: str) -> None:
    whole, first, second = layer(rule), layer(rule), layer(rule)
    for step in range(8):
        whole.update(gradient(step), step)
        if step < 4:
            first.update(gradient(step), step)
        if step == 3:
            whole.end_epoch()
            first.end_epoch()
            second.restore({key: value.copy() for key, value in first.state().items()})
        if step > 3:
            second.update(gradient(step), step)
    for key, value in whole.state().items():
        np.testing.assert_array_equal(value, second.state()[key], err_msg=key)
    assert whole.counts == second.counts
    np.testing.assert_array_equal(whole.weights(), second.weights())
    assert whole.counts.pulses_up + whole.counts.pulses_down > 0


@pytest.mark.parametrize("rule", RULES)
def test_zero_gradient_gives_no_pulse(rule: str) -> None:
    one = layer(rule)
    one.update(np.zeros((12, 7), np.float32), 0)
    one.update(gradient(0), 1)
    before = [part.copy() for part in one.writes()]
    one.update(np.zeros((12, 7), np.float32), 2)
    for then, now in zip(before, one.writes(), strict=True):
        np.testing.assert_array_equal(then, now)
    assert one.counts.steps == 3


@pytest.mark.parametrize("rule", RULES)
def test_tiny_gradients_neither_overflow_nor_vanish(rule: str) -> None:
    one = layer(rule)
    for step in range(3):
        one.update(gradient(step) * np.float32(1e-36), step)
    assert np.isfinite(one.weights()).all()
    assert one.counts.pulses_up > 0


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_gradients_that_are_no_numbers_change_nothing(value: float) -> None:
    one, bad = layer("momentum"), gradient(0)
    bad[3, 4] = value
    before = one.state()
    with pytest.raises(TrainingError, match=r"layer0: gradient: 1 of 84 numbers are not finite at update 5"):
        one.update(bad, 5)
    for key, kept in before.items():
        np.testing.assert_array_equal(kept, one.state()[key])


def test_weights_that_are_no_numbers_name_layer_and_parameter() -> None:
    bad = START.copy()
    bad[0, 0] = np.nan
    with pytest.raises(ParameterError, match="layer0: initial weights: 1 are not finite"):
        layer(weights=bad)


@pytest.mark.parametrize("pairing", ["single", "pair"])
def test_weights_outside_are_clamped_and_counted(pairing: str) -> None:
    wide = np.array([[1.5, -3.0, 0.5]], np.float32)
    with pytest.warns(UserWarning, match=r"layer0: initial weights: 2 outside -1 \.\. 1 were set to the edge"):
        one = layer(weights=wide, pairing=pairing)
    assert one.counts.clamped == 2
    np.testing.assert_allclose(one.weights(), [[1.0, -1.0, 0.5]], atol=2e-7)


def test_wrong_shapes() -> None:
    with pytest.raises(ShapeError, match=r"layer0: gradient has shape \(7, 12\); the weights have \(12, 7\)"):
        layer().update(gradient(0).T, 0)
    with pytest.raises(ShapeError, match="expected a matrix"):
        layer(weights=np.zeros(4, np.float32))


def test_states_of_another_rule_are_refused() -> None:
    with pytest.raises(ResultFileError, match="lacks 'velocity'"):
        layer("momentum").restore(layer("sgd").state())


def test_weights_are_one_array_and_threads_change_nothing() -> None:
    one, two = layer("momentum", pairing="pair"), layer("momentum", pairing="pair")
    two.threads = 2
    shown = one.weights()
    for step in range(4):
        one.update(gradient(step), step)
        two.update(gradient(step), step)
    assert one.weights() is shown
    np.testing.assert_array_equal(shown, two.weights())
    assert one.counts == two.counts
    assert (two.threads, one.gain, one.shape) == (2, 0.5, (12, 7))


def test_gradients_of_other_types_and_orders_do_the_same() -> None:
    one, two = layer(), layer()
    one.update(gradient(0), 0)
    two.update(np.asfortranarray(gradient(0).astype(np.float64)), 0)
    np.testing.assert_array_equal(one.weights(), two.weights())
