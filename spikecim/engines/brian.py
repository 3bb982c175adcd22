"""The readable engine: a program run on Brian2, all samples as blocks of one network (`brian_network`).

A sample cannot stop by itself here: it runs on to the end of a stretch of time and its record is cut at the decision,
which is exact because samples do not touch each other; the next stretch holds only samples that are still open.
"""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from spikecim.coding.decision import ScoreCount, Spikes
from spikecim.engines.brian_network import BrianNetwork, assemble, build_network, count_ports, hold_ticks, input_events
from spikecim.errors import EngineError
from spikecim.layered.program import LayeredProgram
from spikecim.layered.record import LayeredRecord
from spikecim.program import Program
from spikecim.spikes import SpikeRecord, SpikeTrains, flat_ranges

__all__ = ["BrianEngine", "BrianNetwork", "build_network"]

TARGETS = ("numpy", "cython", "cpp_standalone")
STRETCHES = (0.12, 0.25, 0.45)  # where to look for decided samples, as shares of the window


@dataclass(frozen=True, kw_only=True)
class BrianEngine:
    """Runs a program in chunks of samples, each chunk one Brian2 network.

    Attributes
    ----------
    target : str
        ``"numpy"`` needs no compiler; ``"cython"`` and ``"cpp_standalone"`` compile first.
    chunk : int
        Samples side by side; 1000 need about 0.3 GB. C++ standalone takes all samples at once.
    """

    target: str = "numpy"
    chunk: int = 1000
    name: str = "brian2"

    def run(self, program: Program, trains: SpikeTrains) -> SpikeRecord:
        """See `engines.base.Engine`."""
        if self.target not in TARGETS:
            raise EngineError(f"brian2 target {self.target!r} is unknown; allowed: {', '.join(TARGETS)}")
        program.check_trains(trains)
        with _code_generation(self.target) as standalone, _frozen_heap():
            # A standalone binary is built once and cannot be loaded again: it takes all samples together.
            size = trains.n_samples if standalone else min(self.chunk, trains.n_samples)
            return _Session(program, trains, size, standalone).run()

    def run_layers(self, program: LayeredProgram, trains: SpikeTrains, *, keep: str = "decisions") -> LayeredRecord:
        """See `engines.base.Engine`; `target` must be ``"numpy"`` or ``"cython"``."""
        from spikecim.engines.layered_brian import run_layered

        if self.target not in TARGETS[:2]:
            raise EngineError(f"brian2 target {self.target!r} runs one layer only; allowed: {', '.join(TARGETS[:2])}")
        with _code_generation(self.target), _frozen_heap():
            return run_layered(program, trains, keep=keep, chunk=self.chunk)


class _Session:
    """One run: the window in stretches, each stretch over chunks of the samples that are still undecided."""

    def __init__(self, program: Program, trains: SpikeTrains, size: int, standalone: bool) -> None:
        self._program, self._trains, self._size, self._standalone = program, trains, size, standalone
        self._n_ports = count_ports(program, trains)
        self._model: BrianNetwork | None = None
        self._charge = np.zeros((trains.n_samples, program.n_out))
        # Tick of the last spike; at first so long ago that no refractory time is left.
        self._last = np.full((trains.n_samples, program.n_out), -1.0 - program.n_ticks)

    def run(self) -> SpikeRecord:
        program, trains = self._program, self._trains
        count, parts = ScoreCount(trains.n_samples, program), []
        for first, last in self._stretches():
            samples = np.flatnonzero(count.open)
            chunks = [samples[k : k + self._size] for k in range(0, len(samples), self._size)]
            spikes = _sorted([self._chunk(chunk, first, last) for chunk in chunks], program)
            count.add(spikes)
            parts.append(spikes)
        everything = _in_turn(parts)
        charge = np.rint(self._charge).astype(np.int32)
        decisions, in_time = count.close(trains, everything, charge)
        sample, tick, neuron, sign = (column[in_time] for column in everything)
        return SpikeRecord(
            offsets=np.searchsorted(sample, np.arange(trains.n_samples + 1)),
            ticks=tick.astype(np.int32),
            neurons=neuron.astype(np.int16),
            signs=sign.astype(np.int8),
            residual=np.where(decisions.reached[:, -1:], 0, charge).astype(np.int32),
            decisions=decisions,
        )

    def _stretches(self) -> list[tuple[int, int]]:
        """Cut the window so that decided samples need not be simulated to its end."""
        n = self._program.n_ticks
        if self._standalone or self._program.delta_s is None or n < 8 * len(STRETCHES):
            return [(0, n)]
        edges = [0, *(round(share * n) for share in STRETCHES), n]
        return list(pairwise(edges))

    def _chunk(self, samples: NDArray[np.int64], first: int, last: int) -> Spikes:
        """Run `samples` from tick `first` to `last` - 1 from where they stand; return their spikes, unsorted."""
        program, model = self._program, self._model
        part = _between(self._trains, samples, first, last)
        if model is None or self._standalone:
            model = self._model = assemble(program, part, self._size, self._n_ports)
            if not self._standalone:
                model.network.store()
        else:
            # Restore first: spikes set before it would silently be lost.
            model.network.restore()
            model.inputs.set_spikes(*input_events(part, self._n_ports, program), sorted=True)
        self._load(model, samples, first)
        _execute(model, (last - first) * program.tick_s, self._standalone)
        return self._unload(model, samples, first)

    def _load(self, model: BrianNetwork, samples: NDArray[np.int64], first: int) -> None:
        place = slice(0, len(samples) * self._program.n_out)
        model.neurons.q[place] = self._charge[samples].ravel()
        if hold_ticks(self._program) > 1:
            model.neurons.lastspike_[place] = (self._last[samples].ravel() - first) * self._program.tick_s
        if self._program.noisy:
            model.neurons.sample[place] = np.repeat(samples + self._trains.first_sample, self._program.n_out)
            model.synapses.first_tick = first

    def _unload(self, model: BrianNetwork, samples: NDArray[np.int64], first: int) -> Spikes:
        n_out, tick_s = self._program.n_out, self._program.tick_s
        # Copies: Brian2 hands out views that the next restore overwrites.
        row, neuron = np.divmod(np.array(model.spikes.i[:]), n_out)
        tick = np.rint(np.array(model.spikes.t_[:]) / tick_s).astype(np.int32) + np.int32(first)
        sign = np.where(np.array(model.spikes.q[:]) > 0, np.int8(1), np.int8(-1))
        used = len(samples) * n_out
        self._charge[samples] = np.array(model.neurons.q[:used]).reshape(-1, n_out)
        np.maximum.at(self._last, (samples[row], neuron), tick)
        return samples[row].astype(np.int32), tick, neuron.astype(np.int16), sign


