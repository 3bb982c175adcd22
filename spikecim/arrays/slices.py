"""Bit slices: one weight in several cell groups, whose injectors have the ratios 1, b, b^2, ... of a number to base b.

A read injects sum_s b^s (k_exc sum G_exc - k_inh sum G_inh)_s V_read t_pulse, every slice through injectors of its own.
The ratio k is trimmed as on a chip of one slice: a mean LRS-HRS step of slice 0 is one weight unit.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.constants import elementary_charge

from spikecim.arrays.codes import WeightCode
from spikecim.arrays.codes.base import IDEAL_UNITS
from spikecim.arrays.groups import ArraySpec, InjectorSpec, injector_ratio, mismatch_of, reference_units
from spikecim.devices.oxram import Cells, SlcOxram
from spikecim.errors import ParameterError
from spikecim.streams import NOISE_SD, stream


@dataclass(frozen=True, kw_only=True)
class Columns:
    """Injectors of the columns of one layer.

    Attributes
    ----------
    ratio : float
        Trimmed injector ratio that makes a mean step one electron.
    unit : float64 (n_channels,)
        Electrons of one weight unit.
    gains : float64 (2, n_channels, n_slices)
        Excitatory and inhibitory gain, slice ratio and mismatch included.
    """

    ratio: float
    unit: NDArray[np.float64]
    gains: NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class GroupReads:
    """What one read of each weight does; n_groups = n_rows * n_channels.

    Attributes
    ----------
    charge : float64 (2, n_rows, n_channels)
        Electrons injected by a positive [0] and a negative [1] spike, not yet rounded.
    noise : float64 (n_rows, n_channels)
        Standard deviation of one read, in electrons.
    electrons : float64 (n_rows, n_channels)
        Electrons through all cells of the weight.
    """

    charge: NDArray[np.float64]
    noise: NDArray[np.float64]
    electrons: NDArray[np.float64]


def draw_columns(
    cell: SlcOxram,
    array: ArraySpec,
    injectors: InjectorSpec,
    unit: NDArray[np.float64],
    bases: NDArray[np.float64],
    *,
    seed: int,
) -> Columns:
    """Trim the ratio and draw the gains of a layer's columns.

    Parameters
    ----------
    unit : float64 (n_channels,)
        Electrons of one weight unit.
    bases : float64 (n_slices,)
        Ratio of each slice's injectors to those that make one weight unit.
    """
    draws = stream(seed, "injector", "gain").standard_normal((2, len(unit), len(bases)))
    mismatch = mismatch_of(draws, injectors)
    return Columns(
        ratio=injector_ratio(reference_units(cell, array), array, 1),
        unit=unit,
        gains=np.maximum(0.0, 1.0 + mismatch) * bases,
    )


def read_columns(
    cells: Cells,
    noise_rel: NDArray[np.float64],
    code: WeightCode,
    array: ArraySpec,
    columns: Columns,
    *,
    found: tuple[NDArray[np.float64], NDArray[np.float64]] | None = None,
) -> GroupReads:
    """Turn programmed cells (n_rows, n_channels, n_slices, n_cells) into charges per spike.

    Parameters
    ----------
    found : conductances as the clamps see them, and as the drivers see each weight (n_rows, n_channels), optional
        Without them each cell is read as if it were alone.
    """
    if found is None:
        conductance = 1.0 / (cells.resistance + array.access_resistance.value)
        drawn = conductance.sum((-2, -1))
    else:
        conductance, drawn = found
    # Every cell of the codes allowed here feeds an injector, so no digital reference is needed.
    excitatory, inhibitory = code.sides(conductance, IDEAL_UNITS)
    per_siemens = array.read_voltage.value * array.pulse_width.value / elementary_charge
    scale = columns.ratio * per_siemens * columns.unit
    positive = (columns.gains[0] * excitatory - columns.gains[1] * inhibitory).sum(-1)
    negative = (columns.gains[0] * inhibitory - columns.gains[1] * excitatory).sum(-1)
    variance = ((noise_rel * conductance) ** 2).sum(-1) * columns.gains.mean(0) ** 2
    return GroupReads(
        charge=np.stack([positive, negative]) * scale,
        noise=np.sqrt(variance.sum(-1)) * scale * code.noise_gain(),
        electrons=drawn * per_siemens,
    )


def whole_charge(charge: NDArray[np.float64], where: str) -> NDArray[np.int32]:
    """Round to whole electrons.

    Raises
    ------
    ParameterError
        If a charge does not fit the engines' 32 bits.
    """
    largest = np.abs(charge).max(initial=0.0)
    if largest >= 2**31:
        raise ParameterError(f"{where}: one read injects {largest:.3g} electrons; engines count to 2**31 - 1")
    return np.rint(charge).astype(np.int32)


def noise_scale(noise: NDArray[np.float64]) -> NDArray[np.int32]:
    """Scale of the counter-based noise for a standard deviation in electrons (see `program.Program`)."""
    return np.rint(noise * 65536.0 / NOISE_SD).astype(np.int32)
