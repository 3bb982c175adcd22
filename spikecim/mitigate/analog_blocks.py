"""Test samples in equal blocks, and the accuracy of a torch network on each."""

from __future__ import annotations

import hashlib

import numpy as np

from spikecim.analog.task import Batches, Task
from spikecim.mitigate.subject import Accuracies, check_samples
from spikecim.models.extras import needs

with needs("torch", "a mitigation study of a torch network"):
    import torch
    from torch import Tensor, nn


def blocks_of(batches: Batches, n_blocks: int, n_samples: int) -> list[Batches]:
    """All samples of `batches` in `n_blocks` parts whose sizes differ by one at most.

    Raises
    ------
    ParameterError
        If there are not `n_samples` of them.
    """
    inputs = tuple(torch.cat(parts) for parts in zip(*(given for given, _ in batches), strict=True))
    targets = torch.cat([wanted for _, wanted in batches])
    check_samples(len(targets), n_samples)
    cut = [torch.tensor_split(part, n_blocks) for part in inputs]
    parts = zip(zip(*cut, strict=True), torch.tensor_split(targets, n_blocks), strict=True)
    return [[(tuple(given), wanted)] for given, wanted in parts]


def count(batches: Batches) -> int:
    """How many samples there are."""
    return sum(len(targets) for _, targets in batches)


def accuracies(task: Task, module: nn.Module, blocks: list[Batches]) -> Accuracies:
    """Share of right answers of `module`, in evaluation mode, in each block."""
    module.eval()
    return np.array([task.accuracy(module, block) for block in blocks])


def first(batches: Batches, n: int) -> Batches:
    """The first `n` samples."""
    found: Batches = []
    for inputs, targets in batches:
        rest = n - count(found)
        if rest > 0:
            found.append((tuple(part[:rest] for part in inputs), targets[:rest]))
    return found


def small(batches: Batches, n: int) -> Batches:
    """The same samples in batches of `n` at most."""
    return [
        (tuple(given), wanted)
        for inputs, targets in batches
        for *given, wanted in zip(*(part.split(n) for part in (*inputs, targets)), strict=True)
    ]


def digest_of(module: nn.Module, blocks: list[Batches]) -> str:
    """Short hash of all weights of `module` and of all samples."""
    hashed = hashlib.sha256()

    def add(value: Tensor) -> None:
        array = np.ascontiguousarray(value.detach().cpu().numpy())
        hashed.update(f"{array.shape} {array.dtype.str}".encode())
        hashed.update(array.tobytes())

    for value in module.state_dict().values():
        add(value)
    for block in blocks:
        for inputs, targets in block:
            for value in (*inputs, targets):
                add(value)
    return hashed.hexdigest()[:16]
