"""Results as plain data for JSON and CSV: numbers with their unit in the key, no NaN, nothing rounded."""

from __future__ import annotations

import math
from dataclasses import asdict
from typing import Any

import numpy as np

from spikecim.chips.multi_spec import MultiChipSpec
from spikecim.chips.spec import ChipSpec
from spikecim.reports.confusion import confusion_counts
from spikecim.reports.energy_tables import energy_json, formal_json
from spikecim.reports.study_plates import studies_json
from spikecim.reports.wording import without_folders
from spikecim.results.population import Population, interval
from spikecim.results.reproduction import MarginCurve, Reproduction
from spikecim.results.run import RunResult

ACCURACY, SPIKES = "accuracy_percent", "input_spikes"


def reproduction_json(rep: Reproduction) -> dict[str, Any]:
    """The whole reproduction as plain data that strict JSON takes."""
    return plain(
        {
            "rows": [row.as_dict() for row in rep.rows],
            "banner": rep.banner,
            "facts": facts(rep),
            "engine_check": asdict(rep.check) if rep.check else None,
            "variants": [asdict(variant) for variant in rep.variants],
            "margins": {name: _curve(curve) for name, curve in rep.curves.items()},
            "population": _population(rep.population),
            "studies": studies_json(rep.studies) if rep.studies else None,
            "ideal": _summary(rep.ideal),
            "median_chip": _summary(rep.median),
            "energy": {**energy_json(rep.median), "formal": formal_json(rep.median, rep.population, rep.mac)},
            "confusion": _confusion(rep.median),
            "assumptions": assumptions(rep.median.chip),
            "sources": rep.median.chip.sources,
        }
    )


def run_json(run: RunResult) -> dict[str, Any]:
    """One run as plain data that strict JSON takes."""
    return plain(
        {
            "chip": {"name": run.chip.name, "title": run.chip.title, "digest": run.chip.digest()},
            "settings": settings(run),
            **_summary(run),
            "energy": energy_json(run),
            "confusion": _confusion(run),
            "assumptions": assumptions(run.chip),
            "sources": run.chip.sources,
        }
    )


def facts(rep: Reproduction) -> dict[str, str]:
    """Facts of the reproduction, file names in place of folders."""
    return {key: without_folders(value) for key, value in rep.facts.items()}


def settings(run: RunResult) -> dict[str, str]:
    """Settings of a run and notes of its network, file names in place of folders."""
    given = {**run.settings, "network": run.network.name}
    given |= {f"network_{key}": value for key, value in run.network.notes.items()}
    return {key: without_folders(value) for key, value in given.items()}


def assumptions(chip: ChipSpec | MultiChipSpec) -> list[dict[str, str]]:
    """Every parameter of the chip with value, status and source, in file order; no range is empty text."""
    return [
        {"path": path, "value": p.text(), "range": p.range_text(), "status": p.status, "source": p.source}
        for path, p in chip.parameters()
    ]


def plain(value: Any) -> Any:
    """Python's own types throughout; a number that is not finite becomes None."""
    if isinstance(value, dict):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple, np.ndarray)):
        return [plain(item) for item in value]
    if isinstance(value, np.generic):
        value = value.item()
    return None if isinstance(value, float) and not math.isfinite(value) else value


def _summary(run: RunResult) -> dict[str, Any]:
    decisions = run.record.decisions
    return {
        "images": run.n_samples,
        ACCURACY: 100 * run.accuracy(),
        SPIKES: run.input_spikes(),
        "output_spikes": float(decisions.outputs[:, -1].mean()),
        "time_outs_percent": 100 * float((~decisions.reached[:, -1]).mean()),
        "delta_s": run.program.delta_s,
        "chip_index": run.settings.get("chip_index"),
    }


def _curve(curve: MarginCurve) -> dict[str, Any]:
    return {
        "delta_s": curve.delta_s,
        ACCURACY: 100 * curve.accuracy,
        SPIKES: curve.input_spikes,
        "core_nj_per_image": curve.core_nj,
    }


def _population(population: Population) -> dict[str, Any]:
    columns = {
        ACCURACY: 100 * population.accuracy[:, -1],
        SPIKES: population.input_spikes[:, -1],
        "output_spikes": population.output_spikes[:, -1],
        "synaptic_events": population.synaptic_events,
        "core_nj_per_image": population.core_pj / 1000,
        "chip_nj_per_image": population.chip_pj / 1000,
        "unverified_cells": population.unverified_cells,
        "programming_nj": population.programming_nj,
    }
    spans = {name: dict(zip(("low", "median", "high"), interval(c), strict=True)) for name, c in columns.items()}
    return {
        "requested": population.requested,
        "chips": population.n_chips,
        "median_chip": population.median_chip(),
        "interval_90": spans,
        "per_chip": columns,
    }


def _confusion(run: RunResult) -> dict[str, Any]:
    counts = confusion_counts(run)
    return {"rows": "label", "columns": "decision", "classes": list(range(len(counts))), "counts": counts}
