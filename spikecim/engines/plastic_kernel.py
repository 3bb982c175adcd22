"""Compiled event loop of STDP: samples in sequence, ticks only where something can happen (docs/stdp.md)."""

from __future__ import annotations

import numpy as np
from numba import njit

from spikecim.coding.kernels import mix
from spikecim.engines.plastic_rule import ACTIVE, LATE, RESET, SET, SILENT
from spikecim.streams import GOLDEN, NOISE_CENTRE

_U, _GOLDEN, _LOW = np.uint64, np.uint64(GOLDEN), np.uint64(0xFFFF)
_NEVER = -(2**40)
# Rows of `neurons` and of `state`.
UP, DOWN, RESET_UP, RESET_DOWN, RAIL_HIGH, RAIL_LOW, LEAK = range(7)
CHARGE, READY, LAST, SIGN, N_STATES = range(5)


@njit
def _named(key, name):  # type: ignore[no-untyped-def]
    return mix(key + _U(name) * _GOLDEN)


@njit
def _noise(key, scale, neuron):  # type: ignore[no-untyped-def]
    """Read noise of one event (see `streams.gaussian_steps`)."""
    word = _named(key, neuron + 1)
    total = (word & _LOW) + ((word >> _U(16)) & _LOW) + ((word >> _U(32)) & _LOW) + (word >> _U(48))
    return (scale * (np.int64(total) - NOISE_CENTRE)) >> 16


