"""What the arrays do to the three products of training: row tiles, converters, on/off ratio, read noise.

Forward y = x W, error (transposed read) e W^T, weight gradient x^T e: the same array model in all three, each with
converter bits of its own. `reads.py` computes it.
"""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass

from spikecim.errors import ParameterError

REFERENCES = ("mid", "half")
CALIBRATIONS = ("doubling", "often", "epoch", "start")
PASSES = ("forward", "error", "gradient")
FIRST_CALIBRATED = 16  # steps; then 32, 64, ...
MOST_BITS, _MOST_ROWS = 16, 65_536


def _count(name: str, value: object, low: int, high: int) -> None:
    if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
        raise ParameterError(f"reads.{name} {value!r}: must be a whole number in {low} .. {high}")


@dataclass(frozen=True, kw_only=True)
class ArrayReads:
    """How the arrays read; None switches an effect off.

    Parameters
    ----------
    rows : int
        Rows of one array: n_in lines in the forward pass, n_out lines in the error pass, samples in the gradient pass
        (errors are written to SRAM arrays). What remains beyond a multiple gets a shorter tile; no row is dropped.
    input_bits : int or None
        Forward DAC: 2^b levels on [0, 1].
    error_bits : int or None
        Error DAC: 2^b - 1 levels on +-2^ceil(log2 max|e|), the scale of each batch.
    adc_forward, adc_error, adc_gradient : int or None
        Bits of the ADC of each partial sum in that pass: 2^b - 1 levels, mid-tread, 0 is a level.
    on_off : float or None
        g_max / g_min of the working window, above 1. The matrix is read as (1 - 1/r) W, see `reference`.
    reference : str
        What the column of a single cell is sensed against: "mid" (g_max + g_min) / 2, or "half" g_max / 2, which does
        not know of g_min and adds 1/r to every weight. A pair needs none.
    read_noise : float
        Standard deviation of one read of one cell, as a share of the window g_max - g_min; of forward and error
        passes. With an on/off ratio the window is (1 - 1/r) of g_max, and so is the noise.
    coverage : float
        Quantile of |partial sum| over calibration batches that an ADC range covers.
    calibration_batches : int
        Training batches that are read to set the ranges.
    calibrate : str
        When: at the "start" only; before each "epoch"; or, as sums grow fastest while little is learned, at the start,
        after 16 steps and at each "doubling" of the steps; "often": at each doubling and before each epoch. Ranges are
        fixed in between.
    """

    rows: int = 128
    input_bits: int | None = 8
    error_bits: int | None = 8
    adc_forward: int | None = None
    adc_error: int | None = None
    adc_gradient: int | None = None
    on_off: float | None = None
    reference: str = "mid"
    read_noise: float = 0.0
    coverage: float = 0.999
    calibration_batches: int = 4
    calibrate: str = "doubling"

    def __post_init__(self) -> None:
        _count("rows", self.rows, 1, _MOST_ROWS)
        _count("calibration_batches", self.calibration_batches, 1, 10_000)
        for name, low in (("input_bits", 1), ("error_bits", 2), *((f"adc_{step}", 2) for step in PASSES)):
            if getattr(self, name) is not None:
                _count(name, getattr(self, name), low, MOST_BITS)
        if self.on_off is not None and not (math.isfinite(self.on_off) and self.on_off > 1.0):
            raise ParameterError(f"reads.on_off {self.on_off!r}: must be a number above 1; leave it out for no leak")
        if not (math.isfinite(self.read_noise) and 0.0 <= self.read_noise < 1.0):
            raise ParameterError(f"reads.read_noise {self.read_noise!r}: must be a share of the window in 0 .. 1")
        if not 0.0 < self.coverage <= 1.0:
            raise ParameterError(f"reads.coverage {self.coverage!r}: must be above 0 and at most 1")
        for name, allowed in (("reference", REFERENCES), ("calibrate", CALIBRATIONS)):
            if getattr(self, name) not in allowed:
                raise ParameterError(f"reads.{name} {getattr(self, name)!r}: allowed: {', '.join(allowed)}")

    def adc_bits(self, step: str) -> int | None:
        """Bits of the ADC in the pass `step` (one of `PASSES`)."""
        bits: int | None = getattr(self, f"adc_{step}")
        return bits

    def calibrates_at(self, step: int, per_epoch: int) -> bool:
        """Whether the ranges are set anew before step `step` (from 0) of a training with `per_epoch` steps an epoch."""
        if not self.converts or self.calibrate == "start":
            return self.converts and step == 0
        if self.calibrate == "epoch":
            return step % per_epoch == 0
        doubled = step == 0 or (step >= FIRST_CALIBRATED and step.bit_count() == 1)
        return doubled or (self.calibrate == "often" and step % per_epoch == 0)

    @property
    def converts(self) -> bool:
        """Whether any pass has an ADC, so that ranges must be calibrated."""
        return any(self.adc_bits(step) is not None for step in PASSES)

    def as_dict(self) -> dict[str, object]:
        """Plain data, for settings and digests."""
        return asdict(self)


# No array effect at all: every pass is an exact product.
IDEAL_READS = ArrayReads(input_bits=None, error_bits=None)
