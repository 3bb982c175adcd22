"""Every entry over its range, at once and one by one: intervals of an energy, bars of a tornado."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from spikecim.energy.entries import Entry
from spikecim.energy.sensitivity import averaged, tornado
from spikecim.energy.terms import READING, Term, mean_pj, reading_factor
from spikecim.energy.uncertainty import (
    FIGURES,
    Anchor,
    Anchored,
    Draws,
    anchored,
    anchors_of,
    draw_entries,
    spread,
    triangular,
)
from spikecim.explore.energy_links import wire_entry
from spikecim.results.energy_against_rows import AnchorRow, BarRow, FigureRow, SolvedRow
from spikecim.results.energy_rows import Range
from spikecim.results.energy_source import EnergySource
from spikecim.results.population import HIGH, LOW
from spikecim.streams import stream

Values = NDArray[np.float64]
# Where the published figures were measured: input lines, neurons, decision margin, data.
PUBLISHED_TASK, PUBLISHED_DATA = ((144, 10), 10), "mnist "
FIGURES_READ = "per-synaptic-event"
PROGRAMMING_FACTOR = 3.0  # either way: the energy of a pulse is an order of magnitude


@dataclass(frozen=True, kw_only=True)
class Doubt:
    """Draws of the entries of one run.

    Attributes
    ----------
    free : dict of float64 (n,)
        By path; every entry over its range.
    anchored : Anchored or None
        Those of them that keep the published figures; None where no given run can tell.
    lines_out : int
        Neurons that share an input spike, for the reading.
    programming : float64 (n,)
        Energy of programming, over what the run says.
    anchors : tuple of Anchor
        What the anchored draws keep.
    """

    free: Draws
    anchored: Anchored | None
    lines_out: int
    programming: Values
    anchors: tuple[Anchor, ...] = ()

    @property
    def modes(self) -> tuple[str, ...]:
        return ("free",) if self.anchored is None else ("anchored", "free")

    def draws(self, mode: str) -> Draws:
        """By path, of one mode."""
        return self.anchored.draws if mode == "anchored" and self.anchored is not None else self.free

    def kept(self, mode: str) -> NDArray[np.bool_]:
        """Which of the free draws the mode keeps, (n,)."""
        if mode == "anchored" and self.anchored is not None:
            return self.anchored.kept
        return np.ones(len(next(iter(self.free.values()))), np.bool_)

    def nj(self, terms: Sequence[Term], parts: Sequence[str], mode: str, reading: str | None = None) -> Values:
        """Mean nJ of an inference for every draw of the mode, (n,)."""
        draws = self.draws(mode)
        if reading is not None and READING in draws:
            factor = np.full(len(draws[READING]), reading_factor(reading, self.lines_out))
            draws = {**draws, READING: factor}
        return spread(terms, draws, parts) / 1000

    def narrowest(self, terms: Sequence[Term], parts: Sequence[str]) -> Values:
        """The same for the draws that keep the published figures if there are any, else for all."""
        return self.nj(terms, parts, self.modes[0])


def is_published_task(source: EnergySource) -> bool:
    """Whether the run is of the kind that the published figures were measured on, and its chip is fitted to them."""
    fitted = {entry.fitted_to for entry in source.entries}
    task = (source.lines, source.own.delta_s) == PUBLISHED_TASK
    data = source.settings.get("data", "").startswith(PUBLISHED_DATA)
    return task and data and bool(source.own.events.any()) and {figure.row for figure in FIGURES} <= fitted


def doubt_of(source: EnergySource, anchor: EnergySource | None, n: int, seed: int) -> Doubt:
    """Draw; `anchor` is a run of the published task, or None."""
    wire = wire_entry(source)
    entries = (*source.entries, *([wire] if all(entry.path != wire.path for entry in source.entries) else []))
    free = draw_entries(entries, n, seed)
    u = stream(seed, "energy", "draw", "programming").random(n)
    doubt = Doubt(
        free=free,
        anchored=None,
        lines_out=source.lines[1],
        programming=triangular(1 / PROGRAMMING_FACTOR, 1.0, PROGRAMMING_FACTOR, u),
    )
    return doubt if anchor is None else _anchored(doubt, source, anchor, seed)


def _anchored(doubt: Doubt, source: EnergySource, anchor: EnergySource, seed: int) -> Doubt:
    """With the solved entries of the anchor's run in place of those of `source`, draw by draw."""
    n = len(doubt.programming)
    means, events = averaged(anchor.own.terms), float(anchor.own.events.sum(1).mean())
    anchors = tuple(_both(one, anchor) for one in anchors_of(anchor.entries, means, events, anchor.scopes))
    own, theirs = ({entry.path: entry for entry in one.entries} for one in (source, anchor))
    solved = {one.entry.path for one in anchors}
    if any(path not in own or own[path].value != theirs[path].value for path in solved):
        return doubt  # another value was not fitted to the same figure
    found, draws = anchored(draw_entries(anchor.entries, n, seed), anchors, seed), {}
    for path, values in doubt.free.items():
        mine, drawn = own.get(path), values[found.kept]
        if mine is not None and path in theirs and _same_range(mine, theirs[path]):
            drawn = found.draws[path]  # a number that both chips have is drawn once
        elif mine is not None and path in solved:
            drawn = np.clip(found.draws[path] * drawn / mine.value, mine.low, mine.high)
        draws[path] = drawn
    return replace(doubt, anchored=Anchored(draws=draws, kept=found.kept), anchors=anchors)


