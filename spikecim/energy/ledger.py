"""The ledger: actions times table, by part and by scope, per sample; parts sum to the total exactly."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from spikecim.energy.actions import Actions
from spikecim.energy.table import EnergyTable
from spikecim.energy.terms import CORE_PARTS, PICO, READING, parts_pj, reading_factor, terms_of
from spikecim.errors import ParameterError
from spikecim.parameters import walk

__all__ = ["CHIP_PARTS", "CORE_PARTS", "PICO", "SCOPES", "EnergyLedger", "account"]
CHIP_PARTS = (*CORE_PARTS, "logic", "link")
SCOPES = {"core": CORE_PARTS, "chip": CHIP_PARTS}


@dataclass(frozen=True, kw_only=True)
class EnergyLedger:
    """Energy of every sample in pJ.

    Attributes
    ----------
    parts : dict of float64 (n_samples,)
        One entry per part of `CHIP_PARTS`; the core is the first five.
    actions : Actions
    reading : str
        Which reading of the published figure the table was scaled to.
    """

    parts: dict[str, NDArray[np.float64]]
    actions: Actions
    reading: str

    def per_sample(self, scope: str) -> NDArray[np.float64]:
        """pJ of each sample (n_samples,) in scope ``"core"`` or ``"chip"``: the sum of its parts, in their order."""
        if scope not in SCOPES:
            raise ParameterError(f"energy scope {scope!r} is not one of {', '.join(SCOPES)}")
        return np.sum([self.parts[name] for name in SCOPES[scope]], axis=0)

    def total_pj(self, scope: str) -> float:
        """pJ of all samples together."""
        return float(self.per_sample(scope).sum())

    def per_synaptic_event_pj(self, scope: str) -> float:
        """Mean pJ per synaptic event; NaN when nothing was delivered."""
        events = int(self.actions.synaptic_events.sum())
        return self.total_pj(scope) / events if events else float("nan")

    def per_input_spike_pj(self, scope: str) -> float:
        """Mean pJ per input spike; NaN when nothing was delivered."""
        words = int(self.actions.input_words.sum())
        return self.total_pj(scope) / words if words else float("nan")


def account(
    actions: Actions,
    table: EnergyTable,
    *,
    tick_s: float,
    bits: tuple[int, int],
    n_out: int,
    reading: str | None = None,
) -> EnergyLedger:
    """Multiply counts by the table.

    Parameters
    ----------
    bits : (int, int)
        Bits of an input and of an output word on the link.
    reading : str, optional
        Overrides the table's own reading.

    Raises
    ------
    ParameterError
        If `reading` is unknown.
    """
    chosen = reading or table.reading.value
    numbers = {path: p.value for path, p in walk(table, "energy.")}
    numbers |= {READING: reading_factor(chosen, n_out), "link.tick": tick_s}
    numbers |= {"link.input_bits": bits[0], "link.output_bits": bits[1]}
    parts = {part: grid[:, 0] for part, grid in parts_pj(terms_of(actions), numbers, CHIP_PARTS).items()}
    return EnergyLedger(parts=parts, actions=actions, reading=chosen)
