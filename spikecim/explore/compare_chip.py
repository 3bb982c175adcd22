"""Chips of a comparison: what they allow a conversion, and their twins with exact cells or exact neurons."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from spikecim.chips.ideal import EXACT, without_wires
from spikecim.chips.loader import load_multi_chip
from spikecim.chips.multi_spec import MultiChipSpec
from spikecim.conversion.prepare import Bounds
from spikecim.errors import ParameterError


@dataclass(frozen=True, kw_only=True)
class Rig:
    """One chip of a comparison.

    Attributes
    ----------
    chip : MultiChipSpec
    exact : MultiChipSpec
        The same with exact cells and exact neurons; link, rails, cores and energy table are kept.
    real_cells : MultiChipSpec
        The same with its own cells and exact neurons and injectors.
    """

    chip: MultiChipSpec
    exact: MultiChipSpec
    real_cells: MultiChipSpec

    @property
    def name(self) -> str:
        return self.chip.name

    @property
    def varies(self) -> bool:
        """Whether one virtual chip differs from another."""
        return self.chip.digest() != self.exact.digest()


def load_rig(name: str | Path, overrides: Mapping[str, object] | None = None) -> Rig:
    """Load a chip and its twins; arguments and errors as for `load_multi_chip`."""
    own = dict(overrides or {})
    rest = {path: value for path, value in own.items() if path not in EXACT}
    neurons = {path: value for path, value in EXACT.items() if path != "cell.device"}
    device = {path: own[path] for path in ("cell.device",) if path in own}
    arrays = ("cell.", "wires.", "injectors.trim")
    no_cells = {path: value for path, value in rest.items() if not path.startswith(arrays)}
    return Rig(
        chip=load_multi_chip(name, own),
        exact=without_wires(load_multi_chip(name, {**no_cells, **EXACT})),
        real_cells=load_multi_chip(name, {**device, **rest, **neurons}),
    )


def bounds_of(chip: MultiChipSpec, steps: int | None = None, slices: int | None = None) -> Bounds:
    """What `chip` allows a conversion.

    Parameters
    ----------
    steps : int or None
        Input steps of one sample; the chip's own if None.
    slices : int or None
        Cell groups of one weight; as many as the chip has if None.

    Raises
    ------
    ParameterError
        If the chip does not have so many slices, or a number is below 1.
    """
    most = chip.cores.slices.value
    if slices is not None and not 1 <= slices <= most:
        raise ParameterError(
            f"slices: chip {chip.name} allows 1..{most} (cores.slices), got {slices}; "
            f"take fewer, or --set cores.slices={slices}"
        )
    if steps is not None and steps < 1:
        raise ParameterError(f"steps: must be at least 1, got {steps}")
    return Bounds(
        levels=chip.synapse.levels.value,
        slices=slices or most,
        words_per_tick=chip.link.words_per_tick.value,
        n_steps=steps or chip.coding.steps.value,
        rail=chip.neuron.rail_voltage.value / chip.neuron.threshold_voltage.value,
        refractory_ticks=round(chip.neuron.refractory.value / chip.tick_s),
    )
