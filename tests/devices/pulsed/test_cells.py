"""Cells under pulses: against the plain oracle, noise, spread, stuck and dying cells, exact resume."""

from __future__ import annotations

import math

import numpy as np
import pytest

from spikecim.devices.pulsed.nonlinearity import curvatures
from spikecim.errors import ResultFileError, ShapeError
from tests.devices.pulsed import oracle
from tests.devices.pulsed.devices import description, device, given

# One in half a million tests of this width fails by chance.
SIGMAS = 5.0


def pulses(shape: tuple[int, ...], most: int) -> np.ndarray:
    return np.random.default_rng(3).integers(-most, most + 1, shape).astype(np.int16)


@pytest.mark.parametrize(("most", "tolerance"), [(1, 0.0), (9, 1.3e-7)])
def test_kernel_is_the_oracle(most: int, tolerance: float) -> None:
    """One pulse to the last bit; many, by repeated squaring, to two steps of a 32-bit state."""
    one = device((4.0, -6.0), (64, 50), **{"noise.cycle_to_cycle": 0.02})
    cells = one.build((23, 7), 5, "layer")
    cells.program(np.random.default_rng(1).random((23, 7), np.float32))
    before, n = cells.x.copy(), pulses((23, 7), most)
    cells.pulse(n, 11)
    key = oracle.write_key(int(cells.key), 11)
    expected = before.copy()
    for cell, count in enumerate(n.ravel()):
        if count:
            word = oracle.cell_word(key, cell)
            expected.flat[cell] = oracle.pulsed(float(before.flat[cell]), int(count), one.law, 0.02, word)
    np.testing.assert_allclose(cells.x, expected, rtol=0, atol=tolerance)
    np.testing.assert_array_equal(cells.writes, np.abs(n))


def test_pulses_without_noise_follow_the_law() -> None:
    one = device((9.0, -9.0), (30, 40))
    cells = one.build((400,), 0)
    cells.program(np.linspace(0, 1, 400, dtype=np.float32))
    before, n = cells.x.astype(np.float64), pulses((400,), 50)
    cells.pulse(n, 0)
    np.testing.assert_allclose(cells.x, one.law.after(before, n), rtol=0, atol=1.3e-7)


def test_convex_curves_end_at_the_window() -> None:
    """Far beyond the window a convex curve is infinite; the state is its end, not NaN."""
    cells = device((-9.0, 9.0), (2, 2)).build((2,), 0)
    cells.program(np.array([0.0, 1.0], np.float32))
    cells.pulse(np.array([32767, -32767], np.int16), 0)
    np.testing.assert_array_equal(cells.x, [1.0, 0.0])


@pytest.mark.parametrize("count", [1, 4, 16])
def test_noise_variance_is_proportional_to_pulses(count: int) -> None:
    n_cells, sd = 20_000, 0.002
    cells = device((0.0, 0.0), (100, 100), **{"noise.cycle_to_cycle": sd}).build((n_cells,), 2)
    cells.pulse(np.full(n_cells, count, np.int16), 0)
    moved = cells.x.astype(np.float64) - 0.5 - count / 100
    # Sum of four uniforms: kurtosis 2.7, so the variance of a variance is 1.7 / n.
    tolerance = SIGMAS * math.sqrt(1.7 / n_cells)
    assert moved.var() == pytest.approx(count * sd**2, rel=tolerance)
    assert abs(moved.mean()) < SIGMAS * sd * math.sqrt(count / n_cells)


def test_noise_is_named_by_write_and_cell() -> None:
    one = device(**{"noise.cycle_to_cycle": 0.01})
    n = np.ones((6, 5), np.int16)
    runs = []
    for step in (0, 0, 1):
        cells = one.build((6, 5), 9, "a")
        cells.pulse(n, step)
        runs.append(cells.x)
    np.testing.assert_array_equal(runs[0], runs[1])
    assert not (runs[0] == runs[2]).any()
    assert len(np.unique(runs[0])) == 30


@pytest.mark.parametrize("rho", [-1.0, 0.0, 0.6, 1.0])
def test_spread_of_labels_is_drawn_per_cell_and_direction(rho: float) -> None:
    n, sd, p = 8_000, 0.5, 64
    one = device((4.0, -3.0), (p, p), **{"spread.device_to_device": sd, "spread.correlation": rho})
    up, down = one.build((n,), 4, "x"), one.build((n,), 4, "x")
    up.program(np.zeros(n, np.float32))
    down.program(np.ones(n, np.float32))
    up.pulse(np.ones(n, np.int16), 0)
    down.pulse(np.full(n, -1, np.int16), 0)
    # The first step from an end grows with the label alone: read the labels back from it.
    grid = np.linspace(0.5, 7.5, 1401)
    a = curvatures(grid)
    first = np.expm1(-1 / (a * p)) / np.expm1(-1 / a)
    ups = np.interp(up.x, first, grid)
    downs = -np.interp(1.0 - down.x, first, grid)
    for labels, mean in ((ups, 4.0), (downs, -3.0)):
        assert labels.mean() == pytest.approx(mean, abs=SIGMAS * sd / math.sqrt(n))
        assert labels.std() == pytest.approx(sd, rel=SIGMAS / math.sqrt(2 * n) + 1e-3)
    found = np.corrcoef(ups, downs)[0, 1]
    assert found == pytest.approx(rho, abs=SIGMAS * (1 - rho**2) / math.sqrt(n) + 2e-3)


