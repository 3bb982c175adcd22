"""The training loop of a VGG-8-class network on arrays: calibrate, three passes, pulses; resumable to the last bit.

Every draw comes from a named stream of its epoch or step, so a run that goes on from a checkpoint ends with the weights
of an uninterrupted one.
"""

from __future__ import annotations

import math
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import islice

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from spikecim.errors import TrainingError
from spikecim.insitu.array_spec import PASSES
from spikecim.insitu.deep.checkpoint import Standing, identity_of, keep, resume
from spikecim.insitu.deep.holders import Holder, holder
from spikecim.insitu.deep.images import Batches, ColourImages, colour_images
from spikecim.insitu.deep.job import DeepJob
from spikecim.insitu.deep.network import DeepNetwork
from spikecim.insitu.deep.noise import noise_pool
from spikecim.insitu.deep.tally import layer_counts
from spikecim.progress import Stage, silent
from spikecim.results.insitu_run import EpochPoint, TrainingRun
from spikecim.streams import name_key
from spikecim.training.deep.loop import deterministic, device

NORM_MOMENTUM = 0.9
SCORING_BATCH = 250


@dataclass(frozen=True, kw_only=True)
class Session:
    """Everything that one training works with.

    Attributes
    ----------
    job : DeepJob
    data : ColourImages
    network : DeepNetwork
    weights : Holder
    norms : torch.optim.Optimizer
    progress : Stage
    """

    job: DeepJob
    data: ColourImages
    network: DeepNetwork
    weights: Holder
    norms: torch.optim.Optimizer
    progress: Stage

    @cached_property
    def identity(self) -> str:
        """What its checkpoint is of."""
        return identity_of(self.job, self.data)

    @property
    def steps(self) -> int:
        """Updates in an epoch."""
        return len(self.data.train[1]) // self.job.batch


def train_deep(
    job: DeepJob, progress: Stage = silent, data: ColourImages | None = None, threads: int = 1
) -> TrainingRun:
    """Train the network of `job`, or go on from its checkpoint.

    Parameters
    ----------
    job : DeepJob
    progress : Stage
        Called after each step.
    data : ColourImages, optional
        Instead of CIFAR-10.
    threads : int
        Of PyTorch; another number may change the last bits of a result.

    Raises
    ------
    TrainingError
        If the loss is not a finite number; the last good checkpoint stays.
    ResultFileError, OutputError
        If the checkpoint is damaged or of another training; if it cannot be written.
    """
    data = colour_images(job) if data is None else data
    with deterministic(job.seed, "insitu", threads=threads), unfilled():
        session = begun(job, data, progress)
        standing = resume(session) or Standing()
        while standing.epoch < job.epochs:
            standing = _epoch(session, standing)
        session.weights.show()
        test = accuracy(session.network, data.test, "test", job.epochs) if job.test else math.nan
    return TrainingRun(
        curve=standing.curve,
        test=test,
        validation=standing.curve[-1].validation,
        layers=layer_counts(job, session.weights.counts(), samples=job.epochs * session.steps * job.batch),
        steps=job.epochs * session.steps,
        samples=job.epochs * session.steps * job.batch,
        cpu_s=standing.cpu_s,
        settings=job.settings(),
    )


@contextmanager
def unfilled() -> Iterator[None]:
    """Fresh memory is not filled with NaN, as PyTorch does in its deterministic mode: all of it is written here."""
    before = torch.utils.deterministic.fill_uninitialized_memory  # type: ignore[attr-defined]
    try:
        torch.utils.deterministic.fill_uninitialized_memory = False  # type: ignore[attr-defined]
        yield
    finally:
        torch.utils.deterministic.fill_uninitialized_memory = before  # type: ignore[attr-defined]


def begun(job: DeepJob, data: ColourImages, progress: Stage = silent) -> Session:
    """A session before its first step."""
    where = torch.device(device())
    network = DeepNetwork(job.shapes, job.reads, job.pairing)
    network.place(where, noise_pool(job.seed, where) if job.reads.read_noise > 0.0 else None)
    norms = torch.optim.SGD(network.norms.parameters(), lr=job.norm_rate, momentum=NORM_MOMENTUM)
    return Session(job=job, data=data, network=network, weights=holder(job, network), norms=norms, progress=progress)


