"""From networks and finished trainings to events: VGG-8 counted, pulses shared out to images, a pulse of a device."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from spikecim.devices.pulsed.library import load_spec
from spikecim.energy.training_design import TrainingDesign
from spikecim.energy.training_events import assumed_writes
from spikecim.energy.training_shapes import operations
from spikecim.energy.training_table import shipped_table
from spikecim.errors import ParameterError
from spikecim.insitu.costs import (
    dense_shapes,
    run_design,
    run_events,
    run_shapes,
    study_writes,
    vgg8_shapes,
    with_device,
)
from spikecim.insitu.deep_shapes import training_macs, vgg8
from spikecim.results.insitu_run import LayerCounts, TrainingRun
from spikecim.results.insitu_table import ArrayRow, CellResult


def layer(**changes: object) -> LayerCounts:
    counts: dict[str, object] = {
        "name": "conv1",
        "n_in": 27,
        "n_out": 8,
        "cells": 216,
        "pulses_up": 300,
        "pulses_down": 100,
        "cells_written": 250,
        "largest_writes": 9,
        "mean_writes": 400 / 216,
        "row_phases": 120,
        "velocity_bits_moved": 4000,
        "macs_forward": 27 * 8 * 64 * 200,
    }
    return LayerCounts(**{**counts, **changes})  # type: ignore[arg-type]


def run(*layers: LayerCounts) -> TrainingRun:
    return TrainingRun(curve=(), test=0.5, validation=0.5, layers=layers, steps=10, samples=200, cpu_s=1.0)


def test_vgg8_has_the_operations_and_weights_of_the_reference() -> None:
    shapes = vgg8_shapes()
    assert operations(shapes) == 2 * training_macs(vgg8()) == 3_688_427_520
    assert sum(shape.weights for shape in shapes) == 12_973_440
    assert sum(shape.macs for shape in shapes) == 615_917_568
    # Maps that layers take in: 32 x 32 x 3, twice 128 channels, and so on.
    assert [shape.inputs for shape in shapes] == [3072, 131_072, 32_768, 65_536, 16_384, 32_768, 8192, 1024]


def test_a_run_gives_its_shapes_writes_and_batch() -> None:
    found = run(layer(), layer(name="fc", n_in=128, n_out=10, cells=1280, macs_forward=128 * 10 * 200))
    conv, dense = run_shapes(found)
    assert (conv.positions, conv.inputs) == (64, 64 * 3)
    assert (dense.positions, dense.inputs) == (1, 128)
    assert run_design(found, TrainingDesign()).batch == 20
    events = run_events(found)
    assert events.counts["weight_update", "pulses"] == pytest.approx([2.0, 2.0])
    assert events.counts["weight_update", "row_phases"] == pytest.approx([0.6, 0.6])
    assert events.counts["momentum", "dram_bits"] == pytest.approx([20.0, 20.0])


def test_a_run_without_velocity_pays_for_none_and_pairs_are_seen() -> None:
    found = run(layer(velocity_bits_moved=0, cells=432))
    design = run_design(found, TrainingDesign())
    assert (design.momentum, design.cells_per_weight) == (False, 2)
    assert not any(phase == "momentum" for phase, _ in run_events(found).counts)


def test_counts_that_are_no_training_are_refused() -> None:
    with pytest.raises(ParameterError, match="no whole number of positions"):
        run_shapes(run(layer(macs_forward=27 * 8 * 200 + 1)))
    with pytest.raises(ParameterError, match="no update to count"):
        run_shapes(replace(run(layer()), steps=0))
    with pytest.raises(ParameterError, match="cells a weight"):
        run_design(run(layer(cells=648)), TrainingDesign())


def test_a_study_tells_its_writes_for_one_image() -> None:
    row = ArrayRow(
        layer="layer0",
        cells=8,
        pulses=50.0,
        pulses_per_step=0.5,
        largest_writes=80,
        row_phases=400.0,
        velocity_bits=32.0,
        clamped=0,
        stuck=0,
        dead=0,
    )
    cell = CellResult(
        device="+-4",
        rule="momentum",
        rates=(),
        best=0.1,
        edge="",
        seeds=(),
        test=None,
        validation=None,
        pulses=50.0,
        curve=(),
        arrays=(row,),
    )
    writes = study_writes(cell, dense_shapes((4, 2)), TrainingDesign(batch=20))
    # 100 updates of 20 images.
    assert writes.pulses == pytest.approx([50.0 * 8 / 2000])
    assert writes.row_phases == pytest.approx([400 / 2000])
    assert writes.velocity_bits == pytest.approx([32 * 8 / 20])
    with pytest.raises(ParameterError, match="no training ended well"):
        study_writes(replace(cell, arrays=()), dense_shapes((4, 2)), TrainingDesign(batch=20))


def test_a_row_of_a_wide_matrix_is_driven_in_each_of_its_arrays() -> None:
    wide = layer(name="fc", n_in=128, n_out=300, cells=38_400, macs_forward=128 * 300 * 200)
    paired = replace(wide, cells=76_800)
    # 300 columns are 3 arrays of 128; 600 cells side by side are 5. Narrow ones are driven once.
    for one, arrays in ((layer(), 1), (wide, 3), (paired, 5)):
        events = run_events(run(one))
        assert events.counts["weight_update", "row_phases"] == pytest.approx([120 * arrays / 200])
        # An assumed write of every row in both signs is as many rows.
        assumed = assumed_writes(run_shapes(run(one)), events.design, 1.0)
        assert assumed.row_phases == pytest.approx([2 * one.n_in * arrays / 20])


def test_a_pulse_of_a_device_is_its_voltage_squared_times_width_and_conductance() -> None:
    spec = load_spec("ag-a-si")
    pulse = with_device(shipped_table(), spec).training.write_pulse
    low, high = spec.window
    up, down = ((one.voltage.value**2) * one.width.value for one in (spec.potentiation, spec.depression))
    assert pulse.value == pytest.approx((up + down) / 2 * (low + high) / 2, rel=1e-12)
    assert pulse.range == pytest.approx((min(up, down) * low, max(up, down) * high), rel=1e-12)
    assert np.isclose(up * high, 3.2**2 * 300e-6 / 26e6, rtol=0.2)
