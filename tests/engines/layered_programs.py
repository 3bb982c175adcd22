"""Small layered programs of exact neurons, in whole units of charge."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from spikecim.layered import DenseWiring, LayeredProgram, LayerProgram, Pulses, Wiring
from spikecim.spikes import SpikeTrains, trains_from_lists

UNIT = 100


def ideal_layer(weights: ArrayLike, *, wiring: Wiring | None = None, **changes: Any) -> LayerProgram:
    """Exact neurons: threshold and packet 4 units, rails 8 units; by default line k leads to row k."""
    charge = UNIT * np.asarray(weights, np.int32)
    wiring = wiring or DenseWiring(n_rows=charge.shape[0], n_out=charge.shape[1])
    charge = charge.ravel()
    route = np.asarray(changes.get("route", np.arange(wiring.n_rows)), np.int32)
    values: dict[str, Any] = {
        "charge": np.stack([charge, -charge]),
        "read_noise": np.zeros_like(charge),
        **dict.fromkeys(("threshold_up", "threshold_down", "reset_up", "reset_down"), 4 * UNIT),
        **dict.fromkeys(("rail_high", "rail_low"), 8 * UNIT),
        **dict.fromkeys(("leak", "initial"), 0),
        **changes,
    }
    for name in (
        "threshold_up",
        "threshold_down",
        "reset_up",
        "reset_down",
        "rail_high",
        "rail_low",
        "leak",
        "initial",
    ):
        values[name] = np.broadcast_to(np.asarray(values[name], np.int32), (wiring.n_out,)).copy()
    rest: dict[str, Any] = {
        "name": "layer",
        "noise_seed": 1,
        "ramp": None,
        "pulses": (),
        "hard_reset": False,
        "refractory_ticks": 0,
        "fire_from": 0,
        "fire_to": 2**31,
        "line_events": np.full(len(route), 1, np.int64),
        "line_electrons": 1000 + np.arange(len(route), dtype=np.int64),
        "cells_per_group": 8,
    }
    return LayerProgram(wiring=wiring, **(rest | values | {"route": route}))


def chain(*layers: LayerProgram, n_ticks: int = 20, **changes: Any) -> LayeredProgram:
    fields = {"n_ticks": n_ticks, "delta_s": None, "checkpoints": (n_ticks,), "tick_s": 1e-6, **changes}
    return LayeredProgram(layers=layers, **fields).check()


def pulses(charge: list[int], start: int, period: int, stop: int) -> Pulses:
    return Pulses(charge=UNIT * np.array(charge, np.int32), start=start, period=period, stop=stop)


def busy_program(**changes: Any) -> LayeredProgram:
    rng = np.random.default_rng(3)
    hidden = ideal_layer(rng.integers(-3, 5, (4, 6)), read_noise=np.full(24, 40, np.int32), noise_seed=2**64 - 1)
    return chain(hidden, ideal_layer(rng.integers(-3, 5, (6, 3))), n_ticks=40, **changes)


def busy_trains(n_samples: int = 7) -> SpikeTrains:
    rng = np.random.default_rng(4)
    spikes = [[(t, line, 1) for t in range(40) for line in range(4) if rng.random() < 0.3] for _ in range(n_samples)]
    return trains_from_lists(spikes, n_in=4, n_ticks=40)
