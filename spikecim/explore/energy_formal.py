"""What the runs are held against: formal multiply-accumulates at SPIRIT's node, and that node left behind."""

from __future__ import annotations

import math

from spikecim.energy import baselines
from spikecim.energy.technology import projections
from spikecim.explore.energy_gains import Formal
from spikecim.results.energy_against_rows import Claim, Constant, ProjectionRow
from spikecim.results.energy_source import EnergySource

# SPIRIT's node and the supply of its logic, at which formal coding is charged too.
NODE_NM, SUPPLY = 130.0, 1.2
# The same number as `experiments.published`, which a test holds together.
CLAIM = Claim(
    gain=5.0, source="Leti article, embedded.com 2020; IEDM 2019 abstract (up to 5x); the MAC is not described"
)
TITLES = {"bare": "bare int8 MACs", "with_memory": "int8 MACs and memory"}


def formal_macs(n: int, seed: int) -> tuple[Formal, ...]:
    """Both kinds of formal coding, with `n` draws of each."""
    draws = baselines.draw_mac(NODE_NM, SUPPLY, n, seed)
    ends = [
        _mac([getattr(one, end) for one in baselines.constants(NODE_NM, SUPPLY)]) for end in ("low", "typical", "high")
    ]
    return tuple(
        Formal(
            name=name.replace("_", " "),
            title=title,
            low=ends[0][name],
            typical=ends[1][name],
            high=ends[2][name],
            draws=draws[name],
        )
        for name, title in TITLES.items()
    )


def _mac(numbers: list[float]) -> dict[str, float]:
    """pJ of a MAC with every constant at the same end of its range."""
    add, multiply, access, fetched, scale = numbers
    return {"bare": scale * (add + multiply), "with_memory": scale * (add + multiply + fetched * access / 8.0)}


def constants() -> tuple[Constant, ...]:
    """Every number behind them, with its source."""
    return tuple(
        Constant(name=one.name, low=one.low, typical=one.typical, high=one.high, unit=one.unit, source=one.source)
        for one in baselines.constants(NODE_NM, SUPPLY)
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
