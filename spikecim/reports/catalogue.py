"""All figures of a page in order, with title, caption and the group they stand in; nothing is drawn until asked for."""

from __future__ import annotations

from functools import partial

import numpy as np

from spikecim.reports.baselines import baselines
from spikecim.reports.cells import cells
from spikecim.reports.confusion import confusion
from spikecim.reports.energy import energy_parts
from spikecim.reports.energy_images import energy_images
from spikecim.reports.images import image
from spikecim.reports.margins import margins
from spikecim.reports.picks import KINDS, pick_images
from spikecim.reports.plate import Plate
from spikecim.reports.population import population
from spikecim.reports.sentences import confusion_sentence, energy_sentence
from spikecim.reports.study_plates import study_plates
from spikecim.reports.weights import effective_weights, weights
from spikecim.reports.wording import number, several
from spikecim.results.reproduction import Reproduction
from spikecim.results.run import RunResult


def reproduction_plates(rep: Reproduction) -> list[Plate]:
    """Figures of a reproduction, in the order of the page."""
    points = {} if rep.banner else {row.id: row.published for row in rep.rows}
    first = [
        Plate(
            id="margins",
            group="chips",
            title="How long to wait for a decision",
            caption=_margin_caption(rep),
            draw=partial(margins, rep),
        ),
        Plate(
            id="population",
            group="chips",
            title="Every virtual chip",
            caption=_population_caption(rep),
            draw=partial(population, rep),
        ),
    ]
    last = Plate(
        id="baselines",
        group="energy",
        title="Against formal coding",
        caption=(
            "Whether the chip gains anything depends on how the published figure is read and what a MAC is charged "
            "for: dots are means over images, lines 5–95 % of them, bars formal coding between two rules of scaling."
        ),
        draw=partial(baselines, rep),
    )
    studies = study_plates(rep.studies, points.get("reads_without_disturb")) if rep.studies else []
    return [*first, *studies, *run_plates(rep.median, points), last]


def run_plates(run: RunResult, points: dict[str, float] | None = None) -> list[Plate]:
    """Figures of one run, in the order of the page."""
    return [*_image_plates(run), *_device_plates(run), *_energy_plates(run, points or {})]


def _image_plates(run: RunResult) -> list[Plate]:
    return [
        Plate(
            id=f"image-{kind}",
            group="images",
            title=f"{KINDS[kind][0]} (image {sample})",
            caption=KINDS[kind][1],
            draw=partial(image, run, sample),
        )
        for kind, sample in pick_images(run).items()
    ]


def _device_plates(run: RunResult) -> list[Plate]:
    error = effective_weights(run) - run.network.weights
    return [
        Plate(
            id="confusion",
            group="devices",
            title="What is mistaken for what",
            caption=confusion_sentence(run) or "",
            draw=partial(confusion, run),
        ),
        Plate(id="cells", group="devices", title="Every cell", caption=_cell_caption(run), draw=partial(cells, run)),
        Plate(
            id="weights",
            group="devices",
            title="The weights that neurons feel",
            caption=(
                f"Spread of cells and injectors moves the weights by {error.std():.2f} levels (standard deviation; "
                f"largest {np.abs(error).max():.1f}); the maps show the inputs of each neuron, blue for excitation and "
                "orange for inhibition, as stored and as felt, and each hairline below is one weight."
            ),
            draw=partial(weights, run),
        ),
    ]


def _energy_plates(run: RunResult, points: dict[str, float]) -> list[Plate]:
    return [
        Plate(
            id="energy-parts",
            group="energy",
            title="Where the energy goes",
            caption=_parts_caption(run),
            draw=partial(energy_parts, run, points),
        ),
        Plate(
            id="energy-images",
            group="energy",
            title="Not every image costs the same",
            caption=energy_sentence(run),
            draw=partial(energy_images, run),
        ),
    ]


def _margin_caption(rep: Reproduction) -> str:
    text = "Accuracy saturates early while input spikes, and energy with them, keep growing with the margin"
    own = rep.median.program.delta_s
    return f"{text}; the chip decides at δs = {own} (grey band)." if own else f"{text}."


def _population_caption(rep: Reproduction) -> str:
    accuracy, spikes = rep.population.accuracy[:, -1], rep.population.input_spikes[:, -1]
    text = "Same weights and spikes, every cell and transistor drawn anew; bars along the edges hold 90 % of the chips"
    if len(accuracy) < 10 or not accuracy.std() or not spikes.std():
        return f"{text}."
    r = float(np.corrcoef(accuracy, spikes)[0, 1])
    trend = "chips that read worse also need more spikes" if r < -0.3 else "accuracy and spikes hardly go together"
    return f"{text}: {trend} (r\u00a0=\u00a0{r:.2f}).".replace("-0.", "−0.")


def _cell_caption(run: RunResult) -> str:
    rules, resistance, target = run.chip.cell.programming, run.resistance, run.target
    outside = int(np.where(target, resistance > rules.lrs_max.value, resistance < rules.hrs_min.value).sum())
    share = number(100 * outside / resistance.size, "%")
    return (
        f"A log-normal body is a straight line in the lower plot; {several(outside, 'cell')} of {resistance.size:,} "
        f"({share} %) lie on the wrong side of the verify limit of their state."
    )


def _parts_caption(run: RunResult) -> str:
    parts = {name: float(values.sum()) for name, values in run.ledger().parts.items()}
    if not any(parts.values()):
        return "No input spike was delivered."
    core = run.ledger().total_pj("core")
    return (
        "Each bar starts where the last one ended: clamps and injectors take "
        f"{100 * parts['clamp_injector'] / core:.0f} % of the core, the serial link "
        f"{100 * parts['link'] / sum(parts.values()):.0f} % of the chip."
    )
