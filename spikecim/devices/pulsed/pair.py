"""Weights made of pulsed cells: one cell against a fixed middle, or a differential pair written push-pull."""

from __future__ import annotations

import math
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from itertools import pairwise
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from spikecim.devices.pulsed.cells import MOST_PULSES, NOTHING_CARRIED, PulsedCells, State
from spikecim.errors import ParameterError, hint

PAIRINGS = ("single", "pair")
# In the order of the codes of pulse_kernel.
ROUNDINGS = ("toward-zero", "nearest", "stochastic")
# Pulses per weight of a polarity that must not pulse: too few for one, and no division by zero.
_NO_PULSES = 1e-300
FloatMatrix = NDArray[np.float32]
Counts = NDArray[np.int64]


@dataclass(frozen=True, kw_only=True)
class Writing:
    """How wanted changes of weights become whole pulses.

    Attributes
    ----------
    rounding : str
        One of `ROUNDINGS`.
    threshold : float
        Wanted changes below this many pulses give none.
    most : int
        Most pulses at once; 0 is as many as cross the window.
    only : int
        1 gives pulses up only, -1 down only, 0 both.
    weight_step : float
        Above 0: the V2.1 rule, a pulse law read as the probability of one such step of the weight.
    """

    rounding: str = "stochastic"
    threshold: float = 0.0
    most: int = 0
    only: int = 0
    weight_step: float = 0.0


class Buildable(Protocol):
    """What draws cells: a `PulsedDevice`."""

    def build(self, shape: tuple[int, ...], seed: int, *path: str | int) -> PulsedCells: ...


