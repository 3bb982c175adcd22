"""Pulsed devices by name: shipped presets with sources, files of one's own, and assumed curves written as labels."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import resources
from pathlib import Path
from typing import Any

from spikecim.devices.overrides import overridden
from spikecim.devices.pulsed.assumed import assumed_table, read_labels
from spikecim.devices.pulsed.device import PulsedDevice
from spikecim.devices.pulsed.spec import PulsedSpec
from spikecim.errors import ParameterError, hint
from spikecim.parameters import read_section
from spikecim.toml import read_toml

_GIVE = "the name of a pulsed device or the path of a device file"


def pulsed_names() -> list[str]:
    """Names of the shipped pulsed devices."""
    files = (resources.files("spikecim.devices.pulsed") / "presets").iterdir()
    return sorted(entry.name.removesuffix(".toml") for entry in files if entry.name.endswith(".toml"))


def load_pulsed(name: str | Path, overrides: Mapping[str, object] | None = None) -> PulsedDevice:
    """Load a pulsed device: a shipped one by name, a file by path, or an assumed curve by its labels.

    Parameters
    ----------
    name : str or Path
        ``"ag-a-si"``, ``"mine.toml"``, or labels as `assumed.read_labels` takes them: ``"+4/-4"``, ``"nl:4,-4"``,
        ``"+-4@32~0.3%"``.
    overrides : mapping of str, optional
        Dotted paths to bare values, for example ``{"noise.cycle_to_cycle": 0.01}``; recorded as assumed.

    Raises
    ------
    ParameterError
        Naming file, key, value and what is allowed.
    """
    return PulsedDevice(spec=load_spec(name, overrides))


def load_spec(name: str | Path, overrides: Mapping[str, object] | None = None) -> PulsedSpec:
    """What the device `name` states; arguments and errors as `load_pulsed`."""
    raw, where = _table(name)
    return read_section(PulsedSpec, overridden(raw, dict(overrides or {}), where), where)


def nonlinearity(ltp: float, ltd: float, *, pulses: int = 64, cycle_to_cycle: float = 0.0) -> PulsedDevice:
    """Return an assumed device for grids: labels of both directions, nothing else that is not ideal.

    Parameters
    ----------
    ltp, ltd : float
        Labels from -9 to 9; `ltd` < 0 is the usual, asymmetric case.
    pulses : int
        From one end of the window to the other, in both directions.
    cycle_to_cycle : float
        Standard deviation of one pulse as a share of the window.

    Raises
    ------
    ParameterError
    """
    text = f"{ltp:+g}/{ltd:+g}"
    return PulsedDevice(spec=read_section(PulsedSpec, assumed_table(ltp, ltd, (pulses, pulses), cycle_to_cycle), text))


def names_device(name: str) -> bool:
    """Whether `name` looks like labels or a path, or is a shipped device; a path may lead nowhere."""
    if name in pulsed_names() or name.endswith(".toml") or "/" in name:
        return True
    return read_labels(name) is not None


def _table(name: str | Path) -> tuple[dict[str, Any], str]:
    where = str(name)
    labels = read_labels(where)
    if labels is not None:
        return assumed_table(labels.ltp, labels.ltd, labels.pulses, labels.cycle_to_cycle), where
    if where.endswith(".toml") or "/" in where:
        return read_toml(Path(where), where, _GIVE), where
    names = pulsed_names()
    if where not in names:
        help_ = hint(
            where.lower(), names, f"shipped: {', '.join(names)}; or labels as in +4/-4, or the path of a .toml file"
        )
        raise ParameterError(f"pulsed device {where!r} is unknown; {help_}")
    return read_toml(resources.files("spikecim.devices.pulsed") / "presets" / f"{where}.toml", where, _GIVE), where
