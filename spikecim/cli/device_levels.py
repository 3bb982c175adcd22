"""`spikecim device fit-levels` and `library`: multi-level cells of analog arrays."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from spikecim.cli.options import Json, Quiet
from spikecim.cli.shell import guarded, say, show, show_json
from spikecim.errors import ParameterError

if TYPE_CHECKING:
    from spikecim.devices.multilevel import MultiLevelCell

_LAWS = ("base", "walk", "drift")


@guarded
def fit_levels_command(
    cells: Annotated[
        Path, typer.Argument(metavar="CELLS.csv", help="target_uS,conductance_uS ..., see docs/device-fit.md.")
    ],
    out: Annotated[Path | None, typer.Option("--out", help="TOML file to write (default: CELLS.toml here).")] = None,
    name: Annotated[str | None, typer.Option("--name", help="Name of the device (default: that of the file).")] = None,
    base: Annotated[str, typer.Option("--base", help="Device for what the CSV cannot tell.")] = "hfo2-rram",
    time_law: Annotated[
        str, typer.Option("--time-law", help="Change in time: walk, drift, or that of the base.")
    ] = "base",
    keep: Annotated[
        list[str] | None, typer.Option("--keep", help="Leave to the base: read, stuck, time or iv; repeatable.")
    ] = None,
    json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Fit measured multi-level cells; write a device file for analog arrays and a figure of the fit."""
    from spikecim.devices.measured.level_fit import PARTS, fit_levels
    from spikecim.devices.measured.level_write import level_toml
    from spikecim.devices.measured.levels import read_levels
    from spikecim.files import make_folder, write_text
    from spikecim.reports.device_level_fit import level_fit_json, level_fit_notes, level_fit_summary
    from spikecim.reports.device_levels_figure import level_fit_figure
    from spikecim.reports.figure_files import save_figure

    target = out or Path(f"{cells.stem}.toml")
    if target.suffix != ".toml":
        raise ParameterError(f"--out {target}: a device file must end in .toml")
    for part in keep or ():
        if part not in PARTS:
            raise ParameterError(f"--keep {part}: is not one of {', '.join(PARTS)}")
    foundation = _base(base)
    found = fit_levels(
        read_levels(cells),
        drift_reference=_drift_reference(foundation, time_law),
        read_voltage=foundation.read_voltage,
        keep=keep or (),
    )
    text = level_toml(found, foundation.spec, name=name or target.stem)
    device = _loaded(text, target)
    make_folder(target.parent)
    figures = save_figure(level_fit_figure(found, device), target.with_suffix(""))
    write_text(target, text)
    if json:
        show_json({**level_fit_json(found), "device": str(target), "figures": [str(path) for path in figures]})
    else:
        show(*level_fit_summary(found, foundation.name))
    for line in level_fit_notes(found):
        say(f"note: {line}", quiet=quiet)
    say(
        f"wrote {target}, {figures[0].name} and {figures[1].name}; use its path where an array names its device",
        quiet=quiet,
    )


@guarded
def library_command(
    name: Annotated[
        str | None, typer.Argument(metavar="[NAME_OR_FILE]", help="A device; without it all names.")
    ] = None,
    json: Json = False,
) -> None:
    """List the devices of analog arrays, or show every number of one with its source."""
    show_library(name, json=json)


def show_library(name: str | None, *, json: bool) -> None:
    """Print one device of the library, or all in short."""
    from spikecim.devices.library import device_names, load_device
    from spikecim.reports.device_levels import library_table, parameter_table

    if name is not None:
        table, data = parameter_table(load_device(name))
    else:
        table, data = library_table([load_device(one) for one in device_names()])
    if json:
        show_json(data)
    else:
        show(table)


def library_titles() -> dict[str, str]:
    """Titles of the shipped devices of analog arrays, by name."""
    from spikecim.devices.library import device_names, load_device
    from spikecim.devices.multilevel import MultiLevelCell
    from spikecim.devices.slc_levels import SlcLevels

    cells = {name: load_device(name) for name in device_names()}
    return {name: one.spec.title for name, one in cells.items() if isinstance(one, MultiLevelCell | SlcLevels)}


def of_library(name: str) -> bool:
    """Whether `name` is a device of analog arrays: one of the library, or a file in its form."""
    from spikecim.devices.library import device_names
    from spikecim.toml import read_toml

    if not (name.endswith(".toml") or "/" in name):
        return name in device_names()
    raw = read_toml(Path(name), name, "a device name or the path of a device file")
    return "window" in raw or "preset" in raw


def _base(name: str) -> MultiLevelCell:
    from spikecim.devices.library import load_device
    from spikecim.devices.multilevel import MultiLevelCell

    found = load_device(name)
    if not isinstance(found, MultiLevelCell):
        raise ParameterError(f"--base {name}: has two states of its own; take a multi-level device")
    return found


def _drift_reference(base: MultiLevelCell, law: str) -> float | None:
    """t0 of the power law to fit (0: the first reading alone counts), or None for a random walk."""
    from spikecim.parameters import switched_on

    if law not in _LAWS:
        raise ParameterError(f"--time-law {law}: is not one of {', '.join(_LAWS)}")
    drift, relaxation = switched_on(base.spec.drift), switched_on(base.spec.relaxation)
    if law == "walk" or (law == "base" and (drift is None or relaxation is not None)):
        return None
    return 0.0 if drift is None else drift.reference_time.value


def _loaded(text: str, target: Path) -> MultiLevelCell:
    """The device that `text` writes; ParameterError if it would not load again."""
    import tomllib

    from spikecim.devices.level_spec import MultiLevelSpec
    from spikecim.devices.multilevel import MultiLevelCell
    from spikecim.parameters import read_section

    return MultiLevelCell(spec=read_section(MultiLevelSpec, tomllib.loads(text), str(target)))
