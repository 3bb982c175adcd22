"""An attribution for the terminal, in sentences, and as files: JSON, CSV and figures."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from spikecim.files import make_folder, write_csv, write_json, write_text
from spikecim.reports.attribution import attribution
from spikecim.reports.figure_files import save_figure
from spikecim.reports.region import region as region_figure
from spikecim.reports.region import traded_pairs
from spikecim.reports.wording import number, several, significant
from spikecim.results.attribution import CORRECT, SPIKES, Attribution, Effect, strongest
from spikecim.results.attribution_data import attribution_json, attribution_rows
from spikecim.results.region import NARROWED, Region

if TYPE_CHECKING:
    from rich.console import RenderableType
    from rich.table import Table


def write_attribution(found: Attribution, region: Region | None, folder: Path) -> list[Path]:
    """Write attribution.json, .csv and .md, and figures as PNG and SVG, into `folder`; each whole or not at all."""
    make_folder(folder)
    data, table, page = (folder / f"attribution.{kind}" for kind in ("json", "csv", "md"))
    write_json(data, attribution_json(found, region))
    write_csv(table, attribution_rows(found))
    write_text(page, attribution_markdown(found, region))
    written = [data, table, page]
    figures = {"attribution": attribution(found)}
    if region is not None:
        figures["region"] = region_figure(region)
    for name, figure in figures.items():
        written += save_figure(figure, folder / name)
    return written


def attribution_summary(found: Attribution, region: Region | None = None) -> list[RenderableType]:
    """Table of the causes, and what it says."""
    from rich.text import Text

    sentences = attribution_sentences(found) + ([] if region is None else region_sentences(region))
    return [_table(found), *(Text(sentence) for sentence in sentences)]


def attribution_sentences(found: Attribution) -> list[str]:
    """Both levels, the largest shares, and what input spikes add; all computed."""
    where = f"{several(found.n_images, 'image')} of {found.facts.get('dataset', 'the data set')}"
    paper, ideal = (float(found.per_image(counts, CORRECT)) for counts in (found.paper, found.ideal))
    chips = float(found.per_image(found.full, CORRECT).mean())
    sentences = [
        f"On {where}: network on paper {number(paper, '%')} %, ideal spiking chip {number(ideal, '%')} %, "
        f"mean of {several(found.n_chips, 'virtual chip')} {number(chips, '%')} %. The shares sum to the loss exactly."
    ]
    for design, name in ((True, "Design choices"), (False, "The hardware")):
        costs, moves = (found.level(metric, design=design).mean for metric in (CORRECT, SPIKES))
        first = strongest(found.shares(CORRECT), design=design)[:4]
        largest = "; ".join(f"{share.player.title} {_signed(share.shapley.mean, 2)}" for share in first)
        sentences.append(f"{name} cost {costs:.2f} points and move the input spikes by {_signed(moves, 1)}: {largest}.")
    if "clipped_weights" in found.facts:
        clipped = 100 * float(found.facts["clipped_weights"])
        sentences.append(f"{clipped:.0f} % of the real weights lie beyond the largest whole one and are clipped.")
    elif not any(player.name == "quantisation" for player in found.players):
        sentences.append("The network does not know its real weights: quantisation is left out, on paper it is whole.")
    idle = [player.title.lower() for player in found.players if not player.active]
    if idle:
        sentences.append(f"Without any effect on this chip, and so exactly 0: {', '.join(idle)}.")
    return sentences


def region_sentences(region: Region) -> list[str]:
    """What the two published numbers decide among the plausible values, and what they do not."""
    both = region.weights()
    narrowing = region.narrowing(both)
    decided, open_ = [], []
    for place in np.argsort(narrowing):
        axis = region.axes[place]
        if narrowing[place] >= NARROWED:
            open_.append(_within(axis.title))
            continue
        low, _, high = region.span(int(place), both)
        kept = f"{significant(low)}–{significant(high)} {axis.unit}".strip()
        decided.append(f"{_within(axis.title)} to {kept} (of {axis.low:g}–{axis.high:g})")
    single = [_narrowed(region, region.weights((which,))) for which in (0, 1)]
    first, second = traded_pairs(region, both)[0]
    traded = region.correlation(both)[first, second]
    accuracy, spikes = region.published
    near = int(region.accepted(np.array([1.0, 0.05 * spikes])).sum())
    sentences = [
        f"{near} of {len(region.designs)} plausible designs come within 1 point of {accuracy:g} % and 5 % of "
        f"{spikes:g} input spikes.",
        f"Together the two numbers narrow {'; '.join(decided) or 'nothing'}. They leave open (less than "
        f"{100 * (1 - NARROWED):.0f} % narrower): {', '.join(open_) or 'nothing'}.",
        f"Accuracy alone would narrow {single[0]}; input spikes alone {single[1]}.",
        f"They trade {_within(region.axes[first].title)} for {_within(region.axes[second].title)} (correlation "
        f"{_signed(traded, 2)}).",
    ]
    if len(region.checked):
        middle, low, high = (np.percentile(region.checked, q, axis=0) for q in (50, 5, 95))
        sentences.append(
            f"{several(len(region.checked), 'chip')} drawn from that region read {middle[0]:.1f} % "
            f"({low[0]:.1f}–{high[0]:.1f}) at {middle[1]:.0f} ({low[1]:.0f}–{high[1]:.0f}) input spikes."
        )
    return sentences


def _narrowed(region: Region, weights: NDArray[np.float64]) -> str:
    kept = zip(region.axes, region.narrowing(weights), strict=True)
    names = [_within(axis.title) for axis, part in kept if part < NARROWED]
    return " and ".join(names) or "nothing"


def attribution_markdown(found: Attribution, region: Region | None = None) -> str:
    """The same table and sentences as Markdown, for a page of documentation."""
    heads = ("Cause", "Points lost", "chips 5–95 %", "alone", "all but it", "Spikes added", "alone", "all but it")
    lines = ["| " + " | ".join(heads) + " |", "| --- |" + " ---: |" * (len(heads) - 1)]
    lines += ["| " + " | ".join(row) + " |" for row in [*_cause_rows(found), _total_row(found)]]
    sentences = attribution_sentences(found) + ([] if region is None else region_sentences(region))
    return "\n".join([*lines, "", *(f"- {sentence}" for sentence in sentences)]) + "\n"


def _cause_rows(found: Attribution) -> list[tuple[str, ...]]:
    rows: list[tuple[str, ...]] = []
    for points, spikes in zip(found.shares(CORRECT), found.shares(SPIKES), strict=True):
        ends = (_signed(value, 2) for value in (points.shapley.p5, points.shapley.p95))
        rows.append(
            (
                points.player.title,
                _mean(points.shapley, 2),
                "" if points.player.design else " … ".join(ends),
                _signed(points.alone.mean, 2),
                _signed(points.removed.mean, 2),
                _mean(spikes.shapley, 1),
                _signed(spikes.alone.mean, 1),
                _signed(spikes.removed.mean, 1),
            )
        )
    return rows


def _total_row(found: Attribution) -> tuple[str, ...]:
    points, spikes = (float(found.total(metric)) for metric in (CORRECT, SPIKES))
    return ("Sum = whole change", _signed(points, 2), "", "", "", _signed(spikes, 1), "", "")


def _table(found: Attribution) -> Table:
    from rich import box
    from rich.table import Table

    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, collapse_padding=True)
    table.add_column("Cause", no_wrap=True)
    for head in ("Points lost", "chips 5–95 %", "alone", "all but", "Spikes added", "alone", "all but"):
        table.add_column(head, justify="right", no_wrap=True)
    for place, row in enumerate(_cause_rows(found), 1):
        table.add_row(*row, end_section=place in (found.n_design, len(found.players)))
    table.add_row(*_total_row(found))
    table.caption = "± 90 % interval of the mean; alone: as the only cause; all but: what comes back without it"
    table.caption_justify = "left"
    return table


def _mean(effect: Effect, places: int) -> str:
    text = _signed(effect.mean, places)
    if effect.low is None or effect.high is None:
        return text
    half = (effect.high - effect.low) / 2
    return f"{text} ± {half:.{places}f}" if half > 0 else text


def _within(title: str) -> str:
    """A title within a sentence: small, but for abbreviations."""
    return title if title[:2].isupper() else title[0].lower() + title[1:]


def _signed(value: float, places: int) -> str:
    text = f"{value:.{places}f}"
    # No cause costs minus nothing.
    return text.lstrip("-") if float(text) == 0 else text.replace("-", "−")
