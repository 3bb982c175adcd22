"""How a network is trained with its hardware's errors on: epochs, step size, order of layers, quantisers, wires."""

from __future__ import annotations

import math
from dataclasses import dataclass, fields
from typing import Any

from spikecim.errors import ParameterError, hint

CHOICES = {
    "order": ("full", "progressive"),
    "optimiser": ("adam", "sgd"),
    "quantisers": ("straight-through", "learned"),
    "wires": ("position", "refreshed", "exact"),
    "norms": ("frozen", "trained"),
}


@dataclass(frozen=True, kw_only=True)
class AwareSchedule:
    """One hardware-aware training, as data.

    Attributes
    ----------
    epochs : int
        Passes over the task's training batches.
    rate : float
        Highest learning rate; it falls to zero along half a cosine.
    optimiser : str
        "adam", or "sgd" with Nesterov momentum 0.9.
    decay : float
        Weight decay, on arrays of two or more axes.
    order : str
        "full": all layers carry noise, faults and wire drop from the first step; "progressive": front to back, one
        layer after another over the first `ramp` of the epochs. Quantisers and I-V curve are on from the start.
    ramp : float
        Share of the epochs after which a progressive training has all layers on.
    quantisers : str
        "straight-through" with the calibrated ranges, or "learned": input ranges are parameters too (LSQ, Esser 2020).
    wires : str
        "position": the closed-form factor of each cell, "refreshed": the exact one, both taken anew at each epoch;
        "exact": the transfer matrix differentiated at each step (dense layers, arrays of at most 64 x 64 cells).
    norms : str
        Batch norms: "frozen" keeps statistics and affine part; "trained" lets both move.
    scale : float
        Noise of training over the noise of the device; a little above 1 trains a margin in.
    clip : float
        Largest norm of the gradient; 0 for no limit.
    sigmas : float
        After each step the weights of a layer are clipped to so many of their standard deviations (0: not). Noise and
        faults are shares of the largest weight, so a narrower range suffers less (Joshi et al., Nature Commun. 2020).
    average : float
        Decay per step of a running mean of the weights, which is then what is validated and kept; 0 for none.
    steps : int
        Batches of an epoch that are used; 0 for all.
    chips : int
        Virtual chips that validation deploys the network to after each epoch.
    threads : int
        CPU threads of PyTorch; another number may give another network.
    """

    epochs: int = 5
    rate: float = 1e-3
    optimiser: str = "adam"
    decay: float = 0.0
    order: str = "full"
    ramp: float = 0.5
    quantisers: str = "straight-through"
    wires: str = "position"
    norms: str = "frozen"
    scale: float = 1.0
    clip: float = 1.0
    sigmas: float = 0.0
    average: float = 0.0
    steps: int = 0
    chips: int = 3
    threads: int = 1

    def __post_init__(self) -> None:
        for name, allowed in CHOICES.items():
            given = getattr(self, name)
            if given not in allowed:
                known = f"allowed: {', '.join(allowed)}"
                raise ParameterError(f"schedule.{name}: {given!r} is unknown; {hint(str(given), allowed, known)}")
        for name, least in {"epochs": 1, "chips": 1, "steps": 0, "threads": 1}.items():
            value = getattr(self, name)
            if not isinstance(value, int) or isinstance(value, bool) or value < least:
                raise ParameterError(f"schedule.{name}: {value!r}; a whole number from {least} on is expected")
        for name, (low, high) in _RANGES.items():
            value = getattr(self, name)
            if not isinstance(value, int | float) or not math.isfinite(value) or not low <= value <= high:
                raise ParameterError(f"schedule.{name}: {value!r}; a number from {low:g} to {high:g} is expected")
        if self.rate == 0.0:
            raise ParameterError("schedule.rate: 0; nothing would be learned")

    def rate_at(self, epoch: float) -> float:
        """Learning rate after so many epochs."""
        return self.rate * 0.5 * (1.0 + math.cos(math.pi * epoch / self.epochs))

    def layers_on(self, epoch: int, n_layers: int) -> int:
        """How many layers, from the front, carry noise, faults and wire drop in `epoch`."""
        if self.order == "full":
            return n_layers
        ramp = max(1, round(self.ramp * self.epochs))
        return min(n_layers, math.ceil(n_layers * (epoch + 1) / ramp))


_RANGES = {
    "rate": (0.0, 10.0),
    "decay": (0.0, 1.0),
    "ramp": (0.0, 1.0),
    "scale": (0.0, 100.0),
    "clip": (0.0, 1e6),
    "sigmas": (0.0, 100.0),
    "average": (0.0, 0.99999),
}


def schedule_from(raw: dict[str, Any]) -> AwareSchedule:
    """Read a table of a study file.

    Raises
    ------
    ParameterError
        If a key is unknown or a value not allowed.
    """
    known = [field.name for field in fields(AwareSchedule)]
    for key in raw:
        if key not in known:
            raise ParameterError(f"schedule.{key}: unknown key; {hint(key, known, 'known: ' + ', '.join(known))}")
    return AwareSchedule(**raw)
