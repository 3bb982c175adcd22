"""Converters: levels, gradients, the I-V curve's true derivative, the learned range."""

from __future__ import annotations

import importlib
import sys

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason='needs the extra: pip install "spikecim[torch]"')

from spikecim.analog.calibrate import Seen  # noqa: E402
from spikecim.analog.converters import best_limit, common_step, convert_columns, round_once  # noqa: E402
from spikecim.analog.drive import Curve, drive  # noqa: E402
from spikecim.analog.quantisers import quantise_signed, quantise_unsigned  # noqa: E402
from spikecim.arrays.analog import quantisation  # noqa: E402
from spikecim.arrays.crossbar.cell_law import PolynomialLaw, SinhLaw  # noqa: E402
from spikecim.errors import MissingExtraError, ParameterError  # noqa: E402

LIMIT = torch.tensor(1.7)
CURVES = [
    Curve(law=SinhLaw(v0=0.15, read_voltage=0.3), voltage=0.3),
    Curve(law=PolynomialLaw(a3=-0.8, read_voltage=0.3), voltage=0.3),
]


@pytest.mark.parametrize("bits", [1, 2, 3, 5, 8])
def test_the_number_of_levels_is_exact(bits: int) -> None:
    x = torch.linspace(-2.5, 2.5, 40_001)
    unsigned = quantise_unsigned(x, LIMIT, bits)
    assert len(unsigned.unique()) == 2**bits
    assert float(unsigned.max()) == pytest.approx(1.7) and float(unsigned.min()) == 0.0
    if bits == 1:
        with pytest.raises(ParameterError, match="from 2 to 16"):
            quantise_signed(x, LIMIT, bits)
    else:
        signed = quantise_signed(x, LIMIT, bits)
        assert len(signed.unique()) == 2**bits - 1
        assert float(signed.max()) == pytest.approx(1.7) == -float(signed.min())
        assert (signed == 0.0).any()


@pytest.mark.parametrize("signed", [True, False])
def test_levels_are_those_of_the_arrays(signed: bool) -> None:
    # Thirds of a step: never on an edge, where float32 and float64 may differ.
    x = (np.arange(-300, 300) + 1 / 3) * 1.7 / 127
    ours = (quantise_signed if signed else quantise_unsigned)(torch.tensor(x), LIMIT.double(), 8).numpy()
    theirs = (quantisation.quantise_signed if signed else quantisation.quantise_unsigned)(x, float(LIMIT), 8)
    np.testing.assert_allclose(ours, theirs, atol=1e-7)


def test_gradients_pass_straight_inside_the_range_and_stop_outside() -> None:
    x = torch.tensor([-3.0, -1.0, 0.2, 1.6, 1.8], requires_grad=True)
    quantise_signed(x, LIMIT, 4).sum().backward()
    assert x.grad is not None and x.grad.tolist() == [0.0, 1.0, 1.0, 1.0, 0.0]
    x.grad = None
    drive(x, LIMIT, 4, False, None).sum().backward()
    assert x.grad.tolist() == [0.0, 0.0, 1.0, 1.0, 0.0]
    x.grad = None
    round_once(x, torch.tensor(0.5)).sum().backward()
    assert x.grad.tolist() == [1.0] * 5


@pytest.mark.parametrize("curve", CURVES, ids=["sinh", "polynomial"])
def test_the_curve_s_derivative_is_the_true_one(curve: Curve) -> None:
    x = torch.linspace(-1.6, 1.6, 23, dtype=torch.float64, requires_grad=True)
    assert torch.autograd.gradcheck(lambda v: drive(v, LIMIT.double(), None, True, curve), x)
    # Full scale is exact; with a DAC the slope is the curve's at the level, not 1.
    top = drive(LIMIT.double()[None], LIMIT.double(), None, True, curve)
    assert float(top) == pytest.approx(1.7)
    (slope,) = torch.autograd.grad(drive(x, LIMIT.double(), 8, True, curve).sum(), x)
    level = quantise_signed(x.detach(), LIMIT.double(), 8)
    step = 1e-5
    near = [drive(level + d, LIMIT.double(), None, True, curve) for d in (-step, step)]
    np.testing.assert_allclose(slope, (near[1] - near[0]) / (2 * step), rtol=1e-5)


@pytest.mark.parametrize("curve", [None, CURVES[0]], ids=["ohmic", "sinh"])
def test_a_learned_range_has_the_gradient_of_lsq(curve: Curve | None) -> None:
    limit = torch.tensor(1.7, dtype=torch.float64, requires_grad=True)
    x = torch.tensor([0.33, 1.1, 2.4], dtype=torch.float64)
    drive(x, limit, 3, False, curve).sum().backward()
    n = 7
    share = x / limit.detach()
    level = (share.clamp(max=1.0) * n).round() / n
    value, slope = (level, torch.ones(3)) if curve is None else curve.evaluate(level)
    inside = share <= 1.0
    wanted = (value - slope * share * inside).sum() / (3 * n) ** 0.5
    assert limit.grad is not None and float(limit.grad) == pytest.approx(float(wanted))


def test_adc_ranges_clip_where_clipping_costs_less_than_rounding() -> None:
    draws = torch.Generator().manual_seed(1)
    samples = torch.randn(5000, 3, generator=draws) * torch.tensor([1.0, 5.0, 0.0])
    top = samples.abs().amax(0)
    wide = best_limit(samples, top, 8, signed=True)
    narrow = best_limit(samples, top, 3, signed=True)
    assert (narrow[:2] < wide[:2]).all() and (wide <= top).all() and float(wide[2]) == 0.0
    read = convert_columns(samples, narrow, 3)
    assert [len(column.unique()) for column in read.T] == [7, 7, 1]


def test_calibration_looks_at_all_places() -> None:
    # Values as a convolution gives them: every 28th row of an image lies on its dark rim.
    values = torch.randn(64 * 784, 1, generator=torch.Generator().manual_seed(3))
    values[::28] = 0.0
    seen = Seen()
    seen.add(values, 256)
    assert float(seen.limit(8, signed=True)) > 0.6 * float(values.abs().max())
    assert float(seen.limit(None, signed=True)) == float(values.abs().max())


def test_one_rounding_stands_for_all_with_the_same_variance() -> None:
    draws = torch.Generator().manual_seed(2)
    limit = torch.tensor([[[8.0], [2.0]], [[4.0], [1.0]]])
    step = common_step(limit, 6)
    sums = (torch.rand(2, 2, 40_000, generator=draws) - 0.5) * limit
    parts = quantise_signed(sums, limit, 6) - sums
    once = round_once(sums.sum((0, 1)), step) - sums.sum((0, 1))
    # 4 standard errors of a variance of 40,000 values; the kurtosis of either error is at most 3.
    assert float(once.var() / parts.sum((0, 1)).var()) == pytest.approx(1.0, abs=4 * 2 * (1 / 40_000) ** 0.5)
    alone = round_once(sums[0, 0], common_step(limit[:1, :1], 6))
    torch.testing.assert_close(alone, quantise_signed(sums[0, 0], limit[0, 0], 6))


def test_without_pytorch_one_line_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "torch", None)
    monkeypatch.delitem(sys.modules, "spikecim.analog.quantisers")
    with pytest.raises(MissingExtraError) as told:
        importlib.import_module("spikecim.analog.quantisers")
    assert str(told.value).count("\n") == 0 and 'pip install "spikecim[torch]"' in str(told.value)
