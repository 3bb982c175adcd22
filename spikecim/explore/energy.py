"""The energy report of runs: what an inference costs, where it goes, against what, and what would change it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from spikecim.energy.sensitivity import averaged, unmoved
from spikecim.energy.uncertainty import FIGURES
from spikecim.energy.unpaid import unpaid
from spikecim.errors import ParameterError
from spikecim.explore import energy_parts as parts_of
from spikecim.explore.compare_curves import Z95
from spikecim.explore.energy_doubt import Doubt, anchor_row, bar_rows, doubt_of, is_published_task, range_of
from spikecim.explore.energy_formal import CLAIM, constants, formal_macs, projection_rows
from spikecim.explore.energy_gains import BREAK_EVEN, baseline_rows, programming_row
from spikecim.explore.energy_links import link_rows
from spikecim.explore.energy_published import data_of, own_rows, published_rows
from spikecim.explore.energy_sources import AnyRun, load_any, source_of
from spikecim.explore.energy_ways import way_rows
from spikecim.results.energy_report import EnergyReport, PerImage, RunEnergy, Scope
from spikecim.results.energy_rows import UnpaidRow
from spikecim.results.energy_source import EnergySource
from spikecim.results.population import HIGH, LOW
from spikecim.version import __version__

DRAWS, SEED = 10_000, 0
PER_SPIKE = "per-input-spike"
COUNTED, SCALED = "as counted", "scaled, not physical"
NEAR = 0.5  # points of accuracy that a smaller margin may cost and still count as the same
CONFIDENCE = 95.0  # of `Z95` and of Wilson intervals


def report_files(paths: Sequence[Path], *, draws: int = DRAWS, seed: int = SEED) -> EnergyReport:
    """The report of saved runs, of one layer or of several.

    Raises
    ------
    ResultFileError
        If a file is no run, damaged, or holds nothing to report on.
    """
    names = _names([path.stem for path in paths])
    return energy_report(
        {name: load_any(path) for name, path in zip(names, paths, strict=True)}, draws=draws, seed=seed
    )


def _names(stems: Sequence[str]) -> list[str]:
    """File names without ending; those that occur twice with their place."""
    return [f"{stem} ({place + 1})" if stems.count(stem) > 1 else stem for place, stem in enumerate(stems)]


def energy_report(runs: Mapping[str, AnyRun], *, draws: int = DRAWS, seed: int = SEED) -> EnergyReport:
    """The report of `runs` by name.

    Parameters
    ----------
    draws, seed : int
        Of the Monte Carlo over the ranges of all entries.

    Raises
    ------
    ParameterError
        If there is no run, or fewer than 100 draws.
    ResultFileError
        If a run holds nothing to report on.
    """
    if not runs:
        raise ParameterError("energy: give at least one run")
    if draws < 100:
        raise ParameterError(f"energy: {draws} draws give no 5 % and 95 %; allowed: 100 or more")
    sources = [source_of(run, name) for name, run in runs.items()]
    anchor = next((source for source in sources if is_published_task(source)), None)
    reported = tuple(_run_energy(source, doubt_of(source, anchor, draws, seed), seed) for source in sources)
    rows, citations = published_rows()
    return EnergyReport(
        runs=reported,
        remarks=_remarks(sources, anchor),
        published=rows,
        citations=citations,
        claim=CLAIM,
        draws=draws,
        seed=seed,
        percentiles=(LOW, HIGH),
        confidence_percent=CONFIDENCE,
        break_even=BREAK_EVEN,
        near_points=NEAR,
        version=__version__,
    )


def _run_energy(source: EnergySource, doubt: Doubt, seed: int) -> RunEnergy:
    own, events = source.own, float(source.own.events.sum(1).mean())
    accuracy, low, high = parts_of.shares(own.correct)
    images = _per_image(source)
    core = images.core_nj
    return RunEnergy(
        name=source.name,
        settings=source.settings,
        images=source.n_samples,
        accuracy_percent=accuracy,
        accuracy_low_percent=low,
        accuracy_high_percent=high,
        late_percent=100 * float(source.late.mean()),
        late_core_percent=100 * float(core[source.late].sum() / core.sum()) if core.any() else 0.0,
        delta_s=own.delta_s,
        words_in=float(own.words_in.mean()),
        words_out=float(own.words_out.mean()),
        events=events,
        macs=int(source.macs.sum()),
        events_per_mac=events / int(source.macs.sum()),
        published_pj={one.scope: one.pj for one in FIGURES} if is_published_task(source) else {},
        duration_us=float(images.duration_us.mean()),
        reading=source.reading,
        scopes=_scopes(source, doubt),
        basis=parts_of.basis_rows(source),
        parts=parts_of.part_rows(source),
        layers=parts_of.layer_rows(source),
        classes=parts_of.class_rows(source),
        margins=parts_of.margin_rows(source),
        static=parts_of.static_rows(source),
        links=link_rows(source, doubt.narrowest, (LOW, HIGH)),
        ways=way_rows(source, doubt.narrowest, (LOW, HIGH)),
        constants=constants(source),
        nonzero_percent=None if source.nonzero is None else 100 * source.nonzero,
        anchor=anchor_row(doubt, source),
        baselines=baseline_rows(source, doubt, formal_macs(source, len(doubt.programming), seed)),
        programming=programming_row(source),
        tornado=bar_rows(source),
        unpaid=_unpaid(source),
        idle=unmoved(averaged(own.terms), source.entries),
        projection=projection_rows(source),
        published=own_rows(source, accuracy),
        per_image=images,
    )


def _unpaid(source: EnergySource) -> tuple[UnpaidRow, ...]:
    several_cores = "core_word" in source.scopes["chip"]
    found = unpaid(several_cores=several_cores, conversion=source.settings.get("conversion"))
    return tuple(UnpaidRow(what=one.what, effect=one.effect) for one in found)


def _per_image(source: EnergySource) -> PerImage:
    core, chip = (source.nj(parts).sum(1) for parts in source.scopes.values())
    own = source.own
    return PerImage(
        label=source.labels,
        correct=own.correct,
        late=source.late,
        words_in=own.words_in,
        words_out=own.words_out,
        events=own.events.sum(1),
        duration_us=np.asarray(1e6 * source.tick_s * own.ticks, np.float64),
        core_nj=core,
        chip_nj=chip,
    )


def _scopes(source: EnergySource, doubt: Doubt) -> tuple[Scope, ...]:
    """Both scopes under every reading, the chip's own first."""
    return tuple(_scope(source, doubt, scope, reading) for reading in source.readings for scope in source.scopes)


