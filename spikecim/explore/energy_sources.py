"""Runs as sources of an energy report: read from a file of either kind, checked, counted at every margin they hold."""

from __future__ import annotations

import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from spikecim.chips.multi_spec import MultiChipSpec
from spikecim.chips.spec import ChipSpec
from spikecim.energy.actions import Actions, count_actions
from spikecim.energy.entries import entries_of, pulse_entry
from spikecim.energy.layered import LAYERED_SCOPES, LayeredActions, count_layer_actions
from spikecim.energy.ledger import SCOPES
from spikecim.energy.terms import layered_terms_of, terms_of, with_pulse
from spikecim.errors import ResultFileError
from spikecim.reports.wording import without_folders
from spikecim.results.energy_source import EnergySource, Snapshot
from spikecim.results.hdf5 import load_run
from spikecim.results.layered_run import LayeredRun
from spikecim.results.run import RunResult
from spikecim.units import format_quantity

AnyRun = RunResult | LayeredRun


def load_any(path: Path) -> AnyRun:
    """Read a run of one layer or of several.

    Raises
    ------
    ResultFileError
        If the file is neither, or damaged.
    """
    from spikecim.results.layered_hdf5 import is_layered_run, load_layered_run

    return load_layered_run(path) if is_layered_run(path) else load_run(path)


def source_of(run: AnyRun, name: str) -> EnergySource:
    """What `run` says about energy, under the name that the report gives it.

    Raises
    ------
    ResultFileError
        If it holds no image, or a number that is none.
    """
    if not run.n_samples:
        raise ResultFileError(f"{name}: holds no image; repeat the run with --images 1 or more")
    source = _layered(run, name) if isinstance(run, LayeredRun) else _single(run, name)
    if not all(math.isfinite(entry.value) for entry in source.entries):
        raise ResultFileError(f"{name}: the energy table of its chip holds a value that is not finite")
    return source


def _single(run: RunResult, name: str) -> EnergySource:
    if np.isnan(run.values).any() or np.isnan(run.resistance).any():
        raise ResultFileError(f"{name}: holds NaN among its input values or cells; repeat the run")
    program, chip = run.program, run.chip
    margins: list[int | None] = [None] if program.delta_s is None else list(range(1, program.delta_s + 1))
    return EnergySource(
        name=name,
        settings=_settings(chip, {"network": run.network.name, **run.settings}),
        layers=(run.network.name or "perceptron",),
        macs=np.array([program.n_in * program.n_out], np.int64),
        weights=program.n_in * program.n_out,
        nonzero=float((run.values != 0).mean()),
        lines=(program.n_in, program.n_out),
        signed_inputs=bool((run.trains.signs < 0).any()),
        labels=run.labels,
        late=_late(run.record.decisions.reached, program.delta_s),
        scopes=SCOPES,
        entries=(*entries_of(chip.energy, chip.link, n_out=program.n_out), pulse_entry(chip.array.pulse_width)),
        reading=chip.energy.reading.value,
        tick_s=program.tick_s,
        silent=with_pulse(terms_of(_blank(program.n_ticks))),
        bits=chip.word_bits,
        snapshots=tuple(_snapshot(margin, run) for margin in margins),
        programming_nj=_programming(run.settings.get("programming_nj"), name),
        pulse=_pulse(chip),
    )


def _snapshot(margin: int | None, run: RunResult) -> Snapshot:
    actions = count_actions(run.program, run.trains, run.record, margin)
    return Snapshot(
        delta_s=margin,
        correct=run.correct(margin),
        terms=with_pulse(terms_of(actions)),
        words_in=actions.input_words,
        words_out=actions.output_words,
        events=actions.synaptic_events[:, None],
        ticks=actions.ticks,
    )


def _blank(ticks: int) -> Actions:
    """One sample in which nothing happened for so long."""
    none = np.zeros(1, np.int64)
    return Actions(
        input_words=none,
        cell_reads=none,
        cell_electrons=none,
        synaptic_events=none,
        injector_pulses=none,
        comparator_decisions=none,
        reset_packets=none,
        output_words=none,
        ticks=np.array([ticks], np.int64),
    )


def _layered(run: LayeredRun, name: str) -> EnergySource:
    chip, link = run.chip, run.chip.link
    margins: list[int | None] = [None] if run.delta_s is None else list(range(1, run.delta_s + 1))
    blank = np.zeros((1, *run.tallies.shape[2:]), np.int64)
    return EnergySource(
        name=name,
        settings=_settings(chip, {"network": run.network, "conversion": run.conversion, **run.settings}),
        layers=run.layer_names,
        macs=run.macs,
        weights=sum(layer.n_weights for layer in run.layers),
        nonzero=None,
        lines=(run.layers[0].n_in, run.layers[-1].n_out),
        signed_inputs=False,
        labels=run.labels,
        late=_late(run.reached, run.delta_s),
        scopes=LAYERED_SCOPES,
        entries=(*entries_of(chip.energy, link), pulse_entry(chip.array.pulse_width)),
        reading=chip.energy.reading.value,
        tick_s=chip.tick_s,
        silent=with_pulse(layered_terms_of(count_layer_actions(run, blank, np.array([run.n_ticks]), run.sites))),
        bits=(link.input_bits.value, link.output_bits.value),
        snapshots=tuple(_layered_snapshot(margin, run.actions(margin), run) for margin in margins),
        programming_nj=_programming(run.programming_nj, name),
        pulse=_pulse(chip),
    )


def _late(reached: NDArray[np.bool_], delta_s: int | None) -> NDArray[np.bool_]:
    """Without a margin nothing is late: every sample is meant to last its window."""
    return np.zeros(len(reached), np.bool_) if delta_s is None else ~reached[:, -1]


def _layered_snapshot(margin: int | None, actions: LayeredActions, run: LayeredRun) -> Snapshot:
    return Snapshot(
        delta_s=margin,
        correct=run.correct(margin),
        terms=with_pulse(layered_terms_of(actions)),
        words_in=actions.input_words.sum(1),
        words_out=actions.output_words.sum(1),
        events=actions.synaptic_events,
        ticks=actions.ticks,
    )


def _settings(chip: ChipSpec | MultiChipSpec, more: Mapping[str, str]) -> dict[str, str]:
    """What a reader needs to run it again; file names in place of folders, which are nobody's business."""
    known = {"chip": chip.name, "chip_title": chip.title, "chip_digest": chip.digest(), **more}
    return {name: without_folders(text) for name, text in known.items()}


def _pulse(chip: ChipSpec | MultiChipSpec) -> tuple[str, str]:
    """What a SET takes, and its status; the weaker one of SET and RESET."""
    rules = chip.cell.programming
    weaker = max((rules.set_energy, rules.reset_energy), key=lambda one: one.status == "assumed")
    return format_quantity(float(weaker.value), weaker.unit), weaker.status


def _programming(said: Any, name: str) -> float | None:
    """nJ that programming took; None where a run does not say, as with cells that were measured elsewhere."""
    try:
        nj = float(said)
    except (TypeError, ValueError):
        return None
    if not math.isfinite(nj) or nj < 0:
        raise ResultFileError(f"{name}: programming_nj is {said}; expected a finite number, 0 or more")
    return nj
