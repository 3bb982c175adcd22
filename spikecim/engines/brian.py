"""The readable engine: SPIRIT's neuron and synapses as Brian2 equations, all samples as blocks of one network.

Two settings make Brian2 obey design section 3: synapses act before thresholds are tested (its default is after), and
input spikes are emitted at the start of a step. Charges are whole electrons held in doubles, exact below 2**53.
A sample cannot stop by itself here: it runs on to the end of a stretch of time and its record is cut at the decision,
which is exact because samples do not touch each other; the next stretch holds only samples that are still open.
"""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from spikecim.coding.decision import ScoreCount, Spikes
from spikecim.errors import EngineError
from spikecim.program import CONTINUOUS, Program
from spikecim.spikes import SpikeRecord, SpikeTrains
from spikecim.streams import GOLDEN, MIX_1, MIX_2, NOISE_CENTRE, event_key, gaussian_steps

TARGETS = ("numpy", "cython", "cpp_standalone")
STRETCHES = (0.12, 0.25, 0.45)  # where to look for decided samples, as shares of the window
SCHEDULE = ["start", "groups", "synapses", "thresholds", "resets", "end"]

NEURON = """
q : 1                       # membrane charge, electrons
upper : 1 (constant)        # thresholds, reset packets, rails and leak, electrons, all positive
lower : 1 (constant)
packet_up : 1 (constant)
packet_down : 1 (constant)
rail_high : 1 (constant)
rail_low : 1 (constant)
leak : 1 (constant)
arrived : 1                 # 1 in steps that bring an input spike
sample : 1 (constant)       # number of the sample, which names its read noise
"""
CROSSING = "(q >= upper or q <= -lower)"
RESET = "q = q - packet_up*int(q >= upper) + packet_down*int(q <= -lower)"


@dataclass(frozen=True, kw_only=True)
class BrianNetwork:
    """The Brian2 objects of a program, ready for monitors or equations of your own.

    Attributes
    ----------
    network : brian2.Network
        Run it for ``duration``.
    neurons : brian2.NeuronGroup
        Neuron n of sample s has index ``s * n_out + n``.
    synapses : brian2.Synapses
    inputs : brian2.SpikeGeneratorGroup
        Line l of sample s has index ``s * n_ports + l``; with negative input spikes n_ports is 2 n_in and the second
        half of the ports carries them.
    spikes : brian2.SpikeMonitor
        Records ``q`` just before the reset, so its sign is the sign of the spike.
    duration : brian2.Quantity
    n_ports : int
    """

    network: Any
    neurons: Any
    synapses: Any
    inputs: Any
    spikes: Any
    duration: Any
    n_ports: int


def build_network(program: Program, trains: SpikeTrains) -> BrianNetwork:
    """Return the program and its trains as Brian2 objects; nothing has run yet.

    Raises
    ------
    EngineError
        If the trains do not fit the program.
    """
    program.check_trains(trains)
    n_ports = program.n_in * (2 if (trains.signs < 0).any() else 1)
    return _assemble(program, trains, trains.n_samples, n_ports)