@njit
def _attempt(cells, charge, key, where, signs, reason, chance, tally):  # type: ignore[no-untyped-def]
    """Try to move the weight of synapse `where` = (line, neuron); `signs` = (input, output, reward)."""
    pool, lrs, writes = cells
    line, neuron = where
    down = 0 if signs[1] > 0 else 1
    if chance[reason, down, SET] == 0 and chance[reason, down, RESET] == 0:
        return
    up = signs[0] * signs[1] * signs[2] * (1 if reason == ACTIVE else -1) > 0
    n_numbers = lrs.shape[2]
    first = n_numbers if reason == LATE else 0
    synapse_key = _named(key, neuron + 1)
    for c in range(n_numbers):
        wanted = up == (c < n_numbers // 2)
        if lrs[line, neuron, c] == wanted:
            continue
        write = SET if wanted else RESET
        if np.int64(_named(synapse_key, c + first + 1) >> _U(32)) >= chance[reason, down, write]:
            continue
        old, new = (0, 1) if wanted else (1, 0)
        at = writes[line, neuron, c]
        after = (at + 1) % pool.shape[5]
        for s in range(2):
            charge[s, line, neuron] += pool[s, new, line, neuron, c, after]
            charge[s, line, neuron] -= pool[s, old, line, neuron, c, at % pool.shape[5]]
        lrs[line, neuron, c] = wanted
        writes[line, neuron, c] = at + 1
        tally[write] += 1


@njit
def _leaked(charge, leak, gap):  # type: ignore[no-untyped-def]
    """Charge after `gap` ticks of a constant current towards rest."""
    lost = leak * gap
    return charge - min(max(charge, -lost), lost)


@njit
def _learn(n, signs, now, memory, cells, charge, rule, keys, tally):  # type: ignore[no-untyped-def]
    """Plasticity of an output spike of neuron `n`; `signs` = (of the spike, reward)."""
    line_tick, line_sign = memory
    window, chance = rule
    for line in range(len(line_tick)):
        active = now - line_tick[line] <= window
        reason, sign = (ACTIVE, line_sign[line]) if active else (SILENT, np.int64(1))
        _attempt(cells, charge, _named(keys, line), (line, n), (sign, signs[0], signs[1]), reason, chance, tally)


@njit(cache=True)
def present(sizes, seeds, trains, neurons, tables, cells, rule, teaching, room, out):  # type: ignore[no-untyped-def]
    """Present all samples; returns the number of output spikes, of which only as many are kept as there is room for.

    `sizes` = (n_ticks, ticks from a spike to the next possible one, whether comparators wait for input words, noisy);
    `seeds` = (of the noise, of the switching); `trains` = (offsets, ticks, lines, signs, number of the first sample);
    `neurons` (7, n_out); `tables` = (charge (2, n_in, n_out), read noise (n_in, n_out)) and `cells` = (pool
    (2, 2, n_in, n_out, 2 n_cells, n_pool), lrs and writes (n_in, n_out, 2 n_cells)), both written as cells learn;
    `rule` = (window, late window, chance (3, 2, 2)); `teaching` = (drive, muted, reward, each (n_samples, n_out), tick
    of the first pulse (n_samples,), period); `room` = (state of the neurons (4, n_out), tick and sign of the lines'
    last spikes (2, n_in)); `out` = (spikes per sample, residual (n_samples, n_out), writes (n_samples, 2), spikes),
    filled in; a spike is ``(tick * n_out + neuron) * 2 + (sign < 0)``.
    """
    n_ticks, hold, on_event, noisy = sizes
    offsets, in_ticks, in_lines, in_signs, first_sample = trains
    charge_of, noise_of = tables
    window, late_window, chance = rule
    drive, muted, reward, first_pulses, period = teaching
    state, lines = room
    counts, residual, tallies, spikes = out
    n_in, n_out = noise_of.shape
    charge, ready, neuron_tick, neuron_sign = state[CHARGE], state[READY], state[LAST], state[SIGN]
    line_tick, line_sign = lines[0], lines[1]
    n_spikes = 0
    for s in range(len(offsets) - 1):
        for row in range(n_in):
            line_tick[row] = _NEVER
        for n in range(n_out):
            charge[n], ready[n], neuron_tick[n], neuron_sign[n] = 0, 0, _NEVER, 0
        k, end, now, before = offsets[s], offsets[s + 1], -1, n_spikes
        next_pulse, crossing, tally, taught = first_pulses[s], n_ticks, tallies[s], reward[s]
        noise_key, switch_key = mix(seeds[0] + _U(first_sample + s)), mix(seeds[1] + _U(first_sample + s))
        while True:
            next_in = int(in_ticks[k]) if k < end else n_ticks
            tick = min(next_in, next_pulse, crossing, n_ticks)
            gap = min(tick, n_ticks - 1) - now
            for n in range(n_out):
                charge[n] = _leaked(charge[n], neurons[LEAK, n], gap)
            if tick == n_ticks:
                break
            now, tested = tick, not on_event or next_in == tick
            tick_noise, tick_switch = _named(noise_key, tick), _named(switch_key, tick)
            while k < end and in_ticks[k] == tick:
                line, sign = np.int64(in_lines[k]), np.int64(in_signs[k])
                line_tick[line], line_sign[line] = tick, sign
                for n in range(n_out):
                    charge[n] += charge_of[0 if sign > 0 else 1, line, n]
                    if noisy:
                        charge[n] += _noise(_named(tick_noise, line), noise_of[line, n], n)
                    if tick - neuron_tick[n] <= late_window and taught[n] != 0:
                        key = _named(tick_switch, line)
                        signs = sign, neuron_sign[n], taught[n]
                        _attempt(cells, charge_of, key, (line, n), signs, np.int64(LATE), chance, tally)
                k += 1
            crossing = n_ticks
            for n in range(n_out):
                if tick == next_pulse:
                    charge[n] += drive[s, n]
                charge[n] = max(min(charge[n], neurons[RAIL_HIGH, n]), -neurons[RAIL_LOW, n])
                fired = 0
                if tested and not muted[s, n] and ready[n] <= tick:
                    fired = 1 if charge[n] >= neurons[UP, n] else -1 if charge[n] <= -neurons[DOWN, n] else 0
                if fired:
                    charge[n] += neurons[RESET_DOWN, n] if fired < 0 else -neurons[RESET_UP, n]
                    ready[n] = tick + hold
                    neuron_tick[n], neuron_sign[n] = tick, fired
                    if n_spikes < len(spikes):
                        spikes[n_spikes] = (tick * n_out + n) * 2 + (fired < 0)
                    n_spikes += 1
                    if taught[n] != 0:
                        memory = line_tick, line_sign
                        _learn(
                            n,
                            (neuron_sign[n], taught[n]),
                            tick,
                            memory,
                            cells,
                            charge_of,
                            (window, chance),
                            tick_switch,
                            tally,
                        )
                if on_event or muted[s, n]:
                    continue
                later = max(ready[n], tick + 1)
                ahead = _leaked(charge[n], neurons[LEAK, n], later - tick)
                if ahead >= neurons[UP, n] or ahead <= -neurons[DOWN, n]:
                    crossing = min(crossing, later)
            if tick == next_pulse:
                next_pulse += period
        counts[s] = n_spikes - before
        for n in range(n_out):
            residual[s, n] = charge[n]
    return n_spikes
