"""`spikecim chips`: what is known of a chip, number by number."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Annotated

import typer

from spikecim.cli.options import Json, Set
from spikecim.cli.shell import guarded, overrides, show, show_json

if TYPE_CHECKING:
    from spikecim.chips import ChipSpec, MultiChipSpec

app = typer.Typer(no_args_is_help=True, help="List and show chip descriptions.")


@app.command("list")
@guarded
def list_chips(json: Json = False) -> None:
    """List the shipped chips and cell devices."""
    from spikecim.chips import chip_names, device_names, load_chip, load_multi_chip, multi_chip_names

    listed: list[ChipSpec | MultiChipSpec] = [*map(load_chip, chip_names()), *map(load_multi_chip, multi_chip_names())]
    chips = {chip.name: chip for chip in listed}
    if json:
        found = [{"name": name, "title": chip.title, "digest": chip.digest()} for name, chip in chips.items()]
        show_json({"chips": found, "devices": device_names()})
        return
    width = max(map(len, chips))
    show(*(f"[bold]{name:<{width}}[/]  {chip.title}" for name, chip in chips.items()))
    show(f"cell devices: {', '.join(device_names())}")


@app.command("show")
@guarded
def show_chip(
    name: Annotated[str, typer.Argument(help="Shipped chip or a TOML file.")], set_: Set = None, json: Json = False
) -> None:
    """Show every number of a chip with its status and source."""
    from spikecim.chips import load_chip, load_multi_chip
    from spikecim.chips.loader import several_cores

    load: Callable[..., ChipSpec | MultiChipSpec] = load_multi_chip if several_cores(name) else load_chip
    chip = load(name, overrides(set_))
    if json:
        show_json({**chip.describe(), "digest": chip.digest()})
        return
    from spikecim.reports.terminal import chip_table

    show(chip_table(chip))
