"""Figures of a study of training on the chip with titles and captions."""

from __future__ import annotations

from functools import partial

from spikecim.reports.insitu_figures import accuracy, gains, writes
from spikecim.reports.insitu_panels import curves, rates
from spikecim.reports.insitu_wording import rule_name
from spikecim.reports.plate import Plate
from spikecim.results.insitu_table import InsituTable


def insitu_plates(found: InsituTable) -> list[Plate]:
    """Those for which there is anything to draw."""
    interval = f"{found.confidence_percent:g} % interval over seeds"
    scored = any(cell.test for cell in found.cells)
    plates = [_accuracy(found, interval)] if scored else []
    plates += [_gains(found, interval)] if any(gain.gain for gain in found.gains) else []
    plates.append(
        Plate(
            id="rates",
            group="tuning",
            title="Every rate that was tried",
            caption="Small marks are tuning seeds on validation images, lines their means, the large mark the rate "
            "that is scored; × is a rate that failed. The scale is stretched towards 100 %.",
            draw=partial(rates, found),
        )
    )
    plates += [_curves(found, interval), _writes(found)] if scored else []
    return plates


def _accuracy(found: InsituTable, interval: str) -> Plate:
    return Plate(
        id="accuracy",
        group="scores",
        title="Accuracy against nonlinearity",
        caption=f"Mean test accuracy of each rule at its own best rate; bars are the {interval}. Left: assumed curves "
        "with labels of one size up and down; right: devices by name.",
        draw=partial(accuracy, found),
    )


def _gains(found: InsituTable, interval: str) -> Plate:
    return Plate(
        id="gains",
        group="scores",
        title=f"What is gained over {rule_name(found.reference)}",
        caption="Differences of test accuracy, seed by seed, both rules at their own best rate; bars are the "
        f"{interval}.",
        draw=partial(gains, found),
    )


def _curves(found: InsituTable, interval: str) -> Plate:
    return Plate(
        id="curves",
        group="scores",
        title="Learning curves",
        caption=f"Validation accuracy of the scored trainings after each epoch: mean and {interval}.",
        draw=partial(curves, found),
    )


def _writes(found: InsituTable) -> Plate:
    return Plate(
        id="writes",
        group="writes",
        title="How often cells are written",
        caption="Marks: pulses for each cell, mean over cells and seeds; strokes reach to the busiest cell of all "
        "seeds, which endurance is held against.",
        draw=partial(writes, found),
    )
