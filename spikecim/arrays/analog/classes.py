"""The five error classes by name, and the check that a class switched on has something to act on."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from spikecim.errors import ParameterError, hint

if TYPE_CHECKING:
    from spikecim.arrays.analog.plan import ArrayPlan

CLASSES = ("quantisation", "fluctuation", "stuck", "nonlinearity", "wires")
ALL_ERRORS = frozenset(CLASSES)
NO_ERRORS: frozenset[str] = frozenset()


def error_classes(names: Iterable[str]) -> frozenset[str]:
    """`names` as a set.

    Raises
    ------
    ParameterError
        If one is no error class.
    """
    given = frozenset([names] if isinstance(names, str) else names)
    for name in sorted(given - ALL_ERRORS):
        help_ = hint(name, CLASSES, f"known: {', '.join(CLASSES)}")
        raise ParameterError(f"error class {name!r} is unknown; {help_}")
    return given


def check_effects(plan: ArrayPlan, errors: frozenset[str], *, mapped: bool = False) -> None:
    """Refuse error classes that this plan gives nothing to act on.

    Parameters
    ----------
    mapped : bool
        Whether a measured stuck map is given, so that the device's shares do not matter.

    Raises
    ------
    ParameterError
        Naming the class, the device or table, and what to change.
    """
    device = plan.device
    if "fluctuation" in errors and not device.fluctuates and not (plan.seconds and device.ages):
        raise ParameterError(
            f"fluctuation has no effect: device {device.name} has no spread, no read noise and no change in time"
        )
    if "fluctuation" in errors and plan.seconds and not device.ages:
        raise ParameterError(f"seconds {plan.seconds:g} has no effect: device {device.name} states no law of time")
    if "stuck" in errors and not mapped and not any(device.stuck_shares):
        raise ParameterError(f"stuck has no effect: device {device.name} has no stuck cells and no map is given")
    if "nonlinearity" in errors and device.iv.law.value == "linear":
        raise ParameterError(f"nonlinearity has no effect: device {device.name} has a linear I-V law")
    if {"nonlinearity", "quantisation"} <= errors and plan.input_bits == 1:
        raise ParameterError(
            "nonlinearity has no effect: inputs of input_bits 1 are 0 or full scale, which no law bends"
        )
    if "wires" in errors and plan.wires.ideal and not plan.wires.access:
        raise ParameterError("wires has no effect: every wire, driver and sense resistance of the plan is 0")
