"""What the Brian2 equations of STDP look up or draw: charges, signs, noise, chances, as Brian2 functions on NumPy."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from spikecim.engines.plastic_program import PlasticProgram
from spikecim.engines.plastic_rule import LATE, switch_draw
from spikecim.spikes import SpikeTrains
from spikecim.streams import event_key, gaussian_steps

# A step so long ago that no window reaches it.
NEVER = -1e12


def cell_functions(plastic: PlasticProgram, trains: SpikeTrains) -> dict[str, Any]:
    """The names in the equations of the cells: windows, whole-number tables and draws."""
    program, rule, n_ticks, n_numbers = plastic.program, plastic.rule, plastic.program.n_ticks, 2 * plastic.n_cells
    pool = plastic.pool.reshape(2, 2, plastic.n_in, plastic.n_out, n_numbers, plastic.n_pool)
    # A line has at most one spike per step, and in Brian2's order steps rise: the sign is found by bisection.
    words = (trains.samples() * n_ticks + trains.ticks) * plastic.n_in + trains.lines
    order = np.argsort(words)
    words, signs = words[order], trains.signs[order].astype(float)

    def when(sample: Any, step: Any) -> tuple[Any, Any]:
        return _whole(sample) + trains.first_sample, _whole(step) - _whole(sample) * n_ticks

    def word_sign(step: Any, line: Any) -> Any:
        return signs[np.searchsorted(words, _whole(step) * plastic.n_in + _whole(line))]

    def cell_charge(line: Any, neuron: Any, number: Any, lrs: Any, writes: Any, sign: Any) -> Any:
        negative = (np.asarray(sign) < 0).astype(int)
        entry = _whole(writes) % plastic.n_pool
        return pool[negative, _whole(lrs), _whole(line), _whole(neuron), _whole(number), entry].astype(float)

    def read_noise(sample: Any, step: Any, line: Any, neuron: Any) -> Any:
        line, neuron = _whole(line), _whole(neuron)
        key = event_key(program.noise_seed, *when(sample, step), line)
        return ((program.read_noise[line, neuron] * gaussian_steps(key, neuron)) >> 16).astype(float)

    def drawn_for(sample: Any, step: Any, line: Any, neuron: Any, number: Any, reason: Any) -> Any:
        named = _whole(number) + n_numbers * (_whole(reason) == LATE)
        return switch_draw(plastic.seed, *when(sample, step), _whole(line), _whole(neuron), named).astype(float)

    def chance_of(reason: Any, out_sign: Any, wanted: Any) -> Any:
        negative = (np.asarray(out_sign) < 0).astype(int)
        return rule.chance[_whole(reason), negative, 1 - _whole(wanted)].astype(float)

    functions = (word_sign, cell_charge, read_noise, drawn_for, chance_of)
    numbers = {"window": rule.window, "late_window": rule.late_window, "NEVER": NEVER}
    return {code.__name__: _function(code) for code in functions} | numbers


def table_function(values: NDArray[Any]) -> Any:
    """A Brian2 function (row, column) -> entry of a table."""

    def entry(row: Any, column: Any) -> Any:
        return values[_whole(row), _whole(column)].astype(float)

    return _function(entry)


def _function(code: Callable[..., Any]) -> Any:
    from brian2 import Function

    n_arguments = len(inspect.signature(code).parameters)
    return Function(code, arg_units=[1] * n_arguments, return_unit=1, stateless=True)


def _whole(x: Any) -> NDArray[np.int64]:
    return np.asarray(x).astype(np.int64)
