"""A network is whole weights of the right shape, or a refusal that names the first bad one."""

from __future__ import annotations

import numpy as np
import pytest

from spikecim.errors import ShapeError
from spikecim.network import network_from_array


def refusal(weights: object, **kwargs: object) -> str:
    with pytest.raises(ShapeError) as caught:
        network_from_array(np.asarray(weights), limit=4, **kwargs)  # type: ignore[arg-type]
    return str(caught.value)


@pytest.mark.parametrize("kind", [np.int8, np.int64, np.float32, np.float64])
def test_all_nine_weights_are_stored(kind: type) -> None:
    network = network_from_array(np.arange(-4, 5, dtype=kind)[:, None], limit=4, name="ladder")
    assert network.weights.dtype == np.int8
    assert network.weights[:, 0].tolist() == list(range(-4, 5))
    assert (network.n_in, network.n_out, network.name) == (9, 1, "ladder")


def test_unsigned_weights_are_stored() -> None:
    assert network_from_array(np.arange(5, dtype=np.uint8)[None], limit=4).weights.tolist() == [[0, 1, 2, 3, 4]]


@pytest.mark.parametrize("weight", [5, -5, 100, -100, 127, -127])
@pytest.mark.parametrize("kind", [np.int8, np.int64, np.float64])
def test_a_weight_outside_the_levels_is_refused(weight: int, kind: type) -> None:
    weights = np.zeros((3, 2), kind)
    weights[2, 1] = weight
    assert refusal(weights) == f"weights of network: [2, 1] = {weight} is outside -4..4"


def test_the_smallest_int8_is_refused_although_it_has_no_absolute_value() -> None:
    assert "[0, 0] = -128 is outside" in refusal(np.array([[-128]], np.int8))


def test_the_limit_is_the_codes_own() -> None:
    assert network_from_array(np.array([[7]]), limit=8).weights.tolist() == [[7]]


@pytest.mark.parametrize("weight", [0.5, 3.999999, np.nan, np.inf, -np.inf])
def test_what_is_not_whole_is_refused(weight: float) -> None:
    assert "only whole numbers -4..4 can be stored; quantise them first" in refusal([[1.0, weight]])


@pytest.mark.parametrize("weights", [np.array([["1", "2"]]), np.array([[True, False]]), np.array([[None, 1]])])
def test_what_is_not_a_number_is_refused(weights: np.ndarray) -> None:
    assert "only whole numbers" in refusal(weights)


@pytest.mark.parametrize("shape", [(4,), (), (2, 2, 2), (0, 3), (3, 0)])
def test_weights_are_lines_by_neurons(shape: tuple[int, ...]) -> None:
    assert refusal(np.zeros(shape)) == f"weights of network: expected (n_in, n_out), got shape {shape}"


def test_a_chip_takes_its_own_shape_only() -> None:
    assert refusal(np.zeros((10, 144)), shape=(144, 10)) == (
        "weights of network: the chip takes (144, 10) (n_in, n_out), got (10, 144)"
    )