class WeightCells:
    """Weights (n_in, n_out) in [-1, 1] on cells.

    ``single``: w = 2 x - 1. ``pair``: w = x+ - x-; a pulse up goes to x+ and one down to x- at once (push-pull), so a
    weight crosses its range in as many pulses as a single cell, and both signs of w are alike.

    Attributes
    ----------
    per_weight : (float, float)
        Pulses (up, down) that move a weight by 1 on the mean; the range of weights is 2.
    threads : int
        How many threads share a large write; it changes the speed and never a result.

    Raises
    ------
    ParameterError
        If the pairing is unknown.
    """

    def __init__(self, device: Buildable, pairing: str, shape: tuple[int, int], seed: int, *path: str | int) -> None:
        if pairing not in PAIRINGS:
            raise ParameterError(
                f"pairing {pairing!r} is unknown; {hint(pairing, PAIRINGS, 'allowed: ' + ', '.join(PAIRINGS))}"
            )
        self.pairing, self.shape = pairing, shape
        self.plus = device.build(shape, seed, *path, "plus")
        self.minus = device.build(shape, seed, *path, "minus") if pairing == "pair" else None
        self.per_weight, self.threads = self._pulses_per_weight(), 1
        self._shown: FloatMatrix = np.empty(shape, np.float32)
        self._show()

    def program(self, weights: FloatMatrix) -> None:
        """Set the cells to `weights` (n_in, n_out) in [-1, 1]; stuck cells stay. It counts no pulses."""
        if self.minus is None:
            self.plus.program(np.float32(0.5) * (weights + np.float32(1.0)))
        else:
            # Around the symmetric point, where up and down steps are equal, as far as the window allows.
            point = self.plus.law.symmetric_point
            half = 0.5 * np.abs(weights.astype(np.float64))
            centre = np.clip(0.5 if math.isnan(point) else point, half, 1.0 - half)
            self.plus.program((centre + 0.5 * weights).astype(np.float32))
            self.minus.program((centre - 0.5 * weights).astype(np.float32))
        self._show()

    def weights(self) -> FloatMatrix:
        """Weights as the cells hold them now; the array is kept up to date, do not write to it."""
        return self._shown

    def pulse(self, n: NDArray[np.int16], step: int) -> None:
        """Move each weight by `n` (n_in, n_out) pulses; `step` numbers the write and names its noise."""
        self.plus.pulse(n, step)
        if self.minus is not None:
            self.minus.pulse(np.negative(n), step)
        self._show()

    def write(
        self,
        wanted: FloatMatrix,
        scale: float,
        writing: Writing,
        name: tuple[np.uint64, int],
        *,
        first: int = 0,
        carry: FloatMatrix | None = None,
    ) -> Counts:
        """Ask rows `first` .. for changes of `scale` times `wanted` (n_rows, n_out) and pulse what comes of it.

        Parameters
        ----------
        name : (key, number)
            Key of the rounding's draws, and the number of the write.
        carry : float32 (n_rows, n_out), optional
            What earlier writes owe in weights; it joins `wanted` and gets what this write owes.

        Returns
        -------
        int64 (6,)
            Pulses up, down, cells written, row phases, slots in time, cells that died.
        """
        how = self._how(scale, writing, carries=carry is not None)
        n = wanted.shape[0]
        cuts = [n * part // self.threads for part in range(self.threads + 1)]
        parts = [
            (wanted[a:b].reshape(-1), NOTHING_CARRIED if carry is None else carry[a:b].reshape(-1), first + a)
            for a, b in pairwise(cuts)
            if b > a
        ]
        write = partial(self._write_part, how=how, weight_step=writing.weight_step, name=name)
        if len(parts) == 1:
            return write(parts[0])
        with ThreadPoolExecutor(len(parts)) as pool:
            return np.sum(list(pool.map(write, parts)), axis=0)

    def _how(self, scale: float, writing: Writing, *, carries: bool) -> tuple[float | int, ...]:
        """`how` of the kernel's `write_rows`."""
        most = float(writing.most or min(math.ceil(max(self.plus.law.crossings)), MOST_PULSES))
        code, pair = ROUNDINGS.index(writing.rounding), int(self.minus is not None)
        up, down = self.per_weight
        if writing.only:
            up, down = (up, _NO_PULSES) if writing.only > 0 else (_NO_PULSES, down)
        return float(scale), up, down, float(writing.threshold), most, code, int(carries), pair

    def _write_part(
        self,
        part: tuple[NDArray[np.float32], NDArray[np.float32], int],
        *,
        how: tuple[float | int, ...],
        weight_step: float,
        name: tuple[np.uint64, int],
    ) -> Counts:
        """Write the rows of `part` = (wanted, carry, number of its first row)."""
        from spikecim.devices.pulsed.pulse_kernel import write_rows

        plus, minus = self.plus, self.plus if self.minus is None else self.minus
        counts: Counts = write_rows(
            part[0],
            part[1],
            (part[2] * self.shape[1], self.shape[1]),
            (plus.arrays(), minus.arrays()),
            self._shown.reshape(-1),
            ((*plus.kernel_law(), weight_step), (*minus.kernel_law(), weight_step)),
            how,
            (name[0], plus.key, minus.key, np.int64(name[1]), plus.dead_code),
        )
        return counts

    def _pulses_per_weight(self) -> tuple[float, float]:
        up, down = self.plus.law.crossings
        if self.minus is None:
            return 0.5 * up, 0.5 * down
        both = up * down / (up + down)
        return both, both

    @property
    def writes(self) -> NDArray[np.uint32]:
        """Pulses of the busier cell of each weight."""
        return self.plus.writes if self.minus is None else np.maximum(self.plus.writes, self.minus.writes)

    @property
    def cells(self) -> tuple[PulsedCells, ...]:
        """The cells: one array, or plus and minus."""
        return (self.plus,) if self.minus is None else (self.plus, self.minus)

    def state(self) -> State:
        """Everything that pulses change, for an exact resume."""
        sides = zip(("plus", "minus"), self.cells, strict=False)
        return {f"{side}.{key}": value for side, cells in sides for key, value in cells.state().items()}

    def restore(self, state: State) -> None:
        """Take up a `state` of weights built alike."""
        for side, cells in zip(("plus", "minus"), self.cells, strict=False):
            mine = {key.partition(".")[2]: value for key, value in state.items() if key.startswith(f"{side}.")}
            cells.restore(mine)
        self._show()

    def _show(self) -> None:
        if self.minus is None:
            np.multiply(self.plus.x, np.float32(2.0), out=self._shown)
            self._shown -= np.float32(1.0)
        else:
            np.subtract(self.plus.x, self.minus.x, out=self._shown)
