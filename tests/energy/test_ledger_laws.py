"""The laws of energy accounting, on both ledgers: SPIRIT's one core, and several layers on several cores.

Exact where arithmetic allows it: a number doubled is exact in binary, and a sample is summed by itself in one order.
Sums in another order agree to a few parts in 1e16; `CLOSE` allows for the largest number of terms summed here.
"""

from __future__ import annotations

import functools
from collections.abc import Iterator, Mapping
from dataclasses import fields, replace
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from spikecim.chips import load_chip, load_multi_chip
from spikecim.chips.multi_spec import MultiChipSpec
from spikecim.coding.steps import StepCode
from spikecim.energy.actions import Actions, count_actions
from spikecim.energy.entries import Entry, entries_of
from spikecim.energy.layered import (
    LAYERED_PARTS,
    STANDING,
    LayeredActions,
    LayeredLedger,
    LayerSite,
    account_layers,
    count_layer_actions,
)
from spikecim.energy.ledger import CHIP_PARTS, EnergyLedger, account
from spikecim.energy.terms import READING, Term, layered_terms_of, terms_of, values_of
from spikecim.engines import ENGINES, get_engine
from spikecim.engines.threads import max_threads, set_threads
from spikecim.layered import DenseWiring, LayeredProgram
from spikecim.layered.network import SpikingLayer, SpikingNetwork
from spikecim.layered_build import build_layers
from spikecim.mapping.costs import sites_of
from spikecim.models import AnnModel, Dense
from spikecim.program import Program
from spikecim.spikes import SpikeTrains
from tests.engines.layered_strategies import layered_runs
from tests.engines.strategies import programs, runs

# Brian2 2.9 uses names that pyparsing has renamed.
pytestmark = pytest.mark.filterwarnings("ignore:.*deprecated")
SLOW = [HealthCheck.too_slow, HealthCheck.filter_too_much]
CLOSE = 1e-13
SPIRIT, MULTI = load_chip("spirit"), load_multi_chip("spirit_multi")
BITS = SPIRIT.word_bits
COUNTS = [field.name for field in fields(Actions)]
PER_LAYER = [field.name for field in fields(LayeredActions) if field.name not in ("ticks", *STANDING)]
ONE = LayerSite(slices=1, words_per_spike=1, cores=1.0)


def book(actions: Actions) -> EnergyLedger:
    return account(actions, SPIRIT.energy, tick_s=SPIRIT.tick_s, bits=BITS, n_out=10)


def deep_book(actions: LayeredActions, chip: MultiChipSpec = MULTI) -> LayeredLedger:
    return account_layers(
        actions,
        chip.energy,
        core_word=chip.energy.core_word.value,
        static_neuron=chip.energy.static_neuron.value,
        tick_s=chip.tick_s,
        bits=(chip.link.input_bits.value, chip.link.output_bits.value),
    )


@st.composite
def counted(draw: st.DrawFn) -> Actions:
    """Counts of one to four images, each from 0 to 1e9."""
    rng, n = np.random.default_rng(draw(st.integers(0, 2**32 - 1))), draw(st.integers(1, 4))
    most = draw(st.sampled_from([10, 10**5, 10**9]))
    return Actions(**{name: rng.integers(0, most, n) for name in COUNTS})


@st.composite
def layered(draw: st.DrawFn) -> LayeredActions:
    """The same for one to four layers, on part cores and whole ones."""
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    shape = draw(st.tuples(st.integers(1, 4), st.integers(1, 4)))
    most = draw(st.sampled_from([10, 10**5, 10**9]))
    return LayeredActions(
        **{name: rng.integers(0, most, shape) for name in PER_LAYER},
        ticks=rng.integers(0, most, shape[0]),
        cores=rng.integers(1, 9, shape[1]) / 2,
        neurons=rng.integers(1, 99, shape[1]),
    )


def scaled(actions: Any, factor: int) -> Any:
    names = [field.name for field in fields(actions) if field.name not in STANDING]
    return replace(actions, **{name: factor * getattr(actions, name) for name in names})


