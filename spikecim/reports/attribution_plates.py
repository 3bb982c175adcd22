"""Plates of an attribution for a page; what the counts say stands beside them (`attribution_text`)."""

from __future__ import annotations

from functools import partial

from spikecim.reports.attribution import attribution
from spikecim.reports.plate import Plate
from spikecim.reports.region import region as region_figure
from spikecim.results.attribution import Attribution
from spikecim.results.region import Region

GROUP = "causes"


def attribution_plates(found: Attribution, region: Region | None = None, group: str = GROUP) -> list[Plate]:
    """What costs how much, and where the published numbers lie if that was searched."""
    plates = [
        Plate(
            id="attribution",
            group=group,
            title="What costs how much",
            caption=(
                "Shares in what is lost (Shapley values) with 90 % intervals of the mean over chips, each cause alone, "
                "and what comes back when it alone is taken away."
            ),
            draw=partial(attribution, found),
        )
    ]
    if region is not None:
        plates.append(
            Plate(
                id="region",
                group=group,
                title="Which plausible chips give both published numbers",
                caption=(
                    "Every dot is a plausible design, one virtual chip each; below, what accuracy and input spikes "
                    "together leave of each range, and what can be traded for what."
                ),
                draw=partial(region_figure, region),
            )
        )
    return plates
