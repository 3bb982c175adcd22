"""Plastic programs for tests: exact ones from integer weights, random ones that reach every corner of the contract."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
from hypothesis import strategies as st
from numpy.typing import ArrayLike, NDArray

from spikecim.engines.plastic_program import PlasticProgram
from spikecim.engines.plastic_rule import CERTAIN, StdpRule, stdp_rule
from spikecim.engines.plastic_teacher import Teacher
from spikecim.program import Program
from spikecim.spikes import SpikeTrains
from tests.engines.strategies import UNIT, ideal_program, programs, trains_for


def unary(weights: ArrayLike, n_cells: int = 4) -> NDArray[np.bool_]:
    """Cells (n_in, n_out, 2, n_cells) of integer weights."""
    weights = np.asarray(weights)
    sides = np.stack([np.maximum(weights, 0), np.maximum(-weights, 0)], -1)
    return np.arange(n_cells) < sides[..., None]


def exact(weights: ArrayLike, rule: StdpRule | None = None, *, seed: int = 3, **changes: Any) -> PlasticProgram:
    """Ideal cells: an LRS cell adds one unit to its side, an HRS cell nothing; by default every try succeeds."""
    lrs = unary(weights)
    pool = np.zeros((2, 2, *lrs.shape, 1), np.int32)
    side = np.array([UNIT, -UNIT])[:, None, None]
    pool[0, 1], pool[1, 1] = side, -side
    plastic = PlasticProgram(
        program=ideal_program(weights, **changes),
        pool=pool,
        drawn=np.zeros(pool.shape[1:], np.int64),
        lrs=lrs,
        writes=np.zeros(lrs.shape, np.int64),
        rule=rule or stdp_rule(window=5, active=1.0, silent=1.0),
        seed=seed,
    )
    return plastic.with_()


@st.composite
def rules(draw: st.DrawFn, n_ticks: int) -> StdpRule:
    """Rules with certain, impossible and uncertain switching in any mix."""
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    kind = draw(st.sampled_from(["mixed", "certain", "never"]))
    chance = {
        "mixed": rng.choice([0, 1, CERTAIN // 8, CERTAIN // 2, CERTAIN], (3, 2, 2)),
        "certain": np.full((3, 2, 2), CERTAIN),
        "never": np.zeros((3, 2, 2)),
    }[kind].astype(np.int64)
    windows = st.sampled_from([0, 1, 3, n_ticks])
    return StdpRule(window=draw(windows), late_window=draw(windows), chance=chance).check()


def _pool(rng: np.random.Generator, program: Program, shape: tuple[int, ...], share: int) -> NDArray[np.int32]:
    """Charges of single cells about as large as `share` of them make the table of `program`."""
    largest = max(1, int(np.abs(program.charge).max()) * 2 // share)
    return rng.integers(-largest, largest + 1, shape).astype(np.int32)


@st.composite
def plastic_runs(draw: st.DrawFn) -> tuple[PlasticProgram, SpikeTrains, Teacher]:
    """A plastic program, trains and a teacher that drive it."""
    base = draw(programs())
    trains = draw(trains_for(base))
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    n_cells, n_pool = draw(st.integers(1, 4)), draw(st.integers(1, 3))
    cells = (base.n_in, base.n_out, 2, n_cells)
    share = draw(st.sampled_from([0.0, 0.5, 1.0]))
    plastic = PlasticProgram(
        program=replace(base, delta_s=None),
        pool=_pool(rng, base, (2, 2, *cells, n_pool), 2 * n_cells),
        drawn=rng.integers(0, 1000, (2, *cells, n_pool)),
        lrs=rng.random(cells) < share,
        writes=rng.integers(0, draw(st.sampled_from([1, 5])), cells),
        rule=draw(rules(base.n_ticks)),
        seed=int(rng.integers(0, 2**64, dtype=np.uint64)),
    ).with_()
    moved = replace(trains, first_sample=draw(st.sampled_from([0, 7])))
    return plastic, moved, draw(teachers(plastic, moved.n_samples))


@st.composite
def teachers(draw: st.DrawFn, plastic: PlasticProgram, n_samples: int) -> Teacher:
    """No drive, or drives from a fraction of a threshold to several; some neurons muted, rewarded or punished."""
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    shape = (n_samples, plastic.n_out)
    high = int(plastic.program.threshold_up.max()) * draw(st.sampled_from([0, 1, 3]))
    return Teacher(
        drive=rng.integers(-high, high + 1, shape).astype(np.int32),
        start=draw(st.integers(0, 5)),
        period=draw(st.integers(1, 7)),
        muted=rng.random(shape) < draw(st.sampled_from([0.0, 0.3])),
        reward=rng.choice([-1, 0, 1], shape, p=draw(st.sampled_from([[0, 0, 1], [0.3, 0.3, 0.4]]))).astype(np.int8),
    )