def added(one: Any, other: Any) -> Any:
    names = [field.name for field in fields(one) if field.name not in STANDING]
    return replace(one, **{name: getattr(one, name) + getattr(other, name) for name in names})


# ---- parts and total


@given(actions=counted())
def test_parts_sum_to_the_total_exactly(actions: Actions) -> None:
    ledger = book(actions)
    assert tuple(ledger.parts) == CHIP_PARTS
    for sample in range(len(actions.ticks)):
        total = 0.0
        for part in CHIP_PARTS:
            total += float(ledger.parts[part][sample])
        assert ledger.per_sample("chip")[sample] == total


@given(actions=layered())
def test_parts_of_layers_sum_to_the_total_exactly(actions: LayeredActions) -> None:
    ledger = deep_book(actions)
    assert tuple(ledger.parts) == LAYERED_PARTS
    n_samples, n_layers = actions.input_words.shape
    for sample in range(n_samples):
        total = 0.0
        for layer in range(n_layers):
            here = 0.0
            for part in LAYERED_PARTS:
                here += float(ledger.parts[part][sample, layer])
            total += here
        assert ledger.per_sample("chip")[sample] == total


# ---- linear, additive


@given(actions=counted(), power=st.integers(1, 8))
def test_twice_the_spikes_in_twice_the_time_cost_exactly_twice(actions: Actions, power: int) -> None:
    once, often = book(actions), book(scaled(actions, 2**power))
    for part in CHIP_PARTS:
        np.testing.assert_array_equal(often.parts[part], 2.0**power * once.parts[part], err_msg=part)


@given(actions=layered(), power=st.integers(1, 8))
def test_the_same_holds_layer_by_layer(actions: LayeredActions, power: int) -> None:
    once, often = deep_book(actions), deep_book(scaled(actions, 2**power))
    for part in LAYERED_PARTS:
        np.testing.assert_array_equal(often.parts[part], 2.0**power * once.parts[part], err_msg=part)


@given(actions=counted(), factors=st.tuples(st.integers(0, 99), st.integers(0, 99)))
def test_the_ledger_is_linear(actions: Actions, factors: tuple[int, int]) -> None:
    shuffled = replace(actions, **{name: getattr(actions, name)[::-1].copy() for name in COUNTS})
    mixed = book(added(scaled(actions, factors[0]), scaled(shuffled, factors[1])))
    for part in CHIP_PARTS:
        expected = factors[0] * book(actions).parts[part] + factors[1] * book(shuffled).parts[part]
        np.testing.assert_allclose(mixed.parts[part], expected, rtol=CLOSE, atol=0)


@given(actions=layered(), factors=st.tuples(st.integers(0, 99), st.integers(0, 99)))
def test_the_ledger_of_layers_is_linear(actions: LayeredActions, factors: tuple[int, int]) -> None:
    names = (*PER_LAYER, "ticks")
    shuffled = replace(actions, **{name: getattr(actions, name)[::-1].copy() for name in names})
    mixed = deep_book(added(scaled(actions, factors[0]), scaled(shuffled, factors[1])))
    for part in LAYERED_PARTS:
        expected = factors[0] * deep_book(actions).parts[part] + factors[1] * deep_book(shuffled).parts[part]
        np.testing.assert_allclose(mixed.parts[part], expected, rtol=CLOSE, atol=0)


@given(actions=layered())
def test_images_and_layers_pay_for_themselves(actions: LayeredActions) -> None:
    whole, (n_samples, n_layers) = deep_book(actions), actions.input_words.shape
    for sample in range(n_samples):
        for layer in range(n_layers):
            alone = LayeredActions(
                **{name: getattr(actions, name)[[sample]][:, [layer]] for name in PER_LAYER},
                ticks=actions.ticks[[sample]],
                cores=actions.cores[[layer]],
                neurons=actions.neurons[[layer]],
            )
            assert deep_book(alone).per_sample("chip")[0] == whole.by_layer("chip")[sample, layer]


