"""Running a saved run again, on any engine, and comparing every spike with the saved ones."""

from __future__ import annotations

import time
from dataclasses import dataclass

from spikecim.energy.actions import count_actions
from spikecim.engines import get_engine
from spikecim.results.compare import compared_spikes, first_difference
from spikecim.results.run import RunResult
from spikecim.spikes import SpikeRecord


@dataclass(frozen=True, kw_only=True)
class Replay:
    """What a second run of the same program and input spikes gave.

    Attributes
    ----------
    engine : str
    identical : bool
        Every output spike, decision, residual charge and action count is equal.
    difference : str or None
        Where they first differ, in one sentence.
    spikes_compared : int
        Output spikes of either run.
    spikes_differing : int
        Those that only one of the two runs has.
    seconds : float
        Wall time of the engine, compilation included.
    """

    engine: str
    identical: bool
    difference: str | None
    spikes_compared: int
    spikes_differing: int
    seconds: float


def replay(run: RunResult, engine: str, saved: str = "the saved run") -> Replay:
    """Run program and trains of `run` on `engine` and compare.

    Parameters
    ----------
    engine : str
        A name in `engines.ENGINES`.
    saved : str, optional
        What a found difference calls `run`.

    Raises
    ------
    EngineError
        If the engine is unknown or cannot run the program.
    """
    chosen = get_engine(engine)
    start = time.perf_counter()
    record = chosen.run(run.program, run.trains)
    seconds = time.perf_counter() - start
    difference = _difference(run, record, (saved, f"the replay on {engine}"))
    compared, differing = compared_spikes(run.record, record)
    return Replay(
        engine=engine,
        identical=difference is None,
        difference=difference,
        spikes_compared=compared,
        spikes_differing=differing,
        seconds=seconds,
    )


def _difference(run: RunResult, record: SpikeRecord, names: tuple[str, str]) -> str | None:
    found = first_difference(run.record, record, names)
    if run.record.n_samples != record.n_samples:
        return found
    counts = run.actions().differs_from(count_actions(run.program, run.trains, record))
    if not counts:
        return found
    return f"{found}; action counts that differ: {', '.join(counts)}"
