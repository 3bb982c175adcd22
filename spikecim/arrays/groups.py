"""Cell groups: programmed cells behind their access transistors, read through clamps into two injectors per neuron.

One read of weight w injects (k_exc * sum G_exc - k_inh * sum G_inh) * V_read * t_pulse (docs/semantics.md, point 3).
The injector ratio k is not a free parameter: it is trimmed so that `full_weight` mean LRS-HRS steps are one threshold.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

import numpy as np
from numpy.typing import NDArray
from scipy.constants import elementary_charge

from spikecim.arrays.codes import CODES, Units, WeightCode
from spikecim.arrays.physical.passive import RowReads
from spikecim.devices.oxram import Cells, SlcOxram
from spikecim.errors import ParameterError
from spikecim.parameters import Choice, Count, Parameter, Quantity, Section
from spikecim.streams import NOISE_SD, stream


class SynapseSpec(Section):
    """How one weight is stored."""

    code: Annotated[Parameter[str], Choice(tuple(CODES))]
    levels: Annotated[Parameter[int], Count(1, 64)]

    def weight_code(self) -> WeightCode:
        return CODES[self.code.value](levels=self.levels.value)


class ArraySpec(Section):
    """How a row is read."""

    read_voltage: Annotated[Parameter[float], Quantity("volt", 1e-6, 5.0)]
    pulse_width: Annotated[Parameter[float], Quantity("second", 1e-15, 1.0)]
    access_resistance: Annotated[Parameter[float], Quantity("ohm", 0.0, 1e9)]


MISMATCH_PARTS = ("independent", "between-neurons", "between-sides")
LONE_CELLS, READS = "cells", "reads"


class InjectorSpec(Section):
    """The current injectors between the clamped columns and the membrane.

    Each neuron has an excitatory and an inhibitory injector. Their gains differ independently; to tell causes apart,
    only the part that both sides of a neuron share, or only the part in which they differ, may be kept. `trim` says on
    what the ratio is set: on lone cells as their statistics state them (also if it is left out), or on reads of the
    whole fresh array, whose wires and bent cells it then makes good in the mean.
    """

    full_weight: Annotated[Parameter[int], Count(1, 64)]
    gain_mismatch_rel: Annotated[Parameter[float], Quantity("dimensionless", 0.0, 1.0)]
    mismatch_part: Annotated[Parameter[str], Choice(MISMATCH_PARTS)] = Parameter(
        value="independent", unit="choice", status="assumed", source="each injector is a current mirror of its own"
    )
    trim: Annotated[Parameter[str], Choice((LONE_CELLS, READS))] | None = None

    @property
    def by_reads(self) -> bool:
        """Whether the ratio is set on reads of the whole array."""
        return self.trim is not None and self.trim.value == READS


@dataclass(frozen=True, kw_only=True)
class Reads:
    """What one read of each weight does.

    Attributes
    ----------
    charge : int32 (2, n_in, n_out)
        Electrons injected by a positive [0] and a negative [1] input spike.
    read_noise : int32 (n_in, n_out)
        Noise scale, see `program.Program`.
    row_electrons : int64 (n_in,)
        Electrons through all cells of a row.
    """

    charge: NDArray[np.int32]
    read_noise: NDArray[np.int32]
    row_electrons: NDArray[np.int64]


@dataclass(frozen=True, kw_only=True)
class Trim:
    """The injectors of one chip, trimmed once, on the mean of fresh cells.

    Attributes
    ----------
    units : Units
        Mean conductances that the trim and digital reads go by.
    ratio : float
        Trimmed injector ratio k.
    gains : float64 (2, n_out)
        Excitatory and inhibitory gain of each neuron, relative to k.
    """

    units: Units
    ratio: float
    gains: NDArray[np.float64]


def reference_units(cell: SlcOxram, array: ArraySpec) -> Units:
    """Mean LRS and HRS conductance behind the access transistor; digital reference at their geometric mean."""
    lrs, hrs = cell.mean_conductance(array.access_resistance.value)
    if lrs <= hrs:
        raise ParameterError(f"cell: LRS must conduct better than HRS, got {lrs:.3g} S and {hrs:.3g} S")
    return Units(lrs=lrs, hrs=hrs, reference=float(np.sqrt(lrs * hrs)))


def injector_ratio(units: Units, array: ArraySpec, unit_electrons: int) -> float:
    """k such that one LRS-HRS step injects `unit_electrons`: k = u e / ((G_LRS - G_HRS) V_read t_pulse)."""
    step = (units.lrs - units.hrs) * array.read_voltage.value * array.pulse_width.value
    return unit_electrons * elementary_charge / step


def trim_injectors(
    cell: SlcOxram, array: ArraySpec, injectors: InjectorSpec, unit: int, n_out: int, *, seed: int
) -> Trim:
    """Trim the ratio so that a mean step injects `unit` electrons, and draw the gains of `n_out` neurons."""
    units = reference_units(cell, array)
    mismatch = mismatch_of(stream(seed, "injector", "gain").standard_normal((2, n_out)), injectors)
    return Trim(units=units, ratio=injector_ratio(units, array, unit), gains=np.maximum(0.0, 1.0 + mismatch))


def step_lost(cells: Cells, lone: NDArray[np.float64], sensed: NDArray[np.float64]) -> float:
    """How often the mean LRS-HRS step of `sensed` goes into that of the `lone` cells (...): what a trim makes good.

    Raises
    ------
    ParameterError
        If the network has cells of one state only, or nothing of the step is left.
    """
    low = cells.target
    if low.all() or not low.any():
        raise ParameterError("injectors.trim reads: the network has cells of one state only; set it to cells")
    step, left = (float(found[low].mean() - found[~low].mean()) for found in (lone, sensed))
    if left <= 1e-3 * step:
        raise ParameterError(
            f"injectors.trim reads: wires leave {left / step:.2g} of the mean LRS-HRS step; no ratio makes that good"
        )
    return step / left


def mismatch_of(draws: NDArray[np.float64], injectors: InjectorSpec) -> NDArray[np.float64]:
    """Relative gain errors (2, ...) of the excitatory and inhibitory side from standard normal `draws` (2, ...)."""
    first, second = draws
    common, apart = (first + second) / 2.0, (first - second) / 2.0
    parts = {
        "independent": (first, second),
        "between-neurons": (common, common),
        "between-sides": (apart, -apart),
    }[injectors.mismatch_part.value]
    return injectors.gain_mismatch_rel.value * np.stack(parts)


def read_groups(
    cells: Cells,
    noise_rel: NDArray[np.float64],
    code: WeightCode,
    array: ArraySpec,
    trim: Trim,
    *,
    found: RowReads | None = None,
) -> Reads:
    """Turn programmed cells (n_in, n_out, n_cells) into whole-electron charges per input spike.

    Parameters
    ----------
    noise_rel : float64 (n_in, n_out, n_cells)
        Relative standard deviation of one read of each cell; of what its clamp receives, to first order.
    found : RowReads (n_in, n_out * n_cells), optional
        What the clamps receive through wires; without it each cell is read as if it were alone.
    """
    if found is None:
        conductance = 1.0 / (cells.resistance + array.access_resistance.value)
        drawn = conductance.sum((1, 2))
    else:
        conductance, drawn = found.sensed.reshape(cells.resistance.shape), found.drawn
    gains = trim.gains
    excitatory, inhibitory = code.sides(conductance, trim.units)
    electrons = array.read_voltage.value * array.pulse_width.value / elementary_charge
    scale = trim.ratio * electrons
    positive = scale * (gains[0] * excitatory - gains[1] * inhibitory)
    negative = scale * (gains[0] * inhibitory - gains[1] * excitatory)
    charge = np.rint(np.stack([positive, negative]))
    if np.abs(charge).max(initial=0.0) >= 2**31:
        raise ParameterError(
            f"array: one read injects {np.abs(charge).max():.3g} electrons; engines count to 2**31 - 1"
        )
    noise = noise_rel * conductance * code.analog_cells()
    noise_electrons = scale * code.noise_gain() * np.sqrt((noise**2).sum(-1))
    return Reads(
        charge=charge.astype(np.int32),
        # The kernel multiplies by a whole number of standard deviation NOISE_SD and shifts by 16 bits.
        read_noise=np.rint(noise_electrons * 65536.0 / NOISE_SD).astype(np.int32),
        row_electrons=np.rint(drawn * electrons).astype(np.int64),
    )
