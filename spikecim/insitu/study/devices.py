"""The devices of a study: shipped ones, files, assumed curves by their labels, each with values of its own."""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from spikecim.errors import ParameterError
from spikecim.insitu.study.spec import DeviceChoice
from spikecim.results.insitu_table import DeviceRow
from spikecim.toml import table_at

if TYPE_CHECKING:
    from spikecim.devices.pulsed.device import PulsedDevice

_TABLE: dict[str, Any] = {"base": "", "set": {}}


def device_choices(names: list[Any], tables: Mapping[str, Any], where: str) -> tuple[DeviceChoice, ...]:
    """The devices `names`, with what ``[devices.NAME]`` says of them; every one is built once, so that faults show now.

    Raises
    ------
    ParameterError
        Naming the device and its fault: a label out of range, Gmin not below Gmax, windows that do not meet.
    """
    if not names:
        raise ParameterError(f'{where}: grid.devices is empty; give labels ("+-4", "+2/-4") or names of devices')
    for name in tables:
        if name not in names:
            raise ParameterError(f"{where}: [devices.{name}] is no device of grid.devices")
    found = []
    for name in names:
        if not isinstance(name, str) or not name.strip() or not name.isprintable():
            raise ParameterError(f"{where}: grid.devices must hold texts of one line, got {name!r}")
        if names.count(name) > 1:
            raise ParameterError(f"{where}: grid.devices: {name!r} is there twice")
        found.append(_choice(name, tables, where))
    _refuse_twins(names, where)
    return tuple(found)


def _refuse_twins(names: list[str], where: str) -> None:
    """``"+-4"`` and ``"+4/-4"`` are one device."""
    from spikecim.devices.pulsed.assumed import read_labels

    seen: dict[str, str] = {}
    for name in names:
        labels = read_labels(name)
        twin = seen.setdefault(name if labels is None else labels.text(), name)
        if twin != name:
            raise ParameterError(f"{where}: grid.devices: {twin!r} and {name!r} are the same device; name it once")


def _choice(name: str, tables: Mapping[str, Any], where: str) -> DeviceChoice:
    from spikecim.devices.pulsed.library import names_device

    key = f"devices.{name}"
    given = table_at({key: tables[name]} if name in tables else {}, key, _TABLE, where)
    if name in tables and not given["base"] and not names_device(name):
        raise ParameterError(f"{where}: {key}.base is missing; name the device that {name!r} is made from")
    choice = DeviceChoice(name=name, settings={"base": given["base"] or name, "set": dict(given["set"])})
    try:
        device = device_of(choice)
    except ParameterError as error:
        raise ParameterError(f"{where}: device {name!r}: {error}") from None
    # A file may change behind the study's back.
    described = json.dumps(device.spec.model_dump(mode="json"), sort_keys=True)
    digest = hashlib.sha256(described.encode()).hexdigest()[:16]
    return DeviceChoice(name=name, settings={**choice.settings, "digest": digest})


def device_of(choice: DeviceChoice) -> PulsedDevice:
    """Build the device; errors are of the library."""
    from spikecim.devices.pulsed.library import load_pulsed

    return load_pulsed(choice.settings["base"], choice.settings["set"])


def device_row(choice: DeviceChoice) -> DeviceRow:
    """What a report says of the device."""
    device = device_of(choice)
    spec, law = device.spec, device.law
    up, down = spec.potentiation, spec.depression
    crossing_up, crossing_down = law.crossings
    point = float(law.symmetric_point)
    return DeviceRow(
        name=choice.name,
        title=spec.title,
        ltp=None if up.nonlinearity is None else float(up.nonlinearity.value),
        ltd=None if down.nonlinearity is None else float(down.nonlinearity.value),
        pulses_up=round(crossing_up),
        pulses_down=round(crossing_down),
        cycle_to_cycle=100.0 * float(spec.noise.cycle_to_cycle.value),
        symmetric_point=None if math.isnan(point) else 2.0 * point - 1.0,
        pull=100.0 * float(law.pull),
    )
