"""All that the reproduction of SPIRIT found, as a value: reports read it and run nothing."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from spikecim.energy.baselines import FormalMac
from spikecim.results.findings import Row
from spikecim.results.population import Population
from spikecim.results.run import RunResult
from spikecim.results.studies import Studies


@dataclass(frozen=True, kw_only=True)
class EngineCheck:
    """Two engines on the same program and trains."""

    engines: tuple[str, str]
    samples: int
    spikes: int
    differing: int
    identical: bool
    seconds: float


@dataclass(frozen=True, kw_only=True)
class MarginCurve:
    """Accuracy and input spikes at every decision margin from one run (n_margins,), and core energy per image in nJ."""

    delta_s: NDArray[np.int64]
    accuracy: NDArray[np.float64]
    input_spikes: NDArray[np.float64]
    core_nj: NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class Variant:
    """Another way to the same weights: what its ideal chip gives."""

    network: str
    formal_accuracy: float
    ideal_accuracy: float
    chip_accuracy: float
    input_spikes: float


@dataclass(frozen=True, kw_only=True)
class Reproduction:
    """The whole reproduction.

    Attributes
    ----------
    rows : list of Row
    banner : str or None
        Set when the data are not MNIST's full test set.
    ideal, median : RunResult
        The ideal chip, and the virtual chip of median accuracy.
    population : Population
    curves : dict of MarginCurve
        ``"ideal"`` and ``"median chip"``.
    variants : list of Variant
    check : EngineCheck or None
    mac : FormalMac
    studies : Studies or None
    facts : dict of str
        Data set, origin, seed, versions, chip digest, seconds by stage.
    """

    rows: list[Row]
    banner: str | None
    ideal: RunResult
    median: RunResult
    population: Population
    curves: dict[str, MarginCurve]
    variants: list[Variant]
    check: EngineCheck | None
    mac: FormalMac
    studies: Studies | None = None
    facts: dict[str, str] = field(default_factory=dict)
