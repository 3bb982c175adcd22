"""Where a hardware-aware training stands, and its checkpoint: one file, whole or not there, of one run alone."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from spikecim.analog.fitting import Fit
from spikecim.errors import ResultFileError
from spikecim.files import replacing
from spikecim.models.extras import needs

with needs("torch", "hardware-aware training"):
    import torch
    from torch import Tensor, nn


@dataclass(frozen=True, kw_only=True)
class Standing:
    """What is behind.

    Attributes
    ----------
    epochs : int
        Done.
    scores : tuple of float
        Mean accuracy over the validation chips: at the start, then after each epoch.
    best : dict of Tensor
        State of the network that scored highest.
    """

    epochs: int
    scores: tuple[float, ...]
    best: dict[str, Tensor]


def digest(text: str) -> str:
    """Short name of a run for its checkpoint."""
    return hashlib.sha256(text.encode()).hexdigest()[:24]


def digest_of_tensors(values: Iterable[Tensor]) -> str:
    """Short name of what tensors hold, with their shapes and types."""
    found = hashlib.sha256()
    for value in values:
        flat = value.detach().cpu().contiguous().reshape(-1)
        found.update(f"{tuple(value.shape)} {value.dtype} ".encode())
        found.update(flat.view(torch.uint8).numpy().tobytes())
    return found.hexdigest()[:24]


def keep(path: Path, run: str, analog: nn.Module, fit: Fit, standing: Standing) -> None:
    """Write the checkpoint; errors as `files.replacing`."""
    state = {
        "of": run,
        "epochs": standing.epochs,
        "scores": list(standing.scores),
        "best": standing.best,
        "module": analog.state_dict(),
        "optimiser": fit.optimiser.state_dict(),
        "average": fit.average,
    }
    with replacing(path) as temporary:
        torch.save(state, temporary)


def resume(path: Path, run: str, analog: nn.Module, fit: Fit) -> Standing | None:
    """Load the checkpoint into network and optimiser; None if there is none.

    Raises
    ------
    ResultFileError
        If it is damaged or of another run.
    """
    if not path.exists():
        return None
    try:
        state: dict[str, Any] = torch.load(path, weights_only=True)
        ours = state["of"] == run
        if ours:
            analog.load_state_dict(state["module"])
            fit.optimiser.load_state_dict(state["optimiser"])
            for name, value in fit.average.items():
                value.copy_(state["average"][name])
            return Standing(epochs=int(state["epochs"]), scores=tuple(state["scores"]), best=state["best"])
    except Exception:
        # torch.load raises half a dozen types for a file that is not its own.
        raise ResultFileError(f"{path}: is not a checkpoint of a hardware-aware training; delete it") from None
    raise ResultFileError(
        f"{path}: is of another training (task, its data or start weights, plan, classes, schedule, seed or stuck "
        "map); delete it or choose another folder"
    )
