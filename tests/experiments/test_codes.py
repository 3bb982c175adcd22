"""The comparison on a named data set: networks quantised for each group size, and the whole of it on digits."""

from __future__ import annotations

import numpy as np
import pytest

from spikecim.chips import load_chip
from spikecim.datasets import locate
from spikecim.experiments.codes import CodesExperiment, networks_by_levels
from spikecim.experiments.material import network_for
from spikecim.results.sign_bit import sign_bit_argument

needs_mnist = pytest.mark.skipif(locate("mnist") is None, reason="MNIST is not on this machine; set SPIKECIM_DATA")


def test_the_chips_own_group_size_gets_the_chips_own_network() -> None:
    chip = load_chip("spirit")
    network = networks_by_levels(chip, "digits")
    np.testing.assert_array_equal(network(4).weights, network_for(chip, "digits").weights)


def test_more_levels_are_finer_steps_of_the_same_weights() -> None:
    network = networks_by_levels(load_chip("spirit"), "digits")
    one, fine = network(1).weights.astype(float), network(8).weights / 8
    assert set(np.unique(one)) == {-1.0, 0.0, 1.0}
    # Both round the same real weights: they differ by at most half a step each.
    assert np.abs(one - fine).max() <= 0.5 + 0.5 / 8


def test_the_whole_on_digits_and_the_argument_alone() -> None:
    stages: list[str] = []
    experiment = CodesExperiment(dataset="digits", n_chips=1, limit=40, progress=lambda stage, *_: stages.append(stage))
    study = experiment.run()
    assert not study.interrupted
    assert len(study.groups) == 8
    assert study.n_images == 40
    assert list(dict.fromkeys(stages)) == ["data", "ideal chip", "networks", "weight codes"]
    assert study.facts["dataset"] == "digits"
    alone = experiment.argument(2)
    assert (alone.n_chips, len(alone.codes), alone.groups) == (2, 3, ())
    whole, argument = sign_bit_argument(study), sign_bit_argument(alone)
    assert whole is not None and argument is not None
    # The same first chip; and the data are read, and the ideal chip is run, once for both.
    assert argument.headline.points[0] == whole.headline.points[0]
    assert (stages.count("data"), stages.count("ideal chip")) == (1, 1)


@pytest.mark.slow
@needs_mnist
def test_four_levels_on_mnist_are_the_shipped_network() -> None:
    chip = load_chip("spirit")
    np.testing.assert_array_equal(networks_by_levels(chip, "mnist")(4).weights, network_for(chip, "mnist").weights)
