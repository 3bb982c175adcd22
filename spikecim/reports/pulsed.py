"""Pulsed devices for the terminal and as JSON: all in short with symmetric point and pull, or one with its sources."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from spikecim.devices.pulsed.device import PulsedDevice
from spikecim.parameters import walk
from spikecim.reports.device_levels import plain_table

if TYPE_CHECKING:
    from rich.console import RenderableType

_MEANING = (
    "Symmetric point: state x, in brackets the weight 2 x - 1, where a step up is as large as a step down; there a"
    " cell drifts to under pulses of both signs. Pull: share of the way there that one pulse up and one down take."
)


def pulsed_summary(devices: Sequence[PulsedDevice]) -> list[RenderableType]:
    """One line a device, and what its last columns mean."""
    from rich.text import Text

    table = plain_table("Device", "NL up / down", "Pulses", "On/off", "Noise", "Symmetric point", "Pull")
    for device in devices:
        up, down = (f"{count:.0f}" for count in device.law.crossings)
        table.add_row(
            device.name,
            _labels(device),
            up if up == down else f"{up} / {down}",
            f"{device.on_off:.3g}",
            _noise(device),
            point_text(device),
            pull_text(device),
        )
    return [table, Text(_MEANING)]


def pulsed_parameters(device: PulsedDevice) -> list[RenderableType]:
    """Every number of a device with status and source, and the sources in full."""
    from rich.text import Text

    table = plain_table("Parameter", "Value", "Status", "Source")
    for path, one in walk(device.spec):
        text = one.text() if not isinstance(one.value, tuple) else _listed(one.value)
        table.add_row(path, text, one.status, one.source)
    return [table, *(Text(f"{short}: {full}") for short, full in device.spec.sources.items())]


def pulsed_json(devices: Sequence[PulsedDevice], *, parameters: bool) -> dict[str, Any]:
    """The same as plain data, in SI."""
    return {"devices": [_plain(device, parameters=parameters) for device in devices]}


def _plain(device: PulsedDevice, *, parameters: bool) -> dict[str, Any]:
    up, down, point = device.spec.potentiation, device.spec.depression, device.law.symmetric_point
    found: dict[str, Any] = {
        "name": device.name,
        "title": device.spec.title,
        "kind": device.spec.kind,
        "nonlinearity": [None if one.nonlinearity is None else one.nonlinearity.value for one in (up, down)],
        "pulses": list(device.law.crossings),
        "window": list(device.window),
        "cycle_to_cycle": device.spec.noise.cycle_to_cycle.value,
        "device_to_device": device.spec.spread.device_to_device.value,
        "symmetric_point": None if math.isnan(point) else point,
        "pull": device.law.pull,
        "step_at_ends": {
            "up": [float(device.law.step_up(x)) for x in (0.0, 1.0)],
            "down": [float(device.law.step_down(x)) for x in (0.0, 1.0)],
        },
    }
    if parameters:
        found["parameters"] = {path: one.describe() for path, one in walk(device.spec)}
    return found


def _labels(device: PulsedDevice) -> str:
    up, down = device.spec.potentiation.nonlinearity, device.spec.depression.nonlinearity
    if up is None or down is None:
        return "table"
    return " / ".join("0" if one.value == 0.0 else f"{one.value:+.3g}" for one in (up, down))


def _noise(device: PulsedDevice) -> str:
    if device.spec.response is None:
        return f"{100 * device.spec.noise.cycle_to_cycle.value:.2g} %"
    middle = len(device.spec.response.up_sd.value) // 2
    return f"{100 * device.spec.response.up_sd.value[middle]:.2g} %"


def point_text(device: PulsedDevice) -> str:
    """Symmetric point as a state and as a weight."""
    point = device.law.symmetric_point
    if math.isnan(point):
        return "every state" if device.law.pull == 0.0 else "none"
    return f"{point:.3f} ({2 * point - 1:+.2f})"


def pull_text(device: PulsedDevice) -> str:
    """Pull in per cent."""
    # A linear device pulls by 0 but for the last bit of a float.
    pull = device.law.pull
    return "0" if abs(pull) < 1e-12 else f"{100 * pull:.2g} %"


def _listed(values: tuple[float, ...]) -> str:
    return f"{len(values)} states, {values[0]:.3g} .. {values[-1]:.3g}"
