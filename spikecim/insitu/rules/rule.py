"""What a learning layer asks of an update rule."""

from __future__ import annotations

import math
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from spikecim.devices.pulsed.cells import PulsedCells, State
from spikecim.insitu.rules.counts import UpdateCounts

FloatMatrix = NDArray[np.float32]


class Rule(Protocol):
    """Gradients in, pulses to its cells, counted in `counts`."""

    counts: UpdateCounts

    @property
    def threads(self) -> int: ...

    @threads.setter
    def threads(self, n: int) -> None: ...

    @property
    def cells(self) -> tuple[PulsedCells, ...]:
        """All arrays of cells that it writes."""
        ...

    def weights(self) -> FloatMatrix: ...

    def program(self, weights: FloatMatrix) -> None: ...

    def update(self, gradient: FloatMatrix, step: int, rate_factor: float, top: float) -> None:
        """Write once; `top` is the largest |gradient|, finite."""
        ...

    def end_epoch(self) -> None: ...

    def state(self) -> State: ...

    def restore(self, state: State) -> None: ...


class Peak:
    """The largest |g| lately: it fades by `memory` from update to update until a larger one comes."""

    def __init__(self, memory: float) -> None:
        self.memory, self.value = memory, 0.0

    def take(self, top: float) -> float:
        """Take in the largest |g| of an update; returns the peak."""
        self.value = max(top, self.memory * self.value)
        return self.value


def power_of_two(value: float) -> float:
    """The power of two nearest to `value` > 0 in the logarithm."""
    return math.ldexp(1.0, round(math.log2(value)))
