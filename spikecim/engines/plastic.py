"""STDP by engine name: a plastic program, spike trains and a teacher in, a record out (docs/stdp.md)."""

from __future__ import annotations

from spikecim.engines.plastic_program import PlasticProgram
from spikecim.engines.plastic_record import PlasticRecord
from spikecim.engines.plastic_teacher import Teacher, no_teacher
from spikecim.errors import EngineError
from spikecim.spikes import SpikeTrains

PLASTIC_ENGINES = ("stepper", "brian2", "event")


def run_plastic(
    program: PlasticProgram, trains: SpikeTrains, teacher: Teacher | None = None, engine: str = "event"
) -> PlasticRecord:
    """Present all samples in sequence; what one sample writes, the next one reads.

    Parameters
    ----------
    program : PlasticProgram
    trains : SpikeTrains
        `first_sample` names the draws, so a run in parts (`PlasticProgram.after`) is as good as one.
    teacher : Teacher, optional
        Left out, neurons are left to themselves and all of them learn.
    engine : str
        ``"event"`` (compiled), ``"brian2"`` or ``"stepper"``; the record is the same.

    Raises
    ------
    EngineError
        If trains or teacher do not fit the program, or the engine is unknown.
    """
    teacher = no_teacher(trains.n_samples, program.n_out) if teacher is None else teacher
    program.check_run(trains, teacher)
    if engine == "stepper":
        from spikecim.engines.plastic_stepper import run_stepper

        return run_stepper(program, trains, teacher)
    if engine == "brian2":
        from spikecim.engines.plastic_brian import run_brian

        return run_brian(program, trains, teacher)
    if engine == "event":
        from spikecim.engines.plastic_event import run_event

        return run_event(program, trains, teacher)
    raise EngineError(f"engine {engine!r} is unknown; allowed: {', '.join(PLASTIC_ENGINES)}")
