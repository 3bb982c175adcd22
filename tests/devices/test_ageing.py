"""A cell's whole future: two steps are one, stuck cells stay, and what would be without effect is refused."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from spikecim.chips import load_chip
from spikecim.devices.ageing import Future, Past
from spikecim.devices.oxram import SlcOxram
from spikecim.devices.retention import ROOM_K
from spikecim.errors import ParameterError

TARGETS = np.random.default_rng(2).random((7, 3, 8)) < 0.4


def future(targets: np.ndarray = TARGETS, **changes: Any) -> Future:
    overrides = {f"cell.{key.replace('__', '.')}": value for key, value in changes.items()}
    cell = SlcOxram(spec=load_chip("spirit", overrides).cell)
    fresh = cell.program(targets, 5, "cells")
    return Future(cell=cell, fresh=fresh, seed=5, path=("cells",), corner=1e-3)


FUTURE = future()


def resistance(seconds: float = 0.0, kelvin: float = ROOM_K, reads: Any = 0.0) -> np.ndarray:
    return FUTURE.at(Past().then(seconds, kelvin, reads)).resistance


def test_nothing_happened_changes_nothing() -> None:
    np.testing.assert_array_equal(FUTURE.at(Past()).resistance, FUTURE.fresh.resistance)


@settings(max_examples=30, deadline=None)
@given(
    st.floats(1e-3, 1e8),
    st.floats(1e-3, 1e8),
    st.floats(274, 400),
    st.floats(274, 400),
    st.integers(0, 10**9),
    st.integers(0, 10**9),
)
def test_two_steps_are_one(first: float, second: float, warm: float, hot: float, some: int, more: int) -> None:
    stepwise = Past().then(first, warm, some).then(second, hot, more)
    at_once = Past(seconds=first + second, heat=((first, warm), (second, hot)), reads=float(some + more))
    np.testing.assert_allclose(FUTURE.at(stepwise).resistance, FUTURE.at(at_once).resistance, rtol=1e-12)


def test_effects_add_up_in_ln_r() -> None:
    fresh = FUTURE.fresh.resistance
    together = np.log(resistance(3600.0, 400.0, 1e8) / fresh)
    alone = np.log(resistance(3600.0) / fresh) + np.log(resistance(reads=1e8) / fresh)
    heated = future(relaxation__switch="off").at(Past().then(3600.0, 400.0, 0.0)).resistance
    room = future(relaxation__switch="off").at(Past().then(3600.0, ROOM_K, 0.0)).resistance
    np.testing.assert_allclose(together, alone + np.log(heated / room), atol=1e-12)


def test_reads_are_counted_by_row_and_spare_lrs() -> None:
    reads = np.zeros(7)
    reads[2] = 1e9
    change = np.log(resistance(reads=reads) / FUTURE.fresh.resistance)
    low = FUTURE.cell.in_lrs(FUTURE.fresh.resistance)
    moved = np.zeros(TARGETS.shape, bool)
    moved[2] = ~low[2] & ~FUTURE.fresh.stuck[2]
    np.testing.assert_allclose(change, np.where(moved, -0.15, 0.0), atol=1e-12)


def test_stuck_cells_stay_as_they_are() -> None:
    stuck = future(stuck_lrs=0.5, stuck_hrs=0.5)
    aged = stuck.at(Past().then(1e6, 350.0, 1e9))
    np.testing.assert_array_equal(aged.resistance, stuck.fresh.resistance)


def test_the_seed_names_the_future() -> None:
    other = Future(cell=FUTURE.cell, fresh=FUTURE.fresh, seed=6, path=("cells",), corner=1e-3)
    past = Past().then(3600.0, ROOM_K, 0.0)
    assert (other.at(past).resistance != FUTURE.at(past).resistance).mean() > 0.9


@pytest.mark.parametrize(
    ("changes", "past", "message"),
    [
        ({"disturb__switch": "off"}, (0.0, ROOM_K, 5.0), "reads would be without effect"),
        ({"retention__switch": "off"}, (1.0, 400.0, 0.0), "a temperature would be without effect"),
        ({"relaxation__switch": "off", "retention__switch": "off"}, (1.0, ROOM_K, 0.0), "1 s would be without effect"),
        ({}, (1.0, 1000.0, 0.0), "retention is stated for"),
        ({}, (1e12, ROOM_K, 0.0), "relaxation is stated for"),
        ({}, (0.0, ROOM_K, 1e14), "read disturb is stated for"),
    ],
)
def test_outside_of_the_laws_there_is_no_answer(
    changes: dict[str, Any], past: tuple[float, float, float], message: str
) -> None:
    with pytest.raises(ParameterError, match=message):
        future(**changes).at(Past().then(*past))


@pytest.mark.parametrize(
    "past", [(-1.0, 300.0, 0.0), (float("nan"), 300.0, 0.0), (1.0, float("inf"), 0.0), (1.0, 300.0, -2.0)]
)
def test_a_past_is_finite_and_not_negative(past: tuple[float, float, float]) -> None:
    with pytest.raises(ParameterError, match="must be a finite number, not below 0"):
        Past().then(*past)


def test_an_ideal_cell_does_not_age_and_says_so() -> None:
    cell = SlcOxram(spec=load_chip("spirit-ideal").cell)
    ideal = Future(cell=cell, fresh=cell.program(TARGETS, 0, "cells"), seed=0, path=("cells",), corner=1e-3)
    with pytest.raises(ParameterError, match="without effect"):
        ideal.at(Past().then(1.0, ROOM_K, 0.0))


def test_reads_carry_a_cell_no_further_than_lrs() -> None:
    harsh = future(disturb__step_per_read=2e-10)
    low = harsh.cell.in_lrs(harsh.fresh.resistance) | harsh.fresh.stuck
    moved = harsh.at(Past().then(0.0, ROOM_K, 1e10)).resistance[~low]
    fresh = harsh.fresh.resistance[~low]
    np.testing.assert_allclose(moved, np.maximum(fresh * np.exp(-2.0), 5e3))
    assert 0 < np.isclose(moved, 5e3).sum() < len(moved)


def test_heat_without_time_is_refused() -> None:
    with pytest.raises(ParameterError, match="without effect while no time passes"):
        Past().then(0.0, 400.0, 0.0)
