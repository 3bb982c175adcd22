"""Compiled velocity: v = gamma v + (1 - gamma) g in place, as 32-bit floats or as short words rounded at random."""

from __future__ import annotations

import math

import numpy as np
from numba import njit

from spikecim.devices.pulsed.pulse_kernel import small_uniform, write_key

# Raise it after an edit of pulse_kernel.py.
REVISION = 2
_BLOCK = 4096


@njit(cache=True, nogil=True)
def blend(gradient, velocity, bits, gamma, word):  # type: ignore[no-untyped-def]
    """Blend float32 (n,) in place and return the largest |v|.

    `bits` int32 (n,) is the memory of `velocity`: of floats without their sign, the largest word is the largest number.
    `word` = (least significant bit, a power of two, or 0; largest whole number; key; number of the update).
    """
    keep, share = np.float32(gamma), np.float32(np.float32(1.0) - np.float32(gamma))
    unit, most, key, step = word
    per_unit, step_key = 1.0 / unit if unit > 0.0 else 0.0, write_key(key, step)
    top = np.int32(0)
    for start in range(0, len(gradient), _BLOCK):
        end = min(start + _BLOCK, len(gradient))
        for i in range(start, end):
            velocity[i] = keep * velocity[i] + share * gradient[i]
        if unit > 0.0:
            for i in range(start, end):
                whole = math.floor(np.float64(velocity[i]) * per_unit + small_uniform(step_key, i))
                velocity[i] = np.float32(unit * min(max(whole, -most), most))
        for i in range(start, end):
            top = max(top, bits[i] & np.int32(0x7FFFFFFF))
    return top
