"""How well the fitted curve holds: residuals of single steps by state, and of the mean curve by pulse."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from spikecim.devices.measured.estimate import FloatArray
from spikecim.devices.measured.pulse_steps import Curves, Passed, stride_line

_BINS = 8


@dataclass(frozen=True, kw_only=True)
class CurveGoodness:
    """One direction held against its fit; shares of the window.

    Attributes
    ----------
    pulse : float64 (n_readings,)
        Pulses before each reading.
    mean, fitted : float64 (n_readings,)
        Share passed: mean of all trains, and the curve.
    rms : float
        Root mean square of their difference.
    state, residual, error : float64 (n_bins,)
        Mean residual of a step by state, with its standard error.
    spread : float64 (n_bins,)
        Standard deviation of the residuals by state.
    p_value : float
        Chance of mean residuals as large, by chi^2; small where the steps do not follow the curve.
    """

    pulse: FloatArray
    mean: FloatArray
    fitted: FloatArray
    rms: float
    state: FloatArray
    residual: FloatArray
    error: FloatArray
    spread: FloatArray
    p_value: float

    @property
    def poor(self) -> bool:
        """Whether chance gives so bad a fit less than once in a hundred."""
        return self.p_value < 0.01

    def words(self) -> str:
        """The verdict in one sentence."""
        p = "p < 0.001" if self.p_value < 1e-3 else f"p = {self.p_value:.2g}"
        told = "steps depart from the curve" if self.poor else "steps follow the curve"
        return f"{told} ({p}); mean curve within {100 * self.rms:.2g} % of the window (rms)"


def judge_curve(passed: Passed, curves: Curves) -> CurveGoodness:
    """Hold the trains against the curve fitted to them."""
    from scipy.special import chdtrc

    q, d = float(curves.q), float(curves.d)
    pulse = passed.first + passed.stride * np.arange(passed.y.shape[1], dtype=np.float64)
    fitted = float(curves.start) * q**pulse + d * _sum_to(q, pulse)
    mean = passed.y.mean(axis=0)
    whole = stride_line(curves, passed.stride)
    start, end = passed.y[:, :-1][passed.kept], passed.y[:, 1:][passed.kept]
    residual = end - whole[0] * start - whole[1]
    place = np.searchsorted(np.quantile(start, np.linspace(0, 1, _BINS + 1)[1:-1]), start)
    count = np.maximum(np.bincount(place, minlength=_BINS), 1)
    state, average = (np.bincount(place, one, _BINS) / count for one in (start, residual))
    square = np.bincount(place, residual**2, _BINS) / count
    error = np.sqrt(np.mean(residual**2) / count)
    statistic = float(np.sum((average / error) ** 2)) if error.min() > 0.0 else 0.0
    return CurveGoodness(
        pulse=pulse,
        mean=mean,
        fitted=fitted,
        rms=float(np.sqrt(np.mean((mean - fitted) ** 2))),
        state=state,
        residual=average,
        error=error,
        spread=np.sqrt(np.maximum(square - average**2, 0.0)),
        # Two parameters were fitted to the same steps.
        p_value=float(chdtrc(_BINS - 2, statistic)),
    )


def _sum_to(q: float, n: FloatArray) -> FloatArray:
    """1 + q + ... + q^(n - 1) at `n` (...)."""
    return np.asarray(n if abs(q - 1.0) < 1e-9 else (1.0 - q**n) / (1.0 - q), np.float64)
