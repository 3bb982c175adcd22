"""Compiled loop over samples and ticks of a layered program: it jumps from tick to tick in which anything can happen.

Layers take their step last to first: each reads what the layer before emitted in the tick before, then that layer
writes its list anew. Parallel over samples; no result depends on the split.

The kernel is cached on disk by the text of this file only: after a change in the files that it is made of, raise the
revision. Revision 2.
"""

from __future__ import annotations

import numpy as np
from numba import njit, prange

from spikecim.engines import layered_columns as col
from spikecim.engines.layered_links import add_spikes
from spikecim.engines.layered_step import add_pulses, leak_layer, test_layer, wake_blocks
from spikecim.layered.program import NEVER

N_STRIPS = 64  # tasks: fixed, so that the split never depends on the number of threads
N_TALLIES = 5
_U, _I, _L = np.uint64, np.int32, np.int64
_NEVER, _ONE = _L(NEVER), _L(1)


@njit
def _aligned(n):  # type: ignore[no-untyped-def]
    """n words of zero from the beginning of a cache line."""
    words = np.zeros(n + col.LANES, np.int32)
    skip = -(np.int64(words.ctypes.data) // 4) % col.LANES
    return words[skip : skip + n]


@njit(_nrt=False)
def _rest(n_layers, plan, data, words, longs):  # type: ignore[no-untyped-def]
    """Every layer as it is before the first tick of a sample; assignments of slices would take seconds to compile."""
    for row in range(0, n_layers * col.N_COLUMNS, col.N_COLUMNS):
        charge, ready, due = plan[row + col.CHARGE], plan[row + col.READY], plan[row + col.DUE]
        for k in range(plan[row + col.N_BLOCKS] * col.LANES):
            words[_U(charge + k)] = data[_U(plan[row + col.INITIAL] + k)]
        for k in range(plan[row + col.N_BLOCKS] * col.LANES):
            words[_U(ready + k)] = plan[row + col.FIRE_FROM]
        for k in range(plan[row + col.N_BLOCKS]):
            words[_U(due + k)] = data[_U(plan[row + col.FIRST_DUE] + k)]
        state = plan[row + col.STATE]
        for k in range(col.N_STATE):
            longs[state + k] = 0
        longs[state + col.END], longs[state + col.N_STATE + col.END] = plan[row + col.LIST], plan[row + col.OUT]
        longs[state + col.NEXT_TEST], longs[state + col.NEXT_PULSE], longs[state + col.LEAKED] = (
            plan[row + col.WAKE],
            _NEVER,
            -1,
        )
        for p in range(plan[row + col.N_PULSES]):
            times = plan[row + col.PULSE] + p * col.N_TIMES
            first = plan[times] if plan[times] < plan[times + 2] else _NEVER
            longs[plan[row + col.PULSE_STATE] + p] = first
            longs[state + col.NEXT_PULSE] = min(longs[state + col.NEXT_PULSE], first)


@njit(_nrt=False)
def _step_layers(tick, sample, n_layers, plan, data, words, longs):  # type: ignore[no-untyped-def]
    """Take every layer through `tick`; True if any neuron fires."""
    fires = False
    for row in range((n_layers - 1) * col.N_COLUMNS, -1, -col.N_COLUMNS):
        state, out = plan[row + col.STATE], plan[row + col.OUT]
        longs[state + col.N_STATE + col.END] = out
        comes, leaky = longs[state + col.END] > plan[row + col.LIST], plan[row + col.LEAKY] != 0
        pulsed, wakes = longs[state + col.NEXT_PULSE] <= tick, longs[state + col.NEXT_TEST] <= tick
        if not (comes or pulsed or wakes):
            continue
        if leaky:
            leak_layer(row, tick - longs[state + col.LEAKED], plan, data, words)
            longs[state + col.LEAKED] = tick
        whole = pulsed or leaky
        if comes:
            heard = add_spikes(row, tick, sample, whole, plan, data, words, longs)
            whole = whole or (plan[row + col.DENSE] != 0 and heard > 0)
        if pulsed:
            longs[state + col.NEXT_PULSE] = add_pulses(row, tick, plan, data, words, longs)
        later = longs[state + col.NEXT_TEST]
        if wakes and not whole:
            later = wake_blocks(row, tick, plan, words, longs)
        emitted, again = test_layer(row, tick, whole, plan, data, words, longs)
        longs[state + col.NEXT_TEST] = again if whole else min(later, again)
        longs[state + col.N_STATE + col.END] = emitted
        fires = fires or emitted > out
    return fires


@njit(_nrt=False)
def _next_tick(tick, fires, coming, n_layers, longs):  # type: ignore[no-untyped-def]
    """The next tick in which anything can happen, if input comes in tick `coming`."""
    if fires:
        return tick + _ONE
    for state in range(0, n_layers * col.N_STATE, col.N_STATE):
        coming = min(coming, min(longs[state + col.NEXT_TEST], longs[state + col.NEXT_PULSE]))
    return coming


@njit(_nrt=False)
def _read_inputs(cursor, end, trains, words, longs):  # type: ignore[no-untyped-def]
    """List the input spikes of the tick that `cursor` is at; returns the place of the next one."""
    _, in_ticks, in_lines, in_signs, _ = trains
    n, tick = longs[col.END], in_ticks[_U(cursor)]
    while cursor < end and in_ticks[_U(cursor)] == tick:
        words[_U(n)] = (_I(in_lines[_U(cursor)]) << _I(1)) | _I(in_signs[_U(cursor)] < 0)
        n, cursor = n + _ONE, cursor + _ONE
    longs[col.END] = n
    return cursor


@njit(_nrt=False)
def _keep(s, tick, n_layers, plan, words, longs, kept):  # type: ignore[no-untyped-def]
    """Count the spikes of a tick, and write them while there is room."""
    first_kept, counts, room, out_ticks, out_neurons, out_signs = kept
    n_samples = room.shape[1] - 1
    for n in range(first_kept, n_layers):
        row, state = n * col.N_COLUMNS, n * col.N_STATE
        for k in range(plan[row + col.OUT], longs[state + col.N_STATE + col.END]):
            neuron, sign = _L(words[k]) >> _ONE, _ONE - ((_L(words[k]) & _ONE) << _ONE)
            if len(counts):
                counts[n_samples * plan[row + col.COUNT] + s * plan[row + col.N_OUT] + neuron] += sign
            place = room[n, s] + longs[state + col.FILLED]
            if place < room[n, s + 1]:
                out_ticks[place], out_neurons[place], out_signs[place] = tick, neuron, sign
            longs[state + col.FILLED] += _ONE


@njit(_nrt=False)
def _best(scores, charge, words):  # type: ignore[no-untyped-def]
    """Neuron of best score; ties go to the larger charge, then to the lower index."""
    best, winner = _L(-(2**62)), _L(0)
    for n in range(len(scores)):
        merit = (_L(scores[n]) << _L(32)) + _L(words[charge + n])
        if merit > best:
            best, winner = merit, _L(n)
    return winner


@njit(_nrt=False)
def _count_scores(first, end, words, scores, first_margin):  # type: ignore[no-untyped-def]
    """Count the last layer's spikes of a tick; returns by how much the best score leads, -1 if that decides nothing."""
    for k in range(first, end):
        scores[words[k] >> _I(1)] += _I(1) - ((words[k] & _I(1)) << _I(1))
    if first_margin == _NEVER or len(scores) == 1:
        return -_ONE
    best = second = _L(-(2**31))
    for n in range(len(scores)):
        score = _L(scores[n])
        second, best = max(second, min(best, score)), max(best, score)
    return best - second


@njit(_nrt=False)
def _copy_tallies(longs, to):  # type: ignore[no-untyped-def]
    """Element by element: an assignment of slices takes seconds to compile."""
    for n in range(len(to)):
        for k in range(N_TALLIES):
            to[n, k] = longs[n * col.N_STATE + col.DELIVERED + k]


@njit(_nrt=False)
def _write_margins(s, span, found, longs, decisions, margin_tallies):  # type: ignore[no-untyped-def]
    """Fill columns span[0] .. span[1] - 1 of sample s with what the run has come to: (duration, winner, reached)."""
    durations, winners, inputs, outputs, reached = decisions
    duration, winner, early = found
    for column in range(span[0], span[1]):
        durations[s, column], winners[s, column], reached[s, column] = duration, winner, early
        tallies = margin_tallies[s, column]
        _copy_tallies(longs, tallies)
        inputs[s, column], outputs[s, column] = tallies[0, 0], tallies[-1, 3] + tallies[-1, 4]


@njit(_nrt=False)
def _run_sample(s, n_layers, sizes, plan, data, checkpoints, trains, out, words, longs, scores):  # type: ignore[no-untyped-def]
    """Run one sample to its decision or to the end of the window."""
    n_ticks, first_margin = _L(sizes[0]), _L(sizes[1])
    decisions, residual, margin_tallies, late_winners, late_tallies, kept = out
    offsets, in_ticks, first_sample = trains[0], trains[1], trains[4]
    n_margins, n_checkpoints = _L(margin_tallies.shape[1]), len(checkpoints)
    final = (n_layers - 1) * col.N_COLUMNS
    charge, state, outputs = plan[final + col.CHARGE], plan[final + col.STATE], plan[final + col.OUT]
    _rest(n_layers, plan, data, words, longs)
    for n in range(len(scores)):
        scores[n] = 0
    cursor, end = offsets[s], offsets[s + 1]
    tick, column, checkpoint, fires = -_ONE, _L(0), 0, False
    while column < n_margins:
        comes = _L(in_ticks[_U(cursor)]) if cursor < end else n_ticks
        coming = _next_tick(tick, fires, comes, n_layers, longs)
        # Nothing but the leak goes on until then: these checkpoints find the state as it is.
        while checkpoint < n_checkpoints and checkpoints[checkpoint] <= coming:
            if plan[final + col.LEAKY]:
                before = checkpoints[checkpoint] - _ONE
                leak_layer(final, before - longs[state + col.LEAKED], plan, data, words)
                longs[state + col.LEAKED] = before
            late_winners[s, checkpoint] = _best(scores, charge, words)
            _copy_tallies(longs, late_tallies[s, checkpoint])
            checkpoint += 1
        if coming >= n_ticks:
            break
        tick = coming
        longs[col.END] = plan[col.LIST]
        if comes == tick:
            cursor = _read_inputs(cursor, end, trains, words, longs)
        fires = _step_layers(tick, s + first_sample, n_layers, plan, data, words, longs)
        if fires:
            _keep(s, tick, n_layers, plan, words, longs, kept)
        if longs[state + col.N_STATE + col.END] > outputs:
            lead = _count_scores(outputs, longs[state + col.N_STATE + col.END], words, scores, first_margin)
            if lead >= column + first_margin:
                reached = min(lead - first_margin + _ONE, n_margins)
                found = (tick + _ONE, _best(scores, charge, words), True)
                _write_margins(s, (column, reached), found, longs, decisions, margin_tallies)
                column = reached
    winner = _best(scores, charge, words)
    for late in range(checkpoint, n_checkpoints):
        late_winners[s, late] = winner
        _copy_tallies(longs, late_tallies[s, late])
    if column < n_margins:
        _write_margins(s, (column, n_margins), (n_ticks, winner, False), longs, decisions, margin_tallies)
        for n in range(len(scores)):
            residual[s, n] = words[charge + n]


@njit(cache=True, parallel=True)
def run_samples(plan, data, sizes, checkpoints, trains, out):  # type: ignore[no-untyped-def]
    """Run every sample; all results are written into the arrays given.

    `plan` and `data` are those of `layered_layout.Layout`; `sizes` = (ticks, first margin, layers, classes, words and
    longs of scratch); `trains` = (offsets, ticks, lines, signs, number of the first sample); `out` = (decisions,
    residual charge, tallies at margins, winners and tallies at checkpoints, kept spikes).
    """
    # A parallel loop takes tuples of arrays, but no tuples of tuples.
    decisions, residual, margin_tallies, late_winners, late_tallies, kept = out
    n_samples = len(trains[0]) - 1
    for strip in prange(N_STRIPS):
        words, longs, scores = _aligned(sizes[4]), np.zeros(sizes[5], np.int64), np.zeros(sizes[3], np.int32)
        for s in range(strip * n_samples // N_STRIPS, (strip + 1) * n_samples // N_STRIPS):
            _run_sample(
                s, sizes[2], sizes, plan, data, checkpoints, trains,
                (decisions, residual, margin_tallies, late_winners, late_tallies, kept), words, longs, scores,
            )  # fmt: skip
