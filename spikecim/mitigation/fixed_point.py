"""The fixed point of the map correction, for arrays on their own and for differential pairs (see map_correction)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from spikecim.arrays.crossbar.transfer import transfer_matrix
from spikecim.arrays.crossbar.wires import Wires
from spikecim.errors import ParameterError
from spikecim.mitigation.gain import GainRule
from spikecim.mitigation.place import Window, place_pairs

FloatArray = NDArray[np.float64]
_BATCH_CELLS = 1 << 17
NEEDS = "the resistances of the wires (ohm per segment, driver, sense)"


@dataclass(frozen=True, kw_only=True)
class MapCorrection:
    """A corrected map and what is left of the error.

    Attributes
    ----------
    conductance : float64, shape of the target, S
        What to program.
    transfer : float64, same shape, S
        What the array then does, wires included.
    gains : float64 (...) or ()
        Gain of each array, or the common one: `transfer` is about gain times target, to be trimmed after the array.
    residual : float
        Rms error of transfer / gain (of pairs: of their difference), relative to the rms of the target.
    residuals : tuple of float
        The same before the correction and after each step, each with its own best gains.
    lost_range : float
        Share of cells (pairs) that the window stopped before their goal.
    steps : int
    """

    conductance: FloatArray
    transfer: FloatArray
    gains: FloatArray
    residual: float
    residuals: tuple[float, ...]
    lost_range: float
    steps: int

    @property
    def needs(self) -> str:
        """What must be known about the chip."""
        return NEEDS

    @property
    def gain(self) -> float:
        """Median gain."""
        return float(np.median(self.gains))

    def report(self) -> dict[str, float]:
        """Numbers for a table."""
        return {
            "gain": self.gain,
            "gain_lowest": float(self.gains.min()),
            "residual": self.residual,
            "residual_before": self.residuals[0],
            "lost_range": self.lost_range,
            "steps": float(self.steps),
        }


@dataclass(frozen=True, kw_only=True)
class Steps:
    """When to end: after `most` steps, or once the residual is no larger than `tolerance`."""

    most: int
    tolerance: float

    def __post_init__(self) -> None:
        if not 0 <= self.most <= 100:
            raise ParameterError(f"map correction: steps must be 0 .. 100, got {self.most}")
        if not 0.0 <= self.tolerance < 1.0:
            raise ParameterError(f"map correction: tolerance must be from 0 to below 1, got {self.tolerance:g}")


class Problem(Protocol):
    """What the fixed point needs to know of singles or pairs."""

    @property
    def goal(self) -> FloatArray:
        """What the array should do for a gain of 1, as it is felt."""

    def start(self) -> FloatArray:
        """Conductances without a correction."""

    def felt(self, transfer: FloatArray) -> FloatArray:
        """What counts of a transfer matrix."""

    def reach(self, conductance: FloatArray, transfer: FloatArray) -> FloatArray:
        """Largest gain that each cell or pair can follow; infinite where there is no limit."""

    def advance(self, conductance: FloatArray, transfer: FloatArray, gain: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Next conductances, and how far (S) each cell or pair missed where it should have gone."""


@dataclass(frozen=True, kw_only=True)
class Singles:
    """Arrays on their own: every cell counts."""

    goal: FloatArray
    window: Window

    def start(self) -> FloatArray:
        return np.clip(self.goal, self.window.g_min, self.window.g_max)

    def felt(self, transfer: FloatArray) -> FloatArray:
        return transfer

    def reach(self, conductance: FloatArray, transfer: FloatArray) -> FloatArray:
        return _ratio(_factor(conductance, transfer) * self.window.g_max, self.goal)

    def advance(self, conductance: FloatArray, transfer: FloatArray, gain: FloatArray) -> tuple[FloatArray, FloatArray]:
        wanted = conductance + (gain * self.goal - transfer) / _factor(conductance, transfer)
        placed = np.clip(wanted, self.window.g_min, self.window.g_max)
        return placed, np.abs(wanted - placed)