def test_labels_beyond_the_range_stay_at_its_end() -> None:
    cells = device((9.0, -9.0), **{"spread.device_to_device": 3.0}).build((500,), 1)
    cells.pulse(np.ones(500, np.int16), 0)
    assert np.isfinite(cells.x).all()


def test_stuck_cells_never_move_but_are_pulsed() -> None:
    n = 10_000
    cells = device(**{"stuck.share_low": 0.1, "stuck.share_high": 0.05}).build((n,), 6)
    for share, code in ((0.1, -1), (0.05, 1)):
        assert (cells.stuck == code).mean() == pytest.approx(share, abs=SIGMAS * math.sqrt(share / n))
    cells.program(np.full(n, 0.3, np.float32))
    cells.pulse(np.full(n, 20, np.int16), 0)
    assert set(np.unique(cells.x[cells.stuck == 1])) == {1.0}
    assert set(np.unique(cells.x[cells.stuck == -1])) == {0.0}
    np.testing.assert_allclose(cells.x[cells.stuck == 0], 0.5, atol=1e-6)
    assert (cells.writes == 20).all()
    assert (cells.n_stuck, cells.n_dead) == (int((cells.stuck != 0).sum()), 0)


@pytest.mark.parametrize(("fails", "end"), [("low", 0.0), ("high", 1.0), ("where it is", None)])
def test_cells_die_of_pulses(fails: str, end: float | None) -> None:
    life = {"endurance.switch": "on", "endurance.cycles": 10.0, "endurance.shape": 2.0, "endurance.fails": fails}
    n = 4_000
    cells = device(pulses=(1000, 1000), **life).build((n,), 7)
    for step in range(8):
        cells.pulse(np.ones(n, np.int16), step)
    # A life is drawn as a real number: 8 pulses kill what was drawn up to 8.
    dead = 1.0 - math.exp(-((8.0 / 10.0) ** 2))
    assert cells.n_dead / n == pytest.approx(dead, abs=SIGMAS * math.sqrt(dead * (1 - dead) / n))
    gone = np.abs(cells.stuck) > 1
    before = cells.x[gone].copy()
    if end is not None:
        assert set(np.unique(before)) == {end}
    cells.pulse(np.ones(n, np.int16), 9)
    np.testing.assert_array_equal(cells.x[gone], before)
    assert cells.n_stuck == 0


def test_life_switched_off_is_no_life() -> None:
    life = {"endurance.switch": "off", "endurance.cycles": 1.0, "endurance.shape": 2.0, "endurance.fails": "low"}
    cells = device(**life).build((50,), 7)
    cells.pulse(np.full(50, 30, np.int16), 0)
    assert cells.n_dead == 0


def test_tables_of_steps_move_by_interpolated_steps() -> None:
    table = description(None)
    steps = {"up": [0.2, 0.1, 0.0], "up_sd": [0.0, 0.0, 0.0], "down": [0.0, -0.1, -0.3], "down_sd": [0.01, 0.02, 0.01]}
    table["response"] = {key: given(value) for key, value in steps.items()}
    from spikecim.devices.pulsed.device import PulsedDevice

    one = PulsedDevice.from_table(table, "test")
    cells = one.build((3,), 0)
    cells.program(np.array([0.0, 0.25, 0.9], np.float32))
    cells.pulse(np.array([2, 1, 1], np.int16), 0)
    # 0 -> 0.2 -> 0.2 + 0.16; 0.25 + 0.15; 0.9 + 0.02
    np.testing.assert_allclose(cells.x, [0.36, 0.4, 0.92], atol=1e-6)
    many = one.build((20_000,), 1)
    many.pulse(np.full(20_000, -1, np.int16), 0)
    assert many.x.mean() == pytest.approx(0.4, abs=SIGMAS * 0.02 / math.sqrt(20_000))
    assert many.x.std() == pytest.approx(0.02, rel=SIGMAS / math.sqrt(40_000))


def test_state_and_restore_are_exact() -> None:
    life = {"endurance.switch": "on", "endurance.cycles": 6.0, "endurance.shape": 2.0, "endurance.fails": "low"}
    one = device((4.0, -4.0), **life, **{"noise.cycle_to_cycle": 0.02, "spread.device_to_device": 0.3})
    whole, first, second = (one.build((9, 8), 3, "a") for _ in range(3))
    for step in range(6):
        whole.pulse(pulses((9, 8), 2), step)
        (first if step < 3 else second).pulse(pulses((9, 8), 2), step)
        if step == 2:
            second.restore(first.state())
    for key, value in whole.state().items():
        np.testing.assert_array_equal(value, second.state()[key])


def test_states_of_other_cells_are_refused() -> None:
    cells = device().build((4, 4), 0)
    with pytest.raises(ResultFileError, match="shape"):
        cells.restore(device().build((4, 5), 0).state())
    with pytest.raises(ResultFileError, match="lacks 'x'"):
        cells.restore({})


def test_wrong_shapes_are_refused() -> None:
    cells = device().build((4, 4), 0)
    with pytest.raises(ShapeError, match="pulses have shape"):
        cells.pulse(np.zeros((4, 5), np.int16), 0)
    with pytest.raises(ShapeError, match="states have shape"):
        cells.program(np.zeros((4, 5), np.float32))
