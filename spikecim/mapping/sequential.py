"""The simple mapper: layers on cores one after another, each layer in as many whole cores as it needs.

A layer is cut by output channels only: a neuron's inputs lie in one core, because its current is summed there. Channels
of a grouped convolution share rows with their own group only, so such a layer is cut between groups.
"""

from __future__ import annotations

from spikecim.chips.multi_spec import UNSHARED, MultiChipSpec
from spikecim.errors import ParameterError
from spikecim.layered.network import SpikingLayer, SpikingNetwork
from spikecim.layered.wiring import ConvolutionWiring
from spikecim.mapping.placement import CoreShare, Placement


def place(network: SpikingNetwork, chip: MultiChipSpec, bias_rows: tuple[int, ...]) -> Placement:
    """Place `network` on `chip`.

    Parameters
    ----------
    bias_rows : tuple of int
        Rows that the biases of each layer take.

    Raises
    ------
    ParameterError
        If a layer, or the whole network, is larger than the chip; the message says by how much and what to change.
    """
    shares: list[CoreShare] = []
    for number, (layer, extra) in enumerate(zip(network.layers, bias_rows, strict=True)):
        shares += _layer(number, layer, chip, extra, first_core=shares[-1].core + 1 if shares else 0)
    used, count = shares[-1].core + 1, chip.cores.count.value
    if used > count:
        raise ParameterError(
            f"network {network.name}: needs {used} cores, chip {chip.name} has {count}; "
            "take fewer slices, or a chip with more or larger cores (cores.count, cores.columns)"
        )
    words = tuple(_words(layer, [s for s in shares if s.layer == n]) for n, layer in enumerate(network.layers))
    return Placement(shares=tuple(shares), words_per_spike=words)


def _layer(number: int, layer: SpikingLayer, chip: MultiChipSpec, extra: int, first_core: int) -> list[CoreShare]:
    # Bias cells need one slice more than weights.
    unit = _unit(layer, chip, layer.slices + (extra > 0))
    cores = chip.cores
    fit = min(
        unit.n_units,
        (cores.rows.value - extra) // unit.rows if unit.own_rows else unit.n_units,
        cores.columns.value // unit.columns,
        cores.neurons.value // unit.neurons,
    )
    if unit.rows + extra > cores.rows.value:
        raise ParameterError(
            f"layer {layer.name}: a neuron sums {unit.rows} rows and {extra} bias rows, "
            f"a core of chip {chip.name} has {cores.rows.value} (cores.rows)"
        )
    if fit < 1:
        raise ParameterError(
            f"layer {layer.name}: one channel needs {unit.columns} columns and {unit.neurons} neurons, a core of chip "
            f"{chip.name} has {cores.columns.value} and {cores.neurons.value} (cores.columns, cores.neurons)"
        )
    shares = []
    for place_, first in enumerate(range(0, unit.n_units, fit)):
        n_units = min(fit, unit.n_units - first)
        shares.append(
            CoreShare(
                layer=number,
                core=first_core + place_,
                first_channel=first * unit.channels,
                last_channel=(first + n_units) * unit.channels,
                rows=(unit.rows * n_units if unit.own_rows else unit.rows) + extra,
                columns=unit.columns * n_units,
                neurons=unit.neurons * n_units,
            )
        )
    return shares


class _Unit:
    """What cannot be cut: one output channel, or one group of a grouped convolution."""

    def __init__(self, n_units: int, channels: int, rows: int, columns: int, neurons: int, *, own_rows: bool) -> None:
        self.n_units, self.channels, self.own_rows = n_units, channels, own_rows
        self.rows, self.columns, self.neurons = rows, columns, neurons


def _unit(layer: SpikingLayer, chip: MultiChipSpec, slices: int) -> _Unit:
    wiring = layer.wiring
    if not isinstance(wiring, ConvolutionWiring):
        return _Unit(wiring.n_out, 1, wiring.n_rows, slices, 1, own_rows=False)
    positions = wiring.n_out // wiring.c_out
    taps = wiring.kernel[0] * wiring.kernel[1] * wiring.c_group
    copies = positions if chip.cores.convolution.value == UNSHARED else 1
    if wiring.groups == 1:
        return _Unit(wiring.c_out, 1, taps, slices * copies, positions, own_rows=False)
    channels = wiring.c_out // wiring.groups
    return _Unit(wiring.groups, channels, taps, slices * copies * channels, positions * channels, own_rows=True)


def _words(layer: SpikingLayer, shares: list[CoreShare]) -> int:
    """A spike goes to every core of the layer, but within a grouped convolution only to the core of its group."""
    grouped = isinstance(layer.wiring, ConvolutionWiring) and layer.wiring.groups > 1
    return 1 if grouped else len(shares)
