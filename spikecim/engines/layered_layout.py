"""Layered programs as the compiled kernel wants them: every layer's numbers in a few flat arrays, addresses as data.

A spike reaches neurons in runs: neighbours whose charges lie side by side. A dense row is one run; in a convolution
each output line of the window is one (channels last, the kernel reversed along the line), or each position of it where
the channels come in groups.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from spikecim.engines import layered_columns as col
from spikecim.engines.layout import MOST_WORDS
from spikecim.errors import EngineError
from spikecim.layered.program import NEVER, LayeredProgram, LayerProgram
from spikecim.layered.wiring import ConvolutionWiring, DenseWiring, Wiring


@dataclass(frozen=True, kw_only=True)
class Layout:
    """Two arrays to read; the columns of the table say which part of each belongs to a layer.

    Attributes
    ----------
    plan : int64
        The table (n_layers, col.N_COLUMNS), then the lines' synaptic events and electrons, and times of pulses.
    data : int32
        16 words of ones and 16 of zeros (a mask), then lines, weights and all else.
    n_words, n_longs : int
        Scratch a thread needs, int32 and int64.
    n_layers : int
    """

    plan: NDArray[np.int64]
    data: NDArray[np.int32]
    n_words: int
    n_longs: int
    n_layers: int


def layout(program: LayeredProgram) -> Layout:
    """Pack `program`."""
    packed = [_Packed(layer, program.n_ticks) for layer in program.layers]
    table = np.array([layer.columns for layer in packed], np.int64)
    data: list[NDArray[np.int32]] = [np.repeat(np.array([-1, 0], np.int32), col.LANES)]
    plan: list[NDArray[np.int64]] = [np.zeros(table.size, np.int64)]
    for row, layer in zip(table, packed, strict=True):
        row[col.LINE : col.PULSE_CHARGE + 1] = _append(data, layer.data)
        row[col.EVENTS : col.PULSE + 1] = _append(plan, layer.plan)
    table[:, col.RAMP] = np.where([layer.ramp is None for layer in program.layers], -1, table[:, col.RAMP])
    blocks = table[:, col.N_BLOCKS]
    lists = np.array([*(layer.n_in for layer in program.layers), program.n_out])
    table[:, col.CHARGE], end = _starts(blocks * col.LANES, 0)
    table[:, col.READY], end = _starts(blocks * col.LANES, end)
    table[:, col.BUFFER] = end
    table[:, col.DUE], end = _starts(blocks, end + (int(blocks.max()) + 1) * col.LANES)
    starts, n_words = _starts(lists, end)
    table[:, col.LIST], table[:, col.OUT] = starts[:-1], starts[1:]
    table[:, col.STATE] = np.arange(len(table)) * col.N_STATE
    # After the last layer's state comes where the list of its own spikes ends.
    table[:, col.MARKS], end = _starts(-(-blocks // col.WORD), (len(table) + 1) * col.N_STATE)
    table[:, col.PULSE_STATE], n_longs = _starts(table[:, col.N_PULSES], end)
    table[:, col.COUNT], _ = _starts(table[:, col.N_OUT], 0)
    plan[0] = table.reshape(-1)
    return Layout(plan=np.concatenate(plan), data=_aligned(data), n_words=n_words, n_longs=n_longs, n_layers=len(table))


def _append(parts: list[NDArray[Any]], new: tuple[NDArray[Any], ...]) -> list[int]:
    """Add arrays to a list; returns where each begins once the list is joined."""
    starts = sum(map(len, parts)) + np.cumsum([0, *map(len, new[:-1])])
    parts.extend(new)
    return [int(start) for start in starts]


def _starts(sizes: NDArray[np.int64], first: int) -> tuple[NDArray[np.int64], int]:
    """Where each of several parts begins, and the end of the last."""
    ends = first + np.cumsum(sizes)
    return ends - sizes, int(ends[-1])


def _aligned(arrays: list[NDArray[np.int32]]) -> NDArray[np.int32]:
    """One after another from the beginning of a cache line, and room for a vector that reads beyond the end."""
    n = sum(map(len, arrays)) + col.LANES
    words = np.zeros(n + col.LANES, np.int32)
    skip = -(words.ctypes.data // words.itemsize) % col.LANES
    return np.concatenate([*arrays, np.zeros(col.LANES, np.int32)], out=words[skip : skip + n])


class _Packed:
    """One layer's arrays and columns."""

    def __init__(self, layer: LayerProgram, n_ticks: int) -> None:
        n_pad = -(-layer.n_out // col.LANES) * col.LANES
        places, self.columns = _places(layer, n_ticks)
        params, due = _parameters(layer, n_pad), self._first_due(layer, n_ticks, n_pad)
        none, wired = np.zeros(0, np.int32), isinstance(layer.wiring, DenseWiring | ConvolutionWiring)
        # In the order of the columns LINE .. PULSE_CHARGE, and EVENTS .. PULSE; vectors begin with a cache line.
        self.data = (
            _whole_lines(places.reshape(-1)),
            _whole_lines(_ordered(layer.wiring, layer.charge, n_pad)),
            _whole_lines(_ordered(layer.wiring, layer.read_noise[None], n_pad)) if layer.noisy else none,
            none if wired else _whole_lines(layer.wiring.links.targets),
            params,
            _padded(layer.leak, n_pad),
            none if layer.ramp is None else _whole_lines(layer.ramp),
            _padded(layer.initial, n_pad),
            _whole_lines(due),
            np.concatenate([none, *(_padded(pulses.charge, n_pad) for pulses in layer.pulses)]),
        )
        heard = layer.route >= 0
        self.plan = (
            np.where(heard, layer.line_events, 0),
            np.where(heard, layer.line_electrons, 0),
            np.array([(p.start, p.period, p.stop) for p in layer.pulses], np.int64).reshape(-1),
        )
        self.columns[col.PARAM_STEP] = 0 if len(params) == col.N_PARAMETERS else col.N_PARAMETERS
        self.columns[col.WAKE] = int(due.min())

    @staticmethod
    def _first_due(layer: LayerProgram, n_ticks: int, n_pad: int) -> NDArray[np.int32]:
        """Tick in which each block must be tested though nothing arrives: charge beyond a threshold from the start."""
        beyond = (layer.initial >= layer.threshold_up) & (layer.threshold_up != NEVER)
        beyond |= (layer.initial <= -layer.threshold_down) & (layer.threshold_down != NEVER)
        blocks = _padded(beyond.astype(np.int32), n_pad).reshape(-1, col.LANES).any(1)
        return np.where(blocks, min(layer.fire_from, n_ticks), NEVER).astype(np.int32)


def _padded(values: NDArray[np.int32], n_pad: int) -> NDArray[np.int32]:
    return np.pad(values, (0, n_pad - len(values))).astype(np.int32)


def _whole_lines(values: NDArray[np.int32]) -> NDArray[np.int32]:
    return _padded(values, -(-len(values) // col.LANES) * col.LANES)


def _parameters(layer: LayerProgram, n_pad: int) -> NDArray[np.int32]:
    """Flat (n_blocks, 6, 16), or one block if all neurons are alike: it stays in the cache."""
    up, down = layer.threshold_up, layer.threshold_down
    # One below, so that "above" is "at or beyond", and a threshold switched off lies out of reach.
    rows = (
        -layer.rail_low,
        layer.rail_high,
        np.where(up == NEVER, NEVER, up - 1),
        np.where(down == NEVER, -NEVER - 1, 1 - down),
        layer.reset_up,
        layer.reset_down,
    )
    if all((row == row[0]).all() for row in rows):
        return np.repeat([row[0] for row in rows], col.LANES).astype(np.int32)
    blocks = [np.pad(row, (0, n_pad - layer.n_out), mode="edge").reshape(-1, col.LANES) for row in rows]
    return np.stack(blocks, axis=1).astype(np.int32).reshape(-1)


def _places(layer: LayerProgram, n_ticks: int) -> tuple[NDArray[np.int32], list[int]]:
    """Where each incoming line leads, (n_in, col.N_PLACES), and the layer's columns but for the starts."""
    wiring, n_blocks = layer.wiring, -(-layer.n_out // col.LANES)
    rows, steps, sign_step = _row_places(wiring, n_blocks * col.LANES)
    if 2 * sign_step > MOST_WORDS:
        raise EngineError(
            f"layer {layer.name}: {wiring.n_rows} rows and {layer.n_out} neurons are too large for the event engine"
        )
    places = rows[np.maximum(layer.route, 0)]
    places[layer.route < 0] = (0, 0, -1, 0, 0)
    columns = [0] * col.N_COLUMNS
    columns[col.N_OUT], columns[col.N_BLOCKS], columns[col.N_PULSES] = layer.n_out, n_blocks, len(layer.pulses)
    columns[col.SIGN_STEP], columns[col.OUTER_WEIGHT : col.INNER_TARGET + 1] = sign_step, steps
    columns[col.DENSE] = isinstance(wiring, DenseWiring)
    columns[col.SPARSE] = not isinstance(wiring, DenseWiring | ConvolutionWiring)
    # Bits of an unsigned word.
    columns[col.SEED] = layer.noise_seed - 2**64 * (layer.noise_seed >= 2**63)
    columns[col.NOISY], columns[col.LEAKY], columns[col.HARD] = layer.noisy, bool(layer.leak.any()), layer.hard_reset
    # The lanes are 32 bits wide; nothing need outlast the window.
    columns[col.HOLD] = min(max(layer.refractory_ticks, 1), n_ticks)
    columns[col.FIRE_FROM], columns[col.FIRE_TO] = min(layer.fire_from, n_ticks), min(layer.fire_to, n_ticks)
    return places, columns


def _row_places(wiring: Wiring, n_pad: int) -> tuple[NDArray[np.int32], list[int], int]:
    """Where each row leads; steps from run to run (weight, neuron; outer, inner); weights of one sign."""
    if isinstance(wiring, ConvolutionWiring):
        return _convolution_places(wiring)
    places = np.ones((wiring.n_rows, col.N_PLACES), np.int64)
    places[:, col.FIRST_NEURON] = 0
    if isinstance(wiring, DenseWiring):
        places[:, col.FIRST_WEIGHT], places[:, col.LENGTH] = np.arange(wiring.n_rows) * n_pad, wiring.n_out
        return places.astype(np.int32), [0, 0, 0, 0], wiring.n_rows * n_pad
    places[:, col.FIRST_WEIGHT], places[:, col.LENGTH] = wiring.offsets[:-1], np.diff(wiring.offsets)
    return places.astype(np.int32), [0, 0, 0, 0], wiring.n_groups


def _convolution_places(wiring: ConvolutionWiring) -> tuple[NDArray[np.int32], list[int], int]:
    (height, width, channels), (k_h, k_w), (_, out_width, c_out) = wiring.in_shape, wiring.kernel, wiring.out_shape
    per_group = c_out // wiring.groups
    first_y, n_y, tap_y = _window(height, k_h, wiring.stride[0], wiring.padding[0][0], wiring.out_shape[0])
    first_x, n_x, tap_x = _window(width, k_w, wiring.stride[1], wiring.padding[1][0], out_width)
    along = np.argsort(_line_order(k_w, wiring.stride[1]))  # place of each tap in the reversed line
    place_x = along[np.minimum(tap_x, k_w - 1)]
    y, x, channel = (axis.ravel() for axis in np.indices(wiring.in_shape))
    places = np.empty((wiring.n_rows, col.N_PLACES), np.int64)
    places[:, col.FIRST_WEIGHT] = ((channel * k_h + tap_y[y]) * k_w + place_x[x]) * per_group
    places[:, col.FIRST_NEURON] = (first_y[y] * out_width + first_x[x]) * c_out + channel // wiring.c_group * per_group
    places[:, col.OUTER] = np.where(n_x[x] > 0, n_y[y], 0)
    places[:, col.INNER] = 1 if wiring.groups == 1 else n_x[x]
    places[:, col.LENGTH] = n_x[x] * c_out if wiring.groups == 1 else per_group
    steps = [-wiring.stride[0] * k_w * per_group, out_width * c_out, per_group, c_out]
    return places.astype(np.int32), steps, channels * k_h * k_w * per_group


def _window(
    length: int, taps: int, stride: int, before: int, n_out: int
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    """For each place of an input axis: the first output it reaches, how many, and the tap that leads to the first."""
    place = np.arange(length) + before
    first = np.maximum(0, -((taps - 1 - place) // stride))
    n = np.maximum(0, np.minimum(n_out - 1, place // stride) - first + 1)
    return first, n, np.where(n > 0, place - first * stride, 0)


def _line_order(taps: int, stride: int) -> NDArray[np.int64]:
    """Taps of a kernel's line in the order in which outputs side by side use them: falling, one phase after another."""
    falling = np.arange(taps)[::-1]
    return falling[np.argsort(falling % stride, kind="stable")]


def _ordered(wiring: Wiring, values: NDArray[np.int32], n_pad: int) -> NDArray[np.int32]:
    """`values` (n, n_groups) in the order of the runs, flat."""
    if isinstance(wiring, DenseWiring):
        rows = values.reshape(-1, wiring.n_out)
        return np.pad(rows, ((0, 0), (0, n_pad - wiring.n_out))).reshape(-1)
    if not isinstance(wiring, ConvolutionWiring):
        return values.reshape(-1)
    (k_h, k_w), groups = wiring.kernel, wiring.groups
    taps = values.reshape(-1, k_h, k_w, wiring.c_group, groups, wiring.c_out // groups)
    taps = taps[:, :, _line_order(k_w, wiring.stride[1])]
    return taps.transpose(0, 4, 3, 1, 2, 5).reshape(-1)
