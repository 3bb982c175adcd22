"""Where a training stands, and its checkpoint: one PyTorch file of plain data, whole or not there, of one run."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import torch

from spikecim.errors import ResultFileError
from spikecim.files import replacing
from spikecim.insitu.array_spec import PASSES
from spikecim.insitu.checkpoints import MADE_BY, tell_version
from spikecim.results.insitu_run import EpochPoint
from spikecim.training.deep.loop import device
from spikecim.version import __version__

if TYPE_CHECKING:
    from spikecim.insitu.deep.images import ColourImages
    from spikecim.insitu.deep.job import DeepJob
    from spikecim.insitu.deep.train import Session


@dataclass(frozen=True, kw_only=True)
class Standing:
    """What is behind.

    Attributes
    ----------
    epoch, step : int
        Epochs done, and steps of the one that runs.
    loss : float
        Sum over those steps.
    correct : int
        Training images of those steps that were told right.
    curve : tuple of EpochPoint
    cpu_s : float
    """

    epoch: int = 0
    step: int = 0
    loss: float = 0.0
    correct: int = 0
    curve: tuple[EpochPoint, ...] = ()
    cpu_s: float = 0.0


def identity_of(job: DeepJob, data: ColourImages) -> str:
    """Short name of a training: its settings and its data."""
    found = hashlib.sha256(json.dumps(job.settings(), sort_keys=True, default=str).encode())
    for images, labels in (data.train, data.validation):
        found.update(images.tobytes())
        found.update(labels.tobytes())
    return found.hexdigest()[:24]


def keep(session: Session, standing: Standing) -> None:
    """Write the checkpoint in place of the last one; errors as `files.replacing`."""
    if session.job.checkpoint is None:
        return
    state = {
        "of": session.identity,
        MADE_BY: __version__,
        "standing": {**asdict(standing), "curve": [asdict(point) for point in standing.curve]},
        "norms": session.network.norms.state_dict(),
        "optimiser": session.norms.state_dict(),
        "weights": session.weights.state(),
        "counts": [item.as_dict() for item in session.weights.counts()],
        "ranges": [layer.converters[step].step for layer in session.network.arrays for step in PASSES],
    }
    with replacing(session.job.checkpoint) as temporary:
        torch.save(state, temporary)


def resume(session: Session) -> Standing | None:
    """Take up the checkpoint; None if there is none.

    Raises
    ------
    ResultFileError
        If it is damaged or of another training; it is left as it is.
    """
    path = session.job.checkpoint
    if path is None or not path.exists():
        return None
    try:
        state: dict[str, Any] = torch.load(path, map_location=device(), weights_only=True)
        ours = state["of"] == session.identity
        standing = _taken_up(session, state) if ours else None
    except Exception:
        # torch.load raises half a dozen types for a file that is not its own.
        raise ResultFileError(f"{path}: is not a checkpoint of a training on the chip; delete it") from None
    if standing is not None:
        tell_version(path, state.get(MADE_BY))
        return standing
    raise ResultFileError(
        f"{path}: is of another training (network, data, device, rule, reads, schedule or seed); delete it or choose "
        "another folder"
    )


def _taken_up(session: Session, state: dict[str, Any]) -> Standing:
    session.network.norms.load_state_dict(state["norms"])
    session.norms.load_state_dict(state["optimiser"])
    session.weights.restore(state["weights"])
    for counts, kept in zip(session.weights.counts(), state["counts"], strict=True):
        for name, value in kept.items():
            setattr(counts, name, value)
    converters = [layer.converters[step] for layer in session.network.arrays for step in PASSES]
    for item, step in zip(converters, state["ranges"], strict=True):
        item.step.copy_(step)
    told = dict(state["standing"])
    told["curve"] = tuple(EpochPoint(**point) for point in told["curve"])
    return Standing(**told)
