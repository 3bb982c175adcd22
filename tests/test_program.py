"""The integer program: what it derives, and every program on which two correct engines could differ is refused."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from spikecim.errors import EngineError, ParameterError
from spikecim.program import MOST_TICKS, Program
from tests.engines.strategies import ideal_program, one_line

PROGRAM = ideal_program(np.ones((3, 2)), delta_s=5)
PER_NEURON = ("threshold_up", "threshold_down", "reset_up", "reset_down", "rail_high", "rail_low", "leak")


def refusal(**changes: Any) -> str:
    with pytest.raises(ParameterError) as caught:
        PROGRAM.with_(**changes)
    return str(caught.value)


def per_neuron(value: int) -> np.ndarray:
    # Only the second neuron is at fault: the check must look at all of them.
    return np.array([400, value], np.int32)


def test_a_program_knows_its_size() -> None:
    assert (PROGRAM.n_in, PROGRAM.n_out, PROGRAM.noisy) == (3, 2, False)
    assert PROGRAM.with_(read_noise=np.eye(3, 2, dtype=np.int32)).noisy


def test_the_decision_table_has_one_column_per_margin() -> None:
    assert (PROGRAM.n_margins, PROGRAM.first_margin) == (5, 1)


def test_without_early_stop_the_only_margin_is_out_of_reach() -> None:
    endless = PROGRAM.with_(delta_s=None)
    assert endless.n_margins == 1
    assert endless.first_margin > 10**9


def test_a_checked_copy_leaves_the_original() -> None:
    assert PROGRAM.with_(refractory_ticks=3).refractory_ticks == 3
    assert PROGRAM.refractory_ticks == 0


@pytest.mark.parametrize("shape", [(3, 2), (1, 3, 2), (3, 3, 2), (2, 0, 2), (2, 3, 0), (2, 3, 2, 1)])
def test_charge_has_two_signs_lines_and_neurons(shape: tuple[int, ...]) -> None:
    message = refusal(charge=np.ones(shape, np.int32))
    assert message == f"program: charge must have shape (2, n_in, n_out), got {shape}"


@pytest.mark.parametrize(
    ("name", "wrong", "right"),
    [("read_noise", (2, 3), "(3, 2)"), ("row_electrons", (2,), "(3,)"), *((name, (3,), "(2,)") for name in PER_NEURON)],
)
def test_every_array_has_its_shape(name: str, wrong: tuple[int, ...], right: str) -> None:
    message = refusal(**{name: np.ones(wrong, getattr(PROGRAM, name).dtype)})
    assert message == f"program: {name} must have shape {right}, got {wrong}"


@pytest.mark.parametrize("name", PER_NEURON[:-1])
@pytest.mark.parametrize("value", [0, -1])
def test_thresholds_packets_and_rails_are_at_least_one_electron(name: str, value: int) -> None:
    assert refusal(**{name: per_neuron(value)}) == f"program: {name} must be at least 1 electron"


@pytest.mark.parametrize(
    "changes",
    [{"leak": per_neuron(-1)}, {"read_noise": -np.eye(3, 2, dtype=np.int32)}, {"refractory_ticks": -1}],
)
def test_leak_noise_and_refractory_time_are_not_negative(changes: dict[str, Any]) -> None:
    assert refusal(**changes) == "program: leak, read_noise and refractory_ticks must not be negative"


@pytest.mark.parametrize(
    ("reset", "far_rail", "near"), [("reset_up", "rail_low", "up"), ("reset_down", "rail_high", "down")]
)
def test_a_packet_does_not_swing_the_node_past_the_far_rail(reset: str, far_rail: str, near: str) -> None:
    # Threshold 400 + far rail 500: a packet of 900 is allowed, 901 is not.
    rail = {far_rail: np.array([10**6, 500], np.int32)}
    PROGRAM.with_(**rail, **{reset: per_neuron(900)})
    message = refusal(**rail, **{reset: per_neuron(901)})
    assert message == f"program: {reset} must be at most threshold_{near} + {far_rail}"


@pytest.mark.parametrize("comparator", ["", "CONTINUOUS", "sometimes", None])
def test_an_unknown_comparator_is_refused(comparator: Any) -> None:
    assert refusal(comparator=comparator) == f"program: comparator {comparator!r} is not one of continuous, on_event"


@pytest.mark.parametrize(
    "changes", [{"n_ticks": 0}, {"n_ticks": MOST_TICKS + 1}, {"delta_s": 0}, {"delta_s": 1001}, {"delta_s": -1}]
)
def test_window_and_margin_have_a_range(changes: dict[str, int]) -> None:
    (name, value), allowed = *changes.items(), {"n_ticks": f"1..{MOST_TICKS}", "delta_s": "None or 1..1000"}
    assert refusal(**changes) == f"program: {name} must be {allowed[name]}, got {value}"


def test_the_bounds_of_window_and_margin_are_allowed() -> None:
    for delta_s in (None, 1, 1000):
        assert PROGRAM.with_(delta_s=delta_s, n_ticks=1).delta_s == delta_s


def edge(row: int, noise: int) -> Program:
    """A program whose worst tick is 3 * row + 6 * noise electrons of input on a rail of 1000."""
    charge = np.zeros((2, 3, 2), np.int32)
    charge[1, :, 1] = -row
    read_noise = np.zeros((3, 2), np.int32)
    read_noise[:, 1] = noise
    return replace(PROGRAM, charge=charge, read_noise=read_noise, rail_low=per_neuron(1000))


def test_the_worst_tick_fits_32_bits() -> None:
    limit = (2**31 - 1 - 1000) // 3
    edge(limit, 0).check()
    edge(limit - 20, 10).check()
    for too_much in (edge(limit + 1, 0), edge(limit - 20, 11)):
        with pytest.raises(ParameterError, match=r"charges of one tick plus the rail exceed 2\*\*31 - 1 electrons"):
            too_much.check()


def test_the_most_negative_charge_does_not_slip_through() -> None:
    assert "exceed" in refusal(charge=np.full((2, 3, 2), -(2**31), np.int32))


def test_trains_must_fit_lines_and_window() -> None:
    with pytest.raises(EngineError, match="have 1 lines, the program has 3"):
        PROGRAM.check_trains(one_line([0]))
    with pytest.raises(EngineError, match="span 10 ticks, the program's window is 40"):
        ideal_program([[1]]).check_trains(one_line([0], n_ticks=10))
