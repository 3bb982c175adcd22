"""A run through several layers as plain data for JSON: keys with their unit, nothing rounded, no NaN."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from spikecim.energy.layered import LAYERED_PARTS, LAYERED_SCOPES, LayeredLedger
from spikecim.energy.ledger import CORE_PARTS
from spikecim.reports.energy_tables import spread
from spikecim.reports.tables import ACCURACY, SPIKES, assumptions, plain
from spikecim.reports.wording import without_folders
from spikecim.results.layered_run import LayeredRun


def layered_run_json(run: LayeredRun) -> dict[str, Any]:
    """One run as plain data that strict JSON takes; nJ are per image."""
    ledger = run.ledger()
    given = {**run.settings, "network": run.network, "conversion": run.conversion}
    return plain(
        {
            "chip": {"name": run.chip.name, "title": run.chip.title, "digest": run.chip.digest()},
            "settings": {key: without_folders(value) for key, value in given.items()},
            **_summary(run, ledger),
            "energy": _energy(run, ledger),
            "layers": layer_rows(run, ledger),
            "margins": _margins(run),
            "confusion": _confusion(run),
            "assumptions": assumptions(run.chip),
            "sources": run.chip.sources,
        }
    )


def layer_rows(run: LayeredRun, ledger: LayeredLedger) -> list[dict[str, Any]]:
    """What each layer is, did and took: means of one image."""
    counts = {
        "spikes": ledger.actions.reset_packets.mean(0),
        "synaptic_events": ledger.actions.synaptic_events.mean(0),
        **{f"{scope}_nj": ledger.by_layer(scope).mean(0) / 1000 for scope in LAYERED_SCOPES},
    }
    return [
        {
            "name": layer.name,
            "neurons": layer.n_out,
            "weights": layer.n_weights,
            "cells": layer.n_cells,
            "cores": layer.site.cores,
            "macs": layer.macs,
            **{name: values[number] for name, values in counts.items()},
            "parts_nj": {name: ledger.parts[name][:, number].mean() / 1000 for name in LAYERED_PARTS},
        }
        for number, layer in enumerate(run.layers)
    ]


def late_share(run: LayeredRun, ledger: LayeredLedger) -> dict[str, float | None]:
    """How many images time out, and what part of the core's energy they take."""
    late = ~run.reached[:, -1] & (run.delta_s is not None)
    core = ledger.per_sample("core")
    return {
        "images_percent": 100 * run.time_outs(),
        "core_energy_percent": 100 * float(core[late].sum()) / float(core.sum()) if core.any() else None,
    }


def _summary(run: LayeredRun, ledger: LayeredLedger) -> dict[str, Any]:
    return {
        "images": run.n_samples,
        ACCURACY: 100 * run.accuracy(),
        "ann_accuracy_percent": 100 * run.ann_accuracy,
        SPIKES: run.input_spikes(),
        "output_spikes": ledger.actions.output_words.sum(1).mean(),
        "spikes": ledger.actions.reset_packets.sum(1).mean(),
        "time_outs_percent": 100 * run.time_outs(),
        "delta_s": run.delta_s,
        "window_ticks": run.n_ticks,
        "cells": run.n_cells,
        "programming_nj": run.programming_nj,
        "chip_index": run.settings.get("chip_index"),
    }


def _energy(run: LayeredRun, ledger: LayeredLedger) -> dict[str, Any]:
    actions = ledger.actions
    events, spikes = float(actions.synaptic_events.sum()), float(actions.input_words.sum())
    return {
        "per_image": {
            SPIKES: run.input_spikes(),
            "output_spikes": actions.output_words.sum(1).mean(),
            "synaptic_events": actions.synaptic_events.sum(1).mean(),
            "duration_s": float(actions.ticks.mean()) * run.chip.tick_s,
        },
        "parts": [
            {
                "part": name,
                "scope": "core" if name in CORE_PARTS else "chip",
                "pj_per_synaptic_event": float(values.sum()) / events if events else None,
                "nj_per_image": values.sum(1).mean() / 1000,
            }
            for name, values in ledger.parts.items()
        ],
        **{
            scope: {
                "pj_per_synaptic_event": ledger.per_synaptic_event_pj(scope),
                "pj_per_input_spike": ledger.total_pj(scope) / spikes if spikes else None,
                "nj_per_image": spread(ledger.per_sample(scope) / 1000),
            }
            for scope in LAYERED_SCOPES
        },
        "time_outs": late_share(run, ledger),
    }


def _margins(run: LayeredRun) -> dict[str, Any] | None:
    """Accuracy and cost at each margin that the run holds; None without early stop."""
    if run.delta_s is None:
        return None
    margins = range(1, run.delta_s + 1)
    ledgers = [run.ledger(margin) for margin in margins]
    return {
        "delta_s": list(margins),
        ACCURACY: [100 * run.accuracy(margin) for margin in margins],
        SPIKES: [run.input_spikes(margin) for margin in margins],
        "time_outs_percent": [100 * run.time_outs(margin) for margin in margins],
        **{f"{scope}_nj": [one.per_sample(scope).mean() / 1000 for one in ledgers] for scope in LAYERED_SCOPES},
    }


def _confusion(run: LayeredRun) -> dict[str, Any]:
    n = run.layers[-1].n_out
    counts: NDArray[np.int64] = np.zeros((n, n), np.int64)
    np.add.at(counts, (run.labels.astype(np.int64), run.winners[:, -1].astype(np.int64)), 1)
    return {"rows": "label", "columns": "decision", "classes": list(range(n)), "counts": counts}
