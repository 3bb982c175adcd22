"""On which scale a figure is fitted: logarithms make chip-to-chip scatter even, for error rates and for counts."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from spikecim.study.metrics import metric_of

FloatArray = NDArray[np.float64]
ERROR, LOG, PLAIN = "logarithm of the error rate", "logarithm", "as it is"


@dataclass(frozen=True, kw_only=True)
class Scale:
    """One figure's scale.

    Attributes
    ----------
    kind : str
        `ERROR`, `LOG` or `PLAIN`.
    floor : float
        Smallest value whose logarithm is taken: half an image, for an error rate.
    """

    kind: str
    floor: float

    def of(self, values: FloatArray) -> FloatArray:
        """`values` on this scale."""
        if self.kind == PLAIN:
            return np.asarray(values, np.float64)
        return np.asarray(np.log(np.maximum(1.0 - values if self.kind == ERROR else values, self.floor)))

    def back(self, scaled: FloatArray) -> FloatArray:
        """Values from this scale."""
        if self.kind == PLAIN:
            return np.asarray(scaled)
        return np.asarray(1.0 - np.exp(scaled) if self.kind == ERROR else np.exp(scaled))

    def stretch(self, value: float) -> float:
        """How much longer a small step at `value` is on this scale."""
        if self.kind == PLAIN:
            return 1.0
        return 1.0 / max(1.0 - value if self.kind == ERROR else value, self.floor)

    @property
    def logarithmic(self) -> bool:
        return self.kind != PLAIN


def scale_of(name: str, found: FloatArray, n_images: int) -> Scale:
    """The scale of figure `name`, of which `found` was simulated on `n_images` images."""
    if metric_of(name).unit == "" and name.startswith("accuracy"):
        return Scale(kind=ERROR, floor=0.5 / n_images)
    return Scale(kind=LOG, floor=1e-300) if (found > 0).all() else Scale(kind=PLAIN, floor=0.0)
