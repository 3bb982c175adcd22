"""Pulsed devices for tests, by the numbers that a test is about."""

from __future__ import annotations

from typing import Any

from spikecim.devices.pulsed.device import PulsedDevice


def given(value: object) -> dict[str, object]:
    return {"value": value, "status": "assumed", "source": "test"}


def direction(label: float | None, pulses: int | None, g_min: str = "1 uS", g_max: str = "10 uS") -> dict[str, Any]:
    side = {"g_min": g_min, "g_max": g_max, "voltage": "3 V", "width": "1 us"}
    curve = {} if label is None else {"nonlinearity": label, "pulses": pulses}
    return {key: given(value) for key, value in {**side, **curve}.items()}


def description(
    labels: tuple[float, float] | None = (0.0, 0.0), pulses: tuple[int, int] = (100, 100), **values: Any
) -> dict[str, Any]:
    """Description as of a file; `values` by dotted path: ``**{"stuck.share_low": 0.1}``."""
    up, down = labels if labels is not None else (None, None)
    table: dict[str, Any] = {
        "name": "test",
        "title": "test",
        "sources": {},
        "potentiation": direction(up, pulses[0]),
        "depression": direction(down, pulses[1]),
        "noise": {"cycle_to_cycle": given(0.0)},
        "spread": {"device_to_device": given(0.0), "correlation": given(0.0)},
        "stuck": {"share_low": given(0.0), "share_high": given(0.0)},
        "read": {"voltage": given("0.2 V"), "noise": given(0.0)},
    }
    for path, value in values.items():
        section, _, key = path.partition(".")
        table.setdefault(section, {})[key] = given(value)
    return table


def device(
    labels: tuple[float, float] | None = (0.0, 0.0), pulses: tuple[int, int] = (100, 100), **values: Any
) -> PulsedDevice:
    return PulsedDevice.from_table(description(labels, pulses, **values), "test")
