"""The dual-threshold integrate-and-fire neuron, on the whole way from a chip file to output spikes."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from spikecim.build import VirtualChip, build
from spikecim.chips import load_chip
from spikecim.engines import get_engine
from spikecim.errors import ParameterError
from spikecim.network import network_from_array
from spikecim.neurons.dual_threshold import NeuronBank, NeuronSpec, draw_neurons, unit_electrons
from spikecim.program import CONTINUOUS, ON_EVENT
from spikecim.spikes import SpikeRecord, trains_from_lists
from tests.engines.strategies import UNIT, ideal_program

E = 1.602176634e-19  # exact in the SI since 2019
Spike = tuple[int, int, int]
ENGINE = pytest.mark.parametrize("engine", ["stepper", "event"])


def chip(weights: Any, **neuron: Any) -> VirtualChip:
    """SPIRIT with ideal cells and neurons, cut to the size of `weights`, without early stop; ticks of 1 us."""
    weights = np.asarray(weights)
    size = {"geometry.n_in": weights.shape[0], "geometry.n_out": weights.shape[1]}
    spec = load_chip("spirit-ideal", size | {f"neuron.{key}": value for key, value in neuron.items()})
    return build(spec, network_from_array(weights, limit=4), seed=0)


def run(
    chip: VirtualChip, spikes: list[Spike], *, n_ticks: int = 40, engine: str = "event", **changes: Any
) -> SpikeRecord:
    program = chip.program.with_(n_ticks=n_ticks, delta_s=None, **changes)
    return get_engine(engine).run(program, trains_from_lists([spikes], n_in=program.n_in, n_ticks=n_ticks))


def fired(record: SpikeRecord, neuron: int = 0) -> list[tuple[int, int]]:
    """(tick, sign) of one neuron's spikes."""
    mine = record.neurons == neuron
    return list(zip(record.ticks[mine].tolist(), record.signs[mine].tolist(), strict=True))


# Design requirement 1 (EMB; spirit.md 2.2).
@ENGINE
def test_a_stimulus_through_plus_or_minus_four_fires_at_once(engine: str) -> None:
    record = run(chip([[4, -4, 3, -3]]), [(5, 0, 1)], engine=engine)
    assert list(zip(record.ticks, record.neurons, record.signs, strict=True)) == [(5, 0, 1), (5, 1, -1)]
    # Nothing is left: threshold and packet are exactly four units.
    assert record.residual[0, :2].tolist() == [0, 0]


# Oracle: n_j = floor(sum n_i w_ij / X_th), the paper's equation without refractory time (spirit.md 2.1), and what is
# left over is the remainder (soft reset).
@settings(deadline=None, max_examples=60)
@given(weights=st.lists(st.integers(1, 4), min_size=1, max_size=30), sign=st.sampled_from([-1, 1]))
def test_spike_count_is_the_floor_of_charge_over_threshold(weights: list[int], sign: int) -> None:
    # One input every 3 ticks: past the refractory time of 2, and the charge stays below 8 units, the rails.
    spikes = [(3 * k, w - 1, sign) for k, w in enumerate(weights)]
    whole = run(LADDER, spikes, n_ticks=100)
    count, rest = divmod(sum(weights), 4)
    assert whole.signs.tolist() == [sign] * count
    assert whole.residual.tolist() == [[sign * rest * LADDER.unit]]


LADDER = chip([[1], [2], [3], [4]])


# Oracle: n / T = (1 / T_R) h_sat(T_R sum(n_i w_i) / (X_th T)), spirit.md 2.1: slope T_R / (X_th T), saturation 1 / T_R.
@pytest.mark.parametrize("sign", [1, -1])
@pytest.mark.parametrize("refractory", [1, 5, 20])
@pytest.mark.parametrize("period", [1, 2, 3, 7, 16, 50])
@pytest.mark.parametrize("weight", [1, 2, 3, 4])
def test_the_transfer_curve_is_a_clipped_line(weight: int, period: int, refractory: int, sign: int) -> None:
    window = 1000
    spikes = [(t, weight - 1, sign) for t in range(0, window, period)]
    record = run(LADDER, spikes, n_ticks=window, refractory_ticks=refractory)
    drive = refractory * weight / (4 * period)
    # Within one spike per window: counts are whole, and the first packet or refractory time starts at tick 0.
    assert record.signs.sum() == pytest.approx(sign * window / refractory * min(drive, 1.0), abs=1.0)


