"""Tasks for networks on analog arrays: the shipped image networks by name, and the translation of a made language."""

from __future__ import annotations

from collections.abc import Iterator
from copy import deepcopy
from dataclasses import dataclass, field, replace
from functools import cached_property

import numpy as np

from spikecim.analog.ann import ann_module
from spikecim.analog.task import Batch, Batches, Task
from spikecim.errors import ParameterError
from spikecim.models.extras import needs
from spikecim.training.deep.material import Part, material
from spikecim.training.deep.ready import ready_model
from spikecim.training.deep.recipes import TRANSFORMER, Recipe, recipe

with needs("torch", "a network on analog arrays"):
    import torch
    from torch import Tensor, nn

    from spikecim.training.deep.augment import batches as augmented
    from spikecim.training.deep.loop import tensor
    from spikecim.training.deep.translation import (
        Translator,
        batches,
        made_texts,
        sentence_accuracy,
        word_accuracy,
        word_loss,
    )
    from spikecim.training.deep.translation_files import ready_translator

REPORT_BATCH = 250


@dataclass(frozen=True, kw_only=True)
class ImageTask:
    """A shipped network on the images it was trained on; accuracy is the share of images told right.

    Attributes
    ----------
    name : str
    n_train, n_validation : int
        How many of the images trained on and held out are used, the first ones.
    batch : int
    """

    name: str
    n_train: int
    n_validation: int
    batch: int
    _recipe: Recipe = field(repr=False)

    def module(self) -> nn.Module:
        """Return the shipped float network, a fresh copy."""
        return ann_module(ready_model(self.name))

    def training(self, seed: int, epoch: int) -> Iterator[Batch]:
        """Yield batches of images, shifted and mirrored as the network's own recipe has it."""
        part = self._parts.train
        images, labels = part.images[: self.n_train], part.labels[: self.n_train]
        for x, y in augmented(images, labels, replace(self._recipe, batch=self.batch), seed, epoch):
            yield (tensor(x),), torch.from_numpy(y)

    def loss(self, outputs: Tensor, targets: Tensor) -> Tensor:
        """Mean cross entropy."""
        return nn.functional.cross_entropy(outputs, targets)

    def validation(self) -> Batches:
        """The first `n_validation` held-out training images."""
        return _image_batches(self._parts.held_out, self.n_validation)

    def test(self, n: int) -> Batches:
        """The first `n` test images."""
        return _image_batches(self._parts.test, n)

    def accuracy(self, module: nn.Module, batches: Batches) -> float:
        """Share of images whose largest output is the labelled one."""
        right = total = 0
        with torch.no_grad():
            for inputs, labels in batches:
                right += int((module(*inputs).argmax(1) == labels).sum())
                total += len(labels)
        return right / total

    @cached_property
    def _parts(self) -> _Parts:
        data = material(self._recipe)
        return _Parts(train=data.train, held_out=data.held_out, test=data.test)


@dataclass(frozen=True, kw_only=True)
class _Parts:
    train: Part
    held_out: Part
    test: Part


def image_task(name: str, *, n_train: int | None = None, n_validation: int = 2000, batch: int | None = None) -> Task:
    """The task of the shipped deep network `name`: "lenet", "cnn-cifar10", "mobilenet-mnist", "mlp" ...

    Parameters
    ----------
    n_train : int or None
        Only the first images of the training split; None for all.
    n_validation : int
        Images to choose by.
    batch : int or None
        Images of a step; None for that of the network's recipe.

    Raises
    ------
    ParameterError
        If no such network is shipped, or a number is below 1.
    """
    _at_least_one(n_train=n_train, n_validation=n_validation, batch=batch)
    ready_model(name)  # tells an unknown name
    chosen = recipe(name)
    if n_train is not None and n_train < (batch or chosen.batch):
        raise ParameterError(f"task {name}: n_train {n_train} holds no batch of {batch or chosen.batch}; give more")
    return ImageTask(
        name=name,
        n_train=n_train or np.iinfo(np.int64).max,
        n_validation=n_validation,
        batch=batch or chosen.batch,
        _recipe=chosen,
    )


