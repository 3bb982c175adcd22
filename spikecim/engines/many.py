"""Many programs on the same spike trains at once, decisions only: what a study of virtual chips needs."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from spikecim.engines.layout import empty_decisions, leaky, run_programs, table_words, wide_noise
from spikecim.errors import EngineError
from spikecim.program import Program
from spikecim.spikes import SpikeTrains

# Words of the tables of one call (64 MB): more programs are run in several.
_MOST_WORDS = 2**24


@dataclass(frozen=True, kw_only=True)
class Outcomes:
    """Every run's own decision: the last column of `Decisions`, for each program.

    Attributes
    ----------
    winners : int16 (n_programs, n_samples)
        Index of the chosen neuron.
    inputs, outputs : int32 (n_programs, n_samples)
        Input spikes delivered, and output spikes of either sign, until the decision.
    durations : int32 (n_programs, n_samples)
        Ticks the sample lasted.
    """

    winners: NDArray[np.int16]
    inputs: NDArray[np.int32]
    outputs: NDArray[np.int32]
    durations: NDArray[np.int32]


def run_many(programs: Sequence[Program], trains: SpikeTrains) -> Outcomes:
    """Run every program on `trains`; each decides exactly as `EventEngine` lets it decide alone.

    Programs with read noise of one seed (variants of one virtual chip) share its draws: most of their cost.

    Parameters
    ----------
    programs : sequence of Program
        Of one shape (n_in, n_out, n_ticks); they may differ in all else.

    Raises
    ------
    EngineError
        If the programs differ in shape, or the trains cannot drive them.
    """
    shape = (len(programs), trains.n_samples)
    found = Outcomes(
        winners=np.empty(shape, np.int16),
        inputs=np.empty(shape, np.int32),
        outputs=np.empty(shape, np.int32),
        durations=np.empty(shape, np.int32),
    )
    _check_shapes(programs, trains)
    for batch in _batches(programs):
        decisions = empty_decisions(len(batch), trains.n_samples, 1)
        run_programs([programs[index] for index in batch], trains, decisions)
        for name, array in vars(found).items():
            array[batch] = getattr(decisions, name)[:, :, 0]
    return found


def _check_shapes(programs: Sequence[Program], trains: SpikeTrains) -> None:
    for index, program in enumerate(programs):
        size, first = (program.n_in, program.n_out), (programs[0].n_in, programs[0].n_out)
        if size != first:
            raise EngineError(
                f"programs run together must have one shape: program {index} has {size[0]} lines and {size[1]} neurons,"
                f" the first has {first[0]} and {first[1]}"
            )
        if index == 0 or program.n_ticks != trains.n_ticks:
            program.check_trains(trains)


def _batches(programs: Sequence[Program]) -> Iterator[list[int]]:
    """Indices of the programs that run in one call: those that need the same parts of the kernel."""
    n_noisy: dict[int, int] = {}
    for program in programs:
        if program.noisy:
            n_noisy[program.noise_seed] = n_noisy.get(program.noise_seed, 0) + 1
    kinds: dict[tuple[object, ...], list[int]] = {}
    for index, program in enumerate(programs):
        # Seeds that no other program shares need not be kept apart.
        seed = program.noise_seed if program.noisy and n_noisy[program.noise_seed] > 1 else None
        kinds.setdefault((leaky(program), wide_noise(program), program.noisy, seed), []).append(index)
    for batch in kinds.values():
        size = max(1, _MOST_WORDS // table_words(programs[batch[0]]))
        yield from (batch[start : start + size] for start in range(0, len(batch), size))
