"""One row of a published table, judged by overlap and by what was fitted to it."""

from __future__ import annotations

from collections.abc import Sequence

from spikecim.experiments.published import PUBLISHED
from spikecim.results.findings import Row, verdict

Span = tuple[float, float, float]


def make_row(id_: str, quantity: str, span: Span, how: str, *, fitted: Sequence[str], comparable: bool) -> Row:
    """The row of `PUBLISHED[id_]`.

    Parameters
    ----------
    span : (low, middle, high)
        Emulated interval around its middle.
    how : str
        How the inputs of the row were set.
    fitted : sequence of str
        Paths of calibrated parameters behind the row.
    comparable : bool
        False on other data or another task than the published one.
    """
    published = PUBLISHED[id_]
    low, middle, high = span
    judged = verdict(
        published.value,
        published.half_unit,
        (low, high),
        fitted=bool(fitted),
        comparable=comparable,
        at_least=published.at_least,
    )
    return Row(
        id=id_,
        quantity=quantity,
        published=published.value,
        emulated=middle,
        low=low,
        high=high,
        unit=published.unit,
        verdict=judged,
        status=f"calibrated on training images ({', '.join(fitted)}): {how}" if fitted else how,
        source=published.source,
        relation="at least" if published.at_least else "equal",
    )
