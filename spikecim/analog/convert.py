"""Layers of a PyTorch network put on arrays: chosen by their type, never by their name."""

from __future__ import annotations

import copy
from collections import Counter
from collections.abc import Iterable

from spikecim.analog.attention import AnalogAttention
from spikecim.analog.convolution import AnalogConv2d
from spikecim.analog.deploy import design
from spikecim.analog.layers import AnalogLinear
from spikecim.analog.wiring import wire
from spikecim.arrays.analog.classes import check_effects, error_classes
from spikecim.arrays.analog.plan import ArrayPlan
from spikecim.errors import ConversionError
from spikecim.models.extras import needs

with needs("torch", "a network on analog arrays"):
    from torch import nn
    from torch.nn.utils import parametrize

KINDS: tuple[type[nn.Module], ...] = (nn.Linear, nn.Conv2d, nn.MultiheadAttention)


def convert(module: nn.Module, plan: ArrayPlan, errors: Iterable[str], *, mapped: bool = False) -> nn.Module:
    """Return a copy of `module` with every `Linear`, `Conv2d` and `MultiheadAttention` on arrays.

    Everything else stays digital (`walk.digital_layers` lists what has weights). A module used twice becomes one array
    used twice; two layers that share one parameter become two arrays with the same weights, which training keeps tied.
    The copy holds design weights; `calibrate` it, then `deploy` virtual chips.

    Parameters
    ----------
    module : nn.Module
        Trained; left as it is.
    plan : ArrayPlan
    errors : iterable of str
        Error classes that are on.
    mapped : bool
        Whether measured stuck maps will be given, so that the device's own shares may be 0.

    Raises
    ------
    ConversionError
        If nothing could be put on arrays, or a layer is of a kind of its own (own forward, parametrised, hooked, lazy).
    ParameterError
        If a class is unknown or without effect on this plan.
    """
    on = error_classes(errors)
    check_effects(plan, on, mapped=mapped)
    _check_ties(module)
    made: dict[nn.Module, nn.Module] = {}
    analog = _replaced(copy.deepcopy(module), "", (plan, on), made)
    if not made:
        kinds = ", ".join(kind.__name__ for kind in KINDS)
        raise ConversionError(f"{type(module).__name__}: no layer to put on arrays; it has none of: {kinds}")
    analog.train(module.training)
    design(analog)
    return analog


def _replaced(
    part: nn.Module, label: str, setting: tuple[ArrayPlan, frozenset[str]], made: dict[nn.Module, nn.Module]
) -> nn.Module:
    """What stands for `part`: a layer on arrays, or itself with its own parts replaced; `made` remembers."""
    if part in made:
        return made[part]
    kind = next((kind for kind in KINDS if isinstance(part, kind)), None)
    if kind is not None:
        _check(part, kind, label or "network")
        made[part] = _analog(part, label or "network", *setting)
        return made[part]
    for name, child in list(part.named_children()):
        new = _replaced(child, f"{label}.{name}" if label else name, setting, made)
        if new is not child:
            setattr(part, name, new)
    # `named_children` gives a child that stands twice only once.
    for name, again in part._modules.items():
        if again is not None and again in made:
            part._modules[name] = made[again]
    return part


def _analog(part: nn.Module, label: str, plan: ArrayPlan, errors: frozenset[str]) -> nn.Module:
    if isinstance(part, nn.MultiheadAttention):
        return AnalogAttention(part, label, plan, errors)
    if isinstance(part, nn.Conv2d):
        rows = part.weight[0].numel()
        return AnalogConv2d(part, wire(label, plan, errors, rows, (part.groups, part.out_channels // part.groups)))
    assert isinstance(part, nn.Linear)
    return AnalogLinear(part.weight, part.bias, 1, wire(label, plan, errors, part.in_features))


def _check_ties(module: nn.Module) -> None:
    """Attention's stacked projections are cut apart: what is tied to them would come loose."""
    owners = Counter(id(p) for part in module.modules() for p in part._parameters.values() if p is not None)
    for name, part in module.named_modules():
        if isinstance(part, nn.MultiheadAttention) and any(owners[id(p)] > 1 for p in part.parameters(recurse=False)):
            raise ConversionError(
                f"layer {name or 'network'} (MultiheadAttention): shares its projections with another layer; untie them"
            )


def _check(part: nn.Module, kind: type[nn.Module], label: str) -> None:
    """Refuse what would not be the plain layer any more."""
    shown = f"layer {label} ({type(part).__name__})"
    if any(isinstance(value, nn.parameter.UninitializedParameter) for value in part.parameters()):
        raise ConversionError(f"{shown}: has no weights yet; run the network once before it is converted")
    if parametrize.is_parametrized(part):
        raise ConversionError(f"{shown}: has a parametrised weight; remove it with parametrize.remove_parametrizations")
    if type(part).forward is not kind.forward:
        raise ConversionError(f"{shown}: has a forward of its own, which arrays would not follow; use {kind.__name__}")
    if part._forward_hooks or part._forward_pre_hooks:
        raise ConversionError(f"{shown}: has hooks, which would be lost; remove them first")
