"""Deep training: the activation against its closed form, batches, resuming, export, on scikit-learn's digits."""

from __future__ import annotations

import pickle
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from spikecim.errors import MissingExtraError, ParameterError, ResultFileError
from spikecim.models import Activation, AnnModel
from spikecim.models.files import load_model
from spikecim.models.forward import activate, forward
from spikecim.training.deep import ready
from spikecim.training.deep.recipes import RECIPES, Recipe, recipe

torch = pytest.importorskip("torch", reason='needs the extra: pip install "spikecim[torch]"')

from spikecim.training.deep import loop  # noqa: E402
from spikecim.training.deep.activations import QuantisedClip  # noqa: E402
from spikecim.training.deep.architectures import ARCHITECTURES, mobilenet  # noqa: E402
from spikecim.training.deep.augment import batches  # noqa: E402
from spikecim.training.deep.export import exported  # noqa: E402
from spikecim.training.deep.run import quantised  # noqa: E402

TINY = Recipe(name="tiny", architecture="depth-2", dataset="digits", input_shape=(12, 12, 1), epochs=3, batch=64)
# Dropout, shifts and mirrors: everything that draws; batch norm: state besides the weights.
DROPOUT = Recipe(
    name="dropout", architecture="lenet", dataset="digits", input_shape=(28, 28, 1), epochs=3, crop=2, flip=True
)
NORMS = replace(TINY, name="norms", architecture="tiny-mobilenet", crop=1)
TWIN = replace(TINY, name="tiny-qcfs", base=TINY, levels=4, epochs=1)


def arrays(model: AnnModel) -> list[np.ndarray]:
    return [value for layer in model.layers for value in vars(layer).values() if isinstance(value, np.ndarray)]


def same(a: AnnModel, b: AnnModel) -> bool:
    pairs = zip(arrays(a), arrays(b), strict=True)
    ceilings = [[layer.ceiling for layer in m.layers if isinstance(layer, Activation)] for m in (a, b)]
    return ceilings[0] == ceilings[1] and all(np.array_equal(x, y) for x, y in pairs)


@pytest.mark.parametrize(("levels", "ceiling"), [(1, 1.0), (4, 0.5), (8, 3.0)])
def test_qcfs_has_its_closed_form_and_the_importer_s_arithmetic(levels: int, ceiling: float) -> None:
    # Thirds of a step: never on an edge of the staircase, where float32 and float64 may differ.
    x = (np.arange(-2 * levels, 3 * levels) + 1 / 3) * ceiling / levels
    closed = ceiling * np.clip(np.floor(x * levels / ceiling + 0.5) / levels, 0, 1)
    found = QuantisedClip(levels, ceiling)(torch.tensor(x, dtype=torch.float32)).detach().numpy()
    np.testing.assert_allclose(found, closed, rtol=1e-6, atol=1e-7)
    layer = Activation(kind="quantised-clip", ceiling=ceiling, levels=levels)
    np.testing.assert_allclose(activate(layer, x.astype(np.float32)), closed, rtol=1e-6, atol=1e-7)


def test_qcfs_gradients_pass_straight_through_the_floor() -> None:
    levels, ceiling = 4, 2.0
    x = torch.tensor([-1.0, 0.3, 0.9, 1.7, 2.5], requires_grad=True)
    layer = QuantisedClip(levels, ceiling)
    out = layer(x)
    slopes, by_ceiling = [], []
    for value in out:
        grad = torch.autograd.grad(value, (x, layer.ceiling), retain_graph=True)
        slopes.append(float(grad[0].sum()))
        by_ceiling.append(float(grad[1]))
    assert slopes == [0.0, 1.0, 1.0, 1.0, 0.0]
    # Inside: d/dc of c * (floor part) with the floor's input x / c passed straight, h / c - x / c; above: 1.
    inside = [(h - v) / ceiling for h, v in zip(out[1:4].tolist(), x[1:4].tolist(), strict=True)]
    np.testing.assert_allclose(by_ceiling, [0.0, *inside, 1.0], atol=1e-6)


def test_the_learning_rate_rises_to_the_peak_and_falls_to_zero() -> None:
    rates = [loop.rate(step, 20, replace(TINY, epochs=10, peak=0.3)) for step in range(200)]
    top = int(np.argmax(rates))
    assert rates[top] == pytest.approx(0.3)
    assert top == pytest.approx(loop.RISING * 200, abs=1)
    assert (np.diff(rates[: top + 1]) >= 0).all()
    assert (np.diff(rates[top + 1 :]) < 0).all()
    assert 0 < rates[-1] < 0.001


def test_a_cycle_that_is_cut_follows_the_long_one_and_then_falls_to_zero() -> None:
    cut = replace(TINY, epochs=6, horizon=10, fall=2)
    long, short = ([loop.rate(s, 20, r) for s in range(120)] for r in (replace(cut, epochs=10, fall=0), cut))
    assert short[:80] == long[:80]
    np.testing.assert_allclose(np.divide(short[80:], long[80:]), np.arange(40, 0, -1) / 40)


def test_an_epoch_shows_every_image_once_in_an_order_of_its_own() -> None:
    images = np.arange(12 * 4, dtype=np.uint8).reshape(12, 2, 2, 1)
    labels = np.arange(12)
    plain = replace(TINY, batch=4)
    first, second = ([y for _, y in batches(images, labels, plain, 0, epoch)] for epoch in (0, 1))
    assert sorted(np.concatenate(first)) == list(range(12))
    assert not np.array_equal(first, second)
    for x, y in batches(images, labels, plain, 0, 0):
        assert np.array_equal(x, images[y])


