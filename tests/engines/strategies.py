"""Programs for tests: an ideal one from integer weights, and random ones that reach every corner of the contract."""

from __future__ import annotations

from typing import Any

import numpy as np
from hypothesis import strategies as st
from numpy.typing import ArrayLike

from spikecim.program import CONTINUOUS, ON_EVENT, Program
from spikecim.spikes import SpikeTrains, trains_from_lists

UNIT = 100  # electrons of one weight unit in `ideal_program`


def ideal_program(weights: ArrayLike, **changes: Any) -> Program:
    """Exact neurons: threshold and packet 4 units, rails 8 units, no leak, noise or refractory time, 40 ticks."""
    charge = UNIT * np.asarray(weights, np.int32)
    n_in, n_out = charge.shape
    fields: dict[str, Any] = {
        "charge": np.stack([charge, -charge]),
        "read_noise": np.zeros((n_in, n_out), np.int32),
        "noise_seed": 1,
        **dict.fromkeys(("threshold_up", "threshold_down", "reset_up", "reset_down"), 4 * UNIT),
        **dict.fromkeys(("rail_high", "rail_low"), 8 * UNIT),
        "leak": 0,
        "refractory_ticks": 0,
        "comparator": CONTINUOUS,
        "n_ticks": 40,
        "delta_s": None,
        "row_electrons": 1000 + np.arange(n_in, dtype=np.int64),
        "tick_s": 1e-6,
        "cells_per_row": 8 * n_out,
    }
    fields |= changes
    for name in ("threshold_up", "threshold_down", "reset_up", "reset_down", "rail_high", "rail_low", "leak"):
        fields[name] = np.broadcast_to(np.asarray(fields[name], np.int32), (n_out,)).copy()
    return Program(**fields).check()


def one_line(ticks: ArrayLike, *, n_ticks: int = 40, sign: int = 1) -> SpikeTrains:
    """One sample, one input line, spikes of one sign."""
    return trains_from_lists([[(int(t), 0, sign) for t in np.atleast_1d(ticks)]], n_in=1, n_ticks=n_ticks)


@st.composite
def programs(draw: st.DrawFn) -> Program:
    """Small programs: shapes, rules and scales are drawn (and shrunk) by hypothesis, the arrays by a drawn seed."""
    n_in, n_out = draw(st.integers(1, 6)), draw(st.integers(1, 20))
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    largest = draw(st.sampled_from([20, 1, 3, 1000, 10**6]))
    charge = rng.integers(-largest, largest + 1, (2, n_in, n_out))
    if draw(st.booleans()):
        charge[1] = -charge[0]

    def magnitudes(high: int) -> np.ndarray:
        return rng.integers(1, max(high, 1) + 1, n_out).astype(np.int32)

    # From a fraction of one spike's charge (many spikes) to several spikes' worth.
    threshold = max(1, int(largest * draw(st.sampled_from([0.5, 0.1, 1.0, 4.0]))))
    thresholds = magnitudes(threshold), magnitudes(threshold)
    rails = tuple(magnitudes(int(threshold * draw(st.sampled_from([2.0, 10.0, 0.5])))) for _ in "hl")
    packet = draw(st.sampled_from(["threshold", "small", "large"]))
    resets = [
        {"threshold": same, "small": magnitudes(max(1, threshold // 4)), "large": magnitudes(3 * threshold)}[packet]
        for same in thresholds
    ]
    leak = draw(st.sampled_from([0, 0, threshold // 10, threshold]))
    noise = draw(st.sampled_from([0, 0, largest]))
    return Program(
        charge=charge.astype(np.int32),
        read_noise=rng.integers(0, noise + 1, (n_in, n_out)).astype(np.int32),
        noise_seed=int(rng.integers(0, 2**64, dtype=np.uint64)),
        threshold_up=thresholds[0],
        threshold_down=thresholds[1],
        # A packet may not swing the node past the far rail (Program.check).
        reset_up=np.minimum(resets[0], thresholds[0] + rails[1]),
        reset_down=np.minimum(resets[1], thresholds[1] + rails[0]),
        rail_high=rails[0],
        rail_low=rails[1],
        leak=rng.integers(0, leak + 1, n_out).astype(np.int32),
        refractory_ticks=draw(st.integers(0, 6)),
        comparator=draw(st.sampled_from([CONTINUOUS, ON_EVENT])),
        n_ticks=draw(st.one_of(st.integers(20, 40), st.integers(1, 40))),
        delta_s=draw(st.one_of(st.integers(1, 5), st.none())),
        row_electrons=rng.integers(1, 10**6, n_in),
        tick_s=1e-6,
        cells_per_row=8 * n_out,
    ).check()


@st.composite
def trains_for(draw: st.DrawFn, program: Program) -> SpikeTrains:
    """One to four samples, from silence to a spike on every line in every tick, of one or both signs."""
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    shape = (draw(st.integers(1, 4)), program.n_ticks, program.n_in)
    present = rng.random(shape) < draw(st.sampled_from([0.3, 1.0, 0.05, 0.0]))
    signs = rng.choice([-1, 1], shape) if draw(st.booleans()) else np.ones(shape, int)
    sample, tick, line = np.nonzero(present)
    return SpikeTrains(
        n_in=program.n_in,
        n_ticks=program.n_ticks,
        offsets=np.searchsorted(sample, np.arange(shape[0] + 1)),
        ticks=tick.astype(np.int32),
        lines=line.astype(np.int16),
        signs=signs[present].astype(np.int8),
    ).check()


@st.composite
def runs(draw: st.DrawFn) -> tuple[Program, SpikeTrains]:
    """A program and trains that drive it."""
    program = draw(programs())
    return program, draw(trains_for(program))
