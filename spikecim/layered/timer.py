"""When a layer's own timer reads its rows, and what one reading takes: all of it that the energy ledger asks for."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, kw_only=True)
class Timer:
    """Rows that are read in ticks start, start + period, ... below stop.

    Attributes
    ----------
    start, period, stop : int
    cells, electrons : int
        Cells read, and electrons through them, by one firing: for the energy ledger.
    """

    start: int
    period: int
    stop: int
    cells: int = 0
    electrons: int = 0

    def fires(self, tick: int) -> bool:
        """Whether the rows are read in `tick`."""
        return self.start <= tick < self.stop and (tick - self.start) % self.period == 0

    def firings(self, durations: NDArray[np.integer]) -> NDArray[np.int64]:
        """Firings within the first `durations` ticks, elementwise."""
        span = np.minimum(np.asarray(durations, np.int64), self.stop) - self.start
        return np.maximum(0, -(-span // self.period))
