"""From a measured file to a device: the law of each state by BIC, its goodness, the cell share, the relaxation."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from spikecim.devices.measured.choice import best_tail
from spikecim.devices.measured.estimate import (
    LOG_NORMAL,
    SHAPED,
    TAILED,
    Estimate,
    FloatArray,
    Goodness,
    IntArray,
    StateFit,
)
from spikecim.devices.measured.goodness import judge_lognormal, judge_tail
from spikecim.devices.measured.lognormal import fit_lognormal, grouped
from spikecim.devices.measured.relaxation_fit import RelaxationFit, first_readings, fit_relaxation
from spikecim.devices.measured.shape import measured_shape, normal_scores, shape_estimates
from spikecim.devices.measured.share import cell_share, enough_for_share
from spikecim.devices.measured.table import STATES, Measured
from spikecim.devices.measured.tail import share_of_tail
from spikecim.devices.measured.tail_fit import TailFit, tail_estimates
from spikecim.errors import DataError


@dataclass(frozen=True, kw_only=True)
class DeviceFit:
    """What a measured file tells of a device.

    Attributes
    ----------
    measured : Measured
    lrs, hrs : StateFit
    share : Estimate or None
        Share of the variance that stays with the cell, where cells were cycled.
    relaxation : dict of RelaxationFit or None
        By state, where cells were followed in time.
    """

    measured: Measured
    lrs: StateFit
    hrs: StateFit
    share: Estimate | None
    relaxation: dict[str, RelaxationFit] | None

    def of(self, state: str) -> StateFit:
        return self.lrs if state == "lrs" else self.hrs


@dataclass(frozen=True, kw_only=True)
class _Body:
    """A state before its goodness is known: readings, cells, and the tail if there is one."""

    y: FloatArray
    cell: IntArray | None
    tail: TailFit | None


def fit_device(measured: Measured, *, empirical: bool = False, seed: int = 0) -> DeviceFit:
    """Fit `measured`; with `empirical` the measured quantiles stand in for a law, however good it is.

    Raises
    ------
    DataError
        If all readings of a state are equal, or relaxation cannot be told.
    """
    bodies = {state: _body(measured, state) for state in STATES}
    share = _share(bodies) if measured.kind == "cycles" else None
    fits = {
        state: _state(body, 0.0 if share is None else share.value, seed, empirical=empirical)
        for state, body in bodies.items()
    }
    relaxation = None
    if measured.kind == "times":
        relaxation = {state: fit_relaxation(measured.of(state), state, measured.file, seed) for state in STATES}
    return DeviceFit(measured=measured, lrs=fits["lrs"], hrs=fits["hrs"], share=share, relaxation=relaxation)


def _body(measured: Measured, state: str) -> _Body:
    readings = measured.of(state)
    ohm = first_readings(readings) if measured.kind == "times" else readings.resistance
    y = np.log(ohm)
    if np.ptp(y) == 0:
        raise DataError(f"{measured.file}: all {state.upper()} resistances are {ohm[0]:.4g} ohm; nothing to fit")
    cell = readings.cell if measured.kind == "cycles" else None
    return _Body(y=y, cell=cell, tail=best_tail(y, cell))


def _share(bodies: dict[str, _Body]) -> Estimate | None:
    groups = []
    for body in bodies.values():
        assert body.cell is not None
        y, cell = body.y, body.cell
        if body.tail is not None:
            # A tail strikes single pulses; the share speaks of the body.
            kept = share_of_tail(body.tail.theta, y) < 0.5
            y, cell = y[kept], cell[kept]
        elif judge_lognormal(y, cell).poor:
            y = normal_scores(y)
        groups.append(grouped(y, cell))
    return cell_share(groups) if enough_for_share(groups) else None


def _state(body: _Body, share: float, seed: int, *, empirical: bool) -> StateFit:
    goodness = _goodness(body, share, seed)
    law = SHAPED if empirical or goodness.poor else LOG_NORMAL if body.tail is None else TAILED
    if law == SHAPED:
        estimates = shape_estimates(body.y, body.cell, seed)
    elif body.tail is None:
        estimates = fit_lognormal(body.y, body.cell)
    else:
        estimates = tail_estimates(body.tail, body.y, body.cell)
    return StateFit(
        law=law,
        estimates=estimates,
        shape=measured_shape(body.y) if law == SHAPED else None,
        goodness=goodness,
        n=len(body.y),
        n_cells=len(body.y) if body.cell is None else len(np.unique(body.cell)),
        log_r=body.y,
    )


def _goodness(body: _Body, share: float, seed: int) -> Goodness:
    if body.tail is None:
        return judge_lognormal(body.y, body.cell, share, seed)
    return judge_tail(body.y, body.tail.theta, body.cell, share, seed)
