"""One chip learns: batches of images through the event engine, votes of the delta rule, single cells written."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import NDArray

from spikecim.energy.actions import Actions, count_actions
from spikecim.engines.base import Engine
from spikecim.insitu.spirit.delta import DeltaRule, choose_cells
from spikecim.insitu.spirit.lessons import Images
from spikecim.insitu.spirit.living_chip import LivingChip
from spikecim.insitu.spirit.plan import Plan, batch_at, orders_of, written_neurons
from spikecim.program import Program
from spikecim.streams import name_key, stream

__all__ = [
    "Course",
    "Plan",
    "Watch",
    "batch_at",
    "full_scale_spikes",
    "learn",
    "orders_of",
    "summed",
    "written_neurons",
]


# Called with the number of batches shown so far, and with what gives the program of the chip as it is then.
Watch = Callable[[int, Callable[[], Program]], None]


@dataclass(frozen=True, kw_only=True)
class Course:
    """What was presented.

    Attributes
    ----------
    presented : int
        Images in all.
    actions : Actions
        Counts of every batch, each int64 (n_batches,), for the energy ledger.
    """

    presented: int
    actions: Actions


def learn(
    chip: LivingChip,
    new: Images,
    rehearsal: Images | None,
    plan: Plan,
    *,
    engine: Engine,
    seed: int,
    path: tuple[str | int, ...] = (),
    watch: Watch | None = None,
) -> Course:
    """Teach `chip`, in place; every presentation lasts its whole window, so that spikes can be counted.

    Parameters
    ----------
    rehearsal : Images, optional
        Images of what is known; needed unless ``plan.new_share`` is 1.
    seed, path
        Name the order of images, their input phases and the lots of the rule.
    watch : callable, optional
        Called after every batch.

    Raises
    ------
    ParameterError
        If rehearsal and plan do not fit, or only the new neuron is to learn and there are several.
    """
    code, spec = chip.made.chip.rate_code(), chip.made.chip
    rule = DeltaRule(rate=plan.rate, target=full_scale_spikes(chip), dead_zone=plan.dead_zone)
    written = written_neurons(plan, new, spec.geometry.n_out.value)
    key = name_key(seed, "learning", *path)
    orders = orders_of(new, rehearsal, plan, key)
    totals = []
    for step in range(plan.batches):
        values, labels = batch_at(new, rehearsal, orders, step)
        trains = code.encode(values, key, first_sample=step * plan.batch)
        program = chip.program.with_(delta_s=None)
        record = engine.run(program, trains)
        actions = count_actions(program, trains, record)
        totals.append({name: int(count) for name, count in actions.total().items()})
        inputs = _tally(trains.samples(), trains.lines, trains.signs, (plan.batch, trains.n_in))
        scores = _tally(record.samples(), record.neurons, record.signs, (plan.batch, program.n_out))
        change = rule.votes(inputs, scores, labels) * (
            rule.rate_at(step / plan.batches) / (plan.batch * float(rule.target) ** 2)
        )
        draws = stream(key, "lot", step)
        chosen, targets = choose_cells(change * written, chip.cells.target, ~chip.given_up, draws)
        chip.write(chosen, targets, step)
        if watch is not None:
            watch(step + 1, lambda: chip.program)
    return Course(presented=plan.batches * plan.batch, actions=summed(totals))


def full_scale_spikes(chip: LivingChip) -> int:
    """Spikes of a full-scale input line in one window: what stands for 1."""
    code = chip.made.chip.rate_code()
    return max(1, round(code.n_ticks / code.full_scale_ticks))


def _tally(
    samples: NDArray[np.int64], places: NDArray[np.int16], signs: NDArray[np.int8], shape: tuple[int, int]
) -> NDArray[np.int64]:
    """Positive minus negative spikes, (n_samples, n_places)."""
    counts = np.bincount(samples * shape[1] + places, signs, shape[0] * shape[1])
    return np.rint(counts).astype(np.int64).reshape(shape)


def summed(totals: list[dict[str, int]]) -> Actions:
    """Totals of batches as counts, each int64 (n_batches,)."""
    names = [field.name for field in fields(Actions)]
    return Actions(**{name: np.array([total[name] for total in totals], np.int64) for name in names})
