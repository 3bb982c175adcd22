"""A learning curve that still grows."""

from __future__ import annotations

from dataclasses import dataclass

from spikecim.results.insitu_run import EpochPoint


@dataclass(frozen=True, kw_only=True)
class LiveRun:
    """One training of a study, as far as it is.

    Attributes
    ----------
    phase, device, rule : str
    rate : float
    seed : int
    points : tuple of EpochPoint
        One or more.
    """

    phase: str
    device: str
    rule: str
    rate: float
    seed: int
    points: tuple[EpochPoint, ...]
