"""A converted network comes back from its file as it was; a wrong file is one clear error."""

from __future__ import annotations

import json
from dataclasses import fields, replace
from pathlib import Path

import numpy as np
import pytest

from spikecim.chips import load_multi_chip
from spikecim.conversion.prepare import Bounds
from spikecim.conversion.registry import get_conversion
from spikecim.errors import ResultFileError
from spikecim.layered.files import load_spiking, save_spiking
from spikecim.layered.network import SpikingNetwork
from spikecim.layered_build import build_layers
from spikecim.models.layers import Activation, AveragePool, Convolution, Dense, Flatten
from spikecim.models.model import AnnModel


def network(conversion: str) -> SpikingNetwork:
    rng = np.random.default_rng(0)
    ann = AnnModel(
        name="small",
        input_shape=(6, 6, 1),
        layers=(
            Convolution(
                weights=rng.normal(0, 0.5, (3, 3, 1, 2)).astype(np.float32),
                bias=rng.normal(0, 0.1, 2).astype(np.float32),
                padding=((1, 1), (1, 1)),
                name="conv",
            ),
            Activation(kind="relu"),
            AveragePool(size=(2, 2)),
            Flatten(),
            Dense(weights=rng.normal(0, 0.5, (18, 3)).astype(np.float32), bias=np.zeros(3, np.float32), name="output"),
        ),
    )
    return get_conversion(conversion)(ann, rng.random((20, 6, 6, 1), np.float32), Bounds(n_steps=8, slices=2))


@pytest.mark.parametrize("conversion", ["relu-percentile", "first-spike"])
def test_it_comes_back(conversion: str, tmp_path: Path) -> None:
    made = network(conversion)
    save_spiking(made, tmp_path / "n.npz")
    found = load_spiking(tmp_path / "n.npz")
    assert (found.name, found.conversion, found.code, found.notes) == (
        made.name,
        made.conversion,
        made.code,
        made.notes,
    )
    for one, other in zip(made.layers, found.layers, strict=True):
        for item in fields(one):
            assert np.array_equal(getattr(one, item.name), getattr(other, item.name)), item.name
    assert found.quantised.input_shape == made.quantised.input_shape
    chip = load_multi_chip("spirit-multi")
    programs = [build_layers(chip, each, 0).program for each in (made, found)]
    for one_layer, other_layer in zip(programs[0].layers, programs[1].layers, strict=True):
        assert np.array_equal(one_layer.charge, other_layer.charge)


def test_wrong_files_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "n.npz"
    for content in (b"", b"no zip"):
        path.write_bytes(content)
        with pytest.raises(ResultFileError, match=r"n\.npz"):
            load_spiking(path)
    with pytest.raises(ResultFileError, match="cannot be read"):
        load_spiking(tmp_path / "gone.npz")
    np.savez(path, about=np.array(json.dumps({"format": "spikecim-ann-1"})))
    with pytest.raises(ResultFileError, match="spikecim-ann-1"):
        load_spiking(path)
    save_spiking(network("relu-max"), path)
    with np.load(path) as archive:
        kept = {key: archive[key] for key in archive.files if key != "1.weights"}
    np.savez(path, **kept)
    with pytest.raises(ResultFileError, match=r"1\.weights"):
        load_spiking(path)


def test_nothing_is_left_of_a_write_that_fails(tmp_path: Path) -> None:
    made = network("relu-max")
    broken = replace(made, notes={"x": object()})  # type: ignore[dict-item]
    with pytest.raises(TypeError):
        save_spiking(broken, tmp_path / "n.npz")
    assert list(tmp_path.iterdir()) == []
