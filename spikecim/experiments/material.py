"""What the SPIRIT experiments run on: images brought to the chip's grid, and the network that goes with them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from spikecim.chips.spec import ChipSpec
from spikecim.conversion.perceptron import METHODS, train_perceptron
from spikecim.datasets import load
from spikecim.datasets.held_out import held_out_split
from spikecim.datasets.images import ImageSet, without_folder
from spikecim.datasets.preprocess import resize
from spikecim.errors import DataNotFoundError, ParameterError
from spikecim.network import Network
from spikecim.training.perceptron import Recipe
from spikecim.training.ready import ready_names, ready_network
from spikecim.version import __version__

FALLBACK = "digits"


@dataclass(frozen=True, kw_only=True)
class Material:
    """Labelled inputs for a chip.

    Attributes
    ----------
    dataset, split, origin : str
    values : float64 (n_samples, n_in) in [0, 1]
    labels : int16 (n_samples,)
    complete : bool
        False when only the first images of the split were asked for.
    """

    dataset: str
    split: str
    origin: str
    values: NDArray[np.float64]
    labels: NDArray[np.int16]
    complete: bool


def provenance(chip: ChipSpec, chip_file: str, test: Material) -> dict[str, str]:
    """What every result says of where it comes from."""
    return {
        "version": __version__,
        "chip": chip.name,
        "chip_file": Path(chip_file).name,
        "chip_digest": chip.digest(),
        "dataset": test.dataset,
    }


def material(chip: ChipSpec, dataset: str, split: str, *, limit: int | None = None, progress: bool = False) -> Material:
    """Load `dataset` and bring it to the chip's input grid by the chip's named preprocessing."""
    return _prepare(chip, load(dataset, split, limit=limit, progress=progress))


def material_or_fallback(
    chip: ChipSpec, dataset: str, split: str, *, limit: int | None = None, progress: bool = False
) -> Material:
    """The same, but with no data and no network: scikit-learn's embedded digits (`Material.dataset` tells)."""
    try:
        return material(chip, dataset, split, limit=limit, progress=progress)
    except DataNotFoundError:
        return _prepare(chip, load(FALLBACK, split, limit=limit))


def _prepare(chip: ChipSpec, images: ImageSet) -> Material:
    if images.images.ndim != 3:
        shape = "x".join(map(str, images.images.shape[1:]))
        raise ParameterError(
            f"data set {images.name}: images of {shape} values in colour, but chip {chip.name} takes one layer of grey "
            "pixels; choose mnist, fashion-mnist or digits, or compare a deeper network: spikecim compare"
        )
    geometry = chip.geometry
    side, n_in = geometry.image_side.value, geometry.n_in.value
    if n_in != side**2:
        raise ParameterError(
            f"chip {chip.name}: geometry.n_in is {n_in}, but geometry.image_side {side} gives {side**2} pixels; "
            "set n_in to the square of image_side"
        )
    # A crop of 24 pixels means nothing for the 8x8 fallback images.
    method = geometry.preprocessing.value if images.name != FALLBACK else "area-mean"
    return Material(
        dataset=images.name,
        split=images.split,
        origin=without_folder(images.origin),
        values=resize(images.images, method, side),
        labels=images.labels.astype(np.int16),
        complete=images.complete,
    )


def network_for(chip: ChipSpec, dataset: str, method: str = METHODS[0], seed: int = 0) -> Network:
    """The shipped network for `dataset` and quantisation `method` if it fits the chip, or one trained now."""
    name = f"{dataset}-{method}"
    if seed == 0 and name in ready_names():
        network = ready_network(name)
        if _fits(chip, network):
            return network
    return train_network(chip, dataset, method, seed)


def _fits(chip: ChipSpec, network: Network) -> bool:
    """Whether the shipped `network` (4 levels) is what training for this chip would give."""
    geometry = chip.geometry
    same_shape = network.weights.shape == (geometry.n_in.value, geometry.n_out.value)
    same_images = network.preprocessing == geometry.preprocessing.value
    return same_shape and same_images and chip.synapse.levels.value == 4


def check_preprocessing(chip: ChipSpec, network: Network) -> None:
    """Raise ParameterError if `network` was trained on images prepared otherwise than this chip prepares them."""
    own, trained = chip.geometry.preprocessing.value, network.preprocessing
    if own != trained:
        raise ParameterError(
            f"network {network.name!r} was trained on {trained} images, but chip {chip.name!r} has "
            f"geometry.preprocessing {own}; set it to {trained} or train a network for this chip"
        )


def train_network(chip: ChipSpec, dataset: str, method: str, seed: int = 0) -> Network:
    """Train on the training split of `dataset` at the chip's resolution and levels; deterministic."""
    train = material(chip, dataset, "train")
    network = train_perceptron(
        train.values,
        train.labels,
        levels=chip.synapse.levels.value,
        method=method,
        n_classes=chip.geometry.n_out.value,
        recipe=Recipe(seed=seed),
    )
    command = f"spikecim train {dataset} --quantisation {method} --seed {seed} --out {dataset}-{method}.npz"
    return replace(
        network,
        name=f"{dataset}-{method}",
        preprocessing=chip.geometry.preprocessing.value,
        notes={**network.notes, "data": f"{dataset} train", "command": command},
    )


def held_out(train: Material, limit: int | None = None) -> Material:
    """The sixth of a training split which no network here was trained on: for calibration."""
    chosen = held_out_split(len(train.labels))[1][:limit]
    return replace(train, values=train.values[chosen], labels=train.labels[chosen], complete=False)
