"""The five error classes of memory arrays on a spiking chip: which values of its file each of them is.

============= ==================================================== ===========================================
class         what it is on a spiking chip                         switched off
============= ==================================================== ===========================================
quantisation  weights rounded to whole cells and clipped: a        the chip stays; the network side adds what
              matter of the network, not of the chip file          rounding took, `explore.classes`
fluctuation   spread of cells, read noise, ageing, mismatch of     spreads, noise and mismatch 0, tables of
              mirrors, comparator offset, packet error, leak       ageing and slow noise taken out
stuck         cells stuck in LRS or HRS, from the start or worn    rates 0, no endurance table
nonlinearity  bent I-V of the cells                                no cell.iv table
wires         resistance of wires, drivers, clamps; leaking        no wires table
              transistors; unused cells of a larger array
============= ==================================================== ===========================================

Charges are whole electrons in any case (a unit is tens of thousands of them), and spikes, refractory period, rails and
early stop are how the chip computes, not errors of its array: `explore.causes` tells those apart.
"""

from __future__ import annotations

from collections.abc import Set
from typing import Any, TypeVar

from spikecim.chips.multi_spec import MultiChipSpec
from spikecim.chips.spec import ChipSpec
from spikecim.chips.values import set_values
from spikecim.errors import ParameterError, hint
from spikecim.parameters import switched_on

QUANTISATION, FLUCTUATION, STUCK = "quantisation", "fluctuation", "stuck"
NONLINEARITY, WIRES = "nonlinearity", "wires"
CLASSES = (QUANTISATION, FLUCTUATION, STUCK, NONLINEARITY, WIRES)

C = TypeVar("C", ChipSpec, MultiChipSpec)
_OFF: dict[str, dict[str, Any]] = {
    FLUCTUATION: {
        **{f"cell.{state}.{name}": 0.0 for state in ("lrs", "hrs") for name in ("sigma_ln", "read_noise_rel")},
        **{f"cell.{state}.tail_probability": 0.0 for state in ("lrs", "hrs")},
        **{f"cell.{table}": None for table in ("relaxation", "retention", "disturb", "flicker", "telegraph")},
        "injectors.gain_mismatch_rel": 0.0,
        "neuron.offset_sd": 0.0,
        "neuron.reset_error_rel": 0.0,
        "neuron.leak_current": 0.0,
    },
    STUCK: {"cell.stuck_lrs": 0.0, "cell.stuck_hrs": 0.0, "cell.endurance": None},
    NONLINEARITY: {"cell.iv": None},
    WIRES: {"wires": None},
}
_TO_SET = {
    FLUCTUATION: "cell.hrs.sigma_ln or injectors.gain_mismatch_rel",
    STUCK: "cell.stuck_lrs or cell.stuck_hrs",
    NONLINEARITY: "cell.iv.v0 and cell.iv.voltage",
    WIRES: "wires.row_segment and wires.column_segment",
}


def with_classes(chip: C, errors: Set[str]) -> C:
    """Return `chip` with the error classes in `errors`, and ideal for all others.

    Parameters
    ----------
    errors : set of str
        From `CLASSES`. `QUANTISATION` changes nothing here: see `explore.classes`.

    Raises
    ------
    ParameterError
        If a class is unknown, or is asked for and the chip has nothing of it.
    """
    check_classes(errors)
    for name in sorted(errors - {QUANTISATION} - acting_classes(chip)):
        raise ParameterError(
            f"error class {name}: without effect on chip {chip.name}; set {_TO_SET[name]}, or leave the class out"
        )
    return _without(chip, _OFF.keys() - errors)


def acting_classes(chip: C) -> frozenset[str]:
    """The classes that the chip has something of; quantisation is the network's and not among them."""
    own = chip.digest()
    return frozenset(name for name in _OFF if _without(chip, {name}).digest() != own and not _idle(chip, name))


def check_classes(errors: Set[str]) -> None:
    """Raise ParameterError if `errors` has a name that is no class."""
    for name in sorted(errors - set(CLASSES)):
        raise ParameterError(
            f"error class {name!r} is unknown; {hint(name, CLASSES, 'allowed: ' + ', '.join(CLASSES))}"
        )


def _idle(chip: ChipSpec | MultiChipSpec, name: str) -> bool:
    """Whether all that the chip has of a class is a table that says nothing."""
    if name == WIRES:
        return chip.wires is None or (chip.wires.exact and chip.wires.rows is None and chip.wires.columns is None)
    return name == NONLINEARITY and switched_on(chip.cell.iv) is None


def _without(chip: C, absent: Set[str]) -> C:
    changes: dict[str, Any] = {}
    for name in absent:
        changes |= _OFF[name]
    found = set_values(chip, changes)
    if found.wires is None and switched_on(found.cell.iv) is None:
        # Nothing is left that a trim by reads would make good.
        found = set_values(found, {"injectors.trim": None})
    return found
