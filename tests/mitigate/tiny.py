"""A task of torch that trains in a moment: three clouds of points in six dimensions."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from functools import cache

import numpy as np
import torch
from torch import Tensor, nn

from spikecim.analog.task import Batch, Batches
from spikecim.streams import stream

N_IN, N_CLASSES = 6, 3


def points(split: str, n: int) -> tuple[Tensor, Tensor]:
    """`n` points around three centres, and which centre it is."""
    rng = stream(0, "tiny", split)
    labels = rng.integers(0, N_CLASSES, n)
    centres = stream(0, "tiny").normal(0.0, 1.0, (N_CLASSES, N_IN))
    values = centres[labels] + 0.8 * rng.standard_normal((n, N_IN))
    return torch.from_numpy(values.astype(np.float32)), torch.from_numpy(labels)


@cache
def trained() -> nn.Sequential:
    """The network, trained once."""
    with torch.random.fork_rng():
        torch.manual_seed(0)
        module = nn.Sequential(nn.Linear(N_IN, 16), nn.ReLU(), nn.Linear(16, N_CLASSES))
        values, labels = points("train", 400)
        optimiser = torch.optim.Adam(module.parameters(), lr=0.03)
        for _ in range(60):
            optimiser.zero_grad()
            nn.functional.cross_entropy(module(values), labels).backward()
            optimiser.step()
    return module.eval()


class TinyTask:
    """See the module; `loss_factor` spoils the training."""

    name = "tiny"

    def __init__(self, loss_factor: float = 1.0) -> None:
        self.loss_factor = loss_factor

    def module(self) -> nn.Module:
        return copy.deepcopy(trained())

    def training(self, seed: int, epoch: int) -> Iterator[Batch]:
        values, labels = points("train", 400)
        for start in range(0, 400, 100):
            yield (values[start : start + 100],), labels[start : start + 100]

    def loss(self, outputs: Tensor, targets: Tensor) -> Tensor:
        return nn.functional.cross_entropy(outputs, targets) * self.loss_factor

    def validation(self) -> Batches:
        values, labels = points("validation", 100)
        return [((values,), labels)]

    def test(self, n: int) -> Batches:
        values, labels = points("test", n)
        return [((values,), labels)]

    def accuracy(self, module: nn.Module, batches: Batches) -> float:
        with torch.no_grad():
            right = [module(*inputs).argmax(1) == labels for inputs, labels in batches]
        return float(torch.cat(right).float().mean())
