"""What a training of an MLP changes as it goes on, built from its job, and its checkpoint."""

from __future__ import annotations

import hashlib
import math
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from spikecim.arrays.analog.quantisation import Adc
from spikecim.errors import ResultFileError
from spikecim.insitu.checkpoints import digest, keep, resume
from spikecim.insitu.image_sets import Labelled, TrainingImages
from spikecim.insitu.layer import LearningLayer, make_layer
from spikecim.insitu.mlp.job import MlpJob
from spikecim.insitu.mlp.network import Network
from spikecim.insitu.reads import LayerReads
from spikecim.results.insitu_run import EpochPoint
from spikecim.streams import name_key, stream


@dataclass(kw_only=True)
class Training:
    """A training under way.

    Attributes
    ----------
    job : MlpJob
    network : Network
    layers : list of LearningLayer
    curve : list of EpochPoint
        Of the epochs done.
    cpu_s : float
        CPU time of the epochs done, s.
    """

    job: MlpJob
    network: Network
    layers: list[LearningLayer]
    curve: list[EpochPoint] = field(default_factory=list)
    cpu_s: float = 0.0

    @property
    def epochs(self) -> int:
        """Epochs done."""
        return len(self.curve)

    def matrices(self) -> tuple[NDArray[np.float64], ...]:
        """What the arrays hold now."""
        return self.network.matrices([layer.weights() for layer in self.layers])


def begun(job: MlpJob) -> Training:
    """A training before its first step: cells drawn, initial weights written."""
    reads, layers = [], []
    for number, (n_in, n_out) in enumerate(zip(job.sizes, job.sizes[1:], strict=False)):
        name = f"layer{number}"
        start = stream(job.seed, name, "initial").uniform(-job.spread, job.spread, (n_in, n_out)).astype(np.float32)
        gain = job.layer_gains[number]
        layers.append(make_layer(start, job.device, job.pairing, job.update, gain, job.seed, name))
        reads.append(LayerReads(job.reads, job.pairing, name_key(job.seed, name, "read")))
    network = Network(reads=tuple(reads), gains=job.layer_gains)
    return Training(job=job, network=network, layers=layers)


def training_digest(job: MlpJob, images: TrainingImages) -> str:
    """Short name of a training on these very images."""
    found = hashlib.sha256()
    for part in (images.train, images.validation):
        found.update(_bytes(part))
    return digest({**job.settings(), "images": found.hexdigest()})


def _bytes(part: Labelled) -> bytes:
    return part.codes.tobytes() + part.labels.tobytes()


def save(training: Training, path: Path, of: str) -> None:
    """Write the checkpoint; `OutputError` if that fails, and the last one stays."""
    arrays: dict[str, NDArray[Any]] = {}
    for number, (layer, reads) in enumerate(zip(training.layers, training.network.reads, strict=True)):
        arrays |= {f"layer{number}.{name}": value for name, value in layer.state().items()}
        arrays |= {f"range{number}.{step}": adc.limit for step, adc in reads.ranges.items() if adc is not None}
    curve = [[point.epoch, point.train, _text(point.validation), point.loss] for point in training.curve]
    keep(path, of, {"curve": curve, "cpu_s": training.cpu_s}, arrays)


def load(training: Training, path: Path, of: str) -> bool:
    """Bring `training`, just begun, to where the checkpoint stands; False if there is none.

    Raises
    ------
    ResultFileError
        If it is damaged or of another training.
    """
    found = resume(path, of)
    if found is None:
        return False
    notes, arrays = found
    try:
        for number, (layer, reads) in enumerate(zip(training.layers, training.network.reads, strict=True)):
            head = f"layer{number}."
            layer.restore({name.removeprefix(head): value for name, value in arrays.items() if name.startswith(head)})
            for step in reads.ranges:
                bits, limit = reads.spec.adc_bits(step), arrays.get(f"range{number}.{step}")
                if bits is not None and limit is not None:
                    reads.ranges[step] = Adc(limit=limit, bits=bits)
        training.curve = [
            EpochPoint(epoch=int(epoch), train=float(train), validation=float(validation), loss=float(loss))
            for epoch, train, validation, loss in notes["curve"]
        ]
        training.cpu_s = float(notes["cpu_s"])
    except (KeyError, TypeError, ValueError) as error:
        raise ResultFileError(f"{path}: does not fit this training ({error}); delete it") from None
    return True


def _text(value: float) -> float | str:
    """NaN is no JSON number."""
    return value if math.isfinite(value) else "nan"
