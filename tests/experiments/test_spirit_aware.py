"""SPIRIT trained hardware-aware on named data: the weights run, their notes say how they were made."""

from __future__ import annotations

from functools import partial

import numpy as np
import pytest

from spikecim.network import Network

pytest.importorskip("torch", reason='needs the extra: pip install "spikecim[torch]"')

from spikecim.analog import spirit_choice
from spikecim.experiments import spirit_aware
from spikecim.experiments.spirit_aware import AwareExperiment


@pytest.fixture(autouse=True)
def short(monkeypatch: pytest.MonkeyPatch) -> None:
    small = partial(spirit_choice.SpiritRecipe, steps=4, batch=50, checks=1, chips=1, images=20)
    monkeypatch.setattr(spirit_choice, "SpiritRecipe", small)
    monkeypatch.setattr(spirit_aware, "KNOWN_STEPS", 16)


def test_all_chips_then_one_chip() -> None:
    seen: list[int] = []
    experiment = AwareExperiment(dataset="digits", seed=3, progress=lambda stage, done, total: seen.append(done))
    network = experiment.run()
    assert seen == [1, 2, 3, 4]
    assert network.weights.shape == (144, 10)
    assert network.preprocessing == "area-mean"
    assert network.notes["command"] == "spikecim train digits --quantisation hardware-aware --seed 3 --after '3600 s'"
    assert network.real is not None
    np.testing.assert_array_equal(np.clip(np.rint(network.real), -4, 4), network.weights)
    start = Network(weights=np.tile(np.arange(-4, 5, dtype=np.int8), 160).reshape(144, 10))
    own = AwareExperiment(dataset="digits", chip_index=2).run(start)
    assert "--chip-index 2" in own.notes["command"]
    changed = np.abs(own.weights.astype(int) - start.weights)
    assert 0 < changed.max() <= 1  # sixteen falling steps of at most a tenth do not go further
