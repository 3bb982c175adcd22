"""Layers on cores: what fits, where it is cut, and what a spike has to reach."""

from __future__ import annotations

import numpy as np
import pytest

from spikecim.chips import load_multi_chip
from spikecim.coding.steps import StepCode
from spikecim.errors import ParameterError
from spikecim.layered.network import SpikingLayer, SpikingNetwork
from spikecim.layered.wiring import ConvolutionWiring, DenseWiring
from spikecim.mapping import place
from spikecim.models import AnnModel, Dense

CODE = StepCode(kind="even", n_steps=4, ticks_per_step=1, words_per_tick=100)
ANN = AnnModel(
    name="any", input_shape=(1,), layers=(Dense(weights=np.ones((1, 1), np.float32), bias=np.zeros(1, np.float32)),)
)


def layer(wiring: DenseWiring | ConvolutionWiring, slices: int = 1, name: str = "layer") -> SpikingLayer:
    channels = wiring.c_out if isinstance(wiring, ConvolutionWiring) else wiring.n_out
    return SpikingLayer(
        name=name,
        wiring=wiring,
        route=np.arange(wiring.n_rows, dtype=np.int32),
        weights=np.zeros(wiring.n_groups, np.int32),
        slices=slices,
        units_per_threshold=np.ones(channels),
        bias=np.zeros(channels),
        rate_unit=1.0,
        signed=False,
    )


def network(*layers: SpikingLayer) -> SpikingNetwork:
    return SpikingNetwork(name="net", conversion="none", layers=layers, code=CODE, quantised=ANN)


def chip(**cores: int | str):
    return load_multi_chip("spirit_multi", {f"cores.{key}": value for key, value in cores.items()})


def test_a_dense_layer_is_cut_by_columns() -> None:
    placement = place(network(layer(DenseWiring(n_rows=20, n_out=25), slices=2)), chip(columns=16), (0,))
    assert [(s.first_channel, s.last_channel) for s in placement.shares] == [(0, 8), (8, 16), (16, 24), (24, 25)]
    assert [s.columns for s in placement.shares] == [16, 16, 16, 2]
    assert {s.rows for s in placement.shares} == {20}
    assert placement.words_per_spike == (4,)
    assert placement.n_cores == 4


def test_biases_take_rows_and_one_slice_more() -> None:
    placement = place(network(layer(DenseWiring(n_rows=20, n_out=5), slices=2)), chip(columns=9), (3,))
    assert [s.columns for s in placement.shares] == [9, 6]
    assert {s.rows for s in placement.shares} == {23}


def test_layers_do_not_share_a_core() -> None:
    wirings = (DenseWiring(n_rows=6, n_out=4), DenseWiring(n_rows=4, n_out=3))
    placement = place(network(*map(layer, wirings)), chip(), (0, 0))
    assert [s.core for s in placement.shares] == [0, 1]
    assert [share.layer for share in placement.of_layer(1)] == [1]


def test_a_convolution_takes_its_taps_and_a_neuron_for_each_position() -> None:
    wiring = ConvolutionWiring(in_shape=(6, 5, 3), kernel=(3, 2), c_out=4)
    (share,) = place(network(layer(wiring)), chip(), (0,)).shares
    assert (share.rows, share.columns, share.neurons) == (18, 4, 4 * 4 * 4)


def test_a_depthwise_layer_is_cut_between_groups_and_a_spike_reaches_one_core() -> None:
    wiring = ConvolutionWiring(in_shape=(4, 4, 10), kernel=(3, 3), c_out=10, groups=10)
    placement = place(network(layer(wiring)), chip(rows=30), (0,))
    assert [s.rows for s in placement.shares] == [27, 27, 27, 9]
    assert placement.words_per_spike == (1,)


def test_cells_for_every_position_take_columns_for_every_position() -> None:
    wiring = ConvolutionWiring(in_shape=(4, 4, 1), kernel=(3, 3), c_out=2)
    (share,) = place(network(layer(wiring)), chip(convolution="per-position"), (0,)).shares
    assert share.columns == 4 * 2


@pytest.mark.parametrize(
    ("cores", "words"),
    [
        ({"rows": 19}, "sums 20 rows and 0 bias rows, a core of chip spirit-multi has 19"),
        ({"columns": 1}, "one channel needs 2 columns"),
        ({"count": 1, "columns": 4}, "needs 3 cores, chip spirit-multi has 1"),
    ],
)
def test_what_does_not_fit_is_said(cores: dict[str, int], words: str) -> None:
    with pytest.raises(ParameterError, match=words):
        place(network(layer(DenseWiring(n_rows=20, n_out=5), slices=2)), chip(**cores), (0,))
