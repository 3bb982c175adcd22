"""Tasks: fresh copies of shipped networks, batches of data that never overlap, scores by hand."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from spikecim.errors import ParameterError
from spikecim.models.forward import forward
from spikecim.training.deep.ready import ready_model
from spikecim.training.deep.recipes import recipe

torch = pytest.importorskip("torch", reason='needs the extra: pip install "spikecim[torch]"')

from spikecim.analog.tasks import ImageTask, image_task, translation_task  # noqa: E402
from spikecim.training.deep.translation import sentence_accuracy, word_accuracy  # noqa: E402


@pytest.fixture
def images() -> ImageTask:
    """A shipped network of 12 x 12 pixels on scikit-learn's digits, which need no download."""
    chosen = replace(recipe("depth-2"), dataset="digits")
    return ImageTask(name="depth-2", n_train=300, n_validation=40, batch=50, _recipe=chosen)


def test_every_copy_of_a_network_is_a_fresh_one(images: ImageTask) -> None:
    first, second = images.module(), images.module()
    assert not first.training
    with torch.no_grad():
        for value in first.parameters():
            value.zero_()
    (inputs, _), *_ = images.validation()
    assert not torch.equal(first(*inputs), second(*inputs))
    shown = inputs[0].permute(0, 2, 3, 1).numpy()
    np.testing.assert_allclose(second(*inputs).detach(), forward(ready_model("depth-2"), shown), rtol=1e-4, atol=1e-4)


def test_image_batches_are_of_their_split_and_size(images: ImageTask) -> None:
    epochs = [list(images.training(seed, epoch)) for seed, epoch in ((0, 0), (0, 0), (0, 1))]
    assert [len(batch[1]) for batch in epochs[0]] == [50] * 6
    for one, two in zip(*epochs[:2], strict=True):
        assert torch.equal(one[0][0], two[0][0])
    assert not torch.equal(epochs[0][0][1], epochs[2][0][1])
    rows = {
        name: {image.numpy().tobytes() for inputs, _ in batches for image in inputs[0]}
        for name, batches in {"fit": epochs[0], "held": images.validation(), "test": images.test(300)}.items()
    }
    assert [len(rows[name]) for name in ("fit", "held")] == [300, 40]
    assert not rows["fit"] & rows["held"]
    assert not rows["test"] & (rows["fit"] | rows["held"])


def test_image_accuracy_and_loss_by_hand(images: ImageTask) -> None:
    module, batches = images.module(), images.test(300)
    found = torch.cat([module(*inputs).argmax(1) for inputs, _ in batches])
    labels = torch.cat([labels for _, labels in batches])
    assert len(batches) == 2
    assert images.accuracy(module, batches) == pytest.approx(float((found == labels).float().mean()))
    scores = torch.tensor([[2.0, 0.0], [0.0, 1.0]])
    expected = np.log(1 + np.exp([-2.0, 1.0])).mean()
    assert float(images.loss(scores, torch.tensor([0, 0]))) == pytest.approx(expected)


def test_the_shipped_transformer_is_a_task() -> None:
    task = translation_task(n_train=200, n_validation=30, batch=40)
    module, batches = task.module(), task.validation()
    pairs = [torch.cat(parts) for parts in zip(*(joined(batch) for batch in batches), strict=True)]
    assert len(pairs[0]) == 30
    assert task.accuracy(module, batches) == word_accuracy(module, (pairs[0], pairs[1])) > 0.9
    assert task.sentences(module, batches) == sentence_accuracy(module, (pairs[0], pairs[1])) > 0.5
    drawn = list(task.training(0, 0))
    assert len(drawn) == 5
    (source, so_far), following = drawn[0]
    assert float(task.loss(module(source, so_far), following).detach()) < 0.5
    assert len(task.test(10)[0][1]) == 10


def joined(batch: tuple) -> tuple:
    (source, so_far), following = batch
    return source, torch.cat([so_far[:, :1], following], 1)


@pytest.mark.parametrize("name", ["lenet", "cnn-cifar10", "mobilenet-mnist"])
def test_shipped_networks_are_tasks_by_name(name: str) -> None:
    task = image_task(name)
    assert task.name == name
    shape = recipe(name).input_shape
    assert task.module()(torch.zeros(2, shape[2], *shape[:2])).shape == (2, 10)


def test_what_is_no_task_is_told() -> None:
    with pytest.raises(ParameterError, match="did you mean 'lenet'"):
        image_task("lenett")
    with pytest.raises(ParameterError, match="n_validation 0 must be at least 1"):
        image_task("lenet", n_validation=0)
    with pytest.raises(ParameterError, match="n_train 10 holds no batch of 64"):
        image_task("lenet", n_train=10)
    with pytest.raises(ParameterError, match="n_train 10 holds no batch of 64"):
        translation_task(n_train=10)
