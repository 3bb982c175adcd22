"""Converted networks in other simulators: same charges, biases, input spikes and steps; integrate and fire, soft reset.

Each runs layer by layer, all steps of a layer at once as far as it can: its fastest way, and one all three document.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.dense_form import Stage, dense_form, dense_input
from benchmarks.layered import Converted, flat
from benchmarks.timing import Row, measure, once
from spikecim.engines.layered_event import run_layered
from spikecim.engines.threads import max_threads, set_threads

BATCHES = (8, 64, 256)
# Dense spikes (n_steps, n, channels, height, width), or (n, n_steps, ...), to scores and charge, each (n, classes).
Simulate = Callable[[Any], tuple[Any, Any]]


@dataclass(frozen=True, kw_only=True)
class LayeredPeer:
    """Another simulator: `make` imports it and returns a function for the given layers."""

    name: str
    unlike: str
    make: Callable[[list[Stage]], Simulate]
    time_first: bool = True


def spikingjelly(stages: list[Stage]) -> Simulate:
    """Multi-step nodes; the last layer has its node of two thresholds."""
    from spikingjelly.activation_based import functional, neuron

    nodes = [
        (neuron.TernaryIFNode if stage.signed else neuron.IFNode)(v_threshold=1.0, v_reset=None, step_mode="m")
        for stage in stages
    ]

    def simulate(spikes: Any) -> tuple[Any, Any]:
        for stage, node in zip(stages, nodes, strict=True):
            functional.reset_net(node)
            spikes = node(functional.seq_to_ann_forward(spikes, stage.linear))
        return spikes.sum(0), nodes[-1].v

    return simulate


def snntorch(stages: list[Stage]) -> Simulate:
    """Node step by step, with the linear layer hoisted out of the loop."""
    import snntorch
    import torch

    nodes = [snntorch.Leaky(beta=1.0, reset_mechanism="subtract") for _ in stages]

    def simulate(spikes: Any) -> tuple[Any, Any]:
        membrane = None
        for stage, node in zip(stages, nodes, strict=True):
            charge = stage.linear(spikes.flatten(0, 1)).unflatten(0, spikes.shape[:2])
            membrane, fired = torch.zeros_like(charge[0]), []
            for step in charge:
                out, membrane = node(step, membrane)
                fired.append(out)
            spikes = torch.stack(fired)
        # Its own reset comes with the next step: the same spikes, but the last one is still in the membrane.
        return spikes.sum(0), membrane - spikes[-1]

    return simulate


class _TwoSided:
    """Spike function of two thresholds, in the form that sinabs takes."""

    required_states = ("v_mem",)

    @staticmethod
    def apply(v_mem: Any, threshold: Any, _: object) -> Any:
        return (v_mem >= threshold).float() - (v_mem <= -threshold).float()


def sinabs(stages: list[Stage]) -> Simulate:
    """Its IAF layer over (batch, time, ...)."""
    from sinabs.activation import SingleSpike
    from sinabs.layers import IAF

    nodes = [IAF(spike_fn=_TwoSided if stage.signed else SingleSpike) for stage in stages]

    def simulate(spikes: Any) -> tuple[Any, Any]:
        for stage, node in zip(stages, nodes, strict=True):
            node.reset_states()
            spikes = node(stage.linear(spikes.flatten(0, 1)).unflatten(0, spikes.shape[:2]))
        return spikes.sum(1), nodes[-1].v_mem

    return simulate


PEERS = (
    LayeredPeer(name="SpikingJelly IFNode", unlike="", make=spikingjelly),
    LayeredPeer(
        name="snnTorch Leaky(beta=1)",
        unlike="spikes above the threshold, and the last layer has no lower one",
        make=snntorch,
    ),
    LayeredPeer(name="sinabs IAF", unlike="", make=sinabs, time_first=False),
)


@dataclass(frozen=True, kw_only=True)
class _Case:
    """What all simulators are given, and what the event engine made of it."""

    job: Converted
    stages: list[Stage]
    dense: Any
    scores: NDArray[np.int64]
    winners: NDArray[np.integer]


def layered_peer_rows(
    job: Converted, steps: int, images: int, repeats: int, say: Callable[[str], None]
) -> Iterator[Row]:
    """The event engine, then every installed peer: on one thread by CPU time, on all threads by the clock."""
    chip = job.at(steps)
    trains = chip.network.code.encode(flat(job.images[:images]))
    record = run_layered(chip.program, trains, keep="counts")
    run = partial(run_layered, chip.program, trains, keep_output=False)
    case = None
    for threads in sorted({1, max_threads()}):
        with event_threads(threads):
            timing = measure(run, 3 * repeats)
        event = Row(
            name=f"event, {job.name}, {steps} steps{_on(threads)}",
            timing=timing,
            images=trains.n_samples,
            by_cpu=threads == 1,
            note=f"spike trains given, no early stop; {_per_image(record)}; the rows below get the same spikes as a "
            "dense 0/1 array, made outside the clock",
        )
        yield event
        try:
            import torch
        except ImportError:
            say(f"peers of {job.name} skipped: PyTorch is not installed")
            continue
        if case is None:
            shape = job.images.shape[1:]
            case = _Case(
                job=job,
                stages=dense_form(chip.program, (shape[0], shape[1], shape[2])),
                dense=dense_input(trains, (shape[0], shape[1], shape[2]), steps),
                scores=record.counts[-1].astype(np.int64) if record.counts else np.zeros(0, np.int64),
                winners=record.output.decisions.winners[:, -1],
            )
        before = torch.get_num_threads()
        torch.set_num_threads(threads)
        try:
            for peer in PEERS:
                yield from _peer_row(peer, case, event, (threads, repeats), say)
        finally:
            torch.set_num_threads(before)


def _peer_row(
    peer: LayeredPeer, case: _Case, event: Row, plan: tuple[int, int], say: Callable[[str], None]
) -> Iterator[Row]:
    import torch

    threads, repeats = plan
    with torch.inference_mode():
        try:
            simulate = peer.make(case.stages)
        except ImportError as error:
            say(f"{peer.name} skipped: {error}")
            return
        dense = case.dense if peer.time_first else case.dense.transpose(0, 1).contiguous()
        sizes = sorted({min(size, len(case.winners)) for size in BATCHES})
        tried = {size: once(partial(_run, simulate, dense, size, peer.time_first)) for size in sizes}
        best = min(sizes, key=lambda size: tried[size].cpu_seconds if threads == 1 else tried[size].seconds)
        job = partial(_run, simulate, dense, best, peer.time_first)
        scores, charge = job()
        timing = measure(job, repeats)
    alike = agreement(scores, charge, case.scores, case.winners)
    same = f"class as ours on {alike[0]:.1%} of the images, score of each output on {alike[1]:.2%}"
    yield Row(
        name=f"{peer.name}, {case.job.name}{_on(threads)}",
        timing=timing,
        images=len(case.winners),
        against=event,
        by_cpu=threads == 1,
        note=f"{'; '.join(filter(None, [peer.unlike, same]))}; best of batches {', '.join(map(str, sizes))}: {best}",
    )


def agreement(
    scores: NDArray[np.float64], charge: NDArray[np.float64], ours: NDArray[np.int64], winners: NDArray[np.integer]
) -> tuple[float, float]:
    """Share of images decided alike (ties to the larger charge), and of outputs with the same score."""
    tied = np.where(scores == scores.max(1, keepdims=True), charge, -np.inf)
    return float((tied.argmax(1) == winners).mean()), float((scores == ours).mean())


def _run(simulate: Simulate, dense: Any, batch: int, time_first: bool) -> tuple[NDArray[Any], NDArray[Any]]:
    """All images, `batch` at a time."""
    import torch

    found = [simulate(part) for part in torch.split(dense, batch, dim=1 if time_first else 0)]
    scores, charges = (torch.cat(parts).numpy() for parts in zip(*found, strict=True))
    return scores, charges


def _on(threads: int) -> str:
    return ", one thread" if threads == 1 else f", {threads} threads"


def _per_image(record: Any) -> str:
    spikes, events = (record.margin_tallies[:, -1, :, k].sum(1).mean() for k in (0, 1))
    return f"{spikes:,.0f} spikes and {events:,.0f} synaptic events an image"


@contextmanager
def event_threads(n: int) -> Iterator[None]:
    """Let the compiled kernels use `n` threads for a while."""
    import numba

    before = numba.get_num_threads()
    set_threads(n)
    try:
        yield
    finally:
        set_threads(before)
