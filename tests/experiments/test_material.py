"""Which network goes with a chip: the shipped one if it fits, else one trained for the chip."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

import spikecim.experiments.material as material_module
from spikecim.chips import load_chip
from spikecim.datasets import ImageSet
from spikecim.errors import ParameterError
from spikecim.experiments.material import check_preprocessing, material, network_for
from spikecim.training.ready import ready_network

SHIPPED = ready_network("mnist-post-training")


def test_a_chip_of_the_same_shape_gets_the_shipped_network() -> None:
    network = network_for(load_chip("spirit", {"cell.device": "ideal"}), "mnist")
    assert (network.name, network.notes) == (SHIPPED.name, SHIPPED.notes)


@pytest.mark.parametrize(
    "changes",
    [
        {"geometry.n_in": 64, "geometry.image_side": 8},
        {"geometry.n_out": 12},
        {"geometry.preprocessing": "bilinear"},
        {"synapse.levels": 3},
    ],
)
def test_another_chip_gets_a_network_of_its_own(changes: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    own = replace(SHIPPED, name="own")
    monkeypatch.setattr(material_module, "train_network", lambda *_: own)
    assert network_for(load_chip("spirit", changes), "mnist") is own


def test_a_trained_network_has_the_shape_of_its_chip() -> None:
    chip = load_chip("spirit", {"geometry.n_in": 64, "geometry.image_side": 8, "geometry.preprocessing": "bilinear"})
    network = network_for(chip, "digits")
    assert network.weights.shape == (64, 10)
    check_preprocessing(chip, network)


def test_a_network_for_other_images_is_refused() -> None:
    chip = load_chip("spirit")
    check_preprocessing(chip, SHIPPED)
    with pytest.raises(ParameterError) as caught:
        check_preprocessing(chip, replace(SHIPPED, preprocessing="crop24-mean2"))
    message = str(caught.value)
    assert "trained on crop24-mean2 images, but chip 'spirit' has geometry.preprocessing area-mean" in message
    assert "\n" not in message


@pytest.mark.parametrize("wrong", [{"geometry.n_in": 100}, {"geometry.image_side": 10}])
def test_images_must_fit_the_inputs(wrong: dict[str, int]) -> None:
    with pytest.raises(ParameterError, match=r"geometry\.n_in is .* square of image_side"):
        material(load_chip("spirit", wrong), "digits", "test")


def test_images_in_colour_are_refused_for_a_chip_of_grey_pixels(monkeypatch: pytest.MonkeyPatch) -> None:
    images = np.zeros((2, 32, 32, 3), np.uint8)
    colours = ImageSet(name="cifar10", split="test", images=images, labels=np.zeros(2, np.uint8), origin="x").check()
    monkeypatch.setattr(material_module, "load", lambda *_, **__: colours)
    with pytest.raises(ParameterError, match="cifar10: images of 32x32x3 values in colour, but chip spirit takes"):
        material(load_chip("spirit"), "cifar10", "test")


def test_part_of_a_split_is_not_complete() -> None:
    chip = load_chip("spirit")
    assert not material(chip, "digits", "test", limit=499).complete
    assert material(chip, "digits", "test", limit=500).complete
