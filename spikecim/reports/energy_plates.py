"""Plates of the energy page: figures with title and caption; those without data are left out."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

from spikecim.reports import energy_against_figures as axis
from spikecim.reports import energy_doubt_figures as doubt
from spikecim.reports import energy_report_figures as figures
from spikecim.reports.energy_wording import cited, percent
from spikecim.reports.plate import Plate
from spikecim.results.energy_report import EnergyReport, RunEnergy

if TYPE_CHECKING:
    from matplotlib.figure import Figure

# Groups are the sections of a run on the page.
WHERE, AGAINST, LINK, DOUBT, MARGIN = "where", "against", "link", "doubt", "margin"


def run_plates(run: RunEnergy, report: EnergyReport, prefix: str) -> list[Plate]:
    """Figures of one run in the order of the page; `prefix` keeps their ids apart from those of other runs."""
    make = partial(_plate, prefix)
    found = [
        make(("parts", WHERE, "Part by part", _PARTS), partial(figures.parts_figure, run)),
        make(("images", WHERE, "Image by image", _images(run)), partial(figures.images_figure, run)),
    ]
    if len(run.layers) > 1:
        found.append(make(("layers", WHERE, "Layer by layer", _LAYERS), partial(figures.layers_figure, run)))
    if _costs(run) and not run.silent:
        found += [
            make(("gains", AGAINST, "The gain, as an interval", _GAINS), partial(doubt.gains_figure, run, report)),
            make(("against", AGAINST, "On one axis", _AGAINST), partial(axis.against_figure, run)),
            make(("published", AGAINST, "Among chips", _PUBLISHED), partial(doubt.published_figure, run, report)),
            make(("links", LINK, "The same spikes on other links", _LINKS), partial(axis.links_figure, run)),
        ]
    for scope, title in (("core", "The core, entry by entry"), ("chip", "The whole chip, entry by entry")):
        if any(bar.scope == scope for bar in run.tornado):
            draw = partial(doubt.tornado_figure, run, scope)
            found.append(make((f"tornado-{scope}", DOUBT, title, _tornado(run)), draw))
    if len(run.margins) > 1 and _costs(run) and not run.silent:
        words = ("margins", MARGIN, "Accuracy bought with energy", _MARGINS)
        found.append(make(words, partial(figures.margins_figure, [run])))
    return found


def _costs(run: RunEnergy) -> bool:
    """Whether an axis of nJ can be a logarithm: not for a chip file without any energy."""
    return run.scope("core").nj.mean > 0


def runs_plates(report: EnergyReport) -> list[Plate]:
    """Figures that hold several runs side by side; those that cost nothing or never spiked are left out."""
    runs = [run for run in report.runs if _costs(run) and not run.silent]
    if not runs:
        return []
    found = [_plate("", ("runs", "runs", "Runs side by side", _RUNS), partial(axis.runs_figure, runs))]
    if sum(len(run.margins) > 1 for run in runs) > 1:
        caption = f"{_MARGINS} The first mark of a curve is margin 1."
        words = ("runs-margins", "runs", "Accuracy against energy", caption)
        found.append(_plate("", words, partial(figures.margins_figure, runs)))
    return found


_PARTS = "Each bar starts where the last one ended. The bars of the whole chip start with the core."
_LAYERS = (
    "Words on the outer link are those of the first and of the last layer; words between cores of the layer they reach."
)
_GAINS = (
    "Energy of formal coding over that of spikes, mean of an inference; dots are medians. The whole chip stands beside "
    "formal coding with the same link. Thick: draws that keep the published figures; "
    "thin: every entry free. Filled: the chip file's own reading. The constants of formal coding are drawn too."
)
_AGAINST = (
    "Dots: ranges as beside. Bars: formal coding with all its constants at their low and at their high end; stroke: "
    "typical."
)
_PUBLISHED = (
    "Ours is emulated, core and whole chip in both readings; the others as published, on tasks and networks of their "
    "own (table below). Up and left is better."
)
_LINKS = (
    "Dots: at the table. Bars: draws that keep the published figures, where the run can; else all. Assumptions stand "
    "in the table."
)
_MARGINS = "All margins are read from one run: an image ends when its leader is δs spikes ahead."
_RUNS = "Mean of an inference. Thick: draws that keep the published figures; thin: every entry free."


def _images(run: RunEnergy) -> str:
    if not run.late_percent:
        core = run.scope("core").nj
        return f"No image times out: mean {cited(core.mean)} nJ, median {cited(core.median)} nJ."
    return (
        f"{percent(run.late_percent)} % of the images time out and take {percent(run.late_core_percent)} % of the "
        f"core's energy: mean {cited(run.scope('core').nj.mean)} nJ, median {cited(run.scope('core').nj.median)} nJ."
    )


def _tornado(run: RunEnergy) -> str:
    star = " A star: the chip file gives no range." if any(bar.default_range for bar in run.tornado) else ""
    idle = f" Without a bar: {'; '.join(f'{path}, {why}' for path, why in run.idle.items())}." if run.idle else ""
    return (
        "One entry at a time over its range, all others at their values; the numbers are what its low and its high end "
        f"change.{star}{idle}"
    )


def _plate(prefix: str, words: tuple[str, str, str, str], draw: Callable[[], Figure]) -> Plate:
    id_, group, title, caption = words
    return Plate(id=f"{prefix}{id_}", group=group, title=title, caption=caption, draw=draw)
