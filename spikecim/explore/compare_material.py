"""The network and the images of a comparison: shipped networks by name, files by path, pixels in their shape."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial

import numpy as np
from numpy.typing import NDArray

from spikecim.datasets import held_out
from spikecim.datasets.images import without_folder
from spikecim.datasets.pixels import Pixels, load_images
from spikecim.errors import ParameterError, ShapeError
from spikecim.models.load import load_any
from spikecim.models.model import AnnModel
from spikecim.training.deep.ready import ready_model, shipped_names
from spikecim.training.perceptron_model import perceptron_model
from spikecim.version import __version__

PERCEPTRON = "perceptron"
CALIBRATION = 512
SHRUNK = "area-mean"


def model_names() -> list[str]:
    """Names of the networks that come with the package."""
    return [PERCEPTRON, *shipped_names()]


def find_model(name: str, *, replace_max_pool: bool = False) -> AnnModel:
    """Return a shipped network by name, or the one in a .npz, .onnx or .nir file; option and errors of `load_any`."""
    shipped: Mapping[str, Callable[[], AnnModel]] = {
        PERCEPTRON: perceptron_model,
        **{known: partial(ready_model, known) for known in shipped_names()},
    }
    return load_any(name, shipped, replace_max_pool=replace_max_pool)


def images_for(
    model: AnnModel, dataset: str, split: str, *, limit: int | None = None, progress: bool = False
) -> Pixels:
    """Load a split of `dataset` in the shape that `model` takes.

    Images are shrunk or enlarged only for a network whose notes say that its own were (``preprocessing``).

    Raises
    ------
    ShapeError
        If the images do not fit the network.
    """
    pixels = load_images(dataset, split, limit=limit, progress=progress)
    found, wanted = pixels.values.shape[1:], model.input_shape
    if len(wanted) == 1 and int(np.prod(found)) == wanted[0]:
        return replace(pixels, values=pixels.values.reshape(-1, *wanted))
    if found == wanted:
        return pixels
    square = len(wanted) == 3 and wanted[0] == wanted[1] and found[2] == wanted[2]
    if square and model.notes.get("preprocessing") == SHRUNK:
        return load_images(dataset, split, limit=limit, side=wanted[0])
    raise ShapeError(
        f"network {model.name} takes images of {_shape(wanted)} values, {dataset} has {_shape(found)}; "
        "give the data set it was trained on"
    )


def calibration_for(model: AnnModel, dataset: str) -> Pixels:
    """`CALIBRATION` images spread over the held-out part of the training split; never test images."""
    pixels = images_for(model, dataset, "held-out")
    rows = np.linspace(0, pixels.n_samples - 1, min(CALIBRATION, pixels.n_samples)).round().astype(np.int64)
    return replace(pixels, values=pixels.values[rows], labels=pixels.labels[rows])


def facts_of(model: AnnModel, test: Pixels, calibration: Pixels) -> dict[str, str]:
    """Where network and images come from."""
    return {
        "version": __version__,
        "test_images": f"{test.dataset}, {test.extent}, {without_folder(test.origin)}",
        "calibration_images": f"{calibration.n_samples} of the held-out training images ({held_out(test.dataset)})",
        **{f"network_{key}": value for key, value in model.notes.items()},
    }


def check_labels(model: AnnModel, labels: NDArray[np.integer], dataset: str) -> None:
    """Raise ParameterError if the images have more classes than `model`."""
    top = int(labels.max())
    if top >= model.n_classes:
        raise ParameterError(
            f"network {model.name} has {model.n_classes} classes, but {dataset} has labels up to {top}; "
            "give the data set it was trained on"
        )


def _shape(shape: tuple[int, ...]) -> str:
    return "x".join(map(str, shape))
