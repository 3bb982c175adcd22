"""The ledger: actions times table, by part and by scope, per sample; parts sum to the total exactly."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.constants import elementary_charge

from spikecim.energy.actions import Actions
from spikecim.energy.table import READINGS, EnergyTable
from spikecim.errors import ParameterError

CORE_PARTS = ("cell_read", "clamp_injector", "comparator", "reset_packet", "static")
CHIP_PARTS = (*CORE_PARTS, "logic", "link")
SCOPES = {"core": CORE_PARTS, "chip": CHIP_PARTS}
PICO = 1e12


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
    if chosen not in READINGS:
        raise ParameterError(f"energy reading {chosen!r} is not one of {', '.join(READINGS)}")
    scale = PICO / n_out if chosen == "per-input-spike" else PICO
    link_bits = actions.input_words * bits[0] + actions.output_words * bits[1]
    parts = {
        "cell_read": actions.cell_electrons * (elementary_charge * table.supply.value * scale),
        "clamp_injector": actions.injector_pulses * (table.clamp_injector.value * scale),
        "comparator": actions.comparator_decisions * (table.comparator.value * scale),
        "reset_packet": actions.reset_packets * (table.reset_packet.value * scale),
        "static": actions.ticks * (table.static_power.value * tick_s * scale),
        "logic": (
            actions.input_words * (table.logic_input.value * scale)
            + actions.output_words * (table.logic_output.value * scale)
        ),
        "link": link_bits * (table.link_bit.value * scale),
    }
    return EnergyLedger(parts=parts, actions=actions, reading=chosen)
