"""`spikecim data`: which data sets are here, and how to get the others."""

from __future__ import annotations

from typing import Annotated

import typer

from spikecim.cli.options import Json
from spikecim.cli.shell import guarded, say, show, show_json

app = typer.Typer(no_args_is_help=True, help="List and fetch data sets.")


@app.command("list")
@guarded
def list_data(json: Json = False) -> None:
    """List the data sets and where each would be read from."""
    from spikecim.datasets import NAMES, locate

    places = {name: locate(name) for name in NAMES}
    if json:
        show_json(places)
        return
    width = max(map(len, NAMES))
    for name, place in places.items():
        show(f"[bold]{name:<{width}}[/]  {place or f'not here; `spikecim data fetch {name}` downloads it'}")


@app.command("fetch")
@guarded
def fetch(name: Annotated[str, typer.Argument(help="mnist, fashion-mnist or cifar10.")]) -> None:
    """Find or download a data set, and check it."""
    from spikecim.datasets import SPLITS, load

    for split in SPLITS:
        images = load(name, split, progress=True)
        say(f"{name}: {images.extent}, {images.origin}")
