"""Fixed ADC ranges of an MLP's arrays, from training batches that are read and not learned."""

from __future__ import annotations

import numpy as np

from spikecim.insitu.image_sets import Labelled
from spikecim.insitu.mlp.network import one_hot
from spikecim.insitu.mlp.state import Training
from spikecim.insitu.reads import ReadTime
from spikecim.streams import stream

_STEP = 2**42  # no step of training or judging has this number: reads here have noise of their own


def calibrate(training: Training, train: Labelled, step: int) -> None:
    """Set the ranges of all layers and passes before `step` by what the converters would see; nothing is written."""
    job, network = training.job, training.network
    n = min(train.n_samples, job.reads.calibration_batches * job.batch)
    chosen = stream(job.seed, "calibration", step).choice(train.n_samples, n, replace=False)
    matrices = training.matrices()
    for reads in network.reads:
        reads.watch()
    for place, start in enumerate(range(0, n, job.batch)):
        part = chosen[start : start + job.batch]
        number = _STEP + step * job.reads.calibration_batches + place
        when = ReadTime(step=number, samples=np.arange(len(part)))
        seen = network.forward(train.codes[part], matrices, when)
        errors = network.errors(seen, one_hot(train.labels[part], job.sizes[-1]), when)
        network.gradients(seen, errors, when)
    for reads in network.reads:
        reads.settle()
