"""What words in and words out take of the whole chip."""

from __future__ import annotations

import numpy as np

from spikecim.energy.terms import mean_pj
from spikecim.explore.energy_links import Spread, incoming_of
from spikecim.results.energy_against_rows import WayRow
from spikecim.results.energy_rows import Range
from spikecim.results.energy_source import EnergySource


def way_rows(source: EnergySource, spread: Spread, percentiles: tuple[float, float]) -> tuple[WayRow, ...]:
    """Link and logic of the words in and of the words out, as shares of the whole chip, over the same draws."""
    chip, outer = source.scopes["chip"], ("logic", "link")
    terms = [term for term in source.own.terms if term.part in outer]
    whole, values = mean_pj(source.own.terms, source.values(), chip), source.values()
    drawn, rows = spread(source.own.terms, chip), []
    for way, words in (("in", source.own.words_in), ("out", source.own.words_out)):
        own = tuple(term for term in terms if incoming_of(term) == (way == "in"))
        shares = np.divide(100 * spread(own, outer), drawn, out=np.zeros(len(drawn)), where=drawn > 0)
        low, median, high = np.percentile(shares, [percentiles[0], 50.0, percentiles[1]])
        value = 100 * mean_pj(own, values, outer) / whole if whole else 0.0
        found = Range(value=value, low=float(low), median=float(median), high=float(high))
        rows.append(WayRow(way=way, words=float(words.mean()), percent=found))
    return tuple(rows)
