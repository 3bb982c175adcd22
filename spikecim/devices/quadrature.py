"""Mean conductance of a programmed state by quadrature: what the injectors are trimmed to.

Taken over the cell part, the cycle part and the tail. The verify loop draws only the cycle part anew: a cell whose
pulses miss the window with probability q ends at its k-th pulse with q^(k-1) (1 - q), or outside after the last one.
"""

from __future__ import annotations

import functools

import numpy as np
from numpy.typing import NDArray

from spikecim.devices.states import ProgrammingSpec, StateSpec

# Twice as many nodes of each move the mean of no shipped device by more than 1e-6; a measured shape has kinks.
_CELL_NODES, _CYCLE_NODES, _TAIL_NODES, _SHAPED_NODES = 64, 40, 16, 400
# Standard deviations beyond which the cycle part is left out (mass 1e-15).
_CYCLE_REACH = 8.0


@functools.lru_cache(maxsize=256)
def mean_conductance(
    state: StateSpec, cell_share: float, rules: ProgrammingSpec, series_ohm: float, *, low: bool
) -> float:
    """Mean conductance in siemens of cells in `state` (`low`: LRS) that are not stuck, behind `series_ohm`."""
    cell_z, cell_mass = np.polynomial.hermite_e.hermegauss(_CELL_NODES)
    log_factor, factor_mass = _log_factors(state)
    cell_part = np.sqrt(cell_share) * cell_z[:, None]
    log_start = np.log(state.median.value) + log_factor
    # A cycle part of nothing still has a place to be cut.
    cycle_sd = max(np.sqrt(1.0 - cell_share), 1e-12)
    edge = np.log(rules.lrs_max.value if low else rules.hrs_min.value)
    sigma = max(state.sigma_ln.value, 1e-12)
    cut = (state.score_below((edge - log_start) / sigma) - cell_part) / cycle_sd
    cut = np.clip(cut, -_CYCLE_REACH, _CYCLE_REACH)
    body = (state, log_start, cell_part, cycle_sd, series_ohm)
    below = _moments(body, -_CYCLE_REACH, cut) @ factor_mass
    above = _moments(body, cut, _CYCLE_REACH) @ factor_mass
    (_, inside), (missed, outside) = (below, above) if low else (above, below)
    pulses = rules.max_pulses.value if rules.mode.value == "write-verify" else 1
    tried = np.sum([missed**k for k in range(pulses)], axis=0)
    mean = inside * tried + outside * missed ** (pulses - 1)
    return float((mean * cell_mass).sum() / cell_mass.sum())


def _log_factors(state: StateSpec) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Nodes of ln(tail factor) with their masses, both (1 + n,); the first stands for the cells without a tail."""
    p = state.tail_probability.value
    if p == 0.0:
        return np.zeros(1), np.ones(1)
    places, masses = np.polynomial.legendre.leggauss(_TAIL_NODES)
    factors = state.tail_factor(np.zeros_like(places), (places + 1.0) / 2.0, always=True)
    return np.concatenate([[0.0], np.log(factors)]), np.concatenate([[1.0 - p], p * masses / 2.0])


def _moments(
    body: tuple[StateSpec, NDArray[np.float64], NDArray[np.float64], float, float],
    start: NDArray[np.float64] | float,
    stop: NDArray[np.float64] | float,
) -> NDArray[np.float64]:
    """Mass, and mass times conductance, of a cycle part between `start` and `stop`: (2, n_cell, n_factor)."""
    state, log_start, cell_part, cycle_sd, series_ohm = body
    nodes, weights = np.polynomial.legendre.leggauss(_CYCLE_NODES if state.shape is None else _SHAPED_NODES)
    half = np.asarray((stop - start) / 2.0)[..., None]
    z = np.asarray((stop + start) / 2.0)[..., None] + half * nodes
    mass = half * weights * np.exp(-(z**2) / 2.0) / np.sqrt(2.0 * np.pi)
    log_r = log_start[:, None] + state.sigma_ln.value * state.score(cell_part[..., None] + cycle_sd * z)
    conductance = 1.0 / (np.exp(log_r) + series_ohm)
    return np.stack([mass.sum(-1), (mass * conductance).sum(-1)])
