"""Counts and joules: worked out by hand, linear, additive, and every entry of the table moves its own part only."""

from __future__ import annotations

from dataclasses import fields, replace
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from spikecim.chips import load_chip
from spikecim.energy.actions import Actions, count_actions
from spikecim.energy.ledger import CHIP_PARTS, CORE_PARTS, EnergyLedger, account
from spikecim.energy.table import READINGS, EnergyTable
from spikecim.engines import get_engine
from spikecim.errors import ParameterError
from spikecim.program import Program
from spikecim.spikes import SpikeTrains, trains_from_lists
from tests.engines.strategies import ideal_program, runs

E = 1.602176634e-19  # exact in the SI since 2019
COUNTS = [field.name for field in fields(Actions)]
# Round numbers of our own, so that a new calibration of the chip file changes no test.
TABLE = {
    "reading": "per-synaptic-event",
    "supply": "1.2 V",
    "clamp_injector": "2 pJ",
    "comparator": "50 fJ",
    "reset_packet": "0.5 pJ",
    "logic_input": "600 pJ",
    "logic_output": "100 pJ",
    "link_bit": "60 pJ",
    "static_power": "100 nW",
}
ENTRIES = {
    "supply": "cell_read",
    "clamp_injector": "clamp_injector",
    "comparator": "comparator",
    "reset_packet": "reset_packet",
    "logic_input": "logic",
    "logic_output": "logic",
    "link_bit": "link",
    "static_power": "static",
}


def table(**changes: Any) -> EnergyTable:
    entries = {f"energy.{key}": value for key, value in (TABLE | changes).items()}
    return load_chip("spirit", entries).energy


def actions(**changes: Any) -> Actions:
    return Actions(**{name: np.asarray(changes.get(name, [0]), np.int64) for name in COUNTS})


OURS = table()


def ledger(counts: Actions, energy: EnergyTable = OURS, **changes: Any) -> EnergyLedger:
    return account(counts, energy, **{"tick_s": 1e-6, "bits": (16, 12), "n_out": 10} | changes)


BUSY = actions(
    input_words=[130, 7],
    cell_reads=[10_400, 560],
    cell_electrons=[123_456_789, 3_456_789],
    synaptic_events=[1300, 70],
    injector_pulses=[2600, 140],
    comparator_decisions=[2600, 140],
    reset_packets=[41, 3],
    output_words=[41, 3],
    ticks=[960, 333],
)


def run_by_hand() -> tuple[Program, SpikeTrains]:
    """3 lines, 2 neurons; line 0 fires neuron 0, line 1 nobody, line 2 both (one of them negatively)."""
    program = ideal_program([[4, 0], [1, -1], [4, -4]], delta_s=3, row_electrons=np.array([1000, 200, 30]))
    trains = trains_from_lists(
        [[(1, 0, 1), (4, 1, 1), (4, 2, 1), (9, 0, 1)], [(2, 1, -1), (7, 2, -1)], []], n_in=3, n_ticks=40
    )
    return program, trains


# Counted by hand. Sample 0: scores (1, 0) after tick 1, (2, -1) after tick 4: margin 3, so the word of tick 9 never
# comes. Sample 1: tick 2 leaves -1 and +1 unit, tick 7 makes -5 and +5: one spike each, the window ends at margin 2.
# Sample 2: silence.
@pytest.mark.parametrize("engine", ["stepper", "event"])
def test_actions_of_a_tiny_run_by_hand(engine: str) -> None:
    program, trains = run_by_hand()
    counts = count_actions(program, trains, get_engine(engine).run(program, trains))
    by_hand = actions(
        input_words=[3, 2, 0],
        cell_reads=[3 * 16, 2 * 16, 0],
        cell_electrons=[1230, 230, 0],
        synaptic_events=[6, 4, 0],
        injector_pulses=[12, 8, 0],
        comparator_decisions=[12, 8, 0],
        reset_packets=[3, 2, 0],
        output_words=[3, 2, 0],
        ticks=[5, 40, 40],
    )
    assert counts.differs_from(by_hand) == []
    assert counts.total() == {name: int(getattr(by_hand, name).sum()) for name in COUNTS}


