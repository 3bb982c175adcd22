"""Each array effect alone against its closed form, for any shape; sums exact, remainder rows kept."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from spikecim.arrays.analog.quantisation import Adc, calibrated_range
from spikecim.errors import ParameterError, TrainingError
from spikecim.insitu.array_spec import IDEAL_READS, PASSES, ArrayReads
from spikecim.insitu.reads import Coded, LayerReads, ReadTime, coded_errors, coded_inputs, coded_pixels
from spikecim.insitu.reads_kernel import add_noise, converted_sum
from spikecim.streams import gaussian_steps

KEY = 12345
FINE = 2.0**20


def reads_of(pairing: str = "single", **effects: Any) -> LayerReads:
    """Reads with these effects alone."""
    return LayerReads(ArrayReads(**{"input_bits": None, "error_bits": None, **effects}), pairing, KEY)


def weights_of(n_in: int, n_out: int, seed: int = 1) -> NDArray[np.float32]:
    """Weights in -1 .. 1 that lie on the grid of reads, so that nothing is rounded."""
    return (np.random.default_rng(seed).integers(-(2**15), 2**15 + 1, (n_in, n_out)) / 2.0**15).astype(np.float32)


def inputs_of(n: int, n_in: int, seed: int = 2) -> NDArray[np.float64]:
    return np.random.default_rng(seed).integers(0, 257, (n, n_in)) / 256.0


def at(n: int, step: int = 0) -> ReadTime:
    return ReadTime(step=step, samples=np.arange(n))


@settings(deadline=None, max_examples=25)
@given(st.integers(1, 5), st.integers(1, 300), st.integers(1, 7))
def test_without_effects_all_products_are_exact(n: int, n_in: int, n_out: int) -> None:
    reads, w, x = reads_of(), weights_of(n_in, n_out), inputs_of(n, n_in)
    e = np.random.default_rng(3).integers(-256, 257, (n, n_out)) / 256.0
    held, driven, errors = reads.matrix(w), coded_inputs(x, None), coded_errors(e, None)
    np.testing.assert_array_equal(reads.forward(driven, held, at(n)), x @ w.astype(np.float64))
    np.testing.assert_array_equal(reads.error(errors, held, at(n)), e @ w.T.astype(np.float64))
    np.testing.assert_array_equal(reads.gradient(driven, errors, at(n)), x.T @ e)


def test_the_order_of_rows_cannot_matter() -> None:
    """Sums of reals depend on their order; these do not, so neither BLAS nor its threads can matter."""
    rng = np.random.default_rng(5)
    w, x, order = rng.uniform(-1, 1, (777, 13)).astype(np.float32), rng.random((9, 777)), rng.permutation(777)
    reads = reads_of()
    one = reads.forward(coded_inputs(x, None), reads.matrix(w), at(9))
    other = reads.forward(coded_inputs(x[:, order], None), reads.matrix(w[order]), at(9))
    np.testing.assert_array_equal(one, other)
    assert not np.array_equal(x @ w, x[:, order] @ w[order]), "plain products do depend on it"


@pytest.mark.parametrize("bits", [1, 3, 8])
def test_input_bits_alone(bits: int) -> None:
    reads, w, x, top = reads_of(), weights_of(6, 4), inputs_of(5, 6), 2**bits - 1
    expected = np.rint(x * top) / top @ w.astype(np.float64)
    found = reads.forward(coded_inputs(x, bits), reads.matrix(w), at(5))
    np.testing.assert_allclose(found, expected, rtol=0, atol=1e-12)
    assert not np.allclose(found, x @ w)


def test_pixels_take_the_same_converter() -> None:
    pixels = np.arange(256, dtype=np.uint8)[None]
    for bits in (1, 5, 7):
        coded = coded_pixels(pixels, bits)
        top = 2**bits - 1
        assert coded.steps == top
        np.testing.assert_array_equal(coded.codes[0], np.rint(np.arange(256) / 255.0 * top))
    for bits in (None, 8):
        np.testing.assert_array_equal(coded_pixels(pixels, bits).codes[0], np.arange(256))


@pytest.mark.parametrize("bits", [2, 8])
def test_error_bits_alone(bits: int) -> None:
    e = np.random.default_rng(7).normal(0, 0.01, (5, 4))
    coded, top = coded_errors(e, bits), 2 ** (bits - 1) - 1
    assert coded.scale == 2.0 ** math.ceil(math.log2(np.abs(e).max()))
    np.testing.assert_array_equal(coded.codes, np.rint(e / coded.scale * top))
    reads, w = reads_of(), weights_of(6, 4)
    found = reads.error(coded, reads.matrix(w), at(5))
    np.testing.assert_allclose(found, coded.codes * coded.scale / top @ w.T, rtol=0, atol=1e-12)
    assert not np.allclose(found, e @ w.T, atol=1e-5)


def test_zero_errors_stay_zero_and_a_nan_is_refused() -> None:
    coded = coded_errors(np.zeros((3, 2)), 8)
    assert coded.scale == 1.0
    assert not coded.codes.any()
    with pytest.raises(TrainingError, match="not a finite number"):
        coded_errors(np.array([[np.nan, 1.0]]), 8)


@pytest.mark.parametrize("step", PASSES)
@pytest.mark.parametrize("shape", [(7, 192, 5), (200, 130, 3), (1, 128, 150)])
def test_adc_alone_row_tile_by_row_tile(step: str, shape: tuple[int, int, int]) -> None:
    """192 rows are one tile of 128 and one of 64; every tile and column has a range of its own."""
    n, n_in, n_out = shape
    reads, w, x = reads_of(**{f"adc_{step}": 5}, coverage=1.0), weights_of(n_in, n_out), inputs_of(n, n_in)
    errors = coded_errors(np.random.default_rng(3).normal(size=(n, n_out)), None)
    e = errors.codes / FINE
    held, driven = reads.matrix(w), coded_inputs(x, None)
    pairs = {"forward": (x, w), "error": (e, w.T), "gradient": (x.T, e)}
    left, right = (np.asarray(side, np.float64) for side in pairs[step])
    tiles = [slice(start, start + 128) for start in range(0, len(right), 128)]
    sums = np.stack([left[:, tile] @ right[tile] for tile in tiles])
    adc = Adc(limit=calibrated_range(sums, (1,)), bits=5)
    expected = adc.convert(sums).sum(0)

    def read() -> NDArray[np.float64]:
        if step == "forward":
            return reads.forward(driven, held, at(n))
        if step == "error":
            return reads.error(errors, held, at(n)) / errors.scale
        return reads.gradient(driven, errors, at(n)) / errors.scale

    with pytest.raises(ParameterError, match="calibrate"):
        read()
    reads.watch()
    plain = read()
    reads.settle()
    found = read()
    np.testing.assert_allclose(plain, sums.sum(0), rtol=0, atol=1e-12)
    # A sum that lies on the edge between two levels may fall to either side of it by rounding.
    steps = adc.limit / 15
    off = np.abs(found - expected) > 1e-9
    assert off.mean() < 0.01
    assert (np.abs(found - expected) <= steps.sum(0) * (1 + 1e-9)).all()
    if n > 1:  # one sample that was calibrated on is at full scale of every column, which is a level
        assert np.abs(found - sums.sum(0)).max() > 1e-3


def test_compiled_loops_are_the_readable_ones() -> None:
    rng = np.random.default_rng(11)
    sums, limit = rng.normal(size=(3, 40, 7)), rng.uniform(0.5, 2.0, (3, 1, 7))
    adc = Adc(limit=limit, bits=6)
    np.testing.assert_array_equal(converted_sum(sums, limit[:, 0] / 31, 31.0), adc.convert(sums).sum(0))
    keys, size = rng.integers(0, 2**63, (3, 40)).astype(np.uint64), rng.random((3, 40))
    noise = np.zeros((3, 40, 7))
    add_noise(noise, keys, size)
    np.testing.assert_array_equal(noise, gaussian_steps(keys[:, :, None], np.arange(7)) * size[:, :, None])


def test_remainder_rows_are_kept() -> None:
    """The released code dropped rows beyond a multiple of 128; the last row of 192 must be heard."""
    reads, w = reads_of(adc_forward=8, coverage=1.0), np.ones((192, 2), np.float32)
    reads.watch()
    reads.forward(coded_inputs(np.ones((4, 192)), None), reads.matrix(w), at(4))
    reads.settle()
    last = np.zeros((1, 192))
    last[0, -10:] = 1.0
    found = reads.forward(coded_inputs(last, None), reads.matrix(w), at(1))
    step = 64 / 127
    np.testing.assert_allclose(found, np.rint(10 / step) * step)


def test_ranges_are_fixed_and_clip() -> None:
    """A batch three times as strong does not widen the range."""
    reads, w = reads_of(adc_forward=6, coverage=1.0), np.full((10, 3), 0.5, np.float32)
    reads.watch()
    reads.forward(coded_inputs(np.full((4, 10), 0.25), None), reads.matrix(w), at(4))
    reads.settle()
    found = reads.forward(coded_inputs(np.full((4, 10), 0.75), None), reads.matrix(w), at(4))
    np.testing.assert_allclose(found, 1.25)


@settings(deadline=None, max_examples=25)
@given(st.floats(1.5, 1e4), st.sampled_from(["mid", "half"]), st.sampled_from(["single", "pair"]))
def test_on_off_alone(ratio: float, reference: str, pairing: str) -> None:
    """(1 - 1/r) y, and + sum(x) / r where the reference of a single cell does not know of the leak."""
    reads, w, x = reads_of(pairing, on_off=ratio, reference=reference), weights_of(20, 3), inputs_of(4, 20)
    leak = x.sum(1, keepdims=True) / ratio if (reference, pairing) == ("half", "single") else 0.0
    found = reads.forward(coded_inputs(x, None), reads.matrix(w), at(4))
    np.testing.assert_allclose(found, (1 - 1 / ratio) * (x @ w) + leak, rtol=0, atol=20 / FINE)
    e = coded_errors(x[:, :3], None)
    back = (1 - 1 / ratio) * (x[:, :3] @ w.T) + (x[:, :3].sum(1, keepdims=True) / ratio if np.any(leak) else 0.0)
    np.testing.assert_allclose(reads.error(e, reads.matrix(w), at(4)), back, rtol=0, atol=20 / FINE)


@pytest.mark.parametrize(("pairing", "factor"), [("single", 4.0), ("pair", 2.0)])
@pytest.mark.parametrize("step", ["forward", "error"])
def test_read_noise_alone(pairing: str, factor: float, step: str) -> None:
    """Variance of a sum: factor sigma^2 sum x^2; w = 2 x - 1 doubles the noise of its cell, a pair adds two."""
    n, n_rows, n_columns, sigma = 400, 30, 50, 0.03
    reads, w = reads_of(pairing, read_noise=sigma), np.zeros((n_rows, n_columns), np.float32)
    x = np.tile(np.linspace(0.0, 1.0, n_rows), (n, 1))
    if step == "forward":
        found = reads.forward(coded_inputs(x, None), reads.matrix(w), at(n))
    else:
        found = reads.error(coded_errors(x, None), reads.matrix(w.T), at(n))
    expected = factor * sigma**2 * float((x[0] ** 2).sum())
    # Variance of a sample variance: kurtosis of a sum of four uniforms is 2.7, so sqrt(1.7 / count); five of them.
    count = found.size
    assert abs(found.var() / expected - 1.0) < 5 * math.sqrt(1.7 / count)
    assert abs(found.mean()) < 5 * math.sqrt(expected / count)


@pytest.mark.parametrize("pairing", ["single", "pair"])
@pytest.mark.parametrize("reference", ["mid", "half"])
def test_an_on_off_ratio_narrows_the_window_and_its_noise(pairing: str, reference: str) -> None:
    """Noise is a share of g_max - g_min = (1 - 1/r) g_max, sums are in g_max: draw by draw 0.9 of it at r = 10."""
    effects = {"on_off": 10.0, "reference": reference}
    x, w = coded_inputs(inputs_of(5, 30), None), weights_of(30, 4)

    def noise(**more: Any) -> NDArray[np.float64]:
        loud, quiet = reads_of(pairing, read_noise=0.05, **more), reads_of(pairing, **more)
        return loud.forward(x, loud.matrix(w), at(5)) - quiet.forward(x, quiet.matrix(w), at(5))

    np.testing.assert_allclose(noise(**effects), 0.9 * noise(), rtol=0, atol=1e-12)
    assert noise().all()


def test_noise_is_of_step_sample_and_tile() -> None:
    reads, w = reads_of(read_noise=0.1, adc_forward=12), weights_of(300, 4)
    x = coded_inputs(np.ones((3, 300)), None)
    reads.watch()
    one = reads.forward(x, reads.matrix(w), at(3))
    again = reads.forward(x, reads.matrix(w), at(3))
    later = reads.forward(x, reads.matrix(w), at(3, step=1))
    part = Coded(codes=x.codes[2:], steps=x.steps)
    alone = reads.forward(part, reads.matrix(w), ReadTime(step=0, samples=np.array([2])))
    np.testing.assert_array_equal(one, again)
    np.testing.assert_array_equal(one[2:], alone)
    assert (one != later).all()
    assert len({*one.ravel()}) == one.size, "samples differ though their inputs do not"
    quiet = reads.forward(coded_inputs(np.zeros((3, 300)), None), reads.matrix(w), at(3))
    assert not quiet.any(), "rows that are not driven make no noise"


def test_the_gradient_pass_has_neither_noise_nor_leak() -> None:
    loud, plain = reads_of(read_noise=0.2, on_off=3.0, reference="half"), reads_of()
    x, e = coded_inputs(inputs_of(5, 8), None), coded_errors(inputs_of(5, 3), None)
    np.testing.assert_array_equal(loud.gradient(x, e, at(5)), plain.gradient(x, e, at(5)))


@pytest.mark.parametrize(
    ("bad", "named"),
    [
        ({"rows": 0}, "rows"),
        ({"input_bits": 0}, "input_bits"),
        ({"error_bits": 1}, "error_bits"),
        ({"adc_gradient": 17}, "adc_gradient"),
        ({"adc_error": True}, "adc_error"),
        ({"on_off": 1.0}, "on_off"),
        ({"on_off": math.nan}, "on_off"),
        ({"read_noise": -0.1}, "read_noise"),
        ({"coverage": 0.0}, "coverage"),
        ({"reference": "none"}, "reference"),
        ({"calibrate": "never"}, "calibrate"),
    ],
)
def test_bad_reads_are_named(bad: dict[str, Any], named: str) -> None:
    with pytest.raises(ParameterError, match=f"reads.{named}"):
        ArrayReads(**bad)


def test_which_reads_convert() -> None:
    assert not IDEAL_READS.converts
    assert ArrayReads(adc_error=6).converts
    assert ArrayReads(adc_error=6).adc_bits("error") == 6
    with pytest.raises(ParameterError, match="pairing"):
        LayerReads(IDEAL_READS, "triple", KEY)
