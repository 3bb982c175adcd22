"""Energy as plain data: by part, scope, reading, image and class, and beside the same network in formal coding."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from spikecim.energy.baselines import FormalMac
from spikecim.energy.ledger import CORE_PARTS, EnergyLedger
from spikecim.energy.table import READINGS
from spikecim.results.population import HIGH, LOW, Population
from spikecim.results.run import RunResult

SCOPES = ("core", "chip")


def energy_json(run: RunResult) -> dict[str, Any]:
    """Energy of a run; nJ are per image, pJ per event."""
    ledger = run.ledger()
    actions = ledger.actions
    core = ledger.per_sample("core")
    late = ~run.record.decisions.reached[:, -1]
    return {
        "reading": ledger.reading,
        "per_image": {
            "input_spikes": float(actions.input_words.mean()),
            "output_spikes": float(actions.output_words.mean()),
            "synaptic_events": float(actions.synaptic_events.mean()),
            "duration_s": float(actions.ticks.mean()) * run.program.tick_s,
        },
        "readings": {reading: _reading(run.ledger(reading=reading)) for reading in READINGS},
        "per_class": [_class(run, ledger, int(label)) for label in np.unique(run.labels)],
        "time_outs": {
            "images_percent": 100 * float(late.mean()),
            "core_energy_percent": 100 * float(core[late].sum()) / float(core.sum()) if core.any() else None,
        },
    }


def _reading(ledger: EnergyLedger) -> dict[str, Any]:
    events = float(ledger.actions.synaptic_events.mean())
    parts = {name: float(values.mean()) for name, values in ledger.parts.items()}
    return {
        "parts": [
            {
                "part": name,
                "scope": "core" if name in CORE_PARTS else "chip",
                "pj_per_synaptic_event": pj / events if events else None,
                "nj_per_image": pj / 1000,
            }
            for name, pj in parts.items()
        ],
        **{
            scope: {
                "pj_per_synaptic_event": ledger.per_synaptic_event_pj(scope),
                "pj_per_input_spike": ledger.per_input_spike_pj(scope),
                "nj_per_image": spread(ledger.per_sample(scope) / 1000),
            }
            for scope in SCOPES
        },
    }


def _class(run: RunResult, ledger: EnergyLedger, label: int) -> dict[str, Any]:
    own = run.labels == label
    return {
        "label": label,
        "images": int(own.sum()),
        "accuracy_percent": 100 * float(run.correct()[own].mean()),
        "input_spikes": float(ledger.actions.input_words[own].mean()),
        **{f"{scope}_nj": spread(ledger.per_sample(scope)[own] / 1000) for scope in SCOPES},
    }


def spread(values: NDArray[np.float64]) -> dict[str, float]:
    """Mean, median, 5th and 95th percentile."""
    p5, median, p95 = np.percentile(values, [LOW, 50.0, HIGH])
    return {"mean": float(values.mean()), "median": float(median), "p5": float(p5), "p95": float(p95)}


def formal_json(run: RunResult, population: Population, mac: FormalMac) -> list[dict[str, Any]]:
    """The formal-coded network under both baselines: nJ per image, and the gain by reading and scope (low, high).

    Energy of the chip is the median over the virtual chips, as in the rows of the published table.
    """
    macs = run.program.n_in * run.program.n_out
    own = {"core": float(np.median(population.core_pj)), "chip": float(np.median(population.chip_pj))}
    shrink = {"per-synaptic-event": 1.0, "per-input-spike": 1.0 / run.program.n_out}
    counted = shrink[run.ledger().reading]
    result = []
    for name, costs in (("bare", mac.bare_pj), ("with_memory", mac.with_memory_pj)):
        gains = {
            reading: {
                scope: [
                    macs * cost * counted / (own[scope] * shrink[reading]) if own[scope] else None for cost in costs
                ]
                for scope in SCOPES
            }
            for reading in READINGS
        }
        nj = [macs * cost / 1000 for cost in costs]
        result.append({"baseline": name, "pj_per_mac": list(costs), "macs": macs, "nj_per_image": nj, "gain": gains})
    return result
