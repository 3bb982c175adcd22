"""The tanh perceptron: it learns, in whole weights, the same way every time."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from spikecim.conversion.perceptron import METHODS, train_perceptron
from spikecim.conversion.tanh_if import convert_tanh, quantise
from spikecim.datasets import load
from spikecim.datasets.preprocess import resize
from spikecim.errors import ParameterError, ResultFileError
from spikecim.network import Network
from spikecim.training.perceptron import Recipe, accuracy, train_float
from spikecim.training.ready import load_network, ready_names, ready_network, save_network


@pytest.fixture(scope="module")
def digits() -> tuple[np.ndarray, np.ndarray]:
    train = load("digits", "train")
    return resize(train.images, "area-mean", 12), train.labels


def test_separable_classes_are_learnt_perfectly() -> None:
    labels = np.arange(300) % 3
    values = np.eye(3)[labels]
    weights = train_float(values, labels, 3, Recipe(steps=300, batch=30))
    assert accuracy(weights, values, labels) == 1.0


@pytest.mark.parametrize("method", METHODS)
def test_every_route_gives_whole_bounded_weights_that_classify(method: str, digits: tuple) -> None:
    values, labels = digits
    network = train_perceptron(values, labels, levels=4, method=method)
    assert network.weights.dtype == np.int8
    assert np.abs(network.weights).max() <= 4
    # Held out: 216 samples, standard error below 2.5 points; a constant answer gives 10 %.
    assert float(network.notes["held_out_accuracy"]) > 0.8


def test_same_seed_same_weights(digits: tuple) -> None:
    values, labels = digits
    one, two = (train_perceptron(values, labels, levels=4, recipe=Recipe(seed=5, steps=50)) for _ in range(2))
    other = train_perceptron(values, labels, levels=4, recipe=Recipe(seed=6, steps=50))
    np.testing.assert_array_equal(one.weights, two.weights)
    assert (one.weights != other.weights).any()


def test_quantise_rounds_and_clips() -> None:
    weights = np.array([[0.1, 0.13, -0.9, 5.0, -5.0]])
    np.testing.assert_array_equal(quantise(weights, 1.0, 4), [[0, 1, -4, 4, -4]])
    np.testing.assert_array_equal(convert_tanh(weights, 4, slope=2.0).weights, [[1, 1, -4, 4, -4]])


def test_unknown_method_is_refused(digits: tuple) -> None:
    with pytest.raises(ParameterError, match="quantisation-aware"):
        train_perceptron(*digits, levels=4, method="magic")


def test_shipped_networks_fit_the_chip() -> None:
    assert len(ready_names()) == 4
    for name in ready_names():
        network = ready_network(name)
        assert network.weights.shape == (144, 10)
        assert "spikecim train mnist" in network.notes["command"]


def test_network_file_round_trip(tmp_path: Path) -> None:
    network = Network(weights=np.array([[1, -4], [0, 4], [2, 3]], np.int8), name="n", notes={"a": "b"})
    save_network(network, tmp_path / "n.npz")
    again = load_network(tmp_path / "n.npz")
    np.testing.assert_array_equal(again.weights, network.weights)
    assert (again.name, again.notes) == ("n", {"a": "b"})
    (tmp_path / "n.npz").write_bytes((tmp_path / "n.npz").read_bytes()[:50])
    with pytest.raises(ResultFileError, match=r"n\.npz"):
        load_network(tmp_path / "n.npz")


@pytest.mark.parametrize("method", ["post-training", "post-training-scaled"])
def test_real_weights_round_to_the_whole_ones(method: str, digits: tuple) -> None:
    network = train_perceptron(*digits, levels=4, method=method, recipe=Recipe(steps=200))
    assert network.real is not None
    assert network.real.dtype == np.float32
    np.testing.assert_array_equal(np.clip(np.rint(network.real), -4, 4), network.weights)


@pytest.mark.parametrize("name", ["mnist-post-training", "mnist-post-training-scaled"])
def test_shipped_networks_know_their_real_weights(name: str) -> None:
    network = ready_network(name)
    assert network.real is not None
    np.testing.assert_array_equal(np.clip(np.rint(network.real), -4, 4), network.weights)


def test_real_weights_travel_with_the_file(tmp_path: Path, digits: tuple) -> None:
    network = train_perceptron(*digits, levels=4, recipe=Recipe(steps=50))
    save_network(network, tmp_path / "n.npz")
    again = load_network(tmp_path / "n.npz")
    assert network.real is not None and again.real is not None
    np.testing.assert_array_equal(again.real, network.real)


@pytest.mark.parametrize(
    ("real", "message"),
    [
        (np.full((2, 2), 3.2, np.float32), "does not round to 'weights'"),
        (np.full((2, 2), np.nan, np.float32), "does not round to 'weights'"),
        (np.zeros((2, 3), np.float32), "must hold"),
        (np.zeros((2, 2), np.int8), "must hold"),
    ],
)
def test_real_weights_of_another_network_are_refused(real: np.ndarray, message: str, tmp_path: Path) -> None:
    path = tmp_path / "n.npz"
    np.savez(path, weights=np.ones((2, 2), np.int8), real=real)
    with pytest.raises(ResultFileError, match=message):
        load_network(path)
