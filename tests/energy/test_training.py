"""Energy of training: counts by hand, parts that sum exactly, what writes and momentum cost, ranges that all move."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from spikecim.energy.training import account_training, drawn_joules, training_draws, training_tornado
from spikecim.energy.training_design import TrainingDesign
from spikecim.energy.training_events import PHASES, TrainingEvents, Writes, assumed_writes, count_events
from spikecim.energy.training_momentum import MomentumCost
from spikecim.energy.training_shapes import LayerShape, operations
from spikecim.energy.training_table import load_table, shipped_table
from spikecim.energy.training_terms import EVENTS, NOT_IN_PEAK, training_terms
from spikecim.errors import ParameterError

# Two dense layers and, for the maps, a convolution of 3 x 3 on 4 x 4 pixels before a pool by 2.
DENSE = (
    LayerShape(name="a", n_in=4, n_out=3, positions=1, inputs=4),
    LayerShape(name="b", n_in=3, n_out=2, positions=1, inputs=3),
)
CONV = (
    LayerShape(name="conv", n_in=9, n_out=5, positions=16, inputs=16),
    LayerShape(name="dense", n_in=20, n_out=2, positions=1, inputs=20),
)
TABLE = shipped_table()


def events(layers: tuple[LayerShape, ...] = CONV, pulses: float = 0.1, **changes: Any) -> TrainingEvents:
    design = TrainingDesign(**{"batch": 10, "rows": 8, "columns": 4, **changes})
    return count_events(layers, design, assumed_writes(layers, design, pulses))


def test_operations_are_two_for_each_multiply_accumulate_without_the_first_error_pass() -> None:
    assert operations(DENSE) == 2 * (3 * (12 + 6) - 12)
    assert operations(CONV) == 2 * (3 * (9 * 5 * 16 + 40) - 9 * 5 * 16)


def test_reads_by_hand() -> None:
    found = events(adc_forward=6, adc_error=5)
    # 9 rows on arrays of 8: two row tiles, the second with one row; 5 + reference columns on arrays of 4: two tiles.
    conversions = 16 * 8 * 2 * (5 + 2)
    # 20 rows: three row tiles; 2 columns: one.
    dense = 8 * 3 * (2 + 1)
    assert found.total("converter_bits", "forward") == 6 * (conversions + dense)
    assert found.total("shift_adds", "forward") == conversions + dense
    assert found.total("cell_reads", "forward") == 8 * (16 * 45 + 40)
    assert found.total("row_drives", "forward") == 8 * (16 * 9 * 2 + 20)
    # Backwards only the dense layer: 2 lines, 20 sums in three tiles, each with its reference.
    assert found.total("converter_bits", "error") == 5 * 8 * 1 * (20 + 3)
    assert found.total("cell_reads", "error") == 8 * 40
    assert found.counts["error", "cell_reads"][0] == 0
    assert (found.total("adds", "error"), found.total("post_words", "error")) == (20, 20)
    assert found.total("post_words", "forward") == 16 * 5 + 2
    assert found.total("gradient_macs") == 16 * 45 + 40


def test_a_pair_has_twice_the_cells_and_no_reference() -> None:
    found = events(cells_per_weight=2)
    assert found.total("cell_reads", "forward") == 2 * 8 * (16 * 45 + 40)
    assert found.total("shift_adds", "forward") == 16 * 8 * 2 * 5 + 8 * 3 * 2


def test_inputs_at_once_take_one_conversion_for_each_sum() -> None:
    serial, parallel = events(), events(serial=False)
    assert serial.total("shift_adds") == 8 * parallel.total("shift_adds")
    assert serial.total("row_drives") == parallel.total("row_drives")


def test_dram_bytes_by_hand() -> None:
    weights, batch = 9 * 5 + 40, 10
    # Forward: the image is read; the 20 pooled values are written and read. Error: the same 20. Gradient: both maps and
    # both errors (20 and 2) once more. One byte each.
    maps = (16 + 2 * 20) + 2 * 20 + (16 + 20 + 20 + 2)
    velocity = 2 * 16 / 8 * weights / batch
    naive = events(gradient_site="dram").total("dram_bits") / 8
    assert naive == pytest.approx(maps + 2 * 15 / 8 * weights + velocity, rel=1e-12)
    assert events(gradient_site="buffer").total("dram_bits") / 8 == pytest.approx(maps + velocity, rel=1e-12)
    engine = events(gradient_site="engine").total("dram_bits") / 8
    assert engine == pytest.approx(maps + 2 * 15 / 8 * weights / batch + velocity, rel=1e-12)
    inside = events(gradient_site="buffer", activation_site="buffer", velocity_site="buffer")
    assert inside.total("dram_bits") == 0


def test_the_gradient_traffic_of_the_naive_flow_is_the_batch_times_that_of_one_sum() -> None:
    def gradient(site: str) -> float:
        with_maps = events(gradient_site=site, activation_site="buffer")
        return with_maps.total("dram_bits", "weight_gradient")

    assert gradient("dram") / gradient("engine") == pytest.approx(10, rel=1e-12)
    assert gradient("buffer") == 0


shape = st.builds(
    LayerShape,
    name=st.just("x"),
    n_in=st.integers(1, 400),
    n_out=st.integers(1, 400),
    positions=st.integers(1, 100),
    inputs=st.integers(1, 4000),
)
design = st.builds(
    TrainingDesign,
    batch=st.integers(1, 1000),
    gradient_site=st.sampled_from(("dram", "buffer", "engine")),
    activation_site=st.sampled_from(("dram", "buffer")),
    momentum=st.booleans(),
    cells_per_weight=st.sampled_from((1, 2)),
    serial=st.booleans(),
    rows=st.integers(1, 300),
    columns=st.integers(1, 300),
)


@settings(max_examples=40)
@given(layers=st.lists(shape, min_size=1, max_size=4), design=design, pulses=st.floats(0, 5))
def test_parts_sum_to_the_total_exactly(layers: list[LayerShape], design: TrainingDesign, pulses: float) -> None:
    layers = [replace(layer, name=f"x{k}") for k, layer in enumerate(layers)]
    ledger = account_training(count_events(layers, design, assumed_writes(layers, design, pulses)), TABLE)
    total = ledger.total_aj
    assert isinstance(total, int)
    assert sum(ledger.by_phase().values()) == total
    assert sum(ledger.by_part().values()) == total
    assert sum(ledger.seven().values()) == total
    assert sum(ledger.by_layer().values()) == total
    peak = total - sum(aj for part, aj in ledger.by_part().items() if part in NOT_IN_PEAK)
    both = ledger.efficiency()
    assert both.full == pytest.approx(ledger.operations / ledger.joules / 1e12, rel=1e-12)
    assert both.peak == pytest.approx(ledger.operations * 1e6 / peak, rel=1e-12)
    assert both.peak >= both.full


def test_whole_attojoules_are_the_products_give_or_take_a_half() -> None:
    found = events()
    values = {entry.path: entry.value for entry in TABLE.entries()}
    pj = sum(float(term.pj(values).sum()) for term in training_terms(found))
    cells = sum(term.counts.size for term in training_terms(found))
    assert abs(account_training(found, TABLE).total_aj - 1e6 * pj) <= 0.5 * cells + 1


def test_no_pulse_no_write_energy() -> None:
    assert "cell_write" not in account_training(events(pulses=0.0), TABLE).by_part()
    some = account_training(events(pulses=0.5), TABLE).by_part()["cell_write"]
    assert some > 0
    writes = Writes(pulses=np.array([3.0, 0.0]), row_phases=np.zeros(2), source="by hand")
    by_hand = count_events(CONV, TrainingDesign(), writes)
    assert account_training(by_hand, TABLE).by_part()["cell_write"] == round(3 * 10e-12 * 1e18)


def test_momentum_falls_with_the_batch_and_without_it_there_is_none() -> None:
    spent = [account_training(events(batch=batch), TABLE).by_phase()["momentum"] for batch in (1, 10, 100)]
    assert spent[0] / spent[1] == pytest.approx(10, rel=1e-6)
    assert spent[1] / spent[2] == pytest.approx(10, rel=1e-6)
    assert "momentum" not in account_training(events(momentum=False), TABLE).by_phase()


def test_counted_velocity_bits_stand_in_for_those_of_the_design() -> None:
    writes = replace(assumed_writes(CONV, TrainingDesign(), 0.1), velocity_bits=np.array([7.0, 9.0]))
    found = count_events(CONV, TrainingDesign(), writes)
    assert found.total("dram_bits", "momentum") == 16


def test_the_momentum_formula_by_hand() -> None:
    cost = MomentumCost(weights=1000, velocity_bits=13, batch=1, dram_bit_j=3.9e-12, multiply_j=2e-13, add_j=1e-13)
    assert cost.joules == pytest.approx(1000 * (2 * 13 * 3.9e-12 + 4e-13 + 1e-13), rel=1e-12)
    assert replace(cost, batch=200).overhead(1e-6) == pytest.approx(cost.overhead(1e-6) / 200, rel=1e-12)
    with pytest.raises(ParameterError, match="above 0"):
        cost.overhead(0.0)


def test_every_number_has_a_range_a_term_and_an_output_that_it_moves() -> None:
    entries = TABLE.entries()
    bars = training_tornado(events(), TABLE)
    assert {bar.entry.path for bar in bars} == {entry.path for entry in entries}
    assert all(entry.low < entry.high and entry.low <= entry.value <= entry.high for entry in entries)
    assert all(bar.pj_low < bar.pj_high for bar in bars)
    used = {f"training.{name}" for _, names in EVENTS.values() for name in names}
    assert used == {entry.path for entry in entries}


def test_draws_repeat_and_hold_the_tables_own_value_within_their_ends() -> None:
    found, draws = events(), training_draws(TABLE, 400, 3)
    drawn = drawn_joules(found, draws)
    assert np.array_equal(drawn, drawn_joules(found, training_draws(TABLE, 400, 3)))
    assert drawn.min() < account_training(found, TABLE).joules < drawn.max()
    apart = sum(drawn_joules(found, draws, (phase,)) for phase in PHASES)
    assert apart == pytest.approx(drawn, rel=1e-12)


def test_another_node_scales_gates_and_supplies_and_leaves_cells_and_dram() -> None:
    there, here = TABLE.at_node("7").training, TABLE.training
    assert TABLE.at_node("32") is TABLE
    assert there.dram_bit == here.dram_bit
    assert there.cell_read == here.cell_read
    assert there.adc_bit.value == pytest.approx(here.adc_bit.value * (0.7 / 0.9) ** 2, rel=1e-12)
    assert there.gradient_mac.value < 0.2 * here.gradient_mac.value
    assert there.gradient_mac.range is not None
    assert there.gradient_mac.range[0] < there.gradient_mac.value < there.gradient_mac.range[1]
    with pytest.raises(ParameterError, match="node '5' is unknown"):
        TABLE.at_node("5")


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ('range = ["1.95 pJ", "14 pJ"], ', "", r"training.dram_bit: give it range"),
        (
            'dram_bit = { value = "3.9 pJ"',
            'dram_bit = { value = "39 pJ"',
            r"dram_bit: range .* does not hold the value",
        ),
        ("[training]", "[training]\nextra = 1", r"unknown key 'training.extra'"),
        ('node = "32 HP"', 'node = "33 HP"', r"technology node '33 HP' is unknown"),
        ("supply_v = 0.9", "supply_v = 90", r"supply_v 90 is out of range"),
    ],
)
def test_a_faulty_table_is_one_line(tmp_path: Path, old: str, new: str, message: str) -> None:
    import spikecim.energy.training_table as module

    text = (Path(module.__file__).parent / "training_table.toml").read_text(encoding="utf-8")
    assert old in text
    path = tmp_path / "table.toml"
    path.write_text(text.replace(old, new), encoding="utf-8")
    with pytest.raises(ParameterError, match=message):
        load_table(path)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"gradient_site": "dran"}, "did you mean 'dram'"),
        ({"batch": 0}, "batch 0 must be a whole number in 1"),
        ({"cells_per_weight": 3}, "cells_per_weight 3"),
        ({"adc_forward": 17}, "adc_forward 17"),
    ],
)
def test_a_design_that_cannot_be_is_one_line(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(ParameterError, match=message):
        TrainingDesign(**changes)


def test_counts_that_cannot_be_are_refused() -> None:
    short = Writes(pulses=np.ones(1), row_phases=np.ones(2), source="-")
    with pytest.raises(ParameterError, match=r"pulses has shape \(1,\)"):
        count_events(CONV, TrainingDesign(), short)
    lost = Writes(pulses=np.array([1.0, np.nan]), row_phases=np.ones(2), source="-")
    with pytest.raises(ParameterError, match="finite and not negative"):
        count_events(CONV, TrainingDesign(), lost)
    with pytest.raises(ParameterError, match="without layers"):
        count_events((), TrainingDesign(), short)
    with pytest.raises(ParameterError, match="two layers have one name"):
        count_events((CONV[0], CONV[0]), TrainingDesign(), short)
    with pytest.raises(ParameterError, match="n_in must be a whole number"):
        LayerShape(name="x", n_in=0, n_out=1, positions=1, inputs=1)
