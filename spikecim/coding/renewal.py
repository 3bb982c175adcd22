"""Rate encoders: each input line is a renewal process whose mean rate is linear in |value| (as in N2D2).

Four named processes differ in their first interval and in the spread of the others. Draws are counter-based, so trains
do not depend on the number of threads, on the batch, or on other samples.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from spikecim.errors import DataError, ShapeError
from spikecim.spikes import SpikeTrains
from spikecim.streams import name_key


@dataclass(frozen=True, kw_only=True)
class Renewal:
    """A spike process per line.

    Attributes
    ----------
    random_phase : bool
        The first interval is multiplied by U(0, 1); otherwise the first spike comes after a full period.
    jittered : bool
        Every later interval is multiplied by 1 + jitter_rel * z, z near-Gaussian.
    exponential : bool
        Intervals are exponential: a Poisson process.
    """

    random_phase: bool
    jittered: bool = False
    exponential: bool = False


ENCODERS: dict[str, Renewal] = {
    "regular": Renewal(random_phase=False),
    "periodic": Renewal(random_phase=True),
    "jittered": Renewal(random_phase=True, jittered=True),
    "poisson": Renewal(random_phase=False, exponential=True),
}


@dataclass(frozen=True, kw_only=True)
class RateCode:
    """A ready encoder.

    Attributes
    ----------
    process : Renewal
    full_scale_ticks : float
        Mean interval of a line at value 1, in ticks.
    zero_rate_rel : float
        Rate of a line at value 0, relative to full scale.
    jitter_rel : float
        Relative standard deviation of the intervals of a jittered process.
    n_ticks : int
        Presentation window.
    """

    process: Renewal
    full_scale_ticks: float
    zero_rate_rel: float
    jitter_rel: float
    n_ticks: int

    def encode(self, values: NDArray[np.float64], seed: int, first_sample: int = 0) -> SpikeTrains:
        """Encode `values` (n_samples, n_in) in [-1, 1] into link-arbitrated spike trains.

        Negative values spike with sign -1. Sample numbers start at `first_sample`, so a batch gets the same trains
        alone or inside a larger one.

        Raises
        ------
        ShapeError, DataError
            If `values` is not (n_samples, n_in) with at least one sample, or holds NaN or values beyond 1.
        """
        from spikecim.coding.link import arbitrated_trains

        values = check_values(values)
        return arbitrated_trains(self, values, name_key(seed, "coding"), first_sample)

    def periods(self, values: NDArray[np.float64]) -> NDArray[np.float64]:
        """Mean interval in ticks of each value; infinite where the rate is zero."""
        rate = self.zero_rate_rel + (1.0 - self.zero_rate_rel) * np.abs(values)
        with np.errstate(divide="ignore"):
            return self.full_scale_ticks / rate


def check_values(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return `values` as float64 (n_samples, n_in), or raise naming the first bad one."""
    values = np.ascontiguousarray(values, np.float64)
    if values.ndim != 2:
        raise ShapeError(f"input values: expected (n_samples, n_in), got shape {values.shape}")
    if 0 in values.shape:
        raise DataError("input values: the data set is empty; at least one sample is needed")
    bad = np.argwhere(~(np.abs(values) <= 1.0))
    if len(bad):
        sample, line = bad[0]
        raise DataError(
            f"input values: sample {sample}, line {line} is {values[sample, line]}; allowed are finite values -1 .. 1"
        )
    return values


def line_ticks(code: RateCode, period: float, key: int) -> Iterator[int]:
    """Yield the ticks one line asks for: the readable twin of the compiled encoder, used as its oracle."""
    from spikecim.coding.kernels import interval_factor

    if not np.isfinite(period):
        return
    process, k = code.process, 0
    time = period * interval_factor(
        np.uint64(key), np.int64(0), process.random_phase, False, process.exponential, code.jitter_rel
    )
    while time < code.n_ticks:
        yield int(time)
        k += 1
        time += period * interval_factor(
            np.uint64(key), np.int64(k), False, process.jittered, process.exponential, code.jitter_rel
        )
