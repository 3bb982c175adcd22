"""Programs as the compiled event loop wants them: padded to lanes, side by side, with the rules as numbers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from spikecim.errors import EngineError
from spikecim.program import CONTINUOUS, Program
from spikecim.spikes import Decisions, SpikeTrains

LANES = 16
NEVER = 2**31 - 1  # a margin out of reach
MOST_WORDS = 2**31 - 1  # the lanes hold 32-bit indices
# (scale * step) >> 16 fits 32 bits up to this scale, for |step| <= 131070.
_WIDE_NOISE = 2**14
# Samples per task: enough to keep 16 lanes busy, few enough for the cache, above all where noise is drawn once for
# several programs. Fixed by the work alone, so that the split never depends on the number of threads.
_FEWEST, _MOST, _MOST_ALIKE = 16, 256, 32


@dataclass(frozen=True, kw_only=True)
class Marks:
    """Firing ticks of each sample with their lane bits, and how many it has; none are kept if slack is negative."""

    ticks: NDArray[np.int32]
    lanes: NDArray[np.int32]
    counts: NDArray[np.int64]
    slack: int


NO_MARKS = Marks(ticks=np.zeros(0, np.int32), lanes=np.zeros(0, np.int32), counts=np.zeros(0, np.int64), slack=-1)


def n_groups(n_out: int) -> int:
    """Groups of 16 neurons."""
    return -(-n_out // LANES)


def table_words(program: Program) -> int:
    """Words of the program's table of charges: every line, either sign, and a row of zeros."""
    return (2 * program.n_in + 1) * n_groups(program.n_out) * LANES


def empty_decisions(*shape: int) -> Decisions:
    """Decisions to be written, of any shape."""
    return Decisions(
        durations=np.empty(shape, np.int32),
        winners=np.empty(shape, np.int16),
        inputs=np.empty(shape, np.int32),
        outputs=np.empty(shape, np.int32),
        reached=np.zeros(shape, bool),
    )


def run_programs(
    programs: Sequence[Program],
    trains: SpikeTrains,
    decisions: Decisions,
    *,
    residual: NDArray[np.int32] | None = None,
    marks: Marks = NO_MARKS,
) -> None:
    """Run programs of one shape on the same trains and write what they decide.

    Parameters
    ----------
    decisions : arrays (n_programs, n_samples, n_columns)
        With one column it is the run's own decision, else one column per margin of the (single) program.
    residual : int32 (n_samples, n_out), optional
        Zeros; takes the charge of samples that ended by time-out. For a single program, as are `marks`.

    Raises
    ------
    EngineError
        If the tables need more than 32-bit indices.
    """
    from spikecim.engines.event_kernel import run_lanes

    first = programs[0]
    if len(programs) * table_words(first) > MOST_WORDS:
        raise EngineError(
            f"a program of {first.n_in} lines and {first.n_out} neurons is too large for the event engine"
        )
    noisy = any(program.noisy for program in programs)
    alike = noisy and len(programs) > 1 and len({program.noise_seed for program in programs}) == 1
    run_lanes(
        (_table(programs), _scales(programs, noisy)),
        (_parameters(programs), _rules(programs, decisions.winners.shape[2])),
        np.array([program.noise_seed for program in programs], np.uint64),
        (first.n_in, first.n_out, first.n_ticks),
        (noisy, any(map(wide_noise, programs)), any(map(leaky, programs)), alike),
        (trains.offsets, trains.ticks, trains.lines, trains.signs, trains.first_sample),
        (marks.ticks, marks.lanes, marks.counts, marks.slack),
        (
            (decisions.durations, decisions.winners, decisions.inputs, decisions.outputs, decisions.reached),
            np.zeros((0, first.n_out), np.int32) if residual is None else residual,
        ),
        min(_MOST_ALIKE if alike else _MOST, max(_FEWEST, trains.n_samples // 32)),
    )


def wide_noise(program: Program) -> bool:
    """Whether the read noise needs the long multiplication."""
    return bool(program.read_noise.max() > _WIDE_NOISE)


def leaky(program: Program) -> bool:
    """Whether any neuron leaks."""
    return bool(program.leak.any())


def _table(programs: Sequence[Program]) -> NDArray[np.int32]:
    """Charges by program, line (positive spikes, negative spikes, none) and neuron, flat."""
    n_in, n_out = programs[0].n_in, programs[0].n_out
    table = _aligned(len(programs), 2 * n_in + 1, n_groups(n_out) * LANES)
    for rows, program in zip(table, programs, strict=True):
        rows[:-1, :n_out] = program.charge.reshape(-1, n_out)
    return table.reshape(-1)


def _scales(programs: Sequence[Program], noisy: bool) -> NDArray[np.int32]:
    """Noise scales in the same order; nothing to read without noise."""
    n_in, n_out = programs[0].n_in, programs[0].n_out
    if not noisy:
        return np.zeros(LANES, np.int32)
    scales = _aligned(len(programs), 2 * n_in + 1, n_groups(n_out) * LANES)
    for rows, program in zip(scales, programs, strict=True):
        rows[:n_in, :n_out] = rows[n_in:-1, :n_out] = program.read_noise
    return scales.reshape(-1)


def _aligned(*shape: int) -> NDArray[np.int32]:
    """Zeros from the beginning of a cache line: a vector across two lines costs twice."""
    n = int(np.prod(shape))
    words = np.zeros(n + LANES, np.int32)
    skip = -(words.ctypes.data // words.itemsize) % LANES
    return words[skip : skip + n].reshape(shape)


def _parameters(programs: Sequence[Program]) -> NDArray[np.int32]:
    """Flat (n_programs, 8, n_out), in the order of the kernel's rows UP .. LONGEST."""
    return np.array(
        [
            (
                program.threshold_up,
                -program.threshold_down,
                program.reset_up,
                program.reset_down,
                program.rail_high,
                -program.rail_low,
                program.leak,
                NEVER // np.maximum(program.leak, 1),
            )
            for program in programs
        ],
        np.int32,
    ).reshape(-1)


def _rules(programs: Sequence[Program], n_columns: int) -> NDArray[np.int32]:
    """(n_programs, 4): hold ticks, ticks without test, first margin, columns."""
    rows = []
    for program in programs:
        # The first column of several is the first margin; a single column is the last margin.
        first = program.first_margin if n_columns > 1 else program.delta_s or NEVER
        rows.append(
            (
                # The lanes are 32 bits wide; no refractory time need outlast the window.
                min(max(program.refractory_ticks, 1), program.n_ticks),
                0 if program.comparator == CONTINUOUS else program.n_ticks,
                # A single neuron has no rival to lead.
                first if program.n_out > 1 else NEVER,
                n_columns,
            )
        )
    return np.array(rows, np.int32)
