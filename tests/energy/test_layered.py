"""The ledger of several layers: one layer is SPIRIT's own ledger; linear, additive, and every entry moves its part."""

from __future__ import annotations

from dataclasses import fields, replace
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from spikecim.chips.loader import load_multi_chip
from spikecim.chips.multi_spec import MultiEnergyTable
from spikecim.energy.actions import count_actions
from spikecim.energy.layered import (
    LAYERED_PARTS,
    LAYERED_SCOPES,
    STANDING,
    LayeredActions,
    LayeredLedger,
    LayerSite,
    account_layers,
    count_layer_actions,
)
from spikecim.energy.ledger import CORE_PARTS, account
from spikecim.engines import get_engine
from spikecim.errors import ParameterError, ShapeError
from spikecim.layered import DenseWiring, LayeredProgram, LayerProgram, Pulses
from spikecim.mapping import CoreShare, Placement
from spikecim.mapping.costs import sites_of
from spikecim.program import CONTINUOUS, Program
from spikecim.spikes import SpikeTrains
from tests.energy.test_ledger import ENTRIES, TABLE, E
from tests.engines.layered_strategies import layered_runs
from tests.engines.strategies import runs

OURS = {**TABLE, "core_word": "15 pJ", "static_neuron": "7 nW"}
PARTS = {**ENTRIES, "core_word": "core_word", "static_neuron": "static"}
PER_LAYER = [field.name for field in fields(LayeredActions) if field.name not in ("ticks", *STANDING)]
ONE = LayerSite(slices=1, words_per_spike=1, cores=1.0)


def table(**changes: str) -> MultiEnergyTable:
    entries = {f"energy.{key}": value for key, value in (OURS | changes).items() if key != "reading"}
    return load_multi_chip("spirit_multi", entries).energy


# Neurons without static power of their own: the ledger of a core has none.
ROUND = table(static_neuron="0 W")


def ledger(actions: LayeredActions, energy: MultiEnergyTable | None = None) -> LayeredLedger:
    used = energy or ROUND
    return account_layers(
        actions,
        used,
        core_word=used.core_word.value,
        static_neuron=used.static_neuron.value,
        tick_s=1e-6,
        bits=(16, 12),
    )


def random_actions(seed: int, n_samples: int = 3, n_layers: int = 2) -> LayeredActions:
    draw = np.random.default_rng(seed)
    counts = {name: draw.integers(1, 10**6, (n_samples, n_layers)) for name in PER_LAYER}
    return LayeredActions(
        **counts,
        ticks=draw.integers(1, 1000, n_samples),
        cores=draw.integers(1, 9, n_layers) / 2,
        neurons=draw.integers(1, 99, n_layers),
    )


def as_layered(program: Program) -> LayeredProgram:
    """The same core as a program of one layer."""
    n_in, n_out = program.charge.shape[1:]
    layer = LayerProgram(
        name="only",
        wiring=DenseWiring(n_rows=n_in, n_out=n_out),
        route=np.arange(n_in, dtype=np.int32),
        charge=program.charge.reshape(2, -1),
        read_noise=program.read_noise.reshape(-1),
        noise_seed=program.noise_seed,
        ramp=None,
        pulses=(),
        initial=np.zeros(n_out, np.int32),
        **{
            name: getattr(program, name)
            for name in ("threshold_up", "threshold_down", "reset_up", "reset_down", "rail_high", "rail_low", "leak")
        },
        hard_reset=False,
        refractory_ticks=program.refractory_ticks,
        fire_from=0,
        fire_to=program.n_ticks,
        line_events=np.full(n_in, n_out, np.int64),
        line_electrons=program.row_electrons,
        cells_per_group=program.cells_per_row // n_out,
    )
    return LayeredProgram(
        layers=(layer,),
        n_ticks=program.n_ticks,
        delta_s=program.delta_s,
        checkpoints=(program.n_ticks,),
        tick_s=program.tick_s,
    ).check()


