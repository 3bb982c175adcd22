"""The formal-coded baseline of a network: MACs counted by hand, scaled by the constants of one MAC."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from spikecim.energy.baselines import constants, draw_mac, formal_mac, formal_network, mac_pj, scaling, sram_access
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


def test_the_typical_mac_lies_between_the_two_rules() -> None:
    assert MAC.bare_pj[0] < MAC.bare_typical_pj < MAC.bare_pj[1]
    assert MAC.with_memory_pj[0] < MAC.with_memory_typical_pj < MAC.with_memory_pj[1]
    # By hand: 45 nm at 0.9 V is 0.69885, 130 nm at 1.2 V is 5.17944 of the published polynomials.
    assert MAC.bare_typical_pj == pytest.approx(0.23 * 5.17944 / 0.69885, rel=1e-4)


@given(node=st.floats(20.0, 250.0), supply=st.floats(0.6, 2.0))
def test_scaling_is_in_order_at_any_node(node: float, supply: float) -> None:
    low, typical, high = scaling(node, supply)
    assert 0 < low <= typical <= high


def test_every_constant_has_a_source_and_room_around_it() -> None:
    found = {constant.name: constant for constant in constants(130.0, 1.2)}
    assert len(found) == 5
    for constant in found.values():
        assert constant.low <= constant.typical <= constant.high
        assert constant.low < constant.high
        assert "doi" in constant.source or constant.unit == "bytes"
    typical = {name: constant.typical for name, constant in found.items()}
    add, multiply, access, fetched, scale = typical.values()
    assert scale * (add + multiply) == pytest.approx(MAC.bare_typical_pj, rel=1e-15)
    assert mac_pj(list(typical.values()))["with_memory"] == pytest.approx(
        scale * (add + multiply + fetched * access / 8), rel=1e-15
    )


# Oracle: 10, 20 and 100 pJ for 8 KB, 32 KB and 1 MB (Horowitz); SPIRIT's 1,440 bytes by the root of the size.
def test_the_array_is_as_large_as_the_weights() -> None:
    for size, pj in ((8192, 10.0), (32768, 20.0), (2**20, 100.0), (1440, 10 * (1440 / 8192) ** 0.5)):
        low, typical, high = sram_access(size)
        assert typical == pytest.approx(pj, rel=1e-12)
        assert low < typical < high and high >= 10.0
    assert sram_access(1440)[1] == pytest.approx(4.19, abs=0.01)
    large = {one.name: one for one in constants(130.0, 1.2, weight_bytes=32768)}
    assert large["SRAM access of 8 bytes"].typical == pytest.approx(20.0)
    assert draw_mac(130.0, 1.2, 500, 1, weight_bytes=32768)["with_memory"].mean() > 2 * (
        draw_mac(130.0, 1.2, 500, 1)["with_memory"].mean()
    )


def test_draws_of_the_mac_hold_what_the_constants_allow() -> None:
    drawn, found = draw_mac(130.0, 1.2, 2000, 1), constants(130.0, 1.2)
    low, high = ([getattr(constant, end) for constant in found] for end in ("low", "high"))
    for ends, worst in ((low, np.min), (high, np.max)):
        add, multiply, access, fetched, scale = ends
        bounds = scale * (add + multiply), scale * (add + multiply + fetched * access / 8)
        for bound, values in zip(bounds, drawn.values(), strict=True):
            sign = 1.0 if worst is np.max else -1.0
            assert sign * worst(values) <= sign * bound
    assert (drawn["with_memory"] > drawn["bare"]).all()
    # The rules for the bare MAC leave out what its constants are worth: most draws, not all, lie between them.
    assert 0.8 < ((drawn["bare"] > MAC.bare_pj[0]) & (drawn["bare"] < MAC.bare_pj[1])).mean() < 1.0
    np.testing.assert_array_equal(draw_mac(130.0, 1.2, 10, 1)["bare"], drawn["bare"][:10])