# Design requirement 3 (EMB; spirit.md 2.2).
@ENGINE
def test_the_refractory_period_blocks_emission_but_not_integration(engine: str) -> None:
    spikes = [(2, 3, 1), (3, 1, 1), (4, 0, 1), (9, 0, 1)]  # +4 fires; +2 and +1 in the refractory time; +1 after it
    record = run(LADDER, spikes, engine=engine, refractory_ticks=5)
    assert fired(record) == [(2, 1), (9, 1)]
    assert record.residual.tolist() == [[0]]


# Section 3.5 of the design; N2D2 waits for the next event, an analog comparator does not (spirit.md 2.3).
@ENGINE
@pytest.mark.parametrize(("mode", "second"), [(CONTINUOUS, 7), (ON_EVENT, 11)])
def test_a_pending_crossing_fires_by_the_comparators_mode(engine: str, mode: str, second: int) -> None:
    silent = chip([[4], [0]], comparator=mode, refractory="5 us")
    # The event in tick 11 brings no charge: it only makes the comparator look.
    record = run(silent, [(2, 0, 1), (3, 0, 1), (6, 1, 1), (11, 1, 1)], engine=engine)
    assert fired(record) == [(2, 1), (second, 1)]


@ENGINE
def test_the_last_tick_of_the_refractory_period_still_blocks(engine: str) -> None:
    for refractory, second in ((0, 3), (1, 3), (2, 4), (3, 5)):
        record = run(chip([[4]], refractory=f"{refractory} us"), [(2, 0, 1), (3, 0, 1)], engine=engine)
        assert fired(record) == [(2, 1), (second, 1)]


@ENGINE
@pytest.mark.parametrize("sign", [1, -1])
def test_rails_clip_what_is_integrated_while_refractory(engine: str, sign: int) -> None:
    # 5 x 4 units come while the neuron is refractory; rails at 0.61 V keep 8.13 of them.
    neuron = chip([[4]], rail_voltage="0.61 V", refractory="6 us")
    record = run(neuron, [(t, 0, sign) for t in range(6)], engine=engine)
    assert fired(record) == [(0, sign), (6, sign), (12, sign)]
    assert record.residual.tolist() == [[sign * (round(0.61 / 0.3 * 4 * neuron.unit) - 8 * neuron.unit)]]


# Oracle: a constant current towards rest, max(0, |q| - leak * n) after n ticks.
@settings(deadline=None, max_examples=60)
@given(
    weight=st.sampled_from([-3, -2, -1, 1, 2, 3]),
    leak=st.integers(0, 60),
    start=st.integers(0, 39),
    engine=st.sampled_from(["stepper", "event"]),
)
def test_leak_is_exact_over_any_gap(weight: int, leak: int, start: int, engine: str) -> None:
    program = ideal_program([[weight]], leak=leak)
    trains = trains_from_lists([[(start, 0, 1)]], n_in=1, n_ticks=40)
    left = max(0, abs(weight) * UNIT - leak * (39 - start))
    assert get_engine(engine).run(program, trains).residual.tolist() == [[np.sign(weight) * left]]


@ENGINE
def test_leak_between_two_inputs_decides_about_the_spike(engine: str) -> None:
    # 2 + 2 units reach the threshold only if not one electron has leaked: a tick later one has.
    for gap, spikes in ((1, []), (0, [(5, 1)])):
        program = ideal_program([[2], [2]], leak=1)
        trains = trains_from_lists([[(5 - gap, 0, 1), (5, 1, 1)]], n_in=2, n_ticks=40)
        assert fired(get_engine(engine).run(program, trains)) == spikes


@ENGINE
def test_an_offset_moves_its_own_threshold(engine: str) -> None:
    late = {"threshold_up": np.array([LADDER.unit * 4 + 1], np.int32)}
    assert fired(run(LADDER, [(5, 3, 1)], engine=engine, **late)) == []
    assert fired(run(LADDER, [(5, 3, 1), (6, 0, 1)], engine=engine, **late)) == [(6, 1)]
    assert fired(run(LADDER, [(5, 3, -1)], engine=engine, **late)) == [(5, -1)]


