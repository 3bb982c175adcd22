"""The list of commands."""

from __future__ import annotations

from typing import Annotated

import typer

from spikecim.cli import cells, chips, conversions, crossbar, data, device, experiments, inspect, learn
from spikecim.cli.attribute import attribute
from spikecim.cli.calibrate import calibrate
from spikecim.cli.codes import codes
from spikecim.cli.compare import compare
from spikecim.cli.convert import convert
from spikecim.cli.energy import energy
from spikecim.cli.explain import explain
from spikecim.cli.explore import explore
from spikecim.cli.insitu_training import reproduce_insitu_training
from spikecim.cli.limits import limits
from spikecim.cli.mitigate import mitigate
from spikecim.cli.nonidealities import reproduce_nonidealities
from spikecim.cli.run import run
from spikecim.cli.sweep import sweep
from spikecim.cli.train import train
from spikecim.cli.train_insitu import train_insitu
from spikecim.version import __version__

app = typer.Typer(
    name="spikecim",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="Emulate SPIRIT, the first chip with analog spiking neurons and RRAM synapses (CEA-Leti, IEDM 2019).",
)


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"spikecim {__version__}")
        raise typer.Exit


@app.callback()
def _root(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version and leave.")
    ] = False,
) -> None:
    """Options of the command itself."""


experiments.reproduce.command("nonidealities")(reproduce_nonidealities)
experiments.reproduce.command("insitu-training")(reproduce_insitu_training)
app.add_typer(experiments.reproduce, name="reproduce")
app.command("calibrate")(calibrate)
app.add_typer(attribute, name="attribute")
app.command("codes")(codes)
app.command("compare")(compare)
app.command("convert")(convert)
app.add_typer(conversions.app, name="conversions")
app.command("run")(run)
app.command("train")(train)
app.command("train-insitu")(train_insitu)
app.command("sweep")(sweep)
app.command("explore")(explore)
app.add_typer(learn.app, name="learn")
app.command("limits")(limits)
app.command("mitigate")(mitigate)
app.command("report")(inspect.report)
app.command("energy")(energy)
app.command("explain")(explain)
app.command("replay")(inspect.replay)
app.command("verify-engines")(inspect.verify_engines)
app.add_typer(device.app, name="device")
app.add_typer(crossbar.app, name="crossbar")
app.add_typer(cells.app, name="cells")
app.add_typer(chips.app, name="chips")
app.add_typer(data.app, name="data")
