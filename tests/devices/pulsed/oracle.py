"""The pulse kernel again in plain Python, cell after cell: what the compiled one must give."""

from __future__ import annotations

import math

import numpy as np

from spikecim.devices.pulsed.law import PulseLaw
from spikecim.streams import GOLDEN, MIX_1, MIX_2, NOISE_CENTRE, NOISE_SD

WORD = 2**64 - 1


def mix(x: int) -> int:
    x = ((x ^ (x >> 30)) * MIX_1) & WORD
    x = ((x ^ (x >> 27)) * MIX_2) & WORD
    return x ^ (x >> 31)


def write_key(key: int, step: int) -> int:
    return mix((int(key) + step * GOLDEN) & WORD)


def cell_word(key: int, cell: int) -> int:
    return mix((key + (cell + 1) * GOLDEN) & WORD)


def gaussian(word: int) -> float:
    fields = [(word >> shift) & 0xFFFF for shift in (0, 16, 32, 48)]
    return (sum(fields) - NOISE_CENTRE) * (1.0 / NOISE_SD)


def small_uniform(key: int, cell: int) -> float:
    low, high, mask = key & 0xFFFFFFFF, key >> 32, 0xFFFFFFFF
    word = (cell * 0x9E3779B9 + low) & mask
    word = ((word ^ (word >> 16)) * 0x7FEB352D + high) & mask
    word = ((word ^ (word >> 15)) * 0x846CA68B) & mask
    return ((word ^ (word >> 16)) >> 8) * 2.0**-24


def whole(total: float, per_weight: tuple[float, float], key: int, cell: int, rounding: str) -> int:
    """Signed pulses of a wanted change."""
    up, down = per_weight
    amount = total * up if total > 0 else -total * down
    offset = {"toward-zero": 0.0, "nearest": 0.5, "stochastic": small_uniform(key, cell)}[rounding]
    count = math.floor(amount + offset)
    return count if total > 0 else -count


def pulsed(x: float, n: int, law: PulseLaw, sd: float, word: int) -> np.float32:
    """State after `n` pulses, one after another."""
    u, side = (x, law.up) if n > 0 else (1.0 - x, law.down)
    for _ in range(abs(n)):
        u = min(side.q * u + side.d, 1.0)
    moved = u if n > 0 else 1.0 - u
    return np.float32(min(max(moved + sd * math.sqrt(abs(n)) * gaussian(word), 0.0), 1.0))
