"""Who trains: one runner for each kind of network, chosen by name; processes of their own import it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from spikecim.errors import ParameterError
from spikecim.insitu.study.spec import KINDS, InsituStudy
from spikecim.insitu.study.tasks import Task
from spikecim.results.insitu_run import EpochPoint, TrainingRun


@dataclass(frozen=True, kw_only=True)
class Heard:
    """What a training calls as it goes on.

    Attributes
    ----------
    tick : callable
        With steps done, and of how many.
    epoch : callable
        With each finished point of the learning curve.
    """

    tick: Callable[[int, int], None]
    epoch: Callable[[EpochPoint], None]


class Runner(Protocol):
    """Trains one network; an object without state that another process can be told by name."""

    def check(self, study: InsituStudy) -> None:
        """Raise SpikecimError if a table of the study cannot be, naming it; reads no images."""

    def digest(self, study: InsituStudy) -> str:
        """Short hash of images and labels, or of what names them for certain."""

    def train(self, study: InsituStudy, task: Task, heard: Heard, checkpoint: Path) -> TrainingRun:
        """Train; go on from `checkpoint` if it is there and is of this task. The same task gives the same result."""


def runner_of(study: InsituStudy) -> Runner:
    """The runner of `study`.

    Raises
    ------
    MissingExtraError
        If it needs torch and the extra is not installed.
    """
    if study.kind == "mlp":
        from spikecim.insitu.study.mlp_runner import MlpRunner

        return MlpRunner()
    if study.kind == "deep":
        from spikecim.insitu.study.deep_runner import DeepRunner

        return DeepRunner()
    raise ParameterError(f"network.kind: {study.kind!r} is unknown; allowed: {', '.join(KINDS)}")
