"""Randomness by name: the published mixer, streams that do not touch each other, noise that no order can change."""

from __future__ import annotations

import hashlib

import numpy as np
import pytest

from spikecim.engines import get_engine
from spikecim.spikes import trains_from_lists
from spikecim.streams import GOLDEN, NOISE_SD, event_key, gaussian_steps, mix64, name_key, stream
from tests.engines.strategies import ideal_program

MASK = 2**64 - 1

# Oracle: outputs of the public-domain splitmix64.c (Vigna) for seed 1234567, as used by its many ports' tests.
SPLITMIX64_1234567 = [
    6457827717110365317,
    3203168211198807973,
    9817491932198370423,
    4593380528125082431,
    16408922859458223821,
]


def mix_plain(x: int) -> int:
    """SplitMix64's finaliser in Python's own integers."""
    x = ((x ^ (x >> 30)) * 0xBF58476D1CE4E5B9) & MASK
    x = ((x ^ (x >> 27)) * 0x94D049BB133111EB) & MASK
    return x ^ (x >> 31)


def noise_plain(seed: int, sample: int, tick: int, line: int, neuron: int) -> int:
    """One noise step written out for one event and neuron (docstrings of `streams`)."""
    word = mix_plain((seed + sample) & MASK)
    word = mix_plain((word + tick * GOLDEN) & MASK)
    word = mix_plain((word + line * GOLDEN) & MASK)
    word = mix_plain((word + (neuron + 1) * GOLDEN) & MASK)
    return sum((word >> shift) & 0xFFFF for shift in (0, 16, 32, 48)) - 131070


def test_mix64_gives_the_published_splitmix64_sequence() -> None:
    states = np.array([(1234567 + k * GOLDEN) & MASK for k in range(1, 6)], np.uint64)
    assert mix64(states).tolist() == SPLITMIX64_1234567


def test_mix64_keeps_the_shape_and_changes_no_argument() -> None:
    words = np.arange(6, dtype=np.uint64).reshape(2, 3)
    assert mix64(words).shape == (2, 3)
    assert words.tolist() == [[0, 1, 2], [3, 4, 5]]


def test_a_key_is_the_first_eight_bytes_of_sha256_of_the_path() -> None:
    digest = hashlib.sha256(b"7/layer0/program").digest()
    assert name_key(7, "layer0", "program") == int.from_bytes(digest[:8], "little")


# Golden values: frozen at version 0.1.0. A change here changes every virtual chip ever built from a seed.
def test_named_streams_are_stable() -> None:
    assert name_key(7, "layer0", "program") == 0x31954CEC0BB26150
    raw = stream(7, "layer0", "program").bit_generator.random_raw(2)
    assert raw.tolist() == [0x683C32819468527D, 0xE21B7C149199D08F]
    normal = stream(7, "layer0", "program").standard_normal(2)
    assert normal.tolist() == [0.3898949897402947, 0.10791051687281858]


@pytest.mark.parametrize(
    "other",
    [(8, "layer0", "program"), (7, "layer1", "program"), (7, "layer0"), (7, "program", "layer0"), (7, "layer0", 0)],
)
def test_streams_of_different_names_differ(other: tuple[int, str]) -> None:
    here = stream(7, "layer0", "program").random(1000)
    there = stream(*other).random(1000)
    # Sampling error of the correlation of 1000 independent pairs is 0.032; 5 of them.
    assert abs(np.corrcoef(here, there)[0, 1]) < 0.16


def test_one_name_is_one_stream_whatever_was_drawn_elsewhere() -> None:
    first = stream(7, "a").random(10)
    stream(7, "b").random(1000)
    assert stream(7, "a").random(10).tolist() == first.tolist()


def test_a_number_and_its_text_are_one_name() -> None:
    assert name_key(7, "chip", 3) == name_key(7, "chip", "3")


def test_event_keys_broadcast_and_differ() -> None:
    keys = event_key(5, np.arange(4)[:, None, None], np.arange(5)[:, None], np.arange(6))
    assert keys.shape == (4, 5, 6)
    assert len(np.unique(keys)) == 4 * 5 * 6


# Oracle: integer arithmetic in plain Python; 2**64 - 1 makes the seed plus the sample wrap around.
@pytest.mark.parametrize("seed", [0, 5, 2**63, 2**64 - 1])
def test_gaussian_steps_equal_plain_integer_arithmetic(seed: int) -> None:
    for sample, tick, line in [(0, 0, 0), (3, 17, 2), (100_000, 9_999_999, 32_766)]:
        steps = gaussian_steps(event_key(seed, sample, tick, line), np.arange(20))
        assert steps.tolist() == [noise_plain(seed, sample, tick, line, neuron) for neuron in range(20)]


def test_gaussian_steps_have_the_moments_of_four_uniforms() -> None:
    n = 1_000_000
    z = gaussian_steps(event_key(11, 0, np.arange(n // 10), 0)[:, None], np.arange(10)).ravel() / NOISE_SD
    # Standard errors of a sample of n: mean 1/sqrt(n); sd sqrt((k - 1) / (4 n)) with kurtosis k = 2.7; kurtosis below
    # the sqrt(24/n) of a Gaussian, since the tails are cut. Five of each.
    assert abs(z.mean()) < 5 / np.sqrt(n)
    assert abs(z.std() - 1.0) < 5 * np.sqrt(1.7 / (4 * n))
    assert abs((z**4).mean() / z.var() ** 2 - 2.7) < 5 * np.sqrt(24 / n)
    assert abs(z).max() <= 131070 / NOISE_SD < 3.47


def test_gaussian_steps_of_neighbours_are_uncorrelated() -> None:
    n = 200_000
    z = gaussian_steps(event_key(12, 0, np.arange(n), 0)[:, None], np.arange(3)) / NOISE_SD
    pairs = [(z[:, 0], z[:, 1]), (z[:, 0], z[:, 2]), (z[:-1, 0], z[1:, 0])]
    for left, right in pairs:
        # Five standard errors 1/sqrt(n) of a correlation of zero.
        assert abs(np.corrcoef(left, right)[0, 1]) < 5 / np.sqrt(n)


@pytest.mark.parametrize("name", ["stepper", "event"])
def test_engines_add_exactly_this_noise(name: str) -> None:
    scale, n_out = 65_536, 20
    program = ideal_program(
        np.zeros((3, n_out)),
        read_noise=np.full((3, n_out), scale, np.int32),
        noise_seed=2**64 - 1,
        **dict.fromkeys(("threshold_up", "threshold_down", "rail_high", "rail_low"), 10**9),
    )
    record = get_engine(name).run(program, trains_from_lists([[], [(17, 2, 1)]], n_in=3, n_ticks=40))
    # Scale 2**16 shifted by 16 bits: the step itself.
    assert record.residual.tolist() == [
        [0] * n_out,
        [noise_plain(2**64 - 1, 1, 17, 2, neuron) for neuron in range(n_out)],
    ]
