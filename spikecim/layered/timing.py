"""When a layer of a converted network integrates, fires and reads its bias rows, in ticks."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from spikecim.coding.steps import StepCode
from spikecim.layered.network import LatencyPhase, SpikingLayer

Schedule = tuple[int, int, int]


@dataclass(frozen=True, kw_only=True)
class LayerTiming:
    """Ticks of one layer.

    Attributes
    ----------
    fire_from, fire_to : int
        Comparators are awake in fire_from .. fire_to - 1; an empty range switches the thresholds off.
    bias : (int, int, int)
        Start, period and stop of the bias rows.
    refractory_ticks : int
    ramp : int32 (n_ticks,) or None
        Read pulse width, see `LayerProgram`.
    ramp_pulse : (int, int, int) or None
        Start, period and stop of a firing ramp that adds one threshold over its phase.
    """

    fire_from: int
    fire_to: int
    bias: Schedule
    refractory_ticks: int
    ramp: NDArray[np.int32] | None = None
    ramp_pulse: Schedule | None = None


def layer_timing(layer: SpikingLayer, number: int, code: StepCode) -> LayerTiming:
    """Ticks of `layer`, the one with `number` in its network (the first is 0)."""
    if layer.phase is not None:
        return _latency(layer, layer.phase, number, code)
    step, n_steps = code.ticks_per_step, code.n_steps
    start = number if layer.window == "whole" else number * step
    awake = {
        "whole": (0, code.n_ticks),
        "own steps": (start, start + n_steps * step),
        "silent": (0, 0),
    }[layer.window]
    return LayerTiming(
        fire_from=awake[0],
        fire_to=awake[1],
        bias=(start, step, start + n_steps * step),
        refractory_ticks=round(layer.refractory_steps * step),
    )


def _latency(layer: SpikingLayer, phase: LatencyPhase, number: int, code: StepCode) -> LayerTiming:
    step = code.ticks_per_step
    first, length = phase.first * step + number, phase.n_steps * step
    inside = np.arange(length) // step
    ramp = np.zeros(code.n_ticks, np.int32)
    width = np.rint(65536.0 * (1.0 - inside / phase.n_steps)).astype(np.int32)
    kept = max(0, min(length, code.n_ticks - first))
    ramp[first : first + kept] = width[:kept]
    fire = first + length
    silent = layer.window == "silent"
    return LayerTiming(
        fire_from=0 if silent else fire,
        fire_to=0 if silent else fire + length,
        bias=(first, 1, first + 1),
        refractory_ticks=round(layer.refractory_steps * step),
        ramp=ramp,
        ramp_pulse=None if silent else (fire + step, step, fire + length),
    )
