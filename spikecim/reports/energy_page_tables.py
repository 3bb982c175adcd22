"""Tables of the energy page on one run: the answer, what it rests on, where it goes; numbers carry their values."""

from __future__ import annotations

from collections.abc import Sequence

from spikecim.reports.energy_table import TAB, Table, short, table
from spikecim.reports.energy_wording import DASH, PARTS, READ_AS, SCOPE_NAMES, cited, percent, printed, span
from spikecim.results.energy_report import RunEnergy
from spikecim.results.energy_rows import Spread

EVENT = "per-synaptic-event"
COUNTED = "as counted"


def answer_table(run: RunEnergy) -> Table:
    """Scopes and readings: mean, three kinds of doubt, and per event."""
    rows = []
    for one in run.scopes:
        kept = DASH if one.anchored is None else span(one.anchored.low, one.anchored.high)
        rows.append(
            (
                f"{SCOPE_NAMES[one.scope]}, read {READ_AS[one.reading]}",
                cited(one.nj.mean),
                span(one.nj_mean_low, one.nj_mean_high),
                kept,
                span(one.free.low, one.free.high),
                cited(one.pj_per_event.mean) if one.pj_per_event else DASH,
                cited(one.pj_per_spike.mean) if one.pj_per_spike else DASH,
            )
        )
    head = (
        "Scope and reading",
        "nJ per inference",
        "over other images",
        "if the published pJ hold",
        "if every entry may move",
        "pJ per event",
        "pJ per input spike",
    )
    lead = (
        "Read per input spike, every part is divided by the neurons, standing power and the charge of the cells too: "
    )
    scaled = [one for one in run.scopes if one.basis != COUNTED]
    return table("Both scopes, both readings", head, rows, f"{lead}{scaled[0].basis}." if scaled else "")


def basis_table(run: RunEnergy) -> Table:
    """What is counted, published, calibrated, assumed, and how much of the energy rests on it."""
    counted = (
        f"{cited(run.words_in)} words in, {cited(run.words_out)} words out, {cited(run.events)} synaptic events an "
        "inference, in the emulation of one virtual chip. Nothing here was measured on silicon."
    )
    rows = [("counted", "", "", counted)]
    for row in run.basis:
        names = ", ".join(short(path) for path in row.entries)
        more = _fitted(run) if row.status == "calibrated" else ""
        rows.append((row.status, percent(row.core_percent), percent(row.chip_percent), f"{names}{more}"))
    return table("What the joules rest on", ("", "% of core", "% of chip", f"{TAB}What"), rows)


def _fitted(run: RunEnergy) -> str:
    """How far this run is from what its entries were fitted to."""
    said = []
    for scope, pj in run.published_pj.items():
        own = run.scope(scope, EVENT).pj_per_event
        said.append(
            f"{printed(pj)} pJ per event for the {SCOPE_NAMES[scope]} ({cited(own.mean if own else None)} here)"
        )
    return f". Fitted to the published {' and '.join(said)}: no prediction" if said else ""


def parts_table(run: RunEnergy) -> Table:
    """Every product of the ledger."""
    rows: list[Sequence[str]] = []
    for scope in ("core", "chip"):
        for row in (row for row in run.parts if row.scope == scope):
            rows.append(
                (
                    f"{PARTS[row.part]}: {row.counted}",
                    cited(row.count),
                    cited(row.each_pj),
                    cited(row.nj),
                    percent(row.core_percent),
                    percent(row.chip_percent),
                    "static" if row.static else "dynamic",
                    row.status,
                )
            )
        nj = run.scope(scope).nj.mean
        rows.append((f"{TAB}{SCOPE_NAMES[scope]}", "", "", cited(nj), "", "", "", ""))
    head = (
        "Part and what is counted",
        "Per inference",
        "pJ each",
        "nJ",
        "% of core",
        "% of chip",
        f"{TAB}Kind",
        f"{TAB}Status",
    )
    return table("Part by part", head, rows)


def static_table(run: RunEnergy) -> Table:
    """Static, dynamic, and a presentation without a spike."""
    rows = [
        (
            SCOPE_NAMES[row.scope],
            cited(row.static_nj),
            cited(row.dynamic_nj),
            percent(row.static_percent),
            cited(row.silent_nj),
        )
        for row in run.static
    ]
    head = ("Scope", "Static, nJ", "Dynamic, nJ", "Static, %", "A blank image, nJ")
    return table("Static and dynamic", head, rows)


def per_table(run: RunEnergy) -> Table:
    """Per inference, event and spike: mean, median and percentiles over images."""
    rows = []
    for one in run.scopes:
        kinds: tuple[tuple[str, Spread | None], ...] = (
            ("nJ per inference", one.nj),
            ("pJ per synaptic event", one.pj_per_event),
            ("pJ per input spike", one.pj_per_spike),
        )
        for unit, spread in kinds:
            name = f"{SCOPE_NAMES[one.scope]}, {unit}, read {READ_AS[one.reading]}"
            rows.append((name, *_four(spread)))
    head = ("Quantity", "Mean", "Median", "5 % of images", "95 % of images")
    lead = (
        "Means per event and spike divide all energy by all events or spikes; the other columns are over the images "
        "that had any."
    )
    return table("Per inference, event and spike", head, rows, lead)


def _four(spread: Spread | None) -> tuple[str, ...]:
    if spread is None:
        return (DASH,) * 4
    return tuple(cited(value) for value in (spread.mean, spread.median, spread.p5, spread.p95))


def layers_table(run: RunEnergy) -> Table:
    """Layer by layer."""
    rows = [
        (
            row.layer,
            cited(row.macs),
            cited(row.events),
            cited(row.core_nj.mean),
            cited(row.core_nj.median),
            span(row.core_nj.p5, row.core_nj.p95),
            cited(row.chip_nj.mean),
            percent(row.chip_percent),
        )
        for row in run.layers
    ]
    head = ("Layer", "MACs", "Synaptic events", "Core, nJ", "median", "5 to 95 %", "Chip, nJ", "% of chip")
    return table("By layer", head, rows)


def classes_table(run: RunEnergy) -> Table:
    """Label by label."""
    rows = [
        (
            cited(row.label),
            cited(row.images),
            cited(row.accuracy_percent, "%"),
            cited(row.words, "spikes"),
            cited(row.core_nj.mean),
            cited(row.core_nj.median),
            span(row.core_nj.p5, row.core_nj.p95),
            cited(row.chip_nj.mean),
        )
        for row in run.classes
    ]
    head = ("Label", "Images", "Right, %", "Input spikes", "Core, nJ", "median", "5 to 95 %", "Chip, nJ")
    return table("By class", head, rows, folded=True)


def margins_table(run: RunEnergy) -> Table:
    """Margin by margin."""
    rows = [
        (
            cited(row.delta_s),
            cited(row.accuracy_percent, "%"),
            span(row.accuracy_low_percent, row.accuracy_high_percent, "%"),
            cited(row.words, "spikes"),
            cited(row.core_nj),
            cited(row.chip_nj),
            cited(row.duration_us),
        )
        for row in run.margins
    ]
    head = ("δs", "Right, %", "interval over images", "Input spikes", "Core, nJ", "Chip, nJ", "µs")
    return table("Every margin, from this one run", head, rows, folded=True)
