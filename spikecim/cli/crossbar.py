"""`spikecim crossbar`: what the wires of an array take from its currents; its netlist; a comparison with ngspice."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from spikecim.cli.crossbar_options import Given, takes_array
from spikecim.cli.options import Json, Quiet
from spikecim.cli.shell import guarded, say, show, show_json
from spikecim.errors import ParameterError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

app = typer.Typer(no_args_is_help=True, help="Solve arrays with wires, write netlists, compare with ngspice.")
Method = Annotated[str, typer.Option("--method", help="auto, or one of those of docs/crossbar.md.")]
Sample = Annotated[int, typer.Option("--vector", min=0, help="Which input vector, from 0.")]


@app.command("solve")
@guarded
@takes_array
def solve_array(
    given: Given,
    method: Method = "auto",
    out: Annotated[Path | None, typer.Option("--out", help="Heat map of the drop: this PNG, and as SVG.")] = None,
    json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Solve an array: currents against those without wires, worst drop, how well Kirchhoff's laws hold."""
    from spikecim.arrays.crossbar.reading import read_array
    from spikecim.files import make_folder
    from spikecim.reports.crossbar import crossbar_json, crossbar_summary, drop_figure
    from spikecim.reports.figure_files import save_figure

    if out is not None:
        _check_png(out)
        make_folder(out.parent)
    reading = read_array(given.crossbar, given.inputs, given.read_voltage, method=method, nodes=out is not None)
    if json:
        show_json(crossbar_json(reading))
    else:
        show(*crossbar_summary(reading))
    if out is not None:
        png, svg = save_figure(drop_figure(reading), out.with_suffix(""))
        say(f"wrote {png} and {svg.name}", quiet=quiet)


@app.command("netlist")
@guarded
@takes_array
def write_netlist(
    given: Given,
    vector: Sample = 0,
    out: Annotated[Path | None, typer.Option("--out", help="File to write (default: standard output).")] = None,
    quiet: Quiet = False,
) -> None:
    """Write the array under one input vector as a SPICE netlist."""
    from spikecim.arrays.crossbar.spice import netlist
    from spikecim.files import make_folder, write_text

    text = netlist(given.crossbar, _vector(given, vector), read_voltage=given.read_voltage)
    if out is None:
        typer.echo(text, nl=False)
        return
    if out.is_dir():
        raise ParameterError(f"--out {out}: is a folder; give the name of a file")
    make_folder(out.parent)
    write_text(out, text)
    say(f"wrote {out}, {text.count(chr(10)):,} lines; try: ngspice -b {out.name}", quiet=quiet)


@app.command("compare")
@guarded
@takes_array
def compare_array(given: Given, method: Method = "auto", json: Json = False) -> None:
    """Solve the array here and in ngspice, and show the largest difference (minutes from 100 x 100 cells on)."""
    from spikecim.arrays.crossbar.ngspice import Circuit, compare_with_ngspice
    from spikecim.reports.wording import several

    circuits = [
        Circuit(crossbar=given.crossbar, inputs=vector, read_voltage=given.read_voltage) for vector in given.inputs
    ]
    largest = max(compare_with_ngspice(circuits, method=method))
    n_rows, n_cols = given.crossbar.shape
    if json:
        show_json({"rows": n_rows, "columns": n_cols, "vectors": len(circuits), "largest_relative_difference": largest})
    else:
        show(
            f"{n_rows} x {n_cols} cells, {several(len(circuits), 'input vector')}: column currents differ "
            f"from ngspice's by at most {largest:.2g} of the largest one"
        )


def _vector(given: Given, number: int) -> NDArray[np.float64]:
    if number >= len(given.inputs):
        raise ParameterError(f"--vector {number}: there are {len(given.inputs)} input vectors, counted from 0")
    return given.inputs[number]


def _check_png(path: Path) -> None:
    if path.suffix.lower() != ".png":
        raise ParameterError(f"--out {path}: must end in .png; an SVG of the same name is written beside it")