# ---- one constant, one part


def _doubles(terms: tuple[Term, ...], entries: tuple[Entry, ...], values: Mapping[str, float]) -> Iterator[str]:
    """Double every entry in turn; yield those that some term uses."""
    for entry in entries:
        doubled = {**values, entry.path: 2.0 * values[entry.path]}
        for term in terms:
            factor = 2.0 if entry.path in term.factors else 1.0
            np.testing.assert_array_equal(
                term.pj(doubled), factor * term.pj(values), err_msg=f"{entry.path}: {term.part}"
            )
        if any(entry.path in term.factors for term in terms):
            yield entry.path


@given(actions=counted())
def test_doubling_a_constant_doubles_what_it_pays_for_and_nothing_else(actions: Actions) -> None:
    entries = entries_of(SPIRIT.energy, SPIRIT.link, n_out=10)
    moved = set(_doubles(terms_of(actions), entries, values_of(SPIRIT.energy, SPIRIT.link, n_out=10)))
    assert moved == {entry.path for entry in entries}, "a constant that pays for nothing"


@given(actions=layered())
def test_the_same_for_several_cores(actions: LayeredActions) -> None:
    entries = entries_of(MULTI.energy, MULTI.link)
    moved = set(_doubles(layered_terms_of(actions), entries, values_of(MULTI.energy, MULTI.link)))
    assert moved == {entry.path for entry in entries}


PAYS_FOR = {
    "energy.supply": {"cell_read"},
    "energy.clamp_injector": {"clamp_injector"},
    "energy.comparator": {"comparator"},
    "energy.reset_packet": {"reset_packet"},
    "energy.logic_input": {"logic"},
    "energy.logic_output": {"logic"},
    "energy.link_bit": {"link"},
    "energy.static_power": {"static"},
    "energy.core_word": {"core_word"},
    "energy.static_neuron": {"static"},
    "link.input_bits": {"link"},
    "link.output_bits": {"link"},
    "link.tick": {"static"},
}


def test_every_constant_pays_for_one_part() -> None:
    none = {name: np.zeros((1, 1), np.int64) for name in PER_LAYER}
    deep = LayeredActions(**none, ticks=np.zeros(1, np.int64), cores=np.zeros(1), neurons=np.zeros(1, np.int64))
    for terms in (terms_of(Actions(**{name: np.zeros(1, np.int64) for name in COUNTS})), layered_terms_of(deep)):
        for path in {path for term in terms for path in term.factors} - {READING}:
            assert {term.part for term in terms if path in term.factors} == PAYS_FOR[path], path
        assert {term.part for term in terms} <= set(LAYERED_PARTS)


# ---- silence


@settings(max_examples=40, deadline=None, suppress_health_check=SLOW)
@given(program=programs(), n_samples=st.integers(1, 3))
def test_zero_spikes_cost_static_energy_only(program: Program, n_samples: int) -> None:
    trains = silence(program.n_in, program.n_ticks, n_samples)
    record = get_engine("event").run(program, trains)
    ledger = book(count_actions(program, trains, record))
    for part in CHIP_PARTS:
        assert (ledger.parts[part] > 0).all() == (part == "static"), part
        assert ledger.parts[part].any() == (part == "static"), part
    time = record.decisions.durations[:, -1] * SPIRIT.tick_s
    np.testing.assert_allclose(ledger.per_sample("chip"), 1e12 * SPIRIT.energy.static_power.value * time, rtol=CLOSE)


