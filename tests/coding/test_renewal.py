"""Rate encoders and the serial link: counts, statistics, order, and independence from batch and threads."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

import numba
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from spikecim.chips import load_chip
from spikecim.coding.kernels import line_key
from spikecim.coding.link import arbitrate
from spikecim.coding.renewal import ENCODERS, RateCode, line_ticks
from spikecim.errors import DataError, ShapeError
from spikecim.spikes import SpikeTrains
from spikecim.streams import name_key

ALL = pytest.mark.parametrize("name", ENCODERS)
SIGMAS = 5.0  # standard errors allowed: one false alarm in about 2 million


def code(name: str, *, period: float = 64.0, n_ticks: int = 960, zero: float = 0.0, jitter: float = 0.1) -> RateCode:
    return RateCode(
        process=ENCODERS[name], full_scale_ticks=period, zero_rate_rel=zero, jitter_rel=jitter, n_ticks=n_ticks
    )


def images(n: int, n_in: int = 20, seed: int = 0) -> np.ndarray:
    rng = np.random.default_rng(seed)
    return rng.uniform(-1, 1, (n, n_in)) * (rng.random((n, n_in)) < 0.6)


def same(one: SpikeTrains, other: SpikeTrains) -> None:
    for name in ("offsets", "ticks", "lines", "signs"):
        np.testing.assert_array_equal(getattr(one, name), getattr(other, name), err_msg=name)


def spread_lines(values: np.ndarray) -> np.ndarray:
    """One line per sample, so that the link never has to move a word."""
    return np.asarray(values, float).reshape(-1, 1)


# Oracle: a line of period p asks for n_ticks / p words; the first interval decides about one of them.
@pytest.mark.parametrize("name", ["regular", "periodic"])
@pytest.mark.parametrize("value", [1.0, 0.73, -0.5, 0.1, 0.02])
def test_counts_are_window_over_period_within_one(name: str, value: float) -> None:
    encoder = code(name)
    counts = encoder.encode(spread_lines([value] * 50), seed=1).counts()
    assert (abs(counts - encoder.n_ticks * abs(value) / 64) <= 1).all()


def test_regular_spikes_come_after_every_full_period() -> None:
    trains = code("regular", period=10.0, n_ticks=45).encode(spread_lines([1.0, 0.4]), seed=1)
    assert trains.ticks.tolist() == [10, 20, 30, 40, 25]


def test_periodic_intervals_are_all_equal() -> None:
    trains = code("periodic", period=37.0).encode(spread_lines([1.0] * 20), seed=1)
    for sample in range(20):
        assert set(np.diff(trains.window(sample, sample + 1).ticks)) == {37}


@pytest.mark.parametrize("value", [1.0, 0.5])
def test_poisson_counts_have_mean_and_variance_of_the_rate(value: float) -> None:
    n, encoder = 20_000, code("poisson", period=50.0, n_ticks=1000)
    counts = encoder.encode(spread_lines([value] * n), seed=2).counts()
    rate = 1000 * value / 50
    # Sampling errors for a Poisson law of mean m: mean sqrt(m / n), variance sqrt((2 m^2 + m) / n). A word moved by the
    # link leaves the window with probability below rate / 1000 * rate / n_ticks, far less than either.
    assert counts.mean() == pytest.approx(rate, abs=SIGMAS * np.sqrt(rate / n))
    assert counts.var() == pytest.approx(rate, abs=SIGMAS * np.sqrt((2 * rate**2 + rate) / n))


def test_poisson_intervals_are_exponential() -> None:
    trains = code("poisson", period=100.0, n_ticks=100_000).encode(spread_lines([1.0] * 20), seed=3)
    gaps = np.concatenate([np.diff(trains.window(s, s + 1).ticks) for s in range(20)])
    # Kolmogorov-Smirnov: 1.36 / sqrt(n) at 5 %, 2.6 / sqrt(n) at 1e-6; ticks of 1 in 100 add at most 0.01.
    empirical = np.arange(1, len(gaps) + 1) / len(gaps)
    distance = abs(empirical - (1 - np.exp(-np.sort(gaps) / 100.0))).max()
    assert distance < 2.6 / np.sqrt(len(gaps)) + 0.01


@pytest.mark.parametrize("name", ["periodic", "jittered"])
def test_phases_are_uniform(name: str) -> None:
    n, period = 20_000, 1000
    trains = code(name, period=period, n_ticks=period).encode(spread_lines([1.0] * n), seed=4)
    first = trains.ticks[trains.offsets[:-1]]
    # Ten bins, each binomial with p = 0.1.
    bins = np.bincount(first // 100, minlength=10) / n
    assert bins == pytest.approx(np.full(10, 0.1), abs=SIGMAS * np.sqrt(0.09 / n))
    # Standard error of the mean of a uniform: period / sqrt(12 n); whole ticks shift the mean down by a half.
    assert first.mean() == pytest.approx(period / 2 - 0.5, abs=SIGMAS * period / np.sqrt(12 * n))


@pytest.mark.parametrize("jitter", [0.05, 0.2])
def test_jitter_has_its_stated_spread(jitter: float) -> None:
    period = 1000.0
    trains = code("jittered", period=period, n_ticks=200_000, jitter=jitter).encode(spread_lines([1.0] * 50), seed=5)
    gaps = np.concatenate([np.diff(trains.window(s, s + 1).ticks) for s in range(50)])
    n = len(gaps)
    # Rounding both ends down to a tick adds 1/6 to the variance.
    sd = np.sqrt((jitter * period) ** 2 + 1 / 6)
    assert n > 9000
    assert gaps.mean() == pytest.approx(period, abs=SIGMAS * sd / np.sqrt(n))
    assert gaps.std() == pytest.approx(sd, abs=SIGMAS * sd / np.sqrt(2 * n))


def test_lines_of_one_image_have_phases_of_their_own() -> None:
    trains = code("periodic", period=900.0, n_ticks=900).encode(np.ones((200, 2)), seed=6)
    first = np.empty((200, 2))
    first[trains.samples(), trains.lines] = trains.ticks
    # Five standard errors of the correlation of 200 independent pairs.
    assert abs(np.corrcoef(first.T)[0, 1]) < SIGMAS / np.sqrt(200)


# Oracle: linear between the rate at zero and full scale (N2D2; spirit.md 2.4).
def test_the_rate_is_linear_in_the_value() -> None:
    encoder = code("periodic", zero=0.1)
    rates = 1.0 / encoder.periods(np.array([[0.0, 0.25, -0.5, 1.0]]))
    assert rates[0] * 64 == pytest.approx([0.1, 0.325, 0.55, 1.0], rel=1e-12)


@ALL
def test_without_background_rate_a_blank_image_gives_no_spikes(name: str) -> None:
    trains = code(name).encode(np.zeros((3, 144)), seed=1)
    assert (trains.n_samples, trains.n_spikes) == (3, 0)


@ALL
def test_with_background_rate_a_blank_image_spikes(name: str) -> None:
    assert code(name, zero=0.5).encode(np.zeros((3, 4)), seed=1).n_spikes > 0


@ALL
def test_signs_follow_the_values(name: str) -> None:
    values = np.array([[0.9, -0.9, 0.5, -0.1]])
    trains = code(name).encode(values, seed=1)
    assert set(trains.lines) == {0, 1, 2, 3}
    np.testing.assert_array_equal(trains.signs, np.sign(values[0])[trains.lines])


# ---- the link


@ALL
def test_at_most_one_word_leaves_per_tick(name: str) -> None:
    trains = code(name, period=8.0).encode(images(20), seed=1).check()
    key = trains.samples() * trains.n_ticks + trains.ticks
    assert len(np.unique(key)) == trains.n_spikes > 1000


def test_a_collision_moves_to_the_next_free_tick() -> None:
    # Both lines ask for 10, 20, 30: the lower line goes first, the other a tick later.
    trains = code("regular", period=10.0, n_ticks=35).encode(np.ones((1, 2)), seed=1)
    assert list(zip(trains.ticks, trains.lines, strict=True)) == [(10, 0), (11, 1), (20, 0), (21, 1), (30, 0), (31, 1)]


def test_a_collision_waits_behind_a_queue() -> None:
    # Lines 0 and 1 ask for 10, line 2 (value 10/11) for 11: it is the third in the queue.
    trains = code("regular", period=10.0, n_ticks=15).encode(np.array([[1.0, 1.0, 10 / 11]]), seed=1)
    assert list(zip(trains.ticks, trains.lines, strict=True)) == [(10, 0), (11, 1), (12, 2)]


def test_words_past_the_window_are_dropped() -> None:
    trains = code("regular", period=8.0, n_ticks=10).encode(np.ones((2, 5)), seed=1)
    for sample in range(2):
        one = trains.window(sample, sample + 1)
        assert list(zip(one.ticks, one.lines, strict=True)) == [(8, 0), (9, 1)]


# Oracle: the rule, on requests worked out by hand.
@pytest.mark.parametrize(
    ("requests", "served"),
    [
        ([], []),
        ([(3, 1, 1), (3, 0, -1)], [(3, 0, -1), (4, 1, 1)]),
        ([(3, 0, 1), (3, 1, 1), (4, 0, 1), (9, 1, 1)], [(3, 0, 1), (4, 1, 1), (5, 0, 1), (9, 1, 1)]),
        ([(8, 0, 1), (9, 0, 1), (9, 1, 1), (9, 2, 1)], [(8, 0, 1), (9, 0, 1)]),
    ],
)
def test_the_arbiter_serves_by_tick_then_line(
    requests: list[tuple[int, int, int]], served: list[tuple[int, int, int]]
) -> None:
    assert arbitrate(requests, 10) == served


# ---- one train, however it is computed


def encode_plain(encoder: RateCode, values: np.ndarray, seed: int, first: int) -> list[list[tuple[int, int, int]]]:
    """The readable twin: every line by `line_ticks`, then the arbiter."""
    key = np.uint64(name_key(seed, "coding"))
    periods = encoder.periods(values)
    samples = []
    for s in range(len(values)):
        requests = [
            (tick, line, -1 if values[s, line] < 0 else 1)
            for line in range(values.shape[1])
            for tick in line_ticks(encoder, periods[s, line], line_key(key, s + first, line))
        ]
        samples.append(arbitrate(requests, encoder.n_ticks))
    return samples


@settings(deadline=None, max_examples=60)
@given(
    name=st.sampled_from(sorted(ENCODERS)),
    period=st.floats(0.3, 100.0),
    n_ticks=st.integers(1, 200),
    zero=st.sampled_from([0.0, 0.2]),
    jitter=st.sampled_from([0.0, 0.1, 1.0]),
    shape=st.tuples(st.integers(1, 5), st.integers(1, 6)),
    seed=st.integers(0, 2**32 - 1),
    first=st.integers(0, 10**6),
)
def test_compiled_trains_equal_their_readable_twin(
    name: str, period: float, n_ticks: int, zero: float, jitter: float, shape: tuple[int, int], seed: int, first: int
) -> None:
    encoder = code(name, period=period, n_ticks=n_ticks, zero=zero, jitter=jitter)
    values = images(*shape, seed=seed)
    trains = encoder.encode(values, seed, first).check()
    plain = encode_plain(encoder, values, seed, first)
    assert trains.counts().tolist() == [len(sample) for sample in plain]
    flat = [spike for sample in plain for spike in sample]
    assert list(zip(trains.ticks.tolist(), trains.lines.tolist(), trains.signs.tolist(), strict=True)) == flat


@ALL
def test_a_sample_alone_has_the_same_train_as_in_a_batch(name: str) -> None:
    encoder, values = code(name), images(10)
    whole = encoder.encode(values, seed=9)
    same(whole.window(7, 8), encoder.encode(values[7:8], seed=9, first_sample=7))
    same(whole.window(4, 10), encoder.encode(values[4:], seed=9, first_sample=4))


@contextmanager
def threads(n: int) -> Iterator[None]:
    before = numba.get_num_threads()
    numba.set_num_threads(n)
    try:
        yield
    finally:
        numba.set_num_threads(before)


@ALL
def test_the_number_of_threads_changes_nothing(name: str) -> None:
    if numba.config.NUMBA_NUM_THREADS < 2:
        pytest.skip("one thread only")
    # More than one block of 64 samples, with lines that collide.
    values = images(150)
    with threads(1):
        one = code(name, period=16.0).encode(values, seed=9)
    with threads(2):
        two = code(name, period=16.0).encode(values, seed=9)
    same(one, two)


@pytest.mark.parametrize("name", ["periodic", "jittered", "poisson"])
def test_seeds_and_sample_numbers_name_the_draws(name: str) -> None:
    encoder, values = code(name), np.ones((1, 1))
    ticks = [encoder.encode(values, seed, first).ticks.tolist() for seed, first in ((1, 0), (2, 0), (1, 1), (1, 0))]
    assert ticks[0] == ticks[3]
    assert ticks[0] != ticks[1] and ticks[0] != ticks[2]


def test_values_are_left_as_they_were() -> None:
    values = images(3)
    before = values.copy()
    code("poisson").encode(values, seed=1)
    np.testing.assert_array_equal(values, before)


# Golden values: frozen at version 0.1.0. A change here changes every input train ever encoded from a seed.
@pytest.mark.parametrize(
    ("name", "ticks", "lines"),
    [
        ("regular", [16, 32, 33, 48], [0, 0, 1, 0]),
        ("periodic", [13, 16, 29, 32, 45, 48, 61], [0, 1, 0, 2, 0, 1, 0]),
        ("jittered", [13, 16, 30, 32, 45, 46], [0, 1, 0, 2, 1, 0]),
        ("poisson", [23, 26, 27, 32, 44, 57], [1, 1, 1, 0, 2, 0]),
    ],
)
def test_trains_of_a_seed_are_stable(name: str, ticks: list[int], lines: list[int]) -> None:
    trains = code(name, period=16.0, n_ticks=64).encode(np.array([[1.0, 0.5, -0.25]]), seed=1)
    assert (trains.ticks.tolist(), trains.lines.tolist()) == (ticks, lines)


# ---- refusals


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf, 1.0001, -1.0001])
def test_a_value_beyond_one_is_refused_by_place(bad: float) -> None:
    values = np.zeros((4, 3))
    values[2, 1] = bad
    with pytest.raises(DataError, match=r"sample 2, line 1 is .*; allowed are finite values -1 \.\. 1"):
        code("regular").encode(values, seed=1)


@pytest.mark.parametrize("shape", [(0, 144), (5, 0)])
def test_an_empty_set_is_refused(shape: tuple[int, int]) -> None:
    with pytest.raises(DataError, match="the data set is empty"):
        code("regular").encode(np.zeros(shape), seed=1)


@pytest.mark.parametrize("shape", [(144,), (2, 12, 12)])
def test_images_are_rows_of_lines(shape: tuple[int, ...]) -> None:
    with pytest.raises(ShapeError, match=r"expected \(n_samples, n_in\)"):
        code("regular").encode(np.zeros(shape), seed=1)


# Oracle: 64 us, 960 us and 1 us ticks of the chip file.
def test_a_chip_states_its_code_in_seconds() -> None:
    spec = load_chip("spirit", {"coding.full_scale_period": "64 us", "coding.window": "960 us", "link.tick": "2 us"})
    encoder = spec.rate_code()
    assert (encoder.full_scale_ticks, encoder.n_ticks) == (32.0, 480)
    assert encoder == replace(code("periodic", period=32.0, n_ticks=480), jitter_rel=encoder.jitter_rel)
