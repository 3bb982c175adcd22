"""Every entry over its range, at once and one by one: intervals of an energy, bars of a tornado."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from spikecim.energy.entries import Entry
from spikecim.energy.sensitivity import averaged, tornado
from spikecim.energy.terms import READING, Term, mean_pj, reading_factor
from spikecim.energy.uncertainty import FIGURES, Anchor, Anchored, Draws, anchored, anchors_of, draw_entries, spread
from spikecim.explore.energy_links import wire_entry
from spikecim.results.energy_against_rows import BarRow
from spikecim.results.energy_rows import Range
from spikecim.results.energy_source import EnergySource
from spikecim.results.population import HIGH, LOW

Values = NDArray[np.float64]
# Where the published figures were measured: input lines, neurons, decision margin, data.
PUBLISHED_TASK, PUBLISHED_DATA = ((144, 10), 10), "mnist "
FIGURES_READ = "per-synaptic-event"


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
    """

    free: Draws
    anchored: Anchored | None
    lines_out: int

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
    kept = None if anchor is None else _anchored(free, source, anchor, seed)
    return Doubt(free=free, anchored=kept, lines_out=source.lines[1])


def _anchored(free: Draws, source: EnergySource, anchor: EnergySource, seed: int) -> Anchored | None:
    """The solved entries of the anchor's run, put in place of those of `source`, draw by draw."""
    n = len(next(iter(free.values())))
    means, events = averaged(anchor.own.terms), float(anchor.own.events.sum(1).mean())
    anchors = [_as_run(one, anchor) for one in anchors_of(anchor.entries, means, events, anchor.scopes)]
    own = {entry.path: entry for entry in source.entries}
    if any(_differs(one.entry, own.get(one.entry.path)) for one in anchors):
        return None
    found = anchored(draw_entries(anchor.entries, n, seed), anchors, seed)
    # Numbers that both chips have are drawn once.
    shared = {one.path for one in anchor.entries if not _differs(one, own.get(one.path))}
    draws = {path: found.draws[path] if path in shared else values[found.kept] for path, values in free.items()}
    return Anchored(draws=draws, kept=found.kept)


def _as_run(one: Anchor, source: EnergySource) -> Anchor:
    """The anchor at what its run says: it was fitted over many chips, from which one chip is a little off for good."""
    pj = mean_pj(one.terms, source.values(FIGURES_READ), source.scopes[one.figure.scope]) / one.events
    half = one.figure.half_unit * pj / one.figure.pj
    return replace(one, figure=replace(one.figure, pj=pj, half_unit=half))


def _differs(entry: Entry, other: Entry | None) -> bool:
    """Another value was not fitted to the same figure."""
    return other is None or other.value != entry.value


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
            low=bar.entry.low,
            value=bar.entry.value,
            high=bar.entry.high,
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
