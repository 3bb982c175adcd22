"""The three products on arrays: exact without effects, every effect alone, remainder rows kept."""

from __future__ import annotations

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from spikecim.insitu.array_spec import PASSES, ArrayReads  # noqa: E402
from spikecim.insitu.deep.array_layer import ArrayLayer, coded  # noqa: E402
from spikecim.insitu.deep.noise import noise_pool  # noqa: E402
from spikecim.insitu.deep_shapes import DeepLayer  # noqa: E402

CONV = DeepLayer(name="conv", c_in=5, c_out=7, kernel=3, side=6, pool=1)
DENSE = DeepLayer(name="dense", c_in=192, c_out=130, kernel=1, side=1, pool=1)
EXACT = ArrayReads(input_bits=None, error_bits=None)
CPU = torch.device("cpu")


def layer_of(shape: DeepLayer, reads: ArrayReads, pairing: str = "single") -> ArrayLayer:
    layer = ArrayLayer(shape, reads, pairing)
    generator = torch.Generator().manual_seed(1)
    layer.weight = (torch.rand(shape.n_in, shape.n_out, generator=generator) * 2 - 1).requires_grad_()
    layer.pool = noise_pool(3, CPU)
    return layer


def batch_of(shape: DeepLayer, n: int = 7):
    generator = torch.Generator().manual_seed(2)
    around = (shape.side, shape.side) if not shape.dense else ()
    x = torch.rand(n, *around, shape.c_in, generator=generator).requires_grad_()
    return x, torch.randn(n, *around, shape.c_out, generator=generator)


def passes(layer: ArrayLayer, x, e):
    """Results of the three passes, by name."""
    x.grad, layer.weight.grad = None, None
    y = layer(x)
    y.backward(e)
    return {"forward": y.detach(), "error": x.grad, "gradient": layer.weight.grad}


