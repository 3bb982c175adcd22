"""What the runs are held against: formal multiply-accumulates at SPIRIT's node, and that node left behind."""

from __future__ import annotations

import math

from spikecim.energy import baselines
from spikecim.energy.technology import projections
from spikecim.explore.energy_gains import Formal
from spikecim.results.energy_against_rows import ProjectionRow
from spikecim.results.energy_gain_rows import Claim, Constant
from spikecim.results.energy_source import EnergySource

# SPIRIT's node and the supply of its logic, at which formal coding is charged too.
NODE_NM, SUPPLY = 130.0, 1.2
# The same number as `experiments.published`, which a test holds together.
CLAIM = Claim(
    gain=5.0, source="Leti article, embedded.com 2020; IEDM 2019 abstract (up to 5x); the MAC is not described"
)
TITLES = {
    "bare": ("bare", "bare int8 MACs"),
    "with_memory": ("with memory", "int8 MACs and memory"),
    "skipped": ("zeros skipped", "int8 MACs and memory, zeros skipped"),
}


def formal_macs(source: EnergySource, n: int, seed: int) -> tuple[Formal, ...]:
    """Every kind of formal coding of the run's network, with `n` draws of each.

    Zeros are skipped where the run knows its images; testing for them is free.
    """
    draws = baselines.draw_mac(NODE_NM, SUPPLY, n, seed, weight_bytes=source.weights)
    found = baselines.constants(NODE_NM, SUPPLY, weight_bytes=source.weights)
    ends = [baselines.mac_pj([getattr(one, end) for one in found]) for end in ("low", "typical", "high")]
    macs, kinds = float(source.macs.sum()), []
    for key, (name, title) in TITLES.items():
        costs, share = ("bare" if key == "bare" else "with_memory"), 1.0
        if key == "skipped":
            if not source.nonzero:  # unknown, or nothing is left to do
                continue
            share = source.nonzero
        kinds.append(
            Formal(
                name=name,
                title=title,
                macs=macs * share,
                low=ends[0][costs],
                typical=ends[1][costs],
                high=ends[2][costs],
                draws=draws[costs],
            )
        )
    return tuple(kinds)


def constants(source: EnergySource) -> tuple[Constant, ...]:
    """Every number behind them, with its source."""
    return tuple(
        Constant(name=one.name, low=one.low, typical=one.typical, high=one.high, unit=one.unit, source=one.source)
        for one in baselines.constants(NODE_NM, SUPPLY, weight_bytes=source.weights)
    )


def projection_rows(source: EnergySource) -> tuple[ProjectionRow, ...]:
    """The run's own energy at other nodes, part by part."""
    supply = next(entry.value for entry in source.entries if entry.path == "energy.supply")
    parts = {part: float(source.nj((part,)).sum(1).mean()) for part in source.scopes["chip"]}
    rows = []
    for one in projections(supply):
        core, chip = (math.fsum(parts[part] * one.factor(part) for part in inside) for inside in source.scopes.values())
        rows.append(
            ProjectionRow(
                label=one.label,
                kind=one.kind,
                node_nm=one.node_nm,
                energy=one.energy,
                density=one.density,
                core_nj=core,
                chip_nj=chip,
                source=one.source,
                note=one.note,
            )
        )
    return tuple(rows)
