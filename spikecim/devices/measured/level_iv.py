"""I-V law of measured cells: linear, sinh or polynomial by the Bayesian criterion, or the measured table.

Each curve has its own conductance; the laws say how its logarithm bends with voltage, so residuals are relative.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from spikecim.devices.measured.estimate import LEVEL, Estimate, FloatArray
from spikecim.devices.measured.levels import IvPoints
from spikecim.errors import DataError

FEWEST_VOLTAGES = 4
_BENDS, _FINE = 300, 60
_ROUNDS = 30  # one is enough where all curves have the same voltages
# v0 from strongly bent to as good as linear, in units of the highest voltage.
_V0 = (0.02, 30.0)


@dataclass(frozen=True, kw_only=True)
class IvTable:
    """Mean course of all curves: `current` (n,) at `voltage` (n,), 1 at the highest; sum of squares left, relative."""

    voltage: FloatArray
    current: FloatArray
    misfit: float


@dataclass(frozen=True, kw_only=True)
class IvFit:
    """What the I-V rows tell.

    Attributes
    ----------
    law : str
        ``"linear"``, ``"sinh"``, ``"polynomial"`` or ``"table"``.
    parameter : Estimate or None
        v0 (V) or a3 (1/V).
    table : IvTable or None
        Where no law describes the curves.
    residual : float
        Relative rms deviation of the points from the law.
    scores : dict of float
        Bayesian criterion of each law, less the best; the law with 0 was taken.
    points : IvPoints
    """

    law: str
    parameter: Estimate | None
    table: IvTable | None
    residual: float
    scores: dict[str, float]
    points: IvPoints


def fit_iv(points: IvPoints, read_voltage: float, told: str) -> IvFit:
    """Fit the laws that a device file knows and take the one with the lowest criterion.

    Raises
    ------
    DataError
        If the voltages are too few to tell a bend, or end below `read_voltage` (V).
    """
    _check(points, read_voltage, told)
    top, n = float(points.voltage.max()), len(points.voltage)
    grids = {
        "linear": np.zeros(1),
        "sinh": top * np.geomspace(*_V0, _BENDS),
        "polynomial": np.linspace(-0.49, 2.0, _BENDS) / top,
    }
    tried = {law: _best(law, grid, points) for law, grid in grids.items()}
    scores = {law: _criterion(misfit, law != "linear", n) for law, (_, misfit, _) in tried.items()}
    table = fit_table(points)
    if table is not None:
        scores["table"] = _criterion(table.misfit, len(table.voltage) - 1, n)
    law = min(scores, key=lambda name: scores[name])
    table = table if law == "table" else None
    parameter = None
    if law in ("sinh", "polynomial"):
        value, _, (low, high) = tried[law]
        parameter = Estimate(value=value, low=low, high=high, how="likelihood of relative residuals")
    misfit = tried[law][1] if table is None else table.misfit
    return IvFit(
        law=law,
        parameter=parameter,
        table=table,
        residual=float(np.sqrt(misfit / n)),
        scores={name: score - scores[law] for name, score in scores.items()},
        points=points,
    )


def curve_levels(fit: IvFit) -> FloatArray:
    """Mean ln(I / f(V)) of each curve under the fitted law, (n_curves,)."""
    volts = fit.points.voltage
    return _by_curve(np.log(fit.points.current / volts / law_values(fit, volts)), fit.points)


def law_values(fit: IvFit, voltage: FloatArray) -> FloatArray:
    """f(V) / V of the fitted law at `voltage` (...), up to a factor."""
    if fit.table is not None:
        return np.interp(voltage, fit.table.voltage, fit.table.current) / voltage
    value = 0.0 if fit.parameter is None else fit.parameter.value
    return np.exp(_log_law(fit.law, voltage, value)) / voltage


def fit_table(points: IvPoints) -> IvTable | None:
    """Mean course over curves; None for a single curve, whose noise it would be, or where it does not rise."""
    if points.n_curves < 2:
        return None
    volts, place = np.unique(points.voltage, return_inverse=True)
    place = place.reshape(-1)
    log, course = np.log(points.current), np.log(volts)
    for _ in range(_ROUNDS):
        level = _by_curve(log - course[place], points)
        course = np.bincount(place, log - level[points.curve]) / np.bincount(place)
    if (np.diff(course) <= 0.0).any():
        return None
    misfit = float(((log - course[place] - _by_curve(log - course[place], points)[points.curve]) ** 2).sum())
    return IvTable(voltage=volts, current=np.exp(course - course[-1]), misfit=misfit)


def _check(points: IvPoints, read_voltage: float, told: str) -> None:
    volts = np.unique(points.voltage)
    if len(volts) < FEWEST_VOLTAGES or volts[-1] < 1.5 * volts[0]:
        raise DataError(
            f"{told}: I-V rows at {len(volts)} voltages, {volts[0]:g} .. {volts[-1]:g} V; a law needs at least "
            f"{FEWEST_VOLTAGES}, over a factor of 1.5"
        )
    if volts[-1] < read_voltage:
        raise DataError(
            f"{told}: I-V rows end at {volts[-1]:g} V, below the read voltage of {read_voltage:g} V; bring higher "
            "voltages, or keep the law of the base (--keep iv)"
        )


def _criterion(misfit: float, parameters: float, n: int) -> float:
    return float(n * np.log(max(misfit, 1e-300)) + parameters * np.log(n))


def _best(law: str, grid: FloatArray, points: IvPoints) -> tuple[float, float, tuple[float, float]]:
    """Parameter, sum of squares, and the ends of its interval by likelihood; searched ever more finely."""
    if len(grid) == 1:
        return float(grid[0]), _misfit(law, float(grid[0]), points), (float(grid[0]), float(grid[0]))
    best, misfit, ends = 0.0, np.inf, (0.0, 0.0)
    for _ in range(3):
        misfits = np.array([_misfit(law, value, points) for value in grid])
        place = int(misfits.argmin())
        best, misfit = float(grid[place]), float(misfits[place])
        ends = _within(grid, misfits, len(points.voltage) - points.n_curves)
        low, high = int(np.searchsorted(grid, ends[0])), int(np.searchsorted(grid, ends[1]))
        grid = np.linspace(grid[max(low - 1, 0)], grid[min(high + 1, len(grid) - 1)], _FINE)
    return best, misfit, ends


def _within(grid: FloatArray, misfits: FloatArray, df: int) -> tuple[float, float]:
    """Where n ln(misfit) has risen by less than the quantile of chi^2 with one degree of freedom."""
    from scipy.special import chdtri

    rise = max(df, 1) * np.log(np.maximum(misfits, 1e-300) / max(float(misfits.min()), 1e-300))
    inside = grid[rise <= chdtri(1, 1.0 - LEVEL)]
    return float(inside[0]), float(inside[-1])


def _misfit(law: str, value: float, points: IvPoints) -> float:
    log = np.log(points.current) - _log_law(law, points.voltage, value)
    return float(((log - _by_curve(log, points)[points.curve]) ** 2).sum())


def _by_curve(log: FloatArray, points: IvPoints) -> FloatArray:
    return np.bincount(points.curve, log) / np.bincount(points.curve)


def _log_law(law: str, voltage: FloatArray, value: float) -> FloatArray:
    """ln f(V), up to a constant."""
    if law == "sinh":
        x = voltage / value
        # ln sinh x without overflow.
        return x + np.log1p(-np.exp(-2.0 * x))
    return np.log(voltage) + np.log1p(value * voltage)