def _both(one: Anchor, source: EnergySource) -> Anchor:
    """The anchor's figure anywhere from the published one to what its run says, half a printed unit beyond either.

    The entry was fitted over many chips. How far one chip on one set of images may be from the figure is unknown.
    """
    pj, half = run_pj(one, source), one.figure.half_unit
    low, high = sorted((one.figure.pj, pj))
    return replace(one, figure=replace(one.figure, pj=(low + high) / 2, half_unit=half + (high - low) / 2))


def run_pj(one: Anchor, source: EnergySource) -> float:
    """pJ per event that the anchor's run says, read as the figure is."""
    return mean_pj(one.terms, source.values(FIGURES_READ), source.scopes[one.figure.scope]) / one.events


def _same_range(first: Entry, second: Entry) -> bool:
    return (first.value, first.low, first.high) == (second.value, second.low, second.high)


def anchor_row(doubt: Doubt, source: EnergySource) -> AnchorRow | None:
    """How many draws keep the published figures, and what that leaves of the solved entries."""
    if doubt.anchored is None:
        return None
    entries, published = {entry.path: entry for entry in source.entries}, {one.row: one for one in FIGURES}
    return AnchorRow(
        kept=int(doubt.anchored.kept.sum()),
        kept_percent=100 * float(doubt.anchored.kept.mean()),
        figures=tuple(
            FigureRow(
                scope=one.figure.scope,
                published_pj=published[one.figure.row].pj,
                half_unit_pj=published[one.figure.row].half_unit,
                low_pj=one.figure.pj - one.figure.half_unit,
                high_pj=one.figure.pj + one.figure.half_unit,
            )
            for one in doubt.anchors
        ),
        solved=tuple(_solved(entries[one.entry.path], doubt.anchored.draws[one.entry.path]) for one in doubt.anchors),
    )


def _solved(entry: Entry, draws: Values) -> SolvedRow:
    low, median, high = np.percentile(draws, [LOW, 50.0, HIGH])
    found = Range(value=entry.value, low=float(low), median=float(median), high=float(high))
    texts = (entry.text(float(f"{number:.4g}")) for number in (found.value, found.low, found.median, found.high))
    text, text_low, text_median, text_high = texts
    return SolvedRow(
        entry=entry.path, found=found, text=text, text_low=text_low, text_median=text_median, text_high=text_high
    )


def range_of(value: float, draws: Values) -> Range:
    """`value` with the percentiles of `draws`."""
    low, median, high = np.percentile(draws, [LOW, 50.0, HIGH])
    return Range(value=value, low=float(low), median=float(median), high=float(high))


def bar_rows(source: EnergySource) -> tuple[BarRow, ...]:
    """The tornado of the core, then of the whole chip, longest bar first.

    Raises
    ------
    ParameterError
        If an entry moves nothing.
    """
    return tuple(
        BarRow(
            scope=scope,
            entry=bar.entry.path,
            status=bar.entry.status,
            source=bar.entry.source,
            default_range=bar.entry.default_range,
            low=bar.entry.si(bar.entry.low),
            value=bar.entry.si(bar.entry.value),
            high=bar.entry.si(bar.entry.high),
            text_low=bar.entry.text(bar.entry.low),
            text=bar.entry.text(bar.entry.value),
            text_high=bar.entry.text(bar.entry.high),
            nj_low=bar.pj_low / 1000,
            nj=bar.pj / 1000,
            nj_high=bar.pj_high / 1000,
            less_nj=(bar.pj_low - bar.pj) / 1000,
            more_nj=(bar.pj_high - bar.pj) / 1000,
        )
        for scope, parts in source.scopes.items()
        for bar in tornado(source.own.terms, source.entries, parts)
    )
