"""A programmed cell in time: what relaxation, heat, reads, traps and 1/f noise have made of it.

All effects move ln R and add up, so their order does not matter, and a cell aged in two steps is the cell aged in one.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from numpy.typing import ArrayLike, NDArray

from spikecim.devices.oxram import Cells, SlcOxram
from spikecim.devices.relaxation import RelaxationWalk, draw_relaxation
from spikecim.devices.retention import ROOM_K, draw_rates
from spikecim.devices.telegraph import Traps, draw_traps
from spikecim.errors import ParameterError
from spikecim.parameters import switched_on

FloatArray = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class Past:
    """What happened to a chip since it was programmed.

    Attributes
    ----------
    seconds : float
    heat : tuple of (seconds, kelvin)
        Time at each temperature, in order.
    reads : float64, a number or (n_in,)
        Reads of each row.
    """

    seconds: float = 0.0
    heat: tuple[tuple[float, float], ...] = ()
    reads: float | FloatArray = 0.0

    @property
    def fresh(self) -> bool:
        """Whether nothing has happened yet."""
        return not self.seconds and not np.any(self.reads)

    def then(self, seconds: float, kelvin: float, reads: ArrayLike) -> Past:
        """The past after `seconds` more at `kelvin` and `reads` more of each row.

        Raises
        ------
        ParameterError
            If anything is negative or not a number, or there is heat but no time.
        """
        counts = np.asarray(reads, np.float64)
        for what, value in (("seconds", seconds), ("temperature", kelvin), ("reads", counts)):
            if not (np.isfinite(value) & (np.asarray(value) >= 0)).all():
                raise ParameterError(f"{what} {value!r}: must be a finite number, not below 0")
        if not seconds and kelvin != ROOM_K:
            raise ParameterError(f"temperature {kelvin:g} K: without effect while no time passes; give a time too")
        heat = (*self.heat, (float(seconds), float(kelvin))) if seconds else self.heat
        return Past(seconds=self.seconds + float(seconds), heat=heat, reads=self.reads + counts)


FRESH = Past()


@dataclass(frozen=True, kw_only=True)
class Future:
    """Freshly programmed cells (n_in, n_out, n_cells) and everything that time holds for them, drawn once.

    Attributes
    ----------
    cell : SlcOxram
    fresh : Cells
    seed : int
    path : tuple
        Name of the array, as it was programmed.
    corner : float
        Seconds of one presentation: faster noise is white within a run, slower noise is frozen in it.
    """

    cell: SlcOxram
    fresh: Cells
    seed: int
    path: tuple[str | int, ...]
    corner: float

    def at(self, past: Past) -> Cells:
        """The cells after `past`.

        Raises
        ------
        ParameterError
            Outside the range that a law is stated for, or where nothing would answer to heat or reads.
        """
        self._check(past)
        shift = self._relaxed(past.seconds) + self._heated(past) + self._read_out(past)
        # A stuck cell answers to nothing.
        resistance = self.fresh.resistance * np.exp(np.where(self.fresh.stuck, 0.0, shift))
        return replace(self.fresh, resistance=self._noisy(resistance, past.seconds))

    def read_noise_rel(self, cells: Cells) -> FloatArray:
        """Relative standard deviation (...) of one read: white noise, and 1/f and telegraph noise above the corner."""
        spec = switched_on(self.cell.spec.flicker)
        variance = self.cell.read_noise_rel(cells) ** 2
        if spec is not None:
            amplitude = spec.amplitude(self.cell.in_lrs(cells.resistance))
            variance = variance + amplitude**2 * spec.fast_decades(self.corner)
        if self._traps is not None:
            variance = variance + self._traps.fast_variance(self.corner)
        return np.sqrt(variance)

    def _check(self, past: Past) -> None:
        spec = self.cell.spec
        timed = (spec.relaxation, spec.retention, spec.flicker, spec.telegraph)
        if past.seconds and not any(map(switched_on, timed)):
            raise ParameterError(
                f"{past.seconds:g} s would be without effect: the cell has no relaxation, retention, flicker or "
                "telegraph table switched on"
            )
        if switched_on(spec.retention) is None and any(kelvin != ROOM_K for _, kelvin in past.heat):
            raise ParameterError(
                "a temperature would be without effect: the cell has no retention table switched on; leave it out"
            )
        if switched_on(spec.disturb) is None and np.any(past.reads):
            raise ParameterError(
                "reads would be without effect: the cell has no disturb table switched on; leave them out"
            )

    @cached_property
    def _low(self) -> NDArray[np.bool_]:
        return self.cell.in_lrs(self.fresh.resistance)

    @cached_property
    def _walk(self) -> RelaxationWalk | None:
        spec = switched_on(self.cell.spec.relaxation)
        if spec is None:
            return None
        return draw_relaxation(spec, self.fresh.resistance, self._low, self.seed, *self.path)

    @cached_property
    def _rates(self) -> FloatArray:
        spec = self.cell.spec.retention
        assert spec is not None
        return draw_rates(spec, self.fresh.resistance.shape, self.seed, *self.path)

    @cached_property
    def _traps(self) -> Traps | None:
        spec = switched_on(self.cell.spec.telegraph)
        return None if spec is None else draw_traps(spec, self._low, self.seed, *self.path)

    def _relaxed(self, seconds: float) -> FloatArray | float:
        return self._walk.log_shift(seconds) if self._walk is not None and seconds else 0.0

    def _heated(self, past: Past) -> FloatArray | float:
        spec = switched_on(self.cell.spec.retention)
        if spec is None or not past.heat:
            return 0.0
        return np.where(self._low, spec.dose(past.heat) * self._rates, 0.0)

    def _read_out(self, past: Past) -> FloatArray | float:
        spec = switched_on(self.cell.spec.disturb)
        if spec is None or not np.any(past.reads):
            return 0.0
        reads = np.asarray(past.reads, np.float64)
        by_row = reads.reshape(reads.shape + (1,) * (self._low.ndim - reads.ndim)) if reads.ndim else reads
        # At the LRS median a cell is SET: reads carry it no further.
        down_to_lrs = np.minimum(0.0, np.log(self.cell.spec.lrs.median.value / self.fresh.resistance))
        return np.where(self._low, 0.0, np.maximum(spec.log_shift(by_row), down_to_lrs))

    def _noisy(self, resistance: FloatArray, seconds: float) -> FloatArray:
        """Slow noise as it stands at `seconds`; the moment of programming is one draw of it, not its mean."""
        spec = switched_on(self.cell.spec.flicker)
        if spec is not None:
            moment = spec.moment(seconds, self.corner, resistance.shape, self.seed, *self.path)
            resistance = resistance * np.exp(spec.amplitude(self._low) * moment)
        if self._traps is not None:
            resistance = resistance / self._traps.frozen(seconds, self.corner)
        return resistance
