"""What a mitigation study found: accuracy before and after each cure, two scores that are never mixed, and the arrays.

Accuracy ratio: hardware / algorithm, median over chips. Recovered degradation: (mean after - mean before) / (ideal -
mean before), of all chips. All in percent.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

PUBLISHED_RECOVERED = 95.0
PUBLISHED_SOURCE = (
    "Han et al., Mitigating methodology of hardware non-ideal characteristics for NVM based neural networks, "
    "Sci China Inf Sci 68(2), 2025, abstract: about 95 % of the accuracy degradation recovered"
)


@dataclass(frozen=True, kw_only=True)
class Interval:
    """A number with its interval.

    Attributes
    ----------
    value : float
        Median over virtual chips; of what was lost and recovered, of their mean.
    low, high : float
        Confidence interval of `value`, over other chips and other images.
    """

    value: float
    low: float
    high: float


@dataclass(frozen=True, kw_only=True)
class LayerRow:
    """The arrays of one layer, of the first virtual chip; what is not known is None.

    Attributes
    ----------
    name, kind : str
    tiles : int or None
        Physical arrays.
    utilisation : float or None
        Cells that hold a weight, % of the cells of the tiles.
    worst_drop : float or None
        Share of the drive voltage lost at the worst cell, %.
    residual : float or None
        What a correction leaves of the error of the weights, % (root mean square over weights).
    lost_range : float or None
        Weights that a correction could not reach inside the conductance window, %.
    """

    name: str
    kind: str = ""
    tiles: int | None = None
    utilisation: float | None = None
    worst_drop: float | None = None
    residual: float | None = None
    lost_range: float | None = None


@dataclass(frozen=True, kw_only=True)
class CureResult:
    """One cure of one condition.

    Attributes
    ----------
    name : str
        ``"retrain+remap"``.
    needs : str
        What one has to know of the chip.
    trained_against : tuple of str
        Error classes that retraining saw.
    chips : tuple of float
        Accuracy of each virtual chip after the cure, %, in the order of the chips before.
    after, ratio : Interval
        Accuracy and accuracy ratio, %.
    recovered : Interval or None
        Recovered degradation of all chips together, %; None if it is undefined.
    undefined : str
        Why it is undefined, or empty.
    chips_recovered : tuple of (float or None)
        Of each chip alone, %; None for a chip that had lost nothing. `recovered` is not made of them.
    layers : tuple of LayerRow
    """

    name: str
    needs: str
    trained_against: tuple[str, ...]
    chips: tuple[float, ...]
    after: Interval
    ratio: Interval
    recovered: Interval | None
    undefined: str
    chips_recovered: tuple[float | None, ...]
    layers: tuple[LayerRow, ...]


@dataclass(frozen=True, kw_only=True)
class ConditionResult:
    """One error class alone, or all together.

    Attributes
    ----------
    name : str
    errors : tuple of str
    why : str
        How strong the errors are, and why.
    alike : bool
        All virtual chips are the same: nothing of these errors is drawn.
    chips : tuple of float
        Accuracy of each virtual chip without cure, %.
    before, ratio, lost : Interval
        Accuracy, accuracy ratio, and ideal minus the mean before, % (points).
    layers : tuple of LayerRow
    cures : tuple of CureResult
    """

    name: str
    errors: tuple[str, ...]
    why: str
    alike: bool
    chips: tuple[float, ...]
    before: Interval
    ratio: Interval
    lost: Interval
    layers: tuple[LayerRow, ...]
    cures: tuple[CureResult, ...]


@dataclass(frozen=True, kw_only=True)
class Mitigation:
    """A finished study.

    Attributes
    ----------
    study : mapping
        As `MitigationStudy.describe` gives it.
    version : str
    algorithm, ideal : float
        Accuracy of the network, and of the hardware without errors, %.
    conditions : tuple of ConditionResult
    images, chips, blocks : int
    confidence_percent : float
    draws : int
        Draws of chips and images behind the intervals.
    published_recovered : float
        The mark to compare with, %: of other networks and other severities.
    published_source : str
    """

    study: Mapping[str, Any]
    version: str
    algorithm: float
    ideal: float
    conditions: tuple[ConditionResult, ...]
    images: int
    chips: int
    blocks: int
    confidence_percent: float
    draws: int
    published_recovered: float = PUBLISHED_RECOVERED
    published_source: str = PUBLISHED_SOURCE
