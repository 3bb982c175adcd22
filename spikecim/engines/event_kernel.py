"""Compiled event loop: one sample at a time, 16 integer lanes without a branch per neuron, parallel over samples.

Lanes of one quantity lie side by side, quantities 16 words apart, and every inner loop runs over exactly 16 lanes with
constant offsets: the compiler proves them independent and turns each loop into vector instructions. Networks with more
than 16 neurons take several lane groups.
"""

from __future__ import annotations

import numpy as np
from numba import njit, prange

from spikecim.streams import GOLDEN, MIX_1, MIX_2, NOISE_CENTRE

LANES = 16
BLOCK = 32  # samples per task: fixed, so that the split never depends on the number of threads
SLACK = 128  # marks a sample may need beyond one per input spike before the run is repeated with more room
# A lane's rank is its score in the high bits and 15 - lane below: all ranks differ, and ties go to the lower index.
RANK_BITS = 4
EMPTY_LANE_RANK = np.int32(-(2**30))
# Unsigned indices: the compiler need not fold negative ones, which would keep the lanes from being vectorised.
_U, _I = np.uint64, np.int32
_LANES = _U(LANES)
# Offsets of the parameters (DOWN and LOW are negative charges), and of the state, of one lane group.
UP, DOWN, RESET_UP, RESET_DOWN, HIGH, LOW, LEAK, N_PARAMETERS = (_U(LANES * k) for k in range(8))
CHARGE, READY, RANK, N_STATES = (_U(LANES * k) for k in range(4))
_GOLDEN, _MIX_1, _MIX_2, _LOW16 = _U(GOLDEN), _U(MIX_1), _U(MIX_2), _U(0xFFFF)
# 2 is a primitive root modulo 19, so 2**lane % 19 tells the lane of a single bit.
_LANE_OF_BIT = np.array([0, 0, 1, 13, 2, 0, 14, 6, 3, 8, 0, 12, 15, 5, 7, 11, 4, 10, 9], np.uint8)


@njit(inline="always")
def _mix(x):  # type: ignore[no-untyped-def]
    x = (x ^ (x >> _U(30))) * _MIX_1
    x = (x ^ (x >> _U(27))) * _MIX_2
    return x ^ (x >> _U(31))


@njit(inline="always")
def _add(state, base, table, row):  # type: ignore[no-untyped-def]
    """Add one event's charge to a lane group."""
    for j in range(LANES):
        state[base + CHARGE + _U(j)] = _I(state[base + CHARGE + _U(j)] + table[row + _U(j)])


@njit(inline="always")
def _add_noise(state, base, noise, row, key):  # type: ignore[no-untyped-def]
    """Add one event's read noise to a lane group (see `streams.gaussian_steps`)."""
    for j in range(LANES):
        word = _mix(key + _U(j + 1) * _GOLDEN)
        total = (word & _LOW16) + ((word >> _U(16)) & _LOW16) + ((word >> _U(32)) & _LOW16) + (word >> _U(48))
        step = np.int64(total) - NOISE_CENTRE
        state[base + CHARGE + _U(j)] += _I((np.int64(noise[row + _U(j)]) * step) >> np.int64(16))


@njit(inline="always")
def _leak(state, base, parameters, at, ticks):  # type: ignore[no-untyped-def]
    """Let `ticks` ticks of leak flow: a constant current towards rest, exact over any gap."""
    for j in range(LANES):
        charge = np.int64(state[base + CHARGE + _U(j)])
        lost = np.int64(parameters[at + LEAK + _U(j)]) * ticks
        state[base + CHARGE + _U(j)] = _I(charge - min(max(charge, -lost), lost))


