"""The integer program an engine runs: every cell drawn, every unit spent, whole electrons and ticks only.

docs/semantics.md is the contract; `check` refuses a program on which two correct engines could differ.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from spikecim.errors import EngineError, ParameterError
from spikecim.spikes import SpikeTrains, margin_column

CONTINUOUS, ON_EVENT = "continuous", "on_event"
_LIMIT = 2**31 - 1
MOST_TICKS = 10_000_000
MOST_LINES, MOST_NEURONS = 2**15 - 1, 2**15 - 1


@dataclass(frozen=True, kw_only=True)
class Program:
    """One layer, ready to run.

    Attributes
    ----------
    charge : int32 (2, n_in, n_out)
        Electrons one input spike adds to each neuron; [0] for positive spikes, [1] for negative ones, which drive the
        opposite injectors.
    read_noise : int32 (n_in, n_out)
        Scale of the counter-based read noise: one spike adds ``(read_noise * z) >> 16`` electrons more, z from
        `streams.gaussian_steps`.
    noise_seed : int
        64-bit key of that noise.
    threshold_up, threshold_down, reset_up, reset_down, rail_high, rail_low, leak : int32 (n_out,)
        Positive magnitudes in electrons (leak: per tick, towards rest).
    refractory_ticks : int
        No spike sooner than this many ticks after the last one (0 and 1 both allow one per tick).
    comparator : str
        ``"continuous"`` tests every tick, ``"on_event"`` only in ticks that bring an input spike.
    n_ticks : int
        Presentation window.
    delta_s : int or None
        Decision margin that ends a sample; None runs to the end of the window.
    row_electrons : int64 (n_in,)
        Electrons that flow through all cells of a row during one read, for the energy ledger.
    tick_s : float
        Seconds per tick.
    cells_per_row : int
        Cells read by one input spike.
    """

    charge: NDArray[np.int32]
    read_noise: NDArray[np.int32]
    noise_seed: int
    threshold_up: NDArray[np.int32]
    threshold_down: NDArray[np.int32]
    reset_up: NDArray[np.int32]
    reset_down: NDArray[np.int32]
    rail_high: NDArray[np.int32]
    rail_low: NDArray[np.int32]
    leak: NDArray[np.int32]
    refractory_ticks: int
    comparator: str
    n_ticks: int
    delta_s: int | None
    row_electrons: NDArray[np.int64]
    tick_s: float
    cells_per_row: int

    @property
    def n_in(self) -> int:
        return int(self.charge.shape[1])

    @property
    def n_out(self) -> int:
        return int(self.charge.shape[2])

    @property
    def noisy(self) -> bool:
        return bool(self.read_noise.any())

    @property
    def n_margins(self) -> int:
        """Columns of the decision table: one per margin up to delta_s, or one without early stop."""
        return self.delta_s or 1

    @property
    def first_margin(self) -> int:
        """Margin of the table's first column; unreachable without early stop."""
        return 1 if self.delta_s is not None else _LIMIT

    def margin_column(self, delta_s: int | None) -> int:
        """Column of the decision table for `delta_s`; None means the run's own decision, the last column."""
        return margin_column(delta_s, self.delta_s)

    def with_(self, **changes: Any) -> Program:
        """Return a checked copy with other values."""
        return replace(self, **changes).check()

    def check(self) -> Program:
        """Return self, or raise ParameterError naming the first field that breaks the contract."""
        self._check_shapes()
        for name in ("threshold_up", "threshold_down", "reset_up", "reset_down", "rail_high", "rail_low"):
            if getattr(self, name).min() < 1:
                raise ParameterError(f"program: {name} must be at least 1 electron")
        if self.leak.min() < 0 or self.read_noise.min() < 0 or self.refractory_ticks < 0:
            raise ParameterError("program: leak, read_noise and refractory_ticks must not be negative")
        if (self.reset_up - self.threshold_up > self.rail_low).any():
            raise ParameterError("program: reset_up must be at most threshold_up + rail_low")
        if (self.reset_down - self.threshold_down > self.rail_high).any():
            raise ParameterError("program: reset_down must be at most threshold_down + rail_high")
        if self.comparator not in (CONTINUOUS, ON_EVENT):
            raise ParameterError(f"program: comparator {self.comparator!r} is not one of {CONTINUOUS}, {ON_EVENT}")
        if not 1 <= self.n_ticks <= MOST_TICKS:
            raise ParameterError(f"program: n_ticks must be 1..{MOST_TICKS}, got {self.n_ticks}")
        if self.delta_s is not None and not 1 <= self.delta_s <= 1000:
            raise ParameterError(f"program: delta_s must be None or 1..1000, got {self.delta_s}")
        if self.tick_s <= 0 or self.cells_per_row < 1 or self.row_electrons.min() < 0:
            raise ParameterError("program: tick_s and cells_per_row must be positive, row_electrons not negative")
        return self._check_headroom()

    def _check_shapes(self) -> None:
        if self.charge.ndim != 3 or self.charge.shape[0] != 2 or 0 in self.charge.shape:
            raise ParameterError(f"program: charge must have shape (2, n_in, n_out), got {self.charge.shape}")
        if self.n_in > MOST_LINES or self.n_out > MOST_NEURONS:
            raise ParameterError(f"program: at most {MOST_LINES} inputs and {MOST_NEURONS} neurons fit a 16-bit record")
        for name, shape in {
            "read_noise": (self.n_in, self.n_out),
            "row_electrons": (self.n_in,),
            **dict.fromkeys(_PER_NEURON, (self.n_out,)),
        }.items():
            if getattr(self, name).shape != shape:
                raise ParameterError(f"program: {name} must have shape {shape}, got {getattr(self, name).shape}")

    def _check_headroom(self) -> Program:
        # One tick may bring every line at once; the sum must fit the 32-bit lanes of the compiled engine.
        worst = np.abs(self.charge.astype(np.int64)).max(0) + 2 * self.read_noise.astype(np.int64)
        rail = np.maximum(self.rail_high, self.rail_low).astype(np.int64)
        if (worst.sum(0) + rail > _LIMIT).any():
            raise ParameterError("program: charges of one tick plus the rail exceed 2**31 - 1 electrons")
        return self

    def check_trains(self, trains: SpikeTrains) -> None:
        """Raise EngineError if `trains` cannot drive this program."""
        if trains.n_in != self.n_in:
            raise EngineError(f"spike trains have {trains.n_in} lines, the program has {self.n_in}")
        if trains.n_spikes and not 0 <= trains.lines.min() <= trains.lines.max() < self.n_in:
            raise EngineError(f"spike trains name lines outside 0..{self.n_in - 1}")
        if trains.n_ticks != self.n_ticks:
            raise EngineError(f"spike trains span {trains.n_ticks} ticks, the program's window is {self.n_ticks}")


_PER_NEURON = ("threshold_up", "threshold_down", "reset_up", "reset_down", "rail_high", "rail_low", "leak")
