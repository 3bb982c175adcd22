"""The ledger as a sum of products: counts times entries of the table, so that every number can be moved by name.

Both ledgers (`ledger.account`, `layered.account_layers`) are written on these terms; so are the tornado and the spread.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray
from scipy.constants import elementary_charge

from spikecim.coding.spec import LinkSpec
from spikecim.energy.table import READINGS, EnergyTable
from spikecim.errors import ParameterError
from spikecim.parameters import walk

if TYPE_CHECKING:
    from spikecim.energy.actions import Actions
    from spikecim.energy.layered import LayeredActions

PICO = 1e12
CORE_PARTS = ("cell_read", "clamp_injector", "comparator", "reset_packet", "static")
READING = "energy.reading"
PULSE = "array.pulse_width"
Grid = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class Term:
    """One product of the ledger: joules = counts * constant * the SI values of its factors.

    Attributes
    ----------
    part : str
        Part of the ledger it belongs to; a part is the sum of its terms, in their order.
    factors : tuple of str
        Dotted paths of a chip file: the energy entry first, then what multiplies it (bits of a word, the tick), and
        ``energy.reading`` for a chip of one core: 1 per synaptic event, 1 / n_out per input spike.
    counts : int64 or float64 (n_samples, n_layers)
        What happened; n_layers is 1 for a chip of one core.
    constant : float
        SI constant between them, such as the elementary charge.
    """

    part: str
    factors: tuple[str, ...]
    counts: NDArray[Any]
    constant: float = 1.0

    @property
    def entry(self) -> str:
        """Path of the entry of the energy table."""
        return self.factors[0]

    def pj(self, values: Mapping[str, float]) -> Grid:
        """Energy in pJ, (n_samples, n_layers)."""
        each = math.prod((values[path] for path in self.factors), start=self.constant)
        return np.asarray(self.counts * (each * PICO), np.float64)


def terms_of(actions: Actions) -> tuple[Term, ...]:
    """Terms of a chip of one core; counts are (n_samples, 1)."""
    return tuple(
        Term(part=part, factors=(*factors, READING), counts=counts[:, None], constant=constant)
        for part, factors, counts, constant in (
            *_dynamic(actions),
            ("static", ("energy.static_power", "link.tick"), actions.ticks, 1.0),
        )
    )


def layered_terms_of(actions: LayeredActions) -> tuple[Term, ...]:
    """Terms of a chip of several cores; counts are (n_samples, n_layers)."""
    ticks = actions.ticks[:, None]
    return tuple(
        Term(part=part, factors=factors, counts=counts, constant=constant)
        for part, factors, counts, constant in (
            *_dynamic(actions),
            ("static", ("energy.static_power", "link.tick"), ticks * actions.cores, 1.0),
            ("static", ("energy.static_neuron", "link.tick"), ticks * actions.neurons, 1.0),
            ("core_word", ("energy.core_word",), actions.core_words, 1.0),
        )
    )


def with_pulse(terms: Sequence[Term]) -> tuple[Term, ...]:
    """The same terms with the charge through the cells also a matter of the read pulse, `entries.pulse_entry`."""
    return tuple(replace(term, factors=(*term.factors, PULSE)) if term.part == "cell_read" else term for term in terms)


def _dynamic(actions: Actions | LayeredActions) -> list[tuple[str, tuple[str, ...], NDArray[Any], float]]:
    """Part, factors, counts and constant of what spikes cost on either chip."""
    words_in, words_out = actions.input_words, actions.output_words
    return [
        ("cell_read", ("energy.supply",), actions.cell_electrons, elementary_charge),
        ("clamp_injector", ("energy.clamp_injector",), actions.injector_pulses, 1.0),
        ("comparator", ("energy.comparator",), actions.comparator_decisions, 1.0),
        ("reset_packet", ("energy.reset_packet",), actions.reset_packets, 1.0),
        ("logic", ("energy.logic_input",), words_in, 1.0),
        ("logic", ("energy.logic_output",), words_out, 1.0),
        ("link", ("energy.link_bit", "link.input_bits"), words_in, 1.0),
        ("link", ("energy.link_bit", "link.output_bits"), words_out, 1.0),
    ]


def parts_pj(terms: Sequence[Term], values: Mapping[str, float], parts: Sequence[str]) -> dict[str, Grid]:
    """Energy of each of `parts` in pJ, (n_samples, n_layers) each: its terms, summed in their order."""
    sums: dict[str, Grid] = {}
    for term in terms:
        if term.part in parts:
            sums[term.part] = sums[term.part] + term.pj(values) if term.part in sums else term.pj(values)
    return {part: sums[part] for part in parts}


def mean_pj(terms: Sequence[Term], values: Mapping[str, float], parts: Sequence[str]) -> float:
    """Mean pJ of one inference over `parts`, all layers together."""
    return sum(float(grid.sum(1).mean()) for grid in parts_pj(terms, values, parts).values())


def values_of(
    table: EnergyTable, link: LinkSpec, *, n_out: int | None = None, reading: str | None = None
) -> dict[str, float]:
    """SI values of all factors by path, as a chip file states them.

    Parameters
    ----------
    n_out : int, optional
        Neurons of a chip of one core; leave it out for a chip of several cores, which has no reading to choose.
    reading : str, optional
        Overrides the table's own reading.

    Raises
    ------
    ParameterError
        If `reading` is unknown.
    """
    numbers = {path: p.value for path, p in walk(table, "energy.") if path != READING}
    numbers |= {f"link.{name}": getattr(link, name).value for name in ("input_bits", "output_bits", "tick")}
    if n_out is not None:
        numbers[READING] = reading_factor(reading or table.reading.value, n_out)
    return numbers


def reading_factor(reading: str, n_out: int) -> float:
    """What multiplies every part under `reading`: 1 per synaptic event, 1 / n_out per input spike."""
    if reading not in READINGS:
        raise ParameterError(f"energy reading {reading!r} is not one of {', '.join(READINGS)}")
    return 1.0 / n_out if reading == "per-input-spike" else 1.0
