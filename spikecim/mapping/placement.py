"""Where a network lies on a chip: which core holds which channels of which layer."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class CoreShare:
    """What one core holds of one layer.

    Attributes
    ----------
    layer, core : int
    first_channel, last_channel : int
        Output channels of the layer, the last one exclusive.
    rows, columns, neurons : int
        What that takes of the core.
    """

    layer: int
    core: int
    first_channel: int
    last_channel: int
    rows: int
    columns: int
    neurons: int


@dataclass(frozen=True, kw_only=True)
class Placement:
    """A network on the cores of one chip.

    Attributes
    ----------
    shares : tuple of CoreShare
        In order of layer, then channel.
    words_per_spike : tuple of int
        For each layer: cores that a spike brought to it must reach, so words on the links between cores.
    """

    shares: tuple[CoreShare, ...]
    words_per_spike: tuple[int, ...]

    @property
    def n_cores(self) -> int:
        """Cores in use."""
        return len({share.core for share in self.shares})

    def of_layer(self, layer: int) -> tuple[CoreShare, ...]:
        """The shares of one layer."""
        return tuple(share for share in self.shares if share.layer == layer)
