"""Compiled pulses: affine or tabulated steps of many cells, with noise, wear and counts, in any order of work.

Every draw is a hash of (key, write, cell), so rows may be written in any order and by any number of threads.
After an edit of this file raise the revision in insitu/rules/velocity_kernel.py, whose cache does not see it.
"""

from __future__ import annotations

import math

import numpy as np
from numba import njit

from spikecim.coding.kernels import mix
from spikecim.streams import GOLDEN, NOISE_CENTRE, NOISE_SD

_GOLDEN, _LOW = np.uint64(GOLDEN), np.uint64(0xFFFF)
_ONE_SD = 1.0 / NOISE_SD
# Places in the counts of one write.
UP, DOWN, WRITTEN, PHASES, SLOTS, DIED = range(6)
# Rounding codes: what is added before the fraction is cut off is half of it, unless drawn.
TOWARD_ZERO, NEAREST, STOCHASTIC = range(3)
GOLDEN_32 = 0x9E3779B9
# Cells at a time: their words stay in the first cache.
BLOCK = 2048


@njit(inline="always")
def write_key(key, step):  # type: ignore[no-untyped-def]
    """Key of write number `step`."""
    return mix(key + np.uint64(step) * _GOLDEN)


@njit(inline="always")
def cell_word(key, cell):  # type: ignore[no-untyped-def]
    """Word of one cell in one write."""
    return mix(key + np.uint64(cell + 1) * _GOLDEN)


@njit(inline="always")
def gaussian(word):  # type: ignore[no-untyped-def]
    """Near-Gaussian of mean 0 and sd 1: the sum of four 16-bit uniforms, as in `streams.gaussian_steps`."""
    low = np.int64(word & _LOW) + np.int64((word >> np.uint64(16)) & _LOW)
    high = np.int64((word >> np.uint64(32)) & _LOW) + np.int64(word >> np.uint64(48))
    return np.float64(low + high - NOISE_CENTRE) * _ONE_SD


@njit(inline="always")
def affine(u, n, q, d):  # type: ignore[no-untyped-def]
    """`n` affine steps of `u` by repeated squaring, so that a straight line needs no case of its own."""
    factor, offset = 1.0, 0.0
    while n > 0:
        if n & 1:
            factor, offset = q * factor, q * offset + d
        d += q * d
        q *= q
        n >>= 1
    u = factor * u + offset
    # A convex curve may run to infinity, and infinity times 0 is NaN: both are beyond the end.
    return u if u < 1.0 else 1.0


@njit(inline="always")
def between(table, side, row, x):  # type: ignore[no-untyped-def]
    """Value at `x` in 0 .. 1 of a line through the equally spaced nodes `table[side, row]`."""
    place = x * (table.shape[2] - 1)
    k = min(np.int64(place), table.shape[2] - 2)
    low = table[side, row, k]
    return low + (place - k) * (table[side, row, k + 1] - low)


@njit
def pulsed(x, n, kinds, own, law, word):  # type: ignore[no-untyped-def]
    """State after `n` pulses of the cell whose classes are `kinds[own]`; `law` as in `write_rows`."""
    classes, table, sd, weight_step = law
    side = np.int64(n < 0)
    count = abs(n)
    if table.shape[2] > 1:
        gain = classes[kinds[own, side], 2 * side + 1]
        for _ in range(count):
            x += gain * (between(table, side, 0, x) + between(table, side, 1, x) * gaussian(word))
            x = min(max(x, 0.0), 1.0)
            word = mix(word + _GOLDEN)
        return x
    kind = np.int64(kinds[own, side])
    q, d = classes[kind, 2 * side], classes[kind, 2 * side + 1]
    u = x if n > 0 else 1.0 - x
    u = min(q * u + d, 1.0) if count == 1 else affine(u, count, q, d)
    new = u if n > 0 else 1.0 - u
    if weight_step > 0.0:
        return whole_steps(x, new, weight_step, sd, word)
    x = new
    if sd > 0.0:
        x += sd * math.sqrt(count) * gaussian(word)
    return min(max(x, 0.0), 1.0)


