"""Plates of a comparison of conversions: figures with title and caption, every sentence computed."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from operator import attrgetter
from typing import TYPE_CHECKING

from spikecim.reports import comparison_figures as figures
from spikecim.reports.plate import Plate
from spikecim.reports.wording import several, signed, significant
from spikecim.results.comparison import Comparison, ComparisonRow

if TYPE_CHECKING:
    from matplotlib.figure import Figure

GROUP = "comparison"
_FLOOR = "No misread image at all is drawn as half an image."


def comparison_plates(comparison: Comparison) -> list[Plate]:
    """Figures in the order of the page; those without data are left out."""
    rows = comparison.rows
    if not rows:
        return []
    plates = [_plate("overview", "Accuracy against energy", _overview(comparison), figures.overview, comparison)]
    if any(row.checkpoints is not None for row in rows):
        for id_, title, key, label, caption in _COURSES:
            draw = partial(figures.course, pick=attrgetter(key), label=label)
            plates.append(_plate(id_, title, caption, draw, comparison))
    if any(row.margins is not None for row in rows):
        plates.append(_plate("margins", "Decision margin", _margins(comparison), figures.margins, comparison))
    if any(len(row.losses) == 5 for row in rows):
        plates.append(_plate("losses", "Where the loss enters", _losses(comparison), figures.losses, comparison))
    if any(row.layers for row in rows):
        plates.append(_plate("layers", "Layer by layer", _layers(comparison), figures.layer_errors, comparison))
    return plates


_COURSES = (
    (
        "spikes",
        "Accuracy against input spikes",
        "input_spikes",
        "Input spikes until then (an image)",
        "Each image runs to its end; at each mark the best score so far decides. " + _FLOOR,
    ),
    (
        "time",
        "Accuracy against time",
        "ticks",
        "Ticks since the image began",
        "A tick is one word on the serial link; on a parallel link it is one step. Layers add their own delay.",
    ),
    (
        "energy",
        "Accuracy against energy while an image runs",
        "core_nj",
        "Core energy until then (nJ an image)",
        "Core energy only: cells, clamps, injectors, comparators, reset packets, static power.",
    ),
)


def _plate(id_: str, title: str, caption: str, draw: Callable[[Comparison], Figure], comparison: Comparison) -> Plate:
    return Plate(id=id_, group=GROUP, title=title, caption=caption, draw=partial(draw, comparison))


def best_row(comparison: Comparison, chip: str) -> ComparisonRow:
    """The most accurate row of a chip; among equals the one that takes the least energy."""
    rows = [row for row in comparison.rows if row.chip == chip]
    return max(rows, key=lambda row: (row.accuracy, -row.energy_core_nj))


def _overview(comparison: Comparison) -> str:
    parts = []
    for chip in figures.chips_of(comparison):
        best = best_row(comparison, chip)
        parts.append(f"on {chip} {best.conversion} reads best, {100 * best.accuracy:.2f} %")
    chips = max(row.n_chips for row in comparison.rows)
    images = "95 % interval over images"
    bars = f"Bars: 5–95 % of {several(chips, 'virtual chip')}" if chips > 1 else f"Bars: {images}"
    if chips > 1 and any(row.n_chips == 1 for row in comparison.rows):
        bars += f", for an exact chip the {images}"
    told = "; ".join(parts)
    return f"{told[0].upper()}{told[1:]}. {bars}. {_FLOOR}"


def _margins(comparison: Comparison) -> str:
    chip = [row.chip for row in comparison.rows if row.margins is not None][-1]
    rows = [row for row in comparison.rows if row.chip == chip and row.margins is not None]
    saved = [
        (row.conversion, 100 * (1 - row.margins.core_nj[0] / row.margins.core_nj[-1]))
        for row in rows
        if row.margins is not None and row.margins.core_nj[-1] > 0
    ]
    if not saved:
        return "An image ends when the leader is δs spikes ahead."
    most = max(saved, key=lambda item: item[1])
    return (
        "An image ends when the leader is δs spikes ahead; all margins are read from one run. "
        f"The smallest margin instead of the largest saves up to {most[1]:.0f} % of the core energy ({most[0]})."
    )


def _losses(comparison: Comparison) -> str:
    rows = [row for row in comparison.rows if len(row.losses) == 5]
    largest: dict[str, int] = {}
    for row in rows:
        drops = [a.accuracy - b.accuracy for a, b in zip(row.losses, row.losses[1:], strict=False)]
        step = ("rounding of weights", "rate coding and its link", "real cells", "real neurons and injectors")
        name = step[max(range(4), key=drops.__getitem__)]
        largest[name] = largest.get(name, 0) + 1
    told = ", ".join(
        f"{name} for {count} of {len(rows)}" for name, count in sorted(largest.items(), key=lambda i: -i[1])
    )
    return (
        "The median chip, made real step by step: whole weights in the ANN; spikes on exact cells and neurons; then "
        f"real cells; then real neurons and injectors. The largest loss comes from {told}."
    )


def _layers(comparison: Comparison) -> str:
    told = []
    for chip in figures.chips_of(comparison):
        rows = [row for row in comparison.rows if row.chip == chip and len(row.layers) > 1]
        if rows:
            first = min(100 * row.layers[0].error_rel for row in rows)
            last = min(100 * row.layers[-2].error_rel for row in rows)
            one = max(len(row.layers) for row in rows) == 2
            where = "in the hidden layer" if one else f"in the first layer and {last:.0f} % in the last hidden one"
            told.append(f"{chip} {first:.0f} % {where}")
    best = f" Smallest: {'; '.join(told)}." if told else ""
    return "Spike rate times its unit against the activation of the quantised ANN, over neurons and images." + best


def findings(comparison: Comparison) -> list[str]:
    """What the table says, in sentences."""
    found = []
    for chip in figures.chips_of(comparison):
        rows = [row for row in comparison.rows if row.chip == chip]
        best = best_row(comparison, chip)
        found.append(
            f"{chip}: {best.conversion} reads best: {100 * best.accuracy:.2f} % "
            f"({signed(-best.loss_vs_ann_pp)} points against the float ANN), "
            f"{significant(best.energy_core_nj)} nJ in the core and "
            f"{significant(best.input_spikes_per_image)} input spikes an image."
        )
        close = [row for row in rows if row.accuracy >= best.accuracy - 0.01]
        thrifty = min(close, key=lambda row: row.energy_core_nj)
        if thrifty is not best:
            found.append(
                f"{chip}: within one point of it, {thrifty.conversion} takes the least energy: "
                f"{significant(thrifty.energy_core_nj)} nJ, "
                f"{best.energy_core_nj / thrifty.energy_core_nj:.1f} times less, at {100 * thrifty.accuracy:.2f} %."
            )
    return found
