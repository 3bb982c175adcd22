"""Operands written afresh (attention): K and V go into cells for one use, as levels, slices and differential pairs.

What each error class means there: quantisation - levels of the written values, DAC, ADC; fluctuation - every write and
every read draws anew; stuck - the arrays are the same for all samples and so are their stuck cells, a tile of rows x
columns after the other; nonlinearity - the I-V curve of the driven operand; wires - the closed-form position factor of
every array written (`arrays.crossbar.position`), trimmed by gains that calibration fixed: converters cannot follow what
is written for each sample.
"""

from __future__ import annotations

from typing import Protocol

import numpy as np

from spikecim.analog.cells import CellTable
from spikecim.analog.quantisers import quantise
from spikecim.analog.wiring import Wiring
from spikecim.arrays.analog.plan import ArrayPlan
from spikecim.arrays.analog.slices import Slicing, continuous, sliced
from spikecim.arrays.analog.tiling import spans
from spikecim.arrays.crossbar.position import position_factor
from spikecim.models.extras import needs
from spikecim.streams import name_key

with needs("torch", "a network on analog arrays"):
    import torch
    from torch import Tensor


class Draws(Protocol):
    """Where the randomness of writes comes from."""

    def normal(self, shape: torch.Size, place: int) -> Tensor:
        """Standard normal deviates (n_samples, ...) of use `place`."""

    def stuck(self, shape: torch.Size) -> Tensor | None:
        """Stuck cells, int8, broadcasting to (2, n_slices, n_samples, n_heads, n_rows, n_cols); None without any."""

    def advance(self, n_samples: int) -> None:
        """These samples are done."""


class FreshDraws:
    """Training: everything anew at each step, from PyTorch's generator."""

    def __init__(self, shares: tuple[float, float] | None) -> None:
        self._shares = shares

    def normal(self, shape: torch.Size, place: int) -> Tensor:
        return torch.randn(shape)

    def stuck(self, shape: torch.Size) -> Tensor | None:
        if self._shares is None:
            return None
        low, high = self._shares
        fate = torch.rand((*shape[:2], 1, *shape[3:]))
        return (fate < high).to(torch.int8) - (fate >= 1.0 - low).to(torch.int8)

    def advance(self, n_samples: int) -> None:
        return None


class ChipDraws:
    """A virtual chip: stuck cells by (seed, chip, product), writes and reads by sample too.

    Parameters
    ----------
    wiring : Wiring
    shares : (float, float) or None
        Of cells stuck at HRS and at LRS; None while the class is off.
    """

    def __init__(self, wiring: Wiring, shares: tuple[float, float] | None, seed: int, *path: str | int) -> None:
        self._key = name_key(seed, *path, "write")
        self._stuck_key = name_key(seed, *path, "stuck")
        self._plan, self._shares, self._sample = wiring.plan, shares, 0

    def normal(self, shape: torch.Size, place: int) -> Tensor:
        found = np.empty(shape, np.float32)
        for number in range(shape[0]):
            bits = np.random.Philox(key=self._key, counter=[0, 0, place, self._sample + number])
            draws = np.random.Generator(bits).standard_normal(found[number].size, np.float32)
            found[number] = draws.reshape(found[number].shape)
        return torch.from_numpy(found)

    def stuck(self, shape: torch.Size) -> Tensor | None:
        if self._shares is None:
            return None
        low, high = self._shares
        rows, columns = self._plan.rows, self._plan.columns
        polarity, n_slices, _, n_heads, n_rows, n_cols = shape
        maps = np.empty((polarity, n_slices, n_heads, rows, columns), np.int8)
        for head in range(n_heads):
            bits = np.random.Philox(key=self._stuck_key, counter=[0, 0, 0, head])
            fate = np.random.Generator(bits).random((polarity, n_slices, rows, columns), np.float32)
            maps[:, :, head] = (fate < high).astype(np.int8) - (fate >= 1.0 - low).astype(np.int8)
        seen = maps[..., np.arange(n_rows) % rows, :][..., np.arange(n_cols) % columns]
        return torch.from_numpy(np.ascontiguousarray(seen[:, :, None]))

    def advance(self, n_samples: int) -> None:
        self._sample += n_samples


def slicing(wiring: Wiring, limit: float) -> Slicing:
    """How |written values| up to `limit` lie over cells."""
    plan = wiring.plan
    if "quantisation" in wiring.errors:
        return sliced(limit, plan.weight_bits, plan.bits_per_cell)
    return continuous(limit)


def split(values: Tensor, how: Slicing) -> Tensor:
    """States (2, n_slices, ...) of the cells of both polarities that hold `values` (...).

    0 .. 1 is the window; without levels a value beyond the calibrated range has a state beyond it.
    """
    size = values.abs()
    if not how.digit_bits:
        states = (size / how.step)[None]
    else:
        code = (size / how.step).round().to(torch.int32)
        digits = []
        for bits, top in zip(how.digit_bits, how.tops, strict=True):
            digits.append((code & top).to(values.dtype) / top)
            code = code >> bits
        states = torch.stack(digits)
    return torch.stack([states * (values > 0), states * (values < 0)])


def levels(values: Tensor, limit: Tensor, wiring: Wiring) -> Tensor:
    """`values` on the levels of written cells, clipped to the range, straight-through; as they are without levels."""
    return quantise(values, limit, wiring.plan.weight_bits, signed=True) if "quantisation" in wiring.errors else values


def wired(states: Tensor, table: CellTable, plan: ArrayPlan) -> Tensor:
    """States (..., n_rows, n_cols) as the sense end sees them through the wires of each physical array, not trimmed.

    A state is a share of `table.window` (S) above g_min, which is `table.floor` windows; cells keep their closed-form
    position factor. Each polarity's own g_min drops too: what is left of it stays.
    """
    found = states.to(torch.float64, copy=True)
    for rows in spans(states.shape[-2], plan.rows):
        for columns in spans(states.shape[-1], plan.columns):
            share = found[..., rows, columns] + table.floor
            cells = (share * table.window).clamp_min(0.0).cpu().numpy()
            factor = torch.from_numpy(position_factor(cells, plan.wires)).to(found.device)
            found[..., rows, columns] = factor * share - table.floor
    return found.to(states)
