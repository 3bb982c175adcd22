"""I-V curve of a cell: stated at one voltage, read at another, alone or behind a resistance."""

from __future__ import annotations

import numpy as np
import pytest

from spikecim.devices.iv import IvSpec
from spikecim.errors import ParameterError
from spikecim.parameters import read_section


def told(**values: str) -> IvSpec:
    filled = {"switch": "on", "v0": "0.25 V", "voltage": "0.2 V", **values}
    raw = {name: {"value": value, "status": "assumed", "source": "test"} for name, value in filled.items()}
    return read_section(IvSpec, raw, "cell.iv")


LOW = np.array([True, False])


def test_by_hand() -> None:
    iv = told()
    expected = (np.sinh(0.1 / 0.25) / 0.1) / (np.sinh(0.2 / 0.25) / 0.2)
    np.testing.assert_allclose(iv.factor(0.1, iv.bend(LOW)), expected, rtol=1e-14)


def test_at_the_stated_voltage_nothing_changes() -> None:
    iv = told()
    np.testing.assert_array_equal(iv.factor(0.2, iv.bend(LOW)), 1.0)


def test_hrs_may_bend_on_its_own() -> None:
    iv = told(v0_hrs="0.08 V")
    np.testing.assert_array_equal(iv.bend(LOW), [0.25, 0.08])
    straight, bent = iv.factor(0.1, iv.bend(LOW))
    assert bent < straight < 1


def test_small_voltages_have_a_limit() -> None:
    iv = told()
    limit = iv.factor(0.0, iv.bend(LOW))
    np.testing.assert_allclose(iv.factor(1e-8, iv.bend(LOW)), limit, rtol=1e-12)
    np.testing.assert_allclose(limit, (0.2 / 0.25) / np.sinh(0.2 / 0.25), rtol=1e-14)


@pytest.mark.parametrize("v0", ["0.02 V", "0.1 V", "1000 V"])
@pytest.mark.parametrize("volts", [1e-4, 0.1, 5.0])
def test_cell_and_resistance_share_one_current(v0: str, volts: float) -> None:
    iv, cells, ohm = told(v0=v0), np.array([2e-4, 1e-5]), 500.0
    both = iv.behind(cells, iv.bend(LOW), volts, ohm)
    inner = volts * (1 - both * ohm)
    np.testing.assert_allclose(inner * cells * iv.factor(inner, iv.bend(LOW)), volts * both, rtol=1e-9)


def test_v0_far_above_all_voltages_is_ohms_law() -> None:
    iv, cells = told(v0="1000 V"), np.array([2e-4, 1e-5])
    np.testing.assert_allclose(iv.behind(cells, iv.bend(LOW), 0.1, 500.0), 1 / (1 / cells + 500), rtol=1e-7)


@pytest.mark.parametrize("values", [{"v0": "0 V"}, {"v0": "-1 V"}, {"voltage": "0 V"}, {"v0": "1 ohm"}])
def test_no_curve_is_refused(values: dict[str, str]) -> None:
    with pytest.raises(ParameterError, match=next(iter(values))):
        told(**values)
