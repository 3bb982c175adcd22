"""Rows of the energy of training: published figures beside ours, judged by overlap of intervals."""

from __future__ import annotations

from spikecim.experiments.insitu_published import PUBLISHED
from spikecim.results.findings import Row, verdict
from spikecim.results.training_energy import Span


def energy_row(id_: str, quantity: str, span: Span, how: str, *, fitted: bool = False) -> Row:
    """The row of `PUBLISHED[id_]`.

    Parameters
    ----------
    span : (low, middle, high)
        Emulated interval around its middle.
    how : str
        How the inputs of the row were set.
    fitted : bool
        Whether a number behind the row was chosen for the published one.
    """
    published, (low, middle, high) = PUBLISHED[id_], span
    judged = verdict(published.value, published.half_unit, (low, high), fitted=fitted)
    return Row(
        id=id_,
        quantity=quantity,
        published=published.value,
        emulated=middle,
        low=low,
        high=high,
        unit=published.unit,
        verdict=judged,
        status=how,
        source=published.source,
    )
