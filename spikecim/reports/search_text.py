"""What a design search says, in words and for the terminal: the front, what it costs, how optimistic the search was."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from spikecim.reports.wording import number, several, significant
from spikecim.results.search_result import FRESH, JUDGED, SEARCHED, STAGES, Estimate, FrontPoint, Goal, SearchResult

if TYPE_CHECKING:
    from rich.console import RenderableType

# Rows of the terminal's table; the files hold all.
_ROWS = 24
# Objectives, and factors beside them, up to which the terminal has room for both the searched and the judged value.
_MOST_PAIRS = 2

_YIELD_MOVES = ", and a yield, which counts chips above a fixed accuracy, falls on harder ones"


def value_text(goal: Goal, value: float) -> str:
    """A value with the digits that mean something, without its unit."""
    if not np.isfinite(value):
        return "–"
    if goal.share:
        return f"{100 * value:.1f}"
    return f"{value:,.0f}" if goal.unit in ("cells", "") else significant(value)


def unit_of(goal: Goal) -> str:
    """Unit of `value_text`."""
    return "%" if goal.share else "" if goal.unit == "cells" else goal.unit


def head_of(goal: Goal) -> str:
    """Name and unit of an objective, as a column or an axis is headed."""
    unit = unit_of(goal)
    return f"{goal.label[0].upper()}{goal.label[1:]}{f' ({unit})' if unit else ''}"


def interval_text(goal: Goal, estimate: Estimate) -> str:
    """``86.7 (85.0–89.0)``, ``86.7 (at most 89.0)`` with an open end; the value alone if there is no spread."""
    value = value_text(goal, estimate.value)
    if estimate.low == estimate.high or not np.isfinite(estimate.value):
        return value
    low, high = value_text(goal, estimate.low), value_text(goal, estimate.high)
    if estimate.low_open and estimate.high_open:
        return f"{value} (unbounded)"
    if estimate.low_open:
        return f"{value} (at most {high})"
    return f"{value} (at least {low})" if estimate.high_open else f"{value} ({low}–{high})"


def findings(found: SearchResult) -> list[str]:
    """What the search says, in sentences."""
    said = [_effort(found)]
    for place, goal in enumerate(found.goals):
        best = _best(found, place)
        rest = ", ".join(
            f"{other.label} {interval_text(other, estimate)} {unit_of(other)}".rstrip()
            for other, estimate in zip(found.goals, best.estimates[JUDGED], strict=True)
            if other is not goal
        )
        own = interval_text(goal, best.estimates[JUDGED][place])
        said.append(
            f"Best {goal.label}: {own} {unit_of(goal)}".rstrip() + f" with {settings_text(found, best)}; {rest}."
        )
    said += [sentence for place in range(len(found.goals)) if (sentence := _optimism(found, place))]
    lost = sum(point.keeps < 0.5 for point in found.front)
    said.append(
        f"{several(lost, 'front point')} of {len(found.front)} "
        f"{'is' if lost == 1 else 'are'} beaten by another one in more than half of the draws of fresh chips."
    )
    broken = [point for point in found.front if point.violated]
    if broken:
        verb = "breaks" if len(broken) == 1 else "break"
        said.append(f"On fresh chips and test images {several(len(broken), 'front point')} {verb} a constraint.")
    return said


def settings_text(found: SearchResult, point: FrontPoint) -> str:
    """``decision.delta_s = 10, coding.window = 1.03 ms``."""
    return ", ".join(f"{setting.path} = {text}" for setting, text in zip(found.settings, point.shown, strict=True))


def reading(found: SearchResult) -> str:
    """What the numbers rest on."""
    return (
        f"Search: {several(found.n_chips, 'virtual chip')} a design, {found.n_images:,} validation images. "
        f"Judged: {several(found.final_chips, 'fresh chip')} a design, {found.final_images:,} test images that took no "
        f"part in any choice. Intervals: 95 %, over chips; {_open_ends(found)}all chips read the same images, so they "
        "do not hold what other images would change. The two sets of images need not be equally hard"
        f"{_YIELD_MOVES if any(goal.metric.startswith('yield') for goal in found.goals) else ''}."
    )


def search_summary(found: SearchResult) -> list[RenderableType]:
    """Title, front, findings, and what it rests on."""
    from rich import box
    from rich.markup import escape
    from rich.padding import Padding
    from rich.table import Table
    from rich.text import Text

    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, padding=(0, 1, 0, 0))
    for setting in found.settings:
        table.add_column(setting.path.rpartition(".")[2], no_wrap=True)
    columns = [(place, stage) for place in range(len(found.goals)) for stage in _stages_shown(found, place)]
    for place, stage in columns:
        under = {SEARCHED: "search", JUDGED: "judged"}[stage]
        table.add_column(
            f"{head_of(found.goals[place])}\n{under}", justify="right", min_width=_widest(found, place, stage)
        )
    table.add_column("Keeps\n(%)", justify="right", min_width=5)
    for point in found.front[:_ROWS]:
        cells = [_cell(found, point, place, stage) for place, stage in columns]
        table.add_row(*map(escape, point.shown), *cells, f"{100 * point.keeps:.0f}")
    said: list[RenderableType] = [Text(f"{found.title}: Pareto front", style="bold"), table]
    if len(found.front) > _ROWS:
        said.append(Text(f"and {len(found.front) - _ROWS} more; all are in front.csv", style="dim"))
    said += [Padding(Text(f"• {sentence}"), (0, 0, 0, 1)) for sentence in findings(found)]
    return [*said, Text(reading(found), style="dim")]


def _open_ends(found: SearchResult) -> str:
    """Which objectives have an open end when judged, and how many chips would close it."""
    said = [
        f"that of {goal.label} has an open end with fewer than {several(goal.bounded_from, 'chip')}; "
        for goal in found.goals
        if found.final_chips < goal.bounded_from
    ]
    return "".join(said)


def _stages_shown(found: SearchResult, place: int) -> tuple[str, ...]:
    """One column for an objective that no chip and no image changes, such as cells, and where there is no room."""
    spread = any(point.estimates[SEARCHED][place] != point.estimates[JUDGED][place] for point in found.front)
    if not spread:
        return (SEARCHED,)
    room = max(len(found.goals), len(found.settings)) <= _MOST_PAIRS
    return (SEARCHED, JUDGED) if room else (JUDGED,)


def _cell(found: SearchResult, point: FrontPoint, place: int, stage: str) -> str:
    """Value, and the interval if it is a judged one; a long one on a line of its own where columns are many."""
    goal, estimate = found.goals[place], point.estimates[stage][place]
    if stage == SEARCHED:
        return value_text(goal, estimate.value)
    text = interval_text(goal, estimate)
    return text.replace(" (at ", "\n(at ") if len(found.goals) > _MOST_PAIRS else text


def _widest(found: SearchResult, place: int, stage: str) -> int:
    """Characters that must not be cut."""
    cells = [_cell(found, point, place, stage) for point in found.front[:_ROWS]]
    return max(len(part) for cell in cells for part in cell.replace(" (", "\n(").split("\n"))


def _effort(found: SearchResult) -> str:
    told = f"{several(len(found.trials), 'design')} tried in {several(len(found.growth), 'generation')}"
    parts = [f"{found.n_feasible} keep all constraints"] if found.constraints else []
    parts += [f"{found.n_failed} failed"] if found.n_failed else []
    parts += ["that is every design there is"] if found.exhausted else []
    front = f"the front has {several(len(found.front), 'design')}"
    return f"{'; '.join([told, *parts, front])}."


def _best(found: SearchResult, place: int) -> FrontPoint:
    """The front point that fresh chips and test images find best in one objective."""
    sign = -1.0 if found.goals[place].maximise else 1.0
    value = [sign * point.estimates[JUDGED][place].value for point in found.front]
    return found.front[int(np.nanargmin(value))] if np.isfinite(value).any() else found.front[0]


def _optimism(found: SearchResult, place: int) -> str:
    """How much the search flattered one objective, as the mean over the front; empty where it cannot."""
    goal = found.goals[place]
    values = {stage: np.array([point.estimates[stage][place].value for point in found.front]) for stage in STAGES}
    sign = 1.0 if goal.maximise else -1.0
    chips = float(np.nanmean(sign * (values[SEARCHED] - values[FRESH])))
    images = float(np.nanmean(sign * (values[FRESH] - values[JUDGED])))
    if not np.isfinite(chips + images) or (chips == 0 and images == 0):
        return ""
    told = f"{goal.label[0].upper()}{goal.label[1:]}, mean over the front: fresh chips are "
    return f"{told}{_gap(goal, chips)} the search's, and test images {_gap(goal, images)} that."


def _gap(goal: Goal, gain: float) -> str:
    """How much worse or better than before; `gain` is what was lost."""
    if gain == 0:
        return "as good as"
    unit = "points" if goal.share else goal.unit
    amount = number(abs(100.0 * gain if goal.share else gain), unit)
    return f"{amount} {unit} {'worse' if gain > 0 else 'better'} than"