def test_images_are_shifted_with_zeros_coming_in_and_mirrored() -> None:
    images = np.zeros((64, 5, 5, 1), np.uint8)
    images[:, 2, 1:3, 0] = (7, 9)
    labels = np.zeros(64, np.int64)
    (x, _), *_ = batches(images, labels, replace(TINY, crop=2, flip=True), 3, 0)
    rows = {tuple(np.argwhere(image[..., 0] == 7)[0] - 2) for image in x if (image == 7).any()}
    assert rows >= {(-2, 0), (2, 0)}  # as far as `crop` allows, down and up
    both = [image[image > 0].tolist() for image in x]
    assert [7, 9] in both
    assert [9, 7] in both
    assert all(image.sum() <= 16 for image in x)


def test_the_same_seed_gives_the_same_weights_and_another_seed_others(tmp_path: Path) -> None:
    first, again, other = (
        ready.train_recipe(TINY, tmp_path / folder, seed) for folder, seed in (("a", 5), ("b", 5), ("c", 6))
    )
    assert same(first, again)
    assert not same(first, other)
    assert float(first.notes["held_out_accuracy"]) > 0.5  # it does learn: chance is 0.1
    assert same(first, load_model(tmp_path / "a" / "tiny.ann.npz"))


@pytest.mark.parametrize("chosen", [DROPOUT, NORMS], ids=lambda item: item.name)
def test_an_interrupted_run_ends_with_the_weights_of_a_whole_one(
    tmp_path: Path, chosen: Recipe, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(ARCHITECTURES, "tiny-mobilenet", lambda: mobilenet(1, 4, ((8, 2), (8, 1)), 6))
    whole = ready.train_recipe(chosen, tmp_path / "whole")

    def stop(stage: str, done: int, total: int) -> None:
        if done == total // chosen.epochs + 2:  # in the second epoch
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        ready.train_recipe(chosen, tmp_path / "cut", progress=stop)
    seen: list[int] = []
    resumed = ready.train_recipe(chosen, tmp_path / "cut", progress=lambda stage, done, total: seen.append(done))
    assert min(seen) > 1  # the first epoch was not repeated
    assert same(whole, resumed)


def test_the_settings_of_pytorch_are_as_before(tmp_path: Path) -> None:
    threads, state = torch.get_num_threads(), torch.random.get_rng_state()
    ready.train_recipe(replace(TINY, epochs=1), tmp_path)
    assert torch.get_num_threads() == threads
    assert not torch.are_deterministic_algorithms_enabled()
    assert torch.equal(torch.random.get_rng_state(), state)


def test_a_twin_starts_from_its_base_and_learns_its_ceilings(tmp_path: Path) -> None:
    stages: list[str] = []
    model = ready.train_recipe(TWIN, tmp_path, progress=lambda stage, done, total: stages.append(stage))
    assert list(dict.fromkeys(stages)) == ["tiny", "tiny-qcfs"]
    (layer,) = (layer for layer in model.layers if isinstance(layer, Activation))
    assert (layer.kind, layer.levels) == ("quantised-clip", 4)
    assert layer.ceiling > 0
    assert model.notes["base"] == "tiny"
    # A second run finds both checkpoints complete and only exports.
    stages.clear()
    assert same(model, ready.train_recipe(TWIN, tmp_path, progress=lambda stage, done, total: stages.append(stage)))
    assert stages == []


def test_foreign_checkpoints_are_refused_and_never_run(tmp_path: Path) -> None:
    ready.train_recipe(replace(TINY, epochs=1), tmp_path)
    with pytest.raises(ResultFileError, match="another recipe or seed"):
        ready.train_recipe(replace(TINY, epochs=1), tmp_path, 1)
    path = tmp_path / "tiny.checkpoint.pt"

    class Evil:
        def __reduce__(self) -> tuple[object, ...]:
            return (Path.touch, (tmp_path / "ran",))

    for content in (b"", b"no checkpoint", pickle.dumps(Evil(), protocol=2)):
        path.write_bytes(content)
        with pytest.raises(ResultFileError, match=r"tiny\.checkpoint\.pt: is not a checkpoint of tiny"):
            ready.train_recipe(TINY, tmp_path)
    assert not (tmp_path / "ran").exists()


@pytest.mark.parametrize("name", sorted(ARCHITECTURES))
def test_an_export_computes_what_the_module_does(name: str) -> None:
    shape = next(item.input_shape for item in RECIPES.values() if item.architecture == name)
    images = np.random.default_rng(0).random((16, *shape), np.float32)
    with loop.deterministic(1, name):
        chain = ARCHITECTURES[name]()
        chain.train()(loop.tensor(images))  # gives the batch norms something to fold
        twin = quantised(chain, loop.tensor(images), 8)
    for module in (chain, twin):
        module.eval()
        expected = module(loop.tensor(images)).detach().numpy()
        found = forward(exported(module, name, shape), images)
        # A value at the edge of a step may round to its neighbour, so not every QCFS output agrees to the last bit.
        close = np.isclose(found, expected, rtol=1e-3, atol=1e-4)
        assert close.all() if module is chain else close.mean() > 0.5


def test_unknown_names_and_a_missing_pytorch_are_told(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    with pytest.raises(ParameterError, match="did you mean 'lenet'"):
        recipe("lenett")
    for module in [name for name in sys.modules if name.startswith("spikecim.training.deep.")]:
        monkeypatch.delitem(sys.modules, module)
    monkeypatch.setitem(sys.modules, "torch", None)
    with pytest.raises(MissingExtraError, match=r'pip install "spikecim\[torch\]"'):
        ready.train_ready("depth-1", tmp_path / "none")
    assert not (tmp_path / "none").exists()
