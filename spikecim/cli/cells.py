"""`spikecim cells`: the cells of a chip as files, out for those who build one and in from those who measured one."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, TypedDict

import typer

from spikecim.cli.options import Chip, Data, Json, Quiet, Seed, Set
from spikecim.cli.shell import guarded, overrides, say, show, show_json

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from spikecim.chips.spec import ChipSpec

app = typer.Typer(no_args_is_help=True, help="Export the cells of a programmed chip.")
CellMap = Annotated[
    Path | None, typer.Option("--cells", help="Measured cell map (.csv or .npy) in place of drawn cells.")
]


class MeasuredCells(TypedDict, total=False):
    """The fields of an `Emulator` that a cell map fills; none without one."""

    resistance: NDArray[np.float64]
    cells: str


@app.callback()
def _root() -> None:
    """Export the cells of a programmed chip."""


def cell_map(path: Path | None, chip: ChipSpec) -> MeasuredCells:
    """Read the cell map in `path` for `chip`; nothing if there is none."""
    if path is None:
        return {}
    from spikecim.arrays.cell_map import read_cell_map

    shape = (chip.geometry.n_in.value, chip.geometry.n_out.value, chip.synapse.weight_code().cells_per_weight)
    return {"resistance": read_cell_map(path, shape), "cells": path.name}


@app.command("export")
@guarded
def export(
    out: Annotated[Path, typer.Option("--out", help="Folder for the files.")],
    chip: Chip = "spirit",
    data: Data = "mnist",
    network: Annotated[
        str | None, typer.Option("--network", help="Shipped network or a .npz file (default: trained for the data).")
    ] = None,
    chip_index: Annotated[int, typer.Option("--chip-index", min=0, help="Which virtual chip.")] = 0,
    cells: CellMap = None,
    seed: Seed = 0,
    set_: Set = None,
    json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Write the cell image, the list of programming pulses and a picture of one virtual chip."""
    from spikecim.arrays.cell_map import image_lines, programming_lines
    from spikecim.build import build
    from spikecim.chips import load_chip
    from spikecim.devices.oxram import SlcOxram
    from spikecim.experiments.material import network_for
    from spikecim.files import make_folder, write_text
    from spikecim.reports.cell_image import cell_image
    from spikecim.reports.figure_files import save_figure
    from spikecim.training.ready import ready_network

    spec = load_chip(chip, overrides(set_))
    measured = cell_map(cells, spec).get("resistance")
    make_folder(out)
    net = ready_network(network, spec.synapse.levels.value) if network else network_for(spec, data)
    # As programmed: what time makes of the cells is drawn anew, and alike, when they are read in again.
    fresh = build(spec, net, seed, chip_index, resistance=measured).future.fresh
    in_lrs = SlcOxram(spec=spec.cell).in_lrs(fresh.resistance)
    write_text(out / "cell-image.csv", "\n".join([*image_lines(fresh, in_lrs), ""]))
    pulses = [*programming_lines(fresh, spec.cell.programming), ""]
    write_text(out / "programming.csv", "\n".join(pulses))
    pictures = save_figure(cell_image(fresh), out / "cell-image")
    found = {
        "chip": spec.name,
        "network": net.name,
        "cells": int(fresh.resistance.size),
        "lrs_cells": int(fresh.target.sum()),
        "pulses": len(pulses) - 2,
        "outside_window": int((~fresh.verified).sum()),
        "files": [str(out / "cell-image.csv"), str(out / "programming.csv"), *map(str, pictures)],
    }
    if json:
        show_json(found)
    else:
        show(
            f"{spec.name} with {net.name}: {found['cells']:,} cells, {found['lrs_cells']:,} of them LRS, "
            f"{found['pulses']:,} pulses, {found['outside_window']:,} cells outside their window"
        )
    say(f"wrote {out}: cell-image.csv, programming.csv, and the picture as PNG and SVG", quiet=quiet)
