"""Compiled event loop: sixteen runs side by side, one in each lane, each at its own tick; parallel over samples.

A run is one sample through one program. In a step every lane takes its run to the next tick in which something can
happen, an input spike or a residue that crosses a threshold; a lane whose run has ended is given the next one. The lead
of the best neuron is a maximum over neurons, not over lanes: no step has a branch that data decide, but for runs that
reach a margin or end.
"""

from __future__ import annotations

import numpy as np
from numba import njit, prange

from spikecim.coding.kernels import mix
from spikecim.engines.lanes import gather, least, load, lowest, mask_of, most, pick, scatter, splat, store
from spikecim.engines.layout import LANES
from spikecim.engines.noise_kernel import draw_noise, noisy_charges

N_STRIPS = 16  # tasks: fixed, so that the split never depends on the number of threads
_U, _I = np.uint64, np.int32
# Rows of 16 lanes: of one neuron (DOWN and LOW are negative charges) ...
CHARGE, READY, SCORE, UP, DOWN, RESET_UP, RESET_DOWN, HIGH, LOW, LEAK, LONGEST, N_STATES = (
    LANES * k for k in range(12)
)
N_PARAMETERS = 8
# ... and of a run: what its next event brings, its rules, and where it is.
TICK, ROW, EVENT, NOW, CROSSING, BASE, HOLD, ON_EVENT = (LANES * k for k in range(8))
MARGIN, LEAD, OUTPUTS, MARK, ROOM, FILLED, SLOT, SILENCE, N_RUN = (LANES * k for k in range(8, 17))
# Scores stay within the number of ticks, far above it.
_NO_SCORE = _I(-(2**30))


@njit(inline="always")
def _up16(n):  # type: ignore[no-untyped-def]
    return (n + 15) & ~15


