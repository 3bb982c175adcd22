"""One explained decision in words: a few tables for a terminal, and the same as plain data."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

import numpy as np

from spikecim.reports.pixels import place_of
from spikecim.reports.wording import several
from spikecim.results.explanation import Explanation, Outcome

if TYPE_CHECKING:
    from rich.console import Group, RenderableType
    from rich.table import Table

TOP = 5  # pixels shown of each sign
MICRO = 1e6


def explanation_json(told: Explanation, top: int = TOP) -> dict[str, Any]:
    """Everything that `explanation_summary` says, and every step of the race, as plain data."""
    trace, program = told.trace, told.program
    micro = program.tick_s * MICRO
    return {
        "image": trace.sample,
        "label": trace.label,
        "winner": trace.winner,
        "runner_up": trace.second,
        "right": trace.right,
        "decided": trace.reached,
        "decision_us": trace.duration * micro,
        "delta_s": program.delta_s,
        "lead": trace.final_lead,
        "input_spikes": {"delivered": len(trace.inputs), "offered": trace.offered},
        "unit_electrons": told.unit,
        "neurons": _neurons(told),
        "pixels": {"excitatory": _pixels(told, 1, top), "inhibitory": _pixels(told, -1, top)},
        "runner_up_lacked": None if trace.second is None else _lack(told, trace.second),
        "label_lacked": _lack(told, trace.label) if _beaten(told) else None,
        "chips": [_outcome(chip, micro) for chip in (told.here, told.ideal, *told.others)],
        "note": told.note,
        "race": {
            "time_us": [round(float(tick) * micro, 6) for tick in trace.ticks],
            "lead": trace.lead.tolist() if trace.n_out > 1 else None,
            "score": trace.scores.tolist(),
            "membrane_units": np.round(trace.charge / told.unit, 4).tolist(),
            "inputs": [dict(zip(("tick", "input", "sign"), row, strict=True)) for row in trace.inputs.tolist()],
            "outputs": [dict(zip(("tick", "neuron", "sign"), row, strict=True)) for row in trace.outputs.tolist()],
        },
    }


def _neurons(told: Explanation) -> list[dict[str, Any]]:
    budget, (up, down) = told.budget(), told.trace.emitted()
    return [
        {
            "neuron": neuron,
            "score": int(up[neuron] - down[neuron]),
            "positive": int(up[neuron]),
            "negative": int(down[neuron]),
            **{f"{name}_units": round(float(values[neuron]), 4) for name, values in vars(budget).items()},
        }
        for neuron in range(told.trace.n_out)
    ]


def _pixels(told: Explanation, sign: int, top: int) -> list[dict[str, Any]]:
    given, spikes = told.contributions(), told.trace.delivered(told.program.n_in).sum(0)
    difference = told.difference()
    return [
        {
            "input": line,
            "row": place_of(line, told.program.n_in)[0],
            "column": place_of(line, told.program.n_in)[1],
            "spikes": int(spikes[line]),
            "weight_units": round(float(told.program.charge[0, line, told.trace.winner]) / told.unit, 4),
            "winner_units": round(float(given[line, told.trace.winner]), 4),
            "runner_up_units": round(float(given[line, told.rival]), 4),
            "difference_units": round(float(difference[line]), 4),
        }
        for line in told.strongest(top, sign=sign)
    ]


def _beaten(told: Explanation) -> bool:
    """Whether the right neuron lost; a label may lie outside the neurons."""
    return not told.trace.right and 0 <= told.trace.label < told.trace.n_out


def _lack(told: Explanation, loser: int) -> dict[str, Any]:
    """What `loser` got less than the winner."""
    budget, winner = told.budget(), told.trace.winner
    excitation, inhibition = (float(part[winner] - part[loser]) for part in (budget.excitation, budget.inhibition))
    return {
        "spikes": int(told.here.scores[winner] - told.here.scores[loser]),
        "units": round(excitation + inhibition, 4),
        "excitation_units": round(excitation, 4),
        "inhibition_units": round(inhibition, 4),
    }


def _outcome(chip: Outcome, micro: float) -> dict[str, Any]:
    return {
        "chip": chip.chip,
        "winner": chip.winner,
        "lead": chip.lead,
        "decided": chip.reached,
        "decision_us": chip.ticks * micro,
        "input_spikes": chip.inputs,
        "output_spikes": chip.outputs,
        "scores": chip.scores.tolist(),
    }


def headline(told: Explanation) -> str:
    """``Image 7: label 9, read as 4 (wrong)``."""
    trace = told.trace
    return f"Image {trace.sample}: label {trace.label}, read as {trace.winner} ({'right' if trace.right else 'wrong'})"


def moment(told: Explanation) -> str:
    """When it was decided, by how much, at the price of how many spikes."""
    trace = told.trace
    micro = trace.duration * told.program.tick_s * MICRO
    how = "decided" if trace.reached else "time-out"
    lead = f" with a lead of {trace.final_lead}" if trace.second is not None else ""
    asked = f" (δs = {told.program.delta_s})" if told.program.delta_s and trace.second is not None else ""
    used = f"{len(trace.inputs):,} of {several(trace.offered, 'input spike')} used"
    return f"{how} after {micro:,.0f} µs{lead}{asked}; {used}"


def lack_sentences(told: Explanation) -> list[str]:
    """What the runner-up lacked, and the label where it lost to both, in spikes and in weight units."""
    trace = told.trace
    if trace.second is None:
        return ["A single neuron has no rival."]
    found = [f"Runner-up {trace.second} {_lacked(told, trace.second)}"]
    if _beaten(told) and trace.label != trace.second:
        found.append(f"Label {trace.label} {_lacked(told, trace.label)}")
    return found


def _lacked(told: Explanation, loser: int) -> str:
    lack, winner = _lack(told, loser), told.trace.winner
    excitation, inhibition = lack["excitation_units"], lack["inhibition_units"]
    parts = [
        f"{abs(excitation):.1f} units {'less' if excitation >= 0 else 'more'} excitation",
        f"{abs(inhibition):.1f} units {'more' if inhibition >= 0 else 'less'} inhibition",
    ]
    tie = "" if lack["spikes"] else " (a tie, settled by the larger membrane)"
    charge = f"{abs(lack['units']):.1f} units of charge {'less' if lack['units'] >= 0 else 'more'}"
    return (
        f"ended {several(lack['spikes'], 'spike')} behind{tie}; it was given {charge} than {winner}: "
        f"{parts[0]}, {parts[1]}."
    )


def others_sentence(told: Explanation) -> str:
    """How the other chips read the image."""
    votes = Counter(chip.winner for chip in told.others).most_common()
    read = ", ".join(f"{count} as {winner}" for winner, count in votes)
    ideal = f"The ideal chip reads it as {told.ideal.winner}"
    return f"{ideal}; of {several(len(told.others), 'other virtual chip')}: {read}." if votes else f"{ideal}."


def explanation_summary(told: Explanation, top: int = TOP) -> Group:
    """Race, pixels and other chips for a terminal."""
    from rich.console import Group
    from rich.text import Text

    notes: list[RenderableType] = ["", Text(told.note, style="yellow")] if told.note else []
    return Group(
        Text(headline(told), style="bold" if told.trace.right else "bold red"),
        Text(moment(told)),
        _race_table(told),
        *(Text(sentence) for sentence in lack_sentences(told)),
        "",
        _pixel_table(told, top),
        _chip_table(told),
        Text(others_sentence(told)),
        *notes,
    )


def _race_table(told: Explanation) -> Table:
    table = _table(title="Race (charge in weight units, until the decision)")
    table.add_column("Neuron", no_wrap=True)
    for head in ("Score", "+", "−", "Excitation", "Inhibition", "Membrane", "Lost"):
        table.add_column(head, justify="right", no_wrap=True)
    trace = told.trace
    for row in sorted(_neurons(told), key=lambda row: (row["neuron"] != trace.winner, -row["score"])):
        neuron = row["neuron"]
        names = {trace.label: "label", trace.second: "runner-up", trace.winner: "winner"}
        style = "bold" if neuron == trace.winner else "" if neuron in names else "dim"
        table.add_row(
            f"{neuron} {names.get(neuron, '')}".rstrip(),
            *(f"{row[key]:d}" for key in ("score", "positive", "negative")),
            *(f"{row[f'{key}_units']:.1f}" for key in ("excitation", "inhibition", "left", "lost")),
            style=style,
        )
    return table


def _pixel_table(told: Explanation, top: int) -> Table:
    table = _table(title=f"Pixels that moved {told.trace.winner} most (weight units)")
    table.add_column("Row, column", no_wrap=True)
    heads = ["Spikes", "Weight", f"To {told.trace.winner}"]
    heads += [f"To {told.trace.second}", "Difference"] if told.trace.second is not None else []
    for head in heads:
        table.add_column(head, justify="right", no_wrap=True)
    rows = [*_pixels(told, 1, top), *reversed(_pixels(told, -1, top))]
    keys = ("weight_units", "winner_units", "runner_up_units", "difference_units")[: len(heads) - 1]
    for row in rows:
        cells = (f"{row[key]:+.2f}" for key in keys)
        table.add_row(f"{row['row']}, {row['column']}", f"{row['spikes']:d}", *cells)
    return table


def _chip_table(told: Explanation) -> Table:
    table = _table(title="The same input spikes on other chips")
    table.add_column("Chip", no_wrap=True)
    for head in ("Read as", "Lead", "Input spikes", "Decided after"):
        table.add_column(head, justify="right", no_wrap=True)
    for chip in (told.here, told.ideal, *told.others):
        wrong = chip.winner != told.trace.label
        table.add_row(
            chip.chip,
            f"{chip.winner} {'✗' if wrong else '✓'}",
            f"{chip.lead}",
            f"{chip.inputs:,}",
            f"{chip.ticks * told.program.tick_s * MICRO:,.0f} µs" + ("" if chip.reached else " (time-out)"),
        )
    return table


def _table(title: str) -> Table:
    from rich import box
    from rich.table import Table

    return Table(box=box.SIMPLE_HEAD, pad_edge=False, title=title, title_justify="left", title_style="bold")