def _sorted(parts: list[Spikes], program: Program) -> Spikes:
    """Spikes of one stretch, by sample, tick, neuron."""
    sample, tick, neuron, sign = _together(parts)
    key = (sample.astype(np.int64) * program.n_ticks + tick) * program.n_out + neuron
    order = np.argsort(key)
    return sample[order], tick[order], neuron[order], sign[order]


def _in_turn(stretches: list[Spikes]) -> Spikes:
    """Sorted stretches, one after the other in time, as one sorted whole."""
    sample, tick, neuron, sign = _together(stretches)
    order = np.argsort(sample, kind="stable")
    return sample[order], tick[order], neuron[order], sign[order]


def _together(parts: list[Spikes]) -> Spikes:
    kinds = (np.int32, np.int32, np.int16, np.int8)
    columns = [[part[k] for part in parts] for k in range(4)]
    return tuple(  # type: ignore[return-value]
        np.concatenate(column) if column else np.zeros(0, kind) for column, kind in zip(columns, kinds, strict=True)
    )


def _between(trains: SpikeTrains, samples: NDArray[np.int64], first: int, last: int) -> SpikeTrains:
    """Input spikes of `samples` within ticks first..last-1, both counted from 0 in the result."""
    counts = trains.offsets[samples + 1] - trains.offsets[samples]
    index = flat_ranges(trains.offsets[samples], counts)
    inside = (trains.ticks[index] >= first) & (trains.ticks[index] < last)
    row, index = np.repeat(np.arange(len(samples)), counts)[inside], index[inside]
    return SpikeTrains(
        n_in=trains.n_in,
        n_ticks=trains.n_ticks,
        offsets=np.searchsorted(row, np.arange(len(samples) + 1)),
        ticks=(trains.ticks[index] - first).astype(np.int32),
        lines=trains.lines[index],
        signs=trains.signs[index],
        first_sample=trains.first_sample,
    )


def _execute(model: BrianNetwork, seconds: float, standalone: bool) -> None:
    import brian2

    model.network.run(seconds * brian2.second, namespace={})
    if standalone:
        brian2.device.build(directory=None, compile=True, run=True)


@contextmanager
def _frozen_heap() -> Iterator[None]:
    """Brian2 collects garbage before every run; what is there already need not be searched each time."""
    gc.freeze()
    try:
        yield
    finally:
        gc.unfreeze()


@contextmanager
def _code_generation(target: str) -> Iterator[bool]:
    """Set Brian2's global target for the time of a run; yields True for C++ standalone."""
    import tempfile

    import brian2

    standalone = target == "cpp_standalone"
    before = brian2.prefs.codegen.target
    with tempfile.TemporaryDirectory(prefix="spikecim-brian2-") as folder:
        try:
            if standalone:
                brian2.set_device("cpp_standalone", directory=folder, build_on_run=False)
            else:
                brian2.prefs.codegen.target = target
            yield standalone
        finally:
            brian2.prefs.codegen.target = before
            if standalone:
                brian2.device.reinit()
                brian2.set_device("runtime")
