"""Scenarios of layered programs worked out by hand, which every engine must reproduce."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np

from spikecim.layered import LayeredProgram
from spikecim.layered.program import NEVER
from tests.engines.layered_programs import UNIT, chain, ideal_layer, pulses

Spike = tuple[int, int, int]  # tick, neuron, sign


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
        # A shorter pulse draws less from the cells too.
        tallies=[[4, 4, 4000, 4, 0], [4, 4, 1000 + 3 * 500, 2, 0]],
    )
    yield Scenario(
        "the ramp rounds negative charge down too",
        chain(
            ideal_layer(
                [[1]],
                charge=np.array([[-401], [401]]),
                ramp=np.full(20, 32768, np.int32),
                line_electrons=np.array([1001], np.int64),
            )
        ),
        [(1, 0, 1), (2, 0, -1), (5, 0, 1)],
        # The charge goes -201, -1, -202; the electrons of a pulse, 500.5, are rounded down one by one.
        spikes=[[]],
        residual=[-202],
        tallies=[[3, 3, 3 * 500, 0, 0]],
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
