"""Energy of momentum by the closed form of the reference: E = W (2 b_v E_dram + 2 E_multiply + E_add) / B an image."""

from __future__ import annotations

from dataclasses import dataclass

from spikecim.errors import ParameterError


@dataclass(frozen=True, kw_only=True)
class MomentumCost:
    """What a velocity for each weight costs.

    Attributes
    ----------
    weights : int
    velocity_bits : int
        b_v: read and written once an update.
    batch : int
        B: images between two updates.
    dram_bit_j, multiply_j, add_j : float
        Joules of one bit to or from DRAM, one multiply, one add.
    """

    weights: int
    velocity_bits: int
    batch: int
    dram_bit_j: float
    multiply_j: float = 0.0
    add_j: float = 0.0

    def __post_init__(self) -> None:
        if self.weights < 1 or self.velocity_bits < 1 or self.batch < 1:
            raise ParameterError("energy of momentum: weights, velocity bits and batch must be whole numbers above 0")

    @property
    def joules(self) -> float:
        """Of one trained image."""
        memory = 2 * self.velocity_bits * self.dram_bit_j
        return self.weights * (memory + 2 * self.multiply_j + self.add_j) / self.batch

    def overhead(self, image_j: float) -> float:
        """Share of the energy of an image, `image_j`."""
        if not image_j > 0:
            raise ParameterError(f"energy of an image is {image_j!r} J: must be above 0")
        return self.joules / image_j
