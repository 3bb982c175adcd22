"""Plates of a sweep: figures with title and caption, every sentence computed."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING

from spikecim.reports.plate import Plate
from spikecim.reports.sweep_effects import effect_panels
from spikecim.reports.sweep_maps import MOST_DOTS, accuracy_energy, drawn_rows, energy_of, front_of, yield_fields
from spikecim.reports.sweep_shares import index_bars, pair_matrix, spread_bars, told_shares
from spikecim.reports.sweep_wording import (
    interval_text,
    is_sure,
    is_unclear,
    percent,
    short_names,
    unit_of,
    value_text,
    with_unit,
)
from spikecim.reports.wording import several
from spikecim.results.sweep_parts import Effect
from spikecim.results.sweep_report import YIELD, SweepReport, YieldMap

if TYPE_CHECKING:
    from matplotlib.figure import Figure

GROUP = "sweep"


def sweep_plates(report: SweepReport) -> list[Plate]:
    """Figures in the order of the page; those without data are left out."""
    plates = []
    if report.effects_on(YIELD.name):
        draw = partial(effect_panels, report, YIELD.name)
        plates.append(_plate("yield", "Yield", _effect_caption(report, YIELD.name), draw))
    if report.yield_map is not None:
        draw = partial(yield_fields, report, report.yield_map)
        plates.append(_plate("yield-map", "Yield over two factors", _map_caption(report, report.yield_map), draw))
    energy = energy_of(report)
    if report.yield_metric and energy and drawn_rows(report, energy):
        draw = partial(accuracy_energy, report, energy)
        plates.append(_plate("accuracy-energy", "Accuracy against energy", _scatter_caption(report), draw))
    if any(not spread.refused for spread in report.spreads):
        plates.append(_plate("spread", "Designs or chips", _spread_caption(report), partial(spread_bars, report)))
    if told_shares(report):
        plates.append(_plate("indices", "Which factor", _index_caption(report), partial(index_bars, report)))
    if any(shares.pairs for shares in told_shares(report)):
        plates.append(_plate("pairs", "Which pairs of factors", _pair_caption(report), partial(pair_matrix, report)))
    for metric in report.metrics:
        if _varies(report.effects_on(metric.name)):
            title = f"Main effects: {metric.label}"
            draw = partial(effect_panels, report, metric.name)
            plates.append(_plate(f"effects-{_id(metric.name)}", title, _effect_caption(report, metric.name), draw))
    return plates


def _varies(effects: Sequence[Effect]) -> bool:
    levels = [level for effect in effects for level in effect.levels]
    return any(level.p95 > level.p5 for level in levels) or any(effect.change.value > 0 for effect in effects)


def _id(metric: str) -> str:
    return metric.replace("@", "-at-").replace("_", "-")


def _plate(id_: str, title: str, caption: str, draw: Callable[[], Figure]) -> Plate:
    return Plate(id=id_, group=GROUP, title=title, caption=caption, draw=draw)


def change_text(report: SweepReport, effect: Effect) -> str:
    """How far a factor moves a metric, and between which levels."""
    metric, name = report.metric(effect.metric), short_names(report)[effect.factor]
    unit = "points" if unit_of(metric) == "%" else unit_of(metric)
    return (
        f"{name}: {value_text(metric, effect.change.value)} {unit} from {effect.lowest} to {effect.highest} "
        f"({interval_text(metric, effect.change)})"
    )


def changes_text(report: SweepReport, metric: str) -> str:
    """The factors that move a metric more than chance does, or that none does; empty where nothing was compared."""
    judged = [effect for effect in report.effects_on(metric) if effect.change.low == effect.change.low]
    sure = sorted((effect for effect in judged if effect.sure), key=lambda effect: -effect.change.value)
    if not sure:
        return "no factor, by more than chance" if judged else ""
    return "; ".join(change_text(report, effect) for effect in sure)


def _effect_caption(report: SweepReport, metric: str) -> str:
    changes = changes_text(report, metric)
    moved = f" Moved by {changes}." if changes else ""
    if metric == YIELD.name:
        share = with_unit(report.metric(report.yield_metric), report.good_accuracy)
        return f"Share of chips that read {share} or more, over all designs of a level; bars: 90 % interval.{moved}"
    line = " Dashed: a good chip." if metric == report.yield_metric else ""
    whole = "Mean over all chips of all designs of a level, with its 90 % interval; shaded: 90 % of the chips."
    return f"{whole}{line}{moved}"


def _map_caption(report: SweepReport, found: YieldMap) -> str:
    fewest = min(n for row in found.points for n in row if n)
    empty = sum(n == 0 for row in found.points for n in row)
    left = f" {several(empty, 'field')} without a design." if empty else ""
    whole = f"Over the two factors that move accuracy most; a field holds {fewest:,} points or more."
    return f"{whole} Other factors vary within a field.{left}" if len(report.factors) > 2 else whole + left


def _scatter_caption(report: SweepReport) -> str:
    energy = energy_of(report)
    assert energy is not None
    rows = drawn_rows(report, energy)
    front = front_of(rows, report.yield_metric, energy.name)
    shown = f" Of {report.n_designs:,} designs {len(rows):,} are drawn." if report.n_designs > MOST_DOTS else ""
    good = [row for row in front if row.middle[report.yield_metric].value >= report.good_accuracy]
    line = (
        f" The thriftiest design whose median chip is good is no. {good[0].number} "
        f"({', '.join(good[0].texts)}): {with_unit(energy, good[0].middle[energy.name].value)}."
        if good
        else " No design's median chip is good."
    )
    return f"Medians over the virtual chips, a mark a design. Dashed: designs that none beats in both.{shown}{line}"


def _spread_caption(report: SweepReport) -> str:
    told = [spread for spread in report.spreads if not spread.refused]
    parts = [
        f"{report.metric(s.metric).label} {percent(s.chip.value + s.both.value)} % "
        f"(standard deviation {with_unit(report.metric(s.metric), s.chip_sd.value)})"
        for s in told[:2]
    ]
    return (
        "Variance of all points: between designs, between chips alike in all designs, and of chips that answer to "
        f"designs differently; few chips are corrected for. Chip to chip: {'; '.join(parts)}."
    )


def _index_caption(report: SweepReport) -> str:
    told = told_shares(report)[0]
    path = told.leading[0]
    share = (told.total or told.first)[path]
    return (
        f"Of the mean chip. {told.method[0].upper()}{told.method[1:]}. Lines: 90 % intervals. Most of "
        f"{report.metric(told.metric).label}: {short_names(report)[path]}, {percent(share.value)} % "
        f"({percent(share.low)} to {percent(share.high)})."
    )


def _pair_caption(report: SweepReport) -> str:
    told = next(shares for shares in told_shares(report) if shares.pairs)
    shares_of_pairs = [pair.share for shares in told_shares(report) for pair in shares.pairs]
    sure, unclear = (sum(map(judge, shares_of_pairs)) for judge in (is_sure, is_unclear))
    open_ = f" A question mark: {several(unclear, 'interval')} wider than 50 %." if unclear else ""
    return (
        f"Percent of the variance between designs; {told.pairs_method}. Columns stand in the order of the rows; a "
        f"dashed field is the factor alone. Bold: the 90 % interval lies above 0 ({sure:,} of "
        f"{several(len(shares_of_pairs), 'pair')}; one in twenty would by chance).{open_}"
    )