# The oracle: on one dense layer without bias the new ledger is the ledger of SPIRIT's core, bit for bit.
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much])
@given(run=runs())
def test_one_dense_layer_costs_what_a_core_costs(run: tuple[Program, SpikeTrains]) -> None:
    given_program, trains = run
    n_out = given_program.charge.shape[2]
    program = given_program.with_(comparator=CONTINUOUS, cells_per_row=8 * n_out)
    layered = as_layered(program)
    engine = get_engine("stepper")
    alone, record = engine.run(program, trains), engine.run_layers(layered, trains)
    durations = record.output.decisions.durations[:, -1]
    actions = count_layer_actions(layered, record.tallies, durations, [ONE])
    core = count_actions(program, trains, alone)
    for name in PER_LAYER:
        if name != "core_words":
            np.testing.assert_array_equal(getattr(actions, name)[:, 0], getattr(core, name), err_msg=name)
    np.testing.assert_array_equal(actions.ticks, core.ticks)
    assert not actions.core_words.any()
    expected = account(core, ROUND, tick_s=1e-6, bits=(16, 12), n_out=n_out)
    found = ledger(actions)
    for part, pj in expected.parts.items():
        np.testing.assert_array_equal(found.parts[part][:, 0], pj, err_msg=part)
    np.testing.assert_array_equal(found.per_sample("core"), expected.per_sample("core"))
    np.testing.assert_allclose(found.per_sample("chip"), expected.per_sample("chip"), rtol=1e-15)


def two_layers() -> LayeredProgram:
    """Shapes only: 3 lines, 5 neurons with bias rows in two slices, 2 neurons with a firing ramp."""

    def layer(n_in: int, n_out: int, **changes: Any) -> LayerProgram:
        flat = np.full(n_out, 100, np.int32)
        values: dict[str, Any] = {
            "name": f"{n_in} to {n_out}",
            "wiring": DenseWiring(n_rows=n_in, n_out=n_out),
            "route": np.arange(n_in, dtype=np.int32),
            "charge": np.ones((2, n_in * n_out), np.int32),
            "read_noise": np.zeros(n_in * n_out, np.int32),
            "noise_seed": 1,
            "ramp": None,
            "pulses": (),
            "initial": np.zeros(n_out, np.int32),
            **dict.fromkeys(("threshold_up", "threshold_down", "reset_up", "reset_down"), flat),
            **dict.fromkeys(("rail_high", "rail_low"), 2 * flat),
            "leak": np.zeros(n_out, np.int32),
            "hard_reset": False,
            "refractory_ticks": 0,
            "fire_from": 0,
            "fire_to": 100,
            "line_events": np.full(n_in, n_out, np.int64),
            "line_electrons": np.full(n_in, 1000, np.int64),
            "cells_per_group": 16,
        }
        return LayerProgram(**(values | changes))

    # One bias row: 5 neurons, two slices and the finer one, 8 cells each.
    bias = Pulses(charge=np.ones(5, np.int32), start=0, period=10, stop=100, cells=5 * 3 * 8, electrons=700)
    ramp = Pulses(charge=np.ones(2, np.int32), start=50, period=5, stop=100)
    chain = (layer(3, 5, pulses=(bias,)), layer(5, 2, pulses=(ramp,)))
    return LayeredProgram(layers=chain, n_ticks=100, delta_s=None, checkpoints=(100,), tick_s=1e-6).check()


SITES = (
    LayerSite(slices=2, words_per_spike=2, cores=2.0),
    LayerSite(slices=2, words_per_spike=3, cores=3.0),
)


