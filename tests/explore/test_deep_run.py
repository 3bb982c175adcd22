"""A run of a converted network: the figures of a comparison, on every engine, whatever the chunk."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from spikecim.chips.loader import load_multi_chip
from spikecim.errors import ConversionError, EngineError, ParameterError, SpikecimError
from spikecim.explore import deep_run as module
from spikecim.explore.compare_material import find_model
from spikecim.explore.compare_run import run_chips
from spikecim.explore.deep_run import run_deep
from spikecim.layered_build import build_layers
from spikecim.models.blocks import block_macs, blocks
from spikecim.models.forward import forward
from spikecim.models.layers import BatchNorm
from tests.explore.networks import digits_network
from tests.results.layered_runs import deep_run, deep_scene
from tests.results.runs import assert_same


@pytest.mark.parametrize("conversion", ["relu-max", "first-spike"])
def test_figures_are_those_of_a_comparison(conversion: str) -> None:
    scene = deep_scene(conversion=conversion)
    run = run_deep(scene)
    rule = module.conversions_for(scene.network, [conversion])[0]
    network = rule(scene.network, scene.calibration, module.bounds_of(scene.chip, scene.steps))
    built = build_layers(scene.chip, network, scene.seed, delta_s=run.delta_s)
    (measured,) = run_chips([built], scene.images, scene.labels)
    np.testing.assert_array_equal(run.winners[:, -1], measured.winners)
    for place, delta_s in enumerate(measured.axis):
        assert run.correct(delta_s).sum() == measured.correct[place]
        assert run.time_outs(delta_s) == measured.late[place] / run.n_samples
        ours = run.ledger(delta_s)
        for part, means in measured.ledger.parts.items():
            np.testing.assert_allclose(ours.parts[part].mean(0), means[place], rtol=1e-12, err_msg=part)


def test_engines_agree() -> None:
    event, stepper = deep_run(), run_deep(deep_scene(engine="stepper", conversion="relu-max"))
    assert stepper.settings["engine"] == "stepper"
    assert_same(event, replace(stepper, settings={**stepper.settings, "engine": "event"}))


def test_the_chunk_does_not_matter(monkeypatch: pytest.MonkeyPatch) -> None:
    whole = deep_run()
    monkeypatch.setattr(module, "chunk_size", lambda *_: 5)
    assert_same(whole, run_deep(deep_scene(conversion="relu-max")))


def test_chips_differ_by_index_and_seed() -> None:
    first = deep_run()
    for name in ("chip_index", "seed"):
        other = run_deep(replace(deep_scene(conversion="relu-max"), **{name: 1}))
        assert (first.tallies != other.tallies).any()
        assert first.settings != other.settings


def test_the_first_conversion_that_takes_the_network_is_the_default() -> None:
    assert run_deep(deep_scene(2, kind="tanh")).conversion == "spirit-tanh"
    assert run_deep(deep_scene(2)).conversion == "relu-max"


def test_what_the_run_says_of_the_network() -> None:
    run, scene = deep_run(), deep_scene()
    assert run.layer_names == ("hidden", "output")
    assert run.macs.tolist() == [64 * 48, 48 * 10]
    assert [layer.n_weights for layer in run.layers] == run.macs.tolist()
    assert run.n_cells >= 8 * sum(run.macs)
    expected = forward(scene.network, scene.images).argmax(1)
    np.testing.assert_array_equal(run.ann_winners, expected)
    assert run.ann_accuracy == (expected == scene.labels).mean()
    assert run.programming_nj > 0


def test_macs_are_those_of_the_folded_network() -> None:
    shipped, small = find_model("mobilenet-mnist"), digits_network("relu")
    assert sum(block_macs(shipped)) == shipped.macs()
    assert len(block_macs(shipped)) == len(blocks(shipped))
    flatten, first, *rest = small.layers
    ones = np.ones(48, np.float32)
    normed = replace(small, layers=(flatten, first, BatchNorm(scale=ones, shift=0 * ones), *rest))
    assert block_macs(normed) == block_macs(small) == (64 * 48, 48 * 10)
    assert normed.macs() == sum(block_macs(small)) + 48  # not folded, a batch norm is work of its own


@pytest.mark.parametrize(
    ("changes", "error", "named"),
    [
        ({"conversion": "relu-mox"}, ConversionError, "relu-max"),
        ({"conversion": "spirit-tanh"}, ConversionError, "hard-tanh"),
        ({"slices": 3}, ParameterError, "1..2"),
        ({"steps": 0}, ParameterError, "steps"),
        ({"chip": load_multi_chip("spirit-multi", {"cores.rows": 9})}, ParameterError, "cores.rows"),
        ({"engine": "evnt"}, EngineError, "event"),
    ],
)
def test_bad_input(changes: dict[str, Any], error: type[SpikecimError], named: str) -> None:
    with pytest.raises(error, match=named):
        run_deep(replace(deep_scene(2), **changes))


def test_labels_beyond_the_classes() -> None:
    scene = deep_scene(2)
    with pytest.raises(ParameterError, match="10 classes, but digits has labels up to 10"):
        run_deep(replace(scene, labels=np.array([0, 10])))


def test_a_run_too_large_to_keep_is_refused_before_it_starts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MOST_TALLIES", 4 * 2 * 5 * 10)
    run_deep(deep_scene(10))
    with pytest.raises(ParameterError, match="11 images at 4 margins are too many; at most 10 images"):
        run_deep(deep_scene(11))
