"""The energy table: picojoules per action, each with its birth certificate.

The published core figure has two readings, 3.6 pJ per synaptic event (one input spike reaching one neuron) or per input
spike for all neurons at once. The table is written for the first; under the second every entry shrinks by n_out. For
the cells that stands for a read pulse n_out times shorter, which the program cannot know: parts under the second
reading are scaled, not physical.
"""

from __future__ import annotations

from typing import Annotated

from spikecim.parameters import Choice, Parameter, Quantity, Section

READINGS = ("per-synaptic-event", "per-input-spike")
Joules = Annotated[Parameter[float], Quantity("joule", 0.0, 1.0)]


class EnergyTable(Section):
    """Joules per action.

    Attributes
    ----------
    supply
        The current of the cells flows from here: cell_read = supply * charge through the cells.
    clamp_injector
        Per column side and read: clamp bias, current copy, and the charge put on the membrane.
    comparator
        Per comparator decision (two comparators a neuron, one decision each per input word).
    reset_packet
        Per output spike.
    logic_input, logic_output
        Digital part, per input and output word.
    link_bit
        Per bit on the serial link.
    static_power
        Core, for as long as a sample lasts.
    """

    reading: Annotated[Parameter[str], Choice(READINGS)]
    supply: Annotated[Parameter[float], Quantity("volt", 0.0, 10.0)]
    clamp_injector: Joules
    comparator: Joules
    reset_packet: Joules
    logic_input: Joules
    logic_output: Joules
    link_bit: Joules
    static_power: Annotated[Parameter[float], Quantity("watt", 0.0, 10.0)]
