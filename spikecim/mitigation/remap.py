"""Fault-aware remapping: which line of the array serves which input and output, so that stuck cells harm least.

Rows are placed by linear assignment (exact for given columns), then columns for given rows, in turn until the cost no
longer falls; spare lines make the assignment rectangular. Cost: squared weight error times the input's mean square.
"""

from __future__ import annotations

from spikecim.errors import ParameterError
from spikecim.mitigation.remap_costs import Costs
from spikecim.mitigation.remapping import Remapping, WeightMap
from spikecim.mitigation.stuck import Defects

# A turn that gains less than this share of the cost is the last.
WORTH = 1e-3
POLARITIES = ("none", "column", "array")


def remap(
    weight_map: WeightMap,
    defects: Defects,
    *,
    rows: bool = True,
    columns: bool = True,
    polarity: str = "none",
    compensate: bool = False,
    rounds: int = 10,
) -> Remapping:
    """Place the lines of `weight_map` on an array with `defects`.

    Parameters
    ----------
    defects : Defects
        Of the whole array, stuck (2, n_slices, n_rows, n_cols). Columns beyond `n_out` are spare; rows beyond `n_in`
        are spare too, the same number at the end of each row tile.
    rows, columns : bool
        What may move.
    polarity : str
        ``"column"``: the positive and the negative column of an output may swap roles; ``"array"``: slice by slice and
        row tile by row tile, as each has a converter of its own; ``"none"``: they may not.
    compensate : bool
        Count on the free cell of a pair to make up for the stuck one.
    rounds : int
        Most turns of rows and columns.

    Raises
    ------
    ShapeError, ParameterError
        A defect map that does not fit, an unknown polarity, rounds below 1.
    """
    if rounds < 1:
        raise ParameterError(f"remap: rounds must be 1 or more, got {rounds}")
    if polarity not in POLARITIES:
        raise ParameterError(f"remap: polarity must be {', '.join(POLARITIES)}, got {polarity!r}")
    costs = Costs(weight_map, defects, compensate)
    now = best = costs.identity()
    for _ in range(rounds):
        if rows:
            now = costs.place_rows(now)
        if columns or polarity != "none":
            now = costs.place_columns(now, columns, polarity)
        if now.cost >= best.cost * (1.0 - WORTH):
            break
        best = now
    return min(best, now, key=lambda found: found.cost)
