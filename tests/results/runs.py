"""Runs for tests: a small chip, hand-made programs with made-up cells, and equality to the last bit."""

from __future__ import annotations

from dataclasses import fields, is_dataclass
from typing import Any

import numpy as np

from spikecim.chips import load_chip
from spikecim.emulator import Emulator
from spikecim.engines import get_engine
from spikecim.network import Network
from spikecim.program import Program
from spikecim.results.run import RunResult
from spikecim.spikes import SpikeTrains

SMALL = {"geometry.n_in": 9, "geometry.n_out": 3, "geometry.image_side": 3, "coding.window": "300 us"}


def small_run(n_samples: int = 4, *, chip: str = "spirit", seed: int = 1, scale: float = 1.0) -> RunResult:
    """Random images on a chip with 9 inputs and 3 neurons, run by the oracle; `scale` 0 keeps the inputs silent."""
    rng = np.random.default_rng(seed)
    network = Network(
        weights=rng.integers(-4, 5, (9, 3)).astype(np.int8), name="réseau", notes={"data": "random", "empty": ""}
    )
    emulator = Emulator(chip=load_chip(chip, SMALL), network=network, seed=seed, engine="stepper")
    return emulator.run(scale * rng.random((n_samples, 9)), rng.integers(0, 3, n_samples))


def run_of(program: Program, trains: SpikeTrains) -> RunResult:
    """The run of a hand-made program, with made-up values, labels and cells."""
    rng = np.random.default_rng(program.n_in)
    cells = (program.n_in, program.n_out, 8)
    return RunResult(
        chip=load_chip("spirit-ideal"),
        network=Network(weights=rng.integers(-4, 5, cells[:2]).astype(np.int8)),
        program=program,
        trains=trains,
        record=get_engine("stepper").run(program, trains),
        labels=rng.integers(0, program.n_out, trains.n_samples).astype(np.int16),
        values=rng.standard_normal((trains.n_samples, program.n_in)),
        resistance=rng.lognormal(10.0, 1.0, cells),
        target=rng.random(cells) < 0.5,
        settings={"seed": "7"},
    )


def assert_same(a: Any, b: Any, place: str = "run") -> None:
    """Equal types, shapes, numbers and texts in every field, however deep."""
    if is_dataclass(a):
        assert type(a) is type(b), place
        for field in fields(a):
            assert_same(getattr(a, field.name), getattr(b, field.name), f"{place}.{field.name}")
    elif isinstance(a, np.ndarray):
        assert a.dtype == b.dtype, place
        np.testing.assert_array_equal(a, b, place, strict=True)
    else:
        assert a == b, place
