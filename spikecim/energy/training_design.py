"""What the energy of training on a chip depends on besides its table: batch, sites, words, arrays, converters."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from spikecim.errors import ParameterError, hint

GRADIENT_SITES = ("dram", "buffer", "engine")
SITES = ("dram", "buffer")
_MOST_BATCH = 1_000_000


@dataclass(frozen=True, kw_only=True)
class TrainingDesign:
    """Dataflow and arrays; the defaults are assumptions, since no published text states them.

    Attributes
    ----------
    batch : int
        Images between two updates of the weights.
    gradient_site : str
        Where the gradient of a batch is summed. ``"dram"``: each image's gradient is written there and read back (the
        naive flow). ``"buffer"``: a sum on the chip is read, added to and written for each image. ``"engine"``: the
        gradient engine keeps the sum while the batch streams by; once a batch it goes to DRAM and back.
    activation_site : str
        Where activations and errors wait for their next use: ``"dram"`` or ``"buffer"``.
    momentum : bool
        Whether updates keep a velocity of `velocity_bits` for each weight at `velocity_site`.
    input_bits, error_bits, gradient_bits, velocity_bits, partial_bits, update_bits : int
        Words of activations, errors, gradients, velocities, digital partial sums, and of the change that is written.
    rows, columns : int
        Of one array.
    cells_per_weight : int
        1 (a reference column in each array) or 2 (a differential pair, subtracted before the converter).
    adc_forward, adc_error : int
        Bits of the converters of each pass.
    serial : bool
        Inputs enter bit after bit, each bit with conversions of its own; else through a converter, all bits at once.
    """

    batch: int = 200
    gradient_site: str = "buffer"
    activation_site: str = "dram"
    momentum: bool = True
    velocity_site: str = "dram"
    input_bits: int = 8
    error_bits: int = 8
    gradient_bits: int = 15
    velocity_bits: int = 16
    partial_bits: int = 16
    update_bits: int = 8
    rows: int = 128
    columns: int = 128
    cells_per_weight: int = 1
    adc_forward: int = 6
    adc_error: int = 6
    serial: bool = True

    def __post_init__(self) -> None:
        _whole("batch", self.batch, 1, _MOST_BATCH)
        for name in ("input_bits", "error_bits", "gradient_bits", "velocity_bits", "partial_bits", "update_bits"):
            _whole(name, getattr(self, name), 1, 64)
        for name in ("adc_forward", "adc_error"):
            _whole(name, getattr(self, name), 1, 16)
        for name in ("rows", "columns"):
            _whole(name, getattr(self, name), 1, 65_536)
        _whole("cells_per_weight", self.cells_per_weight, 1, 2)
        for name, allowed in (
            ("gradient_site", GRADIENT_SITES),
            ("activation_site", SITES),
            ("velocity_site", SITES),
        ):
            value = getattr(self, name)
            if value not in allowed:
                known = f"allowed: {', '.join(allowed)}"
                raise ParameterError(f"energy of training: {name} {value!r} is unknown; {hint(value, allowed, known)}")

    def cycles(self, bits: int) -> int:
        """Reads of an array for one input word of `bits`."""
        return bits if self.serial else 1

    def row_tiles(self, n_in: int) -> int:
        """Arrays that the rows of a matrix need; what remains beyond a multiple has an array of its own."""
        return -(-n_in // self.rows)

    def column_tiles(self, n_out: int) -> int:
        """Arrays that its columns need."""
        return -(-n_out * self.cells_per_weight // self.columns)

    def as_dict(self) -> dict[str, Any]:
        """Plain data."""
        return asdict(self)


def _whole(name: str, value: object, low: int, high: int) -> None:
    if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
        raise ParameterError(f"energy of training: {name} {value!r} must be a whole number in {low:,} .. {high:,}")
