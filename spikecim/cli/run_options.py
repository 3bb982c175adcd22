"""What every `spikecim run` is told, and the refusal of options that would be without effect."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from spikecim.errors import OutputError, ParameterError


@dataclass(frozen=True, kw_only=True)
class RunOptions:
    """Options of chips of any kind; None where the command line says nothing.

    Attributes
    ----------
    chip : str
    overrides : mapping of str
        As of `load_chip`.
    network : str or None
    data : str
    images : int or None
    engine, brian_target : str
    chip_index, seed : int
    out : Path or None
        File of the run.
    json, quiet : bool
    """

    chip: str
    overrides: Mapping[str, object]
    network: str | None
    data: str
    images: int | None
    engine: str
    brian_target: str
    chip_index: int
    seed: int
    out: Path | None
    json: bool
    quiet: bool

    @property
    def silent(self) -> bool:
        """Whether no progress is shown."""
        return self.quiet or self.json


def refuse_idle(options: Mapping[str, object], where: str) -> None:
    """Raise ParameterError for the first of `options`, name to value, that was given (neither None nor False)."""
    for name, value in options.items():
        if value is not None and value is not False:
            said = name if value is True else f"{name} {value}"
            raise ParameterError(f"{said}: without effect {where}")


def check_out(out: Path | None) -> None:
    """Raise OutputError if `out` cannot be a file: better now than after a long run."""
    if out is not None and (not out.name or out.is_dir()):
        raise OutputError(f"--out {out}: is a folder; give the name of a file")
