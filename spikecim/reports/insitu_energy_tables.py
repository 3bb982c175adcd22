"""Tables and findings of the report of training energy: each number computed from the results."""

from __future__ import annotations

from typing import Any

from spikecim.energy.training import TrainingLedger
from spikecim.reports.insitu_energy_wording import PART_WORDS, PHASE_WORDS, micro
from spikecim.reports.wording import number, several, signed, significant
from spikecim.results.training_energy import AccuracyPoint, TrainingEnergy


def energy_tables(found: TrainingEnergy) -> list[dict[str, Any]]:
    """Phases by parts, both dataflows; layers; ways; batches; accuracies where there are some."""
    ours, naive = found.ledgers["accumulated"], found.ledgers["naive"]
    tables = [
        _seven(ours, naive),
        _grid("Accumulating dataflow: phases and parts, µJ an image", ours),
        _layers(ours),
        _ways(found),
        _batches(found),
    ]
    return [*tables, accuracy_table(found)] if found.accuracies else tables


def _seven(ours: TrainingLedger, naive: TrainingLedger) -> dict[str, Any]:
    """The seven parts; buffers and DRAM are taken out of their phases."""
    here, there = ours.seven(), naive.seven()
    words = PHASE_WORDS | {"buffers": "buffers", "dram": "DRAM"}
    rows = [
        _row(words[name], *(significant(micro(one.get(name, 0))) for one in (there, here)), _share(here, name, ours))
        for name in here
    ]
    totals = [significant(micro(ledger.total_aj)) for ledger in (naive, ours)]
    head = ["Part", "Naive, µJ", "Accumulating, µJ", "of it, %"]
    return _table(
        "Seven parts of one trained image: buffers and DRAM taken out of their phases",
        head,
        [*rows, _row("total", *totals, "100", total=True)],
    )


def _share(here: dict[str, int], name: str, ours: TrainingLedger) -> str:
    return number(100.0 * here[name] / ours.total_aj, "%")


def _grid(title: str, ledger: TrainingLedger) -> dict[str, Any]:
    phases, parts = ledger.by_phase(), ledger.by_part()
    rows = [
        _row(
            PART_WORDS[part],
            *(_micro(sum(ledger.cells.get((phase, part), ()))) for phase in phases),
            _micro(parts[part]),
        )
        for part in parts
    ]
    foot = _row("total", *(_micro(each) for each in phases.values()), _micro(ledger.total_aj), total=True)
    return _table(title, ["Part", *(PHASE_WORDS[phase] for phase in phases), "all"], [*rows, foot])


def _layers(ledger: TrainingLedger) -> dict[str, Any]:
    energy = ledger.by_layer()
    rows = [
        _row(
            layer.name,
            f"{layer.n_in:,} x {layer.n_out:,}",
            f"{layer.positions:,}",
            significant(layer.macs / 1e6),
            _micro(energy[layer.name]),
        )
        for layer in ledger.events.layers
    ]
    layers = ledger.events.layers
    macs, spent = significant(sum(layer.macs for layer in layers) / 1e6, 4), _micro(ledger.total_aj)
    foot = _row("total", f"{sum(layer.weights for layer in layers):,} weights", "", macs, spent, total=True)
    return _table("Layers", ["Layer", "Matrix", "Positions", "M MACs a pass", "µJ an image"], [*rows, foot])


def _ways(found: TrainingEnergy) -> dict[str, Any]:
    rows = [
        _row(
            f"{way.node} nm: {way.name}",
            significant(way.microjoules),
            *(_span(span) for span in (way.full, way.gain)),
            significant(way.peak),
        )
        for way in found.ways
    ]
    head = ["Dataflow", "µJ an image", "TOPS/W", "over naive, ×", "peak TOPS/W"]
    return _table("Dataflows and nodes (interval: 90 % of draws)", head, rows)


def _batches(found: TrainingEnergy) -> dict[str, Any]:
    sites = list(found.batches[0].full)
    rows = [
        _row(
            f"{point.batch:,}",
            *(significant(point.full[site]) for site in sites),
            significant(point.peer),
            significant(point.momentum_percent),
            significant(point.formula_percent),
        )
        for point in found.batches
    ]
    head = [
        "Batch",
        *(f"TOPS/W, {site}" for site in sites),
        "with V2.1's rates",
        "momentum, our table, %",
        "momentum, formula, %",
    ]
    return _table("Batch", head, rows)


def entry_rows(found: TrainingEnergy) -> list[dict[str, str]]:
    """Every number of the energy table with range and source."""
    return [
        {
            "name": entry.name.replace("_", " "),
            "value": entry.text(entry.value),
            "range": f"{entry.text(entry.low)} to {entry.text(entry.high)}",
            "status": entry.status,
            "source": entry.source,
        }
        for entry in found.entries
    ]