@settings(max_examples=40, deadline=None, suppress_health_check=SLOW)
@given(run=layered_runs(), n_samples=st.integers(1, 3))
def test_zero_spikes_and_no_timer_cost_static_energy_only(
    run: tuple[LayeredProgram, SpikeTrains], n_samples: int
) -> None:
    program = run[0]
    still = program.with_(
        layers=tuple(replace(one, pulses=(), initial=np.zeros_like(one.initial)) for one in program.layers)
    )
    trains = silence(program.n_in, program.n_ticks, n_samples)
    ledger = deep_book(deep_counts(still, trains, "event"))
    for part in LAYERED_PARTS:
        assert ledger.parts[part].any() == (part == "static"), part
    assert (ledger.parts["static"] > 0).all()


def silence(n_in: int, n_ticks: int, n_samples: int) -> SpikeTrains:
    return SpikeTrains(
        n_in=n_in,
        n_ticks=n_ticks,
        offsets=np.zeros(n_samples + 1, np.int64),
        ticks=np.zeros(0, np.int32),
        lines=np.zeros(0, np.int16),
        signs=np.zeros(0, np.int8),
    ).check()


def deep_counts(program: LayeredProgram, trains: SpikeTrains, engine: str) -> LayeredActions:
    record = get_engine(engine).run_layers(program, trains)
    durations = record.output.decisions.durations[:, -1]
    return count_layer_actions(program, record.tallies, durations, [ONE] * len(program.layers))


# ---- engines, threads, batches


def same(one: EnergyLedger | LayeredLedger, other: EnergyLedger | LayeredLedger, where: str) -> None:
    assert one.parts.keys() == other.parts.keys()
    for part, pj in one.parts.items():
        np.testing.assert_array_equal(other.parts[part], pj, err_msg=f"{where}: {part}")


@settings(max_examples=12, deadline=None, suppress_health_check=SLOW)
@given(run=runs())
def test_energy_does_not_depend_on_the_engine(run: tuple[Program, SpikeTrains]) -> None:
    program, trains = run
    first, *others = [book(count_actions(program, trains, get_engine(name).run(program, trains))) for name in ENGINES]
    for name, other in zip(ENGINES[1:], others, strict=True):
        same(first, other, name)


@settings(max_examples=12, deadline=None, suppress_health_check=SLOW)
@given(run=layered_runs())
def test_energy_of_layers_does_not_depend_on_the_engine(run: tuple[LayeredProgram, SpikeTrains]) -> None:
    first, *others = [deep_book(deep_counts(*run, name)) for name in ENGINES]
    for name, other in zip(ENGINES[1:], others, strict=True):
        same(first, other, name)


@settings(max_examples=20, deadline=None, suppress_health_check=SLOW)
@given(run=runs(), deep=layered_runs())
def test_energy_does_not_depend_on_threads(
    run: tuple[Program, SpikeTrains], deep: tuple[LayeredProgram, SpikeTrains]
) -> None:
    found, most = [], max_threads()
    try:
        for n in range(1, most + 1):
            set_threads(n)
            flat = book(count_actions(*run, get_engine("event").run(*run)))
            found.append((flat, deep_book(deep_counts(*deep, "event"))))
    finally:
        set_threads(most)
    for n, (flat, layers) in enumerate(found, start=1):
        same(found[0][0], flat, f"{n} threads")
        same(found[0][1], layers, f"{n} threads")


@settings(max_examples=40, deadline=None, suppress_health_check=SLOW)
@given(run=runs(), cut=st.integers(0, 4))
def test_energy_does_not_depend_on_the_batch(run: tuple[Program, SpikeTrains], cut: int) -> None:
    program, trains = run
    whole = book(count_actions(program, trains, get_engine("event").run(program, trains)))
    for first, last in ((0, min(cut, trains.n_samples)), (min(cut, trains.n_samples), trains.n_samples)):
        if first < last:
            part = trains.window(first, last)
            ledger = book(count_actions(program, part, get_engine("event").run(program, part)))
            for name, pj in ledger.parts.items():
                np.testing.assert_array_equal(pj, whole.parts[name][first:last], err_msg=name)


