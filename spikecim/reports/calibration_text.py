"""A calibration in words: findings, tables for terminal and page, lines for a chip file."""

from __future__ import annotations

from typing import TYPE_CHECKING

from spikecim.reports.wording import several, significant
from spikecim.results.calibration import (
    ABOVE,
    BELOW,
    DETERMINED,
    DROP,
    HOLDS,
    OPEN,
    CalibrationFound,
    Direction,
    Further,
    ParameterFound,
    Trial,
)
from spikecim.units import format_quantity

if TYPE_CHECKING:
    from rich.console import RenderableType

# A correlation from here on is worth a sentence, and so is a load of this size in a direction.
_TRADED, _LOAD = 0.4, 0.3


def findings(found: CalibrationFound) -> list[str]:
    """What the figures decide, what they do not, what they trade, and what would help; all computed."""
    said = [_decided(found), *_bounded(found), *_open(found), *_by_set(found), *_traded(found)]
    if found.contradicts:
        said.insert(0, contradiction(found))
    said += _helps(found)
    if found.trial is not None:
        said.append(_kept_word(found, found.trial))
    return said


def contradiction(found: CalibrationFound) -> str:
    """Said where no place within the bounds gives all figures."""
    worst = max(found.figures, key=lambda f: abs(f.fitted - f.value) / max((f.sd**2 + f.chip_sd**2) ** 0.5, 1e-300))
    return (
        f"No values within the bounds give all figures together (chance {found.misfit_p:.1g}); furthest off is "
        f"{worst.label}, {significant(worst.value, 4)} measured and {significant(worst.fitted, 4)} fitted."
    )


def span(parameter: ParameterFound) -> str:
    """The 90 % interval; where the figures close one end only, that limit."""
    low, _, high = (format_quantity(value, parameter.unit, 3) for value in parameter.interval)
    return {BELOW: f"below {high}", ABOVE: f"above {low}"}.get(parameter.verdict, f"{low} to {high}")


def _decided(found: CalibrationFound) -> str:
    told = [f"{p.path} {span(p)}" for p in found.parameters if p.verdict == DETERMINED]
    if not told:
        return "The figures close the range of no parameter on both sides."
    return f"Determined, with {100 * HOLDS:.0f} % intervals: {'; '.join(told)}."


def _bounded(found: CalibrationFound) -> list[str]:
    told = [f"{p.path} {span(p)}" for p in found.parameters if p.verdict in (BELOW, ABOVE)]
    return [f"Bounded on one side only: {'; '.join(told)}."] if told else []


def _open(found: CalibrationFound) -> list[str]:
    """Parameters left open; and those that would not be, were others known."""
    said = []
    undecided = [p for p in found.parameters if p.verdict == OPEN]
    if undecided:
        kept = "; ".join(f"{p.path} keeps {100 * min(p.kept, 1.0):.0f} % of its range" for p in undecided)
        said.append(f"Not determined by these figures: {kept}.")
    untold = [p.path for p in undecided if max(p.alone) <= DROP]
    if untold:
        said.append(f"Even with every other parameter known they would allow {_listed(untold)} the whole range.")
    return said


def _listed(names: list[str]) -> str:
    return " and ".join([", ".join(names[:-1]), names[-1]] if len(names) > 1 else names)


def _by_set(found: CalibrationFound) -> list[str]:
    """What a part of the figures leaves open that all of them determine."""
    said = []
    whole = found.sets[-1]
    for part in found.sets[:-1]:
        lost = [
            path
            for path, verdict in whole.verdicts.items()
            if verdict == DETERMINED and part.verdicts[path] != DETERMINED
        ]
        if lost:
            kept = "; ".join(f"{path} ({100 * min(part.kept[path], 1.0):.0f} % of its range kept)" for path in lost)
            said.append(f"{part.name} alone ({', '.join(part.figures)}) would not determine {kept}.")
    return said


def _traded(found: CalibrationFound) -> list[str]:
    told = []
    for row, first in enumerate(found.parameters):
        for column, second in enumerate(found.parameters[:row]):
            value = float(found.correlation[row, column])
            if abs(value) >= _TRADED:
                how = "rises" if value > 0 else "falls"
                text = f"{first.path} {how} as {second.path} rises ({value:.2f})"
                told.append((abs(value), text.replace("-", "−")))
    if not told:
        return []
    return [f"Traded for each other: {'; '.join(text for _, text in sorted(told, reverse=True)[:4])}."]


def _helps(found: CalibrationFound) -> list[str]:
    """For each parameter that is not determined, the further figure that would narrow it most."""
    said = []
    single = [entry for entry in found.further if "+" not in entry.name]
    for parameter in found.parameters:
        if parameter.verdict == DETERMINED or not single:
            continue
        best = min(single, key=lambda entry: entry.kept[parameter.path])
        now, then = min(parameter.kept, 1.0), best.kept[parameter.path]
        if then < 0.9 * now:
            said.append(
                f"{parameter.path} would be told best by {best.label}: from {100 * now:.0f} to {100 * then:.0f} % of "
                "its range, on average."
            )
        else:
            said.append(f"None of the further figures tells {parameter.path}: at best {100 * then:.0f} % of its range.")
    return said


