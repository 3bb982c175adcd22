"""All conversions by name."""

from __future__ import annotations

from collections.abc import Sequence

from spikecim.conversion.base import Conversion
from spikecim.conversion.first_spike import FIRST_SPIKE
from spikecim.conversion.qcfs import QCFS
from spikecim.conversion.relu_max import RELU_MAX
from spikecim.conversion.relu_percentile import RELU_PERCENTILE
from spikecim.conversion.relu_percentile_hard import RELU_PERCENTILE_HARD
from spikecim.conversion.signed_if import SIGNED_IF
from spikecim.conversion.spirit_tanh import SPIRIT_TANH
from spikecim.conversion.threshold_balancing import THRESHOLD_BALANCING
from spikecim.errors import ConversionError, hint
from spikecim.models.model import AnnModel

CONVERSIONS: dict[str, Conversion] = {
    conversion.name: conversion
    for conversion in (
        SPIRIT_TANH,
        SIGNED_IF,
        RELU_MAX,
        RELU_PERCENTILE,
        RELU_PERCENTILE_HARD,
        THRESHOLD_BALANCING,
        QCFS,
        FIRST_SPIKE,
    )
}


def get_conversion(name: str) -> Conversion:
    """Return the conversion called `name`.

    Raises
    ------
    ConversionError
        If there is none; the message names the nearest.
    """
    if name not in CONVERSIONS:
        raise ConversionError(f"conversion {name!r} is unknown; {hint(name, CONVERSIONS, _known())}")
    return CONVERSIONS[name]


def applicable(model: AnnModel) -> tuple[Conversion, ...]:
    """Conversions that take every activation of `model`."""
    return tuple(conversion for conversion in CONVERSIONS.values() if conversion.applies(model))


def conversions_for(model: AnnModel, names: Sequence[str] = ()) -> list[Conversion]:
    """The conversions called `names`, each once; all that take `model` if there is no name.

    Raises
    ------
    ConversionError
        If a name is unknown, or no conversion takes the network.
    """
    if names:
        return [get_conversion(name) for name in dict.fromkeys(names)]
    found = applicable(model)
    if not found:
        raise ConversionError(
            f"network {model.name}: no conversion takes its activations; see `spikecim conversions list`"
        )
    return list(found)


def _known() -> str:
    return f"known: {', '.join(CONVERSIONS)}"
