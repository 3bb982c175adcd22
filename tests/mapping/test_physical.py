"""Layers on cores with wires: nothing at zero ohm, the crossbar's currents otherwise, wherever a cell lies."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from scipy.constants import elementary_charge

from spikecim.arrays.crossbar.transfer import transfer_matrix
from spikecim.arrays.crossbar.wires import Wires
from spikecim.chips import load_multi_chip
from spikecim.devices.oxram import SlcOxram
from spikecim.engines import get_engine
from spikecim.errors import ParameterError
from spikecim.layered.network import SpikingLayer
from spikecim.layered.program import LayerProgram
from spikecim.layered.wiring import ConvolutionWiring
from spikecim.layered_build import build_layers
from spikecim.spikes import SpikeTrains
from spikecim.streams import name_key
from tests.test_layered_build import convolution, dense, network

SMALL = {"cores.rows": 40, "cores.columns": 9}
PASSIVE = {**SMALL, "wires.row_segment": "20 ohm", "wires.column_segment": "30 ohm", "wires.sense": "50 ohm"}
GATED = {**SMALL, "wires.kind": "gated", "wires.source_segment": "20 ohm", "wires.column_segment": "30 ohm"}
BOTH = pytest.mark.parametrize("wires", [PASSIVE, GATED], ids=["passive", "gated"])


def built(layer: SpikingLayer, changes: dict[str, Any]) -> LayerProgram:
    return build_layers(load_multi_chip("spirit_multi", changes), network(layer), 0).program.layers[0]


def grouped() -> SpikingLayer:
    wiring = ConvolutionWiring(in_shape=(3, 3, 4), kernel=(2, 2), c_out=4, groups=2)
    return SpikingLayer(
        name="grouped",
        wiring=wiring,
        route=np.arange(wiring.n_rows, dtype=np.int32),
        weights=np.random.default_rng(4).integers(-40, 41, wiring.n_groups).astype(np.int32),
        slices=2,
        units_per_threshold=np.full(4, 40.0),
        bias=np.zeros(4),
        rate_unit=1.0,
        signed=False,
    )


LAYERS = pytest.mark.parametrize("layer", [dense(5, 7), convolution(), grouped()], ids=["dense", "biased", "grouped"])


@LAYERS
@pytest.mark.parametrize("kind", ["passive", "gated"])
def test_wires_without_resistance_change_no_charge(layer: SpikingLayer, kind: str) -> None:
    plain, wired = built(layer, SMALL), built(layer, {**SMALL, "wires.kind": kind, "injectors.trim": "reads"})
    for name in ("charge", "read_noise", "threshold_up"):
        np.testing.assert_array_equal(getattr(plain, name), getattr(wired, name), err_msg=name)
    assert [p.charge.tolist() for p in plain.pulses] == [p.charge.tolist() for p in wired.pulses]
    if kind == "gated":
        assert [p.electrons for p in plain.pulses] == [p.electrons for p in wired.pulses]
        np.testing.assert_array_equal(plain.line_electrons, wired.line_electrons)
    else:
        # Clamped columns of unused cells draw in every row.
        assert (wired.line_electrons > plain.line_electrons).all()


@LAYERS
@BOTH
def test_wires_take_charge_away(layer: SpikingLayer, wires: dict[str, Any]) -> None:
    plain, wired = built(layer, SMALL), built(layer, wires)
    slope = (plain.charge * wired.charge.astype(float)).sum() / (plain.charge.astype(float) ** 2).sum()
    assert 0.1 < slope < 0.98
    assert (wired.threshold_up == plain.threshold_up).all()


@BOTH
def test_charges_are_the_crossbars(wires: dict[str, Any]) -> None:
    # By hand: 5 rows of 40; three of seven neurons fit the nine columns of a core, two slices of 8 cells each.
    layer, changes = dense(5, 7), {**wires, "injectors.gain_mismatch_rel": 0.0, "cores.columns": 6}
    chip = load_multi_chip("spirit_multi", changes)
    cell, code = SlcOxram(spec=chip.cell), chip.synapse.weight_code()
    seed = name_key(name_key(0, "chip", 0), "layer0")
    weights = layer.weights.reshape(5, 7)
    fine = np.mod(weights + 4, 9) - 4
    digits = np.stack([fine, (weights - fine) // 9], axis=-1).astype(np.int8)
    cells = 1 / cell.program(code.targets(digits), seed, "weights", "program").resistance
    unused = cell.mean_conductance(0.0)[1]
    kind = {"row_segment": 20.0, "sense": 50.0} if wires is PASSIVE else {"kind": "gated", "source_segment": 20.0}
    found = np.empty_like(cells)
    for first in (0, 3, 6):
        own = cells[:, first : first + 3]
        width = own[0].size
        array = np.full((40, 6 * 8), unused)
        array[:5, 48 - width :] = own.reshape(5, width)
        through = transfer_matrix(array, Wires(**kind, column_segment=30.0, access=500.0))
        found[:, first : first + 3] = through[:5, 48 - width :].reshape(own.shape)
    lrs, hrs = cell.mean_conductance(500.0)
    steps = (found[..., :4].sum(-1) - found[..., 4:].sum(-1)) @ np.array([1, 9]) / (lrs - hrs)
    threshold = 4 * round(200e-15 * 0.3 / (4 * elementary_charge))
    expected = steps * threshold / layer.units_per_threshold
    charge = build_layers(chip, network(layer), 0).program.layers[0].charge[0].reshape(5, 7)
    assert np.abs(charge - expected).max() <= 0.5 + 1e-3


def test_groups_have_rows_of_their_own() -> None:
    # Without the other group's cells on its rows a channel would read otherwise: only spare HRS cells are there.
    layer = grouped()
    wide = built(layer, PASSIVE)
    narrow = built(layer, {**PASSIVE, "cores.columns": 4})  # one group a core
    assert (wide.charge != narrow.charge).any()
    np.testing.assert_array_equal(built(layer, SMALL).charge, built(layer, {**SMALL, "cores.columns": 4}).charge)


@BOTH
def test_engines_agree(wires: dict[str, Any]) -> None:
    chip = build_layers(load_multi_chip("spirit_multi", wires), network(dense(5, 4)), 0)
    ticks = np.arange(10, dtype=np.int32)
    trains = SpikeTrains(
        n_in=5,
        n_ticks=chip.program.n_ticks,
        offsets=np.array([0, 10]),
        ticks=ticks,
        lines=(ticks % 5).astype(np.int16),
        signs=np.ones(10, np.int8),
    )
    one, other = (get_engine(name).run_layers(chip.program, trains) for name in ("event", "stepper"))
    np.testing.assert_array_equal(one.winners, other.winners)
    np.testing.assert_array_equal(one.margin_tallies, other.margin_tallies)
    np.testing.assert_array_equal(one.output.residual, other.output.residual)


def test_a_passive_core_too_large_to_solve_is_refused() -> None:
    changes = {"cores.columns": 256, "cores.rows": 1024, "wires.row_segment": "1 ohm"}
    with pytest.raises(ParameterError, match=r"layer dense700 .* passive core.*wires\.kind to gated"):
        built(dense(700, 60), changes)
