"""The fluid limit: spiking runs of ever smaller charges tend to it, and its closed form holds term by term."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from spikecim.coding.renewal import ENCODERS, RateCode
from spikecim.engines.event import EventEngine
from spikecim.explore.fluid import Fluid, steady_currents
from spikecim.explore.fluid import fluid_limit as limit
from spikecim.program import Program
from tests.engines.strategies import UNIT, ideal_program

N_IN, N_OUT, TICKS = 4, 5, 200


def code(n_ticks: int, period: float) -> RateCode:
    return RateCode(
        process=ENCODERS["regular"], full_scale_ticks=period, zero_rate_rel=0.0, jitter_rel=0.0, n_ticks=n_ticks
    )


def case(seed: int) -> tuple[np.ndarray, np.ndarray]:
    draws = np.random.default_rng(seed)
    return draws.integers(-4, 5, (N_IN, N_OUT)), draws.uniform(-1, 1, (12, N_IN))


def finer(weights: np.ndarray, fine: int, **changes: Any) -> Program:
    """The same currents in a window `fine` times as long in ticks, in spikes `fine` times as small."""
    threshold = 4 * UNIT * fine
    levels = dict.fromkeys(("threshold_up", "threshold_down", "reset_up", "reset_down"), threshold)
    rails = dict.fromkeys(("rail_high", "rail_low"), 8 * UNIT * fine)
    return ideal_program(weights, **{**levels, **rails, "n_ticks": TICKS * fine, **changes})


def fluid_limit(program: Program, coding: RateCode, values: np.ndarray) -> Fluid:
    return limit(program, steady_currents(coding, values))


def scores(program: Program, values: np.ndarray, period: float) -> np.ndarray:
    record = EventEngine().run(program, code(program.n_ticks, period).encode(values, 0))
    counts = np.zeros((len(values), N_OUT), np.int64)
    samples = np.repeat(np.arange(len(values)), np.diff(record.offsets))
    np.add.at(counts, (samples, record.neurons), record.signs)
    return counts


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize(("refractory", "leak"), [(0, 0), (16, 0), (0, 15)])
def test_spiking_runs_tend_to_the_fluid_limit(seed: int, refractory: int, leak: int) -> None:
    weights, values = case(seed)
    worst = []
    for fine in (1, 64):
        # The period in ticks stays, so that `fine` times as many spikes bring the same charge.
        program = finer(weights, fine, refractory_ticks=refractory * fine, leak=leak)
        fluid = fluid_limit(program, code(program.n_ticks, 8.0), values)
        expected = fluid.rates * program.n_ticks
        worst.append(np.abs(scores(program, values, 8.0) - expected).max())
    # Whole spikes: a score is cut off by less than one; the first periods and ticks vanish with `fine`.
    assert worst[1] < 1.25
    assert worst[1] <= worst[0]


def test_a_score_follows_the_equation() -> None:
    program = ideal_program([[4, -2], [1, 3]], n_ticks=1000, refractory_ticks=20)
    fluid = fluid_limit(program, code(1000, 10.0), np.array([[0.5, 0.25], [-1.0, 0.0], [1.0, 1.0]]))
    drive = np.array([[4 * 0.05 + 0.025, -2 * 0.05 + 3 * 0.025], [-0.4, 0.2], [0.5, 0.1]]) * UNIT
    np.testing.assert_allclose(fluid.rates, np.clip(drive / (4 * UNIT), -0.05, 0.05))
    np.testing.assert_array_equal(fluid.winners, [0, 1, 0])
    np.testing.assert_allclose(fluid.inputs, [75.0, 100.0, 200.0])


def test_saturated_neurons_are_told_apart_by_their_drive() -> None:
    program = ideal_program([[3, 4, 4, -1]], refractory_ticks=30)
    assert fluid_limit(program, code(40, 4.0), np.array([[1.0]])).winners.tolist() == [1]


def test_early_stop_comes_when_the_margin_is_reached() -> None:
    program = ideal_program([[4, 2]], n_ticks=1000, delta_s=10)
    fluid = fluid_limit(program, code(1000, 5.0), np.array([[1.0], [0.5], [0.01], [0.0]]))
    # Margin 0.5 spikes for each input spike: 20 of them, or the end of the window.
    np.testing.assert_allclose(fluid.inputs, [20.0, 20.0, 2.0, 0.0])
    np.testing.assert_allclose(fluid.ticks, [100.0, 200.0, 1000.0, 1000.0])


def test_a_leak_is_a_dead_zone() -> None:
    program = ideal_program([[1, -1, 4]], leak=30)
    fluid = fluid_limit(program, code(40, 4.0), np.array([[1.0]]))
    np.testing.assert_allclose(fluid.rates, [[0.0, 0.0, 70 / (4 * UNIT)]])


def test_packets_of_both_signs_count_on_their_own_side() -> None:
    program = ideal_program([[1, -1]], reset_up=200, reset_down=800)
    np.testing.assert_allclose(fluid_limit(program, code(40, 2.0), np.array([[1.0]])).rates, [[0.25, -0.0625]])


def test_a_single_neuron_runs_to_the_end() -> None:
    program = ideal_program([[4]], delta_s=2)
    assert fluid_limit(program, code(40, 4.0), np.array([[1.0]])).ticks.tolist() == [40.0]
