"""Plates, findings and tables of the two claims: each sentence and number computed from the results."""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np

from spikecim.reports.claims_figures import depth_accuracy, depth_gain, depth_spikes, window_curves
from spikecim.reports.plate import Plate
from spikecim.reports.wording import number, several, signed, significant
from spikecim.results.claims import DepthPoint, DepthSparsity, RateEquivalence

GROUP = "claim"


def equivalence_plates(found: RateEquivalence) -> list[Plate]:
    """The one figure of the first claim."""
    caption = (
        "Ideal chip: exact cells and neurons, rails out of reach, a parallel link. The ANN is the one with the weights "
        "that the cells hold. One run tells all windows: the input of a shorter one is the beginning of a longer one. "
        "In the lower panel half an image stands for none."
    )
    if not found.curves:
        return []
    return [_plate("rate-equivalence", "Accuracy against the window", caption, partial(window_curves, found))]


def equivalence_findings(found: RateEquivalence) -> list[str]:
    """One sentence a network, one on close calls, one on what is missing."""
    told = []
    for curve in found.curves:
        loss = signed(curve.loss[1])
        told.append(
            f"{curve.network}: {number(100 * curve.accuracy[-1], '%')} % after {int(curve.steps[-1])} steps, {loss} "
            f"points against its quantised ANN ({number(100 * curve.quantised, '%')} %; float ANN "
            f"{number(100 * curve.ann, '%')} %); {several(round(curve.otherwise[-1] * curve.n_images), 'image')} of "
            f"{curve.n_images:,} decided otherwise. {_enough(curve)}"
        )
    if found.close is not None:
        close = found.close
        left = int(close.otherwise[-1])
        over = f"all{f' but {left}' if left else ''} go over to the ANN's decision by {int(close.steps[-1]):,} steps"
        told.append(
            f"Of the perceptron's images {int(close.otherwise[0])} are decided otherwise at {int(close.steps[0])} "
            f"steps. In none of them does the ANN lead by more than {number(close.largest_lead)} output spikes of that "
            f"window, and each of two counts may be off by one. Shown longer, {over}. "
            f"Images whose two best sums are equal in the ANN: {close.ties}."
        )
    return [*told, *_skipped(found.skipped)]


def _enough(curve: Any) -> str:
    """How short a window already stays within half a point."""
    within = np.flatnonzero(100 * (curve.quantised - curve.accuracy) <= 0.5)
    return f"Half a point is lost at most from {int(curve.steps[within[0]])} steps on." if len(within) else ""


def equivalence_tables(found: RateEquivalence) -> list[dict[str, Any]]:
    """Accuracy by window, and what the conversions did on held-out images."""
    rows = [
        [curve.network, f"{int(step)}", number(100 * accuracy, "%"), number(100 * other, "%")]
        for curve in found.curves
        for step, accuracy, other in zip(curve.steps, curve.accuracy, curve.otherwise, strict=True)
    ]
    tried = [
        [curve.network, rule + (" (taken)" if rule == curve.conversion else ""), number(100 * share, "%")]
        for curve in found.curves
        for rule, share in curve.tried.items()
    ]
    return [
        _table("Accuracy by window", ["Network", "Steps", "Accuracy, %", "Decided otherwise, %"], rows),
        _table("Conversions on held-out training images", ["Network", "Conversion", "Decided otherwise, %"], tried),
    ]


def depth_plates(found: DepthSparsity) -> list[Plate]:
    """Figures of the second claim; none without a network."""
    if len(found.points) < 2:
        return []
    gain = (
        "Each band spans two rules that scale a MAC from 45 to 130 nm, the line is their geometric mean; single "
        "strokes are other networks, on MNIST's full images. A sample ends where held-out training images lose at "
        f"most {found.tolerance:g} points."
    )
    spikes = "Each line is one network, up to its last hidden layer."
    accuracy = "The real chips run at the setting chosen for exact cells; one ring is one virtual chip."
    return [
        _plate("depth-gain", "Energy gain against depth", gain, partial(depth_gain, found)),
        _plate("depth-spikes", "Spikes by layer", spikes, partial(depth_spikes, found)),
        _plate("depth-accuracy", "Accuracy kept", accuracy, partial(depth_accuracy, found)),
    ]


