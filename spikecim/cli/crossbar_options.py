"""Options of every `spikecim crossbar` command: the array, its wires, its cells and what drives it, spelled once."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from spikecim.errors import ParameterError
from spikecim.units import parse_quantity

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from spikecim.arrays.crossbar.crossbar import Crossbar

Text = str | None


def _option(name: str, text: str) -> Any:
    return typer.Option(name, help=text)


@dataclass(frozen=True, kw_only=True)
class Given:
    """What the options come to: an array, its input vectors and, for a gated one, the voltage of its rails."""

    crossbar: Crossbar
    inputs: NDArray[np.float64]
    read_voltage: float | None


def takes_array(command: Callable[..., None]) -> Callable[..., None]:
    """Give `command` all parameters of `array_of` in place of its first one, which gets what that returns."""
    _, *own = inspect.signature(command, eval_str=True).parameters.values()
    shared = inspect.signature(array_of, eval_str=True)

    @functools.wraps(command)
    def run(**options: Any) -> None:
        array = array_of(**{name: options.pop(name) for name in shared.parameters})
        command(array, **options)

    every = [option.replace(kind=option.KEYWORD_ONLY) for option in (*shared.parameters.values(), *own)]
    run.__signature__ = shared.replace(parameters=every, return_annotation=None)  # type: ignore[attr-defined]
    run.__annotations__ = {option.name: option.annotation for option in every}
    return run


def array_of(
    source: Annotated[str, typer.Argument(metavar="MAP", help="Conductances as .csv or .npy, or the word random.")],
    *,
    unit: Annotated[str, _option("--unit", "Unit of the map's values: S, uS, kohm ...")] = "S",
    rows: Annotated[int | None, typer.Option("--rows", min=1, help="Of a random map (default: 64).")] = None,
    columns: Annotated[int | None, typer.Option("--columns", min=1, help="Of a random map (default: 64).")] = None,
    lrs: Annotated[Text, _option("--lrs", "LRS of a random map (default: 10 kohm).")] = None,
    hrs: Annotated[Text, _option("--hrs", "HRS of a random map (default: 200 kohm).")] = None,
    kind: Annotated[str, _option("--kind", "passive, or gated (1T1R, source rails beside the sum rails).")] = "passive",
    row_segment: Annotated[str, _option("--row-segment", "Word line from cell to cell (passive).")] = "0 ohm",
    source_segment: Annotated[str, _option("--source-segment", "Source rail from cell to cell (gated).")] = "0 ohm",
    column_segment: Annotated[str, _option("--column-segment", "Bit line or sum rail from cell to cell.")] = "0 ohm",
    driver: Annotated[str, _option("--driver", "Driver and its terminal.")] = "0 ohm",
    sense: Annotated[str, _option("--sense", "Sense circuit and its terminal.")] = "0 ohm",
    access: Annotated[str, _option("--access", "Transistor in series with each cell.")] = "0 ohm",
    leak: Annotated[str, _option("--leak", "Conductance of a transistor that is off (gated).")] = "0 S",
    drive_end: Annotated[str, _option("--drive-end", "left or right (passive), top or bottom (gated).")] = "",
    sense_end: Annotated[str, _option("--sense-end", "bottom or top.")] = "bottom",
    law: Annotated[str, _option("--law", "ohm, 'sinh: 0.25 V', 'polynomial: 1, -0.1', 'measured: curve.csv'.")] = "ohm",
    law_voltage: Annotated[
        str, _option("--law-voltage", "Where conductances were measured; 0 V: small-signal.")
    ] = "0 V",
    read_voltage: Annotated[str, _option("--read-voltage", "Of rows or rails that are on.")] = "0.1 V",
    active: Annotated[float, typer.Option("--active", min=0.0, max=1.0, help="Chance of a row to be on.")] = 0.5,
    vectors: Annotated[int, typer.Option("--vectors", min=1, help="Random input vectors.")] = 1,
    inputs: Annotated[Path | None, _option("--inputs", "Vectors as CSV or NPY: volts, or 0 and 1 if gated.")] = None,
    seed: Annotated[int, typer.Option("--seed", min=0, help="Of random maps and vectors.")] = 0,
) -> Given:
    """Build what the options describe."""
    from spikecim.arrays.crossbar.crossbar import Crossbar
    from spikecim.arrays.crossbar.law_text import parse_law
    from spikecim.arrays.crossbar.map_file import read_vectors
    from spikecim.arrays.crossbar.wires import Wires

    ohms = {
        "row_segment": row_segment,
        "source_segment": source_segment,
        "column_segment": column_segment,
        "driver": driver,
        "sense": sense,
        "access": access,
    }
    wires = Wires(
        kind=kind,
        drive_end=drive_end,
        sense_end=sense_end,
        leak=_quantity("--leak", leak, "siemens"),
        **{name: _quantity(f"--{name.replace('_', '-')}", text, "ohm") for name, text in ohms.items()},
    )
    volts = _quantity("--read-voltage", read_voltage, "volt")
    iv = parse_law(law, _quantity("--law-voltage", law_voltage, "volt"))
    conductance = _map(source, unit, {"--rows": rows, "--columns": columns, "--lrs": lrs, "--hrs": hrs}, seed)
    crossbar = Crossbar(conductance=conductance, wires=wires, iv=iv)
    gated = wires.kind == "gated"
    if inputs is not None:
        given = read_vectors(inputs)
    else:
        given = _random_vectors((vectors, len(conductance)), active, seed) * (1.0 if gated else volts)
    return Given(crossbar=crossbar, inputs=given, read_voltage=volts if gated else None)


def _map(source: str, unit: str, given: dict[str, Any], seed: int) -> NDArray[np.float64]:
    from spikecim.arrays.crossbar.map_file import random_map, read_map
    from spikecim.cli.run_options import refuse_idle

    if source != "random":
        refuse_idle(given, f"with the map {source}; it belongs to random")
        return read_map(Path(source), unit)
    if unit != "S":
        raise ParameterError(f"--unit {unit}: without effect on a random map; --lrs and --hrs carry their units")
    states = (
        _quantity("--lrs", given["--lrs"] or "10 kohm", "ohm"),
        _quantity("--hrs", given["--hrs"] or "200 kohm", "ohm"),
    )
    return random_map(given["--rows"] or 64, given["--columns"] or 64, states, seed)


def _random_vectors(shape: tuple[int, int], active: float, seed: int) -> NDArray[np.float64]:
    import numpy as np

    from spikecim.streams import stream

    return (stream(seed, "crossbar", "inputs").random(shape) < active).astype(np.float64)


def _quantity(name: str, text: str, unit: str) -> float:
    try:
        return parse_quantity(text, unit)
    except ParameterError as error:
        raise ParameterError(f"{name}: {error}") from None
