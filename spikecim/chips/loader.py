"""Chip files: shipped ones by name, the user's own by path; a file may inherit and override single values."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import resources
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any

from spikecim.chips.multi_spec import MultiChipSpec
from spikecim.chips.optional import make_room
from spikecim.chips.spec import ChipSpec, DeviceFile
from spikecim.errors import ParameterError, hint
from spikecim.parameters import read_section
from spikecim.toml import read_toml

_MAX_INHERITANCE = 8
# What a chip of several cores does not have, or states in its own way.
_ONE_CORE_ONLY = ("geometry", "coding")
# What a file may say of an inherited value without saying the value again.
_ON_TOP = {"range", "source"}


def chip_names() -> list[str]:
    """Names of the shipped chips of one core."""
    return [name for name in _chip_files() if not several_cores(name)]


def multi_chip_names() -> list[str]:
    """Names of the shipped chips of several cores."""
    return [name for name in _chip_files() if several_cores(name)]


def several_cores(name: str | Path) -> bool:
    """Whether the chip `name`, shipped or a file, has several cores; errors as for `load_chip`."""
    file = _file_name(name)
    return "cores" in _resolve(_read_chip(file, Path()), _location(file, Path()), _MAX_INHERITANCE)


def device_names() -> list[str]:
    """Names of the shipped devices."""
    return _names(resources.files("spikecim.devices") / "presets")


def load_device(name: str) -> DeviceFile:
    """Load a shipped device by name or a device file by path.

    Raises
    ------
    ParameterError
        Naming file, key, value and what is allowed.
    """
    return read_section(DeviceFile, *_device_table(name, Path()))


def load_chip(name: str | Path, overrides: Mapping[str, object] | None = None) -> ChipSpec:
    """Load a shipped chip by name or a chip file by path.

    Parameters
    ----------
    name : str or Path
        ``"spirit"`` or the path of a TOML file.
    overrides : mapping of str, optional
        Dotted paths to bare values, for example ``{"neuron.refractory": "5 us"}``; recorded as assumed. The order
        does not matter: ``"cell.device"``, a shipped device or the path of a device file, comes before the others.

    Raises
    ------
    ParameterError
        Naming file, key, value and what is allowed.
    """
    raw = _resolve(_read_chip(name, Path()), _location(name, Path()), _MAX_INHERITANCE)
    return chip_from_description(_overridden(raw, overrides or {}), str(name))


def load_multi_chip(name: str | Path, overrides: Mapping[str, object] | None = None) -> MultiChipSpec:
    """Load a chip of several cores; arguments and errors as for `load_chip`."""
    raw = _resolve(_read_chip(_file_name(name), Path()), _location(_file_name(name), Path()), _MAX_INHERITANCE)
    data = _overridden(raw, overrides or {})
    if "cores" not in data:
        names = ", ".join(multi_chip_names())
        raise ParameterError(f"{name}: is a chip of one core, for one layer; networks of several layers run on {names}")
    return multi_chip_from_description(data, str(name))


def with_overrides(chip: ChipSpec, overrides: Mapping[str, object]) -> ChipSpec:
    """Return `chip` with other values; `overrides` as in `load_chip`.

    Raises
    ------
    ParameterError
        Naming chip, key, value and what is allowed.
    """
    return chip_from_description(_overridden(chip.describe(), overrides), chip.name)


def chip_from_description(raw: Mapping[str, Any], where: str) -> ChipSpec:
    """Validate plain data (`ChipSpec.describe` or a resolved chip file)."""
    if "cores" in raw:
        raise ParameterError(f"{where}: is a chip of several cores; it runs converted networks (spikecim compare)")
    return read_section(ChipSpec, _with_schema(raw), where)


def multi_chip_from_description(raw: Mapping[str, Any], where: str) -> MultiChipSpec:
    """The same for a chip of several cores."""
    return read_section(MultiChipSpec, _with_schema(raw), where)


def _with_schema(raw: Mapping[str, Any]) -> dict[str, Any]:
    data = dict(raw)
    if "schema" in data:
        data["schema_"] = data.pop("schema")
    return data


def _chip_files() -> list[str]:
    return _names(resources.files("spikecim.chips"))


def _file_name(name: str | Path) -> str | Path:
    """A shipped chip's file; its name may be written with dashes, as the chip itself is called."""
    underscored = str(name).replace("-", "_")
    return underscored if not _is_file(name) and underscored in _chip_files() else name


def _names(folder: Traversable) -> list[str]:
    return sorted(entry.name.removesuffix(".toml") for entry in folder.iterdir() if entry.name.endswith(".toml"))


def _is_file(name: str | Path) -> bool:
    return str(name).endswith(".toml") or "/" in str(name)


def _location(name: str | Path, folder: Path) -> str:
    return str(folder / name) if _is_file(name) else str(name)