def plain(layer: ArrayLayer, x, e):
    """The same by PyTorch's own operations."""
    x, w = x.detach().clone().requires_grad_(), layer.weight.detach().clone().requires_grad_()
    if layer.shape.dense:
        y = layer.scale * (x @ w)
    else:
        k = layer.shape.kernel
        kernel = w.view(k, k, layer.shape.c_in, -1).permute(3, 2, 0, 1)
        y = torch.nn.functional.conv2d(x.permute(0, 3, 1, 2), kernel * layer.scale, padding=k // 2).permute(0, 2, 3, 1)
    y.backward(e)
    return {"forward": y.detach(), "error": x.grad, "gradient": w.grad}


def calibrated(layer: ArrayLayer, x, e) -> None:
    for item in layer.converters.values():
        item.watch()
    passes(layer, x, e)
    for item in layer.converters.values():
        item.settle()


@pytest.mark.parametrize("shape", [CONV, DENSE], ids=["conv", "dense"])
def test_without_effects_the_passes_are_those_of_pytorch(shape: DeepLayer) -> None:
    layer, (x, e) = layer_of(shape, EXACT), batch_of(shape)
    wanted = plain(layer, x, e)
    for name, found in passes(layer, x, e).items():
        torch.testing.assert_close(found, wanted[name], rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("shape", [CONV, DENSE], ids=["conv", "dense"])
@pytest.mark.parametrize("step", PASSES)
def test_an_adc_touches_its_own_pass_alone_and_fine_ones_touch_nothing(shape: DeepLayer, step: str) -> None:
    x, e = batch_of(shape)
    ideal = passes(layer_of(shape, EXACT), x, e)
    errors = {}
    for bits in (4, 14):
        reads = ArrayReads(input_bits=None, error_bits=None, coverage=1.0, **{f"adc_{step}": bits})
        layer = layer_of(shape, reads)
        calibrated(layer, x, e)
        found = passes(layer, x, e)
        for name in PASSES:
            if name != step:
                torch.testing.assert_close(found[name], ideal[name], rtol=1e-4, atol=1e-5)
        errors[bits] = float((found[step] - ideal[step]).abs().max() / ideal[step].abs().max())
    assert errors[4] > 0.01
    assert errors[14] < 2e-3


def test_remainder_rows_are_kept() -> None:
    """192 lines on arrays of 128 rows: what drives the last 64 of them still arrives, in all three passes."""
    reads = ArrayReads(adc_forward=8, adc_error=8, adc_gradient=8, coverage=1.0)
    layer, (x, e) = layer_of(DENSE, reads), batch_of(DENSE, 150)
    assert [tile.stop - tile.start for tile in layer.lines("forward").tiles] == [128, 64]
    assert [tile.stop - tile.start for tile in layer.lines("error").tiles] == [128, 2]
    calibrated(layer, x, e)
    late = x.detach().clone()
    late[:, :128] = 0.0
    late_errors = e.clone()
    late_errors[:, :128] = 0.0
    found = passes(layer, late.requires_grad_(), late_errors)
    wanted = plain(layer, late, late_errors)
    for name in PASSES:
        cosine = torch.nn.functional.cosine_similarity(found[name].flatten(), wanted[name].flatten(), dim=0)
        assert cosine > 0.95, name
    # The gradient pass: samples beyond a multiple of 128 count too.
    rest = e.clone()
    rest[:128] = 0.0
    assert float(passes(layer, x, rest)["gradient"].abs().max()) > 0.0


def test_converters_have_fixed_ranges_that_clip() -> None:
    reads = ArrayReads(input_bits=None, error_bits=None, adc_forward=6, coverage=1.0)
    layer, (x, e) = layer_of(DENSE, reads), batch_of(DENSE)
    calibrated(layer, x, e)
    before = passes(layer, x, e)["forward"]
    after = passes(layer, (x.detach() * 100).requires_grad_(), e)["forward"]
    limit = (layer.converters["forward"].step * layer.converters["forward"].top).sum(0) * layer.scale
    assert bool((after.abs() <= limit * (1 + 1e-5)).all())
    assert bool((before.abs() <= limit * (1 + 1e-5)).all())


@pytest.mark.parametrize(("pairing", "of_cell"), [("single", 2.0), ("pair", 2.0**0.5)])
def test_read_noise_has_the_variance_of_its_cells(pairing: str, of_cell: float) -> None:
    reads = ArrayReads(input_bits=None, error_bits=None, read_noise=0.05)
    layer, (x, e) = layer_of(CONV, reads, pairing), batch_of(CONV, 64)
    ideal = passes(layer_of(CONV, EXACT), x, e)
    first, again = passes(layer, x, e), passes(layer, x, e)
    torch.testing.assert_close(first["forward"], again["forward"], rtol=0, atol=0)
    torch.testing.assert_close(first["gradient"], ideal["gradient"], rtol=1e-4, atol=1e-5)
    sizes = torch.nn.functional.unfold(x.detach().permute(0, 3, 1, 2), 3, padding=1).square().sum(1).sqrt()
    spread = layer.scale * 0.05 * of_cell * sizes.view(64, 6, 6, 1)
    share = ((first["forward"] - ideal["forward"]) / spread).flatten()
    # Standard error of a standard deviation of n deviates is 1 / sqrt(2 n); 5 of them.
    assert float(share.std()) == pytest.approx(1.0, abs=5 / np.sqrt(2 * len(share)))
    assert float((first["error"] - ideal["error"]).abs().max()) > 0.0
    layer.pool.step = 1
    assert not torch.equal(passes(layer, x, e)["forward"], first["forward"])


@pytest.mark.parametrize("pairing", ["single", "pair"])
def test_an_on_off_ratio_narrows_the_window_and_its_noise(pairing: str) -> None:
    """Noise is a share of g_max - g_min: of the same draws, 0.9 at a ratio of 10."""
    x, e = batch_of(CONV)
    noise = []
    for ratio in (None, 10.0):
        plain = {"input_bits": None, "error_bits": None, "on_off": ratio}
        loud, quiet = (layer_of(CONV, ArrayReads(**plain, read_noise=sd), pairing) for sd in (0.05, 0.0))
        noise.append(passes(loud, x, e)["forward"] - passes(quiet, x, e)["forward"])
    torch.testing.assert_close(noise[1], 0.9 * noise[0], rtol=1e-4, atol=1e-5)
    assert float(noise[0].std()) > 1e-3


def test_on_off_ratio_shrinks_weights_and_half_a_reference_shifts_them() -> None:
    x, e = batch_of(CONV)
    ideal = passes(layer_of(CONV, EXACT), x, e)
    mid = passes(layer_of(CONV, ArrayReads(input_bits=None, error_bits=None, on_off=10.0)), x, e)
    torch.testing.assert_close(mid["forward"], 0.9 * ideal["forward"], rtol=1e-4, atol=1e-5)
    torch.testing.assert_close(mid["error"], 0.9 * ideal["error"], rtol=1e-4, atol=1e-5)
    torch.testing.assert_close(mid["gradient"], ideal["gradient"], rtol=1e-4, atol=1e-5)
    half = layer_of(CONV, ArrayReads(input_bits=None, error_bits=None, on_off=10.0, reference="half"))
    leak = passes(half, x, e)["forward"] - mid["forward"]
    torch.testing.assert_close(leak, leak[..., :1].expand_as(leak), rtol=1e-3, atol=1e-4)
    assert float(leak.min()) > 0.0


def test_errors_are_coded_on_a_power_of_two() -> None:
    errors = torch.tensor([0.3, -0.001, 0.0, 0.12])
    found, unit = coded(errors, 8)
    assert unit == 0.5
    steps = found * 127
    torch.testing.assert_close(steps, steps.round())
    torch.testing.assert_close(found * unit, errors, rtol=0, atol=0.5 * unit / 127)
    zeros, one = coded(torch.zeros(3), 8)
    assert one == 1.0
    assert not zeros.any()


def test_chunks_of_samples_change_no_result(monkeypatch: pytest.MonkeyPatch) -> None:
    reads = ArrayReads(adc_forward=6, adc_error=6, adc_gradient=6, rows=32, coverage=1.0)
    shape = DeepLayer(name="conv", c_in=5, c_out=40, kernel=3, side=4, pool=1)
    layer, (x, e) = layer_of(shape, reads), batch_of(shape, 11)
    calibrated(layer, x, e)
    whole = passes(layer, x, e)
    monkeypatch.setattr("spikecim.insitu.deep.array_layer.CHUNK", 1)
    assert layer.chunk(11) == 2
    for name, found in passes(layer, x, e).items():
        torch.testing.assert_close(found, whole[name], rtol=1e-4, atol=1e-4)
