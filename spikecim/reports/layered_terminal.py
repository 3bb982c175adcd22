"""A run through several layers for a terminal: what ran, energy by part and by layer, and a sentence."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from spikecim.energy.layered import LAYERED_SCOPES, LayeredLedger
from spikecim.reports.energy_tables import spread
from spikecim.reports.energy_wording import PARTS, SCOPE_NAMES
from spikecim.reports.layered_tables import late_share, layer_rows
from spikecim.reports.sentences import cost_sentence
from spikecim.reports.wording import number, several, significant, without_folders
from spikecim.results.layered_run import LayeredRun

if TYPE_CHECKING:
    from rich.console import Group
    from rich.table import Table


def layered_run_summary(run: LayeredRun) -> Group:
    """Accuracy, spikes and energy of one run, by part and by layer."""
    from rich.console import Group
    from rich.markup import escape
    from rich.text import Text

    ledger = run.ledger()
    table = _table(show_header=False)
    table.add_column(no_wrap=True)
    table.add_column(ratio=1)
    for name, text in _facts(run, ledger).items():
        table.add_row(name, escape(text))
    spent = {scope: spread(ledger.per_sample(scope) / 1000) for scope in LAYERED_SCOPES}
    sentence = cost_sentence(spent["core"], spent["chip"], late_share(run, ledger))
    parts = (Text(run.chip.title, style="bold"), table, "", _parts(ledger), "", _layers(run, ledger), "")
    return Group(*parts, Text(sentence))


def _facts(run: LayeredRun, ledger: LayeredLedger) -> dict[str, str]:
    known = {
        key: run.settings.get(key, "–")
        for key in ("chip_index", "seed", "steps", "ticks_per_step", "slices", "cores", "engine", "unverified_cells")
    }
    fired, out = (float(getattr(ledger.actions, name).sum(1).mean()) for name in ("reset_packets", "output_words"))
    stop = f"decision margin {run.delta_s}" if run.delta_s else "no decision margin: every image to its end"
    groups = several(int(known["slices"]), "cell group") if known["slices"].isdecimal() else "–"
    return {
        "Chip": f"{run.chip.name}, virtual chip {known['chip_index']}, seed {known['seed']}",
        "Network": f"{run.network}, converted by {run.conversion}, {groups} a weight",
        "Size": f"{several(len(run.layers), 'layer')} on {known['cores']} cores, {run.n_cells:,} cells",
        "Data": without_folders(f"{several(run.n_samples, 'image')}, {run.settings.get('data', 'given')}"),
        "Window": f"{known['steps']} steps of {known['ticks_per_step']} ticks; {stop}",
        "Engine": known["engine"],
        "Accuracy": f"{number(100 * run.accuracy(), '%')} % (float ANN {number(100 * run.ann_accuracy, '%')} %)",
        "Input spikes": f"{number(run.input_spikes(), 'spikes')} per image",
        "Fired spikes": f"{number(fired, 'spikes')} per image, {number(out, 'spikes')} of them by the last layer",
        "Duration": f"{significant(float(ledger.actions.ticks.mean()) * run.chip.tick_s * 1000)} ms per image",
        "Time-outs": f"{significant(100 * run.time_outs())} %" if run.delta_s else "–",
        "Programming": f"{significant(run.programming_nj)} nJ; {known['unverified_cells']} of {run.n_cells:,} cells "
        "never verified",
    }


def _parts(ledger: LayeredLedger) -> Table:
    """Energy by part and scope."""
    events, spikes = (float(getattr(ledger.actions, name).sum()) for name in ("synaptic_events", "input_words"))
    table = _table()
    table.add_column("Energy", ratio=1)
    for head in ("nJ/image", "pJ/synaptic event", "pJ/input spike"):
        table.add_column(head, justify="right", no_wrap=True)
    for name, values in ledger.parts.items():
        per_event = number(float(values.sum()) / events if events else None, "pJ")
        table.add_row(PARTS[name], significant(float(values.sum(1).mean()) / 1000), per_event, "")
    for scope, name in SCOPE_NAMES.items():
        total = ledger.total_pj(scope)
        cells = (
            significant(float(ledger.per_sample(scope).mean()) / 1000),
            number(total / events if events else None, "pJ"),
            number(total / spikes if spikes else None, "pJ"),
        )
        table.add_row(*(f"[bold]{text}[/]" for text in (name, *cells)))
    return table


def _layers(run: LayeredRun, ledger: LayeredLedger) -> Table:
    """Energy by layer."""
    from rich.markup import escape

    rows = layer_rows(run, ledger)
    total = sum(row["chip_nj"] for row in rows)
    table = _table()
    table.add_column("Layer", ratio=1)
    for head in ("Neurons", "Spikes/image", "Events/image", "Core nJ", "Chip nJ", "Share"):
        table.add_column(head, justify="right", no_wrap=True)
    for row in rows:
        share = f"{100 * row['chip_nj'] / total:.1f} %" if total else "–"
        table.add_row(escape(row["name"]), f"{row['neurons']:,}", *_means(row), share)
    return table


def _means(row: dict[str, Any]) -> tuple[str, ...]:
    spikes, events = (number(float(row[name]), "cells") for name in ("spikes", "synaptic_events"))
    return spikes, events, *(significant(float(row[f"{scope}_nj"])) for scope in LAYERED_SCOPES)


def _table(**how: bool) -> Table:
    from rich import box
    from rich.table import Table

    return Table(box=box.SIMPLE_HEAD, pad_edge=False, expand=True, **how)  # type: ignore[arg-type]
