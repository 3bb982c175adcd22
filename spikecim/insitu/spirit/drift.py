"""A drifted input, defined to the pixel: the published images shifted, turned, or with another contrast."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from spikecim.errors import ParameterError

Images = NDArray[np.uint8]
KINDS = ("shift", "rotate", "contrast")


@dataclass(frozen=True, kw_only=True)
class Drift:
    """What happens to every grey image (height, width) of uint8 before it is shrunk to the chip's grid.

    Attributes
    ----------
    kind : str
        ``"shift"``: `amount` pixels of the published image to the right, pixels that enter are 0. ``"rotate"``: by
        `amount` degrees, anticlockwise about the centre, bilinear, 0 outside. ``"contrast"``: every pixel times
        `amount`, rounded.
    amount : float
    """

    kind: str
    amount: float

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise ParameterError(f"drift {self.kind!r} is unknown; allowed: {', '.join(KINDS)}")
        low, high, unit = {"shift": (-27, 27, "pixels"), "rotate": (-180, 180, "degrees"), "contrast": (0.05, 1, "")}[
            self.kind
        ]
        whole = self.kind != "shift" or self.amount == round(self.amount)
        if not (math.isfinite(self.amount) and low <= self.amount <= high and whole):
            number = "a whole number" if self.kind == "shift" else "a number"
            raise ParameterError(f"drift {self.kind}:{self.amount:g}: give {number} {low} .. {high} {unit}".rstrip())
        if self.amount == (1 if self.kind == "contrast" else 0):
            raise ParameterError(f"drift {self.kind}:{self.amount:g}: leaves images as they are; give another amount")

    @property
    def text(self) -> str:
        """As it is written on the command line: ``rotate:25``."""
        return f"{self.kind}:{self.amount:g}"

    def words(self) -> str:
        """What was done, for a reader."""
        return {
            "shift": f"shifted by {self.amount:g} pixels of the published image to the right",
            "rotate": f"turned by {self.amount:g} degrees",
            "contrast": f"dimmed to {self.amount:g} of their grey values",
        }[self.kind]

    def apply(self, images: Images) -> Images:
        """The drifted images (n_samples, height, width); the input is not changed."""
        if self.kind == "shift":
            return _shifted(images, int(self.amount))
        if self.kind == "contrast":
            return np.rint(images * self.amount).astype(np.uint8)
        from scipy.ndimage import rotate

        turned = rotate(images.astype(np.float32), self.amount, axes=(2, 1), reshape=False, order=1)
        return np.clip(np.rint(turned), 0, 255).astype(np.uint8)


def read_drift(text: str) -> Drift:
    """``"rotate:25"`` as a drift; ParameterError if it is none."""
    kind, colon, amount = text.partition(":")
    try:
        number = float(amount)
    except ValueError:
        number = math.nan
    if not colon or math.isnan(number):
        raise ParameterError(f"drift {text!r}: write KIND:AMOUNT, for example rotate:25, shift:3 or contrast:0.5")
    return Drift(kind=kind.strip(), amount=number)


def _shifted(images: Images, right: int) -> Images:
    found = np.zeros_like(images)
    width = images.shape[2]
    if abs(right) >= width:
        return found
    target, source = slice(max(right, 0), width + min(right, 0)), slice(max(-right, 0), width - max(right, 0))
    found[:, :, target] = images[:, :, source]
    return found
