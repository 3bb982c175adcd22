"""Programs in, whole counts out: correct answers and input spikes of each, over all samples."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from spikecim.engines.many import run_many
from spikecim.program import Program
from spikecim.spikes import SpikeTrains

Counts = NDArray[np.int64]


def tally(programs: Sequence[Program], trains: SpikeTrains, labels: NDArray[np.integer]) -> Counts:
    """Correct answers and input spikes (n_programs, 2), summed over samples; `labels` (n_samples,)."""
    found = run_many(programs, trains)
    return np.stack([(found.winners == labels).sum(1), found.inputs.sum(1, dtype=np.int64)], axis=1)
