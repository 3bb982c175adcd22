"""Tables of the energy page on what a run is held against: formal coding, chips, nodes, links, ranges, other runs."""

from __future__ import annotations

from spikecim.reports.energy_gain_tables import narrowest
from spikecim.reports.energy_table import TAB, Table, table
from spikecim.reports.energy_wording import DASH, READ_AS, SCOPE_NAMES, cited, percent, printed, span, year
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
    return table("The same spikes on other links", head, rows)


def ways_table(run: RunEnergy) -> Table:
    """Words in and out as shares of the whole chip."""
    rows = [
        (
            f"words {row.way}, link and logic",
            cited(row.words),
            percent(row.percent.value),
            percent(row.percent.median),
            f"{percent(row.percent.low)} to {percent(row.percent.high)}",
        )
        for row in run.ways
    ]
    lead = (
        "That every output spike crosses the serial link is an assumption, and so is how logic and link share what was "
        "published for the chip: only their sum is fitted."
    )
    return table("In and out", ("Direction", "Words", "% of chip, at the table", "median", "range"), rows, lead)


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


def anchor_table(run: RunEnergy) -> list[Table]:
    """What keeping the published figures leaves of the draws and of the solved entries."""
    if run.anchor is None:
        return []
    rows = [(row.entry, row.text, row.text_low, row.text_median, row.text_high) for row in run.anchor.solved]
    held = "; ".join(
        f"{SCOPE_NAMES[row.scope]} {span(row.low_pj, row.high_pj)} pJ per event (published {printed(row.published_pj)})"
        for row in run.anchor.figures
    )
    lead = (
        f"{cited(run.anchor.kept)} draws ({percent(run.anchor.kept_percent)} %) keep the published figures: {held}. "
        "The "
        "figure lies anywhere from half a printed unit beyond the published one to half a unit beyond what the run of "
        "that task says: one chip on one set of images need not be at the figure of many. The chip's may be rounded to "
        "tens, as fifty times the core's; half of its last printed unit is kept."
    )
    head = ("Solved entry", "At the table", "5 % of draws", "Median", "95 % of draws")
    return [table("What the published figures leave", head, rows, lead)]


def runs_table(report: EnergyReport) -> Table:
    """One row a run: what it was, what it cost, what it gains."""
    rows, readings = [], {run.reading for run in report.runs}
    titles = list(dict.fromkeys(base.title for run in report.runs for base in run.baselines))
    for run in report.runs:
        core, chip = run.scope("core"), run.scope("chip")
        known = {base.title: narrowest(base.gains, "core", run.reading) for base in run.baselines}
        gains = [known.get(title) for title in titles]
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
                    f"{cited(gain.gain.median)} ({span(gain.gain.low, gain.gain.high)})" if gain else DASH
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
        *(f"Core's gain over {title}, median" for title in titles),
        "Programming, nJ",
    )
    return table("Runs side by side", head, rows)