@settings(max_examples=40, deadline=None, suppress_health_check=SLOW)
@given(run=layered_runs(), cut=st.integers(0, 4))
def test_energy_of_layers_does_not_depend_on_the_batch(run: tuple[LayeredProgram, SpikeTrains], cut: int) -> None:
    program, trains = run
    whole = deep_book(deep_counts(program, trains, "event"))
    for first, last in ((0, min(cut, trains.n_samples)), (min(cut, trains.n_samples), trains.n_samples)):
        if first < last:
            ledger = deep_book(deep_counts(program, trains.window(first, last), "event"))
            for name, pj in ledger.parts.items():
                np.testing.assert_array_equal(pj, whole.parts[name][first:last], err_msg=name)


# ---- a layer split over cores

WIDE = 256
CODE = StepCode(kind="even", n_steps=6, ticks_per_step=2, words_per_tick=4)
ANN = AnnModel(
    name="any", input_shape=(1,), layers=(Dense(weights=np.ones((1, 1), np.float32), bias=np.zeros(1, np.float32)),)
)


@functools.cache
def chip_of(columns: int, static_power: str = "0 W") -> MultiChipSpec:
    changes = {"cores.columns": columns, "cores.count": 1000, "energy.static_power": static_power}
    return load_multi_chip("spirit_multi", changes)


@st.composite
def networks(draw: st.DrawFn) -> SpikingNetwork:
    """Two dense layers with biases."""
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    sizes = draw(st.tuples(st.integers(1, 4), st.integers(1, 9), st.integers(1, 5)))
    layers = []
    for number, (n_in, n_out) in enumerate(pairwise(sizes)):
        layers.append(
            SpikingLayer(
                name=f"layer {number}",
                wiring=DenseWiring(n_rows=n_in, n_out=n_out),
                route=np.arange(n_in, dtype=np.int32),
                weights=rng.integers(-40, 41, n_in * n_out).astype(np.int32),
                slices=2,
                units_per_threshold=np.full(n_out, 40.0),
                bias=rng.integers(-9, 10, n_out).astype(float),
                rate_unit=1.0,
                signed=True,
            )
        )
    return SpikingNetwork(name="net", conversion="none", layers=tuple(layers), code=CODE, quantised=ANN)


def busy(n_in: int, n_ticks: int, seed: int) -> SpikeTrains:
    present = np.random.default_rng(seed).random((2, n_ticks, n_in)) < 0.5
    sample, tick, line = np.nonzero(present)
    return SpikeTrains(
        n_in=n_in,
        n_ticks=n_ticks,
        offsets=np.searchsorted(sample, np.arange(3)),
        ticks=tick.astype(np.int32),
        lines=line.astype(np.int16),
        signs=np.ones(len(tick), np.int8),
    ).check()


