"""Trainings of perceptrons and MLPs for a study: its tables to a job, the job to `train_mlp`."""

from __future__ import annotations

import hashlib
import math
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path

import numpy as np

from spikecim.errors import ParameterError
from spikecim.insitu.image_sets import N_CLASSES, N_PIXELS, SETS, TrainingImages, training_images
from spikecim.insitu.mlp.job import MlpJob
from spikecim.insitu.rules.spec import UpdateSpec
from spikecim.insitu.study.devices import device_of
from spikecim.insitu.study.reads import reads_of
from spikecim.insitu.study.runner import Heard
from spikecim.insitu.study.spec import SCORING, InsituStudy
from spikecim.insitu.study.tasks import Task, cells_of, task_of
from spikecim.insitu.study.trial import try_layer
from spikecim.results.insitu_run import TrainingRun


@dataclass(frozen=True, kw_only=True)
class MlpRunner:
    """See `runner.Runner`."""

    def check(self, study: InsituStudy) -> None:
        """Make the job of every device and rule, and a layer of one weight."""
        if study.data["name"] not in SETS:
            raise ParameterError(f"data.name: {study.data['name']!r} is unknown; allowed: {', '.join(SETS)}")
        for pair in cells_of(study):
            job_of(study, task_of(study, pair, 0, SCORING, 0))
            try_layer(pair, study.network["pairing"])

    def digest(self, study: InsituStudy) -> str:
        """Of all three parts of the images."""
        images = _images(*_choice(study))
        found = hashlib.sha256()
        for part in (images.train, images.validation, images.test):
            found.update(f"{part.codes.shape}".encode())
            found.update(np.ascontiguousarray(part.codes).data)
            found.update(np.ascontiguousarray(part.labels).data)
        return found.hexdigest()[:16]

    def train(self, study: InsituStudy, task: Task, heard: Heard, checkpoint: Path) -> TrainingRun:
        """Train; the test images count in the scoring only."""
        from spikecim.insitu.mlp import train_mlp

        run = train_mlp(
            job_of(study, task),
            tick=heard.tick,
            epoch=heard.epoch,
            checkpoint=checkpoint.with_suffix(".npz"),
            images=_images(*_choice(study)),
        )
        return run if task.phase == SCORING else replace(run, test=math.nan)


def job_of(study: InsituStudy, task: Task) -> MlpJob:
    """The training that `task` names.

    Raises
    ------
    ParameterError
        If a number of the study cannot be.
    """
    network, data, training = study.network, study.data, study.training
    device = next(device for device in study.devices if device.name == task.device)
    rule = next(rule for rule in study.rules if rule.name == task.rule)
    if network["sizes"][-1:] != [N_CLASSES]:
        raise ParameterError(f"network.sizes {network['sizes']}: the last layer has {N_CLASSES} outputs, one a class")
    pixels = N_PIXELS[data["name"]]
    if network["sizes"][0] != pixels:
        raise ParameterError(
            f"network.sizes {network['sizes']}: {data['name']} has {pixels} pixels; begin with {pixels}"
        )
    return MlpJob(
        device=device_of(device),
        update=UpdateSpec(rate=task.rate, **rule.settings),
        sizes=tuple(network["sizes"]),
        dataset=data["name"],
        binary=data["binary"],
        validation=data["validation"] or None,
        limit=data["train"] or None,
        epochs=training["epochs"],
        batch=training["batch"],
        pairing=network["pairing"],
        reads=reads_of(study),
        gains=tuple(float(gain) for gain in network["gains"]) or None,
        spread=float(network["spread"]),
        rate_drops=drops_of(study),
        seed=task.seed,
    )


def drops_of(study: InsituStudy) -> tuple[tuple[float, float], ...]:
    """When the rate falls, and to how much of the first one."""
    drops = study.training["rate_drops"]
    for drop in drops:
        if not isinstance(drop, list) or len(drop) != 2 or not all(isinstance(number, int | float) for number in drop):
            raise ParameterError(f"training.rate_drops: {drop!r} is no pair; give [share of the steps, factor]")
    return tuple((float(share), float(factor)) for share, factor in drops)


def _choice(study: InsituStudy) -> tuple[str, bool, int, int]:
    data = study.data
    return data["name"], data["binary"], data["validation"], data["train"]


@lru_cache(maxsize=1)
def _images(name: str, binary: bool, validation: int, limit: int) -> TrainingImages:
    """Read once in each process."""
    return training_images(name, binary=binary, validation=validation or None, limit=limit or None)