def _kept_word(found: CalibrationFound, trial: Trial) -> str:
    n_parameters = len(found.parameters)
    parts = [
        f"{100 * sum(row.covered.values()) / (trial.n_chips * n_parameters):.1f} % with {row.set_name}"
        for row in trial.rows
    ]
    error = 1.645 * 100 * (HOLDS * (1 - HOLDS) / trial.n_chips) ** 0.5
    return (
        f"Of {several(trial.n_chips, 'synthetic chip')} the {100 * HOLDS:.0f} % intervals held the truth in "
        f"{', '.join(parts)} of the cases (one parameter: ± {error:.1f} points by chance)."
    )


def direction_text(direction: Direction) -> str:
    """A combination of parameters in words: what rises while what falls."""
    top = max(abs(value) for value in direction.loadings.values())
    told = sorted(direction.loadings.items(), key=lambda item: -abs(item[1]))
    parts = [f"{'+' if v > 0 else '−'}{abs(v):.2f} {path}" for path, v in told if abs(v) >= _LOAD * top]
    return " ".join(parts)


PARAMETER_HEAD = ("Parameter", "Bounds", "90 % interval", "Range kept", "Others known", "Fitted", "Verdict")


def parameter_cells(parameter: ParameterFound) -> list[str]:
    """One row of the table of parameters."""
    low, high = (format_quantity(end, parameter.unit, 3) for end in (parameter.low, parameter.high))
    return [
        parameter.path,
        f"{low} to {high}",
        span(parameter),
        f"{100 * min(parameter.kept, 1.0):.0f} %",
        f"{100 * parameter.kept_without[parameter.path]:.0f} %",
        format_quantity(parameter.fitted, parameter.unit),
        parameter.verdict.removesuffix(" by these figures").removesuffix(" only"),
    ]


FIGURE_HEAD = ("Figure", "Measured", "Its error", "Chip to chip", "Law errs", "Fitted law", "Fresh chips")


def figure_cells(found: CalibrationFound) -> list[list[str]]:
    """Rows of the table of figures."""
    return [
        [
            f"{figure.label}{f', {figure.unit}' if figure.unit else ''}",
            significant(figure.value, 4),
            f"± {significant((figure.sd**2 + figure.image_sd**2) ** 0.5, 2)}",
            f"± {significant(figure.chip_sd, 2)}",
            f"± {significant(figure.surrogate_sd, 2)}" if figure.surrogate_sd > 0 else "not seen",
            significant(figure.fitted, 4),
            f"{significant(figure.checked, 4)} ± {significant(figure.checked_sd, 2)}",
        ]
        for figure in found.figures
    ]


def further_cells(found: CalibrationFound) -> list[list[str]]:
    """Rows of the table of further figures: bits, then what is kept of each range."""
    now = ["as it is", "0.0", *(f"{100 * min(p.kept, 1.0):.0f} %" for p in found.parameters)]
    told = [
        [e.label, f"{e.bits:.1f}", *(f"{100 * min(e.kept[p.path], 1.0):.0f} %" for p in found.parameters)]
        for e in found.further
    ]
    return [now, *told]


def calibration_summary(found: CalibrationFound) -> list[RenderableType]:
    """Tables and findings for a terminal."""
    from rich.padding import Padding
    from rich.text import Text

    short = [0, 1, 2, 3, 6]
    rows = [[parameter_cells(parameter)[column] for column in short] for parameter in found.parameters]
    tables = [
        _table(tuple(PARAMETER_HEAD[column] for column in short), rows),
        _table(FIGURE_HEAD, figure_cells(found)),
    ]
    if found.further:
        tables.append(
            _table(("If this were known too", "Bits", "Would narrow most"), [_most(found, e) for e in found.further])
        )
    said = [Padding(Text(f"• {text}"), (0, 0, 0, 1)) for text in findings(found)]
    return [*tables, *said]


def _most(found: CalibrationFound, entry: Further) -> list[str]:
    """A further figure's row: the parameter that it narrows most."""
    best = min(found.parameters, key=lambda p: entry.kept[p.path] / p.kept)
    now, then = (f"{100 * min(kept, 1.0):.0f}" for kept in (best.kept, entry.kept[best.path]))
    return [entry.label, f"{entry.bits:.1f}", f"{best.path} from {now} to {then} % of its range"]


def _table(head: tuple[str, ...], rows: list[list[str]]) -> RenderableType:
    from rich import box
    from rich.table import Table

    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, collapse_padding=True)
    for number, name in enumerate(head):
        table.add_column(name, justify="left" if number == 0 else "right", no_wrap=number == 0 and len(head) == 5)
    for row in rows:
        table.add_row(*row)
    return table
