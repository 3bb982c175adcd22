"""A runner of no images: accuracies are a function of rate and seed, so that every number of a table is known."""

from __future__ import annotations

import math
import os
import signal
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from spikecim.errors import DataError, TrainingError
from spikecim.insitu.study.reading import study_from
from spikecim.insitu.study.runner import Heard
from spikecim.insitu.study.spec import SCORING, InsituStudy
from spikecim.insitu.study.tasks import Task
from spikecim.results.insitu_run import EpochPoint, LayerCounts, TrainingRun
from spikecim.streams import stream

# Rate at which each rule does best on each device, decades from 1.
BEST = {"sgd": -1.0, "momentum": -2.0}


def raw_study(**changes: Any) -> dict[str, Any]:
    """A small study as plain data."""
    plain: dict[str, Any] = {
        "schema": 1,
        "name": "fake",
        "title": "A <b>bold</b> & fake study",
        "data": {"name": "digits"},
        "network": {"sizes": [64, 10]},
        "grid": {"devices": ["0", "+-4", "+-6"], "rules": ["sgd", "momentum"]},
        "rates": {"sgd": [0.01, 0.1, 1.0], "momentum": [0.03, 0.1], "extend": 4},
        "seeds": {"tuning": 2, "confirming": 3, "scoring": 5},
    }
    return {**plain, **changes}


def fake_study(**changes: Any) -> InsituStudy:
    return study_from(raw_study(**changes), "fake.toml")


@dataclass(frozen=True, kw_only=True)
class FakeRunner:
    """Accuracy falls with the distance of the rate from the best one, and with the label of the device.

    Attributes
    ----------
    fails : tuple of (rule, rate)
        These raise an error of ours.
    faulty : bool
        Everything raises one of the program.
    kills : str
        A rule whose process kills itself.
    misses : bool
        The data are not there.
    pause : float
        Seconds that each training takes.
    """

    fails: tuple[tuple[str, float], ...] = ()
    faulty: bool = False
    kills: str = ""
    misses: bool = False
    pause: float = 0.0

    def check(self, study: InsituStudy) -> None:
        """Nothing to check."""

    def digest(self, study: InsituStudy) -> str:
        return "0123456789abcdef"

    def train(self, study: InsituStudy, task: Task, heard: Heard, checkpoint: Path) -> TrainingRun:
        if self.misses:
            raise DataError("digits: not there")
        if self.faulty:
            raise ZeroDivisionError("a fault")
        if self.kills == task.rule:
            os.kill(os.getpid(), signal.SIGKILL)
        if (task.rule, task.rate) in self.fails:
            raise TrainingError("the loss is not a finite number")
        time.sleep(self.pause)
        shares = accuracies(task)
        curve = tuple(
            EpochPoint(epoch=k, train=shares[0] * k / 3, validation=shares[0] * k / 3, loss=1.0 / k) for k in (1, 2, 3)
        )
        for point in curve:
            heard.tick(point.epoch, 3)
            heard.epoch(point)
        test = shares[1] if task.phase == SCORING else math.nan
        return TrainingRun(
            curve=curve,
            test=test,
            validation=shares[0],
            layers=(layer(task),),
            steps=30,
            samples=3000,
            cpu_s=time.time(),
        )


def accuracies(task: Task) -> tuple[float, float]:
    """Validation and test accuracy of `task`."""
    label = float(task.device.removeprefix("+-"))
    away = abs(math.log10(task.rate) - BEST[task.rule])
    draw = stream(task.seed, task.device).normal(0.0, 0.004, 2)
    best = 0.97 - (0.02 if task.rule == "sgd" else 0.005) * label
    return float(best - 0.1 * away + draw[0]), float(best - 0.1 * away + draw[1])


def layer(task: Task) -> LayerCounts:
    n = 100 if task.rule == "sgd" else 20
    return LayerCounts(
        name="layer0",
        n_in=64,
        n_out=10,
        cells=640,
        pulses_up=640 * n,
        pulses_down=320 * n,
        cells_written=640 * n,
        largest_writes=3 * n,
        mean_writes=1.5 * n,
        row_phases=30 * 64,
        velocity_bits_moved=0 if n == 100 else 30 * 640 * 64,
    )
