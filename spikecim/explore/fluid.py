"""The chip without spikes: every line a steady current, every neuron a signed rate (the fluid limit of semantics.md).

With p_i the mean interval of line i in ticks and q_ij the electrons of one of its spikes, neuron j is driven by
d_j = sum_i q_ij / p_i electrons a tick. A leak of l electrons takes away up to l: d_j -> sign(d_j) max(|d_j| - l, 0).
Each reset packet r_j carries one spike away, so the score grows at the rate f_j = d_j / r_j, held within +-1 / T_R:
the paper's n_j / T_acc with h_sat. The winner has the largest f_j, of equal ones the largest d_j. With early stop it
wins at delta_s / (f_best - f_second), at the latest with the window; until then sum_i 1 / p_i input spikes come a
tick. Thresholds, rails, residues, phases, the link and read noise of mean zero are without effect in this limit.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from spikecim.coding.renewal import RateCode, check_values
from spikecim.program import Program

FloatArray = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class Fluid:
    """What the fluid limit does with a set of samples.

    Attributes
    ----------
    winners : int64 (n_samples,)
    rates : float64 (n_samples, n_out)
        Score per tick.
    ticks : float64 (n_samples,)
        How long each sample lasts.
    inputs : float64 (n_samples,)
        Input spikes until then.
    """

    winners: NDArray[np.int64]
    rates: FloatArray
    ticks: FloatArray
    inputs: FloatArray


@dataclass(frozen=True, kw_only=True)
class Currents:
    """Steady input: what all programs of one chip's coding see.

    Attributes
    ----------
    positive, negative : float64 (n_samples, n_in) or None
        Spikes of either sign per tick; None where there are none at all.
    arrivals : float64 (n_samples,)
        Spikes of all lines per tick.
    """

    positive: FloatArray
    negative: FloatArray | None
    arrivals: FloatArray


def steady_currents(code: RateCode, values: FloatArray) -> Currents:
    """Turn `values` (n_samples, n_in) in [-1, 1] into currents."""
    values = check_values(values)
    rates, below = 1.0 / code.periods(values), values < 0
    if not below.any():
        return Currents(positive=rates, negative=None, arrivals=rates.sum(1))
    return Currents(positive=np.where(below, 0.0, rates), negative=np.where(below, rates, 0.0), arrivals=rates.sum(1))


def fluid_limit(program: Program, currents: Currents) -> Fluid:
    """Present `currents` to `program`."""
    drive = _drive(program, currents)
    rates = np.where(drive >= 0, drive / program.reset_up, drive / program.reset_down)
    fastest = 1.0 / max(program.refractory_ticks, 1)
    rates = np.clip(rates, -fastest, fastest)
    winners = np.argmax(np.where(rates == rates.max(1, keepdims=True), drive, -np.inf), axis=1)
    ticks = _durations(program, rates)
    return Fluid(winners=winners, rates=rates, ticks=ticks, inputs=currents.arrivals * ticks)


def _drive(program: Program, currents: Currents) -> FloatArray:
    drive = currents.positive @ program.charge[0].astype(np.float64)
    if currents.negative is not None:
        drive += currents.negative @ program.charge[1].astype(np.float64)
    return np.sign(drive) * np.maximum(np.abs(drive) - program.leak, 0.0)


def _durations(program: Program, rates: FloatArray) -> FloatArray:
    """Ticks until the leader is delta_s ahead, or the whole window."""
    if program.delta_s is None or program.n_out == 1:
        return np.full(len(rates), float(program.n_ticks))
    second, best = np.sort(rates, axis=1)[:, -2:].T
    with np.errstate(divide="ignore"):
        return np.minimum(program.delta_s / (best - second), float(program.n_ticks))
