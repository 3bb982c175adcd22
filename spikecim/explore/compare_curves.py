"""From what one chip did to curves: accuracy and cost against ticks or against the decision margin."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from spikecim.explore.compare_run import Measured
from spikecim.results.comparison import Curve

Z95 = 1.959963984540054  # two-sided 95 % of a normal law
N_CHECKPOINTS = 12


def checkpoints_of(n_ticks: int) -> tuple[int, ...]:
    """About a dozen tick counts, each a fixed factor above the one before, the last one `n_ticks`."""
    first = max(1, n_ticks // 100)
    return tuple(sorted({round(tick) for tick in np.geomspace(first, n_ticks, N_CHECKPOINTS)}))


def wilson(correct: NDArray[np.int64], n: int, z: float = Z95) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Score interval of a share of `n`, 95 % unless told (Wilson, J. Am. Stat. Assoc. 22, 1927, 209-212).

    It says what another draw of as many images could have given.
    """
    share, z2 = correct / n, z**2
    centre = (share + z2 / (2 * n)) / (1 + z2 / n)
    half = z * np.sqrt(share * (1 - share) / n + z2 / (4 * n**2)) / (1 + z2 / n)
    # 0 of n has its end at 0, not at a rounding error.
    return np.where(correct == 0, 0.0, centre - half), np.where(correct == n, 1.0, centre + half)


def curve_of(found: Measured) -> Curve:
    """The curve of one chip."""
    low, high = wilson(found.correct, found.n_samples)
    actions = found.ledger.actions
    return Curve(
        axis=found.axis,
        accuracy=found.accuracy,
        low=low,
        high=high,
        input_spikes=_summed(actions.input_words),
        spikes=_summed(actions.reset_packets),
        events=_summed(actions.synaptic_events),
        core_nj=found.ledger.per_sample("core") / 1000,
        chip_nj=found.ledger.per_sample("chip") / 1000,
        ticks=np.asarray(actions.ticks, np.float64),
        time_out=found.late / found.n_samples,
    )


def _summed(counts: NDArray[np.generic]) -> NDArray[np.float64]:
    """Over layers."""
    return np.asarray(counts, np.float64).sum(1)
