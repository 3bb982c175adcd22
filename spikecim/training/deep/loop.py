"""The training loop: stochastic gradient descent with Nesterov momentum along one learning-rate cycle, resumable.

The cycle rises in a straight line and falls along half a cosine (Smith 2018). After each epoch a checkpoint is written
whole or not at all; an interrupted run that goes on from it ends with the weights of an uninterrupted one, since every
epoch draws from streams of its own.
"""

from __future__ import annotations

import math
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from spikecim.errors import ResultFileError
from spikecim.files import replacing
from spikecim.progress import Stage
from spikecim.streams import name_key
from spikecim.training.deep.augment import Labels, batches
from spikecim.training.deep.recipes import Recipe

RISING = 0.15  # share of the steps in which the learning rate rises
MOMENTUM = 0.9


@dataclass(frozen=True, kw_only=True)
class Job:
    """What to train, from where to where.

    Attributes
    ----------
    recipe : Recipe
    seed : int
    checkpoint : Path
        Read if it is there, written after each epoch.
    progress : Stage
        Called after each step with the recipe's name, steps done and steps in all.
    """

    recipe: Recipe
    seed: int
    checkpoint: Path
    progress: Stage


@contextmanager
def deterministic(seed: int, *path: str | int, threads: int = 1) -> Iterator[None]:
    """PyTorch with one fixed seed, thread count and deterministic kernels; as it was before on leaving."""
    before = torch.get_num_threads(), torch.are_deterministic_algorithms_enabled()
    try:
        torch.set_num_threads(threads)
        torch.use_deterministic_algorithms(True, warn_only=True)
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(torch_seed(seed, *path))
            yield
    finally:
        torch.set_num_threads(before[0])
        torch.use_deterministic_algorithms(before[1])


def torch_seed(seed: int, *path: str | int) -> int:
    """A seed that PyTorch takes, for a path of names."""
    return name_key(seed, *path) % 2**63


def train(module: nn.Module, images: NDArray[np.generic], labels: Labels, job: Job) -> float:
    """Train `module` in place on `images` (n_samples, height, width, channels); return the minutes it took in all.

    uint8 pixels are divided by 255.

    Raises
    ------
    ResultFileError
        If the checkpoint is of another recipe or seed, or is not a checkpoint.
    """
    recipe = job.recipe
    module.to(device()).to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    optimiser = _optimiser(module, recipe)
    steps = len(images) // recipe.batch
    first, minutes = _resume(module, optimiser, job)
    module.train()
    for epoch in range(first, recipe.epochs):
        began = time.perf_counter()
        torch.manual_seed(torch_seed(job.seed, recipe.name, "dropout", epoch))
        for step, (x, y) in enumerate(batches(images, labels, recipe, job.seed, epoch), start=epoch * steps):
            for group in optimiser.param_groups:
                group["lr"] = rate(step, steps, recipe)
            optimiser.zero_grad()
            loss: Any = nn.functional.cross_entropy(module(tensor(x)), torch.from_numpy(y).to(device()))
            loss.backward()
            optimiser.step()
            job.progress(recipe.name, step + 1, recipe.epochs * steps)
        minutes += (time.perf_counter() - began) / 60
        _keep(module, optimiser, job, epoch + 1, minutes)
    module.eval()
    return minutes


def rate(step: int, steps: int, recipe: Recipe) -> float:
    """Learning rate of `step`, with `steps` in an epoch."""
    total = (recipe.horizon or recipe.epochs) * steps
    rising = RISING * total
    if step + 1 < rising:
        cycle = recipe.peak * (step + 1) / rising
    else:
        cycle = recipe.peak * 0.5 * (1 + math.cos(math.pi * max(0.0, step - rising) / (total - rising)))
    left = recipe.epochs * steps - step
    return cycle * min(1.0, left / (recipe.fall * steps)) if recipe.fall else cycle


def tensor(images: NDArray[np.generic]) -> Tensor:
    """Images (n_samples, height, width, channels) as PyTorch has them, channels first; uint8 to [0, 1]."""
    divisor = np.float32(255 if images.dtype == np.uint8 else 1)
    return torch.from_numpy(images.astype(np.float32) / divisor).permute(0, 3, 1, 2).to(device())


def device() -> str:
    """Where to train: a GPU if there is one."""
    return "cuda" if torch.cuda.is_available() else "cpu"


def _optimiser(module: nn.Module, recipe: Recipe) -> torch.optim.Optimizer:
    parameters = list(module.parameters())
    groups = [
        {"params": [p for p in parameters if p.ndim > 1], "weight_decay": recipe.decay},
        {"params": [p for p in parameters if p.ndim <= 1], "weight_decay": 0.0},
    ]
    return torch.optim.SGD(groups, lr=recipe.peak, momentum=MOMENTUM, nesterov=True)


def _identity(job: Job) -> str:
    return repr((sorted(asdict(job.recipe).items()), job.seed))


def _keep(module: nn.Module, optimiser: torch.optim.Optimizer, job: Job, epochs: int, minutes: float) -> None:
    state = {"of": _identity(job), "epochs": epochs, "minutes": minutes}
    with replacing(job.checkpoint) as temporary:
        torch.save({**state, "module": module.state_dict(), "optimiser": optimiser.state_dict()}, temporary)


def _resume(module: nn.Module, optimiser: torch.optim.Optimizer, job: Job) -> tuple[int, float]:
    """Load the checkpoint, if there is one; return the epochs done and the minutes they took."""
    path = job.checkpoint
    if not path.exists():
        return 0, 0.0
    try:
        state: dict[str, Any] = torch.load(path, map_location=device(), weights_only=True)
        ours = state["of"] == _identity(job)
        if ours:
            module.load_state_dict(state["module"])
            optimiser.load_state_dict(state["optimiser"])
    except Exception:
        # torch.load raises half a dozen types for a file that is not its own.
        raise ResultFileError(f"{path}: is not a checkpoint of {job.recipe.name}; delete it to start anew") from None
    if not ours:
        raise ResultFileError(f"{path}: is of another recipe or seed; delete it or choose another folder")
    return int(state["epochs"]), float(state["minutes"])
