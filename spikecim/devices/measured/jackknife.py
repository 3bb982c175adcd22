"""Intervals by leaving out one unit at a time (Tukey, Ann. Math. Stat. 29, 614, 1958): no random numbers, no seed."""

from __future__ import annotations

import numpy as np

from spikecim.devices.measured.estimate import LEVEL, Estimate, FloatArray


def jackknife(whole: float, left_out: FloatArray, unit: str) -> Estimate:
    """Estimate free of the bias of order 1/n, with its interval by Student's t.

    Parameters
    ----------
    whole : float
        Estimate from all units.
    left_out : float64 (n_units,)
        The same without each of them.
    unit : str
        What was left out, in the plural.
    """
    from scipy.special import stdtrit

    n = len(left_out)
    value = n * whole - (n - 1) * float(left_out.mean())
    error = float(np.sqrt((n - 1) / n * np.sum((left_out - left_out.mean()) ** 2)))
    reach = float(stdtrit(n - 1, (1.0 + LEVEL) / 2.0)) * error
    return Estimate(value=value, low=value - reach, high=value + reach, how=f"leaving out one of {n} {unit} at a time")


def root_jackknife(variance: float, left_out: FloatArray, unit: str) -> Estimate:
    """The same of a variance, given as its root; 0 where it is not above 0."""
    found = jackknife(variance, left_out, unit)
    value, low, high = (float(np.sqrt(max(end, 0.0))) for end in (found.value, found.low, found.high))
    return Estimate(value=value, low=low, high=high, how=found.how)
