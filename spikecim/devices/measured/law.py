"""The fitted law of a state as a distribution and as quantiles, for figures and tests."""

from __future__ import annotations

import numpy as np
from scipy.special import logit, ndtr

from spikecim.devices.measured.estimate import TAILED, FloatArray, StateFit
from spikecim.devices.measured.tail import distribution
from spikecim.devices.states import SHAPE_REACH


def cumulative(fit: StateFit, log_r: FloatArray) -> FloatArray:
    """Share of cells (n,) below `log_r` (n,), rising, by the law of `fit`."""
    centre, sigma = np.log(fit.estimates["median"].value), fit.estimates["sigma_ln"].value
    if fit.shape is not None:
        knots = np.linspace(-SHAPE_REACH, SHAPE_REACH, len(fit.shape))
        return np.asarray(ndtr(np.interp(log_r, centre + sigma * np.array(fit.shape), knots, left=-40.0, right=40.0)))
    if fit.law != TAILED:
        return np.asarray(ndtr((log_r - centre) / sigma))
    p, low, high = (fit.estimates[f"tail_{name}"].value for name in ("probability", "low_factor", "high_factor"))
    return distribution(np.array([centre, np.log(sigma), logit(p), np.log(low), np.log(high)]), log_r)