@njit(inline="always")
def _test(state, base, parameters, at, table, row, tick, next_ready, leader):  # type: ignore[no-untyped-def]
    """Add a row of charges, clip, test both comparators, subtract packets, count.

    Returns the lanes that fired (up in bits 0-15, down in bits 16-31), the largest excess over a threshold that is
    left (not negative: a lane will fire again without input), and the best rank beside lane `leader`. Every step is
    cast back to 32 bits: numba would widen to 64 and halve the lanes of a vector instruction.
    """
    fired, excess, rival = _I(0), _I(-(2**31)), _I(-(2**31))
    for j in range(LANES):
        i = _U(j)
        charge = _I(state[base + CHARGE + i] + table[row + i])
        charge = min(max(charge, parameters[at + LOW + i]), parameters[at + HIGH + i])
        ready = state[base + READY + i]
        may = ready <= tick
        up = _I(may & (charge >= parameters[at + UP + i]))
        down = _I(may & (charge <= parameters[at + DOWN + i]))
        # Masks of ones instead of products: a lane-wise AND is cheaper than a multiplication.
        back = _I(parameters[at + RESET_DOWN + i] & _I(-down))
        charge = _I(_I(charge + back) - _I(parameters[at + RESET_UP + i] & _I(-up)))
        state[base + CHARGE + i] = charge
        either = _I(up | down)
        state[base + READY + i] = max(ready, _I(next_ready & _I(-either)))
        rank = _I(state[base + RANK + i] + _I(_I(up - down) << _I(RANK_BITS)))
        state[base + RANK + i] = rank
        rival = max(rival, rank if _I(j) != leader else _I(-(2**31)))
        fired = _I(fired | _I(_I(up << _I(j)) | _I(down << _I(j + LANES))))
        over, under = _I(charge - parameters[at + UP + i]), _I(parameters[at + DOWN + i] - charge)
        excess = max(excess, max(over, under))
    return fired, excess, rival


@njit(inline="always")
def _next_crossing(state, base, parameters, at, now, n_ticks):  # type: ignore[no-untyped-def]
    """First tick after `now` at which a lane left beyond threshold may fire, or n_ticks."""
    first = _I(n_ticks)
    for j in range(LANES):
        i = _U(j)
        charge = state[base + CHARGE + i]
        beyond = (charge >= parameters[at + UP + i]) | (charge <= parameters[at + DOWN + i])
        first = min(first, max(state[base + READY + i], _I(now + 1)) if beyond else first)
    return np.int64(first)


@njit(inline="always")
def _next_leaky_crossing(state, base, parameters, at, now, n_ticks):  # type: ignore[no-untyped-def]
    """The same where charge may leak back below the threshold before its lane is ready."""
    first = np.int64(n_ticks)
    for j in range(LANES):
        i = _U(j)
        charge = np.int64(state[base + CHARGE + i])
        tick = max(np.int64(state[base + READY + i]), now + 1)
        lost = np.int64(parameters[at + LEAK + i]) * (tick - now)
        charge -= min(max(charge, -lost), lost)
        beyond = (charge >= parameters[at + UP + i]) | (charge <= parameters[at + DOWN + i])
        first = min(first, tick if beyond else first)
    return first


