"""Figures of a mitigation study with titles and captions."""

from __future__ import annotations

from functools import partial

from spikecim.reports.mitigation_figures import accuracies, is_cut, recovered
from spikecim.reports.plate import Plate
from spikecim.results.mitigation import Mitigation


def mitigation_plates(found: Mitigation) -> list[Plate]:
    """Accuracies of all chips; what is recovered, if anything could be."""
    interval = f"the {found.confidence_percent:g} % interval over chips and images"
    plates = [
        Plate(
            id="accuracies",
            group="scores",
            title="Every virtual chip, before and after",
            caption="Hollow dots are virtual chips without cure, filled dots the same chips cured; a stroke is the "
            f"median, a bar {interval}.",
            draw=partial(accuracies, found),
        )
    ]
    if any(cure.recovered for condition in found.conditions for cure in condition.cures):
        cut = " Ends of intervals beyond the axis are cut; the table has them." if is_cut(found) else ""
        plates.append(
            Plate(
                id="recovered",
                group="scores",
                title="What comes back of what was lost",
                caption=f"(mean after − mean before) / (ideal − mean before) over chips; bars are {interval}. The "
                f"published mark is of other networks and other severities.{cut}",
                draw=partial(recovered, found),
            )
        )
    return plates
