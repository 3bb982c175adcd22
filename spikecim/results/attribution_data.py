"""An attribution and a region as plain data: flat rows for CSV, everything for JSON, nothing rounded."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

import numpy as np

from spikecim.results.attribution import CORRECT, SPIKES, Attribution, Effect, Share
from spikecim.results.region import Region

METRICS = {"accuracy_points": CORRECT, "input_spikes": SPIKES}


def attribution_rows(found: Attribution) -> list[dict[str, Any]]:
    """One flat row a cause, all with the same keys; empty where there is no interval."""
    shares = {name: found.shares(metric) for name, metric in METRICS.items()}
    rows = []
    for number, player in enumerate(found.players):
        row: dict[str, Any] = {"cause": player.name, "group": _group(player.design), "acts": player.active}
        for name, of_metric in shares.items():
            for what in ("shapley", "alone", "removed"):
                for part, value in asdict(getattr(of_metric[number], what)).items():
                    row[f"{name}_{what}_{part}"] = "" if value is None else value
        rows.append(row)
    return rows


def attribution_json(found: Attribution, region: Region | None = None) -> dict[str, Any]:
    """The whole attribution, counts of single chips included, as plain data that strict JSON takes."""
    return {
        "facts": found.facts,
        "images": found.n_images,
        "virtual_chips": found.n_chips,
        "interrupted": found.interrupted,
        "accuracy_percent": _levels(found, CORRECT),
        "input_spikes_per_image": _levels(found, SPIKES),
        "change": {
            name: {
                "total": float(found.total(metric)),
                "total_exact": str(found.total(metric)),
                "sum_of_shares_exact": str(sum(share.exact for share in found.shares(metric))),
                "design": asdict(found.level(metric, design=True)),
                "hardware": asdict(found.level(metric, design=False)),
            }
            for name, metric in METRICS.items()
        },
        "causes": [_cause(found, number) for number in range(len(found.players))],
        "chips": {
            "correct": found.full[:, CORRECT].tolist(),
            "input_spikes": found.full[:, SPIKES].tolist(),
            "correct_change_by_cause": _by_cause(found, CORRECT),
            "input_spikes_change_by_cause": _by_cause(found, SPIKES),
        },
        "region": None if region is None else region_json(region),
    }


def region_json(region: Region) -> dict[str, Any]:
    """The search for the published numbers as plain data."""
    weights = {"accuracy": region.weights((0,)), "input_spikes": region.weights((1,)), "both": region.weights()}
    return {
        "images": region.n_images,
        "designs": len(region.designs),
        "interrupted": region.interrupted,
        "published": {"accuracy_percent": region.published[0], "input_spikes": region.published[1]},
        "explained_variance_of_logarithms": region.explained().tolist(),
        "facts": region.facts,
        "axes": [
            {
                **asdict(axis),
                **{f"{name}_p5_p50_p95": region.span(number, w) for name, w in weights.items()},
                **{f"{name}_narrowing": float(region.narrowing(w)[number]) for name, w in weights.items()},
            }
            for number, axis in enumerate(region.axes)
        ],
        "correlation": region.correlation(weights["both"]).tolist(),
        "checked_accuracy_input_spikes": region.checked.tolist(),
        "designs_accuracy_input_spikes": region.found.tolist(),
        "designs_values": np.column_stack(
            [axis.value(region.designs[:, number]) for number, axis in enumerate(region.axes)]
        ).tolist(),
    }


def _levels(found: Attribution, metric: int) -> dict[str, float]:
    return {
        "on_paper": float(found.per_image(found.paper, metric)),
        "ideal_chip": float(found.per_image(found.ideal, metric)),
        "chips_mean": float(found.per_image(found.full, metric).mean()),
    }


def _cause(found: Attribution, number: int) -> dict[str, Any]:
    player = found.players[number]
    effects = {name: _effects(found.shares(metric)[number]) for name, metric in METRICS.items()}
    return {**asdict(player), **effects}


def _effects(share: Share) -> dict[str, Any]:
    found: dict[str, Any] = {"shapley_exact": str(share.exact)}
    for what in ("shapley", "alone", "removed"):
        effect: Effect = getattr(share, what)
        found[what] = asdict(effect)
    return found


def _by_cause(found: Attribution, metric: int) -> dict[str, list[int]]:
    hardware = found.players[found.n_design :]
    return {player.name: changes.tolist() for player, changes in zip(hardware, found.joined[..., metric], strict=True)}


def _group(design: bool) -> str:
    return "design" if design else "hardware"
