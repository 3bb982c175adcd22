"""Random programs of several layers that reach every corner of the contract, and trains that drive them."""

from __future__ import annotations

import numpy as np
from hypothesis import strategies as st
from numpy.typing import NDArray

from spikecim.layered import ConvolutionWiring, DenseWiring, LayeredProgram, LayerProgram, Pulses, SparseWiring, Wiring
from spikecim.layered.program import NEVER
from spikecim.spikes import SpikeTrains

_MOST = 2**30


def _rng(draw: st.DrawFn) -> np.random.Generator:
    return np.random.default_rng(draw(st.integers(0, 2**32 - 1)))


@st.composite
def convolutions(draw: st.DrawFn) -> ConvolutionWiring:
    """Small ones: stride, uneven padding, groups, images that are not square."""
    size = draw(st.tuples(st.integers(1, 5), st.integers(1, 5)))
    padding = draw(st.tuples(*[st.tuples(st.integers(0, 2), st.integers(0, 2))] * 2))
    kernel = tuple(draw(st.integers(1, min(3, length + sum(pad)))) for length, pad in zip(size, padding, strict=True))
    groups = draw(st.integers(1, 3))
    return ConvolutionWiring(
        in_shape=(*size, groups * draw(st.integers(1, 2))),
        kernel=kernel,  # type: ignore[arg-type]
        c_out=groups * draw(st.integers(1, 3)),
        stride=draw(st.tuples(st.integers(1, 3), st.integers(1, 3))),
        padding=padding,
        groups=groups,
    )


@st.composite
def sparse_wirings(draw: st.DrawFn) -> SparseWiring:
    """From no link at all to every link."""
    n_rows, n_out = draw(st.integers(1, 6)), draw(st.integers(1, 20))
    present = _rng(draw).random((n_rows, n_out)) < draw(st.sampled_from([0.5, 0.1, 1.0, 0.0]))
    return SparseWiring(
        offsets=np.concatenate([[0], np.cumsum(present.sum(1))]).astype(np.int64),
        targets=np.nonzero(present)[1].astype(np.int32),
        n_out=n_out,
    )


def wirings() -> st.SearchStrategy[Wiring]:
    dense = st.builds(DenseWiring, n_rows=st.integers(1, 6), n_out=st.integers(1, 20))
    return st.one_of(dense, convolutions(), sparse_wirings())


