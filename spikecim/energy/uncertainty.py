"""All entries over their ranges at once (Monte Carlo), so that an energy and a gain are intervals.

An entry is drawn from a triangle between its low and high end with its value on top: in the logarithm, or in the
number itself where the low end is 0. "Free" draws take every entry by itself. "Anchored" draws then solve each
calibrated entry again for the published figure it was fitted to: what is known of the chip stays true in every draw.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from spikecim.energy.entries import Entry
from spikecim.energy.terms import PICO, READING, Term
from spikecim.errors import ParameterError
from spikecim.streams import stream

Draws = dict[str, NDArray[np.float64]]
# Of the draws, at least this share must agree with the published figures.
LEAST_KEPT = 0.01


@dataclass(frozen=True, kw_only=True)
class Figure:
    """A published energy per synaptic event as printed: pJ, half a printed unit, and the scope it speaks of."""

    row: str
    pj: float
    half_unit: float
    scope: str


# SPIRIT's; the same numbers as `experiments.published`, which a test holds together.
FIGURES = (
    Figure(row="energy_core_per_event_pj", pj=3.6, half_unit=0.05, scope="core"),
    Figure(row="energy_chip_per_event_pj", pj=180.0, half_unit=0.5, scope="chip"),
)


@dataclass(frozen=True, kw_only=True)
class Anchor:
    """A calibrated entry, and the run on which it must give its published figure.

    Attributes
    ----------
    entry : Entry
    figure : Figure
    terms : tuple of Term
        Of a run of the calibrated chip at its published settings, in the parts of the figure's scope.
    events : float
        Mean synaptic events of an inference in that run.
    """

    entry: Entry
    figure: Figure
    terms: tuple[Term, ...]
    events: float


@dataclass(frozen=True, kw_only=True)
class Anchored:
    """Draws that agree with the published figures, and which of the free ones they are, bool (n,)."""

    draws: Draws
    kept: NDArray[np.bool_]


def draw_entries(entries: Sequence[Entry], n: int, seed: int) -> Draws:
    """Return `n` draws of every entry by path, each float64 (n,).

    An entry has a stream of its own, so another entry changes no draw, and a longer draw starts with the shorter.
    Counts are rounded. The reading is no matter of chance: it keeps its value, and reports give both.
    """
    return {
        entry.path: np.full(n, entry.value)
        if entry.path == READING or not entry.moves
        else _rounded(entry, triangular(entry.low, entry.value, entry.high, _uniform(entry.path, n, seed)))
        for entry in entries
    }


def triangular(low: float, top: float, high: float, u: NDArray[np.float64]) -> NDArray[np.float64]:
    """Quantiles `u` of the triangle low..top..high, in the logarithm where `low` is above 0."""
    if low > 0:
        return np.clip(np.exp(_triangle(math.log(low), math.log(top), math.log(high), u)), low, high)
    return _triangle(low, top, high, u)


def _triangle(low: float, top: float, high: float, u: NDArray[np.float64]) -> NDArray[np.float64]:
    width, up, down = high - low, top - low, high - top
    rising = low + np.sqrt(u * width * up)
    falling = high - np.sqrt((1.0 - u) * width * down)
    return np.where(u * width < up, rising, falling)


def _uniform(path: str, n: int, seed: int) -> NDArray[np.float64]:
    return stream(seed, "energy", "draw", path).random(n)


def _rounded(entry: Entry, drawn: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.rint(drawn) if entry.unit == "count" else drawn


def spread(
    terms: Sequence[Term], draws: Mapping[str, NDArray[np.float64]], parts: Sequence[str]
) -> NDArray[np.float64]:
    """Mean pJ of an inference over `parts` for every draw, (n,)."""
    total = np.zeros(len(next(iter(draws.values()))))
    for term in (term for term in terms if term.part in parts):
        each = float(term.counts.sum(1).mean()) * term.constant * PICO
        total += each * np.prod([draws[path] for path in term.factors], axis=0)
    return total


def anchors_of(
    entries: Sequence[Entry], terms: Sequence[Term], events: float, scopes: Mapping[str, Sequence[str]]
) -> tuple[Anchor, ...]:
    """Anchors of the entries that were fitted to one of `FIGURES`, the core's first.

    Parameters
    ----------
    terms : sequence of Term
        Of a run of the calibrated chip at its published settings.
    events : float
        Mean synaptic events of an inference in that run.
    scopes : mapping of str to sequence of str
        Parts of ``"core"`` and ``"chip"``.

    Raises
    ------
    ParameterError
        If the run had no synaptic event.
    """
    if not events > 0:
        raise ParameterError("energy: a run without a synaptic event cannot stand for a published pJ per event")
    fitted = {entry.fitted_to: entry for entry in entries}
    return tuple(
        Anchor(
            entry=fitted[figure.row],
            figure=figure,
            terms=tuple(term for term in terms if term.part in scopes[figure.scope]),
            events=events,
        )
        for figure in FIGURES
        if figure.row in fitted
    )


def anchored(draws: Mapping[str, NDArray[np.float64]], anchors: Sequence[Anchor], seed: int) -> Anchored:
    """Solve the entry of every anchor for its published figure, draw by draw.

    The figure itself is drawn evenly over its half unit. A draw is dropped when the others leave a solved entry less
    than the low end of its own range: they cannot all be what they were drawn as, the figure being what it is. The high
    end is no limit; the figure sets one.

    Raises
    ------
    ParameterError
        If fewer than one draw in a hundred is left.
    """
    solved = {path: np.array(values) for path, values in draws.items()}
    kept = np.ones(len(next(iter(solved.values()))), np.bool_)
    for anchor in anchors:
        entry, figure = anchor.entry, anchor.figure
        # The table is written per synaptic event, whatever reading a run takes.
        given = solved | {READING: np.ones(len(kept))}
        without = _pj(anchor, given | {entry.path: np.zeros(len(kept))})
        slope = _pj(anchor, given | {entry.path: np.ones(len(kept))}) - without
        off = 2.0 * stream(seed, "energy", "published", figure.row).random(len(kept)) - 1.0
        target = (figure.pj + figure.half_unit * off) * anchor.events
        solved[entry.path] = (target - without) / slope
        kept &= solved[entry.path] >= max(entry.low, 0.0)
    if kept.mean() < LEAST_KEPT:
        names = ", ".join(anchor.entry.path for anchor in anchors)
        raise ParameterError(
            f"energy: under {LEAST_KEPT:.0%} of the draws agree with the published figures; "
            f"the ranges of {names} and of the other entries contradict each other: widen them in the chip file"
        )
    return Anchored(draws={path: values[kept] for path, values in solved.items()}, kept=kept)


def _pj(anchor: Anchor, draws: Mapping[str, NDArray[np.float64]]) -> NDArray[np.float64]:
    return spread(anchor.terms, draws, tuple({term.part for term in anchor.terms}))
