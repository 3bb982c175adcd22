"""The oracle of STDP: docs/stdp.md written down sample by sample and tick by tick, obvious rather than fast."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from spikecim.engines.plastic_program import EXCITATORY, HRS, LRS, PlasticProgram
from spikecim.engines.plastic_record import PlasticRecord
from spikecim.engines.plastic_rule import ACTIVE, LATE, RESET, SET, SILENT, switch_draw
from spikecim.engines.plastic_teacher import Teacher
from spikecim.program import CONTINUOUS
from spikecim.spikes import SpikeTrains
from spikecim.streams import event_key, gaussian_steps

NEVER = -(2**40)
Word = tuple[int, int]  # line, sign


@dataclass(kw_only=True)
class _Cells:
    """Cells that learning writes: states, writes and the counts of this sample."""

    plastic: PlasticProgram
    lrs: NDArray[np.bool_]
    writes: NDArray[np.int64]
    sets: int = 0
    resets: int = 0

    def charge(self, line: int, neuron: int, sign: int) -> int:
        """Electrons that one input spike adds through all cells of a synapse."""
        pool = self.plastic.pool[0 if sign > 0 else 1]
        total = 0
        for side, k in np.ndindex(2, self.plastic.n_cells):
            cell = line, neuron, side, k
            state = LRS if self.lrs[cell] else HRS
            total += int(pool[state][cell][self.writes[cell] % self.plastic.n_pool])
        return total

    def attempt(
        self, reason: int, when: tuple[int, int], synapse: tuple[int, int], signs: tuple[int, int, int]
    ) -> None:
        """Try to move the weight of a synapse; `when` = (sample, tick), `signs` = (input, output, reward)."""
        chance = self.plastic.rule.chance[reason, 0 if signs[1] > 0 else 1]
        up = signs[0] * signs[1] * signs[2] * (1 if reason == ACTIVE else -1) > 0
        n_cells = self.plastic.n_cells
        for side, k in np.ndindex(2, n_cells):
            cell = *synapse, side, k
            wanted = up == (side == EXCITATORY)
            if self.lrs[cell] == wanted:
                continue
            number = side * n_cells + k + (2 * n_cells if reason == LATE else 0)
            drawn = int(switch_draw(self.plastic.seed, *when, *synapse, number))
            if drawn < chance[SET if wanted else RESET]:
                self.lrs[cell] = wanted
                self.writes[cell] += 1
                self.sets += wanted
                self.resets += not wanted


@dataclass(kw_only=True)
class _Memory:
    """What the rule remembers within one sample: last input spike of every line, last output spike of every neuron."""

    line_tick: NDArray[np.int64]
    line_sign: NDArray[np.int64]
    neuron_tick: NDArray[np.int64]
    neuron_sign: NDArray[np.int64]
    spikes: list[tuple[int, int, int]] = field(default_factory=list)


def run_stepper(plastic: PlasticProgram, trains: SpikeTrains, teacher: Teacher) -> PlasticRecord:
    """See `engines.plastic.run_plastic`."""
    cells = _Cells(plastic=plastic, lrs=plastic.lrs.copy(), writes=plastic.writes.copy())
    counts, spikes, charges = [], [], []
    for s in range(trains.n_samples):
        cells.sets = cells.resets = 0
        memory, charge = _sample(plastic, trains, teacher.window(s, s + 1), s, cells)
        spikes.append(memory.spikes)
        charges.append(charge)
        counts.append((cells.sets, cells.resets))
    flat = np.array([spike for sample in spikes for spike in sample], np.int64).reshape(-1, 3)
    sets, resets = np.array(counts, np.int64).reshape(-1, 2).T.copy()
    return PlasticRecord(
        offsets=np.cumsum([0, *map(len, spikes)]).astype(np.int64),
        ticks=flat[:, 0].astype(np.int32),
        neurons=flat[:, 1].astype(np.int16),
        signs=flat[:, 2].astype(np.int8),
        residual=np.array(charges, np.int32).reshape(-1, plastic.n_out),
        lrs=cells.lrs,
        writes=cells.writes,
        sets=sets,
        resets=resets,
    )


def _sample(
    plastic: PlasticProgram, trains: SpikeTrains, teacher: Teacher, s: int, cells: _Cells
) -> tuple[_Memory, NDArray[np.int64]]:
    program, n_in, n_out = plastic.program, plastic.n_in, plastic.n_out
    charge, ready = np.zeros(n_out, np.int64), np.zeros(n_out, np.int64)
    memory = _Memory(
        line_tick=np.full(n_in, NEVER),
        line_sign=np.ones(n_in, np.int64),
        neuron_tick=np.full(n_out, NEVER),
        neuron_sign=np.zeros(n_out, np.int64),
    )
    words: list[list[Word]] = [[] for _ in range(program.n_ticks)]
    for at in range(int(trains.offsets[s]), int(trains.offsets[s + 1])):
        words[trains.ticks[at]].append((int(trains.lines[at]), int(trains.signs[at])))
    for tick in range(program.n_ticks):
        when = trains.first_sample + s, tick
        charge -= np.clip(charge, -program.leak, program.leak)
        charge += _arriving(plastic, cells, words[tick], when)
        if tick >= teacher.start and (tick - teacher.start) % teacher.period == 0:
            charge += teacher.drive[0]
        charge = np.clip(charge, -program.rail_low, program.rail_high)
        tested = program.comparator == CONTINUOUS or bool(words[tick])
        may = tested & ~teacher.muted[0] & (ready <= tick)
        up = may & (charge >= program.threshold_up)
        down = may & ~up & (charge <= -program.threshold_down)
        charge += program.reset_down * down - program.reset_up * up
        ready[up | down] = tick + max(program.refractory_ticks, 1)
        _learn(plastic, cells, memory, (words[tick], up.astype(np.int64) - down, teacher.reward[0]), when)
    return memory, charge


def _arriving(plastic: PlasticProgram, cells: _Cells, words: list[Word], when: tuple[int, int]) -> NDArray[np.int64]:
    program, total = plastic.program, np.zeros(plastic.n_out, np.int64)
    for line, sign in words:
        total += [cells.charge(line, neuron, sign) for neuron in range(plastic.n_out)]
        if program.noisy:
            key = event_key(program.noise_seed, *when, line)
            total += (program.read_noise[line] * gaussian_steps(key, np.arange(plastic.n_out))) >> 16
    return total


def _learn(
    plastic: PlasticProgram,
    cells: _Cells,
    memory: _Memory,
    happened: tuple[list[Word], NDArray[np.int64], NDArray[np.int8]],
    when: tuple[int, int],
) -> None:
    """Plasticity of one tick: late input spikes against earlier output spikes, then the output spikes of this tick."""
    words, fired, reward = happened
    rule, tick = plastic.rule, when[1]
    for line, sign in words:
        memory.line_tick[line], memory.line_sign[line] = tick, sign
        for neuron in range(plastic.n_out):
            post = int(memory.neuron_sign[neuron]), int(reward[neuron])
            if post[1] and tick - memory.neuron_tick[neuron] <= rule.late_window:
                cells.attempt(LATE, when, (line, neuron), (sign, *post))
    for neuron in np.flatnonzero(fired):
        memory.neuron_tick[neuron], memory.neuron_sign[neuron] = tick, fired[neuron]
        memory.spikes.append((tick, int(neuron), int(fired[neuron])))
        post = int(fired[neuron]), int(reward[neuron])
        if not post[1]:
            continue
        for line in range(plastic.n_in):
            active = tick - memory.line_tick[line] <= rule.window
            pre = int(memory.line_sign[line]) if active else 1
            cells.attempt(ACTIVE if active else SILENT, when, (line, int(neuron)), (pre, *post))
