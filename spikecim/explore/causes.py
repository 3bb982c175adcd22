"""The fifteen things that stand between the network on paper and the chip: each one data, each one to be taken away.

Design choices are made before there is hardware, so they come first: from the network on paper to an ideal spiking
chip. The non-idealities of the hardware follow: from there to the chip as it was measured.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any

from spikecim.chips.spec import ChipSpec
from spikecim.chips.values import set_values
from spikecim.parameters import switched_on

__all__ = ["CAUSES", "DESIGN_CAUSES", "HARDWARE_CAUSES", "Cause", "active_causes", "chip_with", "set_values"]

DESIGN, HARDWARE = "design", "hardware"
# Causes that no single value of a chip file switches off.
QUANTISATION, RATE_CODING, AGEING = "quantisation", "rate_coding", "relaxation"
BETWEEN_NEURONS, BETWEEN_SIDES = "gain_neurons", "gain_sides"


@dataclass(frozen=True, kw_only=True)
class Cause:
    """One player.

    Attributes
    ----------
    name, title : str
    group : str
        `DESIGN` or `HARDWARE`.
    absent : mapping of str
        Hardware: values of the chip that are set when it is absent, by dotted path; None takes a table away.
    """

    name: str
    title: str
    group: str
    absent: Mapping[str, Any] = field(default_factory=dict)


def _state(name: str) -> dict[str, Any]:
    return {f"cell.{name}.sigma_ln": 0.0, f"cell.{name}.tail_probability": 0.0}


CAUSES: tuple[Cause, ...] = (
    Cause(name=QUANTISATION, title="Whole weights, clipped", group=DESIGN),
    Cause(name=RATE_CODING, title="Rate coding", group=DESIGN),
    Cause(name="refractory", title="Refractory period", group=DESIGN),
    Cause(name="rails", title="Rails", group=DESIGN),
    Cause(name="early_stop", title="Early stop", group=DESIGN),
    Cause(name="lrs_spread", title="LRS spread and tail", group=HARDWARE, absent=_state("lrs")),
    Cause(name="hrs_spread", title="HRS spread and tails", group=HARDWARE, absent=_state("hrs")),
    Cause(
        name="stuck",
        title="Stuck cells",
        group=HARDWARE,
        absent={"cell.stuck_lrs": 0.0, "cell.stuck_hrs": 0.0, "cell.endurance": None},
    ),
    Cause(
        name="read_noise",
        title="Read noise",
        group=HARDWARE,
        absent={
            "cell.lrs.read_noise_rel": 0.0,
            "cell.hrs.read_noise_rel": 0.0,
            "cell.flicker": None,
            "cell.telegraph": None,
        },
    ),
    Cause(name=AGEING, title="Relaxation", group=HARDWARE),
    Cause(name=BETWEEN_NEURONS, title="Gain, between neurons", group=HARDWARE),
    Cause(name=BETWEEN_SIDES, title="Gain, exc. against inh.", group=HARDWARE),
    Cause(name="offset", title="Comparator offset", group=HARDWARE, absent={"neuron.offset_sd": 0.0}),
    Cause(name="reset", title="Reset-packet error", group=HARDWARE, absent={"neuron.reset_error_rel": 0.0}),
    Cause(name="leak", title="Leak", group=HARDWARE, absent={"neuron.leak_current": 0.0}),
)
DESIGN_CAUSES = tuple(cause for cause in CAUSES if cause.group == DESIGN)
HARDWARE_CAUSES = tuple(cause for cause in CAUSES if cause.group == HARDWARE)
# Which parts of the gain mismatch each setting of `injectors.mismatch_part` holds.
_PARTS = {
    "independent": {BETWEEN_NEURONS, BETWEEN_SIDES},
    "between-neurons": {BETWEEN_NEURONS},
    "between-sides": {BETWEEN_SIDES},
}


def chip_with(chip: ChipSpec, present: Collection[str]) -> ChipSpec:
    """Return `chip` with only the hardware causes named in `present`; ageing is not the chip's, but its owner's.

    Values are replaced without a chip file being read again, which takes 20 microseconds instead of 10 milliseconds.
    """
    changes: dict[str, Any] = {}
    for cause in HARDWARE_CAUSES:
        if cause.name not in present:
            # A table that is not there, or is switched off, need not be taken away.
            changes.update(
                {path: value for path, value in cause.absent.items() if value is not None or _on(chip, path)}
            )
    own = _PARTS[chip.injectors.mismatch_part.value]
    wanted = own & set(present)
    if not wanted:
        changes["injectors.gain_mismatch_rel"] = 0.0
    elif wanted != own and chip.injectors.gain_mismatch_rel.value > 0:
        changes["injectors.mismatch_part"] = next(part for part, holds in _PARTS.items() if holds == wanted)
    return set_values(chip, changes)


def active_causes(chip: ChipSpec, age: float) -> frozenset[str]:
    """Names of the hardware causes that act on `chip` at all after `age` seconds; the others are dummy players."""
    everything = {cause.name for cause in HARDWARE_CAUSES}
    whole = chip_with(chip, everything).digest()
    acting = {name for name in everything if chip_with(chip, everything - {name}).digest() != whole}
    return frozenset(acting | ({AGEING} if age > 0 else set()))


def _on(chip: ChipSpec, path: str) -> bool:
    table: Any = chip
    for part in path.split("."):
        table = getattr(table, part)
    return switched_on(table) is not None
