"""Tables of the energy page on what a run is held against: formal coding, chips, nodes, links, ranges, other runs."""

from __future__ import annotations

from collections.abc import Sequence

from spikecim.reports.energy_table import TAB, Table, table
from spikecim.reports.energy_wording import DASH, READ_AS, SCOPE_NAMES, cited, percent, printed, span, year
from spikecim.results.energy_against_rows import Gain, Payback
from spikecim.results.energy_report import EnergyReport, RunEnergy
from spikecim.results.energy_rows import Range

MODES = {"anchored": "published figures kept", "free": "every entry free"}


def links_table(run: RunEnergy) -> Table:
    """Other links, and what each assumes."""
    rows = [
        (
            row.name,
            f"{cited(row.bits_in)} / {cited(row.bits_out)}" if row.bits_in else DASH,
            f"{cited(row.word_in_pj)} / {cited(row.word_out_pj)}",
            cited(row.chip_nj),
            span(row.chip_range.low, row.chip_range.high),
            cited(row.pj_per_event),
            cited(row.times_less),
            row.assumption,
        )
        for row in run.links
    ]
    head = (
        "Link",
        "Bits in / out",
        "pJ a word, with logic",
        "Chip, nJ",
        "range",
        "pJ per event",
        "Times less",
        f"{TAB}Assumed",
    )
    return table("The same words on other links", head, rows)


def baselines_table(run: RunEnergy) -> Table:
    """Formal coding alone."""
    rows = [
        (
            base.title,
            cited(run.macs),
            *(cited(value) for value in (base.pj_low, base.pj_typical, base.pj_high)),
            *(cited(value) for value in (base.nj_low, base.nj_typical, base.nj_high)),
        )
        for base in run.baselines
    ]
    head = ("Formal coding at SPIRIT's node", "MACs", "pJ each, low", "typical", "high", "nJ, low", "typical", "high")
    return table("The same network in formal coding", head, rows)


def gains_table(run: RunEnergy) -> Table:
    """Gains and what pays for programming."""
    rows = []
    for base in run.baselines:
        for scope, reading in dict.fromkeys((gain.scope, gain.reading) for gain in base.gains):
            found = {gain.mode: gain for gain in base.gains if (gain.scope, gain.reading) == (scope, reading)}
            best = found.get("anchored", found["free"])
            kept = found.get("anchored")
            rows.append(
                (
                    f"{base.title}; {SCOPE_NAMES[scope]}, read {READ_AS[reading]}",
                    cited(best.gain.value),
                    span(kept.gain.low, kept.gain.high) if kept else DASH,
                    span(found["free"].gain.low, found["free"].gain.high),
                    percent(best.above_one_percent),
                    _payback(base.paybacks, best),
                )
            )
    head = (
        "Formal coding over spikes",
        "Gain, typical",
        "if the published pJ hold",
        "if every entry may move",
        "Draws above 1, %",
        "Inferences that pay programming",
    )
    lead = "Above 1 spikes take less. Programming is paid by what an inference saves; never, where it saves nothing."
    return table("Gain over formal coding", head, rows, lead)


def _payback(paybacks: Sequence[Payback], gain: Gain) -> str:
    found = next((one for one in paybacks if (one.scope, one.reading) == (gain.scope, gain.reading)), None)
    return DASH if found is None else "never" if found.inferences is None else cited(found.inferences)


def published_table(run: RunEnergy, report: EnergyReport) -> Table:
    """Chips of the literature and ours, the cheapest inference first."""
    known = [row for row in (*run.published, *report.published) if row.nj_per_inference is not None]
    rest = [row for row in report.published if row.nj_per_inference is None]
    rows = [
        (
            f"{TAB if row.ours else ''}{row.system}, {year(row.year) if row.year else row.note}",
            (cited if row.ours else printed)(row.nj_per_inference),
            (cited if row.ours else printed)(row.pj_per_op),
            cited(row.accuracy_percent, "%") if row.ours else printed(row.accuracy_percent),
            printed(row.node_nm),
            row.kind,
            f"{row.task}; {row.network}",
            f"{', '.join(row.citations)} ({row.read_as})" if row.citations else row.read_as,
            "" if row.ours else row.note,
        )
        for row in (*sorted(known, key=lambda row: row.nj_per_inference or 0.0), *rest)
    ]
    head = (
        "System",
        "nJ per inference",
        "pJ per operation",
        "Right, %",
        "nm",
        f"{TAB}Kind",
        f"{TAB}Task; network",
        f"{TAB}Source",
        f"{TAB}Note",
    )
    return table("Beside published chips", head, rows)