@dataclass(frozen=True, kw_only=True)
class Pairs:
    """Differential pairs: only the difference of both cells counts."""

    target: FloatArray
    window: Window
    held: FloatArray | None

    @property
    def goal(self) -> FloatArray:
        return self.felt(self.target)

    def start(self) -> FloatArray:
        return self._place(self.goal)

    def felt(self, transfer: FloatArray) -> FloatArray:
        return np.asarray(transfer[0] - transfer[1])

    def reach(self, conductance: FloatArray, transfer: FloatArray) -> FloatArray:
        goal, factor, window = self.goal, _factor(conductance, transfer), self.window
        up, down = np.where(goal > 0.0, factor, factor[::-1])
        ratio = _ratio(up * window.g_max - down * window.g_min, np.abs(goal))
        # A pair with a stuck cell, or one that no gain would suit, cannot set the gain of all others.
        sets = ratio > 0.0 if self.held is None else (ratio > 0.0) & np.isnan(self.held).all(0)
        return np.where(sets, ratio, np.inf)

    def advance(self, conductance: FloatArray, transfer: FloatArray, gain: FloatArray) -> tuple[FloatArray, FloatArray]:
        factor = _factor(conductance, transfer)
        difference = self.felt(conductance)
        moving = np.where(self._first_moves(difference), factor[0], factor[1])
        wanted = difference + (gain * self.goal - self.felt(transfer)) / moving
        placed = self._place(wanted)
        return placed, np.abs(wanted - self.felt(placed))

    def _place(self, difference: FloatArray) -> FloatArray:
        return place_pairs(difference, self.target.min(0), self.window, self.held)

    def _first_moves(self, difference: FloatArray) -> NDArray[np.bool_]:
        if self.held is None:
            return np.asarray(difference > 0.0)
        stuck = ~np.isnan(self.held)
        return np.where(stuck.any(0), stuck[1], difference > 0.0)


def iterate(problem: Problem, wires: Wires, steps: Steps, rule: GainRule) -> MapCorrection:
    """The fixed point; shapes do not change on the way."""
    conductance = problem.start()
    transfer = transfer_of(conductance, wires)
    fits = [rule.fit(problem.felt(transfer), problem.goal)]
    missed = np.abs(problem.felt(conductance) - problem.goal)
    for _ in range(steps.most):
        if fits[-1][1] <= steps.tolerance:
            break
        gain = rule.largest(problem.reach(conductance, transfer))
        conductance, missed = problem.advance(conductance, transfer, gain[..., None, None])
        transfer = transfer_of(conductance, wires)
        fits.append(rule.fit(problem.felt(transfer), problem.goal))
    # What a window stops by less than this is rounding.
    lost = missed > 1e-6 * float(conductance.max(initial=0.0))
    return MapCorrection(
        conductance=conductance,
        transfer=transfer,
        gains=fits[-1][0],
        residual=fits[-1][1],
        residuals=tuple(residual for _, residual in fits),
        lost_range=float(lost.mean()),
        steps=len(fits) - 1,
    )


def transfer_of(conductance: FloatArray, wires: Wires) -> FloatArray:
    """Transfer matrices of many arrays (..., n_rows, n_cols), a few at a time: the solver's memory stays small."""
    arrays = conductance.reshape(-1, *conductance.shape[-2:])
    size = max(1, _BATCH_CELLS // arrays[0].size)
    found = np.empty_like(arrays)
    for start in range(0, len(arrays), size):
        found[start : start + size] = transfer_matrix(arrays[start : start + size], wires)
    return found.reshape(conductance.shape)


def _factor(conductance: FloatArray, transfer: FloatArray) -> FloatArray:
    """T / G of every cell, 1 where a cell is open."""
    closed = (conductance > 0.0) & (transfer > 0.0)
    return np.divide(transfer, conductance, out=np.ones_like(transfer), where=closed)


def _ratio(most: FloatArray, goal: FloatArray) -> FloatArray:
    return np.divide(most, goal, out=np.full_like(goal, np.inf), where=goal > 0.0)
