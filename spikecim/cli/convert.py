"""`spikecim convert`: one network through one conversion, as a file, and what it takes on a chip."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from spikecim.cli.compare import DeepData, MaxPool, Model, Slices, Steps
from spikecim.cli.options import Json, Set
from spikecim.cli.shell import guarded, overrides, say, show, show_json, warnings_said
from spikecim.errors import ParameterError

if TYPE_CHECKING:
    from spikecim.layered.network import SpikingNetwork
    from spikecim.layered_build import LayeredChip

ENDINGS = (".npz", ".nir")


@guarded
def convert(
    model: Model,
    conversion: Annotated[str, typer.Option("--conversion", help="See `spikecim conversions list`.")],
    out: Annotated[Path, typer.Option("--out", help="File to write: .npz (our own, complete) or .nir.")],
    data: DeepData = "mnist",
    chip: Annotated[
        str, typer.Option("--chip", help="Chip of several cores whose bounds hold, or a TOML file.")
    ] = "spirit-multi",
    steps: Steps = None,
    slices: Slices = None,
    replace_max_pool: MaxPool = False,
    set_: Set = None,
    json: Json = False,
) -> None:
    """Convert a network for a chip and write it; training images of --data choose the scales."""
    from spikecim.conversion.registry import get_conversion
    from spikecim.explore.compare_chip import bounds_of, load_rig
    from spikecim.explore.compare_material import calibration_for, find_model
    from spikecim.files import make_folder
    from spikecim.layered_build import build_layers

    if out.suffix.lower() not in ENDINGS:
        raise ParameterError(f"--out {out}: must end in {' or '.join(ENDINGS)}")
    rule, spec = get_conversion(conversion), load_rig(chip, overrides(set_)).chip
    with warnings_said():
        network = find_model(model, replace_max_pool=replace_max_pool)
    converted = rule(network, calibration_for(network, data).values, bounds_of(spec, steps, slices))
    placed = build_layers(spec, converted, 0)
    make_folder(out.parent)
    lost = write(converted, out)
    rows = layer_rows(placed)
    if json:
        show_json({"file": str(out), "chip": spec.name, **converted.notes, "layers": rows, "not_expressed": lost})
        return
    from spikecim.reports.comparison_terminal import layers_table

    code = converted.code
    show(
        f"[bold]{network.name}, {conversion}, for {spec.name}[/]: {sum(placed.n_cells):,} cells on "
        f"{placed.placement.n_cores} cores; {code.n_steps} steps of {code.ticks_per_step} ticks, {code.kind} code",
        layers_table(rows),
    )
    for line in lost:
        say(f"not in the file: {line}")
    say(f"wrote {out}")


def write(network: SpikingNetwork, path: Path) -> list[str]:
    """Write the file; what it does not say."""
    if path.suffix.lower() == ".nir":
        from spikecim.explore.compare_nir import nir_network
        from spikecim.models.nir_export import write_nir

        spiking, lost = nir_network(network)
        return write_nir(spiking, path, lost=lost)
    from spikecim.layered.files import save_spiking

    save_spiking(network, path)
    return []


def layer_rows(placed: LayeredChip) -> list[dict[str, Any]]:
    """What each layer takes of the chip."""
    rows = []
    for number, (layer, cells) in enumerate(zip(placed.network.layers, placed.n_cells, strict=True)):
        shares, units = placed.placement.of_layer(number), layer.units_per_threshold
        rows.append(
            {
                "layer": layer.name,
                "shape": list(getattr(layer.wiring, "out_shape", (layer.wiring.n_out,))),
                "neurons": layer.wiring.n_out,
                "weights": layer.n_weights,
                "slices": layer.slices,
                "cells": cells,
                "cores": len(shares),
                "rows": max(share.rows for share in shares),
                "columns": sum(share.columns for share in shares),
                "threshold_units_low": float(units.min()),
                "threshold_units_high": float(units.max()),
            }
        )
    return rows
