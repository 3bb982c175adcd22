"""Chips of the literature, and the runs of a report in the same table."""

from __future__ import annotations

from spikecim.energy.published_chips import published_chips
from spikecim.explore.energy_formal import NODE_NM
from spikecim.results.energy_against_rows import PublishedRow
from spikecim.results.energy_source import EnergySource


def own_rows(source: EnergySource, accuracy: float) -> tuple[PublishedRow, ...]:
    """This run in the table of chips: core and whole chip, under every reading."""
    events = float(source.own.events.sum())
    rows = []
    for reading in source.readings:
        for scope, parts in source.scopes.items():
            nj = source.nj(parts, reading=reading).sum(1)
            rows.append(
                PublishedRow(
                    system=f"{source.name}: {'core' if scope == 'core' else 'whole chip'}",
                    year=None,
                    ours=True,
                    node_nm=NODE_NM,
                    kind="emulated",
                    task=data_of(source),
                    network=_size(source),
                    accuracy_percent=accuracy,
                    nj_per_inference=float(nj.mean()),
                    pj_per_op=1000 * float(nj.sum()) / events if events else None,
                    citations=(),
                    read_as="computed here",
                    note=f"read {reading.replace('-', ' ')}",
                )
            )
    return tuple(rows)


def published_rows() -> tuple[tuple[PublishedRow, ...], dict[str, str]]:
    """Chips of the literature, and the full citations of their short names."""
    found = published_chips()
    rows = tuple(
        PublishedRow(
            system=chip.system,
            year=chip.year,
            ours=False,
            node_nm=chip.node_nm,
            kind=chip.kind,
            task=chip.task,
            network=chip.network,
            accuracy_percent=chip.accuracy_percent,
            nj_per_inference=chip.nj_per_inference,
            pj_per_op=chip.pj_per_sop,
            citations=tuple(chip.source.split(", ")),
            read_as=chip.read_as,
            note=chip.note,
        )
        for chip in found.chip
    )
    return rows, dict(found.sources)


def data_of(source: EnergySource) -> str:
    """Data set and split, without the place on a disk."""
    return source.settings.get("data", "data unknown").split(" (")[0].split(",")[0]


def _size(source: EnergySource) -> str:
    """Inputs, outputs, and layers if there are several."""
    first, last = source.lines
    return f"{first}-{last}" if len(source.layers) == 1 else f"{first} to {last}, {len(source.layers)} layers"