def _scope(source: EnergySource, doubt: Doubt, scope: str, reading: str) -> Scope:
    parts, own = source.scopes[scope], source.own
    nj = source.nj(parts, reading=reading).sum(1)
    mean = float(nj.mean())
    half = Z95 * float(nj.std(ddof=1)) / len(nj) ** 0.5 if len(nj) > 1 else None
    ranges = {mode: range_of(mean, doubt.nj(own.terms, parts, mode, reading)) for mode in doubt.modes}
    return Scope(
        scope=scope,
        reading=reading,
        basis=SCALED if reading == PER_SPIKE else COUNTED,
        nj=parts_of.spread_of(nj),
        nj_mean_low=None if half is None else mean - half,
        nj_mean_high=None if half is None else mean + half,
        pj_per_event=parts_of.per_count(nj, own.events.sum(1)),
        pj_per_spike=parts_of.per_count(nj, own.words_in),
        free=ranges["free"],
        anchored=ranges.get("anchored"),
    )


def _remarks(sources: Sequence[EnergySource], anchor: EnergySource | None) -> tuple[str, ...]:
    """What a reader must know before comparing."""
    found, groups = [], _same_images(sources)
    if len(groups) > 1:
        told = "; ".join(
            f"{', '.join(one.name for one in group)}: {data_of(group[0])}, {group[0].n_samples:,}" for group in groups
        )
        found.append(f"Runs on different images ({told}): compare means and accuracies, not image by image.")
    if anchor is None:
        found.append(
            "No run here is of the task that the published figures were measured on (144 inputs, 10 neurons, margin "
            "10, MNIST, a chip fitted to them): calibrated entries move freely, and no range keeps those figures. "
            "Name a run of SPIRIT too to get them."
        )
    if any(entry.default_range for source in sources for entry in source.entries if entry.moves):
        found.append(
            "Some entries have no range in the chip file of their run: half a printed unit, or a factor of 2 either "
            "way, stands in. They carry a star."
        )
    return tuple(found)


def _same_images(sources: Sequence[EnergySource]) -> list[list[EnergySource]]:
    """Runs by the images they saw, as far as labels and data set tell."""
    groups: list[list[EnergySource]] = []
    for source in sources:
        for group in groups:
            if np.array_equal(group[0].labels, source.labels) and data_of(group[0]) == data_of(source):
                group.append(source)
                break
        else:
            groups.append([source])
    return groups
