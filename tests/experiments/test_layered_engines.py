"""All engines on converted networks, every layer compared: a tiny dense one, and the shipped LeNet on real images."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from spikecim.experiments.layered_engines import verify_layers
from spikecim.models.files import save_model
from tests.explore.networks import digits_network


def test_engines_agree_on_a_converted_network(tmp_path: Path) -> None:
    path = tmp_path / "net.npz"
    save_model(digits_network("relu", 12), path)
    found = verify_layers(str(path), "digits", 4, 0, conversion="relu-percentile", steps=4)
    assert found.identical
    assert [(c.chip, c.engine) for c in found.comparisons] == [
        (chip, engine) for chip in ("spirit-multi-ideal", "spirit-multi") for engine in ("brian2", "event")
    ]
    assert all(c.spikes > 0 for c in found.comparisons)
    assert found.lines()[0].startswith("4 digits images through")


@pytest.mark.slow
@pytest.mark.skipif("SPIKECIM_DATA" not in os.environ, reason="needs MNIST")
def test_engines_agree_on_lenet() -> None:
    found = verify_layers("lenet", "mnist", 3, 0, steps=4)
    assert found.identical
    assert found.spikes > 1000
