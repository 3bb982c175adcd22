"""Rows for hardware-aware training: an epoch with all five error classes on against a plain one of the same network."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import islice
from typing import TYPE_CHECKING

from benchmarks.cases import Plan, extrapolated
from benchmarks.timing import Row, Timing, measure, medians, once
from spikecim.arrays.analog.classes import ALL_ERRORS
from spikecim.arrays.analog.plan import ArrayPlan
from spikecim.arrays.crossbar.wires import Wires
from spikecim.devices.library import load_device
from spikecim.errors import DataNotFoundError, MissingExtraError
from spikecim.progress import silent

if TYPE_CHECKING:
    from spikecim.analog.task import Task

# A hardware-aware epoch may take this many plain ones.
RATIO_TARGET = 2.5
DEVICE, NETWORK = "nor-flash", "lenet"


def aware_rows(plan: Plan, say: Callable[[str], None]) -> Iterator[Row]:
    """Both rows; none if the plan has no steps, or PyTorch or the images are missing."""
    if not plan.aware_steps:
        return
    say(f"{NETWORK}: {plan.aware_steps} steps of plain and of hardware-aware training ...")
    try:
        from spikecim.analog.tasks import image_task

        yield from epoch_rows(image_task(NETWORK), plan)
    except (DataNotFoundError, MissingExtraError) as error:
        say(f"hardware-aware training skipped: {error}")


def epoch_rows(task: Task, plan: Plan) -> Iterator[Row]:
    """A plain epoch and a hardware-aware one, in turns, on one thread: batches made, forward, backward, step."""
    import torch

    from spikecim.analog.aware import Aim, prepared, train_epoch
    from spikecim.analog.fitting import engage, fitted
    from spikecim.analog.schedule import AwareSchedule
    from spikecim.training.deep.loop import deterministic

    steps = plan.aware_steps
    schedule = AwareSchedule(epochs=1, steps=steps)
    wires = Wires(row_segment=1.0, column_segment=1.0)
    hardware = ArrayPlan(device=load_device(DEVICE), wires=wires)
    aim = Aim(task=task, plan=hardware, errors=ALL_ERRORS, schedule=schedule, seed=0, chip_map=None)
    plain = task.module().train()
    optimiser = torch.optim.AdamW(plain.parameters(), lr=schedule.rate)

    def plain_epoch() -> None:
        for inputs, targets in islice(task.training(0, 0), steps):
            optimiser.zero_grad()
            task.loss(plain(*inputs), targets).backward()
            torch.nn.utils.clip_grad_norm_(plain.parameters(), schedule.clip)
            optimiser.step()

    with deterministic(0, "bench"):
        analog = prepared(aim)
        fit = fitted(analog, schedule, None)

        def aware_epoch() -> None:
            train_epoch(aim, analog, fit, (0, steps), silent)

        plain_epoch()
        aware_epoch()
        # In turns, so that a busy machine slows both alike.
        pairs = [(once(plain_epoch), once(aware_epoch)) for _ in range(plan.layered_repeats)]
        begin = measure(lambda: engage(analog, fit, 0), 1)
    whole = sum(1 for _ in task.training(0, 0))
    yield from _rows(task.name, (steps, whole), pairs, begin)


def _rows(name: str, counts: tuple[int, int], pairs: list[tuple[Timing, Timing]], begin: Timing) -> Iterator[Row]:
    """Whole epochs from `counts` (steps measured, steps of an epoch); what an epoch begins with is counted once."""
    steps, whole = counts
    plain, aware = (medians([pair[which] for pair in pairs]) for which in (0, 1))
    more = whole / steps
    full = Timing(
        seconds=begin.seconds + (aware.seconds - begin.seconds) * more,
        cpu_seconds=begin.cpu_seconds + (aware.cpu_seconds - begin.cpu_seconds) * more,
    )
    first = Row(
        name=f"training {name}: a plain epoch",
        timing=plain.times(more),
        note="PyTorch, one thread; batches made, forward, backward, step" + extrapolated(steps, whole, "steps"),
    )
    yield first
    yield Row(
        name=f"training {name}: a hardware-aware epoch",
        timing=full,
        against=first,
        by_cpu=True,
        note=f"{DEVICE}, all five error classes, wire factors anew each epoch; at most {RATIO_TARGET:g} plain epochs; "
        "validation on virtual chips is not part of it",
    )
