"""What a programmed matrix makes of inputs, in NumPy: DAC, cell law, an ADC per slice, row tile and column, sum.

The reference for the layers of `spikecim.analog`, and enough for a matrix without PyTorch.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from spikecim.arrays.analog.nonlinearity import input_law
from spikecim.arrays.analog.plan import ArrayPlan
from spikecim.arrays.analog.programming import ProgrammedMatrix
from spikecim.arrays.analog.quantisation import Adc, calibrated_range, quantise_signed, quantise_unsigned
from spikecim.errors import ParameterError, ShapeError
from spikecim.streams import stream

FloatArray = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class Converters:
    """Fixed ranges of one matrix.

    Attributes
    ----------
    input_limit : float
        Input at full scale of the DAC.
    signed : bool
        Whether word lines are driven both ways.
    adc_limit : float64 (n_row_tiles, n_slices, 1, n_out)
        Full scale of each ADC.
    """

    input_limit: float
    signed: bool
    adc_limit: FloatArray


def calibrate_converters(
    inputs: ArrayLike, made: ProgrammedMatrix, plan: ArrayPlan, errors: frozenset[str], *, coverage: float = 1.0
) -> Converters:
    """Ranges from calibration `inputs` (n, n_in): the largest input, and the `coverage` quantile of each ADC's |sum|.

    Raises
    ------
    ParameterError
        If the inputs are all 0 or not finite.
    """
    given = _checked(inputs, made)
    limit = float(np.abs(given).max(initial=0.0))
    if not (np.isfinite(limit) and limit > 0.0):
        raise ParameterError("calibration inputs are all 0 or not finite: there is no range to take from them")
    signed = bool((given < 0.0).any())
    sums = partial_sums(driven(given, limit, signed, plan, errors), made)
    return Converters(input_limit=limit, signed=signed, adc_limit=calibrated_range(sums, (2,), coverage))


def multiply(
    inputs: ArrayLike,
    made: ProgrammedMatrix,
    plan: ArrayPlan,
    errors: frozenset[str],
    converters: Converters,
    noise: tuple[int, tuple[str | int, ...]] | None = None,
) -> FloatArray:
    """Outputs (n, n_out) of `inputs` (n, n_in).

    Parameters
    ----------
    noise : (seed, path), optional
        Name of the read noise; without it reads are noiseless.
    """
    given = _checked(inputs, made)
    seen = driven(given, converters.input_limit, converters.signed, plan, errors)
    sums = partial_sums(seen, made)
    if noise is not None and made.read_sd is not None:
        variance = partial_sums(seen**2, made, made.read_sd.astype(np.float64) ** 2)
        sums = sums + np.sqrt(variance) * stream(noise[0], *noise[1], "read").standard_normal(sums.shape)
    if "quantisation" in errors:
        sums = Adc(limit=converters.adc_limit, bits=plan.adc_bits).convert(sums)
    return np.asarray(sums.sum((0, 1)))


def driven(inputs: FloatArray, limit: float, signed: bool, plan: ArrayPlan, errors: frozenset[str]) -> FloatArray:
    """What multiplies the weights (n, n_in): inputs on the levels of the DAC, then through the law of the cells."""
    seen = inputs
    if "quantisation" in errors:
        seen = (quantise_signed if signed else quantise_unsigned)(inputs, limit, plan.input_bits)
    if "nonlinearity" in errors:
        seen = limit * input_law(plan.device).apply(seen / limit)
    return seen


def partial_sums(seen: FloatArray, made: ProgrammedMatrix, values: FloatArray | None = None) -> FloatArray:
    """Sums (n_row_tiles, n_slices, n, n_out) of driven inputs (n, n_in) with `values`, or with the slices."""
    slices = made.slices.astype(np.float64) if values is None else values
    return np.stack([seen[:, tile] @ slices[:, tile] for tile in made.row_tiles])


def _checked(inputs: ArrayLike, made: ProgrammedMatrix) -> FloatArray:
    given = np.asarray(inputs, np.float64)
    n_in = made.slices.shape[1]
    if given.ndim != 2 or given.shape[1] != n_in:
        raise ShapeError(f"inputs must be (n, {n_in}), got {given.shape}")
    return given
