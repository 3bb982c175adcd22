"""Measured trains cut into independent units, and the steps that the ends of the window leave alone."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from spikecim.devices.measured.estimate import FloatArray, IntArray
from spikecim.devices.measured.pulse_steps import Mask, Passed, solve, stride_line, unit_sums
from spikecim.devices.measured.pulse_trains import PulseTrains, Trains

# Fewer units leave an interval to chance; then the next smaller unit is left out.
_FEWEST_UNITS, _BLOCKS = 5, 10
# The clip at the ends of the window bends steps that may end within so many standard deviations of one.
_EDGE, _WIDEST_EDGE = 2.5, 0.25
# Up and down.
Pair = tuple[Passed, Passed]


def into_units(trains: PulseTrains, window: tuple[float, float]) -> tuple[Pair, int, str]:
    """Trains as shares passed, with the units to leave out: cells, else trains, else blocks of successive pulses."""
    zero, width = window
    shares = [(trains.up.conductance - zero) / width, (zero + width - trains.down.conductance) / width]
    sides = (trains.up, trains.down)
    cells = [np.unique(side.cell, return_inverse=True)[1] for side in sides]
    if min(len(np.unique(side.cell)) for side in sides) >= _FEWEST_UNITS:
        ids, n, unit = [side.cell for side in sides], int(max(side.cell.max() for side in sides)) + 1, "cells"
    elif min(map(len, cells)) >= _FEWEST_UNITS:
        ids, n, unit = [np.arange(len(one)) for one in cells], max(map(len, cells)), "trains"
    else:
        return _blocks(sides, shares)
    wide = [np.repeat(one[:, None], share.shape[1] - 1, axis=1) for one, share in zip(ids, shares, strict=True)]
    return (_passed(shares[0], wide[0], sides[0]), _passed(shares[1], wide[1], sides[1])), n, unit


def _blocks(sides: tuple[Trains, Trains], shares: list[FloatArray]) -> tuple[Pair, int, str]:
    ids = []
    for share in shares:
        n_trains, n_steps = share.shape[0], share.shape[1] - 1
        ids.append(np.tile(np.arange(n_steps) * _BLOCKS // n_steps, (n_trains, 1)))
    pair = _passed(shares[0], ids[0], sides[0]), _passed(shares[1], ids[1], sides[1])
    return pair, _BLOCKS, "blocks of pulses"


def _passed(share: FloatArray, unit: IntArray, side: Trains) -> Passed:
    kept = np.ones(unit.shape, np.bool_)
    return Passed(y=share, unit=unit, kept=kept, calm=kept, first=side.first, stride=side.stride)


def off_the_edges(pair: Pair, n_units: int) -> Pair:
    """The same with steps left out that may end at an end of the window, where its clip bends them."""
    for _ in range(2):
        sums = tuple(unit_sums(one, n_units).sum(axis=0) for one in pair)
        up, down, read = solve((sums[0], sums[1]), pair)
        found = []
        for one, curves in zip(pair, (up, down), strict=True):
            slope, offset = line = stride_line(curves, one.stride)
            end = _expected_end(one.y, line)
            later = slope * (slope * end + offset) + offset
            # Noise of two and of four pulses lies between the reading that is looked at and the last one used.
            noise = one.stride * float(curves.pulse_variance)
            kept = _inside(end, 2.0 * noise + float(read))
            calm = kept & _inside(later, 4.0 * noise + float(read))
            found.append(replace(one, kept=kept, calm=calm))
        pair = found[0], found[1]
    return pair


def _expected_end(y: FloatArray, line: tuple[float, float]) -> FloatArray:
    """Where each step (n_trains, n_steps) should end, told from the reading before the step's own first one.

    A choice of steps by a reading that is fitted would bend the line.
    """
    slope, offset = line
    before = np.column_stack([np.full(len(y), y[:, 0].mean()), slope * y[:, :-2] + offset])
    return np.asarray(slope * before + offset)


def _inside(state: FloatArray, variance: float) -> Mask:
    """Which states (...) lie so far inside the window that noise of `variance` hardly reaches its ends."""
    edge = min(_EDGE * float(np.sqrt(max(variance, 0.0))), _WIDEST_EDGE)
    return np.asarray((state > edge) & (state < 1.0 - edge))
