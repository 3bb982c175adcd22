"""ADCs of one pass: bits, a fixed range for each row tile and column, and how calibration finds it."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import torch
from torch import Tensor

from spikecim.analog.quantisers import steps

# Sums that a calibration keeps of one chunk of samples, and the fewest and most of one column.
SEEN, FEWEST, MOST = 1 << 15, 8, 256


@dataclass(kw_only=True)
class Converters:
    """The ADCs of one pass of one layer.

    Attributes
    ----------
    bits : int or None
        None: the sums pass as they are.
    step : Tensor (n_tiles, n_columns)
        Width of a level; range = step * (2^(bits - 1) - 1). Fixed between two calibrations.
    watching : bool
        Calibration: sums pass as they are and are looked at.
    """

    bits: int | None
    step: Tensor
    coverage: float
    watching: bool = False
    _seen: dict[int, list[Tensor]] = field(default_factory=dict)

    @property
    def active(self) -> bool:
        return self.bits is not None and not self.watching

    @property
    def top(self) -> int:
        """Largest code."""
        return 0 if self.bits is None else steps(self.bits, signed=True)

    def watch(self) -> None:
        """Begin a calibration."""
        self.watching, self._seen = self.bits is not None, {}

    def look(self, tile: int, sums: Tensor) -> None:
        """Keep some |sums| (n, n_columns) of row tile `tile`, evenly spread over the samples."""
        wanted = min(MOST, max(FEWEST, SEEN // sums.shape[1]))
        self._seen.setdefault(tile, []).append(sums[:: -(-len(sums) // wanted)].abs())

    def settle(self) -> None:
        """End a calibration: the range of a column is the quantile of what was kept; where all was 0 it is 1."""
        for tile, parts in self._seen.items():
            size = torch.cat(parts).t().contiguous()
            limit = size.kthvalue(max(1, math.ceil(self.coverage * size.shape[1])), dim=1).values
            self.step[tile] = torch.where(limit > 0.0, limit, 1.0) / self.top
        self.watching, self._seen = False, {}


def made(bits: int | None, n_tiles: int, n_columns: int, coverage: float, where: torch.device) -> Converters:
    """Converters of range 1 before any calibration."""
    top = 1 if bits is None else steps(bits, signed=True)
    step = torch.full((n_tiles, n_columns), 1.0 / top, device=where)
    return Converters(bits=bits, step=step, coverage=coverage)
