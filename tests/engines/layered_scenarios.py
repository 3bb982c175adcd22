"""Small layered programs, and scenarios worked out by hand that every engine must reproduce."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from spikecim.layered import DenseWiring, LayeredProgram, LayerProgram, Pulses, Wiring
from spikecim.layered.program import NEVER
from spikecim.spikes import SpikeTrains, trains_from_lists

UNIT = 100
Spike = tuple[int, int, int]  # tick, neuron, sign


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


@dataclass(frozen=True)
class Scenario:
    """What goes into one sample, and what the semantics say comes out (worked out by hand)."""

    name: str
    program: LayeredProgram
    spikes_in: list[Spike]
    spikes: list[list[Spike]]  # of each layer
    duration: int | None = None
    winner: int | None = None
    residual: list[int] = field(default_factory=list)
    tallies: list[list[int]] = field(default_factory=list)  # of each layer, at the decision
    checkpoint_winners: list[int] = field(default_factory=list)
    checkpoint_tallies: list[list[list[int]]] = field(default_factory=list)


def _chains() -> Iterator[Scenario]:
    yield Scenario(
        "a spike of tick t reaches the next layer in tick t + 1",
        chain(ideal_layer([[4]]), ideal_layer([[4]]), ideal_layer([[4]])),
        [(3, 0, 1), (7, 0, 1)],
        spikes=[[(3, 0, 1), (7, 0, 1)], [(4, 0, 1), (8, 0, 1)], [(5, 0, 1), (9, 0, 1)]],
        tallies=[[2, 2, 2000, 2, 0]] * 3,
    )
    yield Scenario(
        "a spike of the last tick reaches nobody",
        chain(ideal_layer([[4]]), ideal_layer([[4]])),
        [(19, 0, 1)],
        spikes=[[(19, 0, 1)], []],
        tallies=[[1, 1, 1000, 1, 0], [0, 0, 0, 0, 0]],
        residual=[0],
    )
    yield Scenario(
        "a negative spike drives the opposite injectors",
        chain(ideal_layer([[-4]]), ideal_layer([[4, -4, 3]])),
        [(2, 0, 1)],
        spikes=[[(2, 0, -1)], [(3, 0, -1), (3, 1, 1)]],
        residual=[0, 0, -3 * UNIT],
        winner=1,
        tallies=[[1, 1, 1000, 0, 1], [1, 1, 1000, 1, 1]],
    )
    yield Scenario(
        "a negative spike uses its own charges, not the mirror of the positive ones",
        chain(ideal_layer([[-4]]), ideal_layer([[4]], charge=np.array([[400], [-300]], np.int32))),
        [(2, 0, 1)],
        spikes=[[(2, 0, -1)], []],
        residual=[-300],
    )
    yield Scenario(
        "soft reset: the residue stays in every layer",
        chain(ideal_layer([[3]]), ideal_layer([[3]])),
        [(0, 0, 1), (1, 0, 1), (2, 0, 1), (3, 0, 1)],
        spikes=[[(1, 0, 1), (2, 0, 1), (3, 0, 1)], [(3, 0, 1), (4, 0, 1)]],
        residual=[UNIT],
    )
    yield Scenario(
        "hard reset: the residue is lost",
        chain(ideal_layer([[3]], hard_reset=True), ideal_layer([[5]], hard_reset=True)),
        [(0, 0, 1), (1, 0, 1), (2, 0, 1), (3, 0, 1)],
        spikes=[[(1, 0, 1), (3, 0, 1)], [(2, 0, 1), (4, 0, 1)]],
        residual=[0],
    )


def _routes() -> Iterator[Scenario]:
    both = [(3, 0, 1), (3, 1, 1)]
    yield Scenario(
        "lines of one pooling window share a row, and each of their spikes reads it",
        chain(ideal_layer(4 * np.eye(2)), ideal_layer([[2]], route=[0, 0])),
        [*both, (5, 0, 1)],
        spikes=[[(3, 0, 1), (3, 1, 1), (5, 0, 1)], [(4, 0, 1)]],
        residual=[2 * UNIT],
        tallies=[[3, 3, 3001, 3, 0], [3, 3, 3001, 1, 0]],
    )
    yield Scenario(
        "a line that leads nowhere is counted nowhere",
        chain(ideal_layer(4 * np.eye(2)), ideal_layer([[4]], route=[-1, 0])),
        [*both, (5, 0, 1)],
        spikes=[[(3, 0, 1), (3, 1, 1), (5, 0, 1)], [(4, 0, 1)]],
        tallies=[[3, 3, 3001, 3, 0], [1, 1, 1001, 1, 0]],
    )
    yield Scenario(
        "an input line that leads nowhere is counted nowhere",
        chain(ideal_layer([[4]], route=[-1, 0])),
        [*both, (5, 0, 1)],
        spikes=[[(3, 0, 1)]],
        tallies=[[1, 1, 1001, 1, 0]],
    )


def _timers() -> Iterator[Scenario]:
    yield Scenario(
        "bias pulses in ticks 2, 5, 8 and no more, together with the spikes of the tick",
        chain(ideal_layer([[2]], pulses=(pulses([2], 2, 3, 11),))),
        [(2, 0, 1), (6, 0, 1)],
        spikes=[[(2, 0, 1), (6, 0, 1)]],
        residual=[2 * UNIT],
    )
    yield Scenario(
        "pulses of opposite signs in one tick cancel before the comparator looks",
        chain(ideal_layer([[4]], pulses=(pulses([4], 0, 5, 20), pulses([-4], 0, 10, 20)))),
        [],
        spikes=[[(5, 0, 1), (15, 0, 1)]],
        residual=[0],
    )
    yield Scenario(
        "initial charge beyond the threshold fires in the first tick",
        chain(ideal_layer([[4]], initial=5 * UNIT), ideal_layer([[4]], initial=-4 * UNIT)),
        [],
        spikes=[[(0, 0, 1)], [(0, 0, -1), (1, 0, 1)]],
    )
    yield Scenario(
        "silent before fire_from and from fire_to on; charge is kept",
        chain(ideal_layer([[4]], fire_from=5, fire_to=8, rail_high=40 * UNIT)),
        [(tick, 0, 1) for tick in range(1, 6)],
        spikes=[[(5, 0, 1), (6, 0, 1), (7, 0, 1)]],
        residual=[8 * UNIT],
    )
    yield Scenario(
        "a threshold switched off is never reached",
        chain(ideal_layer([[4, -4]], threshold_down=NEVER, rail_low=5 * UNIT)),
        [(1, 0, 1), (2, 0, 1)],
        spikes=[[(1, 0, 1), (2, 0, 1)]],
        residual=[0, -5 * UNIT],
    )
    yield Scenario(
        "the ramp scales what arrives, rounded down, in the tick of arrival",
        chain(
            ideal_layer([[4]]),
            ideal_layer([[4]], charge=np.array([[401], [-401]]), ramp=np.array([65536] * 4 + [32768] * 16, np.int32)),
        ),
        [(1, 0, 1), (4, 0, 1), (5, 0, 1), (6, 0, 1)],
        # 401 in tick 2; 1 + 3 * 200 by tick 7.
        spikes=[[(1, 0, 1), (4, 0, 1), (5, 0, 1), (6, 0, 1)], [(2, 0, 1), (6, 0, 1)]],
        residual=[201],
    )
    yield Scenario(
        "the ramp rounds negative charge down too",
        chain(ideal_layer([[1]], charge=np.array([[-401], [401]]), ramp=np.full(20, 32768, np.int32))),
        [(1, 0, 1)],
        spikes=[[]],
        residual=[-201],
    )


def _decisions() -> Iterator[Scenario]:
    yield Scenario(
        "in the deciding tick every layer finishes its step; nothing later counts",
        chain(ideal_layer([[4]]), ideal_layer([[4, 0]]), delta_s=2, checkpoints=(5, 7, 9, 20)),
        [(tick, 0, 1) for tick in (3, 6, 7, 8)],
        # The second output spike comes in tick 7, and decides; layer 0 fires in tick 7 too, nobody hears that.
        spikes=[[(3, 0, 1), (6, 0, 1), (7, 0, 1)], [(4, 0, 1), (7, 0, 1)]],
        duration=8,
        winner=0,
        residual=[0, 0],
        tallies=[[3, 3, 3000, 3, 0], [2, 2, 2000, 2, 0]],
        checkpoint_winners=[0, 0, 0, 0],
        checkpoint_tallies=[
            [[1, 1, 1000, 1, 0], [1, 1, 1000, 1, 0]],
            [[2, 2, 2000, 2, 0], [1, 1, 1000, 1, 0]],
            [[3, 3, 3000, 3, 0], [2, 2, 2000, 2, 0]],
            [[3, 3, 3000, 3, 0], [2, 2, 2000, 2, 0]],
        ],
    )
    yield Scenario(
        "a checkpoint decides by what there is after its ticks: score, then charge, then index",
        chain(ideal_layer([[4, 0, 0], [0, 3, 0], [0, 0, 4]]), ideal_layer(4 * np.eye(3)), checkpoints=(2, 5, 8, 20)),
        [(1, 1, 1), (3, 2, 1), (5, 0, 1), (6, 0, 1)],
        # Output: neuron 2 in tick 4, neuron 0 in ticks 6 and 7.
        spikes=[[(3, 2, 1), (5, 0, 1), (6, 0, 1)], [(4, 2, 1), (6, 0, 1), (7, 0, 1)]],
        winner=0,
        checkpoint_winners=[0, 2, 0, 0],
    )
    yield Scenario(
        "a checkpoint without spikes decides by charge",
        chain(ideal_layer([[1, 2, 4]]), checkpoints=(2, 3, 20)),
        [(1, 0, 1), (2, 0, -1)],
        spikes=[[(1, 2, 1), (2, 2, -1)]],
        winner=0,
        residual=[0, 0, 0],
        checkpoint_winners=[2, 0, 0],
    )
    yield Scenario(
        "a sample that ended keeps its decision, whatever would have come",
        chain(ideal_layer([[4, 0], [0, 4]]), delta_s=1, checkpoints=(3, 4, 20)),
        [(3, 0, 1), (4, 1, 1), (5, 1, 1), (6, 1, 1)],
        spikes=[[(3, 0, 1)]],
        duration=4,
        winner=0,
        checkpoint_winners=[0, 0, 0],
    )


SCENARIOS = [*_chains(), *_routes(), *_timers(), *_decisions()]
