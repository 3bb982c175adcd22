"""What a calibration found: values, what the figures decide and what not, what would help; for pages and files."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]
DETERMINED, BELOW, ABOVE, OPEN = (
    "determined",
    "bounded above only",
    "bounded below only",
    "not determined by these figures",
)
# The share of the posterior that an interval holds, and half the drop of a profile at its ends (chi2 of one).
HOLDS, DROP = 0.9, 1.3528
# A direction whose spread the figures at least halve is called determined.
HALVED = 0.5


def kept_share(low: float, high: float) -> float:
    """Width of a 90 % interval (in 0..1 of the bounds) as a share of what even odds had before any figure."""
    return (high - low) / HOLDS


@dataclass(frozen=True, kw_only=True)
class ParameterFound:
    """One parameter.

    Attributes
    ----------
    path, unit : str
    log : bool
        Whether its bounds are spaced by factors.
    low, high : float
        Bounds, SI.
    interval : (float, float, float)
        5, 50 and 95 % of the posterior, SI.
    kept : float
        Width of the 90 % interval over that without any figure, on the scale of the bounds.
    verdict : str
        `DETERMINED`, `BELOW`, `ABOVE` or `OPEN`: at which ends of the bounds the profile falls by `DROP`.
    fitted : float
        Value for the chip file, SI.
    grid, profile, alone : float64 (n_grid,)
        Values; how far the best log-likelihood lies below the very best when this parameter is held there, with the
        others free, and with the others at the best fit.
    kept_without : dict of path to float
        Width within `DROP`, over the bounds, when only that other parameter is free; under its own path: none is.
    toml : str
        Line for a chip file.
    """

    path: str
    unit: str
    log: bool
    low: float
    high: float
    interval: tuple[float, float, float]
    kept: float
    verdict: str
    fitted: float
    grid: FloatArray
    profile: FloatArray
    alone: FloatArray
    kept_without: dict[str, float]
    toml: str


@dataclass(frozen=True, kw_only=True)
class FigureFound:
    """One figure: measured, and what the fitted chip gives.

    Attributes
    ----------
    name, label, unit : str
    value, sd : float
        Measured, and its standard error; `image_sd` is what other images add to it.
    spread : float or None
        Measured standard deviation over chips.
    chip_sd, surrogate_sd : float
        Standard deviation of one chip around the mean of all, and error of the fitted law, at the fitted values.
    explained : float
        Of the variance over designs, the share foretold for a design left out.
    fitted : float
        What the law gives at the fitted values.
    checked, checked_sd : float
        Mean and standard deviation of fresh chips simulated at the fitted values.
    source : str
    """

    name: str
    label: str
    unit: str
    value: float
    sd: float
    image_sd: float
    spread: float | None
    chip_sd: float
    surrogate_sd: float
    explained: float
    fitted: float
    checked: float
    checked_sd: float
    source: str


@dataclass(frozen=True, kw_only=True)
class Direction:
    """A combination of parameters; `kept` is its spread over that without any figure, `loadings` of unit length."""

    kept: float
    loadings: dict[str, float]

    @property
    def determined(self) -> bool:
        return self.kept <= HALVED


@dataclass(frozen=True, kw_only=True)
class Further:
    """What one more measurement would tell, on average over chips that the known figures allow.

    Attributes
    ----------
    name, label : str
    bits : float
        Expected information about the parameters.
    kept : dict of path to float
        Expected width of the 90 % interval over that without any figure.
    """

    name: str
    label: str
    bits: float
    kept: dict[str, float]


@dataclass(frozen=True, kw_only=True)
class SetFound:
    """What a part of the figures decides: verdict and kept width of each parameter."""

    name: str
    figures: tuple[str, ...]
    verdicts: dict[str, str]
    kept: dict[str, float]
    intervals: dict[str, tuple[float, float, float]]


@dataclass(frozen=True, kw_only=True)
class TrialRow:
    """How synthetic chips fared with one set of figures.

    Attributes
    ----------
    set_name : str
    covered : dict of path to int
        Chips whose true value lay within the stated interval.
    kept : dict of path to float
        Mean width of the interval over that without any figure.
    verdicts : dict of path to dict of verdict to int
    """

    set_name: str
    covered: dict[str, int]
    kept: dict[str, float]
    verdicts: dict[str, dict[str, int]]


@dataclass(frozen=True, kw_only=True)
class Trial:
    """Synthetic chips drawn from the bounds and calibrated; with `places` (n_chips,) of the truth and intervals."""

    n_chips: int
    rows: tuple[TrialRow, ...]
    truth: FloatArray
    low: FloatArray
    high: FloatArray


@dataclass(frozen=True, kw_only=True)
class CalibrationFound:
    """Everything a calibration found.

    Attributes
    ----------
    parameters : tuple of ParameterFound
    figures : tuple of FigureFound
    correlation : float64 (n_parameters, n_parameters)
        Of the posterior.
    points, weights : float64 (n, n_parameters), (n,)
        The posterior, in 0..1 of the bounds.
    directions : tuple of Direction
        Best determined first.
    sets : tuple of SetFound
    further : tuple of Further
        Most telling first.
    misfit, misfit_p : float
        Squared distance of the figures from the best fit in their own standard deviations, and how often chance gives
        as much.
    trial : Trial or None
    settings : dict
        What was asked for.
    facts : dict of str
    """

    parameters: tuple[ParameterFound, ...]
    figures: tuple[FigureFound, ...]
    correlation: FloatArray
    points: FloatArray
    weights: FloatArray
    directions: tuple[Direction, ...]
    sets: tuple[SetFound, ...]
    further: tuple[Further, ...]
    misfit: float
    misfit_p: float
    trial: Trial | None
    settings: dict[str, Any]
    facts: dict[str, str] = field(default_factory=dict)

    @property
    def contradicts(self) -> bool:
        """Whether no place within the bounds gives all figures together."""
        return self.misfit_p < 0.001
