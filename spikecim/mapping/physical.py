"""Where the cells of a layer lie in the arrays of its cores, and what reads find there through the wires.

A core is one array of cores.rows word lines and cores.columns weight columns of several cells each. Weight rows come
first, bias rows after them; the columns of a channel lie side by side, slice by slice, cell by cell. What nothing is
stored in is in HRS: spare rows and columns, the finest slice of weight rows (biases alone use it), and in a grouped
convolution the columns of the other groups. Rows that spike in one tick are read one after another, as reads are much
shorter than a tick; were they read at once, a passive array would add their currents up all the same.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from spikecim.arrays.physical.of_chip import reading_of
from spikecim.arrays.physical.passive import RowReads
from spikecim.arrays.physical.reading import Reading
from spikecim.arrays.wires_spec import GATED, PASSIVE, WiresSpec
from spikecim.chips.multi_spec import MultiChipSpec
from spikecim.devices.oxram import Cells
from spikecim.errors import ParameterError
from spikecim.layered.network import SpikingLayer
from spikecim.layered.wiring import ConvolutionWiring
from spikecim.mapping.placement import CoreShare
from spikecim.parameters import Parameter

FloatArray = NDArray[np.float64]
# About half a minute on one core of a processor: 1,024 rows of 270 columns, or 128 of 540.
_MOST_WORK = 2e10


@dataclass(frozen=True, kw_only=True)
class GroupsFound:
    """What reads of a layer's cell groups find.

    Attributes
    ----------
    weights, bias : float64 (n_rows, n_channels, n_slices, n_cells), siemens
        As each clamp sees the cells of weight and bias rows.
    weights_drawn, bias_drawn : float64 (n_rows, n_channels), siemens
        What the drivers give, for each weight; a row's currents to idle rows and unused columns in equal parts.
    """

    weights: FloatArray
    bias: FloatArray
    weights_drawn: FloatArray
    bias_drawn: FloatArray


def read_layer(
    chip: MultiChipSpec, layer: SpikingLayer, shares: tuple[CoreShare, ...], weights: Cells, bias: Cells | None
) -> GroupsFound | None:
    """Read all cell groups of `layer`, which lies on the cores of `shares`.

    Parameters
    ----------
    weights : Cells (n_rows, n_channels, n_slices, n_cells)
    bias : Cells (n_bias_rows, n_channels, n_slices + 1, n_cells) or None

    Returns
    -------
    GroupsFound or None
        None if every cell is read as if it were alone and ohmic.

    Raises
    ------
    ParameterError
        If a passive core would take too long.
    """
    reading = reading_of(chip.array, chip.cell, chip.wires)
    if reading.plain:
        return None
    ohms = weights.resistance
    extra = np.zeros((0, ohms.shape[1], ohms.shape[2] + 1, ohms.shape[3])) if bias is None else bias.resistance
    if chip.wires is None:
        plain, biased = reading.read(ohms), reading.read(extra)
        return GroupsFound(
            weights=plain.sensed,
            bias=biased.sensed,
            weights_drawn=plain.sensed.sum((-2, -1)),
            bias_drawn=biased.sensed.sum((-2, -1)),
        )
    cores = chip.cores
    size = cores.rows.value, cores.columns.value * ohms.shape[-1]
    found = [_Core(layer, share, ohms, extra).read(_sized(reading, chip.wires, size)) for share in shares]
    joined = (np.concatenate(parts, axis=1) for parts in zip(*found, strict=True))
    sensed, sensed_bias, drawn, drawn_bias = joined
    return GroupsFound(weights=sensed, bias=sensed_bias, weights_drawn=drawn, bias_drawn=drawn_bias)


class _Core:
    """What one core holds of one layer."""

    def __init__(self, layer: SpikingLayer, share: CoreShare, ohms: FloatArray, bias: FloatArray) -> None:
        own = slice(share.first_channel, share.last_channel)
        self._name, self._ohms, self._bias = layer.name, ohms[:, own], bias[:, own]
        wiring, n_channels = layer.wiring, share.last_channel - share.first_channel
        groups = wiring.groups if isinstance(wiring, ConvolutionWiring) else 1
        # Channels of one group share rows; each group on the core has rows of its own.
        self._together = n_channels if groups == 1 else layer.n_channels // groups
        self._first_slice = 1 if len(bias) else 0

    def read(self, reading: Reading) -> tuple[FloatArray, FloatArray, FloatArray, FloatArray]:
        """Sensed (n_rows, n_channels, ...) of weights and biases, drawn (n_rows, n_channels) of both."""
        ohms, bias = self._ohms, self._bias
        n_taps, n_channels, n_slices, n_cells = ohms.shape
        n_slices += self._first_slice
        n_weight_rows = n_taps * (n_channels // self._together)
        array = np.full((n_weight_rows + len(bias), n_channels, n_slices, n_cells), 1.0 / reading.unused)
        for channel in range(n_channels):
            array[self._rows(channel, n_taps), channel, self._first_slice :] = ohms[:, channel]
        array[n_weight_rows:] = bias[:, :, :n_slices]
        flat = array.reshape(len(array), -1)
        self._check_work(reading, flat.shape)
        found = reading.read(flat)
        sensed = found.sensed.reshape(array.shape)
        drawn = self._shared_out(reading, found, sensed, n_weight_rows)
        places = [self._rows(channel, n_taps) for channel in range(n_channels)]
        weights = np.stack([sensed[rows, k, self._first_slice :] for k, rows in enumerate(places)], axis=1)
        by_weight = np.stack([drawn[rows, k] for k, rows in enumerate(places)], axis=1)
        return weights, sensed[n_weight_rows:], by_weight, drawn[n_weight_rows:]

    def _rows(self, channel: int, n_taps: int) -> slice:
        first = channel // self._together * n_taps
        return slice(first, first + n_taps)

    def _shared_out(self, reading: Reading, found: RowReads, sensed: FloatArray, n_weight_rows: int) -> FloatArray:
        """Driver currents (n_rows, n_channels): of each weight's own cells, and an equal part of what else a row draws.

        The source rails of a gated array are driven where a row has cells of its own, so nothing else is drawn there.
        """
        assert reading.wires is not None
        feeds = np.ones(sensed.shape[:2], bool)
        for row in range(n_weight_rows if self._together < sensed.shape[1] else 0):
            feeds[row] = np.arange(sensed.shape[1]) // self._together == row // len(self._ohms)
        held = np.ones(sensed.shape, bool)
        held[:n_weight_rows, :, : self._first_slice] = False
        own = np.where(feeds, np.where(held, sensed, 0.0).sum((-2, -1)), 0.0)
        if reading.wires.kind.value == GATED:
            return own
        rest = found.drawn - own.sum(1)
        return own + np.where(feeds, (rest / feeds.sum(1))[:, None], 0.0)

    def _check_work(self, reading: Reading, shape: tuple[int, ...]) -> None:
        assert reading.wires is not None
        if reading.wires.kind.value == PASSIVE and shape[0] * shape[1] ** 3 > _MOST_WORK:
            raise ParameterError(
                f"wires: layer {self._name} takes {shape[0]} x {shape[1]} cells of a passive core, more than is solved "
                "exactly; set wires.kind to gated, or cores.columns to less"
            )


def _sized(reading: Reading, wires: WiresSpec, size: tuple[int, int]) -> Reading:
    """The same for an array of `size`."""
    rows, columns = (
        Parameter(value=value, unit="count", status="derived", source="the core's own size") for value in size
    )
    return replace(reading, wires=wires.model_copy(update={"rows": rows, "columns": columns}))
