"""`spikecim device`: cells of one's own from a CSV file, and what a device file comes to."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from spikecim.cli.device_levels import fit_levels_command, library_command, library_titles, of_library, show_library
from spikecim.cli.device_pulses import fit_pulses_command, pulses_command
from spikecim.cli.options import Json, Quiet, Seed
from spikecim.cli.shell import guarded, say, show, show_json, stages
from spikecim.errors import ParameterError

if TYPE_CHECKING:
    from spikecim.chips.spec import DeviceFile
    from spikecim.devices.measured.fit import DeviceFit

app = typer.Typer(no_args_is_help=True, help="Fit measured cells, show and list cell devices.")
app.command("fit-levels")(fit_levels_command)
app.command("library")(library_command)
app.command("pulses")(pulses_command)
app.command("fit-pulses")(fit_pulses_command)
_NOTABLE = 0.01  # share of measured cells outside the base's window that is worth a line


@app.command("fit")
@guarded
def fit(
    cells: Annotated[Path, typer.Argument(metavar="CELLS.csv", help="Measured resistances, see docs/devices.md.")],
    out: Annotated[Path | None, typer.Option("--out", help="TOML file to write (default: CELLS.toml here).")] = None,
    name: Annotated[str | None, typer.Option("--name", help="Name of the device (default: that of the file).")] = None,
    unit: Annotated[str | None, typer.Option("--unit", help="Unit of the values, if the file states none.")] = None,
    base: Annotated[str, typer.Option("--base", help="Device for what the CSV cannot tell.")] = "nominal",
    empirical: Annotated[bool, typer.Option("--empirical", help="Keep the measured quantiles, fit no law.")] = False,
    verify: Annotated[
        bool, typer.Option("--verify/--no-verify", help="Verify loop of the base, or cells as they were measured.")
    ] = True,
    seed: Seed = 0,
    json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Fit measured LRS and HRS resistances; write a device file and a figure of the fit."""
    from spikecim.chips import load_device
    from spikecim.devices.measured.fit import fit_device
    from spikecim.devices.measured.table import read_measured
    from spikecim.devices.measured.write import device_toml
    from spikecim.files import make_folder, write_text
    from spikecim.reports.device import fit_figure
    from spikecim.reports.device_tables import fit_json, fit_summary
    from spikecim.reports.figure_files import save_figure

    target = _toml_path(out or Path(f"{cells.stem}.toml"))
    foundation = load_device(base)
    with stages(quiet=quiet or json) as stage:
        measured = read_measured(cells, unit)
        make_folder(target.parent)
        stage("fit", 0, 1)
        found = fit_device(measured, empirical=empirical, seed=seed)
        text = device_toml(found, foundation, Path(base).name, name=name or target.stem, verify=verify)
        _check(text, target)
        stage("figure", 0, 1)
        figures = save_figure(fit_figure(found), target.with_suffix(""))
        write_text(target, text)
    if json:
        show_json({**fit_json(found), "device": str(target), "figures": [str(path) for path in figures]})
    else:
        show(*fit_summary(found))
    _tell_of_crossed(found, quiet=quiet)
    if verify:
        _tell_of_window(found, foundation, quiet=quiet)
    say(f"wrote {target}, {figures[0].name} and {figures[1].name}; try: --set cell.device={target}", quiet=quiet)


@app.command("show")
@guarded
def show_device(
    name: Annotated[str, typer.Argument(metavar="NAME_OR_FILE", help="Shipped device or a TOML file.")],
    out: Annotated[Path | None, typer.Option("--out", help="Write the figure to this PNG file, and as SVG.")] = None,
    seed: Seed = 0,
    json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Show every number of a device; of a cell of spiking chips also what follows, and 20,000 programmed cells."""
    if of_library(name):
        if out is not None:
            raise ParameterError(f"--out {out}: {name} is a device of analog arrays, of which show draws no figure")
        show_library(name, json=json)
        return
    from spikecim.chips import load_device
    from spikecim.devices.portrait import portrait
    from spikecim.files import make_folder
    from spikecim.reports.device import device_figure
    from spikecim.reports.device_tables import device_json, device_summary
    from spikecim.reports.figure_files import save_figure

    device = load_device(name)
    if out is not None:
        if out.suffix.lower() != ".png":
            raise ParameterError(f"--out {out}: must end in .png; an SVG of the same name is written beside it")
        make_folder(out.parent)
    found = portrait(device, seed=seed)
    if json:
        show_json(device_json(name, device, found))
    else:
        show(*device_summary(name, device, found))
    if out is not None:
        png, svg = save_figure(device_figure(found), out.with_suffix(""))
        say(f"wrote {png} and {svg.name}", quiet=quiet)


@app.command("list")
@guarded
def list_devices(json: Json = False) -> None:
    """List the shipped cell devices: of spiking chips, then of analog arrays."""
    from spikecim.chips import device_names, load_device

    titles = {name: load_device(name).title for name in device_names()} | library_titles()
    if json:
        show_json({"devices": [{"name": name, "title": title} for name, title in titles.items()]})
        return
    from rich.table import Table

    table = Table.grid(padding=(0, 2))
    for name, title in titles.items():
        table.add_row(f"[bold]{name}[/]", title)
    show(table)


def _toml_path(path: Path) -> Path:
    if path.suffix != ".toml":
        raise ParameterError(f"--out {path}: a device file must end in .toml")
    return path


def _check(text: str, target: Path) -> None:
    """Raise ParameterError if the written device would not load again."""
    import tomllib

    from spikecim.chips.spec import DeviceFile
    from spikecim.parameters import read_section

    read_section(DeviceFile, tomllib.loads(text), str(target))


def _tell_of_crossed(found: DeviceFit, *, quiet: bool) -> None:
    """Say when readings lie beyond the median of the other state: a failed cell, or two fields swapped."""
    import numpy as np

    low, high = (float(np.median(found.of(state).log_r)) for state in ("lrs", "hrs"))
    crossed = int((found.lrs.log_r > high).sum()), int((found.hrs.log_r < low).sum())
    if any(crossed):
        from spikecim.reports.wording import several

        parts = (several(crossed[0], "LRS reading"), several(crossed[1], "HRS reading"))
        say(
            f"note: {parts[0]} above the HRS median, {parts[1]} below the LRS median; kept as cells that failed; "
            "correct the file if fields were swapped",
            quiet=quiet,
        )


def _tell_of_window(found: DeviceFit, base: DeviceFile, *, quiet: bool) -> None:
    """Say when the base's verify window would pulse measured cells again."""
    import numpy as np

    rules = base.programming
    if rules.mode.value != "write-verify":
        return
    for state, missed, limit in (
        ("LRS", np.exp(found.lrs.log_r) > rules.lrs_max.value, f"lrs_max {rules.lrs_max.text()}"),
        ("HRS", np.exp(found.hrs.log_r) < rules.hrs_min.value, f"hrs_min {rules.hrs_min.text()}"),
    ):
        if missed.mean() > _NOTABLE:
            say(
                f"note: {100 * missed.mean():.3g} % of the measured {state} cells miss the verify window of the base "
                f"({limit}) and will be pulsed again; set programming to yours, or use --no-verify",
                quiet=quiet,
            )
