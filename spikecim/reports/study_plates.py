"""Figures and words of the studies beside the published table, for the page; each sentence computed."""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np

from spikecim.reports.ageing import ageing_reads, ageing_times
from spikecim.reports.attribution_plates import attribution_plates
from spikecim.reports.attribution_text import attribution_sentences, region_sentences
from spikecim.reports.codes_plates import code_plates
from spikecim.reports.plate import Plate
from spikecim.reports.wording import number, several, signed
from spikecim.results.ageing import Ageing
from spikecim.results.ageing_data import ageing_json
from spikecim.results.attribution_data import attribution_json
from spikecim.results.codes_data import argument_json, codes_json
from spikecim.results.studies import Studies
from spikecim.units import HOUR, YEAR, ZERO_C


def study_plates(found: Studies, published_reads: float | None) -> list[Plate]:
    """Figures of all studies that were run."""
    plates: list[Plate] = []
    if found.attribution is not None:
        plates += attribution_plates(found.attribution, found.region)
    if found.ageing is not None:
        plates += _ageing_plates(found.ageing, published_reads)
    return plates if found.codes is None else [*plates, *code_plates(found.codes, found.argument)]


def study_leads(found: Studies) -> dict[str, list[str]]:
    """Paragraphs that open each group of figures."""
    leads: dict[str, list[str]] = {}
    if found.attribution is not None:
        leads["causes"] = attribution_sentences(found.attribution)
    if found.region is not None:
        leads["causes"] = [*leads.get("causes", []), *region_sentences(found.region)]
    if found.ageing is not None:
        leads["time"] = ageing_sentences(found.ageing)
    if found.argument is not None:
        leads["codes"] = found.argument.sentences()
    return leads


def studies_json(found: Studies) -> dict[str, Any]:
    """All studies as plain data; a study that was not run is null."""
    return {
        "ageing": None if found.ageing is None else ageing_json(found.ageing),
        "codes": None if found.codes is None else codes_json(found.codes),
        "sign_bit_argument": None if found.argument is None else argument_json(found.argument),
        "attribution": None if found.attribution is None else attribution_json(found.attribution, found.region),
        "interrupted": found.interrupted,
    }


def ageing_sentences(found: Ageing) -> list[str]:
    """What an hour, the longest time at each temperature, and reads do."""
    chips = several(found.n_chips, "virtual chip")
    sentences = []
    if HOUR in found.times[0].amounts:
        low, middle, high = (100 * change for change in found.change_at(HOUR))
        sentences.append(
            f"An hour after programming the median of {chips} has changed by {signed(middle)} points of accuracy "
            f"(90 % of them by {signed(low)} to {signed(high)})."
        )
    last = found.times[0].amounts[-1] / YEAR
    ends = [
        f"{number(100 * float(np.median(course.accuracy[-1])), '%')} % at {course.kelvin - ZERO_C:.0f} °C"
        for course in found.times
    ]
    sentences.append(f"After {last:.3g} years: {', '.join(ends)}.")
    reads = float(np.median(found.reads_until_visible()))
    per_image = found.row_reads_per_sample
    sentences.append(
        "Were every read as harmful as its bound allows, the median chip would lose "
        f"{100 * found.visible():.2f} points after {number(reads, 'reads')} reads of every row."
    )
    sentences.append(
        f"The busiest row is read {per_image:.1f} times an image: that is {number(reads / per_image, 'reads')} images "
        "or more."
    )
    return sentences


def _ageing_plates(found: Ageing, published_reads: float | None) -> list[Plate]:
    bands = f"lines are medians and bands hold 90 % of {several(found.n_chips, 'virtual chip')}"
    return [
        Plate(
            id="ageing-time",
            group="time",
            title="After programming",
            caption="Relaxation acts within the hour, heat over the years; beyond the last of cell.relaxation.times "
            f"the law is continued, not measured; {bands}.",
            draw=partial(ageing_times, found),
        ),
        Plate(
            id="ageing-reads",
            group="time",
            title="Reads",
            caption=f"Read disturb at its upper bound; {bands}.",
            draw=partial(ageing_reads, found, published_reads),
        ),
    ]
