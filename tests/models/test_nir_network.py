"""A converted network as NIR: the spikes of the clocked simulation where NIR can say the neuron, and what is lost."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from spikecim.conversion.clocked import input_spikes, run_clocked
from spikecim.conversion.prepare import Bounds
from spikecim.conversion.registry import CONVERSIONS
from spikecim.errors import ModelError
from spikecim.layered.network import SpikingNetwork
from spikecim.models import AnnModel
from spikecim.models.forward import forward
from spikecim.models.nir_file import read_nir, read_nir_spiking
from spikecim.models.nir_network import as_nir
from spikecim.models.nir_spiking import Rule
from tests.conversion.networks import dense_model, image_model, images

MODELS = {"dense": dense_model(), "image": image_model()}


def converted(model: AnnModel, name: str = "relu-max") -> SpikingNetwork:
    return CONVERSIONS[name](model, images(model), Bounds(words_per_tick=1_000_000, n_steps=32))


@pytest.mark.parametrize("name", MODELS)
def test_spikes_are_those_of_the_clocked_simulation(name: str, tmp_path: Path) -> None:
    nir_export = pytest.importorskip("spikecim.models.nir_export")
    network, seen = converted(MODELS[name]), images(MODELS[name])
    spiking, lost = as_nir(network)
    written = nir_export.write_nir(spiking, tmp_path / "net.nir", lost=lost)
    assert set(lost) <= set(written)
    run = run_clocked(network, seen)
    plain = input_spikes(replace(network.code, ticks_per_step=1, tail_steps=0), seen)
    trains = plain.reshape(len(plain), *seen.shape).astype(np.float32)
    again = read_nir_spiking(tmp_path / "net.nir")
    counts = again.spike_counts(trains, Rule(inclusive=True, subtract=True))
    # The last layer has two thresholds, which NIR cannot say: those in front of it must agree to the last spike.
    for number, found in enumerate(counts[:-1]):
        # A layer sees the first step `number` ticks later; in the tail charge that is left may still fire.
        wanted = run.spikes[number][number : number + network.code.n_steps].sum(0, dtype=np.int64)
        assert wanted.any()
        np.testing.assert_array_equal(found.reshape(wanted.shape), wanted)
    assert any("negative threshold" in line for line in lost)


@pytest.mark.parametrize("name", MODELS)
def test_its_ann_is_the_quantised_one(name: str, tmp_path: Path) -> None:
    nir_export = pytest.importorskip("spikecim.models.nir_export")
    network, seen = converted(MODELS[name]), images(MODELS[name])
    nir_export.write_nir(as_nir(network)[0], tmp_path / "net.nir")
    found = forward(read_nir(tmp_path / "net.nir"), seen) * network.layers[-1].rate_unit
    wanted = np.maximum(forward(network.quantised, seen), 0)
    np.testing.assert_allclose(found, wanted, rtol=1e-4, atol=1e-4)


def test_what_is_lost_is_said() -> None:
    network = converted(MODELS["dense"])
    plain, *rest = network.layers
    other = replace(plain, signed=True, hard_reset=True, refractory_steps=3.0, initial=0.5, window="own steps")
    lost = as_nir(replace(network, layers=(other, *rest)))[1]
    mine = " ".join(line for line in lost if line.startswith(f"layer {plain.name}:"))
    for text in ("negative threshold", "refractory period of 3 steps", "start at 0.5", "window of steps"):
        assert text in mine
    assert "soft reset" not in mine
    for text in ("cells:", "rails:", "delta_s", "32 steps"):
        assert any(text in line for line in lost)


def test_a_silent_last_layer_becomes_plain_weights() -> None:
    network = converted(MODELS["dense"])
    silent = replace(network.layers[-1], window="silent")
    spiking, lost = as_nir(replace(network, layers=(*network.layers[:-1], silent)))
    assert type(spiking.layers[-1]).__name__ == "Dense"
    assert any("never fires" in line for line in lost)


def test_a_latency_code_is_refused() -> None:
    with pytest.raises(ModelError, match=r"latency code, which NIR cannot express; choose a rate conversion"):
        as_nir(converted(MODELS["dense"], "first-spike"))
