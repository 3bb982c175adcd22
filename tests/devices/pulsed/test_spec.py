"""Bad descriptions of pulsed devices: one line that names key, value and what is allowed."""

from __future__ import annotations

from typing import Any

import pytest

from spikecim.devices.pulsed.device import PulsedDevice
from spikecim.errors import ParameterError
from tests.devices.pulsed.devices import description, device, given

RESPONSE = {"up": [0.1, 0.0], "up_sd": [0.0, 0.0], "down": [0.0, -0.1], "down_sd": [0.0, 0.0]}

BAD = {
    "label": ({"potentiation.nonlinearity": 9.2}, r"potentiation: nonlinearity 9\.2 .*-9 \.\. 9 .*10\.1"),
    "label down": ({"depression.nonlinearity": -12}, r"depression: nonlinearity -12 .*10\.1"),
    "window": ({"depression.g_min": "10 uS"}, r"depression: g_min 10 uS must be below g_max 10 uS"),
    "apart": ({"depression.g_min": "20 uS", "depression.g_max": "30 uS"}, r"do not meet: potentiation 1 uS \.\. 10 uS"),
    "touching": ({"depression.g_min": "10 uS", "depression.g_max": "30 uS"}, "windows do not meet"),
    "pulses": ({"potentiation.pulses": 0}, r"potentiation\.pulses: 0 is out of range; allowed 1"),
    "noise": ({"noise.cycle_to_cycle": -0.1}, r"noise\.cycle_to_cycle: .*out of range"),
    "correlation": ({"spread.correlation": 1.5}, r"spread\.correlation: 1\.5 is out of range"),
    "stuck": ({"stuck.share_low": 0.7, "stuck.share_high": 0.4}, "no more than all cells"),
    "unknown": ({"noise.cycle_to_cycel": 0.1}, r"unknown key 'noise\.cycle_to_cycel'; did you mean 'cycle_to_cycle'"),
    "unit": ({"potentiation.voltage": "3 s"}, r"potentiation\.voltage"),
    "life": ({"endurance.cycles": 1e6}, r"endurance\.(switch|shape|fails): missing"),
    "both kinds": ({f"response.{key}": value for key, value in RESPONSE.items()}, "nonlinearity has no effect beside"),
}


@pytest.mark.parametrize(("values", "message"), BAD.values(), ids=BAD)
def test_bad_description(values: dict[str, Any], message: str) -> None:
    with pytest.raises(ParameterError, match=message) as caught:
        device((2.0, -2.0), **values)
    assert "\n" not in str(caught.value)
    assert str(caught.value).startswith("test: ")


def test_a_curve_needs_its_label() -> None:
    table = description()
    del table["potentiation"]["nonlinearity"]
    with pytest.raises(ParameterError, match=r"potentiation\.nonlinearity is missing"):
        PulsedDevice.from_table(table, "test")


@pytest.mark.parametrize(
    ("change", "message"),
    [({"up": [0.1, 0.0, 0.0]}, "as many values each"), ({"up_sd": [0.1, -0.1]}, "up_sd is a standard deviation")],
)
def test_bad_tables(change: dict[str, list[float]], message: str) -> None:
    table = description(None)
    table["response"] = {key: given(value) for key, value in {**RESPONSE, **change}.items()}
    with pytest.raises(ParameterError, match=message):
        PulsedDevice.from_table(table, "test")


def test_noise_of_a_table_is_its_own() -> None:
    table = description(None, **{"noise.cycle_to_cycle": 0.1})
    table["response"] = {key: given(value) for key, value in RESPONSE.items()}
    with pytest.raises(ParameterError, match=r"cycle_to_cycle has no effect"):
        PulsedDevice.from_table(table, "test")


def test_on_off_ratio_and_kind() -> None:
    one = device()
    assert one.on_off == pytest.approx(10.0)
    assert one.spec.kind == "curve"
    assert device(**{"potentiation.g_min": "0 S", "depression.g_min": "0 S"}).on_off == float("inf")
