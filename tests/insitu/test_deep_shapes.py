"""VGG-8 counted: the published numbers, narrower copies, bad sizes."""

from __future__ import annotations

import pytest

from spikecim.errors import ParameterError
from spikecim.insitu.deep_shapes import forward_macs, training_macs, vgg8


def test_vgg8_has_the_published_numbers() -> None:
    layers = vgg8()
    assert forward_macs(layers) == 615_917_568
    assert sum(layer.weights for layer in layers) == 12_973_440
    # The first layer hands no error on.
    assert training_macs(layers) == 3 * 615_917_568 - 27 * 128 * 1024
    assert [layer.n_in for layer in layers] == [27, 1152, 1152, 2304, 2304, 4608, 8192, 1024]
    assert [layer.positions for layer in layers] == [1024, 1024, 256, 256, 64, 64, 1, 1]


def test_a_narrow_copy_has_the_same_depth() -> None:
    layers = vgg8(1 / 8)
    assert [layer.n_out for layer in layers] == [16, 16, 32, 32, 64, 64, 128, 10]
    assert layers[6].n_in == 64 * 16
    assert layers[6].dense
    assert not layers[0].dense


@pytest.mark.parametrize(
    "changes", [{"width": 0.0}, {"width": float("nan")}, {"side": 20}, {"side": 0}, {"channels": 0}, {"classes": 1}]
)
def test_bad_sizes_are_refused(changes: dict[str, float]) -> None:
    with pytest.raises(ParameterError, match="network"):
        vgg8(**changes)  # type: ignore[arg-type]
