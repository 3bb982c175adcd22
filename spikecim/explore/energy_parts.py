"""Where the energy of an inference goes: scopes, parts, what they rest on, layers, classes, margins, standing power."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from spikecim.energy.terms import READING, Term
from spikecim.explore.compare_curves import wilson
from spikecim.results.energy_rows import BasisRow, ClassRow, LayerRow, MarginRow, PartRow, Spread, StaticRow
from spikecim.results.energy_source import EnergySource
from spikecim.results.population import HIGH, LOW

STATIC = ("static",)
# What a term counts, by the name of its entry; bits and words by what multiplies them.
COUNTED = {
    "supply": "nC through cells",
    "clamp_injector": "injector pulses",
    "comparator": "comparator decisions",
    "reset_packet": "reset packets",
    "static_power": "ticks of a core",
    "static_neuron": "ticks of a neuron",
    "logic_input": "words in",
    "logic_output": "words out",
    "core_word": "words between cores",
    "input_bits": "bits in",
    "output_bits": "bits out",
}
BITS = ("link.input_bits", "link.output_bits")
# The weakest first. The charge through the cells rests on conductances of an assumed device, however it is counted.
WEAKEST = ("assumed", "proxy", "calibrated", "derived", "measured", "published")
COUNT_STATUS = {"cell_read": "assumed"}


def spread_of(values: NDArray[np.float64]) -> Spread:
    """Of `values` (n,), one an image."""
    low, median, high = np.percentile(values, [LOW, 50.0, HIGH])
    return Spread(mean=float(values.mean()), median=float(median), p5=float(low), p95=float(high))


def per_count(nj: NDArray[np.float64], counts: NDArray[np.int64]) -> Spread | None:
    """pJ per counted action: all energy over all actions, and percentiles over the images that had any; else None."""
    had = counts > 0
    if not had.any():
        return None
    low, median, high = np.percentile(1000 * nj[had] / counts[had], [LOW, 50.0, HIGH])
    mean = 1000 * float(nj.sum()) / int(counts.sum())
    return Spread(mean=mean, median=float(median), p5=float(low), p95=float(high))


def shares(correct: NDArray[np.bool_]) -> tuple[float, float, float]:
    """Percent correct and its 95 % interval over images (Wilson)."""
    low, high = wilson(np.array([correct.sum()]), len(correct))
    return 100 * float(correct.mean()), 100 * float(low[0]), 100 * float(high[0])


def status_of(source: EnergySource, term: Term) -> str:
    """The weakest status among what a term multiplies.

    A fitted entry carries what multiplies it: its product is what was fitted. The reading is told apart everywhere.
    """
    known = {entry.path: entry.status for entry in source.entries if entry.path != READING}
    if known[term.entry] == "calibrated":
        return "calibrated"
    found = [known[path] for path in term.factors if path in known]
    return min([*found, COUNT_STATUS.get(term.part, found[0])], key=WEAKEST.index)


def basis_rows(source: EnergySource) -> tuple[BasisRow, ...]:
    """Share of the energy by the weakest status of what makes it up, largest share of the chip first."""
    rows, told = [], [(term, status_of(source, term)) for term in source.own.terms]
    named = {path for term in source.own.terms for path in term.factors}
    for status in dict.fromkeys([*(status for _, status in told), *(entry.status for entry in source.entries)]):
        own = tuple(term for term, its in told if its == status)
        paths = tuple(
            entry.path
            for entry in source.entries
            if entry.path in {term.entry for term in own}
            or (entry.status == status and entry.path in named and entry.path not in {term.entry for term, _ in told})
        )
        core, chip = (
            _percent(float(source.nj(parts, own).sum()), float(source.nj(parts).sum()))
            for parts in source.scopes.values()
        )
        if own or paths:
            rows.append(BasisRow(status=status, entries=paths, core_percent=core, chip_percent=chip))
    return tuple(sorted(rows, key=lambda row: -row.chip_percent))


def part_rows(source: EnergySource) -> tuple[PartRow, ...]:
    """One row for each term, in the order of the ledger."""
    core, chip = (float(source.nj(parts).sum(1).mean()) for parts in source.scopes.values())
    return tuple(
        _part_row(source, term, core, chip)
        for part in source.scopes["chip"]
        for term in source.own.terms
        if term.part == part
    )


def _part_row(source: EnergySource, term: Term, core: float, chip: float) -> PartRow:
    entry = next(entry for entry in source.entries if entry.path == term.entry)
    bits = next((path for path in term.factors if path in BITS), None)
    each = source.values()[bits] if bits else 1.0 if term.constant == 1.0 else 1e9 * term.constant
    count = float(term.counts.sum()) * each / source.n_samples
    nj = float(source.nj((term.part,), (term,)).sum(1).mean())
    inside = term.part in source.scopes["core"]
    return PartRow(
        part=term.part,
        entry=entry.path,
        counted=COUNTED[(bits or term.entry).rpartition(".")[2]],
        each_pj=1000 * nj / count if count else None,
        scope="core" if inside else "chip",
        static=term.part in STATIC,
        status=status_of(source, term),
        value=entry.value,
        unit=entry.unit,
        low=entry.low,
        high=entry.high,
        default_range=entry.default_range,
        source=entry.source,
        count=count,
        nj=nj,
        core_percent=_percent(nj, core) if inside else None,
        chip_percent=_percent(nj, chip),
    )


def layer_rows(source: EnergySource) -> tuple[LayerRow, ...]:
    """One row a layer; words on the outer link belong to the first and the last layer."""
    core, chip = (source.nj(parts) for parts in source.scopes.values())
    parts = {part: source.nj((part,)).mean(0) for part in source.scopes["chip"]}
    return tuple(
        LayerRow(
            layer=name,
            macs=int(source.macs[k]),
            events=float(source.own.events[:, k].mean()),
            core_nj=spread_of(core[:, k]),
            chip_nj=spread_of(chip[:, k]),
            chip_percent=_percent(float(chip[:, k].sum()), float(chip.sum())),
            parts_nj={part: float(nj[k]) for part, nj in parts.items()},
        )
        for k, name in enumerate(source.layers)
    )


def class_rows(source: EnergySource) -> tuple[ClassRow, ...]:
    """One row a label that occurs."""
    core, chip = (source.nj(parts).sum(1) for parts in source.scopes.values())
    rows = []
    for label in np.unique(source.labels):
        own = source.labels == label
        rows.append(
            ClassRow(
                label=int(label),
                images=int(own.sum()),
                accuracy_percent=100 * float(source.own.correct[own].mean()),
                words=float(source.own.words_in[own].mean()),
                core_nj=spread_of(core[own]),
                chip_nj=spread_of(chip[own]),
            )
        )
    return tuple(rows)


def margin_rows(source: EnergySource) -> tuple[MarginRow, ...]:
    """One row for each margin that the run holds; none if it had no early stop."""
    rows = []
    for snapshot in source.snapshots:
        if snapshot.delta_s is None:
            continue
        core, chip = (float(source.nj(parts, snapshot.terms).sum(1).mean()) for parts in source.scopes.values())
        accuracy, low, high = shares(snapshot.correct)
        rows.append(
            MarginRow(
                delta_s=snapshot.delta_s,
                accuracy_percent=accuracy,
                accuracy_low_percent=low,
                accuracy_high_percent=high,
                words=float(snapshot.words_in.mean()),
                core_nj=core,
                chip_nj=chip,
                duration_us=1e6 * source.tick_s * float(snapshot.ticks.mean()),
            )
        )
    return tuple(rows)


def static_rows(source: EnergySource) -> tuple[StaticRow, ...]:
    """Standing and moving part of each scope."""
    rows = []
    for scope, parts in source.scopes.items():
        whole, static = (float(source.nj(chosen).sum(1).mean()) for chosen in (parts, STATIC))
        rows.append(
            StaticRow(
                scope=scope,
                static_nj=static,
                dynamic_nj=whole - static,
                static_percent=_percent(static, whole),
                silent_nj=float(source.nj(parts, source.silent).sum()),
            )
        )
    return tuple(rows)


def _percent(part: float, whole: float) -> float:
    return 100 * part / whole if whole else 0.0
