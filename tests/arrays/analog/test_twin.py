"""A PyTorch layer on arrays computes what the NumPy reference computes, all classes on (read noise off)."""

from __future__ import annotations

import numpy as np
import pytest

from spikecim.arrays.analog.classes import ALL_ERRORS
from spikecim.arrays.analog.product import Converters, multiply
from spikecim.arrays.analog.programming import program_matrix
from spikecim.arrays.crossbar.wires import Wires
from tests.arrays.analog.conftest import MakePlan


def test_the_layer_of_pytorch_is_the_reference(make_plan: MakePlan) -> None:
    torch = pytest.importorskip("torch")
    from spikecim.analog.calibrate import calibrate
    from spikecim.analog.convert import convert
    from spikecim.analog.deploy import deploy, matrices
    from spikecim.analog.walk import analog_layers

    torch.manual_seed(0)
    plan = make_plan({"read.noise_rel": [0.0, 0.0]}, wires=Wires(row_segment=1.0, column_segment=1.0))
    analog = convert(torch.nn.Sequential(torch.nn.Linear(40, 20, bias=False)), plan, ALL_ERRORS)
    x = torch.rand(64, 40)
    calibrate(analog, [((x,), torch.zeros(64))])
    deploy(analog, 3, 0)
    layer = next(iter(analog_layers(analog).values()))
    name, matrix = next(iter(matrices(layer).items()))
    made = program_matrix(matrix, plan, ALL_ERRORS, 3, "chip", 0, name)
    limits = layer.column_limit.numpy().astype(np.float64)[:, :, None, :]
    converters = Converters(input_limit=float(layer.input_limit), signed=layer.signed, adc_limit=limits)
    expected = multiply(x.numpy(), made, plan, ALL_ERRORS, converters)
    found = analog(x).detach().numpy()
    # A sum on the edge of an ADC step may round either way in single precision; all others agree to rounding.
    assert (np.abs(found - expected) > 1e-5 * np.abs(expected).max()).mean() < 0.01
    assert np.abs(expected).max() > 0.1
