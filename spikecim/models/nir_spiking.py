"""A network of integrate-and-fire neurons as NIR gives it: its ANN, and its spikes step by step.

NIR's IF (Pedersen et al. 2024): dv/dt = r I; a spike when v > v_threshold, then v = v_reset. What a step is, and when
the test is made, differs between tools; `Rule` states it and `RULES` holds that of those whose counts are tested here.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from spikecim.errors import ModelError, ShapeError
from spikecim.models.forward import apply_layer
from spikecim.models.layers import Activation, Convolution, Dense, Flatten, Layer, Shape
from spikecim.models.model import AnnModel

Values = NDArray[np.float32]


@dataclass(frozen=True, kw_only=True)
class Rule:
    """How one step of an IF neuron goes: add the input, test, reset.

    Attributes
    ----------
    inclusive : bool
        Fire at v >= threshold rather than v > threshold.
    subtract : bool
        Take the threshold off after a spike rather than put v to its reset value.
    late : bool
        Reset at the begin of the next step, by the spike of the last one, rather than at once.
    """

    inclusive: bool = False
    subtract: bool = False
    late: bool = False


RULES: Mapping[str, Rule] = {
    "nir": Rule(),
    "norse": Rule(),
    "spikingjelly": Rule(inclusive=True),
    "snntorch": Rule(subtract=True, late=True),
}


@dataclass(frozen=True, kw_only=True)
class IfNeuron:
    """A layer of integrate-and-fire neurons, each array float32 of the layer's shape, channels last.

    Attributes
    ----------
    gain : array
        r times the length of a step: what v rises by for an input of 1.
    threshold, reset : array
        v_threshold and v_reset.
    """

    gain: Values
    threshold: Values
    reset: Values
    name: str = "if"

    def out_shape(self, shape: Shape) -> Shape:
        """The shape itself."""
        if self.threshold.shape != shape:
            raise ShapeError(f"layer {self.name}: {self.threshold.shape} neurons for values of shape {shape}")
        return shape


@dataclass(frozen=True, kw_only=True)
class NirSpiking:
    """A chain of layers and IF neurons.

    Attributes
    ----------
    name : str
    input_shape : tuple of int
        (height, width, channels) or (n_in,).
    layers : tuple of Layer or IfNeuron
    notes : dict of str
    """

    name: str
    input_shape: Shape
    layers: tuple[Layer | IfNeuron, ...]
    notes: dict[str, str] = field(default_factory=dict)

    @np.errstate(over="ignore", invalid="ignore")  # the network checks that all is finite
    def ann(self) -> AnnModel:
        """The network whose ReLUs have the rates of the neurons: gain and threshold are folded into the weights.

        Raises
        ------
        ModelError
            If a reset value is not 0, neurons of one channel have different thresholds, or a weight overflows.
        """
        layers: list[Layer] = []
        for layer in self.layers:
            if not isinstance(layer, IfNeuron):
                layers.append(layer)
                continue
            if (layer.reset != 0).any():
                raise ModelError(f"network {self.name}: neurons {layer.name!r} reset to other values than 0")
            _fold(layers, layer, self.name)
            layers.append(Activation(kind="relu", name=layer.name))
        try:
            return AnnModel(name=self.name, input_shape=self.input_shape, layers=tuple(layers), notes=self.notes)
        except ShapeError as error:
            raise ModelError(str(error)) from None

    def spike_counts(self, trains: NDArray[Any], rule: Rule = RULES["nir"]) -> list[NDArray[np.int64]]:
        """Spikes of each layer of neurons, (n_samples, *shape), all potentials 0 at the start.

        Parameters
        ----------
        trains : array, (n_ticks, n_samples, *input_shape)
            Input values of each tick: 0 and 1 for spikes. All layers see a tick's spikes within that tick.
        rule : Rule
            `RULES` has that of known tools.
        """
        if trains.ndim < 3 or trains.shape[2:] != self.input_shape:
            raise ShapeError(f"network {self.name}: takes (n_ticks, n_samples, {self.input_shape}), got {trains.shape}")
        neurons = [_Potentials(layer, rule) for layer in self.layers if isinstance(layer, IfNeuron)]
        for tick in trains:
            values, waiting = np.ascontiguousarray(tick, np.float32), iter(neurons)
            for layer in self.layers:
                values = next(waiting).step(values) if isinstance(layer, IfNeuron) else apply_layer(layer, values)
        return [state.counts for state in neurons]


class _Potentials:
    """Potentials of one layer for all samples."""

    def __init__(self, layer: IfNeuron, rule: Rule) -> None:
        self._layer, self._rule = layer, rule
        self._v: Any = np.float32(0)
        self._fired: Any = np.False_
        self.counts: Any = np.int64(0)

    def step(self, values: Values) -> Values:
        """Spikes, 0 or 1, after the input `values`."""
        threshold, pending = self._layer.threshold, self._fired
        self._v = self._v + self._layer.gain * values
        if self._rule.late:
            self._v = self._after(self._v, pending)
        self._fired = self._v >= threshold if self._rule.inclusive else self._v > threshold
        if not self._rule.late:
            self._v = self._after(self._v, self._fired)
        self.counts = self.counts + self._fired.astype(np.int64)
        return np.asarray(self._fired, np.float32)

    def _after(self, v: Any, fired: Any) -> Any:
        lower = v - self._layer.threshold if self._rule.subtract else self._layer.reset
        return np.where(fired, lower, v).astype(np.float32)


def _fold(layers: list[Layer], neuron: IfNeuron, name: str) -> None:
    """Scale the last weights before `neuron` by gain / threshold."""
    scale = neuron.gain / neuron.threshold
    channels = scale.reshape(-1, scale.shape[-1])
    places = [number for number, layer in enumerate(layers) if isinstance(layer, Dense | Convolution)]
    between = layers[places[-1] + 1 :] if places else []
    if not places or any(isinstance(layer, Activation) for layer in between):
        raise ModelError(f"network {name}: no weights before the neurons {neuron.name!r}; nothing to fold them into")
    alike = (channels == channels[0]).all()
    if any(isinstance(layer, Flatten) for layer in between):
        alike, channels = bool((scale == scale.flat[0]).all()), np.full((1, 1), scale.flat[0], np.float32)
    if not alike:
        raise ModelError(f"network {name}: neurons {neuron.name!r} of one channel have different thresholds")
    last = layers[places[-1]]
    assert isinstance(last, Dense | Convolution)
    factor = channels[0]
    layers[places[-1]] = replace(
        last, weights=(last.weights * factor).astype(np.float32), bias=(last.bias * factor).astype(np.float32)
    )
