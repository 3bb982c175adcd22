"""A converted network on the ideal chip: what the engines do is what the clocked simulation foretells."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from spikecim.chips.loader import load_multi_chip
from spikecim.conversion.clocked import run_clocked
from spikecim.conversion.prepare import Bounds
from spikecim.conversion.registry import CONVERSIONS, applicable
from spikecim.engines.stepper import Stepper
from spikecim.layered.network import SpikingNetwork
from spikecim.layered_build import build_layers
from spikecim.models import AnnModel
from tests.conversion.networks import dense_model, image_model, images

N_STEPS = 16
MODELS = [make(kind) for make in (dense_model, image_model) for kind in ("relu", "tanh", "quantised-clip")]
PAIRS = [(rule.name, model) for model in MODELS for rule in applicable(model)]


def clocked_form(network: SpikingNetwork) -> SpikingNetwork:
    """`network` with biases that rows of cells hold exactly: ninths of a weight unit."""
    layers = tuple(replace(layer, bias=np.rint(layer.bias * 9) / 9) for layer in network.layers)
    return replace(network, layers=layers)


@pytest.mark.parametrize(("name", "model"), PAIRS, ids=[f"{name}-{model.name}" for name, model in PAIRS])
def test_spike_counts_of_every_layer(name: str, model: AnnModel) -> None:
    x = images(model)
    network = CONVERSIONS[name](model, x, Bounds(words_per_tick=1_000_000, n_steps=N_STEPS))
    network = clocked_form(replace(network, code=replace(network.code, ticks_per_step=1)))
    foretold = run_clocked(network, x)
    program = build_layers(load_multi_chip("spirit_multi_ideal"), network, 0).program
    record = Stepper().run_layers(program, network.code.encode(x.reshape(len(x), -1)), keep="counts")
    assert record.counts is not None
    for number, counts in enumerate(record.counts):
        # Charge is whole electrons there and real numbers here: an exact tie may fall either way, and the last layer
        # has one by construction, as its threshold is the largest value of these very images.
        off = np.abs(counts - foretold.counts(number))
        last = number == len(record.counts) - 1
        assert off.max() <= 1 and (off > 0).mean() < (0.2 if last else 0.02)
    assert (record.winners == foretold.winners).mean() > 0.9


def test_a_serial_link_gets_the_ticks_it_needs() -> None:
    """One word a tick: a step lasts as long as the busiest step of calibration; a parallel link has one tick a step."""
    model = dense_model()
    x = np.ones((5, 12), np.float32)  # every line spikes in every step
    code = CONVERSIONS["relu-max"](model, x, Bounds(words_per_tick=1, n_steps=8)).code
    assert (code.ticks_per_step, code.tail_steps) == (12, 1)
    assert CONVERSIONS["relu-max"](model, x, Bounds(words_per_tick=5, n_steps=8)).code.ticks_per_step == 3
    wide = CONVERSIONS["relu-max"](model, x, Bounds(words_per_tick=12, n_steps=8)).code
    assert (wide.ticks_per_step, wide.tail_steps, wide.n_ticks) == (1, 2, 10)
    trains = code.encode(x)
    assert trains.n_spikes == 5 * 12 * 8, "no word is late"


@pytest.mark.parametrize("name", ["relu-percentile", "first-spike"])
def test_decisions_over_a_serial_link(name: str) -> None:
    """The order of words within a step must not change what a long window decides."""
    model = image_model()
    x = images(model, 20, seed=3)
    network = CONVERSIONS[name](model, x, Bounds(words_per_tick=1, n_steps=64))
    program = build_layers(load_multi_chip("spirit_multi_ideal"), network, 0).program
    assert program.n_ticks == network.code.n_ticks > 64 * 20
    record = Stepper().run_layers(program, network.code.encode(x.reshape(len(x), -1)))
    wide = CONVERSIONS[name](model, x, Bounds(words_per_tick=1_000_000, n_steps=64))
    assert (record.winners == run_clocked(wide, x).winners).mean() >= 0.9
