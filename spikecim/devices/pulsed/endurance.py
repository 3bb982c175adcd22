"""Life of pulsed cells: how many pulses each can take, Weibull (63 % dead at the scale), and what dead cells become."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from spikecim.devices.pulsed.spec import PulseEndurance
from spikecim.streams import stream

# Codes of `PulsedCells.stuck`, as the kernels know them.
FREE, STUCK_HIGH, STUCK_LOW = 0, 1, -1
_DEAD = {"high": 2, "low": -2, "where it is": 3}
_MOST = float(2**32 - 1)


def dead_code(endurance: PulseEndurance | None) -> int:
    """The `stuck` code of a cell that dies."""
    return _DEAD[endurance.fails.value] if endurance is not None else _DEAD["where it is"]


def draw_lives(
    endurance: PulseEndurance | None, shape: tuple[int, ...], seed: int, *path: str | int
) -> NDArray[np.uint32]:
    """Pulses that each cell can take, at least 1 and at most 2^32 - 1; a single 0 if cells never die."""
    if endurance is None or not endurance.on:
        return np.zeros(1, np.uint32)
    drawn = stream(seed, *path, "life").weibull(endurance.shape.value, shape) * endurance.cycles.value
    lives = np.ceil(np.clip(drawn, 1.0, _MOST)).astype(np.uint32).ravel()
    # One entry says "never": a single cell gets a second one that nothing reads.
    return lives if lives.size > 1 else np.concatenate([lives, lives])
