"""The array model of the three products of training: coded inputs, exact sums, row tiles, noise, converters.

Inputs and matrices are brought to whole numbers, so that every sum is exact in float64: neither BLAS, nor its threads,
nor the order of work can change a result.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from spikecim.arrays.analog.quantisation import Adc, calibrated_range, signed_steps, unsigned_steps
from spikecim.arrays.analog.tiling import spans
from spikecim.errors import ParameterError, TrainingError
from spikecim.insitu.array_spec import PASSES, ArrayReads
from spikecim.streams import NOISE_SD, event_key

FloatArray = NDArray[np.float64]

# Bits of a value that no converter rounds, and of a weight as read: far below what any cell resolves.
FINE_BITS = 20
_EXACT_BITS = 53
CELL_NOISE = {"single": 2.0, "pair": math.sqrt(2.0)}  # of a weight, w = 2 x - 1 or x+ - x-, per noise of a cell


@dataclass(frozen=True, kw_only=True)
class Coded:
    """Inputs as whole numbers: value = codes * scale / steps.

    Attributes
    ----------
    codes : float64 (n, n_rows)
        Whole numbers in -steps .. steps.
    steps : int
        Code of full scale.
    scale : float
        Value of full scale; the arrays see codes / steps, what is digital multiplies by it.
    """

    codes: FloatArray
    steps: int
    scale: float = 1.0


def coded_inputs(values: FloatArray, bits: int | None) -> Coded:
    """`values` (n, n_rows) in 0 .. 1 through the forward DAC; without bits on a grid of 2^-20."""
    steps = 2**FINE_BITS if bits is None else unsigned_steps(bits)
    return Coded(codes=np.rint(np.clip(values, 0.0, 1.0) * steps), steps=steps)


def coded_pixels(codes: NDArray[np.uint8], bits: int | None) -> Coded:
    """Pixels (n, n_rows), 0 .. 255, through the forward DAC; without bits as they are."""
    whole = codes.astype(np.float64)
    if bits is None or bits == 8:
        return Coded(codes=whole, steps=255)
    steps = unsigned_steps(bits)
    return Coded(codes=np.rint(whole * (steps / 255.0)), steps=steps)


def coded_errors(errors: FloatArray, bits: int | None) -> Coded:
    """`errors` (n, n_rows) on the levels of the error DAC, scaled by the power of two at or above the largest.

    Errors that are all 0 stay 0, on scale 1.

    Raises
    ------
    TrainingError
        If one is not a finite number.
    """
    largest = float(np.abs(errors).max(initial=0.0))
    if not math.isfinite(largest):
        raise TrainingError("an error is not a finite number; lower the learning rate")
    scale = 2.0 ** math.ceil(math.log2(largest)) if largest > 0.0 else 1.0
    steps = 2**FINE_BITS if bits is None else signed_steps(bits)
    return Coded(codes=np.rint(errors * (steps / scale)), steps=steps, scale=scale)


@dataclass(frozen=True, kw_only=True)
class ReadTime:
    """When a product is read: what the noise is drawn from, so that no order of work matters.

    Attributes
    ----------
    step : int
    samples : int64 (n,)
        Numbers of the samples (rows of the inputs).
    """

    step: int
    samples: NDArray[np.int64]


class LayerReads:
    """The three products of one layer on its arrays.

    Parameters
    ----------
    spec : ArrayReads
    pairing : str
        "single" or "pair".
    key : int
        64-bit key of this layer's read noise.
    """

    def __init__(self, spec: ArrayReads, pairing: str, key: int) -> None:
        if pairing not in CELL_NOISE:
            raise ParameterError(f"pairing {pairing!r}: allowed: {', '.join(CELL_NOISE)}")
        self.spec = spec
        self.shift = 1.0 / spec.on_off if spec.on_off and spec.reference == "half" and pairing == "single" else 0.0
        self.gain = 1.0 - 1.0 / spec.on_off if spec.on_off else 1.0
        # Noise is a share of g_max - g_min, sums are in units of g_max: the leak narrows both alike.
        self.noise = spec.read_noise * CELL_NOISE[pairing] * self.gain
        self.key = key
        self.ranges: dict[str, Adc | None] = dict.fromkeys(PASSES)
        self._watched: dict[str, list[FloatArray]] | None = None

    def matrix(self, weights: NDArray[np.float32]) -> FloatArray:
        """What the arrays hold (n_in, n_out) as whole numbers of 2^-20: on/off ratio and reference included."""
        held = weights.astype(np.float64)
        if self.gain != 1.0 or self.shift:
            held = held * self.gain + self.shift
        held *= 2.0**FINE_BITS
        return np.rint(held, out=held)

    def forward(self, inputs: Coded, matrix: FloatArray, when: ReadTime) -> FloatArray:
        """x W (n, n_out)."""
        return self._product("forward", inputs, (matrix, 2**FINE_BITS), when)

    def error(self, errors: Coded, matrix: FloatArray, when: ReadTime) -> FloatArray:
        """e W^T (n, n_in): the same cells, read through their columns."""
        return self._product("error", errors, (matrix.T, 2**FINE_BITS), when)

    def gradient(self, inputs: Coded, errors: Coded, when: ReadTime) -> FloatArray:
        """x^T e (n_in, n_out), summed over the samples: the errors stand in SRAM, which has neither noise nor leak."""
        turned = Coded(codes=inputs.codes.T, steps=inputs.steps, scale=inputs.scale * errors.scale)
        return self._product("gradient", turned, (errors.codes, errors.steps), when)

    def partial_sums(self, step: str, inputs: Coded, matrix: FloatArray) -> FloatArray:
        """Whole-number sums (n_tiles, n, n_columns) of each row tile; one tile if nothing happens to them."""
        rows = len(matrix)
        longest = self.spec.rows if self.spec.adc_bits(step) is not None else rows
        _check_exact(inputs.steps, float(np.abs(matrix).max(initial=0.0)), min(rows, longest))
        tiles = spans(rows, longest)
        sums = np.empty((len(tiles), len(inputs.codes), matrix.shape[1]))
        for tile, part in zip(tiles, sums, strict=True):
            np.matmul(inputs.codes[:, tile], matrix[tile], out=part)
        return sums

    def watch(self) -> None:
        """From now on convert nothing and keep what the converters would see."""
        self._watched = {step: [] for step in PASSES if self.spec.adc_bits(step) is not None}

    def settle(self) -> None:
        """Fix the ADC ranges by what was seen since `watch`, and convert again."""
        for step, sums in (self._watched or {}).items():
            bits, partial = self.spec.adc_bits(step), _stacked(sums)
            if bits is not None and partial is not None:
                self.ranges[step] = Adc(limit=calibrated_range(partial, (1,), self.spec.coverage), bits=bits)
        self._watched = None

    def normalised(self, step: str, inputs: Coded, held: tuple[FloatArray, int], when: ReadTime) -> FloatArray:
        """Partial sums (n_tiles, n, n_columns) before the ADC, inputs and matrix in shares of full scale."""
        matrix, steps = held
        sums = self.partial_sums(step, inputs, matrix)
        sums *= 1.0 / (inputs.steps * float(steps))
        if self.noise and step != "gradient":
            self._add_noise(step, inputs, sums, when)
        return sums

    def _product(self, step: str, inputs: Coded, held: tuple[FloatArray, int], when: ReadTime) -> FloatArray:
        sums = self.normalised(step, inputs, held, when)
        adc = self.ranges[step]
        if self._watched is not None:
            self._watched.get(step, []).append(sums)
        elif self.spec.adc_bits(step) is not None:
            if adc is None:
                raise ParameterError(f"the ADC of the {step} pass has no range yet: calibrate it first")
            return _converted(sums, adc) * inputs.scale
        return np.asarray(sums.sum(0) * inputs.scale)

    def _add_noise(self, step: str, inputs: Coded, sums: FloatArray, when: ReadTime) -> None:
        """Each cell adds noise of its own, so a sum has sqrt(sum of squared inputs) of it."""
        from spikecim.insitu.reads_kernel import add_noise

        n_rows = inputs.codes.shape[1]
        tiles = spans(n_rows, self.spec.rows) if len(sums) > 1 else (slice(0, n_rows),)
        squares = (inputs.codes / inputs.steps) ** 2
        size = np.stack([np.sqrt(squares[:, tile].sum(1)) for tile in tiles]) * (self.noise / NOISE_SD)
        lines = np.arange(len(sums)) * 2 + PASSES.index(step)
        add_noise(sums, event_key(self.key, when.samples, when.step, lines[:, None]), size)


def _converted(sums: FloatArray, adc: Adc) -> FloatArray:
    """Sums (n, n_columns) over row tiles after the converters; a short batch fills the first tiles only."""
    from spikecim.insitu.reads_kernel import converted_sum

    top = signed_steps(adc.bits)
    found: FloatArray = converted_sum(sums, adc.limit[: len(sums), 0] / top, float(top))
    return found


def _check_exact(steps: int, largest: float, rows: int) -> None:
    """Sums of `rows` products must fit the mantissa of float64."""
    if steps * largest * rows >= 2.0**_EXACT_BITS:
        raise ParameterError(f"sums over {rows} rows are not exact any more; set input_bits and error_bits")


def _stacked(sums: list[FloatArray]) -> FloatArray | None:
    """Partial sums (n_tiles, n, n_columns) of all batches with as many tiles as the longest."""
    most = max((len(batch) for batch in sums), default=0)
    full = [batch for batch in sums if len(batch) == most]
    return np.concatenate(full, axis=1) if full else None
