"""What no entry of the energy table pays for: a reader must know it before comparing totals."""

from __future__ import annotations

from dataclasses import dataclass

ANY, SEVERAL = "any chip", "several cores"


@dataclass(frozen=True, kw_only=True)
class Unpaid:
    """One cost that the ledger does not hold.

    Attributes
    ----------
    what, effect : str
        What it is, and which way it errs.
    chips : str
        ``"any chip"`` or ``"several cores"``.
    conversion : str or None
        Only for networks converted this way.
    """

    what: str
    effect: str
    chips: str
    conversion: str | None = None


UNPAID = (
    Unpaid(what="scaling and coding of images, on the host", effect="totals too low", chips=ANY),
    Unpaid(
        what="clock, regulators and references outside the core, beyond what the fitted 180 pJ holds",
        effect="unpublished: unknown part of the fitted figure",
        chips=ANY,
    ),
    Unpaid(
        what="standing power outside the core: all of logic and link is booked by the word and the bit, by assumption",
        effect="either way; what a faster clock or a longer wait would change there is not seen",
        chips=ANY,
    ),
    Unpaid(
        what="programming of the cells, given beside the total and not in it",
        effect="totals too low until many inferences share it",
        chips=ANY,
    ),
    Unpaid(
        what="forming of the cells, the reads that verify them, and the words that bring the weights to the chip",
        effect="programming too low; the words alone are told beside it",
        chips=ANY,
    ),
    Unpaid(
        what="conductance of the cells: no range here moves it, cells are one draw of an assumed device",
        effect="either way, in cell current",
        chips=ANY,
    ),
    Unpaid(
        what="clamps and injectors by slice: a pulse costs the same whatever the injector ratio",
        effect="either way; the range of energy.clamp_injector holds it",
        chips=SEVERAL,
    ),
    Unpaid(
        what="analog readout of the last layer's charges",
        effect="totals too low by one conversion of each output neuron",
        chips=SEVERAL,
        conversion="qcfs",
    ),
    Unpaid(
        what="shorter read pulses: a clamp and an injector cost the same whatever the length of a pulse",
        effect="clamps and injectors too high",
        chips=SEVERAL,
        conversion="first-spike",
    ),
)


def unpaid(*, several_cores: bool, conversion: str | None = None) -> tuple[Unpaid, ...]:
    """What the ledger of such a run leaves out."""
    return tuple(
        cost for cost in UNPAID if (cost.chips == ANY or several_cores) and cost.conversion in (None, conversion)
    )