@njit
def _aligned(n):  # type: ignore[no-untyped-def]
    """n words of zero from the beginning of a cache line: a vector across two lines costs twice."""
    words = np.zeros(n + LANES, np.int32)
    skip = -(np.int64(words.ctypes.data) // 4) % LANES
    return words[skip : skip + n]


@njit
def _idle_lanes(n_in, alike):  # type: ignore[no-untyped-def]
    """Lanes without a run: they read the row of zeros, and noise from where their run's steps will lie."""
    run = _aligned(N_RUN)
    run[SILENCE : SILENCE + LANES] = 2 * n_in
    for j in range(LANES):
        run[SLOT + j] = 0 if alike else j * LANES
    return run


@njit
def _first_marks(offsets, first, n_here, slack):  # type: ignore[no-untyped-def]
    """Where the marks of each sample of a block begin, and the end of the last; zeros if none is kept."""
    places = np.zeros(n_here + 1, np.int64)
    if slack >= 0:
        for b in range(n_here + 1):
            places[b] = offsets[first + b] - offsets[first] + b * slack
    return places


@njit
def _events(trains, first, last, n_in, n_ticks):  # type: ignore[no-untyped-def]
    """Input spikes of samples first .. last - 1 as (ticks, table rows, starts, whether two share a tick).

    Every sample begins at a multiple of 16 and ends with an event after the window.
    """
    offsets, in_ticks, in_lines, in_signs = trains
    starts = np.empty(last - first + 1, np.int64)
    starts[0] = 0
    for s in range(first, last):
        starts[s - first + 1] = starts[s - first] + _up16(offsets[s + 1] - offsets[s] + 1)
    ticks, rows = np.empty(starts[-1], np.int32), np.empty(starts[-1], np.int32)
    shared = _I(0)
    for s in range(first, last):
        to, start, n = _U(starts[s - first]), _U(offsets[s]), _U(offsets[s + 1] - offsets[s])
        for k in range(n):
            ticks[to + _U(k)] = in_ticks[start + _U(k)]
        for k in range(n):
            rows[to + _U(k)] = _I(in_lines[start + _U(k)]) + (_I(n_in) if in_signs[start + _U(k)] < 0 else _I(0))
        for k in range(1, n):
            shared = _I(shared | _I(in_ticks[start + _U(k)] == in_ticks[start + _U(k) - _U(1)]))
        for k in range(to + n, _U(starts[s - first + 1])):
            ticks[_U(k)], rows[_U(k)] = n_ticks, 2 * n_in
    return ticks, rows, starts, shared != 0


@njit(inline="always")
def _leaked(charge, leak, longest, gap):  # type: ignore[no-untyped-def]
    """Charge after `gap` ticks of a constant current towards rest; `longest` ticks of it still fit 32 bits."""
    # In two halves, so that even a current that reaches 32 bits after one tick can bring any charge to rest.
    half = gap >> splat(_I(1))
    for part in (half, gap - half):
        lost = leak * least(part, longest)
        charge = charge - least(most(charge, splat(_I(0)) - lost), lost)
    return charge


@njit
def _seat(j, pair, before, lanes, programs, events, filled, slack, sizes):  # type: ignore[no-untyped-def]
    """Place run `pair` = (program, sample of the block) in lane j, where program `before` ran, at rest."""
    state, run, _ = lanes
    parameters, rules = programs
    ticks, rows, starts, first_marks = events
    n_in, n_out, n_ticks = sizes
    p, b = pair
    width = (n_out + LANES - 1) // LANES * LANES
    for n in range(n_out):
        at = n * N_STATES + j
        state[at + CHARGE] = state[at + READY] = state[at + SCORE] = 0
        if p != before:
            for k in range(N_PARAMETERS):
                state[at + UP + k * LANES] = parameters[(p * N_PARAMETERS + k) * n_out + n]
    start = starts[b]
    run[TICK + j], run[ROW + j], run[EVENT + j], run[FILLED + j] = ticks[start], rows[start], start, filled[b]
    run[CROSSING + j], run[NOW + j], run[OUTPUTS + j] = n_ticks, -1, 0
    run[BASE + j] = p * (2 * n_in + 1) * width
    run[HOLD + j], run[ON_EVENT + j], run[MARGIN + j] = rules[p, 0], rules[p, 1], rules[p, 2]
    run[MARK + j] = first_marks[b]
    run[ROOM + j] = first_marks[b + 1] if slack >= 0 else 0


@njit
def _winner(j, state, n_out, late):  # type: ignore[no-untyped-def]
    """Neuron of best score; at time-out ties go to the larger charge, then to the lower index."""
    best, winner = np.int64(-(2**62)), 0
    for n in range(n_out):
        merit = np.int64(state[n * N_STATES + SCORE + j]) << np.int64(32)
        if late:
            merit += np.int64(state[n * N_STATES + CHARGE + j])
        if merit > best:
            best, winner = merit, n
    return winner


@njit
def _record(j, pair, lanes, rule, late, start, n_ticks, decisions):  # type: ignore[no-untyped-def]
    """Fill the columns of the margins reached, or at time-out those that never were; True when none is left."""
    durations, winners, inputs, outputs, reached = decisions
    state, run, n_out = lanes
    p, s = pair
    first, n_margins = np.int64(rule[2]), np.int64(rule[3])
    column = np.int64(run[MARGIN + j]) - first
    winner = _winner(j, state, n_out, late)
    while column < n_margins and (late or run[LEAD + j] >= column + first):
        durations[p, s, column], winners[p, s, column] = n_ticks if late else run[NOW + j] + 1, winner
        inputs[p, s, column], outputs[p, s, column] = run[EVENT + j] - start, run[OUTPUTS + j]
        reached[p, s, column] = not late
        column += 1
    run[MARGIN + j] = column + first
    return column == n_margins


@njit(inline="always")
def _neurons(lanes, now, delivery, switches, marks, n_ticks):  # type: ignore[no-untyped-def]
    """Take every neuron of every lane through the tick; returns the first tick of the next crossing."""
    state, run, n_out = lanes
    tick, gap, tested, live, more = now
    rows, tables, steps, source, has = delivery
    noisy, wide, leaky, shared, keep = switches
    mark_ticks, mark_lanes = marks
    zero, one, found = splat(_I(0)), splat(_I(1)), rows[0]
    n_groups = (n_out + LANES - 1) // LANES
    later, mark = tick + load(run, HOLD), load(run, MARK)
    room = live & (mark < load(run, ROOM))
    best = second = splat(_NO_SCORE)
    first, before = splat(_I(n_ticks)), load(run, OUTPUTS)
    outputs = before
    for g in range(n_groups):
        fired, bit_up, bit_down = zero, one, splat(_I(1 << LANES))
        if noisy:
            noisy_charges(rows, tables, steps, n_groups, g, wide)
        for n in range(g * LANES, min(n_out, (g + 1) * LANES)):
            at = n * N_STATES
            up_at, down_at, ready = load(state, at + UP), load(state, at + DOWN), load(state, at + READY)
            charge = load(state, at + CHARGE)
            if leaky:
                charge = _leaked(charge, load(state, at + LEAK), load(state, at + LONGEST), gap)
            arriving = load(found, (n - g * LANES) * LANES) if noisy else gather(tables[0], source, has, zero)
            source = source + one
            whole = charge + arriving
            charge = least(most(whole, load(state, at + LOW)), load(state, at + HIGH))
            if shared:
                charge = pick(more, whole, charge)
            may = ready <= tested
            up, down = (charge >= up_at) & may, (charge <= down_at) & may
            charge = pick(up, charge - load(state, at + RESET_UP), charge)
            charge = pick(down, charge + load(state, at + RESET_DOWN), charge)
            store(state, at + CHARGE, charge)
            ready = pick(up | down, later, ready)
            store(state, at + READY, ready)
            score = load(state, at + SCORE)
            score = pick(down, score - one, pick(up, score + one, score))
            store(state, at + SCORE, score)
            outputs = pick(up | down, outputs + one, outputs)
            second, best = most(second, least(best, score)), most(best, score)
            if leaky:
                ready = most(ready, tick + one)
                charge = _leaked(charge, load(state, at + LEAK), load(state, at + LONGEST), ready - tick)
            first = pick((charge >= up_at) | (charge <= down_at), least(first, ready), first)
            if keep:
                fired = fired | pick(up, bit_up, zero) | pick(down, bit_down, zero)
                bit_up, bit_down = bit_up + bit_up, bit_down + bit_down
        if keep:
            scatter(mark_lanes, mark * splat(_I(n_groups)) + splat(_I(g)), room, fired)
    store(run, OUTPUTS, outputs)
    store(run, LEAD, best - second)
    if keep:
        scatter(mark_ticks, mark, room, tick)
    store(run, MARK, pick(outputs > before, mark + one, mark))
    return first


@njit(inline="always")
def _step(lanes, rows, tables, steps, events, switches, marks, width, n_ticks):  # type: ignore[no-untyped-def]
    """Take every lane to its next tick; returns the lanes whose margin is reached, and those at time-out."""
    run = lanes[1]
    ticks, event_rows, slots = events
    limit, one, last = splat(_I(n_ticks)), splat(_I(1)), splat(_I(n_ticks - 1))
    next_in = load(run, TICK)
    tick = least(next_in, load(run, CROSSING))
    live = tick < limit
    has = live & (tick == next_in)
    row, event, before = load(run, ROW), load(run, EVENT), load(run, NOW)
    source = load(run, BASE) + row * splat(_I(width))
    if switches[0]:
        # Lanes without an event read a row of zeros; their noise step, whatever it is, is scaled by zero.
        store(rows[1], 0, load(run, BASE) + pick(has, row, load(run, SILENCE)) * splat(_I(width)))
        store(rows[2], 0, load(run, SLOT) + (event & splat(_I(slots))))
    event = pick(has, event + one, event)
    next_in = gather(ticks, event, has, next_in)
    store(run, TICK, next_in)
    store(run, ROW, gather(event_rows, event, has, row))
    store(run, EVENT, event)
    more = has & (next_in == tick)
    tested = pick(live, tick, splat(_I(-1)))
    if switches[3]:
        tested = pick(more, splat(_I(-1)), tested)
    store(run, NOW, pick(live, tick, before))
    gap = pick(live, tick, last) - before
    crossing = _neurons(
        lanes, (tick, gap, tested, live, more), (rows, tables, steps, source, has), switches, marks, n_ticks
    )
    store(run, CROSSING, most(most(crossing, tick + one), load(run, ON_EVENT)))
    return mask_of(live & (load(run, LEAD) >= load(run, MARGIN))), mask_of(limit <= tick)


@njit
def _replace(waiting, busy, seated, pairs, lanes, programs, events, block, out, alike, sizes, slack):  # type: ignore[no-untyped-def]
    """Record the runs of the lanes `waiting` and seat the next in those that are free; (busy lanes, runs seated)."""
    state, run, n_out = lanes
    ticks, rows, starts, first_marks, filled = events
    reached, first, n_here, n_pairs = block
    decisions, residual, mark_counts = out
    n_ticks = sizes[2]
    while waiting:
        j = lowest(waiting)
        waiting &= waiting - np.int64(1)
        before = pairs[j]
        if (busy >> j) & 1:
            b = pairs[LANES + j]
            late = not (reached >> j) & 1
            if not _record(j, (before, first + b), lanes, programs[1][before], late, starts[b], n_ticks, decisions):
                continue
            if late and residual.shape[0]:
                for n in range(n_out):
                    residual[first + b, n] = state[n * N_STATES + CHARGE + j]
            if mark_counts.shape[0]:
                mark_counts[first + b] = run[MARK + j] - first_marks[b]
        if seated < n_pairs:
            pair = seated // n_here, seated % n_here
            pairs[j], pairs[LANES + j] = pair
            drawn = filled if alike else starts
            _seat(j, pair, before, lanes, programs, (ticks, rows, starts, first_marks), drawn, slack, sizes)
            seated += 1
            busy |= 1 << j
        else:
            # Nothing happens in this lane any more.
            run[TICK + j] = run[CROSSING + j] = n_ticks
            busy &= ~(1 << j)
    return busy, seated


@njit(inline="always")
def _draw_where_short(short, pairs, run, events, room, steps, seeds, first, alike, sizes):  # type: ignore[no-untyped-def]
    """Draw 16 more events' noise for the lanes that have used up theirs."""
    ticks, rows, filled = events
    while short:
        j = lowest(short)
        short &= short - np.int64(1)
        p, b = pairs[j], pairs[LANES + j]
        at = filled[b] if alike else np.int64(run[FILLED + j])
        if at <= run[EVENT + j]:
            key = mix(_U(first + b) + seeds[p])
            draw_noise(steps, room, (ticks, rows), at, at // LANES if alike else j, key, sizes)
            at += LANES
            if alike:
                filled[b] = at
        run[FILLED + j] = at


@njit(cache=True, parallel=True)
def run_lanes(tables, programs, seeds, sizes, flags, trains, marks, out, block_size):  # type: ignore[no-untyped-def]
    """Run every sample through every program; all results are written into the arrays given.

    `tables` = (charges, noise scales), flat (n_programs, 2 n_in + 1, 16 n_groups), the last row of zeros; `programs` =
    (parameters, flat (n_programs, 8, n_out); rules (n_programs, 4): hold ticks, 0 or n_ticks where only input is
    tested, first margin, number of margins); `seeds` (n_programs,) of the noise; `sizes` = (n_in, n_out, n_ticks);
    `flags` = (noisy, wide noise, leaky, all seeds are alike); `trains` = (offsets, ticks, lines, signs, number of the
    first sample); `marks` = (ticks, lane bits, counts, slack): one mark per sample and firing tick, kept while there is
    room for one per input spike and `slack` more, else only counted (negative slack: none is kept; one program only);
    `out` = ((durations, winners, inputs, outputs, reached), each (n_programs, n_samples, n_margins), residual charge
    (n_samples, n_out), or no rows).
    """
    n_in, n_out, n_ticks = sizes
    noisy, wide, leaky, alike = flags
    in_trains, offsets, first_sample = trains[:4], trains[0], trains[4]
    mark_ticks, mark_lanes, mark_counts, slack = marks
    decisions, residual = out
    n_programs, n_samples = len(programs[1]), len(offsets) - 1
    n_groups = (n_out + LANES - 1) // LANES
    n_blocks = (n_samples + block_size - 1) // block_size
    keep, slots = slack >= 0, -1 if alike else LANES - 1
    for strip in prange(N_STRIPS):
        # Room is kept from block to block: new memory costs a page fault every 4 kB.
        steps = _aligned(LANES * LANES * LANES * n_groups if noisy and not alike else 0)
        words, keys = _aligned(LANES * LANES), np.empty(LANES, np.uint64)
        state, run = _aligned(n_out * N_STATES), _idle_lanes(n_in, alike)
        rows = _aligned(LANES * LANES), _aligned(LANES), _aligned(LANES)
        for block in range(strip * n_blocks // N_STRIPS, (strip + 1) * n_blocks // N_STRIPS):
            first, last = block * block_size, min(n_samples, (block + 1) * block_size)
            n_here, n_pairs = last - first, (last - first) * n_programs
            ticks, event_rows, starts, shared = _events(in_trains, first, last, n_in, n_ticks)
            if alike and noisy and len(steps) < starts[-1] * n_groups * LANES:
                steps = _aligned(starts[-1] * n_groups * LANES)
            first_marks = _first_marks(offsets, first, n_here, slack)
            mark_from = offsets[first] + first * slack if keep else 0
            own_marks = mark_ticks[mark_from:], mark_lanes[mark_from * n_groups :]
            filled, pairs = starts[:-1].copy(), np.full(2 * LANES, -1, np.int64)
            lanes, events = (state, run, n_out), (ticks, event_rows, starts, first_marks, filled)
            seated, reached, late, busy = 0, np.int64(0), np.int64(0xFFFF), np.int64(0)
            while True:
                waiting = (reached | late) & (busy if seated == n_pairs else 0xFFFF)
                if waiting:
                    busy, seated = _replace(
                        waiting, busy, seated, pairs, lanes, programs, events, (reached, first, n_here, n_pairs),
                        (decisions, residual, mark_counts), alike, sizes, slack,
                    )  # fmt: skip
                if busy == 0:
                    break
                if noisy:
                    short = mask_of(load(run, FILLED) <= load(run, EVENT)) & busy
                    if short:
                        _draw_where_short(
                            short, pairs, run, (ticks, event_rows, filled), (words, keys), steps, seeds,
                            first + first_sample, alike, sizes,
                        )  # fmt: skip
                reached, late = _step(
                    lanes, rows, tables, steps, (ticks, event_rows, slots), (noisy, wide, leaky, shared, keep),
                    own_marks, n_groups * LANES, n_ticks,
                )  # fmt: skip
