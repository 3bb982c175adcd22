"""Compiled event loop: one sample at a time, 16 integer lanes without a branch per neuron, parallel over samples.

State and parameters of a lane group lie 16 words apart in flat arrays, so the compiler can prove the lanes independent
and turns each inner loop into vector instructions.
"""

from __future__ import annotations

import numpy as np
from numba import njit, prange

from spikecim.streams import GOLDEN, MIX_1, MIX_2, NOISE_CENTRE

LANES = 16
BLOCK = 32  # samples per task: fixed, so that the split never depends on the number of threads
# Rows of the parameter array, and of the state array, of one lane group.
UP, DOWN, RESET_UP, RESET_DOWN, HIGH, LOW, LEAK, N_PARAMETERS = range(8)
CHARGE, READY, SCORE, FIRED, N_STATES = range(5)
EMPTY_LANE_SCORE = -(2**30)
_GOLDEN, _MIX_1, _MIX_2 = np.uint64(GOLDEN), np.uint64(MIX_1), np.uint64(MIX_2)
_LOW16 = np.uint64(0xFFFF)


@njit(inline="always")
def _mix(x):  # type: ignore[no-untyped-def]
    x = (x ^ (x >> np.uint64(30))) * _MIX_1
    x = (x ^ (x >> np.uint64(27))) * _MIX_2
    return x ^ (x >> np.uint64(31))


@njit(inline="always")
def _add_noise(state, scale, key, n_groups):  # type: ignore[no-untyped-def]
    """Add one event's read noise to every lane (see `streams.gaussian_steps`)."""
    for g in range(n_groups):
        base = g * N_STATES * LANES
        for j in range(LANES):
            word = _mix(key + np.uint64(g * LANES + j + 1) * _GOLDEN)
            total = (word & _LOW16) + ((word >> np.uint64(16)) & _LOW16)
            total += ((word >> np.uint64(32)) & _LOW16) + (word >> np.uint64(48))
            step = np.int64(total) - NOISE_CENTRE
            state[base + CHARGE * LANES + j] += np.int32((np.int64(scale[g * LANES + j]) * step) >> 16)


@njit(inline="always")
def _leak(state, parameters, ticks, n_groups):  # type: ignore[no-untyped-def]
    """Let `ticks` ticks of leak flow: a constant current towards rest, exact over any gap."""
    for g in range(n_groups):
        base, at = g * N_STATES * LANES, g * N_PARAMETERS * LANES
        for j in range(LANES):
            charge = state[base + CHARGE * LANES + j]
            lost = np.int64(parameters[at + LEAK * LANES + j]) * ticks
            charge -= np.int32(min(max(np.int64(charge), -lost), lost))
            state[base + CHARGE * LANES + j] = charge


@njit(inline="always")
def _test(state, parameters, tick, hold, n_groups):  # type: ignore[no-untyped-def]
    """Clip, test both comparators, subtract packets. Returns (any lane fired, any lane still beyond a threshold)."""
    fired, pending = np.int32(0), np.int32(0)
    for g in range(n_groups):
        base, at = g * N_STATES * LANES, g * N_PARAMETERS * LANES
        for j in range(LANES):
            charge = state[base + CHARGE * LANES + j]
            charge = min(max(charge, -parameters[at + LOW * LANES + j]), parameters[at + HIGH * LANES + j])
            ready = state[base + READY * LANES + j]
            may = np.int32(ready <= tick)
            up = may & np.int32(charge >= parameters[at + UP * LANES + j])
            down = may & np.int32(charge <= -parameters[at + DOWN * LANES + j])
            charge += down * parameters[at + RESET_DOWN * LANES + j] - up * parameters[at + RESET_UP * LANES + j]
            any_ = up | down
            state[base + CHARGE * LANES + j] = charge
            state[base + READY * LANES + j] = ready + any_ * (tick + hold - ready)
            state[base + FIRED * LANES + j] = up - down
            fired |= any_
            pending |= np.int32(charge >= parameters[at + UP * LANES + j])
            pending |= np.int32(charge <= -parameters[at + DOWN * LANES + j])
    return fired, pending


@njit(inline="always")
def _next_crossing(state, parameters, now, n_groups, n_ticks):  # type: ignore[no-untyped-def]
    """First tick after `now` at which a lane left beyond threshold may fire, or n_ticks."""
    first = np.int64(n_ticks)
    for g in range(n_groups):
        base, at = g * N_STATES * LANES, g * N_PARAMETERS * LANES
        for j in range(LANES):
            charge = np.int64(state[base + CHARGE * LANES + j])
            tick = max(np.int64(state[base + READY * LANES + j]), now + 1)
            lost = np.int64(parameters[at + LEAK * LANES + j]) * (tick - now)
            charge -= min(max(charge, -lost), lost)
            beyond = charge >= parameters[at + UP * LANES + j] or charge <= -parameters[at + DOWN * LANES + j]
            if beyond and tick < first:
                first = tick
    return first


