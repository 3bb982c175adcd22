"""The rows of the second claim: does the energy gain grow with depth, do spikes thin out, is accuracy kept."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from spikecim.experiments.claims import Claim, claim_row
from spikecim.experiments.rows import Span
from spikecim.results.claims import DepthPoint, Setting
from spikecim.results.findings import Row

SOURCE = "EMB: spike sparsity, growing with the depth of the network, is named as a cause of the energy gain"


def whole_window(settings: Sequence[Setting]) -> Setting:
    """The longest window, shown whole."""
    return max((setting for setting in settings if setting.margin is None), key=lambda setting: setting.steps)


def choose(settings: Sequence[Setting], tolerance: float, goal: float | None = None) -> Setting:
    """The cheapest setting that is at most `tolerance` points below `goal`, or below its own whole window."""
    wanted = whole_window(settings).accuracy if goal is None else goal
    enough = [setting for setting in settings if setting.accuracy >= wanted - tolerance / 100]
    return min(enough, key=lambda setting: setting.core_nj)


def growth(points: Sequence[DepthPoint], tolerance: float, *, equal: bool = False) -> tuple[float, ...]:
    """Gain at each depth over that at the first, on held-out images, for another tolerance or one goal for all."""
    if not points:
        return ()
    goal = min(whole_window(point.settings).accuracy for point in points) if equal else None
    gains = [int(point.macs.sum()) / choose(point.settings, tolerance, goal).core_nj for point in points]
    return tuple(gain / gains[0] for gain in gains)


def depth_rows(points: Sequence[DepthPoint], tolerance: float, *, comparable: bool) -> list[Row]:
    """All rows, from networks of rising depth."""
    first, last = points[0], points[-1]
    exact = f"exact cells, {first.n_images:,} test images"
    real = f"{exact}; the interval spans {len(first.chip_core_nj)} virtual chips with real cells"
    gains = np.array([point.macs.sum() / np.array([point.core_nj, *point.chip_core_nj]) for point in points])
    steps = np.array([after / before for before, after in pairwise(gains)])
    least = int(steps[:, 0].argmin())
    thinner = np.array([point.spikes[0] / point.spikes[-2] for point in points[1:]])
    sparser = np.array([first.events_per_mac / point.events_per_mac for point in points[1:]])
    kept = np.array([100 * (point.accuracy - point.whole) for point in points])

    def row(id_: str, quantity: str, span: Span, how: str, bound: float = 1.0, unit: str = "x") -> Row:
        claim = Claim(id=id_, quantity=quantity, value=bound, unit=unit, source=SOURCE)
        return claim_row(claim, span, how, comparable=comparable)

    return [
        row(
            "gain_growth",
            f"Energy gain at {last.depth} layers over the gain at {first.depth}",
            _span(gains[-1] / gains[0]),
            f"core energy; both baselines cost a fixed sum per MAC, so the ratio is the same for all of them; {real}",
        ),
        row(
            "gain_growth_hidden",
            f"Energy gain at {last.depth} layers over the gain at {points[1].depth}",
            _span(gains[-1] / gains[1]),
            f"among networks with hidden layers; core energy; {real}",
        ),
        row(
            "gain_growth_least",
            "Least growth of the gain from one depth to the next",
            _span(steps[least]),
            f"from {points[least].depth} to {points[least + 1].depth} layers; core energy; {real}",
        ),
        row(
            "sparsity_growth",
            f"Events per MAC, {first.depth} layer over {last.depth} layers",
            (float(sparser.min()), float(sparser[-1]), float(sparser.max())),
            f"sparsity alone, whatever an event costs; biases are events too; {exact}; the interval spans the depths",
        ),
        row(
            "hidden_sparsity",
            f"Spikes per input over spikes per last hidden neuron, {last.depth} layers",
            (float(thinner.min()), float(thinner[-1]), float(thinner.max())),
            f"{exact}; the interval spans the depths",
        ),
        row(
            "accuracy_kept",
            "Accuracy at the chosen end of a sample minus that of the whole window, worst depth",
            (float(kept.min()), float(kept.min()), float(kept.max())),
            f"the end is chosen on held-out training images, at most {tolerance:g} points below the whole window; "
            f"{exact}; the interval spans the depths",
            -tolerance,
            "points",
        ),
    ]


def _span(values: NDArray[np.float64]) -> Span:
    """The exact chip's value, the first, within the smallest and the largest of all."""
    return float(values.min()), float(values[0]), float(values.max())
