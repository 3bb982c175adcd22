"""An energy report as LaTeX tables for a paper: booktabs, every text escaped; needs \\usepackage{booktabs} only."""

from __future__ import annotations

from collections.abc import Sequence

from spikecim.reports import energy_gain_tables as gains
from spikecim.reports import energy_page_tables as tables
from spikecim.reports.energy_table import Table as PageTable
from spikecim.reports.energy_wording import as_latex
from spikecim.results.energy_report import EnergyReport, RunEnergy


def energy_latex(report: EnergyReport) -> str:
    """Energy by scope and reading, parts, and gains over formal coding of every run, as floats of their own."""
    found = [
        "% Made by spikecim " + as_latex(report.version) + "; every number stands in energy.json.",
        "% \\usepackage{booktabs}",
    ]
    for run in report.runs:
        found += [_answer(run), _parts(run), _gains(run)]
    return "\n\n".join(found) + "\n"


def _answer(run: RunEnergy) -> str:
    caption = (
        f"Energy of an inference of {run.name} ({run.images:,} images, emulated on one virtual chip). Columns: mean; "
        "95 % confidence over images; 5 to 95 % of draws that keep the published energy per event; the same with every "
        "entry of the energy table free."
    )
    return _float(tables.answer_table(run), (0, 1, 2, 3, 4, 5), caption, f"energy-{_key(run)}")


def _parts(run: RunEnergy) -> str:
    caption = f"Energy of an inference of {run.name}, part by part: a count times an entry of the energy table."
    return _float(tables.parts_table(run), (0, 1, 2, 3, 4, 5, 7), caption, f"energy-parts-{_key(run)}")


def _gains(run: RunEnergy) -> str:
    caption = (
        f"Energy of the same network in formal coding at 130 nm over that of {run.name}; above 1 spikes take less; the "
        "median is over the draws. "
        "Ranges as in the table before, the constants of formal coding drawn too."
    )
    return _float(gains.gains_table(run), (0, 1, 2, 3, 4, 5), caption, f"energy-gains-{_key(run)}")


def _key(run: RunEnergy) -> str:
    """The run's name as a label that LaTeX takes."""
    return "".join(letter if letter.isascii() and letter.isalnum() else "-" for letter in run.name)


def _float(made: PageTable, columns: Sequence[int], caption: str, label: str) -> str:
    heads = [made["head"][place] for place in columns]
    lines = [
        "\\begin{table}",
        "  \\centering",
        f"  \\caption{{{as_latex(caption)}}}",
        f"  \\label{{tab:{label}}}",
        f"  \\begin{{tabular}}{{{''.join('l' if head['words'] else 'r' for head in heads)}}}",
        "    \\toprule",
        f"    {' & '.join(as_latex(head['text']) for head in heads)} \\\\",
        "    \\midrule",
    ]
    for row in made["rows"]:
        cells = [as_latex(row["cells"][place]) for place in columns]
        if row["total"]:
            lines.append("    \\midrule")
            cells = [f"\\textbf{{{cell}}}" if cell else "" for cell in cells]
        lines.append(f"    {' & '.join(cells)} \\\\")
    return "\n".join([*lines, "    \\bottomrule", "  \\end{tabular}", "\\end{table}"])
