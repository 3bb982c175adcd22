"""Other simulators on the same input spikes: none has SPIRIT's neuron, so each row says which one it simulates.

Everybody gets the same trains to the end of the window, on one thread; the peers get them as a dense 0/1 array with one
step per tick, made outside the clock. Weights are whole numbers -4..4 and the threshold is 4, exact in float32.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.cases import Plan, Workload
from benchmarks.timing import Row, measure
from spikecim.engines.event import EventEngine
from spikecim.engines.threads import set_threads
from spikecim.spikes import SpikeTrains

THRESHOLD = 4.0
Simulate = Callable[[Any], Any]  # dense input (n_ticks, n, n_in) to signed spike counts (n, n_out)


@dataclass(frozen=True, kw_only=True)
class Peer:
    """Another simulator: `make` imports it and returns a function for the given weights."""

    name: str
    neuron: str
    make: Callable[[Any], Simulate]


def spikingjelly(weights: Any) -> Simulate:
    """Multi-step node behind one matrix product."""
    from spikingjelly.activation_based import functional, neuron

    node = neuron.TernaryIFNode(v_threshold=THRESHOLD, v_reset=None, step_mode="m")

    def simulate(dense: Any) -> Any:
        functional.reset_net(node)
        return node(dense @ weights).sum(0)

    return simulate


def snntorch(weights: Any) -> Simulate:
    """Step by step, with the matrix product hoisted out of the loop."""
    import snntorch
    import torch

    node = snntorch.Leaky(beta=1.0, threshold=THRESHOLD, reset_mechanism="subtract")

    def simulate(dense: Any) -> Any:
        current = dense @ weights
        counts, membrane = torch.zeros_like(current[0]), torch.zeros_like(current[0])
        for step in current:
            spikes, membrane = node(step, membrane)
            counts += spikes
        return counts

    return simulate


def norse(weights: Any) -> Simulate:
    """The functional step, the fastest way to run its IAF neuron."""
    import torch
    from norse.torch.functional.iaf import IAFFeedForwardState, IAFParameters, iaf_feed_forward_step

    parameters = IAFParameters(v_th=torch.tensor(THRESHOLD))

    def simulate(dense: Any) -> Any:
        current = dense @ weights
        counts, state = torch.zeros_like(current[0]), IAFFeedForwardState(v=torch.zeros_like(current[0]))
        for step in current:
            spikes, state = iaf_feed_forward_step(step, state, parameters)
            counts += spikes
        return counts

    return simulate


PEERS = (
    Peer(name="SpikingJelly TernaryIFNode", neuron="two thresholds, subtract, no refractory time", make=spikingjelly),
    Peer(
        name="snnTorch Leaky(beta=1)",
        neuron="one threshold (>), subtract a step late, no refractory time",
        make=snntorch,
    ),
    Peer(name="Norse IAF, functional", neuron="one threshold (>), hard reset, no refractory time", make=norse),
)


def peer_rows(work: Workload, plan: Plan, say: Callable[[str], None]) -> Iterator[Row]:
    """The event engine without early stop, then every installed peer; `say` gets a line for each that is missing."""
    trains = work.run.trains.window(0, min(plan.peer_images, work.run.n_samples))
    program = work.run.program.with_(delta_s=None)
    engine = EventEngine()
    with one_thread():
        event = Row(
            name="event, whole window, one thread",
            timing=measure(partial(engine.run, program, trains), plan.repeats),
            images=trains.n_samples,
            by_cpu=True,
            note=f"no early stop, the same {trains.n_samples:,} images as the peers below, which get their spikes as a "
            f"dense 0/1 array of {trains.n_ticks} steps, made outside the clock; ratios are of CPU time",
        )
        yield event
        winners = engine.run(program, trains).winners
        try:
            import torch
        except ImportError:
            say("peers skipped: PyTorch is not installed")
            return
        before = torch.get_num_threads()
        torch.set_num_threads(1)
        try:
            dense = torch.from_numpy(dense_input(trains))
            weights = torch.from_numpy(work.network.weights.astype(np.float32))
            for peer in PEERS:
                yield from _peer_row(peer, (dense, weights), (winners, event), plan.peer_repeats, say)
        finally:
            torch.set_num_threads(before)


def _peer_row(
    peer: Peer,
    data: tuple[Any, Any],
    reference: tuple[NDArray[np.int16], Row],
    repeats: int,
    say: Callable[[str], None],
) -> Iterator[Row]:
    import torch

    (dense, weights), (winners, event) = data, reference
    with torch.no_grad():
        try:
            simulate = peer.make(weights)
        except ImportError as error:
            say(f"{peer.name} skipped: {error}")
            return
        same = float((simulate(dense).argmax(1).numpy() == winners).mean())
        timing = measure(partial(simulate, dense), repeats)
    note = f"not SPIRIT bit for bit: {peer.neuron}; same class as SPIRIT on {same:.1%} of the images"
    yield Row(name=peer.name, timing=timing, images=len(winners), against=event, by_cpu=True, note=note)


def dense_input(trains: SpikeTrains) -> NDArray[np.float32]:
    """0/1 array (n_ticks, n_samples, n_in)."""
    dense = np.zeros((trains.n_ticks, trains.n_samples, trains.n_in), np.float32)
    dense[trains.ticks, trains.samples(), trains.lines] = trains.signs
    return dense


@contextmanager
def one_thread() -> Iterator[None]:
    """Let the compiled kernels use one thread for a while."""
    import numba

    before = numba.get_num_threads()
    set_threads(1)
    try:
        yield
    finally:
        set_threads(before)
