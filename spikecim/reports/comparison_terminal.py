"""A comparison for the terminal: one short table, one line for each pair that was refused, and what it rests on."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from spikecim.reports.wording import number, several, signed, significant
from spikecim.results.comparison import Comparison, ComparisonRow

if TYPE_CHECKING:
    from rich.console import RenderableType
    from rich.table import Table

# Steps from the float ANN to the median chip.
_STEPS = ("whole weights", "spikes", "cells", "neurons")


def comparison_summary(comparison: Comparison) -> list[RenderableType]:
    """Title, table, refusals, and how to read it."""
    from rich.text import Text

    title = (
        f"{comparison.network} on {comparison.dataset}, {comparison.origin}: "
        f"float ANN {number(100 * comparison.ann_accuracy, '%')} %, {comparison.macs:,} MACs an image"
    )
    found: list[RenderableType] = [Text(title, style="bold"), _table(comparison), *_losses(comparison)]
    found += [Text(line, style="yellow") for line in refusals(comparison)]
    found.append(Text(reading(comparison), style="dim"))
    return found


def _table(comparison: Comparison) -> Table:
    from rich import box
    from rich.markup import escape
    from rich.table import Table

    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, padding=(0, 1, 0, 0))
    table.add_column("Conversion", no_wrap=True)
    table.add_column("Accuracy %", justify="right", no_wrap=True)
    table.add_column("vs ANN\npoints", justify="right")
    table.add_column("Spikes\ninput", justify="right")
    table.add_column("\nall", justify="right")
    table.add_column("Events", justify="right")
    table.add_column("nJ\ncore", justify="right")
    table.add_column("\nchip", justify="right")
    table.add_column("Ticks", justify="right")
    table.add_column("Late\n%", justify="right")
    chip = None
    for row in sorted(comparison.rows, key=lambda row: _order(comparison, row)):
        if row.chip != chip:
            chip = row.chip
            table.add_row(f"[bold]{escape(chip)}[/]")
        table.add_row(f"  {escape(row.conversion)}", *_cells(row))
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
    from rich import box
    from rich.markup import escape
    from rich.table import Table

    rows = [row for row in comparison.rows if len(row.losses) == len(_STEPS) + 1]
    if not rows:
        return []
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, padding=(0, 1, 0, 0))
    table.add_column("Points won or lost by", no_wrap=True)
    for head in _STEPS:
        table.add_column(head, justify="right")
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
    rest = "points against the float ANN; figures per image, until its decision"
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


def layers_table(rows: Sequence[Mapping[str, Any]]) -> Table:
    """What each layer of a converted network takes of a chip."""
    from rich import box
    from rich.markup import escape
    from rich.table import Table

    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, padding=(0, 1, 0, 0))
    table.add_column("Layer", no_wrap=True)
    for head in ("Shape", "Neurons", "Weights", "Slices", "Cells", "Cores", "Rows", "Columns", "Threshold, units"):
        table.add_column(head, justify="right")
    for row in rows:
        low, high = significant(row["threshold_units_low"]), significant(row["threshold_units_high"])
        counts = (f"{row[key]:,}" for key in ("neurons", "weights", "slices", "cells", "cores", "rows", "columns"))
        shape = "×".join(map(str, row["shape"]))
        table.add_row(escape(row["layer"]), shape, *counts, low if low == high else f"{low}–{high}")
    return table