def depth_findings(found: DepthSparsity) -> list[str]:
    """What grows, what does not, and what the choice of the end has to do with it."""
    told = []
    if len(found.points) > 1:
        first, last = found.points[0], found.points[-1]
        judged = {row.id: row.verdict for row in found.rows}
        told = [
            f"Does the gain grow with depth? From {first.depth} to {last.depth} layers: "
            f"{_answer(judged['gain_growth'])}; from {found.points[1].depth} to {last.depth}: "
            f"{_answer(judged['gain_growth_hidden'])}. Do spikes thin out towards the last hidden layer? "
            f"{_answer(judged['hidden_sparsity'])}.",
            f"The gain over 8-bit MACs with their memory traffic is {_band(first, 'memory')} at {first.depth} layer "
            f"and {_band(last, 'memory')} at {last.depth}; over bare MACs {_band(first, 'bare')} and "
            f"{_band(last, 'bare')}.",
            f"An image takes {significant(first.events_per_mac)} synaptic events per MAC at {first.depth} layer, "
            f"{significant(last.events_per_mac)} at {last.depth}. An image ends at the cheapest setting that keeps the "
            f"accuracy of its own network ({_ends(found)}).",
            f"Within the deepest network there are {significant(float(last.spikes[0]))} spikes per input and "
            f"{significant(float(last.spikes[-2]))} per neuron of the last hidden layer.",
            "For the whole chip, where every input word pays for logic and link whatever the depth, the gain over MACs "
            f"with memory traffic is {_band(first, 'memory', 'chip')} at {first.depth} layer and "
            f"{_band(last, 'memory', 'chip')} at {last.depth}.",
            f"The choice matters. Gain at {last.depth} layers over that at {first.depth}, on held-out images: "
            + ", ".join(
                f"{significant(ratios[-1])} at {points:g} points" for points, ratios in sorted(found.others.items())
            )
            + f"; {significant(found.equal[-1])} if every depth only has to read as much right as one layer can.",
            f"A formal chip that skips zeros would do {100 * first.active:.0f} % of the MACs at {first.depth} layer "
            f"and {100 * last.active:.0f} % at {last.depth}: against it the gains shrink by these factors.",
        ]
    return [*told, *_skipped(found.skipped)]


def _answer(judged: str) -> str:
    return {"reproduced": "yes", "off": "no"}.get(judged, "not judged")


def _band(point: DepthPoint, kind: str, scope: str = "core") -> str:
    low, high = point.gain(kind, scope)
    return f"{significant(low, 2)} to {significant(high, 2)}×"


def _ends(found: DepthSparsity) -> str:
    return "; ".join(f"{point.depth}: {point.chosen.text()}" for point in found.points)


def depth_tables(found: DepthSparsity) -> list[dict[str, Any]]:
    """One line a network, and spikes by layer."""
    networks = (*found.points, *found.further)
    head = [
        "Network",
        "Layers",
        "MACs",
        "End of a sample",
        "ANN, %",
        "Quantised, %",
        "Whole window, %",
        "Chosen end, %",
    ]
    head += [
        "Real cells, %",
        "Events per MAC",
        "Core, nJ",
        "Chip, nJ",
        "Gain, memory",
        "Gain, bare",
        "Chip gain, memory",
    ]
    rows = [
        [
            point.network,
            f"{point.depth}",
            f"{int(point.macs.sum()):,}",
            point.chosen.text(),
            *(number(100 * value, "%") for value in (point.ann, point.quantised, point.whole, point.accuracy)),
            number(100 * float(np.median(point.chip_accuracy)), "%"),
            *(significant(value) for value in (point.events_per_mac, point.core_nj, point.chip_nj)),
            _band(point, "memory"),
            _band(point, "bare"),
            _band(point, "memory", "chip"),
        ]
        for point in networks
    ]
    by_layer = [
        [point.network, ", ".join(significant(float(value), 2) for value in point.spikes)] for point in networks
    ]
    title = "Spikes per image: for each input line, then for each neuron of each layer"
    return [_table("Networks", head, rows), _table(title, ["Network", "Spikes"], by_layer)]


def _skipped(skipped: dict[str, str]) -> list[str]:
    return [f"Left out: {name}: {reason}." for name, reason in skipped.items()]


def _plate(id_: str, title: str, caption: str, draw: Any) -> Plate:
    return Plate(id=id_, group=GROUP, title=title, caption=caption, draw=draw)


def _table(title: str, head: list[str], rows: list[list[str]]) -> dict[str, Any]:
    return {"title": title, "head": head, "rows": [{"cells": row, "total": False} for row in rows]}
