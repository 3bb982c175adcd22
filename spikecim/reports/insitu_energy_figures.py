"""Figures of the energy of training on a chip: parts, dataflows, batch, momentum, doubt."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from spikecim.energy.training_events import PHASES
from spikecim.reports.insitu_energy_wording import PART_WORDS, PHASE_WORDS, SITE_WORDS, micro
from spikecim.reports.style import (
    CHIP,
    INK,
    MUTED,
    PAPER,
    PUBLISHED,
    SECOND,
    THIRD,
    new_figure,
    note,
    plain_log,
    styled,
    y_title,
)
from spikecim.reports.wording import significant

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from spikecim.results.training_energy import TrainingEnergy

# Light to dark, so that neighbours differ in grey too.
_PHASES = {
    "forward": (CHIP, ""),
    "error": ("#7fbadb", ""),
    "weight_gradient": (SECOND, ""),
    "weight_update": (INK, ""),
    "momentum": (PUBLISHED, "////"),
}
_SITES = {"dram": (PUBLISHED, "--", "s"), "buffer": (CHIP, "-", "o"), "engine": (THIRD, "-.", "^")}


def parts_figure(found: TrainingEnergy) -> Figure:
    """Draw each part of the accumulating dataflow, stacked by phase; what the naive one changes is written beside."""
    ours, naive = found.ledgers["accumulated"], found.ledgers["naive"]
    sums, others = ours.by_part(), naive.by_part()
    parts = sorted(sums, key=lambda part: -sums[part])
    with styled():
        figure = new_figure(1.35 + 0.31 * len(parts))
        axes = figure.subplots()
        for phase, (colour, hatch) in _PHASES.items():
            if phase not in ours.by_phase():
                continue
            values = [micro(sum(ours.cells.get((phase, part), ()))) for part in parts]
            start = [
                micro(sum(sum(ours.cells.get((one, part), ())) for one in PHASES[: PHASES.index(phase)]))
                for part in parts
            ]
            axes.barh(
                range(len(parts)),
                values,
                left=start,
                height=0.66,
                color=colour,
                hatch=hatch,
                edgecolor=PAPER,
                linewidth=0.3,
                label=PHASE_WORDS[phase],
            )
        for row, part in enumerate(parts):
            more = others.get(part, 0) > 1.05 * sums[part]
            text = significant(micro(sums[part])) + (f"  (naive {significant(micro(others[part]))})" if more else "")
            note(axes, text, (micro(sums[part]), row), (4, 0), va="center")
        _rows(axes, [PART_WORDS[part] for part in parts])
        axes.set_xlim(0, 1.42 * micro(max(sums.values())))
        axes.set_xlabel("Energy of one trained image (µJ)")
        axes.legend(frameon=False, loc="lower right")
    return figure


def ways_figure(found: TrainingEnergy, published: tuple[float, float]) -> Figure:
    """Draw tera-operations per joule of each dataflow at each node, and beside them the gain over the naive one."""
    nodes = list(dict.fromkeys(way.node for way in found.ways))
    labels: list[str] = []
    with styled():
        figure = new_figure(1.3 + 0.26 * (len(found.ways) + len(nodes)))
        axes = figure.subplots()
        for node in nodes:
            labels.append(f"{node} nm")
            for way in (way for way in found.ways if way.node == node):
                row, (low, middle, high) = len(labels), way.full
                labels.append(way.short)
                axes.plot([low, high], [row, row], color=CHIP, linewidth=3.5, alpha=0.4)
                axes.plot(middle, row, "o", color=CHIP, markersize=5)
                how: dict[str, Any] = {"xycoords": ("axes fraction", "data"), "va": "center", "ha": "right"}
                note(axes, f"{significant(way.gain[1])}×", (1.0, row), (38, 0), **how)
        axes.axvline(published[0], color=PUBLISHED, linewidth=1.2, linestyle=(0, (4, 2)), zorder=0)
        top: dict[str, Any] = {"xycoords": ("data", "axes fraction"), "color": PUBLISHED, "ha": "right"}
        note(axes, f"published {published[0]:g}", (published[0], 1.0), (6, 3), **top)
        note(axes, "gain", (1.0, 1.0), (38, 3), xycoords="axes fraction", ha="right", color=MUTED)
        _rows(axes, labels)
        for label in axes.get_yticklabels():
            label.set_fontweight("bold" if label.get_text().endswith(" nm") else "normal")
        axes.set_xscale("log")
        axes.grid(axis="x")
        plain_log(axes)
        axes.set_xlabel("TOPS/W, everything counted")
    return figure


def batch_figure(found: TrainingEnergy, published: tuple[float, float]) -> Figure:
    """Draw tera-operations per joule against the batch, by where the gradient is summed."""
    batches = [point.batch for point in found.batches]
    with styled():
        figure = new_figure(4.1)
        axes = figure.subplots()
        for site, (colour, dashes, marker) in _SITES.items():
            values = [point.full[site] for point in found.batches]
            axes.plot(batches, values, dashes, color=colour, marker=marker, markersize=4.5, label=SITE_WORDS[site])
        axes.plot(batches, [point.peer for point in found.batches], ":", color=MUTED, label="rates of V2.1's own run")
        for value, text in ((published[0], "published"), (published[1], "published, naive: a twelfth")):
            axes.axhline(value, color=INK, linewidth=0.8, linestyle=(0, (1, 2)))
            note(axes, text, (batches[-1], value), (0, -11), color=INK, ha="right")
        axes.set_xscale("log", base=2)
        axes.set_yscale("log")
        axes.set_ylim(0.75, 190)
        axes.set_xticks([b for b in batches if b != 200], [f"{b}" for b in batches if b != 200])
        plain_log(axes, y=True)
        axes.set_xlabel("Images between two updates")
        axes.grid(axis="y")
        axes.legend(frameon=False, loc="upper left")
        y_title(axes, "TOPS/W, everything counted")
    return figure


def momentum_figure(found: TrainingEnergy, published: float, batch: int) -> Figure:
    """Draw what momentum adds against the batch: formula and table, both falling as 1 / batch."""
    batches = [point.batch for point in found.batches]
    with styled():
        figure = new_figure(3.3)
        axes = figure.subplots()
        for values, text, (colour, dashes, marker) in (
            ([p.formula_percent for p in found.batches], "formula: 13 bits, 156 µJ", (PUBLISHED, "--", "s")),
            ([p.momentum_percent for p in found.batches], "our table", (CHIP, "-", "o")),
        ):
            axes.plot(batches, values, dashes, color=colour, marker=marker, markersize=4.5, label=text)
        axes.plot([batch], [published], "D", color=INK, markerfacecolor=PAPER, markersize=8, zorder=5)
        note(axes, f"published {published:g} %", (batch, published), (5, 8))
        axes.set_xscale("log", base=2)
        axes.set_yscale("log")
        axes.set_xticks([b for b in batches if b != 200], [f"{b}" for b in batches if b != 200])
        plain_log(axes, y=True)
        axes.set_xlabel("Images between two updates")
        axes.grid(axis="y")
        axes.legend(frameon=False, loc="lower left")
        y_title(axes, "Energy that momentum adds (%)")
    return figure


def training_tornado_figure(found: TrainingEnergy) -> Figure:
    """Draw every number of the table from its low to its high value, the longest bar on top."""
    bars = found.tornado
    with styled():
        figure = new_figure(0.95 + 0.29 * len(bars))
        axes = figure.subplots()
        middle = bars[0].pj / 1e6
        for row, bar in enumerate(bars):
            for end, colour in ((bar.pj_low / 1e6, SECOND), (bar.pj_high / 1e6, CHIP)):
                axes.barh(row, end - middle, left=middle, height=0.62, color=colour, edgecolor=colour, linewidth=0.8)
            how: dict[str, Any] = {"xycoords": ("axes fraction", "data"), "ha": "right", "va": "center"}
            for end, shift in ((bar.pj_low, 40), (bar.pj_high, 84)):
                change = end / 1e6 - middle
                note(axes, f"{'+' if change > 0 else '−'}{significant(abs(change), 2)}", (1.0, row), (shift, 0), **how)
        axes.axvline(middle, color=MUTED, linewidth=0.6, zorder=0)
        _rows(axes, [bar.entry.name.replace("_", " ") for bar in bars])
        axes.grid(axis="x")
        axes.set_xlabel("Energy of one trained image (µJ)")
        y_title(axes, f"{significant(middle)} µJ at the table")
        head: dict[str, Any] = {"xycoords": "axes fraction", "color": MUTED, "ha": "right", "va": "bottom"}
        note(axes, "low, high, µJ", (1.0, 1.0), (84, 7), **head)
    return figure


def accuracy_figure(found: TrainingEnergy) -> Figure:
    """Draw the test accuracy of every device and rule with its interval over seeds."""
    devices = list(dict.fromkeys(point.device for point in found.accuracies))
    rules = list(dict.fromkeys(point.rule for point in found.accuracies))
    looks = ((PUBLISHED, "s"), (CHIP, "o"), (THIRD, "^"), (SECOND, "D"), (INK, "v"), (MUTED, "P"))
    with styled():
        figure = new_figure(1.3 + 0.36 * len(devices))
        axes = figure.subplots()
        for place, rule in enumerate(rules):
            colour, marker = looks[place % len(looks)]
            shift = 0.16 * (place - 0.5 * (len(rules) - 1))
            for number, point in enumerate(p for p in found.accuracies if p.rule == rule):
                low, middle, high = point.accuracy
                row = devices.index(point.device) + shift
                if low is not None and high is not None:
                    axes.plot([low, high], [row, row], color=colour, linewidth=2.4, alpha=0.45)
                label = rule if number == 0 else None
                axes.plot([middle], [row], marker, color=colour, markersize=5.5, linestyle="", label=label)
        _rows(axes, devices)
        axes.grid(axis="x")
        axes.set_xlabel("Test accuracy (%)")
        figure.legend(frameon=False, loc="outside upper left", ncols=min(3, len(rules)))
    return figure


def _rows(axes: Axes, labels: list[str]) -> None:
    """Labels from top to bottom, without a spine."""
    axes.set_yticks(range(len(labels)), labels)
    axes.tick_params(axis="y", length=0, labelcolor=INK)
    axes.spines["left"].set_visible(False)
    axes.set_ylim(len(labels) - 0.45, -0.55)
