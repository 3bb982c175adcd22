"""Randomness by name: independent generators named by path, and counter-based noise that no order of work can change.

`mix64` is the finaliser of SplitMix64 (Steele, Lea, Flood, OOPSLA 2014). The compiled kernels repeat the same integer
arithmetic; a test holds the two together.
"""

from __future__ import annotations

import hashlib
from typing import Any

import numpy as np
from numpy.typing import NDArray

GOLDEN = 0x9E3779B97F4A7C15
MIX_1 = 0xBF58476D1CE4E5B9
MIX_2 = 0x94D049BB133111EB
# Sum of four 16-bit uniforms minus its mean (131070): standard deviation sqrt(4 * (2**32 - 1) / 12).
NOISE_CENTRE = 131070
NOISE_SD = float(np.sqrt((2.0**32 - 1.0) / 3.0))


def name_key(seed: int, *path: str | int) -> int:
    """Return a 64-bit key for a seed and a path of names; equal paths give equal keys on every machine."""
    text = "/".join([str(int(seed)), *map(str, path)])
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:8], "little")


def stream(seed: int, *path: str | int) -> np.random.Generator:
    """Return the generator named by `path`: ``stream(7, "layer0", "program")``.

    A new name elsewhere changes no old stream, so adding one non-ideality leaves every other draw as it was.
    """
    return np.random.Generator(np.random.PCG64(name_key(seed, *path)))


def mix64(x: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """Scramble 64-bit counters into 64-bit words of white noise (any shape)."""
    x = (x ^ (x >> np.uint64(30))) * np.uint64(MIX_1)
    x = (x ^ (x >> np.uint64(27))) * np.uint64(MIX_2)
    return x ^ (x >> np.uint64(31))


def event_key(seed: int, sample: Any, tick: Any, line: Any) -> NDArray[np.uint64]:
    """Return the noise counter of input events: a hash of (seed, sample, tick, line), elementwise."""
    with np.errstate(over="ignore"):
        word = mix64(np.asarray(sample, np.uint64) + np.uint64(seed))
        word = mix64(word + np.asarray(tick, np.uint64) * np.uint64(GOLDEN))
        return mix64(word + np.asarray(line, np.uint64) * np.uint64(GOLDEN))


def gaussian_steps(keys: NDArray[np.uint64], neuron: Any) -> NDArray[np.int64]:
    """Return near-Gaussian whole numbers, mean 0 and standard deviation `NOISE_SD`, one per key and neuron.

    The sum of four 16-bit uniforms (Irwin-Hall, n = 4): excess kurtosis -0.3, bounded at 3.46 standard deviations.
    """
    with np.errstate(over="ignore"):
        word = mix64(keys + (np.asarray(neuron, np.uint64) + np.uint64(1)) * np.uint64(GOLDEN))
    low = np.uint64(0xFFFF)
    total = (word & low) + ((word >> np.uint64(16)) & low) + ((word >> np.uint64(32)) & low) + (word >> np.uint64(48))
    return total.astype(np.int64) - NOISE_CENTRE
