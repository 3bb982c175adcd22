"""Polarity choice: swap the two columns of a differential pair where stuck cells then harm less; the sum is negated."""

from __future__ import annotations

from spikecim.mitigation.remap import remap
from spikecim.mitigation.remapping import Remapping, WeightMap
from spikecim.mitigation.stuck import Defects


def choose_polarity(
    weight_map: WeightMap, defects: Defects, *, by: str = "array", compensate: bool = False
) -> Remapping:
    """Best signs for lines that stay where they are: exact, since every sign stands alone.

    Parameters and errors as for `remap`; `by` is its `polarity`.
    """
    return remap(weight_map, defects, rows=False, columns=False, polarity=by, compensate=compensate, rounds=1)
