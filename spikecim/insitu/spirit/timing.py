"""One chip learns by STDP with a third factor: where its answer is wrong, a teacher makes the right neuron fire.

Every image of a batch is shown as for inference. Where the answer is wrong it is shown again, for a whole window: the
teacher's packets make the labelled neuron fire and its spikes potentiate (reward +1), those of the neuron that won
instead are unlearned (reward -1), others are left alone (0). What a spike does to which cell is docs/stdp.md
(engines/plastic.py); negative spikes teach nothing, and a neuron that is not to be written gets no reward.
"""

from __future__ import annotations

from dataclasses import replace
from functools import partial

import numpy as np
from numpy.typing import NDArray

from spikecim.energy.actions import Actions, actions_until, count_actions
from spikecim.engines.event import EventEngine
from spikecim.engines.plastic import run_plastic
from spikecim.engines.plastic_program import HRS, LRS, PlasticProgram
from spikecim.engines.plastic_record import PlasticRecord
from spikecim.engines.plastic_rule import StdpRule, stdp_rule
from spikecim.engines.plastic_teacher import Teacher
from spikecim.insitu.spirit.learn import Watch, summed
from spikecim.insitu.spirit.lessons import Images
from spikecim.insitu.spirit.living_chip import LivingChip, verifies
from spikecim.insitu.spirit.plan import Plan, batch_at, orders_of, written_neurons
from spikecim.insitu.spirit.plastic_build import PlasticChip, plastic_chip
from spikecim.insitu.spirit.taught import Taught
from spikecim.spikes import SpikeTrains
from spikecim.streams import name_key

# Chance of a write of one cell at one output spike, at rate 1; silent lines take a part of it.
ACTIVE, SILENT_PART = 1e-3, 0.1
N_POOL = 6  # writes drawn beforehand for each cell and state; hardly a cell is written as often
Labels = NDArray[np.int64]


def learn_by_timing(
    living: LivingChip,
    new: Images,
    rehearsal: Images | None,
    plan: Plan,
    *,
    seed: int,
    path: tuple[str | int, ...] = (),
    watch: Watch | None = None,
    engine: str = "event",
) -> Taught:
    """Teach a fresh `living` chip, which stays as it was; parameters and errors as of `learn`.

    Parameters
    ----------
    engine : str
        Of the plastic runs: ``"event"``, ``"brian2"`` or ``"stepper"``; what is learned is the same.
    """
    spec = living.made.chip
    code, key = spec.rate_code(), name_key(seed, "learning", *path)
    written = written_neurons(plan, new, spec.geometry.n_out.value)
    orders = orders_of(new, rehearsal, plan, key)
    chip = plastic_chip(living.made, _rule(plan, 0.0, code.full_scale_ticks), key, n_pool=N_POOL)
    now, totals, shown = chip.program, [], 0
    for step in range(plan.batches):
        values, labels = batch_at(new, rehearsal, orders, step)
        trains = code.encode(values, key, first_sample=step * plan.batch)
        frozen = now.frozen(spec.decision.delta_s.value)
        answer = EventEngine(keep_spikes=False).run(frozen, trains)
        totals.append(count_actions(frozen, trains, answer).total())
        wrong = np.flatnonzero(answer.winners != labels)
        shown += len(values) + len(wrong)
        if len(wrong):
            # Shown again: input phases of its own.
            again = code.encode(values[wrong], key, first_sample=(plan.batches + step) * plan.batch)
            teacher = _teacher(now, labels[wrong], answer.winners[wrong], written, round(code.full_scale_ticks))
            now = replace(now, rule=_rule(plan, step / plan.batches, code.full_scale_ticks))
            record = run_plastic(now, again, teacher, engine)
            totals.append(_actions(now, again, record, teacher).total())
            now = now.after(record)
        if watch is not None:
            watch(step + 1, partial(now.frozen, spec.decision.delta_s.value))
    return _taught(chip, now, living, shown, summed([dict(total) for total in totals]))


def _rule(plan: Plan, part: float, window: float) -> StdpRule:
    """The rule when `part` of the learning is over: chances fall linearly to zero."""
    active = min(1.0, ACTIVE * plan.rate * (1.0 - part))
    return stdp_rule(window=round(window), active=(active, 0.0), silent=(active * SILENT_PART, 0.0))


def _teacher(
    now: PlasticProgram, labels: Labels, winners: NDArray[np.int16], written: NDArray[np.bool_], period: int
) -> Teacher:
    """Packets of one threshold each for the labelled neuron, as often as a full-scale line spikes."""
    places, neurons = np.arange(len(labels)), np.arange(now.n_out)
    own = labels[:, None] == neurons
    reward = own.astype(np.int8)
    reward[places, winners] = -1
    return Teacher(
        drive=np.where(own & written, now.program.threshold_up, 0).astype(np.int32),
        start=0,
        period=max(1, period),
        muted=np.zeros(own.shape, bool),
        reward=np.where(written, reward, 0).astype(np.int8),
    )


def _actions(now: PlasticProgram, trains: SpikeTrains, record: PlasticRecord, teacher: Teacher) -> Actions:
    """A packet of the teacher costs what a reset packet does; rows draw what they drew when the batch began."""
    outputs = np.diff(record.offsets)
    found = actions_until(
        now.program, trains, trains.counts(), outputs, np.full(trains.n_samples, trains.n_ticks, np.int64)
    )
    pulses = -(-(trains.n_ticks - teacher.start) // teacher.period)
    packets = found.reset_packets + pulses * (teacher.drive != 0).sum(1)
    return Actions(**{**vars(found), "reset_packets": packets.astype(np.int64)})


def _taught(chip: PlasticChip, now: PlasticProgram, living: LivingChip, shown: int, actions: Actions) -> Taught:
    start, shape = chip.program, living.cells.target.shape
    set_writes, reset_writes, set_pulses, reset_pulses = _by_cell(chip, start, now)
    pulses = int(set_pulses.sum() + reset_pulses.sum())
    spec = chip.made.chip
    return Taught(
        program=now.frozen(spec.decision.delta_s.value),
        weights=now.weights(),
        set_pulses=set_pulses.reshape(shape),
        reset_pulses=reset_pulses.reshape(shape),
        set_writes=set_writes.reshape(shape),
        reset_writes=reset_writes.reshape(shape),
        verify_reads=pulses if verifies(spec) else 0,
        given_up=0,
        presented=shown,
        actions=actions,
    )


def _by_cell(
    chip: PlasticChip, start: PlasticProgram, now: PlasticProgram
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    """SET and RESET writes and pulses of every cell; its states take turns, so the writes in between are known."""
    shape = start.lrs.shape
    writes, pulses = ({state: np.zeros(shape, np.int64) for state in (HRS, LRS)} for _ in range(2))
    for k in range(1, int((now.writes - start.writes).max(initial=0)) + 1):
        number = start.writes + k
        written, to_lrs = number <= now.writes, start.lrs ^ (k % 2 == 1)
        for state, here in ((LRS, written & to_lrs), (HRS, written & ~to_lrs)):
            spent = np.take_along_axis(chip.pulses[state], (number % start.n_pool)[..., None], -1)[..., 0]
            writes[state] += here
            pulses[state] += np.where(here, spent, 0)
    return writes[LRS], writes[HRS], pulses[LRS], pulses[HRS]
