"""What a hardware-aware training holds besides the network: a sampler per layer, the optimiser, a running mean."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from spikecim.analog.deploy import matrices, unpacked
from spikecim.analog.layers import AnalogLayer
from spikecim.analog.noise import AwareSampler
from spikecim.analog.product import AnalogProduct
from spikecim.analog.schedule import AwareSchedule
from spikecim.analog.walk import analog_layers, analog_products
from spikecim.analog.wire_maps import wire_map
from spikecim.analog.wires_grad import check_size
from spikecim.analog.written import FreshDraws
from spikecim.arrays.analog.stuck import StuckMap
from spikecim.errors import DataError, ParameterError
from spikecim.models.extras import needs

with needs("torch", "hardware-aware training"):
    import torch
    from torch import Tensor, nn
    from torch.nn.modules.batchnorm import _BatchNorm

MOMENTUM = 0.9
LEAST_RANGE = 1e-6


@dataclass(kw_only=True)
class Fit:
    """The moving parts of one training.

    Attributes
    ----------
    schedule : AwareSchedule
    samplers : dict of AwareSampler
        By layer, front to back.
    optimiser : torch.optim.Optimizer
    average : dict of Tensor
        Running mean of the parameters; empty without one.
    """

    schedule: AwareSchedule
    samplers: dict[str, AwareSampler]
    optimiser: torch.optim.Optimizer
    average: dict[str, Tensor]


def fitted(analog: nn.Module, schedule: AwareSchedule, chip_map: Mapping[str, StuckMap] | None) -> Fit:
    """Make `analog` ready to learn: its samplers, its optimiser, ranges that learn if they shall."""
    layers = analog_layers(analog)
    samplers = {label: AwareSampler(wiring=layer.wiring, schedule=schedule) for label, layer in layers.items()}
    if chip_map is not None:
        _give_maps(layers, samplers, chip_map)
    if schedule.wires == "exact":
        _check_exact(layers)
    for part in _ranged(analog):
        _let_learn(part, schedule.quantisers == "learned")
    frozen = {id(p) for norm in _norms(analog) for p in norm.parameters()} if schedule.norms == "frozen" else set()
    moving = {name: p for name, p in analog.named_parameters() if p.requires_grad and id(p) not in frozen}
    average = {name: p.detach().clone() for name, p in moving.items()} if schedule.average else {}
    return Fit(
        schedule=schedule, samplers=samplers, optimiser=_optimiser(list(moving.values()), schedule), average=average
    )


def engage(analog: nn.Module, fit: Fit, epoch: int) -> None:
    """Put the samplers in, as many on as `epoch` wants; training mode; wire maps of the weights as they are."""
    layers, schedule = analog_layers(analog), fit.schedule
    n_on = schedule.layers_on(epoch, len(layers))
    for number, (label, layer) in enumerate(layers.items()):
        sampler = fit.samplers[label]
        sampler.active = number < n_on
        mapped = sampler.active and "wires" in layer.wiring.errors and schedule.wires != "exact"
        sampler.wires = wire_map(layer, schedule.wires) if mapped else None
        layer.sampler = sampler
    for product in analog_products(analog).values():
        stuck = "stuck" in product.wiring.errors
        product.draws = FreshDraws(product.wiring.plan.device.stuck_shares if stuck else None)
        product.folding, product.scale = True, schedule.scale
    analog.train()
    if schedule.norms == "frozen":
        for norm in _norms(analog):
            norm.eval()


def disengage(analog: nn.Module) -> None:
    """Take the samplers out; evaluation mode."""
    for layer in analog_layers(analog).values():
        layer.sampler = None
    for product in analog_products(analog).values():
        product.draws, product.folding, product.scale = None, False, 1.0
    analog.eval()


def release(analog: nn.Module) -> None:
    """Training is over: ranges are fixed again."""
    disengage(analog)
    for part in _ranged(analog):
        _let_learn(part, False)


def stepped(analog: nn.Module, fit: Fit) -> None:
    """After a step of the optimiser: weights and ranges stay in bounds, the running mean follows."""
    with torch.no_grad():
        if fit.schedule.sigmas:
            for layer in analog_layers(analog).values():
                bound = fit.schedule.sigmas * layer.weight.std(correction=0)
                layer.weight.clamp_(-bound, bound)
        if fit.schedule.quantisers == "learned":
            for part in _ranged(analog):
                part.input_limit.clamp_(min=LEAST_RANGE)
        if fit.average:
            for name, value in analog.named_parameters():
                if name in fit.average:
                    fit.average[name].lerp_(value, 1.0 - fit.schedule.average)


def _optimiser(parameters: list[nn.Parameter], schedule: AwareSchedule) -> torch.optim.Optimizer:
    groups = [
        {"params": [p for p in parameters if p.ndim > 1], "weight_decay": schedule.decay},
        {"params": [p for p in parameters if p.ndim <= 1], "weight_decay": 0.0},
    ]
    if schedule.optimiser == "sgd":
        return torch.optim.SGD(groups, lr=schedule.rate, momentum=MOMENTUM, nesterov=True)
    return torch.optim.AdamW(groups, lr=schedule.rate)


def _norms(analog: nn.Module) -> list[_BatchNorm]:
    return [part for part in analog.modules() if isinstance(part, _BatchNorm)]


def _ranged(analog: nn.Module) -> list[AnalogLayer | AnalogProduct]:
    return [*analog_layers(analog).values(), *analog_products(analog).values()]


def _let_learn(part: AnalogLayer | AnalogProduct, learn: bool) -> None:
    """Make the input range a parameter, or a buffer again; its name in the state stays."""
    value = part.input_limit.detach().clone()
    del part.input_limit
    if learn:
        part.register_parameter("input_limit", nn.Parameter(value))
    else:
        part.register_buffer("input_limit", value)


def _check_exact(layers: Mapping[str, AnalogLayer]) -> None:
    for label, layer in layers.items():
        if "wires" not in layer.wiring.errors:
            continue
        if layer.groups > 1:
            raise ParameterError(
                f"schedule.wires: 'exact' takes layers of one group, {label} has {layer.groups}; use 'refreshed'"
            )
        plan, (n_out, n_in) = layer.wiring.plan, layer.matrix().shape
        check_size(min(n_in, plan.rows), min(n_out, plan.columns))


def _give_maps(
    layers: Mapping[str, AnalogLayer], samplers: Mapping[str, AwareSampler], maps: Mapping[str, StuckMap]
) -> None:
    """Fix the stuck cells of every layer."""
    left = dict(maps)
    chips = {found.chip for found in maps.values()}
    if len(chips) > 1:
        raise DataError(f"stuck maps of several chips ({', '.join(sorted(chips))}): a network is trained for one")
    for label, layer in layers.items():
        if "stuck" not in layer.wiring.errors:
            raise ParameterError("a stuck map is given but the class 'stuck' is off: leave one of them out")
        parts = []
        for name, matrix in matrices(layer).items():
            if name not in left:
                raise DataError(f"stuck maps: none for matrix {name!r}; give one for each matrix of the chip")
            found = left.pop(name)
            shape = (2, layer.wiring.n_slices, *matrix.shape)
            cells = found.for_chip(found.chip, name, (*shape[:3], max(shape[3], found.cells.shape[3])))
            parts.append(unpacked(cells[..., : shape[3]], layer.wiring.pack))
        samplers[label].faults = torch.from_numpy(np.concatenate(parts, 2))
    if left:
        raise DataError(f"stuck map of {next(iter(left))!r}: the network has no such matrix")
