"""The same results for a terminal: rich renderables, returned and never printed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from itertools import groupby
from typing import TYPE_CHECKING

from spikecim.reports.sentences import energy_sentence, key_findings
from spikecim.reports.tables import assumptions
from spikecim.reports.wording import PART_NAMES, number, published, several, significant, without_folders

if TYPE_CHECKING:
    from rich.console import Group, RenderableType
    from rich.table import Table

    from spikecim.chips.multi_spec import MultiChipSpec
    from spikecim.chips.spec import ChipSpec
    from spikecim.results.findings import Row
    from spikecim.results.reproduction import Reproduction
    from spikecim.results.run import RunResult

_VERDICTS = {
    "reproduced": "[bold green]✓ reproduced[/]",
    "calibrated": "[cyan]= calibrated[/]",
    "off": "[bold red]≠ off[/]",
    "not comparable": "[dim]– not comparable[/]",
}
_STATUSES = {"published": "bold", "calibrated": "cyan", "assumed": "yellow"}


def rows_table(rows: Iterable[Row]) -> Table:
    """Published against emulated, one line per quantity."""
    from rich.markup import escape

    table = _table()
    table.add_column("Quantity", ratio=1, min_width=24)
    for head in ("Published", "Emulated", "Interval"):
        table.add_column(head, justify="right", no_wrap=True)
    table.add_column("Verdict", no_wrap=True)
    for row in rows:
        unit = {"spikes": "", "cells": "", "reads": "", "points": "", "x": "×"}.get(row.unit, row.unit)
        table.add_row(
            escape(row.quantity),
            f"{published(row.published, row.unit, row.relation)} {unit}".strip(),
            f"{number(row.emulated, row.unit)} {unit}".strip(),
            f"{number(row.low, row.unit)}–{number(row.high, row.unit)}",
            _VERDICTS.get(row.verdict, escape(row.verdict)),
        )
    return table


def reproduction_summary(rep: Reproduction) -> list[RenderableType]:
    """Banner, table, findings and engine check of a reproduction."""
    from rich.markup import escape
    from rich.padding import Padding
    from rich.text import Text

    found: list[RenderableType] = [Text(rep.median.chip.title, style="bold")]
    if rep.banner:
        found.append(Text(f"! {rep.banner}", style="bold yellow"))
    found += ["", rows_table(rep.rows), ""]
    found += [Padding(Text.from_markup(f"• {escape(sentence)}"), (0, 0, 0, 1)) for sentence in key_findings(rep)]
    if rep.check is not None:
        first, second = rep.check.engines
        verdict = "identical" if rep.check.identical else "NOT identical"
        spikes = f"{several(rep.check.spikes, 'output spike')} compared, {rep.check.differing:,} differing"
        text = f"{second} against {first}: {spikes}, {verdict}"
        found += ["", Text(text, style="" if rep.check.identical else "bold red")]
    return found


def run_summary(run: RunResult) -> Group:
    """Accuracy, spikes and energy of one run."""
    from rich.console import Group
    from rich.markup import escape
    from rich.text import Text

    decisions = run.record.decisions
    late = 100 * float((~decisions.reached[:, -1]).mean())
    facts = _table(show_header=False)
    facts.add_column(no_wrap=True)
    facts.add_column(ratio=1)
    index, seed = (run.settings.get(key, "–") for key in ("chip_index", "seed"))
    for name, text in {
        "Chip": f"{run.chip.name}, virtual chip {index}, seed {seed}",
        "Network": run.network.name,
        "Data": without_folders(f"{several(run.n_samples, 'image')}, {run.settings.get('data', 'given')}"),
        "Engine": run.settings.get("engine", "–"),
        "Accuracy": f"{number(100 * run.accuracy(), '%')} %",
        "Input spikes": f"{number(run.input_spikes(), 'spikes')} per image",
        "Output spikes": f"{number(float(decisions.outputs[:, -1].mean()), 'spikes')} per image",
        "Time-outs": f"{significant(late)} %",
        "Programming": _programming(run),
        **_age(run),
    }.items():
        facts.add_row(name, escape(text))
    return Group(Text(run.chip.title, style="bold"), facts, "", _energy_table(run), "", Text(energy_sentence(run)))


def _age(run: RunResult) -> dict[str, str]:
    """Time, heat and reads between programming and the run, if there were any."""
    known = run.settings
    if "after_s" not in known:
        return {}
    heat = f" ({known['heat']})" if known.get("heat") else ""
    return {"Age": f"{known['after_s']} s{heat}, {known['reads_per_row']} reads of every row"}


def _programming(run: RunResult) -> str:
    pulses, energy, failed = (
        run.settings.get(key, "–") for key in ("programming_pulses", "programming_nj", "unverified_cells")
    )
    return f"{pulses} pulses, {energy} nJ; {failed} of {run.resistance.size:,} cells never verified"


def _energy_table(run: RunResult) -> Table:
    ledger = run.ledger()
    events = int(ledger.actions.synaptic_events.sum())
    table = _table()
    table.add_column("Energy", ratio=1)
    for head in ("nJ/image", "pJ/synaptic event", "pJ/input spike"):
        table.add_column(head, justify="right", no_wrap=True)
    for name, values in ledger.parts.items():
        per_event = number(float(values.sum()) / events if events else None, "pJ")
        table.add_row(PART_NAMES[name], significant(float(values.mean()) / 1000), per_event, "")
    for scope, name in (("core", "core"), ("chip", "whole chip")):
        table.add_row(
            f"[bold]{name}[/]",
            f"[bold]{significant(float(ledger.per_sample(scope).mean()) / 1000)}[/]",
            f"[bold]{number(ledger.per_synaptic_event_pj(scope), 'pJ')}[/]",
            f"[bold]{number(ledger.per_input_spike_pj(scope), 'pJ')}[/]",
        )
    return table


def chip_table(chip: ChipSpec | MultiChipSpec) -> Group:
    """Every parameter of a chip by section, with value, range, status and source; then the sources in full."""
    from rich.console import Group
    from rich.markup import escape
    from rich.text import Text

    rows = assumptions(chip)
    table = _table()
    table.add_column("Parameter", no_wrap=True)
    table.add_column("Value (range)", max_width=22)
    table.add_column("Status", no_wrap=True)
    table.add_column("Source", ratio=1, style="dim", overflow="fold")
    for section, members in groupby(rows, key=lambda row: row["path"].rpartition(".")[0]):
        table.add_row(f"[bold]{escape(section)}[/]", "", "", "")
        for row in members:
            status, style = row["status"], _STATUSES.get(row["status"], "")
            shown = f"[{style}]{status}[/]" if style else status
            value = f"{row['value']}\n({row['range']})" if row["range"] else row["value"]
            table.add_row(f"  {row['path'].rpartition('.')[2]}", escape(value), shown, escape(row["source"]))
    counts = ", ".join(f"{count} {status}" for status, count in Counter(row["status"] for row in rows).most_common())
    foot = Text(f"{several(len(rows), 'parameter')}: {counts}; digest {chip.digest()}")
    return Group(Text(chip.title, style="bold"), "", table, *_sources(chip), "", foot)


def _sources(chip: ChipSpec | MultiChipSpec) -> list[RenderableType]:
    """Full citations of the short names that the table uses."""
    from rich.markup import escape

    if not chip.sources:
        return []
    table = _table()
    table.add_column("Source", no_wrap=True)
    table.add_column("Citation", ratio=1, style="dim", overflow="fold")
    for name, citation in chip.sources.items():
        table.add_row(escape(name), escape(citation))
    return ["", table]


def _table(**how: bool) -> Table:
    from rich import box
    from rich.table import Table

    return Table(box=box.SIMPLE_HEAD, pad_edge=False, expand=True, **how)  # type: ignore[arg-type]