@njit
def _leader(state, n_lanes):  # type: ignore[no-untyped-def]
    """(lane of the best rank, second-best rank) by plain search: needed only when the lead changes hands."""
    best, second, leader = _I(-(2**31)), _I(-(2**31)), 0
    for n in range(n_lanes):
        rank = state[_U(n // LANES) * N_STATES + RANK + _U(n % LANES)]
        if rank > best:
            best, second, leader = rank, best, n
        elif rank > second:
            second = rank
    return leader, second


@njit(inline="always")
def _bits(word):  # type: ignore[no-untyped-def]
    """Number of ones in 32 bits."""
    x = np.uint32(word)
    x = x - ((x >> np.uint32(1)) & np.uint32(0x55555555))
    x = (x & np.uint32(0x33333333)) + ((x >> np.uint32(2)) & np.uint32(0x33333333))
    x = (x + (x >> np.uint32(4))) & np.uint32(0x0F0F0F0F)
    return np.int64(np.uint32(x * np.uint32(0x01010101)) >> np.uint32(24))


@njit
def _late_winner(state, n_out):  # type: ignore[no-untyped-def]
    """Neuron of best score at time-out; ties go to the larger charge, then to the lower index."""
    best, winner = np.int64(-(2**62)), 0
    for n in range(n_out):
        base = _U(n // LANES) * N_STATES + _U(n % LANES)
        merit = np.int64(state[base + RANK] >> _I(RANK_BITS)) << np.int64(32)
        merit += np.int64(state[base + CHARGE])
        if merit > best:
            best, winner = merit, n
    return winner


@njit(inline="always")
def _at_rest(state, n_groups, n_out):  # type: ignore[no-untyped-def]
    """No charge, no spike, no score; empty lanes rank below every neuron."""
    state[:] = 0
    for n in range(n_groups * LANES):
        rank = LANES - 1 - n % LANES + (EMPTY_LANE_RANK if n >= n_out else 0)
        state[_U(n // LANES) * N_STATES + RANK + _U(n % LANES)] = rank


@njit(inline="always")
def _first_crossing(state, parameters, n_groups, leaky, now, n_ticks):  # type: ignore[no-untyped-def]
    """First tick after `now` at which any lane fires without input, or n_ticks."""
    first = np.int64(n_ticks)
    for g in range(n_groups):
        base, at = _U(g) * N_STATES, _U(g) * N_PARAMETERS
        if leaky:
            first = min(first, _next_leaky_crossing(state, base, parameters, at, now, n_ticks))
        else:
            first = min(first, _next_crossing(state, base, parameters, at, now, n_ticks))
    return first


@njit(inline="always")
def _leak_all(state, parameters, n_groups, ticks):  # type: ignore[no-untyped-def]
    """Leak every lane group."""
    for g in range(n_groups):
        _leak(state, _U(g) * N_STATES, parameters, _U(g) * N_PARAMETERS, ticks)


@njit(inline="always")
def _deliver(state, event, stop, tick, trains, inputs, n_groups, sample_key):  # type: ignore[no-untyped-def]
    """Add all events of `tick` but the charge of the last, whose table row is returned for `_test` to add.

    Returns (next event, row); without an event the row is the table's last one, of zeros.
    """
    _, in_ticks, in_lines, in_signs, _ = trains
    table, noise, n_in, noisy = inputs
    width = _U(n_groups) * _LANES
    row, first = _U(2 * n_in) * width, event
    while event < stop and in_ticks[event] == tick:
        if event > first:
            for g in range(n_groups):
                _add(state, _U(g) * N_STATES, table, row + _U(g) * _LANES)
        line = _U(in_lines[event])
        row = (line + (_U(n_in) if in_signs[event] < 0 else _U(0))) * width
        if noisy:
            key = _mix(_mix(sample_key + _U(tick) * _GOLDEN) + line * _GOLDEN)
            for g in range(n_groups):
                lane_key = key + _U(g) * _LANES * _GOLDEN
                _add_noise(state, _U(g) * N_STATES, noise, line * width + _U(g) * _LANES, lane_key)
        event += 1
    return event, row


@njit(inline="always")
def _time_out(state, s, column, n_out, n_ticks, n_inputs, n_spikes, decisions, residual):  # type: ignore[no-untyped-def]
    """Fill the columns of margins that were never reached, and keep the charges that broke a tie."""
    durations, winners, inputs, outputs, _ = decisions
    late = _late_winner(state, n_out)
    for c in range(column, durations.shape[1]):
        durations[s, c], winners[s, c] = n_ticks, late
        inputs[s, c], outputs[s, c] = n_inputs, n_spikes
    for n in range(n_out):
        residual[s, n] = state[_U(n // LANES) * N_STATES + CHARGE + _U(n % LANES)]


@njit(cache=True, parallel=True)
def run_samples(  # type: ignore[no-untyped-def]
    table, noise, noise_seed, parameters, rules, trains, marks, decisions, residual
):
    """Run every sample to its decision; all results are written into the arrays given.

    `table` (2 n_in + 1, n_groups, 16), flat, holds the charges and a last row of zeros; `noise` (n_in, n_groups, 16)
    and `parameters` (n_groups, 7, 16) are flat too. `rules` = (hold ticks, continuous, leaky, noisy, n_ticks, n_in,
    n_out, first margin); `trains` = (offsets, ticks, lines, signs, number of the first sample); `marks` = (ticks, lane
    bits, counts, slack): one mark per sample and firing tick, kept while there is room for one per input spike and
    `slack` more, else only counted (negative slack: none is kept); `decisions` = (durations, winners, inputs, outputs,
    reached).
    """
    hold, continuous, leaky, noisy, n_ticks, n_in, n_out, first_margin = rules
    offsets, in_ticks, first_sample = trains[0], trains[1], trains[4]
    mark_ticks, mark_lanes, mark_counts, slack = marks
    durations, winners, inputs, outputs, reached = decisions
    n_samples, n_margins = len(offsets) - 1, durations.shape[1]
    n_groups = (n_out + LANES - 1) // LANES
    for block in prange((n_samples + BLOCK - 1) // BLOCK):
        state = np.empty(_U(n_groups) * N_STATES, np.int32)
        for s in range(block * BLOCK, min(n_samples, (block + 1) * BLOCK)):
            _at_rest(state, n_groups, n_out)
            start, stop = offsets[s], offsets[s + 1]
            first_mark, room = start + s * slack, stop - start + slack if slack >= 0 else 0
            sample_key = _mix(_U(s + first_sample) + noise_seed)
            event, now, column, mark, n_spikes = start, np.int64(-1), 0, np.int64(0), np.int64(0)
            leader, excess = 0, _I(-1)
            while column < n_margins:
                tick = np.int64(in_ticks[event]) if event < stop else np.int64(n_ticks)
                if excess >= 0 and continuous:
                    tick = min(tick, _first_crossing(state, parameters, n_groups, leaky, now, n_ticks))
                if tick >= n_ticks:
                    break
                if leaky:
                    _leak_all(state, parameters, n_groups, tick - now)
                now = tick
                event, row = _deliver(
                    state, event, stop, tick, trains, (table, noise, n_in, noisy), n_groups, sample_key
                )
                excess, firing, rival = _I(-1), np.int64(0), _I(-(2**31))
                for g in range(n_groups):
                    base, at, cell = _U(g) * N_STATES, _U(g) * N_PARAMETERS, row + _U(g) * _LANES
                    fired, left, next_best = _test(
                        state, base, parameters, at, table, cell, _I(tick), _I(tick + hold), _I(leader - g * LANES)
                    )
                    excess, rival = max(excess, left), max(rival, next_best)
                    if fired:
                        firing += _bits(fired)
                    if mark < room:
                        mark_lanes[(first_mark + mark) * n_groups + g] = fired
                if firing == 0:
                    continue
                if mark < room:
                    mark_ticks[first_mark + mark] = tick
                mark += 1
                n_spikes += firing
                best = state[_U(leader // LANES) * N_STATES + RANK + _U(leader % LANES)]
                if rival > best:
                    leader, rival = _leader(state, n_groups * LANES)
                    best = state[_U(leader // LANES) * N_STATES + RANK + _U(leader % LANES)]
                lead = np.int64(best >> _I(RANK_BITS)) - np.int64(rival >> _I(RANK_BITS))
                while column < n_margins and lead >= column + first_margin:
                    durations[s, column], winners[s, column] = tick + 1, leader
                    inputs[s, column], outputs[s, column] = event - start, n_spikes
                    reached[s, column] = True
                    column += 1
            mark_counts[s] = mark
            if column < n_margins:
                if leaky:
                    _leak_all(state, parameters, n_groups, n_ticks - 1 - now)
                _time_out(state, s, column, n_out, n_ticks, event - start, n_spikes, decisions, residual)


@njit(cache=True, parallel=True)
def unpack_marks(marks, train_offsets, offsets, n_groups, ticks, neurons, signs):  # type: ignore[no-untyped-def]
    """Write the spikes behind all marks into flat arrays, by sample, tick and neuron."""
    mark_ticks, mark_lanes, mark_counts, slack = marks
    for block in prange((len(mark_counts) + BLOCK - 1) // BLOCK):
        for s in range(block * BLOCK, min(len(mark_counts), (block + 1) * BLOCK)):
            place, first = offsets[s], train_offsets[s] + s * slack
            for mark in range(first, first + mark_counts[s]):
                for g in range(n_groups):
                    lanes = np.int64(mark_lanes[mark * n_groups + g]) & np.int64(0xFFFFFFFF)
                    either = (lanes | (lanes >> np.int64(16))) & np.int64(0xFFFF)
                    while either:
                        lane = np.int64(_LANE_OF_BIT[(either & -either) % np.int64(19)])
                        ticks[place], neurons[place] = mark_ticks[mark], g * LANES + lane
                        signs[place] = np.int64(2) * ((lanes >> lane) & np.int64(1)) - np.int64(1)
                        place += 1
                        either &= either - np.int64(1)
