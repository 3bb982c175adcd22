"""Tables of a learning report, for the page and the terminal."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from spikecim.reports.energy_table import TAB, Table, table
from spikecim.reports.energy_wording import DASH, PARTS, cited
from spikecim.reports.learning_wording import about, best_learned, energy, name_of, points, rate_text, with_interval
from spikecim.results.learning import BUDGETS, ConditionResult, Ideal, Learning, spread

WRITE_PARTS = {
    "set": "SET pulses",
    "reset": "RESET pulses",
    "lines": "lines charged",
    "verify": "verify reads",
    "supply_loss": "lost in the supply",
}


def scores_table(found: Learning) -> Table:
    """Accuracy on what was known, on what is new, on all; forgetting; and the ideal."""
    head = ("Way to learn", "Known, %", "New, %", "All, %", "Forgotten, points", f"{TAB}Data it needs")
    before = {what: with_interval(spread(values)) for what, values in found.before.items()}
    blind = found.task == "new-class"
    rows: list[tuple[str, ...]] = [
        ("Before", before["old"], DASH if blind else before["new"], before["all"], DASH, DASH)
    ]
    rows += [_scores(found, one) for one in found.conditions]
    rows += [_ideal("Real weights, trained on what was known", found.start, blind)]
    rows += [_ideal("Real weights, trained on everything", found.taught, False)]
    return table("Before and after", head, rows)


def _scores(found: Learning, one: ConditionResult) -> tuple[str, ...]:
    shade = TAB if one is best_learned(found) else ""
    accuracies = (with_interval(one.spread(f"after_{what}")) for what in ("old", "new", "all"))
    return (f"{shade}{name_of(one)}", *accuracies, with_interval(one.spread("forgetting")), one.needs)


def _ideal(name: str, ideal: Ideal, blind: bool) -> tuple[str, ...]:
    return (name, points(ideal.old), DASH if blind else points(ideal.new), points(ideal.both), DASH, "off the chip")


def wear_table(found: Learning) -> Table:
    """Writes per cell and what they leave of a chip's life."""
    head = (
        "Way to learn", "Cells written, %", "Writes per cell", "Most writes of a cell", "Pulses per cell",
        "Most pulses of a cell", *(f"Learnings in {cited(int(budget))} cycles" for budget in BUDGETS),
    )  # fmt: skip
    rows = [
        (
            name_of(one),
            cited(100.0 * (1.0 - one.histogram[0] / found.n_cells), "%"),
            cited(one.spread("writes_mean").mean),
            f"{cited(one.spread('writes_largest').mean)} (at most {cited(one.spread('writes_largest').highest)})",
            cited(one.spread("pulses_mean").mean),
            f"{cited(one.spread('pulses_largest').mean)} (at most {cited(one.spread('pulses_largest').highest)})",
            *(f"{about(one.lives(budget)[0])} to {about(one.lives(budget)[1])}" for budget in BUDGETS),
        )
        for one in found.conditions
    ]
    return table("Writes and endurance", head, rows)


def spread_of_writes(found: Learning) -> Table:
    """How many cells were written how often."""
    counts = found.conditions[0].histogram
    last = max((times for one in found.conditions for times, cells in enumerate(one.histogram) if cells > 0), default=0)
    head = ("Writes of a cell", *(name_of(one) for one in found.conditions))
    rows = [
        (
            f"{cited(times)}{' or more' if times == len(counts) - 1 else ''}",
            *(cited(one.histogram[times]) for one in found.conditions),
        )
        for times in range(last + 1)
    ]
    return table("Cells by number of writes, mean over chips", head, rows, folded=True)


def energy_table(found: Learning) -> Table:
    """The ledger of one learning, part by part; every column sums to its total."""
    head = ("Part", *(name_of(one) for one in found.conditions))
    rows = [
        (f"writing: {words}", *(energy(one.write_pj["typical"][part]) for one in found.conditions))
        for part, words in WRITE_PARTS.items()
    ]
    rows.append((f"{TAB}writing", *(energy(one.written_pj()) for one in found.conditions)))
    rows.append(
        (
            "writing, low to high",
            *(f"{energy(one.written_pj('low'))} to {energy(one.written_pj('high'))}" for one in found.conditions),
        )
    )
    rows += [
        (f"presenting: {PARTS.get(part, part)}", *(energy(one.read_pj[part]) for one in found.conditions))
        for part in found.conditions[0].read_pj
    ]
    rows.append((f"{TAB}presenting", *(energy(one.presented_pj) for one in found.conditions)))
    rows.append((f"{TAB}one learning", *(energy(one.total_pj) for one in found.conditions)))
    return table("Energy of one learning, mean over chips", head, rows)


def prices_table(found: Learning) -> Table:
    """The table of write energies with its certificates."""
    rows = [
        (entry["name"].replace("_", " "), entry["value"], entry["range"], entry["status"], entry["source"])
        for entry in found.table
    ]
    head = ("Entry", f"{TAB}Value", f"{TAB}Range", f"{TAB}Status", f"{TAB}Source")
    return table("What a write costs", head, rows, folded=True)


def rates_table(found: Learning) -> Table:
    """The choice of rates."""
    learned = [one for one in found.conditions if one.rate is not None]
    rates = [rate for rate, _ in learned[0].tuning] if learned else []
    head = ("Way to learn", "Rate taken", *(f"At {cited(rate)}, %" for rate in rates))
    rows = [(name_of(one), rate_text(one), *(points(accuracy) for _, accuracy in one.tuning)) for one in learned]
    return table("Rates, chosen on validation images", head, rows, folded=True)


def short_rows(found: Learning) -> list[tuple[str, ...]]:
    """For a terminal: means over chips."""
    rows = [("before", *(_one(spread(found.before[what]).mean) for what in ("old", "new", "all")), *[DASH] * 6)]
    for one in found.conditions:
        rows.append(
            (
                name_of(one),
                *(_one(one.spread(f"after_{what}").mean) for what in ("old", "new", "all")),
                _one(one.spread("forgetting").mean),
                rate_text(one),
                cited(one.spread("writes_mean").mean),
                cited(one.spread("pulses_largest").mean),
                energy(one.written_pj()),
                energy(one.presented_pj),
            )
        )
    for name, ideal in (("real weights, known only", found.start), ("real weights, everything", found.taught)):
        rows.append((name, _one(ideal.old), _one(ideal.new), _one(ideal.both), *[DASH] * 6))
    return rows


def _one(value: float) -> str:
    return f"{value:.1f}".replace("-", "−")


def settings_rows(study: Mapping[str, Any]) -> list[dict[str, str]]:
    """Every setting of the study as name and text."""
    rows = []
    for name, value in study.items():
        if name == "conditions":
            text = "; ".join(one["name"] for one in value)
        elif isinstance(value, list):
            text = ", ".join(f"{item:g}" for item in value)
        else:
            text = DASH if value is None else cited(value) if isinstance(value, int) else str(value)
        rows.append({"name": name, "text": text})
    return rows
