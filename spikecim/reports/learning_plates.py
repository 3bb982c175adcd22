"""Figures of a learning study with titles and captions."""

from __future__ import annotations

from functools import partial

from spikecim.reports.learning_figures import accuracies, curves, energies, rates, writes
from spikecim.reports.plate import Plate
from spikecim.results.learning import Learning


def learning_plates(found: Learning) -> list[Plate]:
    """What was learned, how, at which wear and which cost; the choice of rates if there was one."""
    chips = "the band is" if found.n_chips > 1 else "a band would be"
    plates = [
        Plate(
            id="accuracies",
            group="scores",
            title="What the chips know, before and after",
            caption="Every dot is a virtual chip: filled for what was known, hollow for what is new; a stroke is the "
            "mean, a bar its 95 % interval over chips. The broken line is a perceptron with real weights, trained on "
            "everything, on all test images.",
            draw=partial(accuracies, found),
        ),
        Plate(
            id="curves",
            group="scores",
            title="While they learn",
            caption=f"Means over chips on held-out training images; {chips} the 95 % interval.",
            draw=partial(curves, found),
        ),
        Plate(
            id="writes",
            group="wear",
            title="How often cells are written",
            caption="Cells that were never written are left out. A write is one SET or RESET with all the pulses that "
            "its verification asks for.",
            draw=partial(writes, found),
        ),
        Plate(
            id="energies",
            group="energy",
            title="Writing costs little, showing much",
            caption="Squares: writing, with the range of the table of write energies. Dots: presenting, after the "
            "chip's own ledger, logic and link included.",
            draw=partial(energies, found),
        ),
    ]
    if any(len(one.tuning) > 1 for one in found.conditions):
        plates.append(
            Plate(
                id="rates",
                group="scores",
                title="The choice of rates",
                caption=f"Mean of {found.n_tuning_chips} virtual chips that no result shares, on "
                f"{found.n_validation:,} held-out training images.",
                draw=partial(rates, found),
            )
        )
    return plates
