"""What time, heat and reads do to a population of chips: accuracy and input spikes of every chip at every age."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtri

from spikecim.results.population import interval

FloatArray = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class Course:
    """One way of growing old.

    Attributes
    ----------
    kelvin : float
        Temperature throughout.
    amounts : float64 (n_ages,)
        Seconds since programming, or reads of every row.
    accuracy, input_spikes : float64 (n_ages, n_chips)
        Share correct, and mean input spikes per sample.
    """

    kelvin: float
    amounts: FloatArray
    accuracy: FloatArray
    input_spikes: FloatArray

    def at(self, amount: float) -> tuple[FloatArray, FloatArray]:
        """Accuracy and input spikes (n_chips,) at one of `amounts`."""
        place = int(np.flatnonzero(np.isclose(self.amounts, amount, rtol=1e-6))[0])
        return self.accuracy[place], self.input_spikes[place]


@dataclass(frozen=True, kw_only=True)
class Ageing:
    """The same virtual chips, fresh and at every age.

    Attributes
    ----------
    accuracy, input_spikes : float64 (n_chips,)
        Of the fresh chips.
    times : tuple of Course
        One for each temperature, the coolest first.
    reads : Course
        At room temperature and without time passing.
    n_samples : int
    row_reads_per_sample : float
        Reads that the busiest row takes for one sample.
    """

    accuracy: FloatArray
    input_spikes: FloatArray
    times: tuple[Course, ...]
    reads: Course
    n_samples: int
    row_reads_per_sample: float

    @property
    def n_chips(self) -> int:
        return len(self.accuracy)

    def visible(self) -> float:
        """Loss of accuracy that the samples can tell: half of the 90 % interval of a median chip's accuracy."""
        p = float(np.median(self.accuracy))
        return float(ndtri(0.95)) * np.sqrt(p * (1.0 - p) / self.n_samples)

    def reads_until_visible(self) -> FloatArray:
        """Reads (n_chips,) of every row at which each chip has lost `visible()`, or the last of the course.

        Between two points of the course the loss is taken as a straight line over the logarithm of the reads.
        """
        lost = self.accuracy - self.reads.accuracy
        return np.array([_crossing(self.reads.amounts, lost[:, chip], self.visible()) for chip in range(self.n_chips)])

    def change_at(self, seconds: float) -> tuple[float, float, float]:
        """(5 %, median, 95 %) over chips of the change of accuracy after `seconds` at the coolest temperature."""
        return interval(self.times[0].at(seconds)[0] - self.accuracy)


def _crossing(amounts: FloatArray, lost: FloatArray, level: float) -> float:
    above = np.flatnonzero(lost >= level)
    if len(above) == 0:
        return float(amounts[-1])
    k = int(above[0])
    if k == 0:
        return float(amounts[0])
    part = (level - lost[k - 1]) / (lost[k] - lost[k - 1])
    return float(np.exp(np.log(amounts[k - 1]) + part * np.log(amounts[k] / amounts[k - 1])))
