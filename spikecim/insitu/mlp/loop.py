"""The training loop of an MLP on the chip: batches, passes, one write of the arrays each; resumed to the last bit."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from spikecim.errors import ParameterError, TrainingError
from spikecim.insitu.image_sets import Labelled, TrainingImages, training_images
from spikecim.insitu.mlp.calibrate import calibrate
from spikecim.insitu.mlp.job import MlpJob
from spikecim.insitu.mlp.network import one_hot
from spikecim.insitu.mlp.state import Training, begun, load, save, training_digest
from spikecim.insitu.mlp.tally import layer_counts
from spikecim.insitu.reads import ReadTime
from spikecim.progress import Tick
from spikecim.results.insitu_run import EpochPoint, TrainingRun
from spikecim.streams import stream

EVALUATED = 1_000  # images read at a time when nothing is learned
_TICKS = 20  # steps between two calls of `tick`


def train_mlp(
    job: MlpJob,
    *,
    tick: Tick | None = None,
    epoch: Callable[[EpochPoint], None] | None = None,
    checkpoint: Path | None = None,
    images: TrainingImages | None = None,
) -> TrainingRun:
    """Train and judge; equal jobs give equal results, however often they were stopped.

    Parameters
    ----------
    tick : callable, optional
        Called with steps done and all steps.
    epoch : callable, optional
        Called with each new point of the learning curve; after a resume with those of the checkpoint first.
    checkpoint : Path, optional
        Written after each epoch; gone on from if it is there.
    images : TrainingImages, optional
        What to train on; without it `image_sets.training_images` loads it.

    Raises
    ------
    ParameterError
        If the images have another number of pixels than the network lines.
    ResultFileError
        If the checkpoint is damaged or of another training; it stays as it is.
    TrainingError
        If the loss is not a finite number; the last checkpoint stays.
    """
    data, told = _fitting(job, images), epoch or _untold
    of = training_digest(job, data) if checkpoint is not None else ""
    training = begun(job)
    if checkpoint is not None:
        load(training, checkpoint, of)
    for point in training.curve:
        told(point)
    while training.epochs < job.epochs:
        point = _epoch(training, data, tick or _silent)
        if checkpoint is not None:
            save(training, checkpoint, of)
        told(point)
    return _result(training, data)


def _fitting(job: MlpJob, images: TrainingImages | None) -> TrainingImages:
    """`images`, or those that the job names, if they have as many pixels as the network lines."""
    data = images or training_images(job.dataset, binary=job.binary, validation=job.validation, limit=job.limit)
    if data.n_in != job.sizes[0]:
        raise ParameterError(f"sizes {job.sizes}: {data.name} has {data.n_in} pixels; begin with {data.n_in}")
    return data


def _untold(point: EpochPoint) -> None:
    """Report nothing."""


def _silent(done: int, total: int) -> None:
    """Report nothing."""


def _epoch(training: Training, data: TrainingImages, tick: Tick) -> EpochPoint:
    """One pass over the training images; appends and returns its point of the curve."""
    job, number, began = training.job, training.epochs, time.process_time()
    n = data.train.n_samples
    order = stream(job.seed, "order", number).permutation(n)
    per_epoch = -(-n // job.batch)
    loss, right = 0.0, 0
    for place in range(per_epoch):
        done = number * per_epoch + place
        if job.reads.calibrates_at(done, per_epoch):
            calibrate(training, data.train, done)
        chosen = order[place * job.batch : (place + 1) * job.batch]
        found = _step(training, data.train, chosen, (done, per_epoch * job.epochs))
        loss, right = loss + found[0], right + found[1]
        if done % _TICKS == _TICKS - 1:
            tick(done + 1, per_epoch * job.epochs)
    for layer in training.layers:
        layer.end_epoch()
    validation = accuracy(training, data.validation, "validation") if data.validation.n_samples else math.nan
    point = EpochPoint(epoch=number + 1, train=right / n, validation=validation, loss=loss / n)
    training.curve.append(point)
    training.cpu_s += time.process_time() - began
    tick((number + 1) * per_epoch, per_epoch * job.epochs)
    return point


def _step(training: Training, train: Labelled, chosen: NDArray[np.int64], where: tuple[int, int]) -> tuple[float, int]:
    """One batch: read, compare, write; returns the sum of losses and how many were right."""
    (done, total), network = where, training.network
    labels = train.labels[chosen]
    targets = one_hot(labels, training.job.sizes[-1])
    when = ReadTime(step=done, samples=np.arange(len(chosen)))
    seen = network.forward(train.codes[chosen], training.matrices(), when)
    out = seen.outputs[-1]
    loss = float(((out - targets) ** 2).sum()) / 2.0
    if not math.isfinite(loss):
        raise TrainingError(f"step {done}: the loss is not a finite number; lower the rate")
    errors = network.errors(seen, targets, when)
    factor = training.job.rate_factor(done / total)
    for layer, gradient in zip(training.layers, network.gradients(seen, errors, when), strict=True):
        layer.update(gradient, done, factor)
    return loss, int((out.argmax(1) == labels).sum())


def accuracy(training: Training, images: Labelled, name: str) -> float:
    """Share of `images` that the arrays as they are now classify right."""
    matrices, right = training.matrices(), 0
    # Reads of different sets and epochs have noise of their own: steps below 0 are never those of training.
    step = 2**40 * (1 + ("validation", "test").index(name)) + training.epochs
    for start in range(0, images.n_samples, EVALUATED):
        part = slice(start, min(start + EVALUATED, images.n_samples))
        when = ReadTime(step=step, samples=np.arange(part.start, part.stop))
        out = training.network.forward(images.codes[part], matrices, when).outputs[-1]
        right += int((out.argmax(1) == images.labels[part]).sum())
    return right / images.n_samples


def _result(training: Training, data: TrainingImages) -> TrainingRun:
    job, n = training.job, data.train.n_samples
    return TrainingRun(
        curve=tuple(training.curve),
        test=accuracy(training, data.test, "test"),
        validation=training.curve[-1].validation,
        layers=layer_counts(training, n * job.epochs),
        steps=job.epochs * -(-n // job.batch),
        samples=n * job.epochs,
        cpu_s=training.cpu_s,
        settings=job.settings(),
    )