# Oracle: spike k comes when the charge reaches threshold + (k - 1) packets, so n = floor((Q - X) / packet) + 1: the
# packet alone sets the slope, a gain error of 1 / (1 + error).
@pytest.mark.parametrize("error", [-0.2, -0.02, 0.0, 0.02, 0.2])
def test_a_packet_error_is_a_gain_error(error: float) -> None:
    packet = round(4 * UNIT * (1 + error))
    program = ideal_program([[1]], reset_up=packet, n_ticks=2000)
    trains = trains_from_lists([[(t, 0, 1) for t in range(2000)]], n_in=1, n_ticks=2000)
    count = get_engine("event").run(program, trains).n_spikes
    assert count == (2000 * UNIT - 4 * UNIT) // packet + 1
    assert count / 500 == pytest.approx(1 / (1 + error), abs=2 / 500)


def spec(**neuron: Any) -> NeuronSpec:
    return load_chip("spirit-ideal", {f"neuron.{key}": value for key, value in neuron.items()}).neuron


def bank(n_out: int = 3, tick_s: float = 1e-6, **neuron: Any) -> NeuronBank:
    return draw_neurons(spec(**neuron), n_out, 4, tick_s, seed=1)


# Oracle: C X_th / (4 e) = 200 fF x 0.3 V / 4 / e = 93,622.6 electrons.
def test_one_unit_is_a_quarter_of_the_threshold_charge() -> None:
    assert unit_electrons(spec(), 4) == round(200e-15 * 0.3 / (4 * E)) == 93_623


def test_ideal_neurons_have_thresholds_and_packets_of_exactly_full_weight_units() -> None:
    neurons = bank()
    for name in ("threshold_up", "threshold_down", "reset_up", "reset_down"):
        assert getattr(neurons, name).tolist() == [4 * 93_623] * 3
    # Volts count by the rounded threshold: a rail at twice X_th holds exactly two thresholds.
    assert neurons.rail_high.tolist() == neurons.rail_low.tolist() == [8 * 93_623] * 3
    assert neurons.leak.tolist() == [0] * 3


def test_times_and_leak_are_counted_per_tick() -> None:
    neurons = bank(refractory="5 us", leak_current="1 pA", tick_s=0.5e-6)
    assert neurons.refractory_ticks == 10
    assert neurons.leak.tolist() == [round(1e-12 * 0.5e-6 / E)] * 3


# Five standard errors of mean and standard deviation of 20,000 normal draws; electrons per volt are C / e.
def test_offsets_and_packet_errors_have_their_stated_spread() -> None:
    n, nominal = 20_000, 4 * 93_623
    neurons = bank(n, offset_sd="5 mV", reset_error_rel=0.02)
    for names, sd in (
        (("threshold_up", "threshold_down"), 5e-3 * 200e-15 / E),
        (("reset_up", "reset_down"), 0.02 * nominal),
    ):
        draws = [getattr(neurons, name).astype(float) for name in names]
        for draw in draws:
            assert draw.mean() == pytest.approx(nominal, abs=5 * sd / np.sqrt(n))
            assert draw.std() == pytest.approx(sd, abs=5 * sd / np.sqrt(2 * n))
        assert abs(np.corrcoef(*draws)[0, 1]) < 5 / np.sqrt(n)


def test_thresholds_and_packets_stay_positive_and_within_the_rails() -> None:
    neurons = bank(5000, offset_sd="1 V", reset_error_rel=1.0)
    for name in ("threshold_up", "threshold_down", "reset_up", "reset_down"):
        assert getattr(neurons, name).min() == 1
    # Program.check demands it.
    assert (neurons.reset_up - neurons.threshold_up <= neurons.rail_low).all()
    assert (neurons.reset_down - neurons.threshold_down <= neurons.rail_high).all()


def test_a_capacitor_of_less_than_an_electron_per_unit_is_refused() -> None:
    with pytest.raises(ParameterError, match="less than one electron per weight unit"):
        unit_electrons(spec(capacitance="1 aF", threshold_voltage="100 mV"), 4)


@pytest.mark.parametrize(
    "neuron", [{"capacitance": "1 uF"}, {"capacitance": "1 nF", "threshold_voltage": "1 mV"}, {"leak_current": "1 A"}]
)
def test_more_electrons_than_32_bits_hold_are_refused(neuron: dict[str, str]) -> None:
    with pytest.raises(ParameterError, match="electrons"):
        chip([[4]], **neuron)
