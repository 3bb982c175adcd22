"""A task: a trained float network, batches to train on, to choose by and to report; what `train_aware` takes."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Protocol

from spikecim.models.extras import needs

with needs("torch", "a network on analog arrays"):
    from torch import Tensor, nn

# What goes into the network, one tensor per argument of its forward, and what should come out.
Batch = tuple[tuple[Tensor, ...], Tensor]
Batches = list[Batch]


class Task(Protocol):
    """Everything that training and scoring need to know; splits never overlap."""

    @property
    def name(self) -> str:
        """One word for files and messages."""

    def module(self) -> nn.Module:
        """Return the trained float network in evaluation mode, a fresh copy each time."""

    def training(self, seed: int, epoch: int) -> Iterator[Batch]:
        """Yield the batches of one epoch; the same seed and epoch give the same batches."""

    def loss(self, outputs: Tensor, targets: Tensor) -> Tensor:
        """One number to make small."""

    def validation(self) -> Batches:
        """Batches that choices are made on: held out of training, never the test set."""

    def test(self, n: int) -> Batches:
        """The first `n` samples of the test set: only for the report."""

    def accuracy(self, module: nn.Module, batches: Batches) -> float:
        """Share of right answers of `module` in evaluation mode, 0 to 1."""
