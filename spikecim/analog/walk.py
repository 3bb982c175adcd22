"""Finding the layers on arrays within a converted network."""

from __future__ import annotations

from collections.abc import Iterator

from spikecim.analog.layers import AnalogLayer
from spikecim.analog.product import AnalogProduct
from spikecim.errors import ConversionError
from spikecim.models.extras import needs

with needs("torch", "a network on analog arrays"):
    from torch import nn


def analog_layers(analog: nn.Module) -> dict[str, AnalogLayer]:
    """Layers that hold weights on arrays, by label, in the order of the network; one used twice stands once.

    Raises
    ------
    ConversionError
        If there is none.
    """
    found = {part.wiring.label: part for part in analog.modules() if isinstance(part, AnalogLayer)}
    if not found:
        raise ConversionError(f"{type(analog).__name__}: has no layer on arrays; convert it first")
    return found


def analog_products(analog: nn.Module) -> dict[str, AnalogProduct]:
    """The products of attention, whose second operand is written afresh, by label."""
    return {part.label: part for part in analog.modules() if isinstance(part, AnalogProduct)}


def digital_layers(analog: nn.Module) -> list[str]:
    """Parts with weights of their own that stayed digital, as "name (type)": norms, embeddings, other layers."""
    return list(_digital(analog, ""))


def _digital(part: nn.Module, name: str) -> Iterator[str]:
    if isinstance(part, AnalogLayer):
        return
    if any(True for _ in part.parameters(recurse=False)):
        yield f"{name or 'network'} ({type(part).__name__})"
    for key, child in part.named_children():
        yield from _digital(child, f"{name}.{key}" if name else key)