@njit(inline="always")
def whole_steps(x, new, size, sd, word):  # type: ignore[no-untyped-def]
    """The V2.1 rule: the move new - x, as the chance of one weight step of `size`; noise only where it moved."""
    chance = np.float64(mix(word + _GOLDEN) >> np.uint64(11)) * 2.0**-53
    steps = math.floor(2.0 * (new - x) + chance)
    if steps == 0.0:
        return x
    return min(max(x + 0.5 * size * steps + sd * gaussian(word), 0.0), 1.0)


@njit
def pulse_list(todo, sign, cells, law, draw):  # type: ignore[no-untyped-def]
    """Pulse the listed cells; returns how many died.

    `todo` = (cells, pulses, how many), `cells` = (x, writes, stuck, life, kinds), `draw` = (key of the write, what dead
    cells become).
    """
    numbers, pulses, n_todo = todo
    x, writes, stuck, life, kinds = cells
    died = 0
    for k in range(n_todo):
        cell, n = numbers[k], sign * np.int64(pulses[k])
        writes[cell] += np.uint32(abs(n))
        if stuck[cell] != 0:
            continue
        own = cell if kinds.shape[0] > 1 else 0
        x[cell] = np.float32(pulsed(np.float64(x[cell]), n, kinds, own, law, cell_word(draw[0], cell)))
        if life.shape[0] > 1 and writes[cell] >= life[cell]:
            died += 1
            stuck[cell] = draw[1]
            x[cell] = x[cell] if draw[1] == 3 else np.float32(draw[1] > 0)
    return died


@njit(inline="always")
def small_uniform(key, cell):  # type: ignore[no-untyped-def]
    """Uniform number of 24 bits by a 32-bit hash of cell and key, which runs in vector registers."""
    low, high = np.uint32(key), np.uint32(key >> np.uint64(32))
    # numba widens every product to 64 bits: each has to be cut back.
    word = np.uint32(np.uint32(cell) * np.uint32(GOLDEN_32) + low)
    word = np.uint32(np.uint32(word ^ (word >> np.uint32(16))) * np.uint32(0x7FEB352D) + high)
    word = np.uint32(np.uint32(word ^ (word >> np.uint32(15))) * np.uint32(0x846CA68B))
    word = np.uint32(word ^ (word >> np.uint32(16)))
    return np.float64(np.int32(word >> np.uint32(8))) * 2.0**-24


@njit
def draw_offsets(offsets, n, origin, key, rounding):  # type: ignore[no-untyped-def]
    """What is added to a wanted count before its fraction is cut off."""
    if rounding != STOCHASTIC:
        offsets[:n] = 0.5 * rounding
        return
    for j in range(n):
        offsets[j] = small_uniform(key, origin + j)


@njit
def whole_pulses(wanted, carry, block, how, offsets, pulses):  # type: ignore[no-untyped-def]
    """Whole pulses of one `block` = (start, cells) from the changes wanted of it; `how` as in `write_rows`."""
    scale, half_up, half_down, threshold, most, _, carries, _ = how
    start, n = block
    if carries:
        for j in range(n):
            total = scale * np.float64(wanted[start + j]) + np.float64(carry[start + j])
            half = half_up if total > 0.0 else -half_down
            amount = min(total * half, most)
            count = math.floor(min(amount + offsets[j], most)) if amount >= threshold else 0.0
            pulses[j] = np.int16(np.int32(count if total > 0.0 else -count))
            carry[start + j] = np.float32(total - count / half)
    else:
        for j in range(n):
            total = scale * np.float64(wanted[start + j])
            amount = min(total * (half_up if total > 0.0 else -half_down), most)
            count = math.floor(min(amount + offsets[j], most)) if amount >= threshold else 0.0
            pulses[j] = np.int16(np.int32(count if total > 0.0 else -count))


