"""Against formal coding: the same network and images as 8-bit multiply-accumulates, and what pays for programming."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from spikecim.explore.energy_doubt import Doubt, range_of
from spikecim.results.energy_against_rows import BaselineRow, Gain, Payback, ProgrammingRow
from spikecim.results.energy_source import EnergySource

BREAK_EVEN = 1.0  # the gain at which spikes and formal coding take the same


@dataclass(frozen=True, kw_only=True)
class Formal:
    """Energy of one formal multiply-accumulate, in pJ, and draws of it, (n_draws,)."""

    name: str
    title: str
    low: float
    typical: float
    high: float
    draws: NDArray[np.float64]


def baseline_rows(source: EnergySource, doubt: Doubt, formal: tuple[Formal, ...]) -> tuple[BaselineRow, ...]:
    """One row for each kind of formal coding, with gains by scope, reading and mode."""
    macs = int(source.macs.sum())
    return tuple(
        BaselineRow(
            name=kind.name,
            title=kind.title,
            pj_low=kind.low,
            pj_typical=kind.typical,
            pj_high=kind.high,
            nj_low=macs * kind.low / 1000,
            nj_typical=macs * kind.typical / 1000,
            nj_high=macs * kind.high / 1000,
            gains=_gains(source, doubt, kind),
            paybacks=_paybacks(source, macs * kind.typical / 1000),
        )
        for kind in formal
    )


def _gains(source: EnergySource, doubt: Doubt, kind: Formal) -> tuple[Gain, ...]:
    macs, found = int(source.macs.sum()), []
    for reading in source.readings:
        for scope, parts in source.scopes.items():
            own = float(source.nj(parts, reading=reading).sum(1).mean())
            if not own > 0:
                continue
            for mode in doubt.modes:
                nj = doubt.nj(source.own.terms, parts, mode, reading)
                draws = macs * kind.draws[doubt.kept(mode)] / 1000 / nj
                found.append(
                    Gain(
                        scope=scope,
                        reading=reading,
                        mode=mode,
                        gain=range_of(macs * kind.typical / 1000 / own, draws),
                        above_one_percent=100 * float((draws > BREAK_EVEN).mean()),
                    )
                )
    return tuple(found)


def _paybacks(source: EnergySource, formal_nj: float) -> tuple[Payback, ...]:
    if source.programming_nj is None:
        return ()
    found = []
    for reading in source.readings:
        for scope, parts in source.scopes.items():
            saved = formal_nj - float(source.nj(parts, reading=reading).sum(1).mean())
            count = math.ceil(source.programming_nj / saved) if saved > 0 else None
            found.append(Payback(scope=scope, reading=reading, saved_nj=saved, inferences=count))
    return tuple(found)


def programming_row(source: EnergySource) -> ProgrammingRow | None:
    """Programming in inferences; None where the run does not say what it took."""
    if source.programming_nj is None:
        return None
    nj = {scope: float(source.nj(parts).sum(1).mean()) for scope, parts in source.scopes.items()}
    return ProgrammingRow(
        programming_nj=source.programming_nj,
        equal={scope: _inferences(source.programming_nj, each) for scope, each in nj.items()},
        one_percent={scope: _inferences(100 * source.programming_nj, each) for scope, each in nj.items()},
    )


def _inferences(whole: float, each: float) -> int | None:
    return math.ceil(whole / each) if each > 0 else None
