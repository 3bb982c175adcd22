"""A layered program that engines could read differently is refused, with the field's name."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from spikecim.errors import EngineError, ParameterError
from spikecim.layered import DenseWiring, LayeredProgram, LayerProgram, Pulses, SparseWiring
from spikecim.layered.program import MOST_NEURONS, NEVER
from spikecim.spikes import SpikeTrains, trains_from_lists

LIMIT = 2**31 - 1


def column(value: int, n: int = 2) -> np.ndarray:
    return np.full(n, value, np.int32)


def layer(name: str = "hidden", n_in: int = 3, **changes: Any) -> LayerProgram:
    """Three lines, two neurons, one pulse train."""
    fields: dict[str, Any] = {
        "name": name,
        "wiring": DenseWiring(n_rows=n_in, n_out=2),
        "route": np.arange(n_in, dtype=np.int32),
        "charge": np.full((2, 2 * n_in), 10, np.int32),
        "read_noise": column(0, 2 * n_in),
        "noise_seed": 1,
        "ramp": None,
        "pulses": (pulses(),),
        **dict.fromkeys(("threshold_up", "threshold_down", "reset_up", "reset_down"), column(40)),
        **dict.fromkeys(("rail_high", "rail_low"), column(80)),
        **dict.fromkeys(("leak", "initial"), column(0)),
        "hard_reset": False,
        "refractory_ticks": 0,
        "fire_from": 0,
        "fire_to": 20,
        "line_events": np.full(n_in, 2, np.int64),
        "line_electrons": np.full(n_in, 1000, np.int64),
        "cells_per_group": 8,
    }
    return LayerProgram(**(fields | changes))


def pulses(**changes: Any) -> Pulses:
    fields: dict[str, Any] = {"charge": column(5), "start": 0, "period": 3, "stop": 20}
    return Pulses(**(fields | changes))


def program(*layers: LayerProgram, **changes: Any) -> LayeredProgram:
    chain = layers or (layer(), layer("last", n_in=2))
    fields: dict[str, Any] = {"n_ticks": 20, "delta_s": 3, "checkpoints": (5, 20), "tick_s": 1e-6}
    return LayeredProgram(layers=chain, **(fields | changes))


def test_a_good_program_passes_and_is_returned() -> None:
    good = program()
    assert good.check() is good
    assert (good.n_in, good.n_out, good.n_margins, good.first_margin) == (3, 2, 3, 1)
    assert good.with_(delta_s=None).n_margins == 1
    assert good.with_(delta_s=None).first_margin == LIMIT


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"layers": ()}, "needs at least one layer"),
        ({"n_ticks": 0}, "n_ticks must be 1..10000000, got 0"),
        ({"n_ticks": 10**7 + 1}, "n_ticks must be 1..10000000"),
        ({"delta_s": 0}, "delta_s must be None or 1..1000, got 0"),
        ({"delta_s": 1001}, "delta_s must be None or 1..1000, got 1001"),
        ({"checkpoints": ()}, r"checkpoints must rise to n_ticks 20, got \(\)"),
        ({"checkpoints": (0, 20)}, "checkpoints must rise"),
        ({"checkpoints": (5, 5, 20)}, "checkpoints must rise"),
        ({"checkpoints": (9, 5, 20)}, "checkpoints must rise"),
        ({"checkpoints": (5, 19)}, "checkpoints must rise"),
        ({"checkpoints": (5, 21)}, "checkpoints must rise"),
        ({"tick_s": 0.0}, "tick_s must be positive"),
    ],
)
def test_faults_of_the_whole_are_refused(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(ParameterError, match=f"program: .*{message}"):
        replace(program(), **changes).check()


def test_layers_that_do_not_fit_one_another_are_refused() -> None:
    with pytest.raises(ParameterError, match="layer last takes 3 lines, hidden has 2 neurons"):
        program(layer(), layer("last", n_in=3)).check()


def test_more_inputs_or_classes_than_16_bits_hold_are_refused() -> None:
    with pytest.raises(ParameterError, match="at most 32767 inputs and classes"):
        program(layer(n_in=32768)).check()


BAD_LAYERS: list[tuple[dict[str, Any], str]] = [
    ({"charge": np.zeros((2, 5), np.int32)}, r"charge must have shape \(2, 6\), got \(2, 5\)"),
    ({"charge": np.zeros((1, 6), np.int32)}, r"charge must have shape \(2, 6\), got \(1, 6\)"),
    ({"read_noise": column(0, 5)}, r"read_noise must have shape \(6,\), got \(5,\)"),
    ({"line_events": np.zeros(2, np.int64)}, r"line_events must have shape \(3,\), got \(2,\)"),
    ({"line_electrons": np.zeros(4, np.int64)}, r"line_electrons must have shape \(3,\), got \(4,\)"),
    *(
        ({name: column(50, 3)}, rf"{name} must have shape \(2,\), got \(3,\)")
        for name in ("threshold_up", "threshold_down", "reset_up", "reset_down")
    ),
    *(
        ({name: column(50, 3)}, rf"{name} must have shape \(2,\), got \(3,\)")
        for name in ("rail_high", "rail_low", "leak", "initial")
    ),
    *(
        ({name: np.array([50, 0], np.int32)}, f"{name} must be at least 1 electron")
        for name in ("threshold_up", "threshold_down", "reset_up", "reset_down", "rail_high", "rail_low")
    ),
    ({"route": np.array([0, 1, 3], np.int32)}, r"route must name rows -1\.\.2"),
    ({"route": np.array([0, -2, 1], np.int32)}, r"route must name rows -1\.\.2"),
    ({"leak": np.array([0, -1], np.int32)}, "leak, .* must not be negative"),
    ({"read_noise": np.array([0, 0, 0, 0, 0, -1], np.int32)}, "read_noise, .* must not be negative"),
    ({"refractory_ticks": -1}, "refractory_ticks, .* must not be negative"),
    ({"fire_from": -1}, "fire_from .*must not be negative"),
    ({"fire_to": -1}, "fire_to must not be negative"),
    ({"reset_up": column(121)}, "a reset packet must be at most threshold plus the opposite rail"),
    ({"reset_down": column(121)}, "a reset packet must be at most threshold plus the opposite rail"),
    ({"initial": column(81)}, "initial charge must lie between the rails"),
    ({"initial": column(-81)}, "initial charge must lie between the rails"),
    ({"ramp": np.zeros(19, np.int32)}, r"ramp must hold 20 values 0\.\.65536"),
    ({"ramp": column(-1, 20)}, r"ramp must hold 20 values 0\.\.65536"),
    ({"ramp": column(65537, 20)}, r"ramp must hold 20 values 0\.\.65536"),
    ({"pulses": (pulses(charge=column(5, 3)),)}, "pulses need a charge for each neuron"),
    ({"pulses": (pulses(), pulses(period=0))}, "pulses need .* period >= 1"),
    ({"pulses": (pulses(start=-1),)}, "pulses need .* start >= 0"),
]


@pytest.mark.parametrize(("changes", "message"), BAD_LAYERS)
def test_faults_of_a_layer_are_refused(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(ParameterError, match=f"layer hidden: .*{message}"):
        program(layer(**changes), layer("last", n_in=2)).check()


@pytest.mark.parametrize("n_out", [0, MOST_NEURONS + 1])
def test_a_layer_without_neurons_or_with_too_many_is_refused(n_out: int) -> None:
    wiring = SparseWiring(offsets=np.zeros(4, np.int64), targets=np.zeros(0, np.int32), n_out=n_out)
    names = ("threshold_up", "threshold_down", "reset_up", "reset_down", "rail_high", "rail_low", "leak", "initial")
    empty: dict[str, Any] = {"charge": np.zeros((2, 0), np.int32), "read_noise": column(0, 0), "pulses": ()}
    bad = layer(wiring=wiring, **(empty | dict.fromkeys(names, column(40, n_out))))
    with pytest.raises(
        ParameterError, match=rf"layer hidden: 1\.\.{MOST_NEURONS} lines and neurons, got 3 and {n_out}"
    ):
        bad.check(20)


def test_a_layer_without_links_is_allowed() -> None:
    wiring = SparseWiring(offsets=np.zeros(4, np.int64), targets=np.zeros(0, np.int32), n_out=2)
    program(layer(wiring=wiring, charge=np.zeros((2, 0), np.int32), read_noise=column(0, 0))).check()


def test_packets_and_initial_charges_may_go_just_as_far_as_the_rails() -> None:
    program(layer(reset_up=column(120), reset_down=column(120), initial=np.array([80, -80], np.int32))).check()


def test_a_threshold_switched_off_needs_no_packet_that_fits() -> None:
    program(layer(threshold_up=column(NEVER), reset_up=column(10**6))).check()


# 3 lines of 10 electrons, pulses of 5, rails of 80 electrons: what is left of 2**31 - 1, and one electron more.
@pytest.mark.parametrize(
    "fill",
    [
        lambda more: {"rail_high": column(LIMIT - 35 + more)},
        lambda more: {"rail_low": column(LIMIT - 35 + more)},
        lambda more: {"pulses": (pulses(), pulses(charge=-column(LIMIT - 115 + more)))},
        lambda more: {"charge": np.array([[10] * 6, [10, 10, 10, 10, -(LIMIT - 105 + more), 10]], np.int32)},
        lambda more: {"read_noise": np.array([0, 0, 0, (LIMIT - 115) // 2 + more, 0, 0], np.int32)},
        # Two lines on row 0: every row might be read twice in one tick.
        lambda more: {
            "route": np.array([0, 0, 1], np.int32),
            "charge": np.array([[(LIMIT - 125) // 2 + more, 10, 10, 10, 10, 10], [0] * 6], np.int32),
        },
    ],
)
def test_charges_of_one_tick_may_just_fill_32_bits(fill: Any) -> None:
    # All thresholds up there would need packets of their own.
    program(layer(**fill(0))).check()
    with pytest.raises(ParameterError, match=r"layer hidden: charges of one tick plus the rail exceed 2\*\*31 - 1"):
        program(layer(**fill(1))).check()


def test_pulses_fire_from_start_in_every_period_below_stop() -> None:
    some = pulses(start=2, period=3, stop=9)
    fired = [tick for tick in range(20) if some.fires(tick)]
    assert fired == [2, 5, 8]
    for duration in range(21):
        assert some.firings(np.array([duration])).tolist() == [sum(tick < duration for tick in fired)]
    assert pulses(start=5, stop=5).firings(np.array([0, 20])).tolist() == [0, 0]


def trains(spikes: list[tuple[int, int, int]], *, n_in: int = 3, n_ticks: int = 20) -> SpikeTrains:
    return trains_from_lists([spikes], n_in=n_in, n_ticks=n_ticks)


def test_trains_that_do_not_fit_are_refused() -> None:
    program().check_trains(trains([(3, 2, 1), (3, 1, 1)], n_ticks=4))
    with pytest.raises(EngineError, match="spike trains have 4 lines, the program has 3"):
        program().check_trains(trains([], n_in=4))
    with pytest.raises(EngineError, match="spike trains span 21 ticks, the program's window is 20"):
        program().check_trains(trains([], n_ticks=21))
    for line in (-1, 3):
        stray = replace(trains([(3, 2, 1)]), lines=np.array([line], np.int16))
        with pytest.raises(EngineError, match=r"spike trains name lines outside 0\.\.2"):
            program().check_trains(stray)