@njit
def list_block(pulses, n, origin, todo):  # type: ignore[no-untyped-def]
    """Cells of a block that get pulses, into `todo` = (cells, pulses); returns how many. Zeros pass by fours."""
    cells, counts = todo
    fours, n_todo = pulses.view(np.int64), np.int64(0)
    for four in range((n + 3) // 4):
        if fours[four] == 0:
            continue
        for j in range(4 * four, min(4 * four + 4, n)):
            cells[n_todo], counts[n_todo] = origin + j, pulses[j]
            n_todo += np.int64(pulses[j] != 0)
    return n_todo


@njit(cache=True, nogil=True)
def write_rows(wanted, carry, span, sides, shown, laws, how, draw):  # type: ignore[no-untyped-def]
    """Write some rows of an array of weights; returns the counts UP .. DIED.

    Parameters
    ----------
    wanted : float32 (n,)
        Changes asked for of the cells of these rows, times `scale`, in weights.
    carry : float32 (n,), or (1,) if unused
        What earlier writes owe, in weights; gets what this one owes.
    span : (number of the first cell, cells of a row)
    sides : (plus, minus)
        All cells as (x, writes, stuck, life, kinds), flat; the same ones twice for a single cell per weight.
    shown : float32 (n), or empty
        Weights of all cells, kept up to date.
    laws : (law of plus, law of minus)
        Each (classes, table, sd of one pulse, weight step of the V2.1 rule or 0): classes are numbered array by array.
    how : (scale, pulses per weight up, down, threshold, most pulses, rounding code, carries, pair)
    draw : (key of rounding, of noise plus, minus, number of the write, what dead cells become)
    """
    counts, pair, rows = np.zeros(6, np.int64), how[7], np.array([-1, 0, 0])
    offsets, pulses = np.empty(BLOCK), np.zeros(BLOCK, np.int16)
    cells, listed = np.empty(BLOCK, np.int64), np.empty(BLOCK, np.int16)
    keys = (write_key(draw[0], draw[3]), write_key(draw[1], draw[3]), write_key(draw[2], draw[3]))
    for start in range(0, len(wanted), BLOCK):
        n, origin = min(BLOCK, len(wanted) - start), span[0] + start
        draw_offsets(offsets, n, origin, keys[0], how[5])
        whole_pulses(wanted, carry, (start, n), how, offsets, pulses)
        n_todo = list_block(pulses, n, origin, (cells, listed))
        todo = (cells, listed, n_todo)
        count_rows(todo, span[1], pair, rows, counts)
        for side in range(1 + pair):
            counts[DIED] += pulse_list(todo, 1 - 2 * side, sides[side], laws[side], (keys[1 + side], draw[4]))
        show(todo, sides, shown, pair)
    close_row(rows, pair, counts)
    return counts


@njit
def count_rows(todo, n_columns, pair, rows, counts):  # type: ignore[no-untyped-def]
    """Count pulses, and the phases of each row as it ends; `rows` = [row, most up, most down so far]."""
    cells, pulses, n_todo = todo
    end = (rows[0] + 1) * n_columns
    for k in range(n_todo):
        if rows[0] < 0 or cells[k] >= end:
            close_row(rows, pair, counts)
            rows[0] = cells[k] // n_columns
            end = (rows[0] + 1) * n_columns
        up, down = max(np.int64(pulses[k]), 0), max(-np.int64(pulses[k]), 0)
        rows[1], rows[2] = max(rows[1], up), max(rows[2], down)
        # In a pair, what one cell gets up the other gets down.
        counts[UP] += up + pair * down
        counts[DOWN] += down + pair * up
    counts[WRITTEN] += n_todo * (1 + pair)


@njit
def close_row(rows, pair, counts):  # type: ignore[no-untyped-def]
    """Count the phases of the row that has ended: one per polarity, as long as its largest number of pulses."""
    up, down = rows[1], rows[2]
    if pair:
        up = down = max(up, down)
    counts[PHASES] += np.int64(up > 0) + np.int64(down > 0)
    counts[SLOTS] += up + down
    rows[1] = rows[2] = 0


@njit
def show(todo, sides, shown, pair):  # type: ignore[no-untyped-def]
    """Bring the weights of the listed cells up to date."""
    cells, _, n_todo = todo
    plus, minus = sides[0][0], sides[1][0]
    if shown.shape[0] == 0:
        return
    for k in range(n_todo):
        cell = cells[k]
        shown[cell] = plus[cell] - minus[cell] if pair else np.float32(2.0) * plus[cell] - np.float32(1.0)
