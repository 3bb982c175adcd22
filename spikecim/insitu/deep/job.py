"""One training of a VGG-8-class network, described: network, data, device, rule, arrays, schedule, seed."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from spikecim.devices.pulsed.device import PulsedDevice
from spikecim.errors import ParameterError
from spikecim.insitu.array_spec import ArrayReads
from spikecim.insitu.deep_shapes import DeepLayer, vgg8
from spikecim.insitu.rules.spec import UpdateSpec

PAIRINGS = ("single", "pair")
N_TRAINING = 50_000  # images of CIFAR-10
SIDE, CHANNELS, CLASSES = 32, 3, 10


@dataclass(frozen=True, kw_only=True)
class Software:
    """Weights held in software, 8-bit by default: the baseline that in-situ training is measured against.

    A master copy in floating point learns by v = gamma v + g, w = clip(w - rate v, -1, 1); the network sees it rounded.

    Attributes
    ----------
    rate, gamma : float
    weight_bits : int or None
        2^b - 1 levels on -1 .. 1; None: the master copy itself.
    """

    rate: float = 0.1
    gamma: float = 0.9
    weight_bits: int | None = 8

    def __post_init__(self) -> None:
        if not (math.isfinite(self.rate) and self.rate > 0.0 and 0.0 <= self.gamma < 1.0):
            raise ParameterError(
                f"software: rate {self.rate!r}, gamma {self.gamma!r}; allowed above 0, and 0 .. below 1"
            )
        if self.weight_bits is not None and not 2 <= self.weight_bits <= 16:
            raise ParameterError(f"software: weight_bits {self.weight_bits!r}; allowed 2 .. 16")


@dataclass(frozen=True, kw_only=True)
class DeepJob:
    """A training of VGG-8 or a narrower copy on CIFAR-10.

    Parameters
    ----------
    update : UpdateSpec or Software
        Rule of the arrays, or weights in software (then `device` has no part in it).
    device : PulsedDevice or None
    reads : ArrayReads
    width : float
        Channels as a share of VGG-8's.
    pairing : str
        "single" cell or differential "pair" for each weight.
    epochs, batch : int
    validation : int
        Last training images kept for choices; at least 1.
    limit : int or None
        Train on the first `limit` of the other training images only.
    spread : float
        Initial weights are uniform in +-spread.
    norm_rate : float
        Learning rate of the digital batch norms at the start (momentum 0.9).
    rising : float
        Share of the steps in which the rate rises in a straight line; then it falls along half a cosine to 0.
    crop : int
        Images are shifted by up to this many pixels, zeros coming in.
    flip : bool
        Half of the images are mirrored.
    seed : int
    checkpoint : Path or None
        Read if it is there, written after each epoch and every `checkpoint_steps` steps.
    checkpoint_steps : int
        0: after epochs only.
    test : bool
        Whether the test images are looked at in the end; not while rates are tuned.
    """

    update: UpdateSpec | Software
    device: PulsedDevice | None
    reads: ArrayReads
    width: float = 1.0
    pairing: str = "pair"
    epochs: int = 12
    batch: int = 64
    validation: int = 5_000
    limit: int | None = None
    spread: float = 0.5
    norm_rate: float = 0.02
    rising: float = 0.05
    crop: int = 4
    flip: bool = True
    seed: int = 0
    checkpoint: Path | None = None
    checkpoint_steps: int = 0
    test: bool = True

    def __post_init__(self) -> None:
        vgg8(self.width)
        if isinstance(self.update, UpdateSpec) == (self.device is None):
            raise ParameterError("deep job: arrays that learn need a device, and software weights must have none")
        if self.pairing not in PAIRINGS:
            raise ParameterError(f"pairing {self.pairing!r}: allowed: {', '.join(PAIRINGS)}")
        if isinstance(self.update, UpdateSpec) and self.device is not None:
            self.update.check_cells(self.device.spec.kind, self.pairing)
        for name, low, high in (
            ("epochs", 1, 10_000),
            ("batch", 2, 10_000),
            ("validation", 1, N_TRAINING - 1),
            ("crop", 0, SIDE // 2),
            ("checkpoint_steps", 0, 10**9),
        ):
            value = getattr(self, name)
            if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
                raise ParameterError(f"{name} {value!r}: must be a whole number in {low} .. {high}")
        if self.limit is not None and not self.batch <= self.limit <= N_TRAINING - self.validation:
            raise ParameterError(f"limit {self.limit!r}: allowed {self.batch} .. {N_TRAINING - self.validation}")
        for name, top in (("spread", 1.0), ("norm_rate", 10.0), ("rising", 0.9)):
            value = getattr(self, name)
            if not (math.isfinite(value) and 0.0 <= value <= top):
                raise ParameterError(f"{name} {value!r}: must be in 0 .. {top:g}")

    @property
    def shapes(self) -> tuple[DeepLayer, ...]:
        """Layers of the network."""
        return vgg8(self.width, side=SIDE, channels=CHANNELS, classes=CLASSES)

    def rate_factor(self, done: float) -> float:
        """Factor on all rates when the share `done` of all steps is behind."""
        if done < self.rising:
            return max(done / self.rising, 1e-3)
        return 0.5 * (1.0 + math.cos(math.pi * (done - self.rising) / (1.0 - self.rising)))

    def settings(self) -> dict[str, Any]:
        """Plain data that name this training: equal settings give equal results."""
        told = {name: getattr(self, name) for name in self.__dataclass_fields__ if name not in _UNNAMED}
        device = None if self.device is None else self.device.spec.model_dump(mode="json")
        rule = self.update.rule if isinstance(self.update, UpdateSpec) else "software"
        return told | {
            "network": "vgg8",
            "device": device,
            "update": asdict(self.update) | {"rule": rule},
            "reads": self.reads.as_dict(),
        }


_UNNAMED = ("update", "device", "reads", "checkpoint", "checkpoint_steps", "test")
