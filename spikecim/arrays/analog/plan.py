"""An array plan: which device, how large the physical arrays are, how many bits, which wires, when it is read."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

from spikecim.arrays.analog.classes import check_effects, error_classes
from spikecim.arrays.crossbar.wires import Wires
from spikecim.devices.analog_cell import AnalogCell
from spikecim.errors import ParameterError

IDEAL_WIRES = Wires()
TRIMS = ("array", "matrix", "none")
_MOST_BITS = 16


@dataclass(frozen=True, kw_only=True)
class ArrayPlan:
    """How matrices are put on physical arrays.

    Parameters
    ----------
    device : AnalogCell
        See `spikecim.devices.library.load_device`.
    rows, columns : int
        Size of one physical array; each polarity of each bit slice lies on arrays of its own.
    weight_bits : int
        Signed weights have 2^b - 1 levels: a sign and b - 1 bits of magnitude.
    cell_bits : int, optional
        Bits of magnitude in one cell; without it as many as the device has levels for.
    input_bits, adc_bits : int
        Input DAC (2^b levels unsigned, 2^b - 1 signed) and the ADC of each slice, row tile and column (2^b - 1 levels).
    wires : Wires
        Passive wires of each physical array; ideal by default.
    seconds : float
        Time between programming and use.
    weight_limit : float, optional
        |weight| at the top level, in the unit of the weights; without it the largest |weight| of each matrix.
    trim : str
        Common gain trim: one gain per physical ``"array"`` (pair of polarities), per ``"matrix"``, or ``"none"``.
    """

    device: AnalogCell
    rows: int = 128
    columns: int = 128
    weight_bits: int = 8
    cell_bits: int | None = None
    input_bits: int = 8
    adc_bits: int = 8
    wires: Wires = IDEAL_WIRES
    seconds: float = 0.0
    weight_limit: float | None = None
    trim: str = "array"

    def __post_init__(self) -> None:
        for name, low, high in (
            ("rows", 1, 65_536),
            ("columns", 1, 65_536),
            ("weight_bits", 2, _MOST_BITS),
            ("input_bits", 1, _MOST_BITS),
            ("adc_bits", 2, _MOST_BITS),
        ):
            _check_count(name, getattr(self, name), low, high)
        most = math.floor(math.log2(self.device.levels))
        if self.cell_bits is not None:
            _check_count("cell_bits", self.cell_bits, 1, most)
        if self.trim not in TRIMS:
            raise ParameterError(f"trim {self.trim!r} is unknown; allowed: {', '.join(TRIMS)}")
        if not (math.isfinite(self.seconds) and self.seconds >= 0.0):
            raise ParameterError(f"seconds {self.seconds!r}: must be a finite number, not below 0")
        if self.weight_limit is not None and not (math.isfinite(self.weight_limit) and self.weight_limit > 0.0):
            raise ParameterError(f"weight_limit {self.weight_limit!r}: must be a finite number above 0")
        if self.wires.kind != "passive":
            raise ParameterError("analog multiply arrays have passive wires; gated ones belong to spiking cores")

    @property
    def bits_per_cell(self) -> int:
        """Bits of magnitude in one cell."""
        return self.cell_bits or math.floor(math.log2(self.device.levels))

    def with_errors(self, errors: frozenset[str]) -> ArrayPlan:
        """The plan with wires and time only where their classes are in `errors`, which must each have an effect.

        Raises
        ------
        ParameterError
            For an unknown class, or one without effect.
        """
        check_effects(self, error_classes(errors))
        wires = self.wires if "wires" in errors else IDEAL_WIRES
        return replace(self, wires=wires, seconds=self.seconds if "fluctuation" in errors else 0.0)


def _check_count(name: str, value: object, low: int, high: int) -> None:
    if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
        raise ParameterError(f"{name} {value!r}: must be a whole number in {low} .. {high}")
