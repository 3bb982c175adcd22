"""Smaller tables of the page, as heads and rows of text."""

from __future__ import annotations

from typing import Any

from spikecim.reports.energy_tables import energy_json, formal_json
from spikecim.reports.wording import PART_NAMES, number, published, several, significant
from spikecim.results.reproduction import Reproduction
from spikecim.results.run import RunResult

EVENT, SPIKE = "per-synaptic-event", "per-input-spike"
_BASELINES = {"bare": "8-bit MACs, bare", "with_memory": "8-bit MACs with memory traffic"}


def energy_tables(run: RunResult, rep: Reproduction | None) -> list[dict[str, Any]]:
    """Parts under both readings, formal baselines (of a reproduction), classes."""
    found = energy_json(run)
    tables = [_parts(run, found)]
    if rep is not None:
        tables.append(_formal(rep))
    return [*tables, _classes(found)]


def variants_table(rep: Reproduction) -> dict[str, Any] | None:
    """Training variants in percent."""
    if not rep.variants:
        return None
    head = ["Network", "Formal (%)", "Ideal chip (%)", "Median virtual chip (%)", "Input spikes, ideal chip"]
    rows = [
        _cells(
            variant.network,
            *(
                number(100 * share, "%")
                for share in (variant.formal_accuracy, variant.ideal_accuracy, variant.chip_accuracy)
            ),
            number(variant.input_spikes, "spikes"),
        )
        for variant in rep.variants
    ]
    return {"head": head, "rows": rows}


def _cells(*cells: str, total: bool = False) -> dict[str, Any]:
    return {"cells": list(cells), "total": total}


def _parts(run: RunResult, found: dict[str, Any]) -> dict[str, Any]:
    one, other = (found["readings"][reading] for reading in (EVENT, SPIKE))
    whole = one["chip"]["nj_per_image"]["mean"]
    rows = []
    for scope in ("core", "chip"):
        for part, less in zip(one["parts"], other["parts"], strict=True):
            if part["scope"] == scope:
                name, nj = PART_NAMES[part["part"]], part["nj_per_image"]
                rows.append(_energy_row(name, part["pj_per_synaptic_event"], nj, less["nj_per_image"], whole))
        means = one[scope]["nj_per_image"]["mean"], other[scope]["nj_per_image"]["mean"]
        name = "core" if scope == "core" else "whole chip"
        rows.append(_energy_row(name, one[scope]["pj_per_synaptic_event"], *means, whole, total=True))
    reading = run.chip.energy.reading
    return {
        "title": "Both readings of the published figure",
        "folded": False,
        "lead": (
            "The published energy can be read per synaptic event (one input spike reaching one neuron) or per input "
            f"spike (all {run.program.n_out} neurons at once); an image costs {run.program.n_out} times less in the "
            "second, whose parts are scaled, not physical. "
            f"This chip file takes the figure {reading.value.replace('-', ' ')}; status: {reading.status}."
        ),
        "head": [
            "Part",
            "pJ per event or spike",
            "nJ per image, read per event",
            "nJ per image, read per spike",
            "Share (%)",
        ],
        "rows": rows,
    }


def _energy_row(
    name: str, pj: float | None, nj: float, less: float, whole: float, *, total: bool = False
) -> dict[str, Any]:
    share = f"{100 * nj / whole:.1f}" if whole else "–"
    return _cells(name, number(pj, "pJ"), number(nj, "nJ"), number(less, "nJ"), share, total=total)


def _formal(rep: Reproduction) -> dict[str, Any]:
    claims = {row.id: row.published for row in rep.rows}
    entries = formal_json(rep.median, rep.population, rep.mac)
    rows = []
    for entry in entries:
        gain = entry["gain"]
        spans = (gain[EVENT]["core"], gain[SPIKE]["core"], gain[EVENT]["chip"])
        name = _BASELINES[entry["baseline"]]
        rows.append(
            _cells(name, _span(entry["pj_per_mac"]), _span(entry["nj_per_image"]), *(_span(span) for span in spans))
        )
    claim = claims.get("energy_gain_formal")
    said = (
        f" Published: {published(claim)}×, without saying what the MAC was charged for."
        if claim and not rep.banner
        else ""
    )
    return {
        "title": "Gain over the same network in formal coding",
        "folded": False,
        "lead": (
            f"{several(entries[0]['macs'], 'MAC')} per image at the chip's node; low and high are two rules of scaling "
            f"45 nm constants. Above 1 spikes win.{said}"
        ),
        "head": [
            "Baseline",
            "pJ per MAC",
            "nJ per image",
            "Gain of the core, read per event",
            "Gain of the core, read per spike",
            "Gain of the whole chip, read per event",
        ],
        "rows": rows,
    }


def _span(pair: list[float | None]) -> str:
    low, high = pair
    return f"{significant(low)} to {significant(high)}" if low is not None and high is not None else "–"


def _classes(found: dict[str, Any]) -> dict[str, Any]:
    rows = [
        _cells(
            str(entry["label"]),
            f"{entry['images']:,}",
            number(entry["accuracy_percent"], "%"),
            number(entry["input_spikes"], "spikes"),
            *(significant(entry["core_nj"][key]) for key in ("mean", "median", "p5", "p95")),
            significant(entry["chip_nj"]["mean"]),
        )
        for entry in found["per_class"]
    ]
    head = [
        "Label",
        "Images",
        "Right (%)",
        "Input spikes",
        "Core, mean (nJ)",
        "median",
        "5 %",
        "95 %",
        "Chip, mean (nJ)",
    ]
    return {"title": "Accuracy, spikes and energy by class", "folded": True, "lead": "", "head": head, "rows": rows}
