"""Figures of a study of training on the chip: accuracy against nonlinearity, gain of a rule, pulses for each cell."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from spikecim.reports.insitu_wording import device_name, rule_name
from spikecim.reports.style import (
    CHIP,
    INK,
    MUTED,
    PAPER,
    PUBLISHED,
    SECOND,
    SMALL,
    THIRD,
    new_figure,
    note,
    plain_log,
    styled,
    y_title,
)
from spikecim.reports.wording import signed
from spikecim.results.insitu_table import CellResult, DeviceRow, InsituTable, MeanInterval

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_ROW = 0.3  # inch
_LONG = 8  # letters that fit below the axis


@dataclass(frozen=True, kw_only=True)
class Look:
    """How a rule is drawn: told apart by marker, filling and stroke too."""

    colour: str
    marker: str
    filled: bool
    dashes: Any

    @property
    def face(self) -> str:
        return self.colour if self.filled else PAPER

    def mark(self, size: float = 4.5) -> dict[str, Any]:
        """Of its dots, for `Axes.plot`."""
        return {
            "color": self.colour,
            "marker": self.marker,
            "markersize": size,
            "markerfacecolor": self.face,
            "markeredgecolor": self.colour,
            "markeredgewidth": 1.1,
        }


_REFERENCE = Look(colour=PUBLISHED, marker="o", filled=False, dashes=(0, (4, 2)))
_OTHERS = (
    Look(colour=CHIP, marker="o", filled=True, dashes="-"),
    Look(colour=THIRD, marker="s", filled=True, dashes=(0, (1, 1))),
    Look(colour=SECOND, marker="D", filled=True, dashes=(0, (5, 1, 1, 1))),
    Look(colour=MUTED, marker="^", filled=True, dashes=(0, (3, 1))),
    Look(colour=INK, marker="v", filled=False, dashes=(0, (2, 1))),
)


def looks(found: InsituTable) -> dict[str, Look]:
    """One for each rule, the reference first."""
    others = [rule for rule in found.study["rules"] if rule != found.reference]
    return {found.reference: _REFERENCE} | {rule: _OTHERS[k % len(_OTHERS)] for k, rule in enumerate(others)}


def legend(figure: Figure, found: InsituTable) -> None:
    """Rules above the panels."""
    from matplotlib.lines import Line2D

    handles = [
        Line2D([], [], linestyle=look.dashes, linewidth=1.2, label=rule_name(rule), **look.mark())
        for rule, look in looks(found).items()
    ]
    figure.legend(handles=handles, loc="outside upper left", ncols=3, frameon=False, fontsize=SMALL, handlelength=2.6)


def accuracy(found: InsituTable) -> Figure:
    """Test accuracy against the label of symmetric pairs; devices by name beside it, on the same scale."""
    pairs = sorted((device for device in found.devices if _is_pair(device)), key=lambda device: device.strength or 0.0)
    named = [device for device in found.devices if device not in pairs]
    with styled():
        figure = new_figure(3.5)
        widths = [max(1.0, 0.55 * len(pairs)), max(1.0, 0.55 * len(named))]
        if pairs and named:
            left, right = figure.subplots(1, 2, sharey=True, width_ratios=widths)
        else:
            left = right = figure.subplots()
        if pairs:
            _against_label(left, found, pairs)
        if named:
            _by_name(right, found, named)
        y_title(left if pairs else right, "Test accuracy (%)")
        legend(figure, found)
        return figure


def _is_pair(device: DeviceRow) -> bool:
    """An assumed curve with opposite labels of one size: it has a place on the axis of labels."""
    return device.name[:1] in "0+-" and device.ltp is not None and device.ltp == -(device.ltd or 0.0)


def _against_label(axes: Axes, found: InsituTable, pairs: list[DeviceRow]) -> None:
    x = [device.strength or 0.0 for device in pairs]
    for rule, look in looks(found).items():
        tests = [found.cell(device.name, rule).test for device in pairs]
        there = [(at, test) for at, test in zip(x, tests, strict=True) if test is not None]
        axes.plot(
            [at for at, _ in there],
            [test.value for _, test in there],
            linestyle=look.dashes,
            linewidth=1.2,
            zorder=3,
            **look.mark(),
        )
        for at, test in there:
            _whisker(axes, test, at, look)
    axes.set_xticks(x, [device_name(device.name) for device in pairs])
    axes.set_xlabel("Labels up and down")
    axes.grid(axis="y")
    axes.margins(x=0.08)


def _by_name(axes: Axes, found: InsituTable, named: list[DeviceRow]) -> None:
    rules = looks(found)
    for k, (rule, look) in enumerate(rules.items()):
        for place, device in enumerate(named):
            test = found.cell(device.name, rule).test
            if test is not None:
                at = place + 0.16 * (k - (len(rules) - 1) / 2)
                axes.plot([at], [test.value], linestyle="", zorder=3, **look.mark())
                _whisker(axes, test, at, look)
    axes.set_xticks(range(len(named)), [_broken(device_name(device.name)) for device in named])
    axes.set_xlim(-0.6, len(named) - 0.4)
    axes.tick_params(axis="x", length=0)
    axes.grid(axis="y")


def _broken(name: str) -> str:
    """A long name on two lines."""
    first, hyphen, rest = name.partition("-")
    return f"{first}-\n{rest}" if hyphen and len(name) > _LONG else name


def _whisker(axes: Axes, found: MeanInterval, at: float, look: Look) -> None:
    if found.low is not None and found.high is not None:
        axes.plot([at, at], [found.low, found.high], color=look.colour, linewidth=1.2, zorder=2)


def gains(found: InsituTable) -> Figure:
    """Points of test accuracy over the reference, paired by seed; one panel for each rule."""
    rules = [rule for rule in found.study["rules"] if rule != found.reference]
    with styled():
        figure = new_figure(0.3 + len(rules) * (0.75 + _ROW * len(found.devices)))
        for axes, rule in zip(figure.subplots(len(rules), 1, squeeze=False)[:, 0], rules, strict=True):
            _gain(axes, found, rule)
        return figure


def _gain(axes: Axes, found: InsituTable, rule: str) -> None:
    rows = [gain for gain in found.gains if gain.rule == rule]
    look = looks(found)[rule]
    for place, row in enumerate(rows):
        edge = axes.get_yaxis_transform()
        note(axes, device_name(row.device), (0.0, place), (-5, -3), xycoords=edge, ha="right", color=INK)
        if row.gain is None:
            note(axes, "nothing to compare", (0, place), (4, -3), color=MUTED, box=True)
            continue
        if row.gain.low is not None and row.gain.high is not None:
            axes.plot([row.gain.low, row.gain.high], [place, place], color=look.colour, linewidth=1.4)
        axes.plot([row.gain.value], [place], linestyle="", **look.mark(5))
        note(axes, signed(row.gain.value), (1.0, place), (5, -3), xycoords=edge)
    axes.axvline(0.0, color=MUTED, linewidth=1.0, zorder=0)
    axes.set_yticks([])
    axes.set_ylim(len(rows) - 0.5, -0.6)
    axes.grid(axis="x")
    name = rule_name(rule)
    axes.set_title(f"{name[0].upper()}{name[1:]} against {rule_name(found.reference)}")
    axes.set_xlabel("Gain (points of test accuracy)")


def writes(found: InsituTable) -> Figure:
    """Pulses for each cell in the whole training: mean of all cells as a dot, the busiest cell as a stroke."""
    rules = looks(found)
    with styled():
        figure = new_figure(0.9 + (0.12 + 0.2 * len(rules)) * len(found.devices))
        axes = figure.subplots()
        for place, device in enumerate(found.devices):
            for k, (rule, look) in enumerate(rules.items()):
                at = place + (k - (len(rules) - 1) / 2) * 0.7 / max(len(rules), 1)
                _busy(axes, found.cell(device.name, rule), at, look)
        axes.set_xscale("log")
        plain_log(axes)
        axes.set_yticks(range(len(found.devices)), [device_name(device.name) for device in found.devices])
        axes.tick_params(axis="y", length=0, labelcolor=INK)
        axes.set_ylim(len(found.devices) - 0.4, -0.6)
        axes.set_xlabel("Pulses for each cell in the whole training")
        axes.grid(axis="x")
        legend(figure, found)
        return figure


def _busy(axes: Axes, cell: CellResult, at: float, look: Look) -> None:
    if not cell.pulses:
        return
    most = max((seed.largest_writes or 0 for seed in cell.seeds), default=0)
    axes.plot([cell.pulses, max(most, cell.pulses)], [at, at], color=look.colour, linewidth=1.0, linestyle=look.dashes)
    axes.plot([most], [at], "|", color=look.colour, markersize=7, markeredgewidth=1.5)
    axes.plot([cell.pulses], [at], linestyle="", **look.mark())
