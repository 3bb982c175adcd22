"""One training of a perceptron or MLP on the chip, described: network, data, device, rule, arrays, schedule, seed."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass, is_dataclass
from itertools import pairwise
from typing import Any

import numpy as np

from spikecim.devices.pulsed.device import PulsedDevice
from spikecim.errors import ParameterError
from spikecim.insitu.array_spec import IDEAL_READS, ArrayReads
from spikecim.insitu.image_sets import N_CLASSES, SETS
from spikecim.insitu.rules.spec import UpdateSpec

PAIRINGS = ("single", "pair")
# A cell takes some 30 bytes with its counters, and each process trains a network of its own.
MOST_CELLS = 20_000_000


@dataclass(frozen=True, kw_only=True)
class MlpJob:
    """A training; sigmoid neurons without bias, squared error to one-hot targets.

    Parameters
    ----------
    sizes : tuple of int
        Lines of each layer, (400, 100, 10); two numbers are a perceptron. The last one is the number of classes.
    dataset : str
        "digits" (8 x 8), "mnist" or "fashion-mnist" (central 20 x 20).
    binary : bool
        Black and white pixels; else grey.
    validation, limit : int or None
        As of `image_sets.training_images`.
    epochs, batch : int
    device : PulsedDevice
    pairing : str
        "single" cell or differential "pair" for each weight.
    update : UpdateSpec
    reads : ArrayReads
    gains : tuple of float or None
        What the digital side multiplies each layer's sums by; None: `default_gains`.
    spread : float
        Initial weights are uniform in +-spread.
    rate_drops : tuple of (share, factor)
        From this share of all steps on, the rate is `factor` times the first one.
    seed : int
    """

    device: PulsedDevice
    update: UpdateSpec
    sizes: tuple[int, ...] = (400, 100, 10)
    dataset: str = "mnist"
    binary: bool = True
    validation: int | None = None
    limit: int | None = None
    epochs: int = 3
    batch: int = 100
    pairing: str = "single"
    reads: ArrayReads = IDEAL_READS
    gains: tuple[float, ...] | None = None
    spread: float = 0.5
    rate_drops: tuple[tuple[float, float], ...] = ((0.6, 0.25),)
    seed: int = 0

    def __post_init__(self) -> None:
        if len(self.sizes) < 2 or any(not _whole(size, 1) for size in self.sizes) or self.sizes[-1] != N_CLASSES:
            raise ParameterError(
                f"sizes {self.sizes}: give whole numbers from 1, two or more, the last one {N_CLASSES}"
            )
        if self.dataset not in SETS:
            raise ParameterError(f"dataset {self.dataset!r}: allowed: {', '.join(SETS)}")
        for name in ("epochs", "batch"):
            if not _whole(getattr(self, name), 1):
                raise ParameterError(f"{name} {getattr(self, name)!r}: must be a whole number from 1")
        if self.pairing not in PAIRINGS:
            raise ParameterError(f"pairing {self.pairing!r}: allowed: {', '.join(PAIRINGS)}")
        if not (math.isfinite(self.spread) and self.spread >= 0.0):
            raise ParameterError(f"spread {self.spread!r}: must be a finite number, not below 0")
        if self.n_cells > MOST_CELLS:
            raise ParameterError(f"sizes {self.sizes}: {self.n_cells:,} cells; allowed are up to {MOST_CELLS:,}")
        self.update.check_cells(self.device.spec.kind, self.pairing)
        self._check_gains()
        self._check_drops()

    @property
    def n_cells(self) -> int:
        """Cells of all weights."""
        weights = sum(n_in * n_out for n_in, n_out in pairwise(self.sizes))
        return weights * (2 if self.pairing == "pair" else 1)

    def _check_gains(self) -> None:
        given = self.layer_gains
        if len(given) != len(self.sizes) - 1 or not all(math.isfinite(gain) and gain > 0.0 for gain in given):
            raise ParameterError(f"gains {given}: give {len(self.sizes) - 1} numbers above 0, one for each layer")

    def _check_drops(self) -> None:
        shares = [share for share, _ in self.rate_drops]
        if shares != sorted(shares) or not all(0.0 < share < 1.0 for share in shares):
            raise ParameterError(f"rate_drops {self.rate_drops}: shares of the steps must grow within 0 .. 1")
        if not all(math.isfinite(factor) and factor > 0.0 for _, factor in self.rate_drops):
            raise ParameterError(f"rate_drops {self.rate_drops}: factors must be finite and above 0")

    @property
    def layer_gains(self) -> tuple[float, ...]:
        """Gain of each layer."""
        return default_gains(self.sizes) if self.gains is None else self.gains

    def rate_factor(self, done: float) -> float:
        """Factor on the rate when the share `done` of all steps is behind."""
        return next((factor for share, factor in reversed(self.rate_drops) if done >= share), 1.0)

    def settings(self) -> dict[str, Any]:
        """Plain data that name this training; equal settings give equal results."""
        plain = {name: getattr(self, name) for name in self.__dataclass_fields__ if name != "device"}
        return {name: _plain(value) for name, value in plain.items()} | {
            "gains": list(self.layer_gains),
            "device": _plain(self.device.spec),
        }


def default_gains(sizes: tuple[int, ...]) -> tuple[float, ...]:
    """Digital gain of each layer: weights in -1 .. 1 of many lines would saturate its neurons."""
    return tuple(min(1.0, 10.0 / math.sqrt(n_in)) for n_in in sizes[:-1])


def _whole(value: object, low: int) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= low


def _plain(value: Any) -> Any:
    if is_dataclass(value) and not isinstance(value, type):
        return {name: _plain(item) for name, item in asdict(value).items()}
    if hasattr(value, "model_dump"):
        return value.model_dump(mode="json")
    if isinstance(value, dict):
        return {str(name): _plain(item) for name, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    if isinstance(value, np.ndarray | np.generic):
        return value.tolist()
    return value if isinstance(value, str | int | float | bool) or value is None else str(value)
