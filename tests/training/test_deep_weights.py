"""The shipped deep networks: there, small, of their recipe, and as accurate as their notes say."""

from __future__ import annotations

import os
from dataclasses import replace
from importlib import resources

import pytest

from spikecim.errors import ParameterError
from spikecim.models import Activation
from spikecim.training.deep.material import material
from spikecim.training.deep.ready import ENDING, accuracy, deep_names, ready_model, shipped_names
from spikecim.training.deep.recipes import TWIN, recipe
from spikecim.training.ready import ready_names

FEW = 400
# Test accuracy that the issue asks for (CIFAR-10: held-out and test alike), and the work of one inference.
ASKED = {
    "mlp": (0.980, 0.3e6),
    "lenet": (0.990, 0.5e6),
    "mobilenet-mnist": (0.990, 3e6),
    "mobilenet-fashion-mnist": (0.910, 3e6),
    "mobilenet-cifar10": (0.820, 14e6),
}
TWIN_LOSS = {"mobilenet-cifar10": 0.02, "mobilenet-fashion-mnist": 0.02}  # of a QCFS twin at most; else half a point
NOTES = {"command", "data", "seed", "epochs", "held_out_accuracy", "test_accuracy", "minutes", "threads", "version"}


def test_all_are_shipped_and_keep_apart_from_the_integer_networks() -> None:
    assert shipped_names() == deep_names()
    assert not set(ready_names()) & set(deep_names())
    assert not any(name.endswith(".ann") for name in ready_names())


def test_an_unknown_name_is_told() -> None:
    with pytest.raises(ParameterError, match="did you mean 'lenet'"):
        ready_model("lenett")


@pytest.mark.parametrize("name", deep_names())
def test_a_shipped_network_is_small_and_of_its_recipe(name: str) -> None:
    model, chosen = ready_model(name), recipe(name)
    path = resources.files("spikecim.training") / "weights" / f"{name}{ENDING}"
    assert len(path.read_bytes()) < 2_000_000
    assert (model.name, model.input_shape, model.n_classes) == (name, chosen.input_shape, 10)
    assert set(model.notes) >= NOTES
    assert model.notes["command"] == f"spikecim train {name} --seed 0"
    kinds = {(layer.kind, layer.levels) for layer in model.layers if isinstance(layer, Activation)}
    assert kinds <= ({("quantised-clip", chosen.levels)} if chosen.levels else {("relu", 1)})


@pytest.mark.parametrize("name", ASKED)
def test_the_notes_hold_what_was_asked(name: str) -> None:
    least, work = ASKED[name]
    model, twin = ready_model(name), ready_model(name + TWIN)
    assert float(model.notes["test_accuracy"]) >= least
    assert float(model.notes["held_out_accuracy"]) >= least
    assert model.macs() <= work
    loss = float(model.notes["held_out_accuracy"]) - float(twin.notes["held_out_accuracy"])
    assert loss <= TWIN_LOSS.get(name, 0.005)


def test_the_plain_network_is_accurate_without_a_twin() -> None:
    model = ready_model("cnn-cifar10")
    assert min(float(model.notes[name]) for name in ("held_out_accuracy", "test_accuracy")) >= 0.82
    assert model.macs() <= 8e6
    assert "cnn-cifar10" + TWIN not in deep_names()


@pytest.mark.slow
@pytest.mark.skipif("SPIKECIM_DATA" not in os.environ, reason="needs the data sets: set SPIKECIM_DATA")
@pytest.mark.parametrize("name", deep_names())
def test_a_shipped_network_is_as_accurate_as_its_notes(name: str) -> None:
    model = ready_model(name)
    test = material(recipe(name)).test
    told = float(model.notes["test_accuracy"])
    if name.startswith("mobilenet") and len(test.labels) > FEW:
        # A minute and more for all of them: a part, within four standard errors of it.
        part = replace(test, images=test.images[:FEW], labels=test.labels[:FEW])
        assert abs(accuracy(model, part) - told) < 4 * (told * (1 - told) / FEW) ** 0.5
        return
    # Sums of float32 in another order may turn single near-ties.
    assert accuracy(model, test) == pytest.approx(told, abs=5 / len(test.labels))
