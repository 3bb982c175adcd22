"""Compiled step of one layer once its spikes have been added: pulses, leak, and the test of the blocks touched.

A block is 16 neurons side by side, one vector. What no spike, pulse or end of a refractory time touches is not looked
at. All functions take the arrays of `layered_layout.Layout` (`plan`, `data`) and the scratch of one thread (`words`,
`longs`): few arguments, for every array costs seven words of stack in a call. `_nrt=False` keeps numba from counting
references to them, which costs more than the work itself. Functions that use lanes take no tuples of arrays: numba may
drop their last assignment to an array out of a tuple.
"""

from __future__ import annotations

import numpy as np
from numba import njit

from spikecim.engines import layered_columns as col
from spikecim.engines.lanes import least, load, lowest, mask_of, most, pick, splat, store
from spikecim.layered.program import NEVER

_U, _I, _L = np.uint64, np.int32, np.int64
_NEVER, _ONE = _L(NEVER), _L(1)


@njit(_nrt=False)
def add_pulses(row, tick, plan, data, words, longs):  # type: ignore[no-untyped-def]
    """Add the charge of every pulse that fires in `tick`; returns the tick of the next one."""
    n = plan[row + col.N_BLOCKS] * col.LANES
    after = _NEVER
    for p in range(plan[row + col.N_PULSES]):
        when, times = plan[row + col.PULSE_STATE] + p, plan[row + col.PULSE] + p * col.N_TIMES
        if longs[when] == tick:
            to, at = plan[row + col.CHARGE], plan[row + col.PULSE_CHARGE] + p * n
            for j in range(0, n, col.LANES):
                store(words, to + j, load(words, to + j) + load(data, at + j))
            longs[when] = tick + plan[times + 1] if tick + plan[times + 1] < plan[times + 2] else _NEVER
        after = min(after, longs[when])
    return after


@njit(_nrt=False)
def leak_layer(row, gap, plan, data, words):  # type: ignore[no-untyped-def]
    """Move all charges towards rest by `gap` ticks of leak."""
    charge, leak = plan[row + col.CHARGE], plan[row + col.LEAK]
    for n in range(plan[row + col.N_BLOCKS] * col.LANES):
        lost, now = min(_L(data[leak + n]) * gap, _NEVER), _L(words[charge + n])
        words[charge + n] = _I(now - max(-lost, min(lost, now)))


@njit(_nrt=False)
def wake_blocks(row, tick, plan, words, longs):  # type: ignore[no-untyped-def]
    """Mark the blocks that are due; returns the first tick in which another one will be."""
    due, marks, later = plan[row + col.DUE], plan[row + col.MARKS], _NEVER
    for block in range(plan[row + col.N_BLOCKS]):
        when = _L(words[_U(due + block)])
        if when <= tick:
            longs[_U(marks + (block >> _L(6)))] |= _ONE << (block & _L(63))
        else:
            later = min(later, when)
    return later


@njit(_nrt=False)
def test_layer(row, tick, whole, plan, data, words, longs):  # type: ignore[no-untyped-def]
    """Clip and test all blocks, or those marked, and list the spikes.

    Returns (end of the list, first tick in which a block just tested is due again).
    """
    charge, ready_at, due = plan[row + col.CHARGE], plan[row + col.READY], plan[row + col.DUE]
    param, param_step, marks = plan[row + col.PARAM], plan[row + col.PARAM_STEP], plan[row + col.MARKS]
    n_blocks, fire_to, first = plan[row + col.N_BLOCKS], plan[row + col.FIRE_TO], plan[row + col.OUT]
    emitted, wake, negative = first, _NEVER, _L(0)
    for w in range((n_blocks + _L(col.WORD - 1)) >> _L(6)):
        word = longs[_U(marks + w)]
        if whole:
            left = n_blocks - w * col.WORD
            word = _L(-1) if left >= col.WORD else (_ONE << left) - _ONE
        longs[_U(marks + w)] = _L(0)
        while word:
            block = w * col.WORD + lowest(word)
            word &= word - _ONE
            at, own = charge + block * col.LANES, param + block * param_step
            q = least(most(load(words, at), load(data, own + col.LOW)), load(data, own + col.HIGH))
            up_at, down_at = load(data, own + col.UP), load(data, own + col.DOWN)
            up, down = q > up_at, q < down_at
            when = _NEVER
            if mask_of(up | down):
                ready = ready_at + block * col.LANES
                free = load(words, ready)
                may = free <= splat(_I(tick if tick < fire_to else _L(-1)))
                up, down = up & may, down & may
                either = up | down
                if plan[row + col.HARD]:
                    q = pick(either, splat(_I(0)), q)
                else:
                    q = pick(up, q - load(data, own + col.RESET_UP), q)
                    q = pick(down, q + load(data, own + col.RESET_DOWN), q)
                store(words, ready, pick(either, splat(_I(tick + plan[row + col.HOLD])), free))
                fired, below = mask_of(either), mask_of(down)
                while fired:
                    lane = lowest(fired)
                    fired &= fired - _ONE
                    minus = (below >> lane) & _ONE
                    words[_U(emitted)] = _I(((block * col.LANES + lane) << _ONE) | minus)
                    emitted += _ONE
                    negative += minus
                beyond = mask_of((q > up_at) | (q < down_at))
                while beyond:
                    when = min(when, _L(words[_U(ready + lowest(beyond))]))
                    beyond &= beyond - _ONE
                if max(when, tick) >= fire_to:
                    when = _NEVER
            store(words, at, q)
            words[_U(due + block)] = _I(when)
            wake = min(wake, when)
    state = plan[row + col.STATE]
    longs[state + col.POSITIVE] += emitted - first - negative
    longs[state + col.NEGATIVE] += negative
    return emitted, wake
