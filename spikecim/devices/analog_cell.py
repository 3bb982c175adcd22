"""What analog arrays ask of a device, and the programmed cells that it gives; conductances in siemens."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import ArrayLike, NDArray

from spikecim.devices.level_spec import LevelIv

FloatArray = NDArray[np.float64]
StuckMap = NDArray[np.int8]
# States of a stuck map.
HIGH, FREE, LOW = 1, 0, -1


@dataclass(frozen=True, kw_only=True)
class AnalogCells:
    """Programmed cells; all arrays share one shape (...).

    Attributes
    ----------
    conductance : float64, S
    target : float64, S
        What the cells were to be.
    stuck : int8
        1 stuck at LRS (high conductance), -1 stuck at HRS (low conductance), 0 free.
    """

    conductance: FloatArray
    target: FloatArray
    stuck: StuckMap


class AnalogCell(Protocol):
    """What analog arrays ask of a device; `multilevel.MultiLevelCell` and `slc_levels.SlcLevels` give it."""

    @property
    def name(self) -> str:
        """Name of the device, for messages and reports."""

    @property
    def g_min(self) -> float:
        """Conductance (S) of level 0."""

    @property
    def g_max(self) -> float:
        """Conductance (S) of the top level."""

    @property
    def levels(self) -> int:
        """States that one cell can hold."""

    @property
    def read_voltage(self) -> float:
        """Volts across a cell at full input."""

    @property
    def rails(self) -> tuple[float, float]:
        """Conductance (S) of cells stuck at HRS and at LRS."""

    @property
    def stuck_shares(self) -> tuple[float, float]:
        """Share of cells stuck at HRS and at LRS."""

    @property
    def iv(self) -> LevelIv:
        """Current-voltage law of the cell."""

    @property
    def fluctuates(self) -> bool:
        """Whether anything about a programmed cell is random at all."""

    @property
    def ages(self) -> bool:
        """Whether time after programming changes a cell."""

    def program(
        self,
        target: ArrayLike,
        seed: int,
        *path: str | int,
        cycle: int = 0,
        fluctuation: bool = True,
        stuck: bool = True,
        stuck_map: StuckMap | None = None,
    ) -> AnalogCells:
        """Program cells towards `target` (...) in S; see `multilevel.MultiLevelCell.program`."""

    def at(self, cells: AnalogCells, seconds: float, seed: int, *path: str | int) -> AnalogCells:
        """The cells `seconds` after programming."""

    def program_sd(self, target: ArrayLike) -> FloatArray:
        """Standard deviation (S) that programming aims with, by target (S)."""

    def read_sd(self, conductance: ArrayLike) -> FloatArray:
        """Standard deviation (S) of one read of cells of `conductance` (S)."""
