"""Yield over two factors, and accuracy against energy of all designs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from spikecim.reports.style import (
    CHIP,
    INK,
    MUTED,
    PAPER,
    PUBLISHED,
    RULE,
    SECOND,
    SMALL,
    THIRD,
    new_figure,
    styled,
    y_title,
)
from spikecim.reports.sweep_wording import factor_text, headed, percent, short_names
from spikecim.results.sweep_report import DesignRow, MetricInfo, SweepReport, YieldMap

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

ENERGIES = ("chip_nj", "core_nj", "chip_pj_per_event", "core_pj_per_event", "cell_pj_per_event")
MOST_DOTS = 2_000
# Colour and marker of a third of a range, or of a name: told apart in greyscale too.
_LOOKS = ((SECOND, "^"), (THIRD, "s"), (CHIP, "o"), (PUBLISHED, "D"), (INK, "v"), (MUTED, "P"))


def yield_fields(report: SweepReport, found: YieldMap) -> Figure:
    """Draw the share of good chips over two factors, one field a pair of levels."""
    from matplotlib.patches import Rectangle

    names = short_names(report)
    with styled():
        rows, columns = len(found.rows), len(found.columns)
        figure = new_figure(1.15 + 0.42 * rows)
        axes = figure.subplots()
        for row, shares in enumerate(found.share):
            for column, share in enumerate(shares):
                corner = (column - 0.48, row - 0.48)
                known = np.isfinite(share)
                axes.add_patch(
                    Rectangle(corner, 0.96, 0.96, facecolor=CHIP, alpha=0.9 * share if known else 0.0, linewidth=0)
                )
                axes.add_patch(Rectangle(corner, 0.96, 0.96, facecolor="none", edgecolor=RULE, linewidth=0.8))
                colour = PAPER if known and share > 0.7 else INK if known else MUTED
                axes.text(column, row, percent(share), ha="center", va="center", color=colour)
        axes.set_xticks(range(columns), [_broken(name) for name in found.columns])
        axes.set_yticks(range(rows), found.rows)
        axes.set_xlim(-0.5, columns - 0.5)
        axes.set_ylim(-0.5, rows - 0.5)
        axes.tick_params(length=0)
        for spine in axes.spines.values():
            spine.set_visible(False)
        axes.set_xlabel(names[found.column_factor])
        y_title(axes, f"{names[found.row_factor]} (rows), yield in %")
        return figure


def _broken(name: str) -> str:
    """A name over two lines, so that neighbours have room."""
    cut = next((cut for cut in ("–", "-") if cut in name), "")
    return name.replace(cut, f"{cut}\n", 1) if cut and len(name) > 7 else name


def energy_of(report: SweepReport) -> MetricInfo | None:
    """The energy that accuracy is drawn against: the whole chip's before the core's."""
    found = [m for name in ENERGIES for m in report.metrics if m.name.partition("@")[0] == name]
    return found[0] if found else None


def drawn_rows(report: SweepReport, energy: MetricInfo) -> list[DesignRow]:
    """Designs with both numbers; of very many every so many."""
    wanted = (report.yield_metric, energy.name)
    rows = [row for row in report.designs if all(np.isfinite(row.middle[name].value) for name in wanted)]
    return rows[:: -(-len(rows) // MOST_DOTS)] if rows else []


def accuracy_energy(report: SweepReport, energy: MetricInfo) -> Figure:
    """Draw median accuracy against median energy, a dot a design, and the front that no design beats in both."""
    accuracy, rows = report.metric(report.yield_metric), drawn_rows(report, energy)
    split = _split(report, rows)
    with styled():
        figure = new_figure(4.0)
        axes = figure.subplots()
        few = len(rows) <= 40
        for (colour, marker), (name, members) in zip(_LOOKS, split, strict=False):
            x = np.array([row.middle[energy.name].value for row in members])
            y = 100 * np.array([row.middle[accuracy.name].value for row in members])
            axes.plot(
                x, y, linestyle="", marker=marker, color=colour, markersize=5.5 if few else 3.2, label=name, alpha=0.9
            )
            if few:
                _bars(axes, members, accuracy, energy, colour)
        front = front_of(rows, accuracy.name, energy.name)
        axes.step(
            [row.middle[energy.name].value for row in front],
            [100 * row.middle[accuracy.name].value for row in front],
            where="post",
            color=INK,
            linewidth=1.0,
            linestyle=(0, (4, 2)),
            zorder=1,
        )
        axes.axhline(100 * report.good_accuracy, color=MUTED, linewidth=0.8)
        axes.grid(axis="y")
        axes.set_xlabel(headed(energy))
        y_title(axes, f"{headed(accuracy)}, median chip")
        figure.legend(
            loc="outside upper left", ncols=_columns([name for name, _ in split]), frameon=False, fontsize=SMALL
        )
        return figure


def _columns(names: Sequence[str]) -> int:
    """As many columns of a legend as its width has room for."""
    return max(1, min(3, len(names), 48 // (4 + max(map(len, names), default=1))))


def _bars(axes: Axes, rows: Sequence[DesignRow], accuracy: MetricInfo, energy: MetricInfo, colour: str) -> None:
    x = [row.middle[energy.name].value for row in rows]
    low, high = ([100 * getattr(row.middle[accuracy.name], end) for row in rows] for end in ("low", "high"))
    axes.vlines(x, low, high, color=colour, linewidth=0.9, alpha=0.6)


def front_of(rows: Sequence[DesignRow], accuracy: str, energy: str) -> list[DesignRow]:
    """Designs that none beats in both medians, cheapest first."""
    front: list[DesignRow] = []
    for row in sorted(rows, key=lambda r: (r.middle[energy].value, -r.middle[accuracy].value)):
        if not front or row.middle[accuracy].value > front[-1].middle[accuracy].value:
            front.append(row)
    return front


def _split(report: SweepReport, rows: Sequence[DesignRow]) -> list[tuple[str, list[DesignRow]]]:
    """Designs by the factor that moves accuracy most: by name, or by third of those there are."""
    leading = report.shares_of(report.yield_metric).leading or [factor.path for factor in report.factors]
    factor = report.factor(leading[0])
    place, name = [f.path for f in report.factors].index(factor.path), short_names(report)[factor.path]
    values = [row.values[place] for row in rows]
    kinds = sorted(set(values), key=lambda v: (isinstance(v, str), v))
    if not factor.numeric and len(kinds) <= len(_LOOKS):
        kinds = list(dict.fromkeys(values))
        return [
            (f"{name} {factor_text(factor, v)}", [r for r, own in zip(rows, values, strict=True) if own == v])
            for v in kinds
        ]
    numbers = np.array([float(v) if not isinstance(v, str) else kinds.index(v) for v in values])
    third = np.minimum(np.searchsorted(np.quantile(numbers, [1 / 3, 2 / 3]), numbers, side="left"), 2)
    groups = [[row for row, part in zip(rows, third, strict=True) if part == k] for k in range(3)]
    ranges = [[row.values[place] for row in group] for group in groups]
    return [
        (f"{name} {factor_text(factor, min(ends))}–{factor_text(factor, max(ends))}", group)
        for ends, group in zip(ranges, groups, strict=True)
        if group
    ]
