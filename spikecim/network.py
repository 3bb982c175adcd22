"""A network without an engine: integer weights, the chip-free half of what `build` joins with a chip."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from spikecim.errors import ShapeError


@dataclass(frozen=True, kw_only=True)
class Network:
    """One fully connected layer.

    Attributes
    ----------
    weights : int8 (n_in, n_out)
        In units of one cell group step.
    name : str
    preprocessing : str
        Name of the image preparation it was trained with (`datasets.preprocess`).
    notes : dict of str
        Where the weights come from: data, command, seed.
    real : float32 (n_in, n_out) or None
        The weights before they were rounded and clipped, in the same unit, if they are known.
    """

    weights: NDArray[np.int8]
    name: str = "network"
    preprocessing: str = "area-mean"
    notes: dict[str, str] = field(default_factory=dict)
    real: NDArray[np.float32] | None = None

    @property
    def n_in(self) -> int:
        return int(self.weights.shape[0])

    @property
    def n_out(self) -> int:
        return int(self.weights.shape[1])


def network_from_array(
    weights: NDArray[np.generic], *, limit: int, shape: tuple[int, int] | None = None, name: str = "network"
) -> Network:
    """Check `weights` (n_in, n_out) and return them as a Network.

    Raises
    ------
    ShapeError
        If they are not two-dimensional, not whole numbers, outside -limit..limit, or not of `shape`.
    """
    array = np.asarray(weights)
    if array.ndim != 2 or 0 in array.shape:
        raise ShapeError(f"weights of {name}: expected (n_in, n_out), got shape {array.shape}")
    if shape is not None and array.shape != shape:
        raise ShapeError(f"weights of {name}: the chip takes {shape} (n_in, n_out), got {array.shape}")
    if not np.issubdtype(array.dtype, np.number) or not np.isfinite(array).all() or (array != np.rint(array)).any():
        raise ShapeError(f"weights of {name}: only whole numbers -{limit}..{limit} can be stored; quantise them first")
    # Not abs(): the smallest int8 is its own absolute value.
    outside = np.argwhere((array > limit) | (array < -limit))
    if len(outside):
        i, j = outside[0]
        raise ShapeError(f"weights of {name}: [{i}, {j}] = {array[i, j]:g} is outside -{limit}..{limit}")
    return Network(weights=array.astype(np.int8), name=name)
