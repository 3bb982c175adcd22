"""Hardware-aware training: a float network goes on learning with the errors of its arrays on, fresh ones at each step.

After each epoch the network is deployed to several virtual chips and scored on the validation split; the best one is
kept. Checkpoints are whole or not there: a run that was stopped goes on and ends as if it had not been. A loss that is
not a number ends the run with one line; the checkpoint of the epoch before stays.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import islice
from pathlib import Path

from spikecim.analog.aware_state import Standing, digest, digest_of_tensors, keep, resume
from spikecim.analog.calibrate import calibrate
from spikecim.analog.convert import convert
from spikecim.analog.deploy import chip_name, deploy, design
from spikecim.analog.fitting import Fit, disengage, engage, fitted, release, stepped
from spikecim.analog.schedule import AwareSchedule
from spikecim.analog.task import Batch, Task
from spikecim.arrays.analog.plan import ArrayPlan
from spikecim.arrays.analog.stuck import StuckMap
from spikecim.errors import TrainingError
from spikecim.files import make_folder
from spikecim.models.extras import needs
from spikecim.progress import Stage, silent

with needs("torch", "hardware-aware training"):
    import torch
    from torch import Tensor, nn

    from spikecim.training.deep.loop import deterministic, device, torch_seed

ENDING = ".aware.pt"
CALIBRATION_BATCHES = 4


@dataclass(frozen=True, kw_only=True)
class Aim:
    """What is trained for.

    Attributes
    ----------
    task : Task
    plan : ArrayPlan
    errors : frozenset of str
    schedule : AwareSchedule
    seed : int
    chip_map : mapping of str to StuckMap, or None
    """

    task: Task
    plan: ArrayPlan
    errors: frozenset[str]
    schedule: AwareSchedule
    seed: int
    chip_map: Mapping[str, StuckMap] | None

    @cached_property
    def name(self) -> str:
        """What the checkpoint is of: task with its data and start weights, arrays, classes, schedule, seed and maps.

        Data are known by their numbers, the first batch of the first epoch and the validation split.
        """
        task = self.task
        numbers = [(name, getattr(task, name, None)) for name in ("n_train", "n_validation", "batch")]
        batches = [*islice(task.training(self.seed, 0), 1), *task.validation()]
        data = digest_of_tensors(x for inputs, targets in batches for x in (*inputs, targets))
        start = digest_of_tensors(task.module().state_dict().values())
        maps = sorted((name, found.chip, digest(found.cells.tobytes().hex())) for name, found in self._maps().items())
        hardware = (self.plan, sorted(self.errors), self.schedule, self.seed, maps)
        return digest(repr((task.name, numbers, data, start, hardware)))

    def maps_of(self, chip: str) -> dict[str, StuckMap] | None:
        """The given stuck cells as those of `chip`: its writes and reads are its own; None without a map."""
        if self.chip_map is None:
            return None
        return {name: replace(found, chip=chip) for name, found in self.chip_map.items()}

    def _maps(self) -> Mapping[str, StuckMap]:
        return self.chip_map or {}


def train_aware(
    task: Task,
    plan: ArrayPlan,
    errors: frozenset[str],
    schedule: AwareSchedule,
    folder: Path,
    seed: int = 0,
    progress: Stage = silent,
    *,
    chip_map: Mapping[str, StuckMap] | None = None,
) -> nn.Module:
    """Return the network on arrays that scored best on the validation split, calibrated, not deployed.

    Parameters
    ----------
    task : Task
    plan : ArrayPlan
    errors : frozenset of str
        Classes to train with.
    schedule : AwareSchedule
    folder : Path
        Made if missing; holds TASK.aware.pt after each epoch. A finished run is read from it, not repeated.
    seed : int
        The same seed gives the same network on the same machine.
    progress : Stage
        Called after each step.
    chip_map : mapping of str to StuckMap, optional
        Stuck cells of one chip by matrix (`deploy.stuck_maps_of`): trained and chosen for it alone. Without, they are
        drawn anew at each step.

    Raises
    ------
    TrainingError
        If the loss is not a finite number; the last good checkpoint stays.
    ParameterError, ConversionError, DataError
        As `convert` and `calibrate`; or a map of another network.
    ResultFileError, OutputError
        If the checkpoint is of another run or damaged; if the folder cannot be written to.
    """
    make_folder(folder)
    aim = Aim(task=task, plan=plan, errors=errors, schedule=schedule, seed=seed, chip_map=chip_map)
    path = folder / f"{task.name}{ENDING}"
    with deterministic(seed, task.name, "aware", threads=schedule.threads):
        analog = prepared(aim)
        fit = fitted(analog, schedule, chip_map)
        standing = resume(path, aim.name, analog, fit)
        if standing is None:
            standing = _judged(aim, analog, fit, Standing(epochs=0, scores=(), best={}))
            keep(path, aim.name, analog, fit, standing)
        steps = sum(1 for _ in islice(task.training(seed, 0), schedule.steps or None))
        for epoch in range(standing.epochs, schedule.epochs):
            train_epoch(aim, analog, fit, (epoch, steps), progress)
            standing = _judged(aim, analog, fit, replace(standing, epochs=epoch + 1))
            keep(path, aim.name, analog, fit, standing)
        release(analog)
        analog.load_state_dict(standing.best)
        design(analog)
    return analog.eval()


def prepared(aim: Aim) -> nn.Module:
    """The network on arrays, ranges calibrated on batches of the training split."""
    mapped = aim.chip_map is not None
    analog = convert(aim.task.module(), aim.plan, aim.errors, mapped=mapped).to(device())
    calibrate(analog, moved(islice(aim.task.training(aim.seed, 0), CALIBRATION_BATCHES)))
    return analog


def moved(batches: Iterable[Batch]) -> Iterator[Batch]:
    """`batches` where training is done."""
    where = device()
    for inputs, targets in batches:
        yield tuple(x.to(where) for x in inputs), targets.to(where)


def train_epoch(aim: Aim, analog: nn.Module, fit: Fit, place: tuple[int, int], progress: Stage) -> None:
    """One pass over the training batches; `place` is (epoch, steps of an epoch)."""
    schedule, task = aim.schedule, aim.task
    epoch, steps = place
    torch.manual_seed(torch_seed(aim.seed, task.name, "aware", epoch))
    engage(analog, fit, epoch)
    parameters = [p for group in fit.optimiser.param_groups for p in group["params"]]
    batches = moved(islice(task.training(aim.seed, epoch), schedule.steps or None))
    for step, (inputs, targets) in enumerate(batches):
        for group in fit.optimiser.param_groups:
            group["lr"] = schedule.rate_at(epoch + step / steps)
        fit.optimiser.zero_grad()
        loss = task.loss(analog(*inputs), targets)
        if not math.isfinite(float(loss.detach())):
            raise _astray(task, f"the loss is {float(loss.detach())} at step {step + 1} of epoch {epoch + 1}")
        loss.backward()
        if schedule.clip:
            nn.utils.clip_grad_norm_(parameters, schedule.clip)
        fit.optimiser.step()
        stepped(analog, fit)
        progress(f"{task.name}, hardware-aware", epoch * steps + step + 1, schedule.epochs * steps)
    if not all(bool(torch.isfinite(p).all()) for p in parameters):
        raise _astray(task, f"weights are not finite numbers at the end of epoch {epoch + 1}")


def _astray(task: Task, what: str) -> TrainingError:
    return TrainingError(
        f"task {task.name}: {what}; stopped, {task.name}{ENDING} keeps the epochs before; lower schedule.rate or the "
        "severity of the errors"
    )


def _judged(aim: Aim, analog: nn.Module, fit: Fit, standing: Standing) -> Standing:
    """Score the network on virtual chips that no report sees; keep it if it is the best so far."""
    disengage(analog)
    own = {name: value.detach().clone() for name, value in analog.named_parameters() if name in fit.average}
    _fill(analog, fit.average)
    score = validated(analog, aim)
    best = standing.best
    if not standing.scores or score > max(standing.scores):
        best = {name: value.detach().clone() for name, value in analog.state_dict().items()}
    _fill(analog, own)
    return replace(standing, scores=(*standing.scores, score), best=best)


def validated(analog: nn.Module, aim: Aim) -> float:
    """Mean accuracy on the validation split over the schedule's virtual chips; all have the stuck cells of a map."""
    batches, total = list(moved(aim.task.validation())), 0.0
    chips = torch_seed(aim.seed, aim.task.name, "validation")
    for number in range(aim.schedule.chips):
        deploy(analog, chips, number, stuck_maps=aim.maps_of(chip_name(chips, number)))
        total += aim.task.accuracy(analog, batches)
    return total / aim.schedule.chips


def _fill(analog: nn.Module, values: Mapping[str, Tensor]) -> None:
    with torch.no_grad():
        for name, value in analog.named_parameters():
            if name in values:
                value.copy_(values[name])
