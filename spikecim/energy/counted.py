"""What the ledger of several layers must know of a program: a saved run knows as much without any weight."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from spikecim.layered.timer import Timer


class CountedLayer(Protocol):
    """One layer: neurons, cells behind one link, rows that its timer reads."""

    @property
    def n_out(self) -> int: ...

    @property
    def cells_per_group(self) -> int: ...

    @property
    def pulses(self) -> Sequence[Timer]: ...


class Counted(Protocol):
    """A program, or the memory of one."""

    @property
    def layers(self) -> Sequence[CountedLayer]: ...
