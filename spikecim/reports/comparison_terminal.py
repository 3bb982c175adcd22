"""A comparison for the terminal: one short table, one line for each pair that was refused, and what it rests on."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from spikecim.reports.wording import number, several, signed, significant
from spikecim.results.comparison import Comparison, ComparisonRow

if TYPE_CHECKING:
    from rich.console import Console, ConsoleOptions, RenderableType
    from rich.table import Table

# Steps from the float ANN to the median chip.
_STEPS = ("whole\nweights", "spikes", "cells", "neurons")


def comparison_summary(comparison: Comparison) -> list[RenderableType]:
    """Title, table, refusals, and how to read it."""
    from rich.text import Text

    title = (
        f"{comparison.network} on {comparison.dataset}, {comparison.origin}: "
        f"float ANN {number(100 * comparison.ann_accuracy, '%')} %, {comparison.macs:,} MACs an image"
    )
    table = _Fitting(
        [_table(comparison, range(len(_HEADS)))], [_table(comparison, _ACCURACY), _table(comparison, _COSTS)]
    )
    found: list[RenderableType] = [Text(title, style="bold"), table, *_losses(comparison)]
    found += [Text(line, style="yellow") for line in refusals(comparison)]
    found.append(Text(reading(comparison), style="dim"))
    return found


class _Fitting:
    """The first of several groups of tables that the terminal has room for; the last one if none fits."""

    def __init__(self, *groups: Sequence[Table]) -> None:
        self._groups = groups

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> Iterator[Table]:
        free = options.update(max_width=1000)
        for tables in self._groups:
            if all(console.measure(table, options=free).maximum <= options.max_width for table in tables):
                break
        yield from tables


def _plain_table(first: str, heads: Iterable[str]) -> Table:
    from rich import box
    from rich.table import Table

    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, padding=(0, 1, 0, 0))
    table.add_column(first, no_wrap=True)
    for head in heads:
        table.add_column(head, justify="right", no_wrap=True)
    return table


# Heads of `_cells`, and which of them stand together where the terminal is narrow.
_HEADS = (
    "Accuracy %",
    "vs ANN\npoints",
    "Spikes\ninput",
    "\nfired",
    "Events",
    "nJ\ncore",
    "\nchip",
    "Ticks",
    "Late\n%",
)
_ACCURACY, _COSTS = (0, 1, 7, 8), (2, 3, 4, 5, 6)


def _table(comparison: Comparison, places: Sequence[int]) -> Table:
    from rich.markup import escape

    table = _plain_table("Conversion", (_HEADS[place] for place in places))
    chip = None
    for row in sorted(comparison.rows, key=lambda row: _order(comparison, row)):
        if row.chip != chip:
            chip = row.chip
            table.add_row(f"[bold]{escape(chip)}[/]")
        cells = _cells(row)
        table.add_row(f"  {escape(row.conversion)}", *(cells[place] for place in places))
    return table


def _order(comparison: Comparison, row: ComparisonRow) -> int:
    """Chips in the order in which they first appear."""
    return [other.chip for other in comparison.rows].index(row.chip)


def _cells(row: ComparisonRow) -> tuple[str, ...]:
    low, high = (f"{100 * value:.1f}" for value in (row.accuracy_low, row.accuracy_high))
    return (
        f"{100 * row.accuracy:.2f} ({low}–{high})",
        signed(-row.loss_vs_ann_pp + 0.0),
        _count(row.input_spikes_per_image),
        _count(row.spikes_per_image),
        _count(row.synaptic_events_per_image),
        significant(row.energy_core_nj),
        significant(row.energy_chip_nj),
        _count(row.latency_ticks),
        f"{100 * row.time_out:.0f}" if row.margins is not None else "–",
    )


def _count(value: float) -> str:
    """3 digits; large numbers with k or M, so that the table stays narrow."""
    for unit, name in ((1e9, "G"), (1e6, "M"), (1e4, "k")):
        if value >= unit:
            return f"{significant(value / (1e3 if name == 'k' else unit))} {name}"
    return significant(value)


def _losses(comparison: Comparison) -> list[RenderableType]:
    """Where the loss enters, in points, for chips that are not exact."""
    from rich.markup import escape

    rows = [row for row in comparison.rows if len(row.losses) == len(_STEPS) + 1]
    if not rows:
        return []
    table = _plain_table("Points won or lost by", _STEPS)
    for row in rows:
        steps = [after.accuracy - before.accuracy for before, after in pairwise(row.losses)]
        table.add_row(f"  {escape(row.conversion)}, {escape(row.chip)}", *(signed(100 * step) for step in steps))
    return [table]


def refusals(comparison: Comparison) -> list[str]:
    """One line for each reason; chips refused alike share it."""
    lines: dict[tuple[str, str], list[str]] = {}
    for refusal in comparison.refused:
        lines.setdefault((refusal.conversion, refusal.reason), []).append(refusal.chip)
    return [f"not run: {conversion} on {', '.join(chips)}: {reason}" for (conversion, reason), chips in lines.items()]


def reading(comparison: Comparison) -> str:
    chips = max((row.n_chips for row in comparison.rows), default=1)
    several_chips = f" (median and 5–95 % of {several(chips, 'virtual chip')})" if chips > 1 else ""
    one_chip = "a single chip: 95 % interval of the images" if any(r.n_chips == 1 for r in comparison.rows) else ""
    rest = "points against the float ANN; figures per image, until its decision; fired: by the neurons of all layers"
    parts = [f"Accuracy{several_chips}", one_chip, rest]
    return "; ".join(part for part in parts if part) + "."


def conversions_table(rows: Iterable[tuple[str, str, str, str]]) -> Table:
    """Name, title, activations and paper of each conversion."""
    from rich import box
    from rich.markup import escape
    from rich.table import Table

    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, expand=True, show_lines=False)
    table.add_column("Conversion", no_wrap=True)
    table.add_column("Takes", no_wrap=True)
    table.add_column("What it does, and whose it is", ratio=1)
    for name, title, takes, paper in rows:
        table.add_row(escape(name), escape(takes.replace(", ", "\n")), f"{escape(title)}\n[dim]{escape(paper)}[/]")
    return table


def layers_table(rows: Sequence[Mapping[str, Any]]) -> RenderableType:
    """What each layer of a converted network takes of a chip."""
    network = ("Shape", "Neurons", "Weights", "Slices", "Threshold, units")
    chip = ("Cells", "Cores", "Rows", "Columns")
    return _Fitting([_layers(rows, (*network[:4], *chip, network[4]))], [_layers(rows, network), _layers(rows, chip)])


def _layers(rows: Sequence[Mapping[str, Any]], heads: Sequence[str]) -> Table:
    from rich.markup import escape

    table = _plain_table("Layer", heads)
    for row in rows:
        low, high = significant(row["threshold_units_low"]), significant(row["threshold_units_high"])
        told = {"Shape": "×".join(map(str, row["shape"])), "Threshold, units": low if low == high else f"{low}–{high}"}
        cells = (told[head] if head in told else f"{row[head.lower()]:,}" for head in heads)
        table.add_row(escape(row["layer"]), *cells)
    return table