def _route(draw: st.DrawFn, n_in: int, n_rows: int) -> NDArray[np.int32]:
    """Line by line, in windows that share a row, or anyhow; some lines lead nowhere."""
    kind = draw(st.sampled_from(["windows", "anyhow", "straight"]))
    lines = np.arange(n_in)
    if kind == "straight":
        return np.where(lines < n_rows, lines, -1).astype(np.int32)
    if kind == "windows":
        return (lines * n_rows // n_in).astype(np.int32)
    return _rng(draw).integers(-1, n_rows, n_in).astype(np.int32)


def _pulses(draw: st.DrawFn, n_out: int, n_ticks: int, largest: int) -> Pulses:
    return Pulses(
        charge=_rng(draw).integers(-largest, largest + 1, n_out).astype(np.int32),
        start=draw(st.integers(0, n_ticks + 2)),
        period=draw(st.sampled_from([1, 2, 3, 7, 1000])),
        stop=draw(st.integers(0, n_ticks + 5)),
        cells=draw(st.integers(0, 9)),
        electrons=draw(st.integers(0, 999)),
    )


def _charges(rng: np.random.Generator, wiring: Wiring, largest: int, mirrored: bool) -> NDArray[np.int32]:
    charge = rng.integers(-largest, largest + 1, (2, wiring.n_groups)).astype(np.int32)
    if mirrored:
        charge[1] = -charge[0]
    return charge


@st.composite
def layers(draw: st.DrawFn, n_in: int, n_ticks: int, name: str) -> LayerProgram:
    """One layer fed by `n_in` lines; structure and rules are drawn by hypothesis, arrays by drawn seeds."""
    wiring = draw(wirings())
    n_out, rng = wiring.n_out, _rng(draw)
    route = _route(draw, n_in, wiring.n_rows)
    shared = np.bincount(route[route >= 0], minlength=1).max()
    reach = int(wiring.most_per_neuron(np.ones(wiring.n_groups, np.int64)).max() * shared)
    largest = min(draw(st.sampled_from([20, 1, 3, 1000, 10**6])), _MOST // (3 * max(reach, 1)))
    threshold = max(1, int(largest * draw(st.sampled_from([0.5, 0.1, 1.0, 4.0]))))

    def magnitudes(high: int) -> NDArray[np.int32]:
        return rng.integers(1, max(high, 1) + 1, n_out).astype(np.int32)

    rails = [magnitudes(int(threshold * draw(st.sampled_from([2.0, 10.0, 0.5])))) for _ in "hl"]
    thresholds = [magnitudes(threshold) for _ in "ud"]
    packet = draw(st.sampled_from(["threshold", "small", "large"]))
    wanted = [
        {"threshold": same, "small": magnitudes(threshold // 4), "large": magnitudes(3 * threshold)}[packet]
        for same in thresholds
    ]
    # A packet may not swing the node past the far rail (LayerProgram.check).
    resets = [np.minimum(wanted[0], thresholds[0] + rails[1]), np.minimum(wanted[1], thresholds[1] + rails[0])]
    for values, off in zip(
        thresholds, draw(st.sampled_from([(0, 0), (0, 0), (0, 1), (0.3, 0.3), (1, 0)])), strict=True
    ):
        values[rng.random(n_out) < off] = NEVER
    leak = draw(st.sampled_from([0, 0, threshold // 10, threshold]))
    noise = draw(st.sampled_from([0, 0, largest]))
    ramp = rng.integers(0, 65537, n_ticks).astype(np.int32) if draw(st.booleans()) else None
    return LayerProgram(
        name=name,
        wiring=wiring,
        route=route,
        charge=_charges(rng, wiring, largest, draw(st.booleans())),
        read_noise=rng.integers(0, noise + 1, wiring.n_groups).astype(np.int32),
        noise_seed=int(rng.integers(0, 2**64, dtype=np.uint64)),
        ramp=ramp,
        pulses=tuple(_pulses(draw, n_out, n_ticks, largest) for _ in range(draw(st.integers(0, 2)))),
        initial=rng.integers(-rails[1], rails[0] + 1).astype(np.int32) * draw(st.sampled_from([0, 1])),
        threshold_up=thresholds[0],
        threshold_down=thresholds[1],
        reset_up=resets[0],
        reset_down=resets[1],
        rail_high=rails[0],
        rail_low=rails[1],
        leak=rng.integers(0, leak + 1, n_out).astype(np.int32),
        hard_reset=draw(st.booleans()),
        refractory_ticks=draw(st.sampled_from([0, 0, 1, 2, 5, n_ticks, n_ticks + 1, 2**31 + 5])),
        fire_from=draw(st.sampled_from([0, 0, 0, 0, 1, n_ticks // 3, n_ticks])),
        fire_to=draw(st.sampled_from([n_ticks, n_ticks, 2**31 + 5, n_ticks - 1, n_ticks // 2, 0])),
        # Not what the wiring says: the tallies must come from these tables.
        line_events=rng.integers(0, 100, n_in),
        line_electrons=rng.integers(0, 10**9, n_in),
        cells_per_group=8,
    )


@st.composite
def layered_programs(draw: st.DrawFn) -> LayeredProgram:
    """One to four small layers."""
    n_ticks = draw(st.one_of(st.integers(20, 40), st.integers(1, 40)))
    n_in, chain = draw(st.integers(1, 12)), []
    for number in range(draw(st.integers(1, 4))):
        chain.append(draw(layers(n_in, n_ticks, f"layer {number}")))
        n_in = chain[-1].n_out
    checkpoints = draw(st.sets(st.integers(1, n_ticks), max_size=4)) | {n_ticks}
    return LayeredProgram(
        layers=tuple(chain),
        n_ticks=n_ticks,
        delta_s=draw(st.one_of(st.integers(1, 5), st.none())),
        checkpoints=tuple(sorted(checkpoints)),
        tick_s=1e-6,
    ).check()


@st.composite
def layered_trains(draw: st.DrawFn, program: LayeredProgram) -> SpikeTrains:
    """One to four samples, from silence to a spike on every line in every tick; the trains may end early."""
    rng, n_ticks = _rng(draw), draw(st.one_of(st.just(program.n_ticks), st.integers(1, program.n_ticks)))
    shape = (draw(st.integers(1, 4)), n_ticks, program.n_in)
    present = rng.random(shape) < draw(st.sampled_from([0.3, 0.3, 1.0, 0.05, 0.0]))
    signs = rng.choice([-1, 1], shape) if draw(st.booleans()) else np.ones(shape, int)
    sample, tick, line = np.nonzero(present)
    return SpikeTrains(
        n_in=program.n_in,
        n_ticks=n_ticks,
        offsets=np.searchsorted(sample, np.arange(shape[0] + 1)),
        ticks=tick.astype(np.int32),
        lines=line.astype(np.int16),
        signs=signs[present].astype(np.int8),
        first_sample=draw(st.sampled_from([0, 1000])),
    ).check()


@st.composite
def layered_runs(draw: st.DrawFn) -> tuple[LayeredProgram, SpikeTrains]:
    """A program and trains that drive it."""
    program = draw(layered_programs())
    return program, draw(layered_trains(program))
