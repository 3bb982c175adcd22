"""Which network goes with a chip: the shipped one if it fits, else one trained for the chip."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from spikecim.chips import load_chip
from spikecim.errors import ParameterError
from spikecim.experiments.material import check_preprocessing, network_for
from spikecim.training.ready import ready_network

SHIPPED = ready_network("digits-post-training")


def test_a_chip_of_the_same_shape_gets_the_shipped_network() -> None:
    network = network_for(load_chip("spirit"), "digits")
    assert (network.name, network.notes) == (SHIPPED.name, SHIPPED.notes)


@pytest.mark.parametrize(
    ("changes", "shape", "limit"),
    [
        ({"geometry.n_in": 64, "geometry.image_side": 8}, (64, 10), 4),
        ({"synapse.levels": 3}, (144, 10), 3),
    ],
)
def test_another_chip_gets_a_network_of_its_own(changes: dict[str, Any], shape: tuple[int, int], limit: int) -> None:
    network = network_for(load_chip("spirit", changes), "digits")
    assert network.weights.shape == shape
    assert abs(network.weights.astype(int)).max() <= limit


def test_a_network_for_other_images_is_refused() -> None:
    chip = load_chip("spirit")
    check_preprocessing(chip, SHIPPED)
    with pytest.raises(ParameterError) as caught:
        check_preprocessing(chip, replace(SHIPPED, preprocessing="crop24-mean2"))
    message = str(caught.value)
    assert "trained on crop24-mean2 images, but chip 'spirit' has geometry.preprocessing area-mean" in message
    assert "\n" not in message
