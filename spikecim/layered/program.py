"""The integer program of a network of several layers: a spike of tick t reaches the next layer in tick t + 1."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from spikecim.errors import EngineError, ParameterError
from spikecim.layered.timer import Timer
from spikecim.layered.wiring import Wiring
from spikecim.program import MOST_LINES, MOST_TICKS
from spikecim.spikes import SpikeTrains

_LIMIT = 2**31 - 1
_PER_NEURON = ("threshold_up", "threshold_down", "reset_up", "reset_down", "rail_high", "rail_low", "leak", "initial")
_MOST_ELECTRONS = 2**46  # times a pulse width of 2**16 it still fits 64 bits
MOST_NEURONS = 2**22
NEVER = _LIMIT  # a threshold that no rail lets a neuron reach


@dataclass(frozen=True, kw_only=True)
class Pulses(Timer):
    """Rows that a layer's own timer reads: biases, and the ramp of a latency code.

    Attributes
    ----------
    charge : int32 (n_out,)
        Electrons each firing adds.
    """

    charge: NDArray[np.int32]


@dataclass(frozen=True, kw_only=True)
class LayerProgram:
    """One layer of neurons and the cells that feed it.

    Attributes
    ----------
    name : str
    wiring : Wiring
    route : int32 (n_in,)
        Row of the wiring that each incoming line is led to, -1 for none. Lines of one pooling window share a row.
    charge : int32 (2, n_groups)
        Electrons one spike adds through each cell group; [0] for positive spikes, [1] for negative ones.
    read_noise : int32 (n_groups,)
        Scale of the counter-based read noise, as in `program.Program`.
    noise_seed : int
    ramp : int32 (n_ticks,) or None
        Read pulse width in each tick, in 1/65536 of the nominal one: ``(charge * ramp[tick]) >> 16`` is what arrives.
    pulses : tuple of Pulses
    initial : int32 (n_out,)
        Charge at the start of a sample.
    threshold_up, threshold_down, reset_up, reset_down, rail_high, rail_low, leak : int32 (n_out,)
        As in `program.Program`; a threshold of `NEVER` is switched off.
    hard_reset : bool
        A spike sets the charge to 0 instead of subtracting the packet.
    refractory_ticks : int
    fire_from, fire_to : int
        No spike before tick fire_from, nor in tick fire_to or later.
    line_events : int64 (n_in,)
        Links a spike on each line uses: synaptic events.
    line_electrons : int64 (n_in,)
        Electrons through all cells that a spike on each line reads, in a pulse of nominal width.
    cells_per_group : int
    """

    name: str
    wiring: Wiring
    route: NDArray[np.int32]
    charge: NDArray[np.int32]
    read_noise: NDArray[np.int32]
    noise_seed: int
    ramp: NDArray[np.int32] | None
    pulses: tuple[Pulses, ...]
    initial: NDArray[np.int32]
    threshold_up: NDArray[np.int32]
    threshold_down: NDArray[np.int32]
    reset_up: NDArray[np.int32]
    reset_down: NDArray[np.int32]
    rail_high: NDArray[np.int32]
    rail_low: NDArray[np.int32]
    leak: NDArray[np.int32]
    hard_reset: bool
    refractory_ticks: int
    fire_from: int
    fire_to: int
    line_events: NDArray[np.int64]
    line_electrons: NDArray[np.int64]
    cells_per_group: int

    @property
    def n_in(self) -> int:
        return len(self.route)

    @property
    def n_out(self) -> int:
        return self.wiring.n_out

    @property
    def noisy(self) -> bool:
        return bool(self.read_noise.any())

    def check(self, n_ticks: int) -> LayerProgram:
        """Return self, or raise ParameterError naming the first field that breaks the contract."""
        where, groups = f"layer {self.name}", (self.wiring.n_groups,)
        shapes = {
            "charge": (2, *groups),
            "read_noise": groups,
            "line_events": (self.n_in,),
            "line_electrons": (self.n_in,),
            **dict.fromkeys(_PER_NEURON, (self.n_out,)),
        }
        for name, shape in shapes.items():
            if getattr(self, name).shape != shape:
                raise ParameterError(f"{where}: {name} must have shape {shape}, got {getattr(self, name).shape}")
        if not 1 <= self.n_out <= MOST_NEURONS or not 1 <= self.n_in <= MOST_NEURONS:
            raise ParameterError(f"{where}: 1..{MOST_NEURONS} lines and neurons, got {self.n_in} and {self.n_out}")
        if self.route.min() < -1 or self.route.max() >= self.wiring.n_rows:
            raise ParameterError(f"{where}: route must name rows -1..{self.wiring.n_rows - 1}")
        for name in ("threshold_up", "threshold_down", "reset_up", "reset_down", "rail_high", "rail_low"):
            if getattr(self, name).min() < 1:
                raise ParameterError(f"{where}: {name} must be at least 1 electron")
        low = min(self.leak.min(), self.read_noise.min(initial=0))
        if min(low, self.refractory_ticks, self.fire_from, self.fire_to) < 0:
            raise ParameterError(
                f"{where}: leak, read_noise, refractory_ticks, fire_from and fire_to must not be negative"
            )
        if self.line_electrons.min() < 0 or self.line_electrons.max() > _MOST_ELECTRONS:
            raise ParameterError(f"{where}: line_electrons must be 0..{_MOST_ELECTRONS}")
        self._check_packets(where)
        if self.ramp is not None and (self.ramp.shape != (n_ticks,) or self.ramp.min() < 0 or self.ramp.max() > 65536):
            raise ParameterError(f"{where}: ramp must hold {n_ticks} values 0..65536")
        for pulses in self.pulses:
            if pulses.charge.shape != (self.n_out,) or pulses.period < 1 or pulses.start < 0:
                raise ParameterError(f"{where}: pulses need a charge for each neuron, period >= 1 and start >= 0")
        return self._check_headroom(where)

    def _check_packets(self, where: str) -> None:
        # A packet may not carry a neuron beyond its other rail; a threshold switched off sends none.
        for reset, threshold, rail in (
            (self.reset_up, self.threshold_up, self.rail_low),
            (self.reset_down, self.threshold_down, self.rail_high),
        ):
            if ((threshold != NEVER) & (reset.astype(np.int64) - threshold > rail)).any():
                raise ParameterError(f"{where}: a reset packet must be at most threshold plus the opposite rail")
        if (self.initial > self.rail_high).any() or (self.initial < -self.rail_low).any():
            raise ParameterError(f"{where}: initial charge must lie between the rails")

    def _check_headroom(self, where: str) -> LayerProgram:
        # One tick may bring every line at once; the sum must fit the 32-bit lanes of the compiled engine.
        worst = np.abs(self.charge.astype(np.int64)).max(0) + 2 * self.read_noise.astype(np.int64)
        lines = np.bincount(self.route[self.route >= 0], minlength=1).max()
        total = self.wiring.most_per_neuron(worst) * lines
        for pulses in self.pulses:
            total = total + np.abs(pulses.charge.astype(np.int64))
        total = total + np.maximum(self.rail_high, self.rail_low)
        if (total > _LIMIT).any():
            raise ParameterError(f"{where}: charges of one tick plus the rail exceed 2**31 - 1 electrons")
        return self


@dataclass(frozen=True, kw_only=True)
class LayeredProgram:
    """Layers one after another, ready to run.

    Attributes
    ----------
    layers : tuple of LayerProgram
    n_ticks : int
        Presentation window.
    delta_s : int or None
        Decision margin that ends a sample; None runs to the end of the window.
    checkpoints : tuple of int
        Rising tick counts, the last one n_ticks: after so many ticks the time-out decision and the tallies are read.
    tick_s : float
    """

    layers: tuple[LayerProgram, ...]
    n_ticks: int
    delta_s: int | None
    checkpoints: tuple[int, ...]
    tick_s: float

    @property
    def n_in(self) -> int:
        return self.layers[0].n_in

    @property
    def n_out(self) -> int:
        return self.layers[-1].n_out

    @property
    def n_margins(self) -> int:
        """Columns of the decision table: one per margin up to delta_s, or one without early stop."""
        return self.delta_s or 1

    @property
    def first_margin(self) -> int:
        """Margin of the table's first column; unreachable without early stop."""
        return 1 if self.delta_s is not None else _LIMIT

    def with_(self, **changes: Any) -> LayeredProgram:
        """Return a checked copy with other values."""
        return replace(self, **changes).check()

    def check(self) -> LayeredProgram:
        """Return self, or raise ParameterError naming the first field that breaks the contract."""
        if not self.layers:
            raise ParameterError("program: needs at least one layer")
        if not 1 <= self.n_ticks <= MOST_TICKS:
            raise ParameterError(f"program: n_ticks must be 1..{MOST_TICKS}, got {self.n_ticks}")
        if self.delta_s is not None and not 1 <= self.delta_s <= 1000:
            raise ParameterError(f"program: delta_s must be None or 1..1000, got {self.delta_s}")
        rising = all(a < b for a, b in zip((0, *self.checkpoints), self.checkpoints, strict=False))
        if not self.checkpoints or not rising or self.checkpoints[-1] != self.n_ticks:
            raise ParameterError(f"program: checkpoints must rise to n_ticks {self.n_ticks}, got {self.checkpoints}")
        if not self.tick_s > 0 or self.n_in > MOST_LINES or self.n_out > MOST_LINES:
            raise ParameterError(f"program: tick_s must be positive; at most {MOST_LINES} inputs and classes")
        for before, layer in zip(self.layers, self.layers[1:], strict=False):
            if layer.n_in != before.n_out:
                raise ParameterError(
                    f"program: layer {layer.name} takes {layer.n_in} lines, {before.name} has {before.n_out} neurons"
                )
        for layer in self.layers:
            layer.check(self.n_ticks)
        return self

    def check_trains(self, trains: SpikeTrains) -> None:
        """Raise EngineError if `trains` cannot drive this program."""
        if trains.n_in != self.n_in:
            raise EngineError(f"spike trains have {trains.n_in} lines, the program has {self.n_in}")
        if trains.n_spikes and not 0 <= trains.lines.min() <= trains.lines.max() < self.n_in:
            raise EngineError(f"spike trains name lines outside 0..{self.n_in - 1}")
        if trains.n_ticks > self.n_ticks:
            raise EngineError(f"spike trains span {trains.n_ticks} ticks, the program's window is {self.n_ticks}")