def _read_chip(name: str | Path, folder: Path) -> dict[str, Any]:
    """Read a shipped chip, or a file whose relative path starts in `folder`."""
    where = _location(name, folder)
    if _is_file(name):
        return _parse(Path(where), where, "chip")
    return _parse(_pick(where, _chip_files(), "chip", resources.files("spikecim.chips")), where, "chip")


def _device_table(name: str, folder: Path) -> tuple[dict[str, Any], str]:
    """Content of a shipped device, or of a file whose relative path starts in `folder`; and where that is."""
    where, kind = _location(name, folder), "cell device"
    if _is_file(name):
        return _parse(Path(where), where, kind), where
    presets = resources.files("spikecim.devices") / "presets"
    return _parse(_pick(name, device_names(), kind, presets), where, kind), where


def _read_device(name: str, folder: Path) -> dict[str, Any]:
    """Cell table, with its sources, of a shipped device or of a file whose relative path starts in `folder`."""
    device, where = _device_table(name, folder)
    read_section(DeviceFile, device, where)
    cell = {key: value for key, value in device.items() if key not in ("name", "title")}
    # A chip travels in results; the folder of its device file stays behind.
    return {"device": Path(name).name, **cell}


def _pick(name: str, names: list[str], kind: str, folder: Traversable) -> Traversable:
    if name in names:
        return folder / f"{name}.toml"
    help_ = hint(name, names, f"shipped: {', '.join(names)}; or give the path of a .toml file")
    raise ParameterError(f"{kind} {name!r} is unknown; {help_}")


def _parse(file: Traversable | Path, where: str, kind: str) -> dict[str, Any]:
    return read_toml(file, where, f"a {kind} name or the path of a TOML file")


def _resolve(raw: dict[str, Any], where: str, depth: int) -> dict[str, Any]:
    """Follow `inherit`, and start the cell from its device file."""
    folder = Path(where).parent if _is_file(where) else Path()
    parent: dict[str, Any] = {}
    if "inherit" in raw:
        name = raw.pop("inherit")
        if not isinstance(name, str) or depth == 0:
            raise ParameterError(
                f"{where}: inherit must name a chip, at most {_MAX_INHERITANCE} levels deep, without a loop"
            )
        parent = _resolve(_read_chip(name, folder), _location(name, folder), depth - 1)
    cell = raw.get("cell")
    if isinstance(cell, dict) and isinstance(cell.get("device"), str):
        # A new device replaces the parent's cell; single values on top of it are kept.
        parent["cell"] = _read_device(cell.pop("device"), folder)
    if "cores" in raw and "cores" not in parent:
        parent = {key: table for key, table in parent.items() if key not in _ONE_CORE_ONLY}
    return _merge(parent, raw, where)


def _overridden(raw: dict[str, Any], overrides: Mapping[str, object]) -> dict[str, Any]:
    changes = dict(overrides)
    if "cell.device" in changes:
        raw["cell"] = _read_device(str(changes.pop("cell.device")), Path())
    _lift_sources(raw)
    for path, value in changes.items():
        make_room(raw, path)
        _override(raw, path, value)
    return raw


def _lift_sources(raw: dict[str, Any]) -> None:
    """Put the sources of the device file behind those of the chip, which win where names meet."""
    cell, own = raw.get("cell"), raw.get("sources", {})
    if isinstance(cell, dict) and "sources" in cell and isinstance(own, dict):
        raw["sources"] = {**own, **cell.pop("sources"), **own}


def _merge(base: dict[str, Any], top: Mapping[str, Any], where: str) -> dict[str, Any]:
    merged = dict(base)
    for key, value in top.items():
        below = merged.get(key)
        if isinstance(value, Mapping) and isinstance(below, dict) and "value" not in value and "value" not in below:
            merged[key] = _merge(below, value, where)
        elif isinstance(below, dict) and "value" in below and not isinstance(value, Mapping):
            merged[key] = _assumed(value, f"override in {where}")
        elif isinstance(below, dict) and isinstance(value, Mapping) and value and set(value) <= _ON_TOP:
            merged[key] = {**below, **value}
        else:
            merged[key] = value
    return merged


def _assumed(value: object, source: str) -> dict[str, object]:
    return {"value": value, "status": "assumed", "source": source}


def _override(raw: dict[str, Any], path: str, value: object) -> None:
    *parents, last = path.split(".")
    table: Any = raw
    for part in parents:
        table = _child(table, part, path)
    if not isinstance(_child(table, last, path), dict) or "value" not in table[last]:
        raise ParameterError(f"override {path!r}: names a table, not a value; go one level deeper")
    table[last] = _assumed(value, "override on the command line or in a call")


def _child(table: Any, part: str, path: str) -> Any:
    if isinstance(table, dict) and part in table and "value" not in table:
        return table[part]
    known = list(table) if isinstance(table, dict) and "value" not in table else []
    help_ = hint(part, known, f"allowed: {', '.join(known) or 'nothing below a value'}")
    raise ParameterError(f"override {path!r}: unknown key {part!r}; {help_}")
