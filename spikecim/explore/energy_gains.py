"""Against formal coding: the same network and images as 8-bit multiply-accumulates, and what pays for programming."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from spikecim.energy.terms import READING, Term, mean_pj
from spikecim.explore.energy_doubt import PROGRAMMING_FACTOR, Doubt, Values, range_of
from spikecim.results.energy_gain_rows import BaselineRow, Gain, Payback, ProgrammingRow
from spikecim.results.energy_source import EnergySource
from spikecim.results.population import HIGH, LOW

LINK_PARTS = ("logic", "link")
BREAK_EVEN = 1.0  # the gain at which spikes and formal coding take the same


@dataclass(frozen=True, kw_only=True)
class Formal:
    """Formal coding of a network: multiply-accumulates done, energy of one in pJ, and draws of it, (n_draws,)."""

    name: str
    title: str
    macs: float
    low: float
    typical: float
    high: float
    draws: NDArray[np.float64]


def baseline_rows(source: EnergySource, doubt: Doubt, formal: tuple[Formal, ...]) -> tuple[BaselineRow, ...]:
    """One row for each kind of formal coding, with gains by scope, reading and mode."""
    return tuple(
        BaselineRow(
            name=kind.name,
            title=kind.title,
            macs=kind.macs,
            pj_low=kind.low,
            pj_typical=kind.typical,
            pj_high=kind.high,
            nj_low=kind.macs * kind.low / 1000,
            nj_typical=kind.macs * kind.typical / 1000,
            nj_high=kind.macs * kind.high / 1000,
            gains=tuple(gain for pair in _pairs(source, doubt, kind) for gain in pair.gains(doubt.modes)),
            paybacks=tuple(
                pay for pair in _pairs(source, doubt, kind) if pair.like_for_like for pay in pair.paybacks(doubt.modes)
            ),
        )
        for kind in formal
    )


@dataclass(frozen=True, kw_only=True)
class _Pair:
    """One scope and reading of a run beside formal coding, which pays for the same link or for none."""

    source: EnergySource
    doubt: Doubt
    kind: Formal
    scope: str
    reading: str
    same_link: bool

    @property
    def like_for_like(self) -> bool:
        return self.same_link == (self.scope == "chip")

    @property
    def own_nj(self) -> float:
        return float(self.source.nj(self.source.scopes[self.scope], reading=self.reading).sum(1).mean())

    @property
    def formal_nj(self) -> float:
        link = mean_pj(formal_link(self.source), self.source.values(self.reading), LINK_PARTS) / 1000
        return self.kind.macs * self.kind.typical / 1000 + (link if self.same_link else 0.0)

    def drawn(self, mode: str) -> tuple[Values, Values]:
        """nJ of spikes and of formal coding in every draw of the mode."""
        doubt, parts = self.doubt, self.source.scopes[self.scope]
        formal = self.kind.macs * self.kind.draws[doubt.kept(mode)] / 1000
        if self.same_link:
            formal = formal + doubt.nj(formal_link(self.source), LINK_PARTS, mode, self.reading)
        return doubt.nj(self.source.own.terms, parts, mode, self.reading), formal

    def gains(self, modes: tuple[str, ...]) -> list[Gain]:
        found = []
        for mode in modes if self.own_nj > 0 else ():
            own, formal = self.drawn(mode)
            found.append(
                Gain(
                    scope=self.scope,
                    reading=self.reading,
                    mode=mode,
                    same_link=self.same_link,
                    like_for_like=self.like_for_like,
                    formal_nj=self.formal_nj,
                    gain=range_of(self.formal_nj / self.own_nj, formal / own),
                    above_one_percent=100 * float((formal / own > BREAK_EVEN).mean()),
                )
            )
        return found

    def paybacks(self, modes: tuple[str, ...]) -> list[Payback]:
        spent, saved, found = self.source.programming_nj, self.formal_nj - self.own_nj, []
        if spent is None:
            return []
        for mode in modes:
            own, formal = self.drawn(mode)
            less, programming = formal - own, spent * self.doubt.programming[self.doubt.kept(mode)]
            counts = np.full(len(less), np.inf)
            np.divide(programming, less, out=counts, where=less > 0)
            # Never is infinite: percentiles are draws, not between two of them.
            ends = np.percentile(np.ceil(counts), [LOW, 50.0, HIGH], method="inverted_cdf")
            low, median, high = (int(end) if np.isfinite(end) else None for end in ends)
            found.append(
                Payback(
                    scope=self.scope,
                    reading=self.reading,
                    mode=mode,
                    saved_nj=saved,
                    inferences=math.ceil(spent / saved) if saved > 0 else None,
                    low=low,
                    median=median,
                    high=high,
                    pays_percent=100 * float((less > 0).mean()),
                )
            )
        return found


def _pairs(source: EnergySource, doubt: Doubt, kind: Formal) -> list[_Pair]:
    """The core alone; the whole chip with the same link for formal coding, and with none."""
    return [
        _Pair(source=source, doubt=doubt, kind=kind, scope=scope, reading=reading, same_link=same_link)
        for reading in source.readings
        for scope, same_link in (("core", False), ("chip", True), ("chip", False))
    ]


def formal_link(source: EnergySource) -> tuple[Term, ...]:
    """What formal coding pays for the run's own link and logic: a word for each pixel in, one for the class out."""
    more = (READING,) if READING in source.values() else ()
    return tuple(
        Term(part=part, factors=(*factors, *more), counts=np.array([[words]]))
        for words, *found in (
            (source.lines[0], ("energy.logic_input",), ("energy.link_bit", "link.input_bits")),
            (1, ("energy.logic_output",), ("energy.link_bit", "link.output_bits")),
        )
        for part, factors in zip(LINK_PARTS, found, strict=True)
    )


def programming_row(source: EnergySource) -> ProgrammingRow | None:
    """Programming in inferences; None where the run does not say what it took."""
    spent = source.programming_nj
    if spent is None:
        return None
    nj = {scope: float(source.nj(parts).sum(1).mean()) for scope, parts in source.scopes.items()}
    values = source.values()
    word = values["energy.logic_input"] + values["link.input_bits"] * values["energy.link_bit"]
    return ProgrammingRow(
        programming_nj=spent,
        low_nj=spent / PROGRAMMING_FACTOR,
        high_nj=spent * PROGRAMMING_FACTOR,
        status=source.pulse[1],
        pulse=source.pulse[0],
        loading_nj=1e9 * source.weights * word,
        equal={scope: _inferences(spent, each) for scope, each in nj.items()},
        one_percent={scope: _inferences(100 * spent, each) for scope, each in nj.items()},
    )


def _inferences(whole: float, each: float) -> int | None:
    return math.ceil(whole / each) if each > 0 else None
