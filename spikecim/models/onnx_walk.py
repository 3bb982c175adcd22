"""An ONNX node as plain data, and where the reading of a graph stands."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from numpy.typing import NDArray

from spikecim.models.chain import Chain

BATCH = "batch"  # stands for the number of images in computed shapes


@dataclass(frozen=True, kw_only=True)
class Op:
    """A node: its name, operator, names of values in and out, attributes."""

    label: str
    kind: str
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    values: dict[str, Any]


@dataclass(kw_only=True)
class Walk:
    """Where the reading stands.

    Attributes
    ----------
    chain : Chain
    constants : dict of array
        Weights and other fixed values by name.
    opset : int
    batch : int or None
        Number of images that the file was made for, if fixed.
    current : str
        Name of the value that the chain ends with.
    shapes : dict
        Shape of one sample, channels first, of each value of the chain so far.
    sizes : dict
        Computed shapes: lists of numbers, or one number.
    """

    chain: Chain
    constants: dict[str, NDArray[Any]]
    opset: int
    batch: int | None
    current: str
    shapes: dict[str, tuple[int, ...]] = field(default_factory=dict)
    sizes: dict[str, Any] = field(default_factory=dict)

    def constant(self, op: Op, place: int, what: str) -> NDArray[Any]:
        """Input number `place` of `op`, which must be a fixed array."""
        found = self.optional(op, place)
        if found is None:
            raise self.chain.error(op.label, f"{what} must be a constant in the file")
        return found

    def optional(self, op: Op, place: int) -> NDArray[Any] | None:
        """Input number `place` of `op` if it is given."""
        if place >= len(op.inputs) or not op.inputs[place]:
            return None
        if op.inputs[place] not in self.constants:
            raise self.chain.error(op.label, f"input {op.inputs[place]!r} must be a constant in the file")
        return self.constants[op.inputs[place]]

    def size(self, op: Op, place: int) -> Any:
        """Input number `place` of `op` as a shape: computed, or a constant."""
        name = op.inputs[place] if place < len(op.inputs) else ""
        if name in self.sizes:
            return self.sizes[name]
        found = self.constant(op, place, "the shape")
        if found.dtype.kind not in "iu" or found.size > 8:
            raise self.chain.error(op.label, "the shape must be a few whole numbers")
        return found.tolist()