def _epoch(session: Session, standing: Standing) -> Standing:
    """What is left of the epoch of `standing`."""
    job, steps = session.job, session.steps
    began = time.process_time()
    session.network.train()
    batches = Batches(images=session.data.train, job=job, epoch=standing.epoch)
    for step, (x, y) in islice(enumerate(batches.taken()), standing.step, None):
        standing = _step(session, standing, tensors(x, y))
        session.progress(f"vgg8 x {job.width:g}", standing.epoch * steps + step + 1, job.epochs * steps)
        if job.checkpoint_steps and (step + 1) % job.checkpoint_steps == 0 and step + 1 < steps:
            now = time.process_time()
            standing = replace(standing, cpu_s=standing.cpu_s + now - began)
            began = now
            keep(session, standing)
    session.weights.end_epoch()
    session.weights.show()
    point = EpochPoint(
        epoch=standing.epoch + 1,
        train=standing.correct / (steps * job.batch),
        validation=accuracy(session.network, session.data.validation, "validation", standing.epoch + 1),
        loss=standing.loss / steps,
    )
    standing = Standing(
        epoch=standing.epoch + 1,
        curve=(*standing.curve, point),
        cpu_s=standing.cpu_s + time.process_time() - began,
    )
    keep(session, standing)
    return standing


def _step(session: Session, standing: Standing, batch: tuple[Tensor, Tensor]) -> Standing:
    job, (x, y) = session.job, batch
    number = standing.epoch * session.steps + standing.step
    factor = job.rate_factor(number / (job.epochs * session.steps))
    if job.reads.calibrates_at(number, session.steps):
        calibrate(session, number)
    _at(session.network, number)
    session.weights.show()
    scores = session.network(x)
    loss = nn.functional.cross_entropy(scores, y)
    value = float(loss.detach())
    if not math.isfinite(value):
        raise TrainingError(
            f"network vgg8: the loss is {value} at step {standing.step + 1} of epoch {standing.epoch + 1}; stopped, "
            "the checkpoint keeps what was before; lower the rate (update.rate or norm_rate)"
        )
    session.norms.zero_grad()
    loss.backward()
    for group in session.norms.param_groups:
        group["lr"] = job.norm_rate * factor
    session.norms.step()
    session.weights.learn(number, factor)
    right = int((scores.detach().argmax(1) == y).sum())
    return replace(standing, step=standing.step + 1, loss=standing.loss + value, correct=standing.correct + right)


def calibrate(session: Session, step: int) -> None:
    """Set the ADC ranges of all passes before `step` from batches of another order; nothing learns, no norm moves."""
    network, job = session.network, session.job
    if not job.reads.converts:
        return
    converters = [layer.converters[step] for layer in network.arrays for step in PASSES]
    kept = {name: value.clone() for name, value in network.norms.state_dict().items()}
    for item in converters:
        item.watch()
    batches = Batches(images=session.data.train, job=job, epoch=step, order="calibration")
    for number, (x, y) in enumerate(islice(batches.taken(), job.reads.calibration_batches)):
        _at(network, -1 - number - step * job.reads.calibration_batches)
        session.weights.show()
        images, labels = tensors(x, y)
        nn.functional.cross_entropy(network(images), labels).backward()
    for item in converters:
        item.settle()
    network.norms.load_state_dict(kept)


def accuracy(
    network: DeepNetwork, images: tuple[NDArray[np.uint8], NDArray[np.int64]], purpose: str, epoch: int
) -> float:
    """Share of `images` that the network on its arrays gets right, norms with their running averages.

    `purpose` ("validation", "test") and `epoch` (epochs done) name the read noise, so that no two scorings share it.
    """
    network.eval()
    right = 0
    with torch.no_grad():
        for start in range(0, len(images[1]), SCORING_BATCH):
            _at(network, name_key(epoch, "scoring", purpose, start) % 2**62)
            x, y = tensors(images[0][start : start + SCORING_BATCH], images[1][start : start + SCORING_BATCH])
            right += int((network(x).argmax(1) == y).sum())
    return right / len(images[1])


def tensors(x: NDArray[np.generic], y: NDArray[np.int64]) -> tuple[Tensor, Tensor]:
    """Images in [0, 1], channels last, and labels, where training is done."""
    return torch.from_numpy(x.astype(np.float32) / np.float32(255)).to(device()), torch.from_numpy(y).to(device())


def _at(network: DeepNetwork, step: int) -> None:
    """Name the step for the read noise."""
    pool = network.arrays[0].pool
    if pool is not None:
        pool.step = step


def trained_steps(session: Session, standing: Standing) -> Iterator[Standing]:
    """Steps of one epoch, one at a time, for measurements."""
    for x, y in Batches(images=session.data.train, job=session.job, epoch=standing.epoch).taken():
        standing = _step(session, standing, tensors(x, y))
        yield standing