@pytest.mark.parametrize("name", COUNTS)
def test_a_difference_in_any_count_is_named(name: str) -> None:
    other = replace(BUSY, **{name: getattr(BUSY, name) + np.array([0, 1])})
    assert BUSY.differs_from(other) == [name]


# One run tells what every smaller margin would have cost (design section 3.7).
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much])
@given(run=runs(), data=st.data())
def test_counts_at_a_smaller_margin_equal_the_run_at_that_margin(
    run: tuple[Program, SpikeTrains], data: st.DataObject
) -> None:
    program, trains = run
    assume(program.delta_s is not None)
    smaller = data.draw(st.integers(1, program.delta_s))
    read = count_actions(program, trains, get_engine("event").run(program, trains), smaller)
    short = program.with_(delta_s=smaller)
    ran = count_actions(short, trains, get_engine("event").run(short, trains))
    assert read.differs_from(ran) == []


@pytest.mark.parametrize("delta_s", [0, -1, 4, 1000])
def test_a_margin_the_run_does_not_hold_is_refused(delta_s: int) -> None:
    program, trains = run_by_hand()
    record = get_engine("event").run(program, trains)
    with pytest.raises(
        ParameterError, match=rf"delta_s {delta_s} cannot be read from this run; it holds margins 1 \.\. 3"
    ):
        count_actions(program, trains, record, delta_s)
    endless = program.with_(delta_s=None)
    with pytest.raises(ParameterError, match="no margin: it had no early stop"):
        count_actions(endless, trains, get_engine("event").run(endless, trains), delta_s)


# By hand, pJ: counts of BUSY's first sample times the table.
def test_parts_by_hand() -> None:
    parts = {name: float(part[0]) for name, part in ledger(BUSY).parts.items()}
    assert parts == pytest.approx(
        {
            "cell_read": 123_456_789 * E * 1.2 * 1e12,
            "clamp_injector": 2600 * 2.0,
            "comparator": 2600 * 0.05,
            "reset_packet": 41 * 0.5,
            "static": 960 * 0.1,
            "logic": 130 * 600.0 + 41 * 100.0,
            "link": (130 * 16 + 41 * 12) * 60.0,
        },
        rel=1e-12,
    )


def test_parts_sum_to_the_total_exactly() -> None:
    book = ledger(BUSY)
    assert set(book.parts) == set(CHIP_PARTS)
    for scope, names in (("core", CORE_PARTS), ("chip", CHIP_PARTS)):
        for sample in range(2):
            total = 0.0
            for name in names:
                total += float(book.parts[name][sample])
            assert book.per_sample(scope)[sample] == total
        assert book.total_pj(scope) == book.per_sample(scope)[0] + book.per_sample(scope)[1]


def test_the_chip_is_the_core_with_logic_and_link() -> None:
    assert set(CHIP_PARTS) - set(CORE_PARTS) == {"logic", "link"}
    book = ledger(BUSY)
    rest = book.parts["logic"] + book.parts["link"]
    assert book.per_sample("chip") == pytest.approx(book.per_sample("core") + rest, rel=1e-15)


# A line or two of counts, in any order: each sample pays for itself.
COUNT_ARRAYS = st.lists(
    st.lists(st.integers(0, 10**9), min_size=len(COUNTS), max_size=len(COUNTS)), min_size=1, max_size=4
)


@given(rows=COUNT_ARRAYS)
def test_the_ledger_is_additive_over_samples(rows: list[list[int]]) -> None:
    whole = ledger(Actions(**dict(zip(COUNTS, np.array(rows, np.int64).T, strict=True))))
    for s, row in enumerate(rows):
        alone = ledger(actions(**dict(zip(COUNTS, ([count] for count in row), strict=True))))
        assert whole.per_sample("chip")[s] == alone.per_sample("chip")[0]