def projection_table(run: RunEnergy) -> Table:
    """Other nodes, as projections."""
    rows = [
        (
            f"projected: {row.label}",
            cited(row.energy),
            cited(row.density),
            cited(row.core_nj),
            cited(row.chip_nj),
            row.note,
        )
        for row in run.projection
    ]
    head = ("Projection", "Energy, times", "Density, times", "Core, nJ", "Chip, nJ", f"{TAB}Assumed")
    sources = {row.kind: row.source for row in run.projection}
    lead = " ".join(f"{kind.capitalize()}: {source}." for kind, source in sources.items())
    return table("Projection to another node: not a result", head, rows, lead)


def ranges_table(run: RunEnergy) -> Table:
    """Every entry with its range, its effect and its source."""
    rows = []
    for bar in (bar for bar in run.tornado if bar.scope == "chip"):
        core = next((other for other in run.tornado if (other.scope, other.entry) == ("core", bar.entry)), None)
        rows.append(
            (
                bar.entry,
                bar.text,
                f"{bar.text_low} to {bar.text_high}{' (no range given: the rule)' if bar.default_range else ''}",
                span(core.nj_low, core.nj_high) if core else DASH,
                span(bar.nj_low, bar.nj_high),
                bar.status,
                bar.source,
            )
        )
    head = (
        "Entry",
        "Value",
        f"{TAB}Range",
        "Core, nJ",
        "Chip, nJ",
        f"{TAB}Status",
        f"{TAB}Source and reason",
    )
    return table("Every entry over its range", head, rows, folded=True)


def doubt_table(run: RunEnergy) -> Table:
    """Monte Carlo in both modes."""
    rows = []
    for one in run.scopes:
        modes: tuple[tuple[str, Range | None], ...] = (("anchored", one.anchored), ("free", one.free))
        for mode, found in modes:
            if found is not None:
                name = f"{SCOPE_NAMES[one.scope]}, read {READ_AS[one.reading]}, {MODES[mode]}"
                rows.append((name, *(cited(value) for value in (found.value, found.low, found.median, found.high))))
    head = ("nJ per inference", "At the table", "5 % of draws", "Median", "95 % of draws")
    return table("All entries at once", head, rows)


def constants_table(report: EnergyReport) -> Table:
    """Constants of the baselines."""
    rows = [
        (one.name, f"{cited(one.typical)} {one.unit}".strip(), span(one.low, one.high), one.source)
        for one in report.constants
    ]
    return table("Constants of formal coding", ("Constant", "Typical", "Range", f"{TAB}Source"), rows, folded=True)


def runs_table(report: EnergyReport) -> Table:
    """One row a run: what it was, what it cost, what it gains."""
    rows, readings = [], {run.reading for run in report.runs}
    for run in report.runs:
        core, chip = run.scope("core"), run.scope("chip")
        gains = [_narrow(base.gains, "core", run.reading) for base in run.baselines]
        rows.append(
            (
                f"{run.name}, read {READ_AS[run.reading]}" if len(readings) > 1 else run.name,
                run.settings["chip"],
                cited(run.images),
                cited(run.accuracy_percent, "%"),
                cited(run.words_in),
                cited(run.events),
                cited(run.events_per_mac),
                cited(core.nj.mean),
                span(core.free.low, core.free.high),
                cited(chip.nj.mean),
                *(
                    f"{cited(gain.gain.value)} ({span(gain.gain.low, gain.gain.high)})" if gain else DASH
                    for gain in gains
                ),
                cited(run.programming.programming_nj) if run.programming else DASH,
            )
        )
    head = (
        "Run",
        f"{TAB}Chip",
        "Images",
        "Right, %",
        "Words in",
        "Events",
        "Events per MAC",
        "Core, nJ",
        "every entry free",
        "Chip, nJ",
        *(f"Core's gain over {base.title}" for base in report.runs[0].baselines),
        "Programming, nJ",
    )
    return table("Runs side by side", head, rows)


def _narrow(gains: Sequence[Gain], scope: str, reading: str) -> Gain | None:
    """The gain with the narrowest interval that the run has."""
    found = [gain for gain in gains if (gain.scope, gain.reading) == (scope, reading)]
    return next((gain for gain in found if gain.mode == "anchored"), found[0] if found else None)
