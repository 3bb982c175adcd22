"""The rows on time and reads of SPIRIT's published table, computed from the ageing of virtual chips."""

from __future__ import annotations

import numpy as np

from spikecim.chips.spec import ChipSpec
from spikecim.experiments.rows import make_row
from spikecim.results.ageing import Ageing
from spikecim.results.findings import Row, fitted_to
from spikecim.results.population import interval
from spikecim.units import HOUR


def ageing_rows(found: Ageing, chip: ChipSpec, *, comparable: bool) -> list[Row]:
    """Reads until a loss of accuracy shows, and the change of accuracy an hour after programming."""
    low, middle, high = (100 * change for change in found.change_at(HOUR))
    kept = int((np.abs(found.times[0].at(HOUR)[0] - found.accuracy) < 0.005).sum())
    visible = 100 * found.visible()
    return [
        make_row(
            "reads_without_disturb",
            f"Reads of every row until accuracy has lost {visible:.2f} points",
            interval(found.reads_until_visible()),
            f"each read at the upper bound of disturb (cell.disturb), {found.n_chips} virtual chips: whether that "
            "bound agrees with SPIRIT, not when disturb will show; a spike of the published count is taken as a read "
            "of every row, the stricter reading",
            fitted=fitted_to(chip, "reads_without_disturb"),
            comparable=comparable,
        ),
        make_row(
            "accuracy_after_relaxation",
            "Change of accuracy one hour after programming",
            (low, middle, high),
            f"relaxation of cell preset {chip.cell.device} (cell.relaxation), {found.n_chips} virtual chips, of which "
            f"{kept} change by less than half a point; the interval is that of single chips, and one chip was measured",
            fitted=fitted_to(chip, "accuracy_after_relaxation"),
            comparable=comparable,
        ),
    ]
