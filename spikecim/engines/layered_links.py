"""Compiled delivery to one layer: spikes add the runs of charge their lines lead to, and mark the blocks they touch.

Arguments as in `layered_step`.
"""

from __future__ import annotations

import numpy as np
from numba import njit

from spikecim.coding.kernels import mix
from spikecim.engines import layered_columns as col
from spikecim.engines.lanes import load, splat, store
from spikecim.streams import GOLDEN, NOISE_CENTRE

_U, _I, _L = np.uint64, np.int32, np.int64
_GOLDEN, _LOW16 = _U(GOLDEN), _U(0xFFFF)
_ONE, _WHOLE = _L(1), _L(65536)
_FEW = 3  # links that cost less one by one than as a vector
_AT_ONCE = 8  # dense rows added in one pass over the charges


@njit(_nrt=False)
def add_spikes(row, tick, sample, whole, plan, data, words, longs):  # type: ignore[no-untyped-def]
    """Add the charge of the spikes listed for a layer, mark the blocks, and count; returns how many led to a row.

    A spike is listed as 2 * line + (1 if negative). Nothing need be marked where the `whole` layer will be tested.
    """
    charge, lines, weights = plan[row + col.CHARGE], plan[row + col.LINE], plan[row + col.WEIGHT]
    events, electrons, sign_step = plan[row + col.EVENTS], plan[row + col.ELECTRONS], plan[row + col.SIGN_STEP]
    outer_weight, outer_target = plan[row + col.OUTER_WEIGHT], plan[row + col.OUTER_TARGET]
    inner_weight, inner_target = plan[row + col.INNER_WEIGHT], plan[row + col.INNER_TARGET]
    dense, sparse, noisy = plan[row + col.DENSE] != 0, plan[row + col.SPARSE] != 0, plan[row + col.NOISY] != 0
    width = _L(data[plan[row + col.RAMP] + tick]) if plan[row + col.RAMP] >= 0 else _WHOLE
    key = mix(mix(_U(sample) + _U(plan[row + col.SEED])) + _U(tick) * _GOLDEN) if noisy else _U(0)
    altered, state = noisy or width != _WHOLE, plan[row + col.STATE]
    many, waiting = dense and not altered, plan[row + col.BUFFER]
    heard = used = moved = n_waiting = _L(0)
    for k in range(plan[row + col.LIST], longs[state + col.END]):
        word = _L(words[_U(k)])
        line = word >> _ONE
        place = lines + line * col.N_PLACES
        n_outer = _L(data[_U(place + col.OUTER)])
        if n_outer < 0:
            continue
        n_inner, length = _L(data[_U(place + col.INNER)]), _L(data[_U(place + col.LENGTH)])
        heard += _ONE
        used += plan[_U(events + line)]
        moved += (plan[_U(electrons + line)] * width) >> _L(16)
        line_key = mix(key + _U(line) * _GOLDEN) if noisy else _U(0)
        sign = (word & _ONE) * sign_step
        first_link, first = _L(data[_U(place + col.FIRST_WEIGHT)]), charge + _L(data[_U(place + col.FIRST_NEURON)])
        if sparse:
            _add_anywhere(row, first_link, length, sign, line_key, width, plan, data, words, longs)
            continue
        if many:
            words[_U(waiting + n_waiting)] = _I(weights + first_link + sign)
            n_waiting += _ONE
            if n_waiting == _AT_ONCE:
                _add_rows(charge, waiting, plan[row + col.N_BLOCKS], data, words)
                n_waiting = _L(0)
            continue
        for _ in range(n_outer):
            link, to = first_link, first
            for _ in range(n_inner):
                if altered:
                    _add_altered(row, to, link, length, sign, line_key, width, plan, data, words)
                else:
                    _add_run(to, weights + link + sign, length, data, words)
                if not (dense or whole):
                    _mark(plan[row + col.MARKS], to - charge, length, longs)
                link, to = link + inner_weight, to + inner_target
            first_link, first = first_link + outer_weight, first + outer_target
    for k in range(waiting, waiting + n_waiting):
        _add_run(charge, _L(words[_U(k)]), plan[row + col.N_BLOCKS] * col.LANES, data, words)
    longs[state + col.DELIVERED] += heard
    longs[state + col.USED] += used
    longs[state + col.MOVED] += moved
    return heard


@njit(_nrt=False, forceinline=True)
def _mark(marks, first, length, longs):  # type: ignore[no-untyped-def]
    """Mark the blocks of neurons first .. first + length - 1."""
    for block in range(first >> _L(4), ((first + length - _ONE) >> _L(4)) + _ONE):
        longs[_U(marks + (block >> _L(6)))] |= _ONE << (block & _L(63))