def accuracy_table(found: TrainingEnergy) -> dict[str, Any]:
    """Every device and rule of the study."""
    head = ["Device", "Rule", "Test, %", "Interval", "Seeds", "Rate", "Pulses, cell and update"]
    head += ["nJ an image", "writes, %", "pilot, %"]
    return _table("Accuracy against nonlinearity", head, [_accuracy(point) for point in found.accuracies])


def _accuracy(point: AccuracyPoint) -> dict[str, Any]:
    low, middle, high = point.accuracy
    span = "–" if low is None or high is None else f"{number(low, '%')} to {number(high, '%')}"
    return _row(
        point.device,
        point.rule,
        number(middle, "%"),
        span,
        f"{point.seeds}",
        f"{point.rate:g}",
        f"{point.pulses_per_update:.2g}",
        number(point.image_nj),
        number(point.write_percent),
        number(point.pilot),
    )


def energy_findings(found: TrainingEnergy) -> list[str]:
    """What follows from the numbers."""
    ours, naive = found.ledgers["accumulated"], found.ledgers["naive"]
    parts = ours.by_part()
    largest = sorted(parts, key=lambda part: -parts[part])[:3]
    shares = ", ".join(f"{PART_WORDS[part]} {100 * parts[part] / ours.total_aj:.0f} %" for part in largest)
    both = ours.efficiency()
    dram = micro(sum(naive.cells.get(("weight_gradient", "dram"), ())))
    writes = parts.get("cell_write", 0) / ours.total_aj
    widest = [bar.entry.name.replace("_", " ") for bar in found.tornado[:3]]
    told = [
        f"An image takes {significant(micro(naive.total_aj))} µJ with the naive dataflow, {significant(dram)} µJ of it "
        f"DRAM traffic of the weight gradient, and {significant(micro(ours.total_aj))} µJ with the gradient summed on "
        "the chip.",
        f"Of the latter: {shares}. Cell writes are {100 * writes:.2g} %.",
        f"{significant(both.full)} TOPS/W with everything; leaving out interconnect, buffers and DRAM would print "
        f"{significant(both.peak)}.",
        f"Widest in doubt: {', '.join(widest)}. An interval this wide overlaps much: read the value beside it.",
        _node_finding(found),
    ]
    return [*told, *_accuracy_findings(found)]


def _node_finding(found: TrainingEnergy) -> str:
    """At which nodes both published figures lie inside our intervals, for the dataflow of the rows."""
    site = found.facts["gradient_site"]
    ways = [
        way
        for way in found.ways
        if way.design["gradient_site"] == site and way.design["activation_site"] == found.facts["activation_site"]
    ]
    marks = {row.id: row for row in found.rows}
    efficiency, gain = marks["tops_per_watt"].published, marks["gain_over_naive"].published
    inside = [
        way.node for way in ways if way.full[0] <= efficiency <= way.full[2] and way.gain[0] <= gain <= way.gain[2]
    ]
    near = min(ways, key=lambda way: abs(way.full[1] / efficiency - 1.0))
    text = f"{efficiency:g} TOPS/W and {gain:g}× lie inside our intervals together at {' and '.join(inside)} nm"
    if not inside:
        text = f"{efficiency:g} TOPS/W and {gain:g}× lie inside our intervals together at none of the nodes"
    return (
        f"{text}; nearest is {near.node} nm with {significant(near.full[1])} TOPS/W and {significant(near.gain[1])}×. "
        "The paper's node is not known to us, so this is no proof of either."
    )


def _accuracy_findings(found: TrainingEnergy) -> list[str]:
    """The least and the most that momentum gains."""
    by = {(point.device, point.rule): point.accuracy[1] for point in found.accuracies}
    both = [device for device, rule in by if rule == "momentum" and (device, "sgd") in by]
    if not both:
        return []
    gains = {device: by[device, "momentum"] - by[device, "sgd"] for device in both}
    least, most = (pick(gains, key=lambda device: gains[device]) for pick in (min, max))
    ends = [
        f"{signed(gains[device])} points on device {device} ({number(by[device, 'sgd'], '%')} % to "
        f"{number(by[device, 'momentum'], '%')} %)"
        for device in dict.fromkeys((least, most))
    ]
    seeds = min(point.seeds for point in found.accuracies)
    return [f"Momentum over SGD, {several(seeds, 'seed')} or more: {' to '.join(ends)}."]


def _micro(attojoules: int) -> str:
    return "–" if attojoules == 0 else significant(micro(attojoules))


def _span(span: tuple[float, float, float]) -> str:
    low, middle, high = span
    return f"{significant(middle)} ({significant(low)} to {significant(high)})"


def _row(*cells: str, total: bool = False) -> dict[str, Any]:
    return {"cells": list(cells), "total": total}


def _table(title: str, head: list[str], rows: list[dict[str, Any]]) -> dict[str, Any]:
    return {"title": title, "head": head, "rows": rows}