@dataclass(frozen=True, kw_only=True)
class TranslationTask:
    """The shipped Transformer on the made language; accuracy is that of next words under teacher forcing.

    Attributes
    ----------
    name : str
    n_train, n_validation, batch : int
        Pairs to train on and to choose by, and those of a step.
    translator : Translator
    """

    name: str
    n_train: int
    n_validation: int
    batch: int
    translator: Translator = field(repr=False)

    def module(self) -> nn.Module:
        """Return the float network, a fresh copy."""
        return deepcopy(self.translator.module).eval()

    def training(self, seed: int, epoch: int) -> Iterator[Batch]:
        """Yield (source, words so far), next words."""
        for source, so_far, following in batches(self._pairs["train"], self.batch, seed, epoch):
            yield (source, so_far), following

    def loss(self, outputs: Tensor, targets: Tensor) -> Tensor:
        """Mean cross entropy of the next words, padding not counted."""
        return word_loss(outputs, targets)

    def validation(self) -> Batches:
        """Pairs that neither training nor the report sees."""
        return _pair_batches(self._pairs["validation"], self.n_validation)

    def test(self, n: int) -> Batches:
        """The first `n` test pairs, at most 1,000."""
        return _pair_batches(self._pairs["test"], n)

    def accuracy(self, module: nn.Module, batches: Batches) -> float:
        """Share of next words told right when the words before them are given; padding is not counted."""
        return word_accuracy(module, _joined(batches))

    def sentences(self, module: nn.Module, batches: Batches) -> float:
        """Share of sentences that greedy translation gets right as a whole."""
        return sentence_accuracy(module, _joined(batches))

    @cached_property
    def _pairs(self) -> dict[str, tuple[Tensor, Tensor]]:
        texts = made_texts(n_train=self.n_train)
        return {split: self.translator.pairs(text) for split, text in texts.items()}


def translation_task(*, n_train: int = 24_000, n_validation: int = 500, batch: int = 64) -> TranslationTask:
    """The task of the shipped Transformer.

    Raises
    ------
    ParameterError
        If a number is below 1, or there is no batch of training pairs.
    """
    _at_least_one(n_train=n_train, n_validation=n_validation, batch=batch)
    if n_train < batch:
        raise ParameterError(f"task {TRANSFORMER}: n_train {n_train} holds no batch of {batch}; give more")
    return TranslationTask(
        name=TRANSFORMER, n_train=n_train, n_validation=n_validation, batch=batch, translator=ready_translator()
    )


def _at_least_one(**numbers: int | None) -> None:
    for name, value in numbers.items():
        if value is not None and value < 1:
            raise ParameterError(f"task: {name} {value} must be at least 1")


def _image_batches(part: Part, n: int) -> Batches:
    images, labels = part.images[:n], torch.from_numpy(part.labels[:n])
    starts = range(0, len(images), REPORT_BATCH)
    return [((tensor(images[k : k + REPORT_BATCH]),), labels[k : k + REPORT_BATCH]) for k in starts]


def _pair_batches(pairs: tuple[Tensor, Tensor], n: int) -> Batches:
    source, target = (side[:n] for side in pairs)
    starts = range(0, len(source), REPORT_BATCH)
    return [
        ((source[k : k + REPORT_BATCH], target[k : k + REPORT_BATCH, :-1]), target[k : k + REPORT_BATCH, 1:])
        for k in starts
    ]


def _joined(batches: Batches) -> tuple[Tensor, Tensor]:
    """Source and whole target of batches cut by `_pair_batches`."""
    source = torch.cat([inputs[0] for inputs, _ in batches])
    target = torch.cat([torch.cat([inputs[1][:, :1], following], dim=1) for inputs, following in batches])
    return source, target
