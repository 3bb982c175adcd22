"""An ANN: a chain of layers with the shape of its input; checked when it is made."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from spikecim.errors import ShapeError
from spikecim.models.layers import BatchNorm, Convolution, Dense, Layer, Shape

MOST_PARAMETERS = 50_000_000


@dataclass(frozen=True, kw_only=True)
class AnnModel:
    """A trained network.

    Attributes
    ----------
    name : str
    input_shape : tuple of int
        (height, width, channels) of one image, or (n_in,) of one row of values.
    layers : tuple of Layer
    notes : dict of str
        Data, command, seed, accuracies.

    Raises
    ------
    ShapeError
        If the layers do not fit each other or a parameter is not finite.
    """

    name: str
    input_shape: Shape
    layers: tuple[Layer, ...]
    notes: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if not self.layers:
            raise ShapeError(f"network {self.name}: has no layer")
        if len(self.input_shape) not in (1, 3) or min(self.input_shape) < 1:
            raise ShapeError(
                f"network {self.name}: input must be (n_in,) or (height, width, channels), got {self.input_shape}"
            )
        self.shapes()
        for layer in self.layers:
            for key, value in vars(layer).items():
                if isinstance(value, np.ndarray) and not np.isfinite(value).all():
                    raise ShapeError(f"network {self.name}: {key} of layer {layer.name} holds NaN or infinity")
        if self.n_parameters > MOST_PARAMETERS:
            raise ShapeError(f"network {self.name}: {self.n_parameters} parameters; at most {MOST_PARAMETERS} are read")

    @property
    def n_parameters(self) -> int:
        """Weights and biases."""
        return sum(
            int(value.size) for layer in self.layers for value in vars(layer).values() if isinstance(value, np.ndarray)
        )

    @property
    def n_classes(self) -> int:
        """Values of the last layer."""
        return int(np.prod(self.shapes()[-1]))

    def shapes(self) -> list[Shape]:
        """Shape of one sample before each layer and after the last one."""
        shapes = [self.input_shape]
        for layer in self.layers:
            shapes.append(layer.out_shape(shapes[-1]))
        return shapes

    def macs(self) -> int:
        """Multiply-accumulate operations of one inference."""
        return sum(macs_of(layer, shape) for layer, shape in zip(self.layers, self.shapes()[:-1], strict=True))


def macs_of(layer: Layer, shape: Shape) -> int:
    """Multiply-accumulate operations of `layer` on one sample of `shape`; zero padding counts as work."""
    if isinstance(layer, Dense):
        return int(layer.weights.size)
    if isinstance(layer, Convolution):
        height, width, _ = layer.out_shape(shape)
        return height * width * int(layer.weights.size)
    if isinstance(layer, BatchNorm):
        return int(np.prod(shape))
    return 0
