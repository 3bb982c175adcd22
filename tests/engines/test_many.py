"""Many programs at once decide exactly as each does alone in the event engine."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from spikecim.engines.event import EventEngine
from spikecim.engines.layout import LANES
from spikecim.engines.many import Outcomes, _batches, run_many
from spikecim.engines.stepper import Stepper
from spikecim.errors import EngineError
from spikecim.program import ON_EVENT, Program
from spikecim.spikes import SpikeTrains, trains_from_lists
from tests.engines.strategies import ideal_program, programs, trains_for

NAMES = ("winners", "inputs", "outputs", "durations")


def assert_each_as_alone(found: Outcomes, several: list[Program], trains: SpikeTrains, engine: Any) -> None:
    for index, program in enumerate(several):
        alone = engine.run(program, trains).decisions
        for name in NAMES:
            together, expected = getattr(found, name)[index], getattr(alone, name)[:, -1]
            assert together.dtype == expected.dtype
            np.testing.assert_array_equal(together, expected, err_msg=f"program {index}: {name}")


@st.composite
def variant(draw: st.DrawFn, base: Program) -> Program:
    """Another program of the same shape: other rules, other charges, or another chip altogether."""
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    changes: dict[str, Any] = {
        "refractory_ticks": draw(st.integers(0, 6)),
        "delta_s": draw(st.one_of(st.integers(1, 5), st.none())),
    }
    if draw(st.booleans()):
        changes["charge"] = rng.permuted(base.charge, axis=1)
    if draw(st.booleans()):
        changes["comparator"] = ON_EVENT
    if draw(st.booleans()):
        changes["noise_seed"] = int(rng.integers(0, 2**64, dtype=np.uint64))
    if draw(st.booleans()):
        changes["read_noise"] = np.zeros_like(base.read_noise)
    if draw(st.booleans()):
        changes["leak"] = rng.permuted(base.leak) if draw(st.booleans()) else np.zeros_like(base.leak)
    if draw(st.booleans()):
        changes["threshold_up"] = np.maximum(base.threshold_up, base.threshold_down)
    return base.with_(**changes)


@st.composite
def crowds(draw: st.DrawFn) -> tuple[list[Program], SpikeTrains]:
    """A program with one to five others of its shape, and trains for all of them."""
    base = draw(programs())
    others = [draw(variant(base)) for _ in range(draw(st.integers(1, 5)))]
    return [base, *others], draw(trains_for(base))


@given(crowds())
@settings(max_examples=300, deadline=None)
def test_many_programs_decide_as_each_alone(crowd: tuple[list[Program], SpikeTrains]) -> None:
    several, trains = crowd
    assert_each_as_alone(run_many(several, trains), several, trains, EventEngine(keep_spikes=False))


@given(crowds())
@settings(max_examples=100, deadline=None)
def test_many_programs_decide_as_the_plain_python_stepper_says(crowd: tuple[list[Program], SpikeTrains]) -> None:
    several, trains = crowd
    assert_each_as_alone(run_many(several, trains), several, trains, Stepper())


def noisy_program(seed: int, *, n_in: int = 20, n_out: int = 10, **changes: Any) -> Program:
    draws = np.random.default_rng(seed)
    return ideal_program(
        draws.integers(-4, 5, (n_in, n_out)),
        **{
            "read_noise": draws.integers(0, 60, (n_in, n_out)).astype(np.int32),
            "noise_seed": 7,
            "refractory_ticks": 2,
            "n_ticks": 200,
            "delta_s": 4,
            **changes,
        },
    )


def random_trains(n_samples: int, *, n_in: int = 20, n_ticks: int = 200, rate: float = 0.6) -> SpikeTrains:
    draws = np.random.default_rng(1)
    return trains_from_lists(
        [
            [
                (t, int(draws.integers(n_in)), int(draws.choice([-1, 1])))
                for t in range(n_ticks)
                if draws.random() < rate
            ]
            for _ in range(n_samples)
        ],
        n_in=n_in,
        n_ticks=n_ticks,
    )


@pytest.mark.parametrize("n_out", [1, 2, 10, LANES, LANES + 1, 3 * LANES + 5])
def test_more_samples_and_programs_than_lanes(n_out: int) -> None:
    # Runs of many lengths: lanes are given new runs all the time, across the borders of blocks and programs.
    trains = random_trains(75)
    several = [noisy_program(seed, n_out=n_out, delta_s=(3, None, 8)[seed % 3]) for seed in range(7)]
    assert_each_as_alone(run_many(several, trains), several, trains, EventEngine(keep_spikes=False))
    assert_each_as_alone(run_many(several[:2], trains), several[:2], trains, Stepper())


def test_noise_is_shared_by_seed_only() -> None:
    trains, base = random_trains(40), noisy_program(0)
    several = [base, base.with_(noise_seed=8), base.with_(read_noise=base.read_noise // 2), base.with_(noise_seed=9)]
    assert list(_batches(several)) == [[0, 2], [1, 3]]
    found = run_many(several, trains)
    assert_each_as_alone(found, several, trains, EventEngine(keep_spikes=False))
    assert (found.durations[0] != found.durations[1]).any()


def test_a_window_of_samples_decides_as_in_the_whole_run() -> None:
    trains, several = random_trains(40), [noisy_program(seed) for seed in range(3)]
    whole, part = run_many(several, trains), run_many(several, trains.window(11, 31))
    for name in NAMES:
        np.testing.assert_array_equal(getattr(part, name), getattr(whole, name)[:, 11:31])


def test_programs_beyond_the_size_of_one_call_run_in_several(monkeypatch: pytest.MonkeyPatch) -> None:
    trains, several = random_trains(20), [noisy_program(seed) for seed in range(5)]
    whole = run_many(several, trains)
    monkeypatch.setattr("spikecim.engines.many._MOST_WORDS", 1)
    assert [len(batch) for batch in _batches(several)] == [1] * 5
    for name in NAMES:
        np.testing.assert_array_equal(getattr(run_many(several, trains), name), getattr(whole, name))


@pytest.mark.parametrize("largest", [2**14, 2**14 + 1, 10**8])
def test_read_noise_beyond_32_bit_products_is_exact(largest: int) -> None:
    # With a scale above 2**14 the product with a noise step no longer fits 32 bits.
    scale = np.full((20, 10), largest, np.int32)
    scale[::2] -= 1
    noise = np.where(np.arange(20)[:, None] < 4, scale, 0).astype(np.int32)
    reach = dict.fromkeys(("threshold_up", "threshold_down", "reset_up", "reset_down"), 2 * largest)
    rails = dict.fromkeys(("rail_high", "rail_low"), 4 * largest)
    several = [noisy_program(seed, read_noise=noise, **reach, **rails) for seed in range(2)]
    trains = random_trains(20)
    found = run_many(several, trains)
    assert found.outputs.sum() > 0
    assert_each_as_alone(found, several, trains, Stepper())


@pytest.mark.parametrize("leak", [1, 10**6, 2**30 - 1, 2**30, 2**30 + 2**29, 2**31 - 1])
def test_a_leak_of_any_size_brings_any_charge_to_rest(leak: int) -> None:
    # One spike near the top of 32 bits, then silence of 1, 2, 3 and many ticks before a small one.
    most = 2**31 - 1 - 2**10
    charge = np.array([[most - 1], [200]], np.int32).reshape(1, 2, 1).repeat(2, 0)
    program = replace(
        ideal_program(np.ones((2, 1)), n_ticks=40),
        charge=np.concatenate([charge, charge[:1] * 0], 0)[:2],
        **{
            name: np.array([value], np.int32)
            for name, value in {
                "threshold_up": 300,
                "threshold_down": 300,
                "reset_up": 100,
                "reset_down": 100,
                "rail_high": 800,
                "rail_low": 800,
                "leak": leak,
            }.items()
        },
    ).check()
    trains = trains_from_lists([[(3, 0, 1), (3 + gap, 1, 1)] for gap in (1, 2, 3, 20)], n_in=2, n_ticks=40)
    assert_each_as_alone(run_many([program, program], trains), [program, program], trains, Stepper())


def test_no_program_and_no_sample_are_no_fault() -> None:
    trains = random_trains(3)
    assert run_many([], trains).winners.shape == (0, 3)
    assert run_many([noisy_program(0)], trains.window(1, 1)).winners.shape == (1, 0)


def test_programs_of_another_shape_are_refused() -> None:
    trains = random_trains(3)
    with pytest.raises(EngineError, match="program 1 has 20 lines and 9 neurons, the first has 20 and 10"):
        run_many([noisy_program(0), noisy_program(1, n_out=9)], trains)
    with pytest.raises(EngineError, match="window is 100"):
        run_many([noisy_program(0), noisy_program(1, n_ticks=100)], trains)
    with pytest.raises(EngineError, match="20 lines, the program has 21"):
        run_many([noisy_program(0, n_in=21)], trains)
