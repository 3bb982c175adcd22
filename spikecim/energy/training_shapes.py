"""Weight matrices of a network as its training energy sees them, and the operations of one trained image.

Operations: 2 for each multiply-accumulate of forward, error and weight-gradient pass, no error pass of the first layer.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from spikecim.errors import ParameterError


@dataclass(frozen=True, kw_only=True)
class LayerShape:
    """One weight matrix, dense or a convolution unrolled.

    Attributes
    ----------
    name : str
    n_in, n_out : int
        Rows and columns of the matrix; of a convolution k_h * k_w * c_in and c_out.
    positions : int
        Places at which the matrix is applied to one image: 1, or output height * width before pooling.
    inputs : int
        Values of the map that the layer takes in, each counted once.
    input_bits : int or None
        Word of these values where it is not the design's, as of black-and-white pixels.
    """

    name: str
    n_in: int
    n_out: int
    positions: int
    inputs: int
    input_bits: int | None = None

    def __post_init__(self) -> None:
        for key in ("n_in", "n_out", "positions", "inputs", "input_bits"):
            value = getattr(self, key)
            if key == "input_bits" and value is None:
                continue
            if isinstance(value, bool) or not isinstance(value, int) or value < 1:
                raise ParameterError(f"layer {self.name!r}: {key} must be a whole number above 0, got {value!r}")

    @property
    def weights(self) -> int:
        """Weights of the matrix."""
        return self.n_in * self.n_out

    @property
    def macs(self) -> int:
        """Multiply-accumulates of one pass of one image."""
        return self.weights * self.positions


def checked_shapes(layers: Sequence[LayerShape]) -> tuple[LayerShape, ...]:
    """`layers` as a tuple.

    Raises
    ------
    ParameterError
        If there is none, or two have one name.
    """
    if not layers:
        raise ParameterError("energy of training: a network without layers has nothing to train; give at least one")
    names = [layer.name for layer in layers]
    if len(set(names)) < len(names):
        raise ParameterError("energy of training: two layers have one name; each layer needs its own")
    return tuple(layers)


def operations(layers: Sequence[LayerShape]) -> int:
    """Operations of one trained image."""
    first, *_ = checked_shapes(layers)
    return 2 * (3 * sum(layer.macs for layer in layers) - first.macs)
