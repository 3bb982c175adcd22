"""`spikecim conversions list`: the ANN-to-SNN conversions, what each takes, and whose it is."""

from __future__ import annotations

from typing import TYPE_CHECKING

import typer

from spikecim.cli.options import Json
from spikecim.cli.shell import guarded, show, show_json

if TYPE_CHECKING:
    from spikecim.conversion.base import Conversion

app = typer.Typer(no_args_is_help=True, help="List the ANN-to-SNN conversions.")


@app.callback()
def _root() -> None:
    """List the ANN-to-SNN conversions."""


@app.command("list")
@guarded
def list_conversions(json: Json = False) -> None:
    """List name, activations and paper of every conversion."""
    from spikecim.conversion.registry import CONVERSIONS

    if json:
        keys = ("name", "title", "paper", "takes", "needs")
        show_json([{key: getattr(conversion, key) for key in keys} for conversion in CONVERSIONS.values()])
        return
    from spikecim.reports.comparison_terminal import conversions_table

    show(conversions_table((c.name, _what(c), ", ".join(c.takes), c.paper) for c in CONVERSIONS.values()))


def _what(conversion: Conversion) -> str:
    needs = f"; needs {conversion.needs}" if conversion.needs else ""
    return f"{conversion.title}{needs}"
