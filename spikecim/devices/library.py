"""The device library: cells of analog arrays as data files, shipped ones by name, the user's own by path."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import resources
from pathlib import Path
from typing import Any

from spikecim.devices.analog_cell import AnalogCell
from spikecim.devices.level_spec import MultiLevelSpec
from spikecim.devices.multilevel import MultiLevelCell
from spikecim.devices.overrides import overridden
from spikecim.devices.oxram import OxramSpec
from spikecim.devices.slc_levels import SlcLevels, SlcSpec
from spikecim.errors import ParameterError, hint
from spikecim.parameters import read_section
from spikecim.toml import read_toml

_GIVE = "a device name or the path of a device file"
# An SLC device stands for a cell of devices/presets; overrides of that cell start with this.
_CELL = "cell"


def device_names() -> list[str]:
    """Names of the shipped devices of analog arrays."""
    return _shipped("library")


def load_device(name: str | Path, overrides: Mapping[str, object] | None = None) -> AnalogCell:
    """Load a shipped device by name or a device file by path.

    Parameters
    ----------
    overrides : mapping of str, optional
        Dotted paths to bare values, for example ``{"stuck.share_low": "5 %"}``; recorded as assumed. The cell that an
        SLC device stands for is below ``cell``: ``{"cell.hrs.sigma_ln": 0.5}``.

    Raises
    ------
    ParameterError
        Naming file, key, value and what is allowed.
    """
    raw, where = _table(name)
    changes = dict(overrides or {})
    if "preset" not in raw:
        return MultiLevelCell(spec=read_section(MultiLevelSpec, overridden(raw, changes, where), where))
    own = {path: value for path, value in changes.items() if not path.startswith(f"{_CELL}.")}
    cell = {path.partition(".")[2]: value for path, value in changes.items() if path not in own}
    spec = read_section(SlcSpec, overridden(raw, own, where), where)
    return SlcLevels(spec=spec, preset=_preset(spec.preset, cell, where))


def _table(name: str | Path) -> tuple[dict[str, Any], str]:
    where = str(name)
    if where.endswith(".toml") or "/" in where:
        return read_toml(Path(where), where, _GIVE), where
    names = device_names()
    if where not in names:
        help_ = hint(where, names, f"shipped: {', '.join(names)}; or give the path of a .toml file")
        raise ParameterError(f"device {where!r} is unknown; {help_}")
    return read_toml(resources.files("spikecim.devices") / "library" / f"{where}.toml", where, _GIVE), where


def _preset(name: str, changes: Mapping[str, object], where: str) -> OxramSpec:
    """The cell of devices/presets that an SLC device stands for."""
    names = _shipped("presets")
    if name not in names:
        help_ = hint(name, names, f"shipped: {', '.join(names)}")
        raise ParameterError(f"{where}: preset {name!r} is unknown; {help_}")
    raw = read_toml(resources.files("spikecim.devices") / "presets" / f"{name}.toml", name, _GIVE)
    cell = {key: value for key, value in raw.items() if key not in ("name", "title", "sources")}
    place = f"{where}: preset {name}"
    return read_section(OxramSpec, overridden(cell, changes, place), place)


def _shipped(folder: str) -> list[str]:
    files = (resources.files("spikecim.devices") / folder).iterdir()
    return sorted(entry.name.removesuffix(".toml") for entry in files if entry.name.endswith(".toml"))