@njit(inline="always")
def _emit(state, tick, n_out, out_ticks, out_codes, place, limit):  # type: ignore[no-untyped-def]
    """Add fired lanes to the scores and write them at `place` while there is room; returns the new place."""
    for n in range(n_out):
        base = (n // LANES) * N_STATES * LANES
        sign = state[base + FIRED * LANES + n % LANES]
        state[base + SCORE * LANES + n % LANES] += sign
        if place < limit:
            out_ticks[place] = tick
            out_codes[place] = np.int16(2 * n + (sign < 0))
        place += np.int64(sign != 0)
    return place


@njit(inline="always")
def _lead(state, n_groups):  # type: ignore[no-untyped-def]
    """Best minus second-best score."""
    best, rivals = np.int32(EMPTY_LANE_SCORE), np.int32(0)
    for g in range(n_groups):
        base = g * N_STATES * LANES + SCORE * LANES
        for j in range(LANES):
            best = max(best, state[base + j])
    second = np.int32(EMPTY_LANE_SCORE)
    for g in range(n_groups):
        base = g * N_STATES * LANES + SCORE * LANES
        for j in range(LANES):
            score = state[base + j]
            rivals += np.int32(score == best)
            second = max(second, np.int32(EMPTY_LANE_SCORE) if score == best else score)
    return np.int32(0) if rivals > 1 else best - second


@njit(inline="always")
def _winner(state, n_out, by_charge):  # type: ignore[no-untyped-def]
    """Neuron of best score; at time-out (`by_charge`) ties go to the larger charge, then to the lower index."""
    best, winner = np.int64(-(2**62)), 0
    for n in range(n_out):
        base = (n // LANES) * N_STATES * LANES + n % LANES
        rank = np.int64(state[base + SCORE * LANES]) << 32
        if by_charge:
            rank += np.int64(state[base + CHARGE * LANES])
        if rank > best:
            best, winner = rank, n
    return winner


@njit(cache=True, parallel=True)
def run_samples(  # type: ignore[no-untyped-def]
    table, noise, noise_seed, parameters, rules, trains, spikes, decisions, residual, first_sample
):
    """Run every sample to its decision; all results are written into the arrays given.

    `rules` = (hold ticks, continuous, leaky, noisy, n_ticks, n_out, first margin); `trains` = (offsets, ticks, lines,
    signs); `spikes` = (ticks, codes, counts, capacity per sample), counts keep rising when the room is used up;
    `decisions` = (durations, winners, inputs, outputs, reached).
    """
    hold, continuous, leaky, noisy, n_ticks, n_out, first_margin = rules
    offsets, in_ticks, in_lines, in_signs = trains
    out_ticks, out_codes, out_counts, capacity = spikes
    durations, winners, inputs, outputs, reached = decisions
    n_samples, n_margins, n_in = len(offsets) - 1, durations.shape[1], noise.shape[0]
    n_groups = (n_out + LANES - 1) // LANES
    for block in prange((n_samples + BLOCK - 1) // BLOCK):
        state = np.empty(n_groups * N_STATES * LANES, np.int32)
        for s in range(block * BLOCK, min(n_samples, (block + 1) * BLOCK)):
            state[:] = 0
            for n in range(n_out, n_groups * LANES):
                state[(n // LANES) * N_STATES * LANES + SCORE * LANES + n % LANES] = EMPTY_LANE_SCORE
            start, stop = offsets[s], offsets[s + 1]
            place, limit = s * capacity, (s + 1) * capacity
            sample_key = _mix(np.uint64(s + first_sample) + noise_seed) if noisy else np.uint64(0)
            event, now, column, pending = start, np.int64(-1), 0, np.int32(0)
            while column < n_margins:
                tick = np.int64(in_ticks[event]) if event < stop else np.int64(n_ticks)
                if pending and continuous:
                    crossing = _next_crossing(state, parameters, now, n_groups, n_ticks)
                    tick = min(tick, crossing)
                if tick >= n_ticks:
                    break
                if leaky:
                    _leak(state, parameters, tick - now, n_groups)
                now = tick
                while event < stop and in_ticks[event] == tick:
                    line = np.int64(in_lines[event])
                    row = line + n_in * np.int64(in_signs[event] < 0)
                    for g in range(n_groups):
                        base = g * N_STATES * LANES + CHARGE * LANES
                        for j in range(LANES):
                            state[base + j] += table[row, g * LANES + j]
                    if noisy:
                        key = _mix(sample_key + np.uint64(tick) * _GOLDEN)
                        _add_noise(state, noise[line], _mix(key + np.uint64(line) * _GOLDEN), n_groups)
                    event += 1
                fired, pending = _test(state, parameters, np.int32(tick), hold, n_groups)
                if fired:
                    place = _emit(state, np.int32(tick), n_out, out_ticks, out_codes, place, limit)
                    lead = _lead(state, n_groups)
                    while column < n_margins and lead >= column + first_margin:
                        durations[s, column] = tick + 1
                        winners[s, column] = _winner(state, n_out, False)
                        inputs[s, column] = event - start
                        outputs[s, column] = place - s * capacity
                        reached[s, column] = True
                        column += 1
            if column < n_margins:
                if leaky:
                    _leak(state, parameters, n_ticks - 1 - now, n_groups)
                late = _winner(state, n_out, True)
                for c in range(column, n_margins):
                    durations[s, c], winners[s, c] = n_ticks, late
                    inputs[s, c], outputs[s, c] = event - start, place - s * capacity
                for n in range(n_out):
                    residual[s, n] = state[(n // LANES) * N_STATES * LANES + CHARGE * LANES + n % LANES]
            out_counts[s] = place - s * capacity


@njit(cache=True, parallel=True)
def pack_spikes(out_ticks, out_codes, capacity, offsets, ticks, neurons, signs):  # type: ignore[no-untyped-def]
    """Copy the spikes of all samples from their own room into flat arrays."""
    for s in prange(len(offsets) - 1):
        for k in range(offsets[s + 1] - offsets[s]):
            code = out_codes[s * capacity + k]
            ticks[offsets[s] + k] = out_ticks[s * capacity + k]
            neurons[offsets[s] + k] = code >> 1
            signs[offsets[s] + k] = 1 - 2 * (code & 1)
