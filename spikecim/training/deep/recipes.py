"""How each ready network is trained, as data: what was fixed before the first run, nothing of it on test images."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from spikecim.errors import ParameterError, hint

TWIN = "-qcfs"
TRANSFORMER = "transformer-made"  # translates, so it is no image recipe: training/deep/translation_training.py


@dataclass(frozen=True, kw_only=True)
class Recipe:
    """One ready network.

    Attributes
    ----------
    name, architecture : str
        The second is a name in `architectures.ARCHITECTURES`.
    dataset : str
        Trained on its split "fit"; "held-out" is for choices, "test" only for the report.
    input_shape : (int, int, int)
        Height, width, channels; larger images are shrunk with "area-mean".
    epochs, batch : int
        Passes over the data; samples of one step (the rest of a pass that fills no batch is left out).
    peak : float
        Highest learning rate of the cycle.
    horizon, fall : int
        A cycle meant for `horizon` epochs (0: for all of `epochs`) is cut to `epochs`: over the last `fall` of them its
        rate is also led to zero in a straight line.
    decay : float
        Weight decay, on weights but not on biases, norms and ceilings.
    crop : int
        Images are shifted by up to this many pixels, zeros coming in.
    flip : bool
        Half of the images are mirrored.
    base : Recipe or None
        How the ReLU network is trained whose weights a QCFS twin starts from.
    levels : int
        L of QCFS; 0 for ReLU.
    """

    name: str
    architecture: str
    dataset: str
    input_shape: tuple[int, int, int]
    epochs: int
    batch: int = 128
    peak: float = 0.1
    horizon: int = 0
    fall: int = 0
    decay: float = 1e-4
    crop: int = 0
    flip: bool = False
    base: Recipe | None = None
    levels: int = 0


def recipe(name: str) -> Recipe:
    """Return the recipe called `name`.

    Raises
    ------
    ParameterError
        If there is none.
    """
    if name not in RECIPES:
        known = f"known: {', '.join(RECIPES)}"
        raise ParameterError(f"ready network {name!r} is unknown; {hint(name, RECIPES, known)}")
    return RECIPES[name]


_GREY = (28, 28, 1)
_RELU = (
    Recipe(name="mlp", architecture="mlp", dataset="mnist", input_shape=_GREY, epochs=30, crop=1),
    Recipe(name="lenet", architecture="lenet", dataset="mnist", input_shape=_GREY, epochs=20, batch=64, crop=2),
    Recipe(
        name="mobilenet-mnist",
        architecture="mobilenet-grey",
        dataset="mnist",
        input_shape=_GREY,
        epochs=6,
        crop=2,
        peak=0.2,
    ),
    Recipe(
        name="mobilenet-fashion-mnist",
        architecture="mobilenet-grey",
        dataset="fashion-mnist",
        input_shape=_GREY,
        epochs=8,
        crop=2,
        flip=True,
        peak=0.2,
        decay=3e-4,
    ),
    Recipe(
        name="mobilenet-cifar10",
        architecture="mobilenet-colour",
        dataset="cifar10",
        input_shape=(32, 32, 3),
        epochs=22,
        horizon=30,
        fall=5,
        crop=4,
        flip=True,
        peak=0.2,
        decay=3e-4,
    ),
)
# Without a QCFS twin.
_PLAIN = (
    Recipe(
        name="cnn-cifar10",
        architecture="cnn-colour",
        dataset="cifar10",
        input_shape=(32, 32, 3),
        epochs=12,
        horizon=16,
        fall=4,
        crop=4,
        flip=True,
        peak=0.1,
        decay=5e-4,
    ),
)
_DEPTH = tuple(
    Recipe(name=f"depth-{depth}", architecture=f"depth-{depth}", dataset="mnist", input_shape=(12, 12, 1), epochs=10)
    for depth in range(1, 6)
)
# Epochs of fine-tuning and their learning rate.
_FINE = {
    "mlp": (10, 0.05),
    "lenet": (8, 0.05),
    "mobilenet-mnist": (2, 0.05),
    "mobilenet-fashion-mnist": (3, 0.05),
    "mobilenet-cifar10": (2, 0.02),
}


def _twin(origin: Recipe) -> Recipe:
    epochs, peak = _FINE[origin.name]
    values = vars(origin) | {"name": origin.name + TWIN, "base": origin, "levels": 8, "epochs": epochs, "peak": peak}
    return Recipe(**values | {"horizon": 0, "fall": 0})


RECIPES: Mapping[str, Recipe] = {item.name: item for item in (*_RELU, *map(_twin, _RELU), *_PLAIN, *_DEPTH)}
