"""Which part of the energy of training an event belongs to and which numbers of the table it is multiplied with."""

from __future__ import annotations

from spikecim.energy.terms import Term
from spikecim.energy.training_events import TrainingEvents
from spikecim.energy.training_table import PREFIX

# Event: part of the ledger, numbers of the table.
EVENTS: dict[str, tuple[str, tuple[str, ...]]] = {
    "cell_reads": ("array", ("cell_read", "activity")),
    "row_drives": ("array", ("row_drive", "activity")),
    "converter_bits": ("adc", ("adc_bit",)),
    "shift_adds": ("accumulation", ("shift_add",)),
    "gradient_macs": ("gradient_engine", ("gradient_mac",)),
    "multiplies": ("arithmetic", ("multiply",)),
    "adds": ("arithmetic", ("add",)),
    "post_words": ("arithmetic", ("post_word",)),
    "pulses": ("cell_write", ("write_pulse",)),
    "row_phases": ("cell_write", ("write_row",)),
    "wire_bits": ("interconnect", ("interconnect_bit",)),
    "buffer_bits": ("buffer", ("buffer_bit",)),
    "dram_bits": ("dram", ("dram_bit",)),
    "busy_positions": ("static", ("static_power", "position_time")),
}
PARTS = tuple(dict.fromkeys(part for part, _ in EVENTS.values()))
# What "peak" figures leave out: nothing of it can be left out of a chip.
NOT_IN_PEAK = ("interconnect", "buffer", "dram")


def training_terms(events: TrainingEvents) -> tuple[Term, ...]:
    """One term for each phase and event; its part is ``"phase/part"``, its counts are (1, n_layers)."""
    return tuple(
        Term(
            part=f"{phase}/{EVENTS[event][0]}",
            factors=tuple(PREFIX + name for name in EVENTS[event][1]),
            counts=counts[None, :],
        )
        for (phase, event), counts in events.counts.items()
    )
