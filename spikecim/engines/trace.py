"""The membranes of a few samples, tick by tick: the stepper's own arithmetic, watched while it runs."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from spikecim.engines.stepper import Stepper
from spikecim.program import Program
from spikecim.spikes import SpikeRecord, SpikeTrains


@dataclass(frozen=True, kw_only=True)
class Membranes:
    """Charge after every tick that brought a sample an input spike or an output spike, until its decision.

    Attributes
    ----------
    offsets : int64 (n_samples + 1,)
        Steps of sample s are the rows ``offsets[s]:offsets[s + 1]`` of the arrays below, in order of tick.
    ticks : int32 (n_steps,)
    charge : int32 (n_steps, n_out), electrons
        After reset packets; between two steps only leak moves it.
    """

    offsets: NDArray[np.int64]
    ticks: NDArray[np.int32]
    charge: NDArray[np.int32]


def trace(
    program: Program, trains: SpikeTrains, numbers: NDArray[np.int64] | None = None
) -> tuple[SpikeRecord, Membranes]:
    """Run `trains` and keep the membranes.

    Parameters
    ----------
    numbers : int64 (n_samples,), optional
        Sample numbers that name the read noise, where `trains` holds chosen samples of a larger set.

    Raises
    ------
    EngineError
        If the trains cannot drive the program.
    """
    samples, rows = trains.samples(), _Rows()

    def watch(tick: int, spikes: NDArray[np.int64], charge: NDArray[np.int64], sign: NDArray[np.int64]) -> None:
        active = np.union1d(samples[spikes], np.flatnonzero(sign.any(1)))
        rows.keep(active, np.full(len(active), tick), charge[active])

    record = Stepper(watch=watch, numbers=numbers).run(program, trains)
    return record, rows.sorted(trains.n_samples, program.n_out)


class _Rows:
    """Collects the state of active samples, tick after tick."""

    def __init__(self) -> None:
        self._parts: list[tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]] = []

    def keep(self, samples: NDArray[np.int64], ticks: NDArray[np.int64], charge: NDArray[np.int64]) -> None:
        if len(samples):
            self._parts.append((samples, ticks, charge))

    def sorted(self, n_samples: int, n_out: int) -> Membranes:
        nothing = (np.zeros(0, np.int64), np.zeros(0, np.int64), np.zeros((0, n_out), np.int64))
        sample, ticks, charge = (np.concatenate(column) for column in zip(nothing, *self._parts, strict=True))
        order = np.argsort(sample, kind="stable")
        return Membranes(
            offsets=np.searchsorted(sample[order], np.arange(n_samples + 1)),
            ticks=ticks[order].astype(np.int32),
            charge=charge[order].astype(np.int32),
        )