@dataclass(frozen=True, kw_only=True)
class BrianEngine:
    """Runs a program in chunks of samples, each chunk one Brian2 network.

    Attributes
    ----------
    target : str
        ``"numpy"`` needs no compiler; ``"cython"`` and ``"cpp_standalone"`` compile first.
    chunk : int
        Samples side by side; 1000 need about 0.3 GB.
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
            return _Session(program, trains, min(self.chunk, trains.n_samples), standalone).run()


class _Session:
    """One run: the window in stretches, each stretch over chunks of the samples that are still undecided."""

    def __init__(self, program: Program, trains: SpikeTrains, size: int, standalone: bool) -> None:
        self._program, self._trains, self._size, self._standalone = program, trains, size, standalone
        self._n_ports = program.n_in * (2 if (trains.signs < 0).any() else 1)
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
            model = self._model = _assemble(program, part, self._size, self._n_ports)
            if not self._standalone:
                model.network.store()
        else:
            # Restore first: spikes set before it would silently be lost.
            model.network.restore()
            model.inputs.set_spikes(*_events(part, self._n_ports, program), sorted=True)
        self._load(model, samples, first)
        _execute(model, (last - first) * program.tick_s, self._standalone)
        return self._unload(model, samples, first)

    def _load(self, model: BrianNetwork, samples: NDArray[np.int64], first: int) -> None:
        place = slice(0, len(samples) * self._program.n_out)
        model.neurons.q[place] = self._charge[samples].ravel()
        if self._program.refractory_ticks > 1:
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
    ends = np.cumsum(counts)
    index = np.arange(ends[-1]) + np.repeat(trains.offsets[samples] - (ends - counts), counts)
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


def _assemble(program: Program, trains: SpikeTrains, n_samples: int, n_ports: int) -> BrianNetwork:
    import brian2

    dt = program.tick_s * brian2.second
    indices, times = _events(trains, n_ports, program)
    inputs = brian2.SpikeGeneratorGroup(
        n_samples * n_ports, indices, times, dt=dt, when="start", sorted=True, name="inputs"
    )
    neurons = _neurons(program, n_samples, trains.first_sample, dt)
    synapses = _synapses(program, (inputs, neurons), n_samples, n_ports, dt)
    spikes = brian2.SpikeMonitor(neurons, variables="q", name="spikes")
    network = brian2.Network(inputs, neurons, synapses, spikes)
    network.schedule = SCHEDULE
    return BrianNetwork(
        network=network,
        neurons=neurons,
        synapses=synapses,
        inputs=inputs,
        spikes=spikes,
        duration=program.n_ticks * dt,
        n_ports=n_ports,
    )


def _neurons(program: Program, n_samples: int, first_sample: int, dt: Any) -> Any:
    import brian2

    on_event = program.comparator != CONTINUOUS
    hold = min(program.refractory_ticks, program.n_ticks)  # longer than the window is for ever
    # Without "(unless refractory)" a neuron goes on integrating while it may not fire.
    neurons = brian2.NeuronGroup(
        n_samples * program.n_out,
        NEURON,
        threshold=f"{CROSSING} and arrived > 0" if on_event else CROSSING,
        reset=RESET,
        refractory=hold * dt if hold > 1 else False,
        dt=dt,
        name="neurons",
    )
    values = {
        "upper": program.threshold_up,
        "lower": program.threshold_down,
        "packet_up": program.reset_up,
        "packet_down": program.reset_down,
        "rail_high": program.rail_high,
        "rail_low": program.rail_low,
        "leak": program.leak,
    }
    for name, value in values.items():
        setattr(neurons, name, np.tile(value.astype(float), n_samples))
    neurons.sample = np.repeat(np.arange(n_samples) + first_sample, program.n_out)
    if program.leak.any():
        neurons.run_regularly("q -= clip(q, -leak, leak)", when="before_synapses", name="leakage")
    neurons.run_regularly("q = clip(q, -rail_low, rail_high)", when="before_thresholds", name="rails")
    if on_event:
        neurons.run_regularly("arrived = 0", when="end", name="clear_arrived")
    return neurons


def _synapses(program: Program, ends: tuple[Any, Any], n_samples: int, n_ports: int, dt: Any) -> Any:
    import brian2

    namespace: dict[str, Any] = {}
    model, effect = "charge : 1 (constant)", "q_post += charge"
    if program.noisy:
        model += "\nread_noise : 1 (constant)\nfirst_tick : 1 (shared)"
        where = "sample_post, t_in_timesteps + first_tick, i % n_ports, j"
        effect += f" + floor(read_noise * noise_steps({where}) / 65536)"
        namespace = {"noise_steps": _noise_function(program), "n_ports": n_ports}
    if program.comparator != CONTINUOUS:
        effect += "\narrived_post = 1"
    synapses = brian2.Synapses(*ends, model, on_pre=effect, namespace=namespace, dt=dt, name="synapses")
    block = np.arange(n_samples)[:, None, None]
    port, neuron = np.arange(n_ports)[:, None], np.arange(program.n_out)
    shape = (n_samples, n_ports, program.n_out)
    synapses.connect(
        i=np.broadcast_to(block * n_ports + port, shape).ravel(),
        j=np.broadcast_to(block * program.n_out + neuron, shape).ravel(),
    )
    # Synapses are created in the order given: sample, port, neuron.
    synapses.charge = np.tile(program.charge.reshape(-1, program.n_out)[:n_ports].ravel().astype(float), n_samples)
    if program.noisy:
        noise = np.tile(program.read_noise, (n_ports // program.n_in, 1)).ravel().astype(float)
        synapses.read_noise = np.tile(noise, n_samples)
    return synapses


def _noise_function(program: Program) -> Any:
    """Counter-based read noise as a Brian2 function (sample, tick, port, neuron index) -> whole number."""
    from brian2 import Function

    n_in, n_out, seed = program.n_in, program.n_out, program.noise_seed

    def steps(sample: Any, tick: Any, port: Any, neuron: Any) -> NDArray[np.float64]:
        whole = [np.asarray(x).astype(np.uint64) for x in (sample, tick, port, neuron)]
        key = event_key(seed, whole[0], whole[1], whole[2] % np.uint64(n_in))
        return gaussian_steps(key, whole[3] % np.uint64(n_out)).astype(float)

    function = Function(steps, arg_units=[1, 1, 1, 1], return_unit=1, stateless=True)
    function.implementations.add_implementation("numpy", code=steps)
    function.implementations.add_implementation("cython", code=_CYTHON_NOISE % _constants(program))
    function.implementations.add_implementation("cpp", code=_CPP_NOISE % _constants(program))
    return function


def _constants(program: Program) -> dict[str, int]:
    return {
        "golden": GOLDEN,
        "mix1": MIX_1,
        "mix2": MIX_2,
        "centre": NOISE_CENTRE,
        "seed": program.noise_seed,
        "n_in": program.n_in,
        "n_out": program.n_out,
    }


_CPP_NOISE = """
static inline uint64_t spikecim_mix(uint64_t x) {
    x = (x ^ (x >> 30)) * %(mix1)dULL;
    x = (x ^ (x >> 27)) * %(mix2)dULL;
    return x ^ (x >> 31);
}
static inline double noise_steps(double sample, double tick, double port, double neuron) {
    uint64_t w = spikecim_mix((uint64_t)sample + %(seed)dULL);
    w = spikecim_mix(w + (uint64_t)tick * %(golden)dULL);
    w = spikecim_mix(w + ((uint64_t)port %% %(n_in)dULL) * %(golden)dULL);
    w = spikecim_mix(w + ((uint64_t)neuron %% %(n_out)dULL + 1ULL) * %(golden)dULL);
    uint64_t total = (w & 0xFFFF) + ((w >> 16) & 0xFFFF) + ((w >> 32) & 0xFFFF) + (w >> 48);
    return (double)total - %(centre)d.0;
}
"""
_CYTHON_NOISE = """
from libc.stdint cimport uint64_t
cdef inline uint64_t spikecim_mix(uint64_t x):
    x = (x ^ (x >> 30)) * <uint64_t>%(mix1)dULL
    x = (x ^ (x >> 27)) * <uint64_t>%(mix2)dULL
    return x ^ (x >> 31)
cdef double noise_steps(double sample, double tick, double port, double neuron):
    cdef uint64_t w = spikecim_mix(<uint64_t>sample + <uint64_t>%(seed)dULL)
    w = spikecim_mix(w + <uint64_t>tick * <uint64_t>%(golden)dULL)
    w = spikecim_mix(w + (<uint64_t>port %% <uint64_t>%(n_in)d) * <uint64_t>%(golden)dULL)
    w = spikecim_mix(w + (<uint64_t>neuron %% <uint64_t>%(n_out)d + 1) * <uint64_t>%(golden)dULL)
    cdef uint64_t total = (w & 0xFFFF) + ((w >> 16) & 0xFFFF) + ((w >> 32) & 0xFFFF) + (w >> 48)
    return <double>total - %(centre)d.0
"""


def _events(trains: SpikeTrains, n_ports: int, program: Program) -> tuple[NDArray[np.int64], Any]:
    """Input spikes as (port index, time), sorted by time."""
    import brian2

    port = trains.lines + np.where(trains.signs < 0, program.n_in, 0)
    order = np.argsort(trains.ticks, kind="stable")
    return (trains.samples() * n_ports + port)[order], trains.ticks[order] * program.tick_s * brian2.second


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