# A layer is cut by output neurons. Every core then needs every spike of the layer before: words between cores. Nothing
# else is done twice: cells, injectors, comparators and packets belong to neurons, and so do bias cells, which sit in
# the columns of their neurons. What a core takes merely for being switched on (`energy.static_power`: drivers, timer,
# router) is paid for each core in use, as it must be. spirit_multi states it as 0 W and counts all of SPIRIT's static
# power with its neurons, so there a split costs words only; the next test has cores with standing power.
@settings(max_examples=25, deadline=None, suppress_health_check=SLOW)
@given(network=networks(), columns=st.integers(3, 12), seed=st.integers(0, 99))
def test_a_layer_split_over_cores_costs_the_link_between_them_and_nothing_else(
    network: SpikingNetwork, columns: int, seed: int
) -> None:
    trains = busy(network.layers[0].wiring.n_rows, CODE.n_ticks, seed)
    whole, split = (split_ledger(network, chip_of(width), trains, seed) for width in (WIDE, columns))
    for part in set(LAYERED_PARTS) - {"core_word"}:
        np.testing.assert_array_equal(split.parts[part], whole.parts[part], err_msg=part)
    cores = np.array([-(-layer.wiring.n_out // (columns // (layer.slices + 1))) for layer in network.layers])
    np.testing.assert_array_equal(split.actions.cores, cores)
    heard = whole.actions.core_words + whole.actions.input_words  # one core each: all spikes the layers heard
    np.testing.assert_array_equal(split.actions.core_words, heard * cores - whole.actions.input_words)


@settings(max_examples=10, deadline=None, suppress_health_check=SLOW)
@given(network=networks(), columns=st.integers(3, 12), seed=st.integers(0, 99))
def test_where_a_core_has_standing_power_each_further_core_adds_its_own(
    network: SpikingNetwork, columns: int, seed: int
) -> None:
    trains = busy(network.layers[0].wiring.n_rows, CODE.n_ticks, seed)
    whole, split = (split_ledger(network, chip_of(width, "30 nW"), trains, seed) for width in (WIDE, columns))
    for part in set(LAYERED_PARTS) - {"core_word", "static"}:
        np.testing.assert_array_equal(split.parts[part], whole.parts[part], err_msg=part)
    further = split.actions.cores - whole.actions.cores
    more = split.actions.ticks[:, None] * further * (30e-9 * MULTI.tick_s * 1e12)
    np.testing.assert_allclose(split.parts["static"], whole.parts["static"] + more, rtol=CLOSE)


def split_ledger(network: SpikingNetwork, chip: MultiChipSpec, trains: SpikeTrains, seed: int) -> LayeredLedger:
    made = build_layers(chip, network, seed)
    record = get_engine("event").run_layers(made.program, trains)
    sites = sites_of(made.placement, [layer.slices for layer in network.layers])
    durations = record.output.decisions.durations[:, -1]
    return deep_book(count_layer_actions(made.program, record.tallies, durations, sites), chip)


# The ledger of one core, cut into two chips of one core each: both need every input word and both stand by; what the
# neurons do is shared out between them.
@settings(max_examples=40, deadline=None, suppress_health_check=SLOW)
@given(run=runs(), data=st.data())
def test_neurons_shared_between_two_cores_cost_what_one_core_costs_and_every_word_twice(
    run: tuple[Program, SpikeTrains], data: st.DataObject
) -> None:
    program = run[0].with_(delta_s=None, read_noise=np.zeros_like(run[0].read_noise))
    trains, cut = run[1], data.draw(st.integers(0, program.n_out))
    whole = book(count_actions(program, trains, get_engine("event").run(program, trains)))
    halves = [
        book(count_actions(half, trains, get_engine("event").run(half, trains)))
        for half in (columns_of(program, slice(0, cut)), columns_of(program, slice(cut, None)))
        if half.n_out
    ]
    assert len(halves) == 1 + (0 < cut < program.n_out)
    for part in ("clamp_injector", "comparator", "cell_read", "reset_packet"):
        np.testing.assert_allclose(
            sum(half.parts[part] for half in halves), whole.parts[part], rtol=CLOSE, err_msg=part
        )
    for half in halves:
        np.testing.assert_array_equal(half.parts["static"], whole.parts["static"])
        np.testing.assert_array_equal(half.actions.input_words, whole.actions.input_words)
    emitted = sum(half.actions.output_words for half in halves)
    np.testing.assert_array_equal(emitted, whole.actions.output_words)


def columns_of(program: Program, columns: slice) -> Program:
    """The neurons `columns` of a program; electrons of a row are shared out evenly, the rest to the first neurons."""
    names = ("threshold_up", "threshold_down", "reset_up", "reset_down", "rail_high", "rail_low", "leak")
    each, rest = np.divmod(program.row_electrons, program.n_out)
    share: NDArray[np.int64] = (each[:, None] + (np.arange(program.n_out) < rest[:, None]))[:, columns]
    n_out = share.shape[1]
    return replace(
        program,
        charge=program.charge[:, :, columns],
        read_noise=program.read_noise[:, columns],
        row_electrons=share.sum(1),
        cells_per_row=program.cells_per_row // program.n_out * n_out,
        **{name: getattr(program, name)[columns] for name in names},
    )
