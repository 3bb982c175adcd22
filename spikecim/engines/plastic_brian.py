"""STDP on Brian2: one network, one run for all samples (`plastic_brian_network`), and its record."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np

from spikecim.engines.plastic_brian_network import PlasticNetwork, build_plastic_network
from spikecim.engines.plastic_program import PlasticProgram
from spikecim.engines.plastic_record import PlasticRecord
from spikecim.engines.plastic_teacher import Teacher
from spikecim.spikes import SpikeTrains

__all__ = ["PlasticNetwork", "build_plastic_network", "run_brian"]


def run_brian(plastic: PlasticProgram, trains: SpikeTrains, teacher: Teacher) -> PlasticRecord:
    """See `engines.plastic.run_plastic`."""
    with _numpy_code():
        model = build_plastic_network(plastic, trains, teacher)
        if trains.n_samples:
            model.network.run(model.duration, namespace={})
        return _unload(plastic, trains, model)


@contextmanager
def _numpy_code() -> Iterator[None]:
    """The equations call NumPy functions: set Brian2's global target for the time of a run."""
    import brian2

    before = brian2.prefs.codegen.target
    brian2.prefs.codegen.target = "numpy"
    try:
        yield
    finally:
        brian2.prefs.codegen.target = before


def _unload(plastic: PlasticProgram, trains: SpikeTrains, model: PlasticNetwork) -> PlasticRecord:
    program, n, neurons, cells = plastic.program, trains.n_samples, model.neurons, model.cells
    step = np.rint(np.array(model.spikes.t_[:]) / program.tick_s).astype(np.int64)
    order = np.lexsort((np.array(model.spikes.i[:]), step))
    sample, tick = np.divmod(step[order], program.n_ticks)
    # Where sample k + 1 begins, sample k has ended; the last one ends with the run.
    residual, sets, resets = (
        np.rint(np.vstack([np.array(getattr(model.ends, name)).T, np.array(getattr(neurons, name)[:])])[1:])
        if n
        else np.zeros((0, plastic.n_out))
        for name in ("q", "sets", "resets")
    )
    counts = [np.diff(total.sum(1), prepend=0.0).astype(np.int64) for total in (sets, resets)]
    return PlasticRecord(
        offsets=np.searchsorted(sample, np.arange(n + 1)),
        ticks=tick.astype(np.int32),
        neurons=np.array(model.spikes.i[:])[order].astype(np.int16),
        signs=np.where(np.array(model.spikes.q[:])[order] > 0, 1, -1).astype(np.int8),
        residual=residual.astype(np.int32),
        lrs=np.array(cells.lrs[:]).reshape(plastic.lrs.shape) > 0,
        writes=np.rint(np.array(cells.writes[:])).astype(np.int64).reshape(plastic.lrs.shape),
        sets=counts[0],
        resets=counts[1],
    )
