"""`spikecim device pulses` and `fit-pulses`: cells that are written by pulses, for training on the chip."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from spikecim.cli.options import Json, Quiet, Seed
from spikecim.cli.shell import guarded, say, show, show_json
from spikecim.errors import ParameterError

if TYPE_CHECKING:
    from spikecim.devices.pulsed.device import PulsedDevice

_KINDS = ("curve", "table")


@guarded
def pulses_command(
    names: Annotated[
        list[str] | None,
        typer.Argument(metavar="[NAME ...]", help="Devices, files, or labels as +4/-4; without any all shipped ones."),
    ] = None,
    out: Annotated[
        Path | None, typer.Option("--out", "-o", help="Draw the curves: PNG file, an SVG beside it.")
    ] = None,
    seed: Seed = 0,
    json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Show pulsed devices: nonlinearity, noise, symmetric point and pull; one alone with every number and source."""
    from spikecim.devices.pulsed.library import load_pulsed, pulsed_names
    from spikecim.reports.pulsed import pulsed_json, pulsed_parameters, pulsed_summary

    if out is not None and out.suffix.lower() != ".png":
        raise ParameterError(f"--out {out}: must end in .png; an SVG of the same name is written beside it")
    devices = [load_pulsed(name) for name in names or pulsed_names()]
    alone = len(devices) == 1
    if json:
        show_json(pulsed_json(devices, parameters=alone))
    else:
        show(*pulsed_summary(devices), *(pulsed_parameters(devices[0]) if alone else []))
    if out is not None:
        _draw(devices, out, seed, quiet=quiet)


@guarded
def fit_pulses_command(
    trains: Annotated[
        Path,
        typer.Argument(metavar="TRAINS.csv", help="cell,cycle,direction,pulse,conductance_uS; docs/pulsed-devices.md."),
    ],
    out: Annotated[
        Path | None, typer.Option("--out", "-o", help="TOML file to write (default: TRAINS.toml here).")
    ] = None,
    name: Annotated[str | None, typer.Option("--name", help="Name of the device (default: that of the file).")] = None,
    kind: Annotated[str, typer.Option("--kind", help="curve: nonlinearity labels; table: steps by state.")] = "curve",
    base: Annotated[str, typer.Option("--base", help="Device for what the CSV cannot tell (pulses, reads).")] = "ideal",
    json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Fit measured pulse trains; write a device file for training on the chip and a figure of the fit."""
    from spikecim.devices.measured.pulse_fit import fit_trains
    from spikecim.devices.measured.pulse_table import step_table
    from spikecim.devices.measured.pulse_trains import read_trains
    from spikecim.devices.measured.pulse_write import pulsed_toml
    from spikecim.devices.pulsed.library import load_spec
    from spikecim.files import make_folder, write_text
    from spikecim.reports.figure_files import save_figure
    from spikecim.reports.pulse_fit import pulse_fit_json, pulse_fit_notes, pulse_fit_summary
    from spikecim.reports.pulse_fit_figure import pulse_fit_figure

    target = out or Path(f"{trains.stem}.toml")
    if target.suffix != ".toml":
        raise ParameterError(f"--out {target}: a device file must end in .toml")
    if kind not in _KINDS:
        raise ParameterError(f"--kind {kind}: is not one of {', '.join(_KINDS)}")
    foundation = load_spec(base)
    found = fit_trains(read_trains(trains))
    table = step_table(found) if kind == "table" else None
    text = pulsed_toml(found, foundation, name=_named(name, target), table=table)
    device = _loaded(text, target)
    make_folder(target.parent)
    figures = save_figure(pulse_fit_figure(found, table), target.with_suffix(""))
    write_text(target, text)
    if json:
        show_json({**pulse_fit_json(found, device), "device": str(target), "figures": [str(path) for path in figures]})
    else:
        show(*pulse_fit_summary(found, device))
    for line in pulse_fit_notes(found, kind):
        say(f"note: {line}", quiet=quiet)
    say(
        f"wrote {target}, {figures[0].name} and {figures[1].name}; use its path where a study names a device",
        quiet=quiet,
    )


def _draw(devices: list[PulsedDevice], out: Path, seed: int, *, quiet: bool) -> None:
    from spikecim.files import make_folder
    from spikecim.reports.figure_files import save_figure
    from spikecim.reports.pulsed_figure import pulsed_figure, pulsed_overview

    make_folder(out.parent)
    figure = pulsed_figure(devices[0], seed) if len(devices) == 1 else pulsed_overview(devices, seed)
    png, svg = save_figure(figure, out.with_suffix(""))
    say(f"wrote {png} and {svg.name}", quiet=quiet)


def _named(name: str | None, target: Path) -> str:
    """The device's name: a word for tables, no path."""
    if name is None:
        return target.stem
    if not name.strip() or not name.isprintable() or "/" in name:
        raise ParameterError(f"--name {name!r}: give a name of one line, without /")
    return name.strip()


def _loaded(text: str, target: Path) -> PulsedDevice:
    """The device that `text` writes; ParameterError if it would not load again."""
    import tomllib

    from spikecim.devices.pulsed.device import PulsedDevice

    return PulsedDevice.from_table(tomllib.loads(text), str(target))
