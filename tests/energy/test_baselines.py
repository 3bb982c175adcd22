"""The formal-coded baseline of a network: MACs counted by hand, scaled by the constants of one MAC."""

from __future__ import annotations

import numpy as np
import pytest

from spikecim.energy.baselines import formal_mac, formal_network
from spikecim.models import Activation, AnnModel, AveragePool, BatchNorm, Convolution, Dense, Flatten

MAC = formal_mac(130.0, 1.2)


# Oracle: spirit.md 4 works out 1.2 to 1.9 pJ bare and 14 to 22.8 pJ with memory traffic.
def test_one_mac_at_130_nm() -> None:
    assert MAC.bare_pj == pytest.approx((1.18, 1.92), abs=0.01)
    assert MAC.with_memory_pj == pytest.approx((14.0, 22.8), abs=0.1)


def network() -> AnnModel:
    """8x8 images, a 3x3 convolution to 4 channels with padding, 2x2 pools, 64 to 10."""
    one = np.ones(4, np.float32)
    return AnnModel(
        name="small",
        input_shape=(8, 8, 1),
        layers=(
            Convolution(
                weights=np.ones((3, 3, 1, 4), np.float32),
                bias=0 * one,
                stride=(1, 1),
                padding=((1, 1), (1, 1)),
                groups=1,
                name="conv",
            ),
            BatchNorm(scale=one, shift=one, name="norm"),
            Activation(kind="relu", name="relu"),
            AveragePool(size=(2, 2), name="pool"),
            Flatten(name="flatten"),
            Dense(weights=np.ones((64, 10), np.float32), bias=np.zeros(10, np.float32), name="dense"),
        ),
    )


def test_macs_by_layer_by_hand() -> None:
    formal = formal_network(network(), MAC)
    assert formal.macs.tolist() == [8 * 8 * 3 * 3 * 4, 640]
    np.testing.assert_allclose(formal.bare_pj, np.outer([2304, 640], MAC.bare_pj), rtol=1e-15)
    np.testing.assert_allclose(formal.with_memory_pj, np.outer([2304, 640], MAC.with_memory_pj), rtol=1e-15)