@given(rows=COUNT_ARRAYS, factor=st.integers(2, 100))
def test_the_ledger_is_linear_in_the_counts(rows: list[list[int]], factor: int) -> None:
    counts = dict(zip(COUNTS, np.array(rows, np.int64).T, strict=True))
    once = ledger(Actions(**counts))
    often = ledger(Actions(**{name: factor * count for name, count in counts.items()}))
    for part in CHIP_PARTS:
        np.testing.assert_allclose(often.parts[part], factor * once.parts[part], rtol=1e-14)


def test_silence_costs_static_energy_only() -> None:
    program = ideal_program([[4, -4]], n_ticks=40)
    trains = trains_from_lists([[], []], n_in=1, n_ticks=40)
    book = ledger(count_actions(program, trains, get_engine("event").run(program, trains)))
    for part in CHIP_PARTS:
        expected = 40 * 100e-9 * 1e-6 * 1e12 if part == "static" else 0.0
        assert book.parts[part] == pytest.approx([expected] * 2, rel=1e-12, abs=0)
    assert np.isnan(book.per_synaptic_event_pj("core"))
    assert np.isnan(book.per_input_spike_pj("core"))


def test_every_entry_of_the_table_is_tested_here() -> None:
    assert {"reading", *ENTRIES} == set(EnergyTable.model_fields)


@pytest.mark.parametrize(("entry", "part"), ENTRIES.items())
def test_doubling_an_entry_doubles_its_share_and_nothing_else(entry: str, part: str) -> None:
    number, unit = TABLE[entry].split()
    doubled = ledger(BUSY, table(**{entry: f"{2 * float(number)} {unit}"}))
    without = ledger(BUSY, table(**{entry: f"0 {unit}"}))
    once = ledger(BUSY)
    for name in CHIP_PARTS:
        share = once.parts[name] - without.parts[name]
        assert (share > 0).all() == (name == part), name
        np.testing.assert_allclose(doubled.parts[name], once.parts[name] + share, rtol=1e-12)
    assert (doubled.per_sample("chip") > once.per_sample("chip")).all()


@pytest.mark.parametrize("name", [name for name in COUNTS if name not in ("cell_reads", "synaptic_events")])
def test_every_count_but_the_two_denominators_moves_the_total(name: str) -> None:
    more = replace(BUSY, **{name: getattr(BUSY, name) + 1})
    assert (ledger(more).per_sample("chip") > ledger(BUSY).per_sample("chip")).all()


# Oracle: 3.6 pJ per synaptic event, or per input spike for all n_out neurons at once (spirit.md 4).
@pytest.mark.parametrize("n_out", [1, 10])
def test_the_two_readings_differ_by_the_number_of_neurons(n_out: int) -> None:
    event, spike = (ledger(BUSY, reading=reading, n_out=n_out) for reading in READINGS)
    assert (event.reading, spike.reading) == READINGS
    for part in CHIP_PARTS:
        np.testing.assert_allclose(event.parts[part], n_out * spike.parts[part], rtol=1e-12)


def test_the_tables_own_reading_is_the_default() -> None:
    assert ledger(BUSY, table(reading="per-input-spike")).reading == "per-input-spike"


def test_means_per_event_and_per_input_spike() -> None:
    book = ledger(BUSY)
    assert book.per_synaptic_event_pj("core") == pytest.approx(book.total_pj("core") / 1370, rel=1e-15)
    assert book.per_input_spike_pj("chip") == pytest.approx(book.total_pj("chip") / 137, rel=1e-15)


def test_an_unknown_reading_is_refused() -> None:
    with pytest.raises(
        ParameterError, match="energy reading 'per-spike' is not one of per-synaptic-event, per-input-spike"
    ):
        ledger(BUSY, reading="per-spike")


def test_an_unknown_scope_is_refused() -> None:
    with pytest.raises(ParameterError, match="energy scope 'die' is not one of core, chip"):
        ledger(BUSY).per_sample("die")