# Counted by hand: sample 0 lasts 31 ticks (four bias reads), sample 1 all 100 (ten bias reads, ten ramp steps).
def test_actions_by_hand() -> None:
    tallies = np.array([[[7, 35, 7000, 2, 0], [2, 4, 2000, 1, 3]], [[0, 0, 0, 0, 0], [0, 0, 0, 0, 0]]])
    actions = count_layer_actions(two_layers(), tallies, np.array([31, 100]), SITES)
    by_hand = {
        "input_words": [[7, 0], [0, 0]],
        "output_words": [[0, 4], [0, 0]],
        "cell_reads": [[35 * 16 + 4 * 120, 4 * 16], [10 * 120, 0]],
        "cell_electrons": [[7000 + 4 * 700, 2000], [10 * 700, 0]],
        "synaptic_events": [[35 + 4 * 5, 4], [10 * 5, 10 * 2]],
        "injector_pulses": [[2 * (35 * 2 + 4 * 15), 2 * 4 * 2], [2 * 10 * 15, 2 * 10 * 2]],
        "comparator_decisions": [[2 * (35 + 4 * 5), 2 * 4], [2 * 10 * 5, 2 * 10 * 2]],
        "reset_packets": [[2, 4], [0, 0]],
        "core_words": [[7, 6], [0, 0]],
    }
    for name, expected in by_hand.items():
        assert getattr(actions, name).tolist() == expected, name
    assert set(by_hand) == set(PER_LAYER)
    assert actions.ticks.tolist() == [31, 100]
    assert actions.total()["injector_pulses"] == 2 * 130 + 16 + 300 + 40


def test_parts_by_hand() -> None:
    actions = count_layer_actions(
        two_layers(), np.array([[[7, 35, 7000, 2, 0], [2, 4, 2000, 1, 3]]]), np.array([31]), SITES
    )
    parts = {name: part[0].tolist() for name, part in ledger(actions).parts.items()}
    by_hand = {
        "cell_read": [9800 * E * 1.2e12, 2000 * E * 1.2e12],
        "clamp_injector": [260 * 2.0, 16 * 2.0],
        "comparator": [110 * 0.05, 8 * 0.05],
        "reset_packet": [2 * 0.5, 4 * 0.5],
        "static": [31 * 2 * 0.1, 31 * 3 * 0.1],
        "logic": [7 * 600.0, 4 * 100.0],
        "link": [7 * 16 * 60.0, 4 * 12 * 60.0],
        "core_word": [7 * 15.0, 6 * 15.0],
    }
    assert set(parts) == set(LAYERED_PARTS) == set(by_hand)
    for name, expected in by_hand.items():
        assert parts[name] == pytest.approx(expected, rel=1e-12), name


def test_without_a_spike_only_time_and_the_timer_cost() -> None:
    silent = np.zeros((1, 2, 5), np.int64)
    book = ledger(count_layer_actions(two_layers(), silent, np.array([100]), SITES))
    timer = {"cell_read", "clamp_injector", "comparator", "static"}
    for name, part in book.parts.items():
        assert (part.sum() > 0) == (name in timer), name
    plain = two_layers()
    bare = plain.with_(layers=tuple(replace(layer, pulses=()) for layer in plain.layers))
    book = ledger(count_layer_actions(bare, silent, np.array([100]), SITES))
    assert book.per_sample("chip").tolist() == book.parts["static"].sum(1).tolist() == pytest.approx([5 * 100 * 0.1])
    assert np.isnan(book.per_synaptic_event_pj("core"))


@given(seed=st.integers(0, 2**32 - 1))
def test_parts_sum_to_the_total_exactly(seed: int) -> None:
    book = ledger(random_actions(seed))
    for scope, names in LAYERED_SCOPES.items():
        for sample in range(3):
            total = 0.0
            for layer in range(2):
                here = 0.0
                for name in names:
                    here += float(book.parts[name][sample, layer])
                assert book.by_layer(scope)[sample, layer] == here
                total += here
            assert book.per_sample(scope)[sample] == total
    assert LAYERED_SCOPES["core"] == CORE_PARTS


