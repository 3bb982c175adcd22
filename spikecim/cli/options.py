"""Options that several commands share, spelled once."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

Seed = Annotated[int, typer.Option("--seed", min=0, help="Names every random draw; same seed, same result.")]
Jobs = Annotated[
    int | None, typer.Option("--jobs", min=1, help="Threads of the compiled kernels (default: all cores).")
]
Processes = Annotated[
    int | None,
    typer.Option("--jobs", min=1, help="Processes of this machine; 1 needs no Dask (default: one for each core)."),
]
Scheduler = Annotated[
    str | None, typer.Option("--scheduler", help="Address of a Dask cluster instead, for example tcp://host:8786.")
]
Json = Annotated[bool, typer.Option("--json", help="Print the result as JSON.")]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="No progress, no notes.")]
Chip = Annotated[str, typer.Option("--chip", help="Shipped chip (see `spikecim chips list`) or a TOML file.")]
Data = Annotated[str, typer.Option("--data", help="mnist, fashion-mnist or digits.")]
Chips = Annotated[int, typer.Option("--chips", min=1, help="Virtual chips.")]
Images = Annotated[int | None, typer.Option("--images", min=1, help="Only the first N images (default: all).")]
OutDir = Annotated[Path, typer.Option("--out", help="Folder for the results.")]
Set = Annotated[
    list[str] | None, typer.Option("--set", help="Override a chip value: path=value, for example cell.device=ideal.")
]
BrianTarget = Annotated[str, typer.Option("--brian-target", help="numpy, cython or cpp_standalone.")]
RunFile = Annotated[Path, typer.Argument(metavar="RUN.h5", help="A run written by spikecim.")]
