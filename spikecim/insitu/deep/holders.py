"""Who holds the weights of a network while it learns: arrays of pulsed cells, or software."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

import numpy as np
import torch
from torch import Tensor

from spikecim.errors import TrainingError
from spikecim.insitu.deep.job import DeepJob, Software
from spikecim.insitu.deep.network import DeepNetwork
from spikecim.insitu.layer import LearningLayer, make_layer
from spikecim.insitu.rules.counts import UpdateCounts
from spikecim.insitu.rules.spec import UpdateSpec
from spikecim.streams import stream


class Holder(Protocol):
    """What the training loop needs of whoever holds the weights."""

    def show(self) -> None:
        """Put the weights as they are now into the layers of the network, ready for gradients."""

    def learn(self, step: int, factor: float) -> None:
        """Take the gradients of the layers and update the weights; `factor` is that of the schedule."""

    def end_epoch(self) -> None:
        """After the last step of an epoch."""

    def counts(self) -> tuple[UpdateCounts, ...]:
        """What the updates of each layer have cost so far."""

    def state(self) -> dict[str, Any]:
        """Everything that updates change, as tensors."""

    def restore(self, state: Mapping[str, Any]) -> None:
        """Take up a `state`."""


def holder(job: DeepJob, network: DeepNetwork) -> Holder:
    """Initial weights of `job` in what it asks for."""
    shapes = {shape.name: (shape.n_in, shape.n_out) for shape in job.shapes}
    weights = {
        name: stream(job.seed, name, "initial weights").uniform(-job.spread, job.spread, shape).astype(np.float32)
        for name, shape in shapes.items()
    }
    if isinstance(job.update, UpdateSpec):
        assert job.device is not None
        made = [
            make_layer(weight, job.device, job.pairing, job.update, 1.0, job.seed, name)
            for name, weight in weights.items()
        ]
        return InArrays(network, tuple(made))
    return InSoftware(network, job.update, tuple(torch.from_numpy(weight) for weight in weights.values()))


class InArrays:
    """Weights in arrays; on a CPU the network reads the very memory that the pulses change."""

    def __init__(self, network: DeepNetwork, layers: tuple[LearningLayer, ...]) -> None:
        self.network, self.layers = network, layers

    def show(self) -> None:
        for array, layer in zip(self.network.arrays, self.layers, strict=True):
            held = torch.from_numpy(layer.weights())
            array.weight = held.to(array.converters["forward"].step.device).requires_grad_()

    def learn(self, step: int, factor: float) -> None:
        for array, layer in zip(self.network.arrays, self.layers, strict=True):
            layer.update(_gradient(array.weight).cpu().numpy(), step, factor)

    def end_epoch(self) -> None:
        for layer in self.layers:
            layer.end_epoch()

    def counts(self) -> tuple[UpdateCounts, ...]:
        return tuple(layer.counts for layer in self.layers)

    def state(self) -> dict[str, Any]:
        return {
            f"{number}.{key}": torch.from_numpy(np.array(value))
            for number, layer in enumerate(self.layers)
            for key, value in layer.state().items()
        }

    def restore(self, state: Mapping[str, Any]) -> None:
        for number, layer in enumerate(self.layers):
            head = f"{number}."
            layer.restore(
                {key[len(head) :]: value.cpu().numpy() for key, value in state.items() if key.startswith(head)}
            )


class InSoftware:
    """A master copy in floating point and its velocity; the network sees the copy rounded."""

    def __init__(self, network: DeepNetwork, spec: Software, weights: tuple[Tensor, ...]) -> None:
        self.network, self.spec = network, spec
        where = network.arrays[0].converters["forward"].step.device
        self.master = [weight.to(where) for weight in weights]
        self.velocity = [torch.zeros_like(weight) for weight in self.master]
        self._counts = tuple(UpdateCounts() for _ in weights)

    def show(self) -> None:
        bits = self.spec.weight_bits
        for array, master in zip(self.network.arrays, self.master, strict=True):
            n = 0 if bits is None else 2 ** (bits - 1) - 1
            array.weight = (master.clone() if bits is None else (master * n).round_().div_(n)).requires_grad_()

    def learn(self, step: int, factor: float) -> None:
        for array, master, velocity, counts in zip(
            self.network.arrays, self.master, self.velocity, self._counts, strict=True
        ):
            velocity.mul_(self.spec.gamma).add_(_gradient(array.weight))
            master.sub_(velocity, alpha=self.spec.rate * factor).clamp_(-1.0, 1.0)
            counts.steps += 1

    def end_epoch(self) -> None:
        """Nothing to do."""

    def counts(self) -> tuple[UpdateCounts, ...]:
        return self._counts

    def state(self) -> dict[str, Any]:
        return {"master": list(self.master), "velocity": list(self.velocity), "steps": self._counts[0].steps}

    def restore(self, state: Mapping[str, Any]) -> None:
        for name, mine in (("master", self.master), ("velocity", self.velocity)):
            for tensor, kept in zip(mine, state[name], strict=True):
                tensor.copy_(kept)
        for counts in self._counts:
            counts.steps = int(state["steps"])


def _gradient(weight: Tensor) -> Tensor:
    if weight.grad is None:
        raise TrainingError("a layer has no gradient; run the backward pass before the update")
    return weight.grad