@njit(_nrt=False, forceinline=True)
def _add_rows(to, waiting, n_blocks, data, words):  # type: ignore[no-untyped-def]
    """Add eight whole dense rows, whose places are in the list `waiting`: every charge is loaded and stored once."""
    a, b = _L(words[_U(waiting)]), _L(words[_U(waiting + 1)])
    c, d = _L(words[_U(waiting + 2)]), _L(words[_U(waiting + 3)])
    e, f = _L(words[_U(waiting + 4)]), _L(words[_U(waiting + 5)])
    g, h = _L(words[_U(waiting + 6)]), _L(words[_U(waiting + 7)])
    for j in range(_L(0), n_blocks * col.LANES, _L(col.LANES)):
        low = (load(data, a + j) + load(data, b + j)) + (load(data, c + j) + load(data, d + j))
        high = (load(data, e + j) + load(data, f + j)) + (load(data, g + j) + load(data, h + j))
        store(words, to + j, load(words, to + j) + (low + high))


@njit(_nrt=False, forceinline=True)
def _add_run(to, at, length, data, words):  # type: ignore[no-untyped-def]
    """Add `length` charges, from `at` of the data on, to as many neurons side by side."""
    j = _L(0)
    while j + _L(col.LANES) <= length:
        store(words, to + j, load(words, to + j) + load(data, at + j))
        j += _L(col.LANES)
    if length - j > _FEW:
        # The rest of the vector takes nothing: `data` begins with 16 words of ones, then 16 of zeros.
        rest = load(data, at + j) & load(data, j + _L(col.LANES) - length)
        store(words, to + j, load(words, to + j) + rest)
    else:
        while j < length:
            words[_U(to + j)] += data[_U(at + j)]
            j += _ONE


@njit(_nrt=False)
def _add_altered(row, to, link, length, sign, key, width, plan, data, words):  # type: ignore[no-untyped-def]
    """As `_add_run`, with read noise, and a pulse of `width` / 65536."""
    at, noisy, buffer = plan[row + col.WEIGHT] + link + sign, plan[row + col.NOISY] != 0, plan[row + col.BUFFER]
    if noisy:
        _draw_noise(plan[row + col.SCALE] + link, buffer, length, key, to - plan[row + col.CHARGE], data, words)
    factor, low, half = splat(_I(width)), splat(_I(0xFFFF)), splat(_I(16))
    for j in range(0, length, col.LANES):
        q = load(data, at + j)
        if noisy:
            q = q + load(words, buffer + j)
        # (q * width) >> 16 in 32 bits: the upper half of q as it is, the lower half without a sign.
        q = (q >> half) * factor + ((((q & low) * factor) >> half) & low)
        if length - j < col.LANES:
            q = q & load(data, j + col.LANES - length)
        store(words, to + j, load(words, to + j) + q)


@njit(_nrt=False)
def _draw_noise(scales, buffer, length, key, neuron, data, words):  # type: ignore[no-untyped-def]
    """Write the read noise of `length` links to neurons side by side into the buffer (see `streams.gaussian_steps`)."""
    for j in range(_U(length)):
        step = _noise_step(key, _U(neuron) + j)
        words[_U(buffer) + j] = _I((_L(data[_U(scales) + j]) * step) >> _L(16))


@njit(inline="always")
def _noise_step(key, neuron):  # type: ignore[no-untyped-def]
    word = mix(key + (neuron + _U(1)) * _GOLDEN)
    total = (word & _LOW16) + ((word >> _U(16)) & _LOW16) + ((word >> _U(32)) & _LOW16) + (word >> _U(48))
    return _L(total) - _L(NOISE_CENTRE)


@njit(_nrt=False)
def _add_anywhere(row, link, length, sign, key, width, plan, data, words, longs):  # type: ignore[no-untyped-def]
    """Add `length` links of a sparse wiring, each to a neuron of its own."""
    charge, target, at = plan[row + col.CHARGE], plan[row + col.TARGET], plan[row + col.WEIGHT] + sign
    noisy, scales, marks = plan[row + col.NOISY] != 0, plan[row + col.SCALE], plan[row + col.MARKS]
    for k in range(link, link + length):
        neuron, q = _L(data[_U(target + k)]), _L(data[_U(at + k)])
        if noisy:
            q += (_L(data[_U(scales + k)]) * _noise_step(key, _U(neuron))) >> _L(16)
        words[_U(charge + neuron)] += _I((q * width) >> _L(16))
        longs[_U(marks + (neuron >> _L(10)))] |= _ONE << ((neuron >> _L(4)) & _L(63))
