"""Trainings of VGG-8-class networks for a study: its tables to a job, the job to `train_deep`; needs torch."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

import numpy as np

from spikecim.errors import MissingExtraError, ParameterError
from spikecim.insitu.deep.job import DeepJob
from spikecim.insitu.rules.spec import UpdateSpec
from spikecim.insitu.study.devices import device_of
from spikecim.insitu.study.reads import reads_of
from spikecim.insitu.study.runner import Heard
from spikecim.insitu.study.spec import SCORING, InsituStudy
from spikecim.insitu.study.tasks import Task, cells_of, task_of
from spikecim.insitu.study.trial import try_layer
from spikecim.results.insitu_run import TrainingRun

NO_TORCH = 'networks of kind "deep" need PyTorch, which is not installed: pip install "spikecim[torch]"'


@dataclass(frozen=True, kw_only=True)
class DeepRunner:
    """See `runner.Runner`."""

    def check(self, study: InsituStudy) -> None:
        """Make the job of every device and rule, and a layer of one weight."""
        if find_spec("torch") is None:
            raise MissingExtraError(NO_TORCH)
        if study.data["name"] != "cifar10":
            raise ParameterError(f"data.name: {study.data['name']!r} is unknown; a deep network takes cifar10")
        if study.network["name"] != "vgg8":
            raise ParameterError(f"network.name: {study.network['name']!r} is unknown; allowed: vgg8")
        for pair in cells_of(study):
            job_of(study, task_of(study, pair, 0, SCORING, 0), None)
            try_layer(pair, study.network["pairing"])

    def digest(self, study: InsituStudy) -> str:
        """Of the labels, and of every hundredth image: the files themselves have checksums."""
        from spikecim.datasets import load

        found = hashlib.sha256()
        for split in ("train", "test"):
            part = load("cifar10", split)
            found.update(np.ascontiguousarray(part.labels).data)
            found.update(np.ascontiguousarray(part.images[::100]).data)
        return found.hexdigest()[:16]

    def train(self, study: InsituStudy, task: Task, heard: Heard, checkpoint: Path) -> TrainingRun:
        """Train on one thread, so that no number of processes changes the last bits; the curve is told at the end."""
        from spikecim.insitu.deep.train import train_deep

        def progress(_: str, done: int, total: int) -> None:
            heard.tick(done, total)

        run = train_deep(job_of(study, task, checkpoint.with_suffix(".pt")), progress)
        for point in run.curve:
            heard.epoch(point)
        return run


def job_of(study: InsituStudy, task: Task, checkpoint: Path | None) -> DeepJob:
    """The training that `task` names; the test images are looked at in the scoring only.

    Raises
    ------
    ParameterError
        If a number of the study cannot be.
    """
    network, data, training = study.network, study.data, study.training
    device = next(device for device in study.devices if device.name == task.device)
    rule = next(rule for rule in study.rules if rule.name == task.rule)
    return DeepJob(
        update=UpdateSpec(rate=task.rate, **rule.settings),
        device=device_of(device),
        reads=reads_of(study),
        width=float(network["width"]),
        pairing=network["pairing"],
        spread=float(network["spread"]),
        validation=data["validation"],
        limit=data["train"] or None,
        crop=data["crop"],
        flip=data["flip"],
        epochs=training["epochs"],
        batch=training["batch"],
        norm_rate=float(training["norm_rate"]),
        rising=float(training["rising"]),
        seed=task.seed,
        checkpoint=checkpoint,
        test=task.phase == SCORING,
    )
