"""What the updates of one layer have cost so far: pulses, row phases, memory words, writes per cell."""

from __future__ import annotations

from dataclasses import asdict, dataclass, fields

import numpy as np
from numpy.typing import NDArray


@dataclass(kw_only=True)
class UpdateCounts:
    """Running counts of one layer.

    Attributes
    ----------
    steps : int
        Updates asked for, those with a zero gradient included.
    pulses_up, pulses_down : int
        Pulses given to cells, by polarity.
    cells_written : int
        Writes of cells: cells that had pulses, summed over updates.
    row_phases : int
        Rows that were driven, once per polarity: a row driver has one polarity at a time.
    row_slots : int
        Pulse widths that all phases took, one after another: the largest count of each phase, summed.
    velocity_words_read, velocity_words_written : int
        Words of velocity or carry moved to and from memory.
    velocity_bits_moved : int
        The same in bits.
    clamped : int
        Initial weights outside the window, set to its edge.
    stuck, dead : int
        Cells stuck from the start, and worn out since.
    largest_writes : int
        Pulses of the busiest cell.
    mean_writes : float
        Pulses of the average cell.
    transfers : int
        Rows read and transferred (Tiki-Taka).
    """

    steps: int = 0
    pulses_up: int = 0
    pulses_down: int = 0
    cells_written: int = 0
    row_phases: int = 0
    row_slots: int = 0
    velocity_words_read: int = 0
    velocity_words_written: int = 0
    velocity_bits_moved: int = 0
    clamped: int = 0
    stuck: int = 0
    dead: int = 0
    largest_writes: int = 0
    mean_writes: float = 0.0
    transfers: int = 0

    def add(self, written: NDArray[np.int64]) -> None:
        """Add what `WeightCells.write` returned."""
        up, down, cells, phases, slots, _ = written.tolist()
        self.pulses_up += up
        self.pulses_down += down
        self.cells_written += cells
        self.row_phases += phases
        self.row_slots += slots

    def count_words(self, n: int, bits: int) -> None:
        """Count `n` words of `bits` bits, read and written back."""
        self.velocity_words_read += n
        self.velocity_words_written += n
        self.velocity_bits_moved += 2 * n * bits

    def as_dict(self) -> dict[str, float]:
        """Names to numbers."""
        return asdict(self)

    def as_array(self) -> NDArray[np.float64]:
        """All numbers in order, exact below 2^53, for a checkpoint."""
        return np.array(list(asdict(self).values()), np.float64)

    def restore(self, numbers: NDArray[np.float64]) -> None:
        """Take up what `as_array` gave."""
        for field, number in zip(fields(self), numbers.tolist(), strict=True):
            setattr(self, field.name, number if field.name == "mean_writes" else int(number))