@given(seed=st.integers(0, 2**32 - 1))
def test_samples_and_layers_pay_for_themselves(seed: int) -> None:
    actions = random_actions(seed)
    whole = ledger(actions)
    for sample in range(3):
        for layer in range(2):
            own = {name: getattr(actions, name)[sample : sample + 1, layer : layer + 1] for name in PER_LAYER}
            alone = LayeredActions(
                **own,
                ticks=actions.ticks[sample : sample + 1],
                cores=actions.cores[layer : layer + 1],
                neurons=actions.neurons[layer : layer + 1],
            )
            assert ledger(alone).per_sample("chip")[0] == whole.by_layer("chip")[sample, layer]


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much])
@given(run=layered_runs())
def test_actions_are_additive_over_images(run: tuple[LayeredProgram, SpikeTrains]) -> None:
    program, trains = run
    record = get_engine("stepper").run_layers(program, trains)
    durations = record.output.decisions.durations[:, -1]
    sites = [ONE] * len(program.layers)
    whole = count_layer_actions(program, record.tallies, durations, sites)
    for sample in range(trains.n_samples):
        one = slice(sample, sample + 1)
        alone = count_layer_actions(program, record.tallies[one], durations[one], sites)
        for name in (*PER_LAYER, "ticks"):
            np.testing.assert_array_equal(getattr(alone, name), getattr(whole, name)[one])
    # A layer hears at most what the one before it said; the last layer's words are the run's output spikes.
    assert (whole.output_words[:, -1] == record.output.decisions.outputs[:, -1]).all()


def test_every_entry_of_the_table_is_tested_here() -> None:
    assert {"reading", *PARTS} == set(MultiEnergyTable.model_fields)


@pytest.mark.parametrize(("entry", "part"), PARTS.items())
def test_doubling_an_entry_doubles_its_share_and_nothing_else(entry: str, part: str) -> None:
    actions, (number, unit) = random_actions(1), OURS[entry].split()
    doubled, once = ledger(actions, table(**{entry: f"{2 * float(number)} {unit}"})), ledger(actions, table())
    without = ledger(actions, table(**{entry: f"0 {unit}"}))
    for name in LAYERED_PARTS:
        share = once.parts[name] - without.parts[name]
        assert (share.sum(1) > 0).all() == (name == part), name
        np.testing.assert_allclose(doubled.parts[name], once.parts[name] + share, rtol=1e-12)
    assert (doubled.per_sample("chip") > once.per_sample("chip")).all()


def test_static_power_follows_cores_and_neurons_in_use() -> None:
    actions = random_actions(4)
    book = ledger(actions, table(static_power="30 nW", static_neuron="7 nW"))
    by_hand = actions.ticks[:, None] * (actions.cores * 30e-9 + actions.neurons * 7e-9) * 1e-6 * 1e12
    np.testing.assert_allclose(book.parts["static"], by_hand, rtol=1e-12)


@pytest.mark.parametrize("name", [n for n in PER_LAYER if n not in ("cell_reads", "synaptic_events")])
def test_every_count_but_the_two_denominators_moves_the_total(name: str) -> None:
    actions = random_actions(2)
    more = replace(actions, **{name: getattr(actions, name) + 1})
    assert (ledger(more).per_sample("chip") > ledger(actions).per_sample("chip")).all()


def test_tallies_that_do_not_fit_and_an_unknown_scope_are_refused() -> None:
    with pytest.raises(ShapeError, match=r"tallies must have shape .*\(1, 2, 5\).* got \(1, 1, 5\)"):
        count_layer_actions(two_layers(), np.zeros((1, 1, 5), np.int64), np.array([3]), SITES)
    with pytest.raises(ShapeError, match="1 sites"):
        count_layer_actions(two_layers(), np.zeros((1, 2, 5), np.int64), np.array([3]), SITES[:1])
    with pytest.raises(ParameterError, match="energy scope 'die' is not one of core, chip"):
        ledger(random_actions(3)).per_sample("die")


def share(layer: int, core: int) -> CoreShare:
    return CoreShare(layer=layer, core=core, first_channel=0, last_channel=1, rows=1, columns=1, neurons=1)


def test_sites_split_a_core_that_layers_share() -> None:
    placement = Placement(shares=(share(0, 0), share(0, 1), share(1, 1), share(2, 2)), words_per_spike=(2, 1, 1))
    first, second, third = sites_of(placement, (2, 1, 1))
    assert (first, second) == (
        LayerSite(slices=2, words_per_spike=2, cores=1.5),
        LayerSite(slices=1, words_per_spike=1, cores=0.5),
    )
    assert first.cores + second.cores + third.cores == placement.n_cores
